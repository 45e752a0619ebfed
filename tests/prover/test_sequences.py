"""Values of sequences that a rule gives: worked out, and shown to Lean by evaluation."""

from __future__ import annotations

import pytest

from prover.generators.protocol import Position
from prover.generators.rules.sequences import sequences
from prover.lean.protocol import Limits, Solved

LIMITS = Limits(80_000, 60.0)
FIBONACCI = "(F : Nat → Nat) (h0 : F 0 = 0) (h1 : F 1 = 1) (h : ∀ n, F (n + 2) = F (n + 1) + F n)"


def suggested(lean, statement: str) -> tuple[object, list[str]]:
    state = lean.open(f"theorem t {statement} := by sorry").holes[0].state
    return state, [tactic for _, tactic in sequences(Position(lean.goals(state)))]


@pytest.mark.parametrize(
    "statement",
    [
        f"{FIBONACCI} : F 90 = 2880067194370816120",
        f"{FIBONACCI} : F 90 % 7 = 6 ∧ F 30 = 832040",
        # A rule for what is further back, with a guard, over the integers, whose states repeat after ten steps.
        "(x : Nat → Int) (a : x 1 = 211) (b : x 2 = 375) (c : x 3 = 420) (d : x 4 = 523) "
        "(h : ∀ n ≥ 5, x n = x (n - 1) - x (n - 2) + x (n - 3) - x (n - 4)) : x 531 + x 753 + x 975 = 898",
        # Fractions, and a guard of the other form.
        "(t : Nat → Rat) (a : t 1 = 20) (b : t 2 = 21) "
        "(h : ∀ n, 3 ≤ n → t n = (5 * t (n - 1) + 1) / (25 * t (n - 2))) : t 2020 = 101 / 525",
        # The rule speaks of n; one value makes a state.
        "(s : Nat → Nat) (h0 : s 0 = 0) (h : ∀ n, s (n + 1) = s n + 2 * n + 1) : s 300 = 90000",
        "(s : Nat → Int) (h0 : s 0 = 5) (h : ∀ n, s (n + 1) = -s n + ↑n) : s 101 = 45",
        # It holds before the first value that is known; a value is not needed.
        "(f : Nat → Nat) (z : f 3 = 8) (h : ∀ n, f (n + 1) = 2 * f n) : f 40 = 1099511627776",
        # Some of them stand in a hypothesis.
        "(f : Nat → Nat) (z : f 0 = 1) (h : ∀ n > 0, f n = 3 * f (n - 1) % 100) (k : Nat) (e : k = f 1000) : "
        "k + f 77 = 64",
        # Subtraction of natural numbers stops at zero.
        "(f : Nat → Nat) (z : f 0 = 50) (h : ∀ n, f (n + 1) = f n - 3) : f 20 = 0",
        # The newest value stands within a sum.
        "(a : Nat → Int) (h : ∀ n, a (n + 1) - a n = 4) (z : a 1 = 3) : a 50 = 199",
        "(a : Nat → Nat) (h : ∀ n, a (n + 1) - a n = 4) (z : a 1 = 3) : a 50 = 199",
        "(a : Nat → Rat) (h : ∀ n ≥ 1, a n + 2 * a (n + 1) = n) (z : a 1 = 1) : a 5 = 3 / 2",
        "(a : Nat → Int) (h : ∀ n, a (n + 2) - 2 * a (n + 1) + a n = 1) (y : a 0 = 0) (z : a 1 = 1) : a 20 = 210",
    ],
)
def test_the_first_suggestion_solves_it(lean, statement):
    state, tactics = suggested(lean, statement)
    [outcome] = lean.run(state, tactics[:1], LIMITS, True)
    assert "obtain ⟨L, " in tactics[0]
    assert isinstance(outcome, Solved), outcome


@pytest.mark.parametrize(
    "statement",
    [
        f"{FIBONACCI} : F 90 = 2880067194370816121",  # not so
        "(f : Nat → Nat) (z : f 0 = 1) (h : ∀ n, f (n + 1) = f n + f (n - 1)) : f 10 = 89",  # f (0 - 1) is f 0
        "(f g : Nat → Nat) (z : f 0 = 1) (h : ∀ n, f (n + 1) = f n + g n) : f 10 = 2",  # of another function
        "(f : Nat → Nat) (h : ∀ n, f (n + 1) = 2 * f n) : f 10 = 1024",  # no first value
        "(f : Nat → Nat) (z : f 0 = 2) (h : ∀ n, f (n + 1) = f n ^ 2) : f 6000 = 0",  # too large to be written
        "(f : Nat → Nat) (z : f 0 = 2) (h : ∀ n, f (n + 1) = f n / 0) : f 9 = 3",
    ],
)
def test_what_cannot_be_worked_out_is_left_to_others(lean, statement):
    state, tactics = suggested(lean, statement)
    tried = [tactic for tactic in tactics if tactic.startswith("obtain ⟨L, ")]
    assert not any(isinstance(o, Solved) for o in lean.run(state, tried, LIMITS, False))
