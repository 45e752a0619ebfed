"""The soundness gate: attacks are refused with their reason, honest proofs pass."""

from __future__ import annotations

import pytest

from prover.lean.gate import STANDARD_AXIOMS
from prover.lean.protocol import BadSource, UnknownImport
from tests.prover.gate_attacks import ATTACKS
from tests.prover.gate_honest import HONEST, WITH_HELP


def test_there_are_enough_distinct_attacks_and_honest_proofs():
    assert len({(s, p) for _, s, p, _ in ATTACKS}) >= 100
    assert len({(s, p) for s, p in [*HONEST, *WITH_HELP]}) >= 60


@pytest.mark.parametrize(("name", "statement", "proof", "reason"), ATTACKS, ids=[a[0] for a in ATTACKS])
def test_an_attack_is_refused_with_its_reason(lean, name, statement, proof, reason):
    answer = lean.verify(proof, statement)
    assert not answer.accepted
    assert answer.reason
    assert reason in answer.reason


@pytest.mark.parametrize(("statement", "end"), HONEST)
def test_an_honest_proof_passes(lean, statement, end):
    closing = end.partition("\nend ")[2]
    posed = f"{statement} := by sorry" + (f"\nend {closing}" if closing else "")
    answer = lean.verify(f"{statement} := {end}", posed, "t")
    assert answer.accepted, answer.reason
    assert set(answer.axioms) <= set(STANDARD_AXIOMS)


@pytest.mark.parametrize(("statement", "proof"), WITH_HELP)
def test_new_declarations_before_the_theorem_are_no_offence(lean, statement, proof):
    answer = lean.verify(proof, statement)
    assert answer.accepted, answer.reason


def test_axioms_are_read_from_the_environment(lean):
    answer = lean.verify("theorem t (p q : Prop) (h : p ↔ q) : p = q := propext h",
                         "theorem t (p q : Prop) (h : p ↔ q) : p = q")  # fmt: skip
    assert answer.accepted
    assert answer.axioms == ("propext",)


def test_an_unusable_statement_is_the_askers_error_and_no_refusal(lean):
    with pytest.raises(BadSource, match="does not elaborate"):
        lean.verify("theorem t : 1 = 1 := rfl", "theorem t : 1 = Foo.bar := by sorry")
    with pytest.raises(BadSource, match="no theorem u"):
        lean.verify("theorem t : 1 = 1 := rfl", "theorem t : 1 = 1 := by sorry", "u")
    with pytest.raises(BadSource, match="several"):
        lean.verify("", "theorem a : 1 = 1 := by sorry\ntheorem b : 1 = 1 := by sorry")
    with pytest.raises(UnknownImport, match="Mathlib"):
        lean.verify("theorem t : 1 = 1 := rfl", "import Mathlib\ntheorem t : 1 = 1 := by sorry")


def test_a_proof_that_runs_for_ever_is_refused_in_time_and_lean_goes_on(lean):
    runaway = "set_option maxRecDepth 100000000 in set_option maxHeartbeats 0 in\n"
    statement = "theorem t : ∀ n : Fin 20000, n.val < 20000 := by sorry"
    answer = lean.verify(runaway + "theorem t : ∀ n : Fin 20000, n.val < 20000 := by decide", statement, seconds=1.0)
    assert not answer.accepted
    assert "time" in answer.reason
    assert lean.verify("theorem t : 1 = 1 := rfl", "theorem t : 1 = 1").accepted


def test_verification_leaves_states_of_others_usable(lean):
    state = lean.open("theorem s (a b : Nat) : a + b = b + a").holes[0].state
    lean.verify("theorem t : 1 = 1 := rfl", "theorem t : 1 = 1")
    assert type(lean.run(state, ["omega"])[0]).__name__ == "Solved"
