"""The small policy: templates, features, weights as files, what it learns from outcome tables, the order it gives."""

from __future__ import annotations

import json
import math
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from prover.data.rows import Row, read_rows
from prover.generators.protocol import Position, Premise
from prover.lean.state import Goal, Hypothesis
from prover.models.errors import BadRequest
from prover.policy import features, model, pool
from prover.policy.collect import collect, read
from prover.policy.explore import explore, goal_data
from prover.policy.fit import FitSettings, fit, sigmoid
from prover.policy.generator import WEIGHTS, PolicyGenerator, interleaved, loaded
from prover.policy.model import BadWeights, Policy, load
from prover.policy.tables import cases, read_tables
from prover.policy.templates import Abstraction, split
from prover.policy.train import data_hash, train
from prover.prove import prove

XS = Hypothesis("xs", "List α", head="List")
H = Hypothesis("h", "xs = []", is_prop=True, head="Eq")


def goal(target: str, *constants: str, head: str = "Eq", hypotheses: tuple[Hypothesis, ...] = (XS, H)) -> Goal:
    return Goal(target, target, hypotheses, head=head, constants=constants)


LISTS = goal("xs.map f = []", "Eq", "List", "List.map", "List.nil")
NUMBERS = goal("a + b = b + a", "Eq", "Nat", "HAdd.hAdd", hypotheses=(
    Hypothesis("a", "Nat", head="Nat"), Hypothesis("b", "Nat", head="Nat")))  # fmt: skip


def record(name: str, about: Goal, **outcomes: str) -> dict:
    """A table in which each tactic (`_` for a blank) has one outcome, at 10 ms each."""
    tried = [[0, tactic.replace("_", " "), code, 10.0, []] for tactic, code in outcomes.items()]
    return {"version": 1, "name": name, "start": 0, "premises": [], "nodes": [[goal_data(about)]], "tried": tried,
            "proof": "", "seconds": 1.0}  # fmt: skip


def records() -> list[dict]:
    """`omega` is for numbers and `simp` for lists; `simp all` fails wherever `simp` does, `grind` where it does not."""
    of_lists = [record(f"list {i}", LISTS, omega="r", simp="s", grind="r") for i in range(20)]
    return of_lists + [record(f"number {i}", NUMBERS, omega="s", simp="r", grind="r") for i in range(20)]


def table(path, made) -> None:
    path.write_text("".join(json.dumps(r) + "\n" for r in made))


# Templates and features


def test_a_template_is_a_tactic_without_its_arguments():
    position = Position((LISTS,), premises=(Premise("List.map_nil", "…"), Premise("List.map_cons", "…")))
    abstracted = Abstraction(position)
    made = abstracted("induction xs generalizing h <;> simp_all [List.map, List.nil]")
    assert made.text == "induction ?v generalizing ?h <;> simp_all [?c]"
    assert set(made.arguments) == {("v", "xs"), ("h", "h"), ("c", "List.map"), ("c", "List.nil")}
    assert abstracted("simp [List.map_nil, List.map_cons]").text == "simp [?p]"
    assert abstracted("exact h.symm ▸ rfl").text == "exact ?h.symm ▸ rfl"
    assert abstracted("refine ⟨17, ?_⟩").text == abstracted("refine ⟨3, ?_⟩").text


def test_a_tactic_is_split_after_its_first_move():
    assert split("cases a <;> cases b <;> simp") == ("cases a", "cases b <;> simp")
    assert split("(induction a <;> cases b) <;> simp [x]") == ("(induction a <;> cases b)", "simp [x]")
    assert split("(cases a <;> simp)") == ("(cases a <;> simp)", "") and split("") == ("", "")


def test_two_instances_of_a_template_differ_in_the_features_of_their_arguments():
    position = Position((NUMBERS,))
    read_off = features.Arguments(position)
    assert read_off(("v", "a")) != read_off(("v", "b"))
    assert features.of_state(position) == features.of_state(position)
    assert "head Eq" in features.of_state(position)


def test_numbers_of_features_are_those_of_every_machine():
    assert features.number("head Eq") == 0xFF5BC1B6 and features.number("any") == 0x64F3F7B4
    places = model.mix(np.array([1, 2], np.uint32), np.array([3, 2**32 - 1], np.uint32))
    assert places.tolist() == [16193, 47488] and (places < 1 << model.BITS).all()


def test_the_pool_names_each_tactic_once_and_only_what_the_goal_has():
    moves = list(pool.moves(Position((LISTS,))))
    assert len(set(moves)) == len(moves)
    assert "induction xs" in moves and "subst h" in moves and "unfold List.map" in moves
    assert not [m for m in pool.moves(Position((goal("True", head="True", hypotheses=()),))) if "xs" in m]
    assert pool.definitions(goal("x", "Vector.instMembership", "Vector", "Vector.map")) == ["Vector", "Vector.map"]


# Learning


def test_it_learns_which_tactic_is_for_which_goal():
    policy = fit(records(), FitSettings(epochs=6))
    order = PolicyGenerator(policy).ordered
    for about, first in ((LISTS, "simp"), (NUMBERS, "omega")):
        tactics = ["grind", "omega", "simp"]
        encoded = policy.encoder.encode(Position((about,)), tactics)
        assert order(tactics, [encoded])[0] == first
        assert policy.seconds(encoded) == pytest.approx(0.01, rel=0.5)


def test_after_a_failure_what_fails_with_it_is_put_off():
    """`a` and its twin solve most of the theorems, `b` the others; `b` is worth less until `a` has failed."""
    most = {"exact a": "s", "exact twin": "s", "exact b": "r"}
    others = {"exact a": "r", "exact twin": "r", "exact b": "s"}
    made = [record(f"t{i}", LISTS, **(most if i % 8 < 5 else others)) for i in range(64)]
    policy = fit(made, FitSettings(epochs=12, rate=0.15))
    tactics = ["exact b", "exact a", "exact twin"]
    encoded = policy.encoder.encode(Position((LISTS,)), tactics)
    before = policy.logits(encoded)
    assert before[0] < before[1] and before[0] < before[2]
    assert PolicyGenerator(policy).ordered(tactics, [encoded])[1] == "exact b"


def test_what_a_basic_tactic_solves_says_nothing_of_the_others():
    [solved] = cases(record("t", NUMBERS, omega="s", rfl="r", ac_rfl="s"))
    assert {t.tactic for t in solved.tried} == {"omega", "rfl"}
    [open_] = cases(record("t", NUMBERS, omega="r", ac_rfl="s"))
    assert {t.tactic: t.helped for t in open_.tried} == {"omega": False, "ac rfl": True}


def test_the_portfolios_own_order_has_its_turns():
    assert interleaved(["a", "b", "c", "d"], ["d", "x", "y"]) == ["a", "d", "b", "x", "c", "y"]
    assert interleaved(["a"], ["a", "x"]) == ["a", "x"]
    assert interleaved([], []) == []


def test_two_steps_that_were_tried_one_after_the_other_are_a_whole_proof_too():
    made = record("t", LISTS, omega="r")
    made["nodes"] += [[goal_data(NUMBERS)], [goal_data(NUMBERS)]]
    made["tried"] += [[0, "cases xs", "a", 5.0, [1, 2]], [1, "rfl", "s", 1.0, []], [2, "rfl", "r", 1.0, []]]
    for last, helped in (("r", False), ("s", True)):
        made["tried"][-1][2] = last
        [whole] = cases(made)
        assert whole.position.goals == (LISTS,)
        [pair] = [t for t in whole.tried if t.tactic == "cases xs <;> rfl"]
        assert pair.helped is helped and pair.cost == pytest.approx(0.007)


def test_the_sigmoid_is_the_sigmoid():
    x = np.linspace(-30, 30, 2001)
    assert np.allclose(sigmoid(x), 1 / (1 + np.exp(-x)), rtol=1e-8, atol=0)


# Files


def test_the_same_tables_and_seed_give_the_same_bytes(tmp_path):
    table(tmp_path / "a.jsonl", records())
    table(tmp_path / "b.jsonl", reversed(records()))
    made = [train([tmp_path / f"{name}.jsonl"], tmp_path / f"{name}.npz", seed=3, command="c") for name in "ab"]
    assert (tmp_path / "a.npz").read_bytes() == (tmp_path / "b.npz").read_bytes()
    assert made[0].metadata["theorems"] == 40 and len(made[0].metadata["data"]) == 64
    train([tmp_path / "a.jsonl"], tmp_path / "c.npz", seed=4, command="c")
    assert (tmp_path / "a.npz").read_bytes() != (tmp_path / "c.npz").read_bytes()
    again = load(tmp_path / "a.npz")
    assert again.metadata == {**made[0].metadata, "version": model.VERSION}
    assert np.allclose(again.weights, made[0].weights, atol=2e-3)


@pytest.mark.parametrize("damage", ["missing", "cut", "text", "version"])
def test_weights_that_cannot_be_used_are_one_sentence(tmp_path, damage):
    path = tmp_path / "weights.npz"
    policy = Policy(np.zeros(1 << model.BITS), np.zeros(1 << model.COST_BITS), {})
    if damage == "version":
        policy.costs = policy.costs[:7]
    if damage != "missing":
        policy.save(path)
    if damage == "cut":
        path.write_bytes(path.read_bytes()[:200])
    if damage == "text":
        path.write_text("weights")
    with pytest.raises(BadWeights, match=r"weights.*entails train policy") as caught:
        load(path)
    assert str(path) in str(caught.value) and "\n" not in str(caught.value)


@pytest.mark.parametrize("content, said", [
    ("", "no theorem with outcomes"), (json.dumps(record("t", LISTS, rfl="s")) + "\n", "one theorem with outcomes"),
    ("{\n", "line 1 is not JSON"), ('{"name": "t"}\n', "line 1 is no outcome table"), (None, "cannot be read"),
])  # fmt: skip
def test_tables_that_teach_nothing_are_one_sentence(tmp_path, content, said):
    path = tmp_path / "t.jsonl"
    if content is not None:
        path.write_text(content)
    with pytest.raises(BadRequest, match=said):
        train([path], tmp_path / "w.npz")
    assert not (tmp_path / "w.npz").exists()


def test_a_table_cut_off_by_a_kill_is_read_up_to_there(tmp_path):
    path = tmp_path / "t.jsonl"
    table(path, records()[:3])
    whole = path.read_text()
    path.write_text(whole[:-20])
    assert len(read_tables([path])) == 2
    assert len(read(path)) == 2 and path.read_text() == whole[: whole.rfind("\n", 0, -1) + 1]


# With Lean


def test_exploring_a_theorem_says_what_happened_to_each_candidate_and_proves_it(lean):
    row = Row("t", "theorem t (p q r : Prop) (h : p ∧ q → r) (hp : p) : q → r")
    made = explore(lean, row, 3.0, seed=1)
    codes = {tactic: code for node, tactic, code, _, _ in made["tried"] if node == made["start"]}
    assert codes["rfl"] == "r" and made["proof"]
    source = row.source(" := by sorry")
    assert lean.verify(row.source(f" := by\n  {made['proof']}"), source, "t").accepted
    told = {t.tactic: t.helped for c in cases(json.loads(json.dumps(made))) for t in c.tried}
    assert told["rfl"] is False and any(told.values())


def test_what_is_false_is_explored_and_not_proved(lean):
    made = explore(lean, Row("t", "theorem t (n : Nat) : n + 1 = n"), 1.0)
    assert made["tried"] and made["proof"] == ""


def test_collected_tables_teach_a_policy_that_orders_real_goals(prepared, lean, tmp_path):
    rows = [Row(f"t{i}", f"theorem t{i} (a b : Nat) : a + b + {i} = b + a + {i}") for i in range(2)]
    rows.append(Row("bad", "theorem bad : no_such_thing"))
    collect(rows, tmp_path / "t.jsonl", seconds=0.5)
    assert {r["name"]: bool(r["tried"]) for r in read(tmp_path / "t.jsonl")} == {"t0": True, "t1": True, "bad": False}
    policy = train([tmp_path / "t.jsonl"], tmp_path / "w.npz")
    position = Position(lean.goals(lean.open(rows[0].source(" := by sorry")).holes[0].state))
    generator = PolicyGenerator(policy)
    [steps] = generator.propose([position])
    assert math.fsum(math.exp(c.log_probability) for c in steps) == pytest.approx(1.0, abs=1e-4)
    general, _ = generator.opening(position)
    solved = {tactic for r in read(tmp_path / "t.jsonl") for _, tactic, code, _, _ in r["tried"] if code == "s"}
    assert len(set(general)) == len(general) and solved.intersection(general[:6])
    assert generator.propose([replace(position, goals=())]) == [[]]


# The shipped weights

TABLES = Path(__file__).parents[2] / "data" / "policy" / "train.jsonl.gz"


def test_the_shipped_weights_say_what_made_them():
    metadata = loaded().metadata
    records = [record for record in read_tables([TABLES]) if record["tried"]]
    assert metadata["data"] == data_hash(records) and metadata["theorems"] == len(records)
    assert metadata["command"] == f"entails train policy data/policy/{TABLES.name} --seed {metadata['seed']}"
    trained = {row.name for row in read_rows(TABLES.parents[1] / "library" / "train.jsonl")}
    assert {record["name"] for record in records} <= trained
    assert WEIGHTS.stat().st_size < 20_000_000


@pytest.mark.slow
def test_the_shipped_weights_can_be_made_again(tmp_path):
    metadata = loaded().metadata
    train([TABLES], tmp_path / "again.npz", seed=metadata["seed"], command=metadata["command"])
    assert (tmp_path / "again.npz").read_bytes() == WEIGHTS.read_bytes()


def test_the_policy_proves_and_the_gate_says_so(lean):
    result = prove("theorem t (xs : List Nat) : xs.reverse.reverse = xs", lean=lean, generator="policy", seconds=10)
    assert result.proved and lean.verify(result.source, result.original, "t").accepted
    assert not prove("theorem t (n : Nat) : n + 1 = n", lean=lean, generator="policy", seconds=2).proved
