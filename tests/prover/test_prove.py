"""Proving the holes of a source: proofs in place, accepted by the gate; what cannot be proved says why."""

from __future__ import annotations

import json
import subprocess
import sys

import pytest

from prover.events import HoleFinished, HoleStarted, OneLinerTried
from prover.generators.protocol import Position
from prover.lean.protocol import BadSource, Hole, Limits
from prover.lean.state import ProofState
from prover.lean_search import LeanChecker, LeanState
from prover.prove import prove
from prover.results import SCHEMA, Status
from prover.script import apply, fill
from search.errors import UnknownName
from search.events import Started
from search.protocols import Advanced, Candidate, Rejected, Request, Skipped, Solved, TimedOut


class Fixed:
    """A generator that proposes the same tactics everywhere, with no one-line proofs of its own."""

    def __init__(self, *tactics: str) -> None:
        self.tactics = tactics
        self.seen: list[Position] = []

    def propose(self, positions):
        self.seen += positions
        return [[Candidate(t, -1.0 - i) for i, t in enumerate(self.tactics)] for _ in positions]


def test_a_bare_statement_is_proved_and_the_source_holds_the_proof(lean):
    result = prove("theorem t (a b : Nat) : a + b = b + a", lean=lean, seconds=20)
    assert result.proved and result.holes[0].status is Status.PROVED
    assert result.source == f"theorem t (a b : Nat) : a + b = b + a := by {result.proof}"
    assert lean.verify(result.source, result.original, "t").accepted


def test_the_context_of_the_file_is_used(lean):
    source = """namespace N
def double (n : Nat) : Nat := n + n
variable (n : Nat)
theorem twice : double n = 2 * n := by sorry
end N
"""
    result = prove(source, lean=lean, seconds=30)
    assert result.proved and result.holes[0].theorem == "N.twice"
    assert lean.verify(result.source, source, "N.twice").accepted


def test_a_tree_of_tactics_becomes_bullets_that_lean_accepts(lean):
    source = "theorem t (p q : Prop) (hp : p) (hq : q) : p ∧ (q ∧ p) := by sorry"
    generator = Fixed("constructor", "exact hp", "exact hq")
    result = prove(source, lean=lean, seconds=20, generator=generator, strategy="best-first")
    hole = result.holes[0]
    assert result.proved and hole.stage == "best-first"
    assert result.proof == "constructor\n· exact hp\n· constructor\n  · exact hq\n  · exact hp"
    assert hole.steps[0].tactic == "constructor" and "⊢ p ∧ q ∧ p" in hole.steps[0].state
    assert hole.statistics.expansions >= 3 and hole.statistics.tried >= 5


def test_every_hole_of_a_file_has_a_result_of_its_own(lean):
    source = """theorem one : 1 + 1 = 2 := by sorry
theorem two : 1 = 2 := by sorry
def n : Nat := sorry
example : 2 + 2 = 4 := sorry
theorem three (h : n = 3) : n + 1 = 4 := by sorry
"""
    result = prove(source, lean=lean, seconds=6)
    found = {h.theorem: h for h in result.holes}
    assert {name: h.status.value for name, h in found.items()} == {
        "one": "proved", "two": "not proved", "n": "skipped", "example": "proved", "three": "not proved",
    }  # fmt: skip
    assert "data" in found["n"].reason and found["two"].reason
    # `three` can be shown, but leans on the `sorry` in `n`: the gate refuses it, and the reason says so.
    assert "sorry" in found["three"].reason
    assert not result.proved
    assert "example : 2 + 2 = 4 := by " in result.source and "theorem two : 1 = 2 := by sorry" in result.source


def test_a_theorem_may_use_another_that_was_proved_before_it(lean):
    source = """def f (n : Nat) : Nat := n * n + 1
theorem pos (n : Nat) : 0 < f n := by sorry
theorem ne (n : Nat) : f n ≠ 0 := by
  have h := pos n
  sorry
"""
    result = prove(source, lean=lean, seconds=30)
    assert [h.status.value for h in result.holes] == ["proved", "proved"]
    assert lean.verify(result.source, source, "ne").accepted


def test_a_theorem_with_two_holes_is_proved_whole_or_not_at_all(lean):
    both = "theorem t (a b : Nat) : a + 0 = a ∧ a * b = b * a := by\n  constructor\n  · sorry\n  · sorry\n"
    result = prove(both, lean=lean, seconds=20)
    assert [h.proved for h in result.holes] == [True, True]
    assert lean.verify(result.source, both, "t").accepted
    one = both.replace("a * b = b * a", "a * b = a")
    result = prove(one, lean=lean, seconds=1)
    assert [h.status.value for h in result.holes] == ["not proved", "not proved"]
    assert result.source == one and "Other holes" in result.holes[0].reason


def test_only_the_theorem_that_was_asked_for_is_touched(lean):
    source = "theorem A.one : 1 + 1 = 2 := by sorry\ntheorem two : 2 = 2 := by sorry\n"
    result = prove(source, lean=lean, theorem="two", seconds=10)
    assert [h.theorem for h in result.holes] == ["two"] and result.proved
    assert "A.one : 1 + 1 = 2 := by sorry" in result.source
    with pytest.raises(BadSource, match=r"no theorem 'three'.*A\.one, two"):
        prove(source, lean=lean, theorem="three", seconds=10)


def test_a_source_that_does_not_elaborate_is_bad_input(lean):
    with pytest.raises(BadSource, match=r"does not elaborate.*no_such_thing"):
        prove("theorem t : Nat.no_such_thing = 1 := by sorry", lean=lean, seconds=5)


def test_a_false_theorem_is_not_proved_and_the_budget_ends_the_search(lean):
    result = prove("theorem t (n : Nat) : n = n + 1 := by sorry", lean=lean, seconds=60, expansions=3)
    (hole,) = result.holes
    assert hole.status is Status.NOT_PROVED and hole.reason and hole.proof == ""
    assert hole.statistics.expansions <= 3
    assert result.source == result.original


def test_a_budget_of_nothing_tries_nothing(lean):
    result = prove("theorem t : 1 = 1 := by sorry", lean=lean, expansions=0)
    assert result.holes[0].status is Status.NOT_PROVED and result.holes[0].statistics.tried == 0


def test_a_candidate_that_lean_accepts_and_the_gate_does_not_is_not_reported(lean):
    result = prove("theorem t : 1 = 2 := by sorry", lean=lean, seconds=5, generator=Fixed("sorry", "native_decide"))
    assert not result.proved and result.source == result.original


def test_the_same_seed_gives_the_same_tree(lean):
    source = "theorem t (xs ys : List Nat) : (xs ++ ys).length = ys.length + (xs.length + 1) := by sorry"

    def statistics():
        generator = Fixed("simp", "cases xs", "rfl")
        hole = prove(source, lean=lean, seconds=120, expansions=2, seed=3, generator=generator).holes[0]
        return hole.statistics.tried, hole.statistics.expansions, hole.statistics.nodes

    assert statistics() == statistics()


def test_names_that_are_none_are_refused_before_any_work():
    with pytest.raises(UnknownName, match="nonsense"):
        prove("theorem t : 1 = 1", strategy="nonsense")


def test_events_tell_what_happens_in_order(lean):
    events: list[object] = []
    prove("theorem t : 2 = 1 + 1 := by sorry", lean=lean, seconds=10, on_event=events.append)
    assert isinstance(events[0], HoleStarted) and isinstance(events[-1], HoleFinished)
    tried = [e for e in events if isinstance(e, OneLinerTried)]
    assert tried and tried[-1].solved and not any(e.solved for e in tried[:-1])


def test_the_json_has_a_version_and_all_of_the_result(lean):
    result = prove("theorem t : 1 = 1 := by sorry", lean=lean, seconds=10)
    value = json.loads(result.to_json())
    assert value["schema"] == SCHEMA and value["proved"] is True and value["backend"] == "embedded"
    (hole,) = value["holes"]
    assert hole["status"] == "proved" and hole["steps"][0]["state"] == "⊢ 1 = 1" and hole["axioms"] == []


# Lean as the search sees it


def test_independent_goals_become_states_of_their_own(lean):
    hole = lean.open("theorem t (p q : Prop) (h : p) (g : q) : p ∧ q := by sorry").holes[0]
    checker = LeanChecker(lean, Limits())
    root = LeanState(lean, hole.state)
    (outcomes,) = checker.check([Request(root, ["exact x", "constructor", "exact ⟨h, g⟩", "rfl"])], None)
    rejected, advanced, solved, skipped = outcomes
    assert isinstance(rejected, Rejected) and isinstance(solved, Solved) and isinstance(skipped, Skipped)
    assert isinstance(advanced, Advanced) and [len(s.goals) for s in advanced.states] == [1, 1]
    assert [s.text.splitlines()[-1] for s in advanced.states] == ["⊢ p", "⊢ q"]


def test_after_the_deadline_nothing_is_tried(lean):
    hole = lean.open("theorem t : 1 = 1 := by sorry").holes[0]
    (outcomes,) = LeanChecker(lean, Limits()).check([Request(LeanState(lean, hole.state), ["rfl"])], 0.0)
    assert isinstance(outcomes[0], TimedOut)


# Text


def _hole(source: str, prefix: str = "") -> Hole:
    start = source.index("sorry")
    return Hole("t", start, start + 5, 1, 0, prefix, True, ProofState("", ()))  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("source", "prefix"),
    [
        ("theorem t (p q : Prop) (h : p) (g : q) : p ∧ q := by sorry", ""),
        ("theorem t (p q : Prop) (h : p) (g : q) : p ∧ q := sorry", "by"),
        ("theorem t (p q : Prop) (h : p) (g : q) : p ∧ q := by\n  sorry", ""),
        ("theorem t (p q : Prop) (h : p) (g : q) : p ∧ q := by\n  have := h\n  sorry", ""),
        ("theorem t (p q : Prop) (h : p) (g : q) : p ∧ q := by\n  have h2 : p ∧ q := by sorry\n  exact h2", ""),
        ("theorem t (p q : Prop) (h : p) (g : q) : p ∧ q := by\n  skip <;> sorry", ""),
        ("theorem t (p q : Prop) (h : p) (g : q) : (p ∧ q) ∧ p := by\n  constructor\n  · sorry\n  · exact h", ""),
        ("theorem t (p q : Prop) (h : p) (g : q) : p ∧ q := id (sorry)", "by"),
        ("theorem t (p q : Prop) (h : p) (g : q) : (p ∧ q) ∧ p := ⟨sorry, h⟩", "by"),
        ("theorem t (p q : Prop) (h : p) (g : q) : p ∧ q := by\n  cases 0 with\n  | zero => sorry\n"
         "  | succ => exact ⟨h, g⟩", ""),
    ],
)  # fmt: skip
@pytest.mark.parametrize(
    "block", ["exact ⟨h, g⟩", "constructor\n· exact h\n· exact g", "constructor <;> first | exact h | exact g"]
)
def test_a_block_fits_wherever_a_sorry_can_stand(lean, source, prefix, block):
    filled = apply(source, [fill(source, _hole(source, prefix), block)])
    assert "sorry" not in filled
    assert lean.check(filled).errors == ()


def test_a_proof_by_cases_where_there_are_no_bullets_yet(lean):
    core = "prelude\nimport Init.Core\ntheorem t (b : Bool) : (b && false) = false := by sorry\n"
    result = prove(core, lean=lean, generator=Fixed("cases b", "trivial"), minimise=False)
    assert result.proved and result.proof == "cases b\ntrivial\ntrivial"
    assert [step.depth for step in result.holes[0].steps] == [0, 0, 0]


def test_prove_of_the_package_can_be_called_whatever_was_imported_before(lean):
    code = "import prover.prove; from prover import prove; print(prove('theorem t : 1 = 1', seconds=5).proof)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=100)
    assert done.stdout.strip() == prove("theorem t : 1 = 1", lean=lean, seconds=5).proof != ""


@pytest.mark.parametrize(("settings", "trees", "proved"), [({}, 2, True), ({"candidates": 1}, 1, False)])
def test_all_candidates_are_tried_after_the_few_and_none_twice(lean, settings, trees, proved):
    generator = Fixed("exact h", "exact h.symm")
    generator.few = 1
    searches, ran = [], []

    class Counting:
        def __getattr__(self, name):
            return getattr(lean, name)

        def run(self, state, tactics, *more, **options):
            ran.extend(tactics)
            return lean.run(state, tactics, *more, **options)

    result = prove(
        "theorem t (a b : Nat) (h : a = b) : b = a", lean=Counting(), generator=generator, seconds=20,
        on_event=lambda e: searches.append(e.strategy) if isinstance(e, Started) else None, minimise=False, **settings,
    )  # fmt: skip
    assert (len(searches), result.proved) == (trees, proved)
    assert [t for t in ran if t.startswith("exact")] == ["exact h", "exact h.symm"][:trees]
