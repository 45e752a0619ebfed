"""What every Lean backend promises (`prover.lean.protocol.Lean`). One that is not installed is skipped, with why."""

from __future__ import annotations

import os

import pytest

from prover.lean.open import open_lean
from prover.lean.protocol import (
    Advanced,
    BadSource,
    Lean,
    LeanMissing,
    Limits,
    Rejected,
    Solved,
    TimedOut,
    UnknownImport,
)
from tests.prover.leandojo_stand_in import need_the_package, traced_repository
from tests.prover.native_stand_in import install

COMM = "theorem t (a b : Nat) : a + b = b + a"


@pytest.fixture(
    scope="module",
    params=[
        "embedded", "workers", "native stand-in", "native stand-ins",
        "leandojo stand-in", pytest.param("native", marks=pytest.mark.native),
        pytest.param("leandojo", marks=pytest.mark.native),
    ],
)
def backend(request, prepared, tmp_path_factory):
    with pytest.MonkeyPatch.context() as patch:
        if request.param.startswith("native stand-in"):
            # The messages of a native Lean, over real elaboration; what that leaves out is said in the stand-in.
            install(folder := tmp_path_factory.mktemp("stand-in"))
            patch.setenv("PATH", f"{folder}{os.pathsep}{os.environ['PATH']}")
        if request.param == "leandojo stand-in":
            need_the_package()
            with traced_repository(tmp_path_factory.mktemp("traced")) as repo:
                yield from _opened(request.param, repo)
        else:
            yield from _opened(request.param, os.environ.get("ENTAILS_TRACED_REPOSITORY"))


def _opened(backend, repo):
    if backend.startswith("leandojo"):
        try:
            lean = open_lean("leandojo", project=repo)
        except LeanMissing as missing:
            pytest.skip(str(missing))
    elif backend.startswith("native"):
        try:
            lean = open_lean("native", workers=2 if backend.endswith("s") else 1)
        except LeanMissing as missing:
            pytest.skip(str(missing))
    else:
        lean = open_lean("embedded", workers=2 if backend == "workers" else 1)
    kind = backend.split()[0]
    assert lean.info.backend == (kind if kind in ("native", "leandojo") else "embedded")
    with lean:
        yield lean


def test_it_is_a_lean_and_says_which(backend):
    assert isinstance(backend, Lean)
    assert backend.info.version.startswith("4.")


def test_a_bare_statement_gets_a_hole(backend):
    opened = backend.open(COMM)
    [hole] = opened.holes
    assert opened.source == f"{COMM} := by sorry"
    assert opened.source[hole.start : hole.end] == "sorry"
    assert (hole.theorem, hole.line, hole.is_prop) == ("t", 1, True)


def test_statements_without_proofs_between_others(backend):
    source = "theorem a : 1 = 1\n\n-- a comment, not a proof\ntheorem b : 2 = 2 := rfl\n\ntheorem c (n : Nat) : n = n\n"
    opened = backend.open(source)
    assert [h.theorem for h in opened.holes] == ["a", "c"]
    assert opened.source.count(":= by sorry") == 2
    assert "-- a comment, not a proof" in opened.source


def test_goals_are_taken_apart(backend):
    source = (
        "theorem t {α : Type} [DecidableEq α] (p : Prop) (xs : List α) (h : p ∧ xs = []) : ∃ n : Nat, n = xs.length"
    )
    [goal] = backend.goals(backend.open(source).holes[0].state)
    assert goal.target == "∃ n, n = xs.length"
    assert goal.head == "Exists"
    assert [h.name for h in goal.hypotheses] == ["α", "inst✝", "p", "xs", "h"]
    by_name = {h.name: h for h in goal.hypotheses}
    assert by_name["h"].is_prop and not by_name["xs"].is_prop
    assert (by_name["h"].head, by_name["xs"].head) == ("And", "List")
    assert by_name["inst✝"].is_instance and not by_name["inst✝"].accessible
    assert "List.length" in goal.constants


def test_each_tactic_of_a_batch_starts_from_the_same_state(backend):
    state = backend.open(COMM).holes[0].state
    outcomes = backend.run(state, ["induction a", "omega", "intro x", "exact Nat.add_comm a b", "induction a"])
    assert [type(o) for o in outcomes] == [Advanced, Solved, Rejected, Solved, Advanced]
    assert outcomes[0].state == outcomes[4].state
    assert len(outcomes[0].state.keys) == 2


def test_states_that_differ_in_names_only_are_equal(backend):
    state = backend.open("theorem t : ∀ n m : Nat, n + m = m + n").holes[0].state
    one, other, third = backend.run(state, ["intro n m", "intro a b", "intro n"])
    assert one.state == other.state
    assert one.state != third.state
    assert hash(one.state) == hash(other.state)


def test_independent_goals_can_be_proved_one_by_one(backend):
    state = backend.open("theorem t (p q : Prop) (hp : p) (hq : q) : p ∧ q").holes[0].state
    [after] = backend.run(state, ["constructor"])
    left, right = after.state.split()
    assert backend.goals(left)[0].target == "p"
    assert backend.goals(right)[0].target == "q"
    assert isinstance(backend.run(left, ["exact hp"])[0], Solved)
    assert isinstance(backend.run(right, ["exact hq"])[0], Solved)
    assert isinstance(backend.run(right, ["exact hp"])[0], Rejected)


def test_goals_that_share_a_metavariable_stay_together(backend):
    state = backend.open("theorem t : ∃ n : Nat, n = 3 ∧ n < 5").holes[0].state
    [after] = backend.run(state, ["refine ⟨?_, ?_, ?_⟩"])
    assert not after.state.independent
    assert after.state.split() == (after.state,)


@pytest.mark.parametrize(
    "tactic",
    [
        "exact foo",
        "simp [nothing_of_that_name]",
        "rw [",
        "",
        "intro x y z",
        "have h : 1 = 2 := by decide",
        "exact (by rfl)",
    ],
)
def test_a_tactic_that_does_not_work_is_rejected_with_a_message(backend, tactic):
    [outcome] = backend.run(backend.open(COMM).holes[0].state, [tactic])
    assert isinstance(outcome, Rejected)
    assert outcome.message


def test_a_sequence_is_one_step(backend):
    state = backend.open("theorem t (p q : Prop) : p ∧ q → q ∧ p").holes[0].state
    outcomes = backend.run(state, ["intro h; exact ⟨h.2, h.1⟩", "intro h\nconstructor\n· exact h.2\n· exact h.1"])
    assert [type(o) for o in outcomes] == [Solved, Solved]


def test_context_is_the_files(backend):
    source = """namespace A.B
universe u
variable {α : Type u} [DecidableEq α]
def twice (n : Nat) := n + n
theorem helper (n : Nat) : twice n = 2 * n := by unfold twice; omega
local notation "two" => 2
set_option autoImplicit false
open List in
theorem foo (xs ys : List α) (h : xs = ys) (a : α) : count a (xs ++ ys) = two * count a xs := by
  rw [h]
  sorry
theorem bar (n : Nat) : twice n = n * two := by
  sorry
end A.B"""
    foo, bar = backend.open(source).holes
    assert (foo.theorem, bar.theorem) == ("A.B.foo", "A.B.bar")
    assert isinstance(backend.run(foo.state, ["rw [count_append]; omega"])[0], Solved)
    assert isinstance(backend.run(bar.state, ["rw [helper, Nat.mul_comm]"])[0], Solved)


def test_term_holes_and_data_holes(backend):
    opened = backend.open("theorem t : 1 = 1 := sorry\ndef d : Nat := sorry\ntheorem u : 2 = 2 ∧ 3 = 3 := ⟨rfl, sorry⟩")
    assert [(h.theorem, h.prefix, h.is_prop) for h in opened.holes] == [
        ("t", "by", True), ("d", "by", False), ("u", "by", True)
    ]  # fmt: skip


def test_heartbeats_stop_a_tactic(backend):
    state = backend.open("theorem t : ∀ n : Fin 3000, n.val < 3000").holes[0].state
    [outcome] = backend.run(state, ["decide"], Limits(heartbeats=200, seconds=30))
    assert isinstance(outcome, (TimedOut, Rejected))


def test_wall_clock_stops_a_tactic_and_the_search_goes_on(backend):
    state = backend.open("theorem t : ∀ n : Fin 20000, n.val < 20000").holes[0].state
    other = backend.open(COMM).holes[0].state
    [advanced] = backend.run(other, ["induction a"])
    runaway = "set_option maxRecDepth 100000000 in set_option maxHeartbeats 0 in decide"
    [outcome] = backend.run(state, [runaway], Limits(heartbeats=0, seconds=0.5))
    assert isinstance(outcome, TimedOut)
    # A state from before is as good as it was.
    assert backend.run(advanced.state, ["simp"])[0] != outcome
    assert [g.case for g in backend.goals(advanced.state)] == ["zero", "succ"]


def test_bad_sources_are_the_askers_error(backend):
    with pytest.raises(UnknownImport, match="Mathlib"):
        backend.open("import Mathlib.Tactic\ntheorem t : 1 = 1")
    with pytest.raises(BadSource):
        backend.open("import \n theorem t : 1 = 1")


def test_messages_have_positions(backend):
    report = backend.check("theorem t : 1 = 1 := rfl\n\ntheorem u : 1 = 2 := by decide\n")
    [error] = report.errors
    assert (error.line, error.severity) == (3, "error")
    assert "t" in report.declarations


def test_a_parse_error_is_an_error(backend):
    assert backend.check("theorem t : 1 = 1 := rfl\nn ! < 3").errors


def test_declarations_can_be_read(backend):
    found = backend.declaration("Nat.add_comm")
    assert found is not None
    assert found.kind == "theorem"
    assert "n + m = m + n" in found.type
    assert backend.declaration("Nat.no_such_thing") is None
    assert backend.declaration("mine", "def mine := 3").kind == "definition"


def test_verify_accepts_and_refuses(backend):
    assert backend.verify(f"{COMM} := by omega", COMM).accepted
    assert not backend.verify(f"{COMM} := by sorry", COMM).accepted
