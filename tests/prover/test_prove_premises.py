"""Proving with retrieved premises: which are offered, what is made of them, and what is said where there are none."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from prover.cli.premises import library_premises
from prover.data.rows import read_rows
from prover.generators.portfolio import Portfolio
from prover.generators.premises import LibraryPremises, open_index
from prover.generators.protocol import Position, Premise
from prover.generators.rules import premises as rules
from prover.lean.protocol import LeanInfo, Limits, Rejected, Solved
from prover.lean.state import Goal, Hypothesis
from prover.prove import prove
from prover.sources import declared, imported, usable
from retrieval import records
from retrieval.corpus import Corpus
from retrieval.errors import IndexMissing, RetrievalError
from retrieval.library import Library, build_corpus

POWER = "∀ {a b n : Nat}, a < b → n ≠ 0 → a ^ n < b ^ n"
THEOREM = "theorem t (x y k : Nat) (h : x < y) (g : k ≠ 0) : x ^ k < y ^ k"


def corpus() -> Corpus:
    init = records.Module("Init", (), (
        records.Premise("Nat.pow_lt_pow_left", POWER, constants=("LT.lt", "HPow.hPow", "Ne", "Nat")),
        records.Premise("Nat.le_antisymm", "∀ {n m : Nat}, n ≤ m → m ≤ n → n = m", constants=("LE.le", "Eq", "Nat")),
    ))  # fmt: skip
    later = records.Module("Later", ("Init",), (
        records.Premise("Later.pow_lt_pow", POWER, constants=("LT.lt", "HPow.hPow", "Ne", "Nat")),
        records.Premise("Later.t", POWER, constants=("LT.lt", "HPow.hPow", "Ne", "Nat")),
    ))  # fmt: skip
    return Corpus.of([init, later], lean="test")


@pytest.fixture(scope="module")
def library() -> Library:
    return Library.of(corpus())


@pytest.fixture(scope="module")
def index(tmp_path_factory) -> Path:
    folder = tmp_path_factory.mktemp("index")
    build_corpus(folder, corpus())
    return folder


GOAL = Goal("x y k : Nat\nh : x < y\ng : k ≠ 0\n⊢ x ^ k < y ^ k", "x ^ k < y ^ k")


# Which premises


def test_only_what_the_source_imports_is_offered_and_never_the_theorem_itself(library):
    everything = LibraryPremises(library, 8)

    def names(imports: tuple[str, ...], theorem: str) -> list[str]:
        return [p.name for p in everything.at(imports, theorem)(Position((GOAL,)))]

    assert "Nat.pow_lt_pow_left" in names(("Init",), "t")
    assert not [n for n in names(("Init",), "t") if n.startswith("Later.")]
    assert {"Later.pow_lt_pow", "Later.t"} <= set(names(("Later",), "t"))
    assert "Later.t" not in names(("Later",), "Later.t")


def test_a_namesake_comes_first_at_the_theorem_itself_only(library):
    found = LibraryPremises(library, 8).at(("Later",), "Rat.pow_lt_pow")
    assert found(Position((GOAL,)))[0].name == "Later.pow_lt_pow"
    # The goal's text is what is remembered, so the other state has another.
    elsewhere = Goal("n m : Nat\nh : n ≤ m\ng : m ≤ n\n⊢ n = m", "n = m")
    assert found(Position((elsewhere,), ("skip",)))[0].name == "Nat.le_antisymm"


def test_a_module_that_the_index_lacks_is_named_and_the_others_are_used(library):
    premises = LibraryPremises(library, 8)
    found = premises.at(("Init", "Mathlib"), "t")(Position((GOAL,)))
    assert "Nat.pow_lt_pow_left" in [p.name for p in found]
    [said] = premises.troubles
    assert "Mathlib" in said and "entails index" in said


@pytest.mark.parametrize(
    ("source", "modules"),
    [
        ("theorem t : True", ("Init",)),
        ("import Std\nimport Init.Core -- import Lean\n", ("Init", "Std", "Init.Core")),
        ("/- import Lean -/ prelude\nimport Init.Prelude\ntheorem t : True", ("Init.Prelude",)),
        ("module\npublic import Std.Data.HashMap\nopen Nat", ("Init", "Std.Data.HashMap")),
        ("prelude\n", ()),
    ],
)
def test_the_imports_of_a_source_are_read_from_its_header(source, modules):
    assert imported(source) == modules


def test_what_the_source_declares_before_a_theorem_is_offered_first(library):
    before = "def twist (n : Nat := 3) : Nat := n + 1 -- theorem no : x\nnamespace A\nprivate lemma one : twist 1 = 2"
    before += " := by\n  rfl"
    local = usable(declared(f"{before}\ntheorem t (n : Nat) :", {"A.t"}))
    assert local == (
        Premise("A.one", "lemma A.one : twist 1 = 2"), Premise("twist", "def twist (n : Nat := 3) : Nat", "definition"),
    )  # fmt: skip
    premises = LibraryPremises(library, 2)
    offered = premises.at(("Init",), "A.t", local)(Position((GOAL,)))
    assert offered[:2] == local and "Nat.pow_lt_pow_left" in [p.name for p in offered]
    assert "exact A.one .." in [*rules.openings(Position((GOAL,), premises=offered))]
    assert LibraryPremises(library, 0).at(("Init",), "A.t", local)(Position((GOAL,))) == ()


def test_premises_that_a_proof_names_are_those_of_the_library_that_are_accessible(library):
    at = LibraryPremises(library).at(("Init",), "t")
    assert at(Position((GOAL,)))
    block = "have h := Nat.le_antisymm.symm\nrefine (Nat.pow_lt_pow_left h ?_)\nexact Later.t Nat.le_antisymm rfl"
    assert at.named_in(block) == ("Nat.le_antisymm", "Nat.pow_lt_pow_left")


# What is made of them


def test_the_kind_of_a_premise_decides_what_is_tried():
    goal = Goal("⊢ q", "q", (Hypothesis("m", "Box", head="Box"),), head="Eq", constants=("Eq",))
    equation = Premise("Box.eq", "∀ (m : Box), m.val = 0")
    relation = Premise("Box.le", "∀ (m n : Box), m ≤ n")
    logic = Premise("and_comm", "∀ {a b : Prop}, a ∧ b ↔ b ∧ a")
    definition = Premise("Box.val", "Box → Nat", "definition")
    offered = [*rules.openings(Position((goal,), premises=(equation, relation, logic, definition)))]
    assert {"exact Box.eq ..", "rw [Box.eq]", "rw [← Box.eq]", "exact Box.le .."} <= set(offered)
    assert "cases m <;> simpa using Box.eq .." in offered
    assert "rw [Box.le]" not in offered and "exact Box.val .." not in offered
    told = [t for t in offered if t.startswith("simp [")]
    assert any("Box.eq" in t and "Box.val" in t for t in told) and not any("and_comm" in t for t in told)
    assert not [*rules.openings(Position((goal,)))] and not [*rules.premises(Position((goal,)))]


def test_few_laws_of_logic_are_steps_and_they_do_not_crowd_out_the_portfolio_s_own():
    laws = tuple(Premise(f"law{i}", "∀ (a b : Prop), a ∧ b ↔ b ∧ a", "theorem", ()) for i in range(16))
    goal = Goal("a b c : Prop\n⊢ a ∧ b ∧ c ↔ b ∧ a ∧ c", "a ∧ b ∧ c ↔ b ∧ a ∧ c", (), None, "Iff", ("Iff", "And"))
    [candidates] = Portfolio().propose([Position((goal,), premises=laws)])
    own = {c.action for c in Portfolio().propose([Position((goal,))])[0]}
    chance = {c.action: c.log_probability for c in candidates}
    added = [action for action in chance if action not in own]
    assert "rw [law0]" in added and len(added) < 6
    assert max(chance[action] for action in added) < chance["refine ⟨fun h => ?_, fun h => ?_⟩"]


def test_premises_are_among_the_portfolio_s_openings_and_steps():
    position = Position((GOAL,), premises=(Premise("Nat.pow_lt_pow_left", POWER),))
    general, _ = Portfolio().opening(position)
    assert "apply Nat.pow_lt_pow_left <;> assumption" in general
    assert "apply Nat.pow_lt_pow_left" in [c.action for c in Portfolio().propose([position])[0]]


def test_a_theorem_is_proved_with_a_premise_and_the_result_names_it(lean, library):
    result = prove(THEOREM, lean=lean, seconds=60, premises=LibraryPremises(library))
    assert result.proved
    [hole] = result.holes
    assert hole.premises == ("Nat.pow_lt_pow_left",) and "Nat.pow_lt_pow_left" in hole.proof
    assert json.loads(result.to_json())["holes"][0]["premises"] == ["Nat.pow_lt_pow_left"]
    assert lean.verify(result.source, result.original, "t").accepted


def test_the_tree_search_alone_uses_premises_too(lean, library):
    result = prove(THEOREM, lean=lean, seconds=100, openings=False, premises=LibraryPremises(library))
    assert result.proved and result.holes[0].stage != "one-liner"
    assert "Nat.pow_lt_pow_left" in result.holes[0].premises


class Shown:
    """A generator that remembers which premises it was shown and proposes nothing."""

    few = 5

    def __init__(self):
        self.premises = []

    def propose(self, positions):
        self.premises += [len(position.premises) for position in positions]
        return [[] for _ in positions]


def test_a_first_tree_has_no_premises_and_the_others_have(lean, library):
    def shown(**settings) -> list[int]:
        generator = Shown()
        prove(THEOREM, lean=lean, seconds=60, openings=False, generator=generator, **settings)
        return generator.premises

    assert shown(premises=LibraryPremises(library)) == [0, 2, 2]
    assert shown(premises=0) == [0, 0]
    # Of two states to expand the first tree's part is none.
    assert shown(premises=LibraryPremises(library), expansions=2) == [2, 2]


def test_a_theorem_that_needs_none_opens_no_library(lean):
    def never() -> Library:
        raise AssertionError("opened")

    assert prove("theorem t (a b : Nat) : a + b = b + a", lean=lean, premises=LibraryPremises(never)).proved


def test_premises_that_are_wanted_and_cannot_be_had_are_an_error(lean):
    def missing() -> Library:
        raise IndexMissing("there is no index")

    with pytest.raises(IndexMissing):
        prove(THEOREM, lean=lean, seconds=5, premises=LibraryPremises(missing))
    optional = LibraryPremises(missing, optional=True)
    assert not prove(THEOREM, lean=lean, seconds=0.5, premises=optional).holes[0].premises
    assert list(optional.troubles) == ["going on without premises: there is no index"]


def test_what_is_offered_in_the_whole_library_is_known_to_lean(lean):
    try:
        whole = LibraryPremises(open_index(lean=lean.info.version), 12)
    except RetrievalError as error:
        pytest.skip(str(error))
    rows = list(read_rows(Path(__file__).parents[2] / "data" / "library" / "validation.jsonl"))
    seen = 0
    for row in rows[::60]:
        state = lean.open(row.source(" := by sorry")).holes[0].state
        offered = whole.at(imported(row.source()), row.name)(Position(lean.goals(state)))
        assert row.name not in {p.name for p in offered}
        for premise in offered:
            [outcome] = lean.run(state, [f"exact @{premise.name}"], Limits(2_000, 5.0))
            seen += 1
            assert isinstance(outcome, Solved) or not (
                isinstance(outcome, Rejected) and "nknown" in outcome.message.partition("\n")[0]
            ), (row.name, premise.name, outcome)
    assert seen > 40


# The command


def entails(*arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "logic.main", *arguments], capture_output=True, text=True, timeout=200, check=False,
        env={**os.environ, "PYTHONPATH": str(Path(__file__).parents[2])},
    )  # fmt: skip


def test_the_command_says_which_premises_a_proof_uses(prepared, index):
    done = entails("prove", THEOREM, "--index", str(index), "--quiet")
    assert done.returncode == 0 and "Nat.pow_lt_pow_left" in done.stdout
    assert "using Nat.pow_lt_pow_left" in done.stderr
    none = entails("prove", THEOREM, "--index", str(index), "--premises", "0", "--seconds", "1", "--quiet")
    assert "Nat.pow_lt_pow_left" not in none.stderr


def test_an_index_that_cannot_be_used_is_said_in_one_sentence(prepared, index, tmp_path):
    missing = entails("prove", THEOREM, "--index", f"{tmp_path}/", "--premises", "4")
    assert missing.returncode == 3
    [line] = missing.stderr.splitlines()
    assert line.startswith("entails: there is no index") and "entails index" in line
    without = entails("prove", THEOREM, "--index", f"{tmp_path}/", "--seconds", "0.5", "--quiet")
    assert without.returncode in (0, 1)
    assert sum("going on without premises" in line for line in without.stderr.splitlines()) == 1
    for file in index.iterdir():
        if file.is_file():
            (tmp_path / file.name).write_bytes(file.read_bytes()[:-40])
    truncated = entails("prove", THEOREM, "--index", f"{tmp_path}/", "--premises", "4")
    assert truncated.returncode == 2
    [line] = truncated.stderr.splitlines()
    assert "index" in line and "--rebuild" in line


def test_the_embedded_lean_s_index_is_not_for_another_lean():
    premises = library_premises(None, "embedded", LeanInfo("4.20.0", "native"))
    assert premises.library() is None
    [said] = premises.troubles
    assert "embedded" in said and "--index" in said


def test_a_benchmark_run_takes_an_index_of_one_s_own(prepared, index, tmp_path):
    (tmp_path / "rows.jsonl").write_text(json.dumps({"name": "t", "statement": THEOREM}) + "\n")
    done = entails(
        "bench", "prove", str(tmp_path / "rows.jsonl"), "--index", str(index), "--seconds", "30", "--workers", "1",
        "--out", str(tmp_path / "R.jsonl"), "--quiet",
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    result = json.loads((tmp_path / "R.jsonl").read_text())
    assert result["proved"] and result["used"] == ["Nat.pow_lt_pow_left"]
    missing = entails(
        "bench", "prove", str(tmp_path / "rows.jsonl"), "--index", f"{tmp_path}/no/", "--premises", "4",
        "--out", str(tmp_path / "S.jsonl"),
    )  # fmt: skip
    assert missing.returncode == 3 and "there is no index" in missing.stderr and not (tmp_path / "S.jsonl").exists()
