"""Proofs that were found are made shorter, and what comes out is still a proof."""

from __future__ import annotations

import pytest

from prover.generators.protocol import Position
from prover.lean.protocol import Limits
from prover.minimise import can_be_shorter, shorter_proof, shorter_tactics
from prover.prove import prove
from search import Candidate, Proof, Step

LIMITS = Limits(4_000, 5.0)


class Script:
    """A generator that proposes these tactics on every state, the first the most probable."""

    def __init__(self, *tactics: str) -> None:
        self.tactics = tactics

    def propose(self, positions: list[Position]) -> list[list[Candidate]]:
        return [[Candidate(t, -1.0 - at) for at, t in enumerate(self.tactics)] for _ in positions]


@pytest.mark.parametrize(
    ("tactic", "some"),
    [
        ("simp [a, b c]", ["simp", "simp [a]", "simp [b c]"]),
        ("first | rfl | omega", ["rfl", "omega", "first | rfl", "first | omega"]),
        ("intros; omega", ["omega", "intros"]),
        ("cases n <;> (simp; omega)", ["cases n", "(simp; omega)", "cases n <;> (simp)", "cases n <;> (omega)"]),
        ("unhygienic intros\nsimp [h]", ["simp [h]", "unhygienic intros\nsimp"]),
    ],
)
def test_shorter_versions_of_a_tactic(tactic, some):
    found = shorter_tactics(tactic)
    assert set(some) <= set(found)
    assert [len(t) for t in found] == sorted(len(t) for t in found) and len(found[-1]) < len(tactic)


def test_what_has_no_parts_cannot_be_shorter():
    assert shorter_tactics("omega") == [] and not can_be_shorter(Proof((Step("omega", 0),)))
    assert can_be_shorter(Proof((Step("intro h", 1), Step("omega", 0))))


def test_a_detour_and_needless_premises_are_dropped(lean):
    opened = lean.open("theorem t (p q : Prop) (h : p ∧ q) : q ∧ p := by sorry")
    tactics = [("have h2 := h", 1), ("constructor", 2), ("simp_all [Nat.add_comm, and_comm]", 0), ("exact h.1", 0)]
    proof = Proof(tuple(Step(*pair) for pair in tactics))
    done = shorter_proof(lean, opened.holes[0], proof, LIMITS, seconds=20.0)
    assert done.proof is not None
    assert len(done.proof) < 4 and "Nat.add_comm" not in done.proof.script()
    source = opened.source.replace("sorry", "\n  " + done.proof.script().replace("\n", "\n  "))
    assert lean.verify(source, opened.source, "t").accepted


def test_names_of_hypotheses_are_not_lost(lean):
    """The states below `rename_i` are equal but for names, which the last tactic needs."""
    opened = lean.open("theorem t (a b : Nat) : a = b → b = a := by sorry")
    proof = Proof((Step("intro", 1), Step("rename_i h", 1), Step("exact h.symm", 0)))
    done = shorter_proof(lean, opened.holes[0], proof, LIMITS, seconds=20.0)
    assert done.proof is not None and done.proof.actions == ("intro", "rename_i h", "exact h.symm")


def test_proofs_come_out_minimised_and_can_be_left_alone(lean):
    source = "theorem t (a b : Nat) (h : a = b) : b = a := by sorry"
    settings = {"lean": lean, "openings": False, "seconds": 20, "generator": Script("simp [Nat.add_comm, h]")}
    [left] = prove(source, minimise=False, **settings).holes
    assert left.proof == "simp [Nat.add_comm, h]" and left.statistics.minimise_seconds == 0
    [shorter] = prove(source, **settings).holes
    assert shorter.proved and shorter.proof == "simp [h]" == shorter.steps[0].tactic
    assert shorter.statistics.tried == left.statistics.tried == 1


def test_holes_of_one_theorem_are_minimised_and_verified_together(lean):
    source = "theorem t (a b : Nat) (h : a = b) : b = a ∧ a = a := by\n  constructor\n  · sorry\n  · sorry\n"
    generator = Script("simp [Nat.add_comm, h]")
    result = prove(source, lean=lean, openings=False, seconds=20, generator=generator)
    assert result.proved and [h.proof for h in result.holes] == ["simp [h]", "simp"]
    assert lean.verify(result.source, result.original, "t").accepted
