"""Examples of premise use, made by trying premises in Lean."""

import json

import pytest
import typer
from typer.testing import CliRunner

from prover.cli.bench_premises import app
from prover.data.premises import INTERNAL, Tool, tried_already
from prover.data.rows import Row, write_rows
from prover.data.steps import examples, traced
from retrieval.corpus import Corpus
from retrieval.examples import read_jsonl, write_jsonl
from retrieval.library import build_corpus
from retrieval.records import Module, Premise

BASIC = "Init.Data.Nat.Basic"
PREMISES = {
    "Nat.add_comm": "∀ (n m : Nat), n + m = m + n",
    "Nat.mul_comm": "∀ (n m : Nat), n * m = m * n",
    "Nat.sub_self": "∀ (n : Nat), n - n = 0",
    "Nat.le_of_lt_succ": "∀ {m n : Nat}, m < n.succ → m ≤ n",
    "Nat.succ.inj": "∀ {m n : Nat}, m.succ = n.succ → m = n",
}
# What needs the premise; what one application of it is; what is true by computation; what is in error.
ROWS = [
    Row("Own.swap", "theorem Own.swap (f : Nat → Nat) (a b : Nat) (h : f (b + a) = 1) : f (a + b) = 1", (BASIC,),
        module="Own"),
    Row("Own.easy", "theorem Own.easy (a b : Nat) : a + b = b + a", (BASIC,), module="Own"),
    Row("Own.computed", "theorem Own.computed : 2 + 2 = 4", (BASIC,), module="Own"),
    Row("Own.broken", "theorem Own.broken : nothing = 4", (BASIC,), module="Own"),
]  # fmt: skip


@pytest.fixture(scope="module")
def index(tmp_path_factory):
    folder = tmp_path_factory.mktemp("index")
    premises = tuple(Premise(n, code) for n, code in PREMISES.items())
    own = tuple(Premise(r.name, "True") for r in ROWS)
    modules = [Module(BASIC, (), premises), Module("Own", (BASIC,), own)]
    build_corpus(folder, Corpus.of(modules, "x"))
    return folder


goal = {"target": "n + 1 = 1 + n", "hypotheses": [["n", "Nat", "", "Nat"]]}


@pytest.fixture
def corpus():
    first = (Premise("Nat.add_comm", "∀ (n m : Nat), n + m = m + n"),
             Premise("List.length", "List α → Nat", "definition"),
             Premise("List.length_append", "∀ (l m : List α), (l ++ m).length = l.length + m.length"))  # fmt: skip
    second = (Premise("List.length_comm", "∀ (l m : List α), (l ++ m).length = (m ++ l).length"),)
    return Corpus.of([Module("M", (), first), Module("N", ("M",), second)])


@pytest.fixture(scope="module")
def tried(lean, index):
    return {t.name: t for t in lean.ask(lambda session: Tool(session, index).group(ROWS))}


def test_a_premise_that_closes_the_goal_is_found_and_no_other(tried):
    assert dict(tried["Own.swap"].tactics).keys() == {"Nat.add_comm"}
    assert "Nat.add_comm" in tried["Own.swap"].tactics[0][1]


def test_each_premise_comes_with_its_tactic(tried):
    assert dict(tried["Own.easy"].tactics) == {"Nat.add_comm": "apply Nat.add_comm"}


def test_what_is_true_by_computation_or_does_not_open_is_no_example(tried):
    assert {name for name, t in tried.items() if t.state} == {"Own.swap", "Own.easy"}
    assert not tried["Own.computed"].tactics and not tried["Own.broken"].tactics


def test_steps_that_name_one_theorem_are_examples(corpus):
    table = {
        "name": "List.length_comm", "nodes": [[goal], [goal, goal], [{**goal, "target": "a = b"}]],
        "premises": [{"name": "Nat.add_comm", "kind": "theorem"}, {"name": "List.length_append", "kind": "theorem"},
                     {"name": "List.length", "kind": "definition"}],
        "tried": [[0, "rw [Nat.add_comm]", "s", 1.0, []], [0, "simp [List.length_append, Nat.add_comm]", "s", 1.0, []],
                  [0, "apply List.length_append", "r", 1.0, []], [0, "simp [List.length, Nat.add_comm]", "s", 1.0, []],
                  [1, "apply Nat.add_comm", "s", 1.0, []], [2, "omega", "s", 1.0, []], [2, "exact Nat.add_comm ..", "s",
                                                                                       1.0, []]],
    }  # fmt: skip
    [example] = examples([table, {**table, "name": "No.such"}, table], corpus)
    assert example.state == "n : Nat\n⊢ n + 1 = 1 + n" and example.theorem == "List.length_comm"
    assert [corpus.names[i] for i in example.positives] == ["Nat.add_comm"] and example.tactic == "rw [Nat.add_comm]"


def test_traced_steps_are_examples_of_what_the_library_has(tmp_path, corpus):
    used = lambda *names: [{"full_name": n, "def_path": "", "def_pos": [1, 1], "def_end_pos": [1, 2]} for n in names]  # noqa: E731
    steps = [
        {"state_before": "⊢ 1 + 2 = 2 + 1", "tactic": "rw [Nat.add_comm, own]",
         "annotated_tactic": ["", used("Nat.add_comm", "own")]},
        {"state_before": "⊢ x", "tactic": "unfold List.length", "annotated_tactic": ["", used("List.length")]},
        {"state_before": "⊢ y", "tactic": "simp", "annotated_tactic": ["simp", []]},
    ]  # fmt: skip
    (tmp_path / "random").mkdir()
    for part in ("train", "val", "test"):
        content = [{"traced_tactics": steps}] if part == "val" else []
        (tmp_path / "random" / f"{part}.json").write_text(json.dumps(content))
    [example] = traced(tmp_path, corpus, "M")
    assert example.state == "⊢ 1 + 2 = 2 + 1" and [corpus.names[i] for i in example.positives] == ["Nat.add_comm"]
    write_jsonl([example], corpus, tmp_path / "e.jsonl")
    assert read_jsonl(tmp_path / "e.jsonl", corpus).examples == (example,)


def test_generated_lemmas_are_no_candidates():
    assert all(INTERNAL.search(n) for n in ("Nat.succ.inj", "Lean.Grind.em", "Prod.mk.sizeOf_spec"))
    assert not any(INTERNAL.search(n) for n in ("Nat.add_comm", "List.inj_on", "Std.HashMap.mem_insert"))


def test_the_command_goes_on_where_it_stopped_and_its_file_is_read_as_examples(tmp_path, index, lean):
    wrapper = typer.Typer()
    wrapper.command()(app.registered_commands[0].callback)
    write_rows(tmp_path / "rows.jsonl", ROWS[:2])
    out = tmp_path / "out.jsonl"
    out.write_text(json.dumps({"state": "⊢ x", "premises": [], "module": "Own", "theorem": "Own.swap"}) + "\n{broken")
    assert tried_already(out) == {"Own.swap"}
    run = lambda: CliRunner().invoke(wrapper, [str(tmp_path / "rows.jsonl"), "--out", str(out), "--index", str(index)])  # noqa: E731
    out.write_text(out.read_text().splitlines()[0] + "\n")
    done = run()
    assert done.exit_code == 0 and done.output.startswith("1 theorems, 1 of them proved by a premise"), done.output
    read = read_jsonl(out, Corpus.open(index / "corpus.index"))
    assert [e.theorem for e in read.examples] == ["Own.easy"] and read.unknown == 0
    assert run().output.startswith("0 theorems")


def test_statements_that_cannot_be_read_are_bad_input(tmp_path, index):
    wrapper = typer.Typer()
    wrapper.command()(app.registered_commands[0].callback)
    for content in (None, "{"):
        if content:
            (tmp_path / "rows.jsonl").write_text(content)
        result = CliRunner().invoke(wrapper, [str(tmp_path / "rows.jsonl"), "--out", str(tmp_path / "o")])
        assert result.exit_code == 2
