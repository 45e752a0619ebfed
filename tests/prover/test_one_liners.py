"""Whole proofs before the tree: in which order, and on which forms of the theorem."""

from __future__ import annotations

import time

import pytest

from prover.generators.portfolio import make_generator
from prover.lean.protocol import Limits
from prover.lean_search import LeanChecker, LeanGenerator, LeanState
from prover.one_liners import INTRODUCE, OneLiners
from search.protocols import Solved


def attempts(lean, statement: str, generator: str = "portfolio"):
    root = LeanState(lean, lean.open(f"theorem t {statement} := by sorry").holes[0].state)
    started = time.monotonic()
    checker = LeanChecker(lean, Limits(120, 0.5))
    return OneLiners(LeanGenerator(make_generator(generator)), checker, started, started + 40).attempts(root)


@pytest.mark.parametrize("generator", ["portfolio", "policy"])
def test_what_the_goal_suggests_goes_before_what_fits_any_goal(lean, generator):
    tried = []
    for attempt in attempts(lean, "(n : Nat) (h : 7 ∣ 2 ^ n - 1) : 3 ∣ n", generator):
        tried.append(attempt)
        if isinstance(attempt.outcome, Solved):
            break
    assert "2 ^ n % 7 = 2 ^ (n % 3) % 7" in tried[-1].tactic
    # The quickest of all go first, and no more than these.
    first = next(at for at, attempt in enumerate(tried) if attempt.limits.heartbeats > 10_000)
    assert 0 < first < 12 and all(attempt.limits == tried[-1].limits for attempt in tried[first:])


@pytest.mark.parametrize(
    ("statement", "lead"),
    [
        (": ∀ n : Nat, n % 4 = 3 → ¬∃ a : Nat, a ^ 2 = n", f"{INTRODUCE}\nrintro ⟨"),
        (": ¬∃ x y : Int, x ^ 2 - 3 * y ^ 2 = 2", "rintro ⟨x, y, hn⟩\n"),
        # A name that is in use stays visible.
        ("(x : Nat) (h : x % 4 = 3) : ¬∃ (y : Nat) (z : Nat), y ^ 2 + 4 * z = x", "rintro ⟨y, z, hn⟩\n"),
        ("(y hn : Nat) (h : y % 4 = 3) (e : hn = y) : ¬∃ x, x ^ 2 + 1 = y", "rintro ⟨x, hn'⟩\n"),
        ("(n : Nat) (h : ∃ k, n = 4 * k + 3) : ¬∃ a b, n = a ^ 2 + b ^ 2", "rintro ⟨a, b, hn⟩\nobtain ⟨k, hn'⟩ := h\n"),
    ],
)
def test_what_exists_or_does_not_gets_names(lean, statement, lead):
    found = next(attempt for attempt in attempts(lean, statement) if isinstance(attempt.outcome, Solved))
    assert found.tactic.startswith(lead)
