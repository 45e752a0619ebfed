"""Squares that would have to lie between two neighbouring squares, as n ^ 2 + n does: there are none.

Not here: squares that leave the wrong remainder (`power_residues.py`).
"""

from __future__ import annotations

from collections.abc import Iterator
from math import isqrt

from prover.generators.protocol import Position
from prover.generators.rules.base import Suggestion, single, variables
from prover.generators.rules.polynomials import polynomial
from prover.generators.rules.terms import Term

_FAR = 1_000  # where the lower terms of a quadratic with small coefficients no longer tell which square is below


def between_squares(position: Position) -> Iterator[Suggestion]:
    """For equations m ^ 2 = a ^ 2 n ^ 2 + b n + c of natural numbers."""
    goal = position.goals[0]
    natural = [v.name for v in variables(goal) if v.head == "Nat"]
    for _, r in single(goal):
        if r.sign == "=" and not r.negated and len(r.names) == 2 and all(n in natural for n in r.names):
            for root, square in (r.terms, r.terms[::-1]):
                below = _below(root, square)
                if below is not None:
                    m = root.args[0].text
                    at_most = f"(show {m} ≤ {below} by omega)"
                    yield Suggestion(1.0, "\n".join([
                        *(["exfalso"] if goal.target != "False" else []),
                        f"rcases Nat.lt_or_ge {m} ({below} + 1) with hm | hm",
                        f"· have hs := Nat.mul_le_mul {at_most} {at_most}\n  grind",
                        "· have hs := Nat.mul_le_mul hm hm\n  grind",
                    ]))  # fmt: skip


def _below(root: Term, square: Term) -> str | None:
    """A linear term whose square is the next below `square`, far out; None where `root` is no square of a variable."""
    names = square.names
    if root.op != "^" or root.args[0].op != "name" or root.args[1].text != "2" or len(names) != 1:
        return None
    found = polynomial(square, names[0])
    if found is None or len(found) != 3 or any(c.denominator != 1 for c in found):
        return None
    a = isqrt(max(int(found[2]), 0))
    there = sum(int(c) * _FAR**k for k, c in enumerate(found))
    if not a or a * a != found[2] or there < 0:
        return None
    c = isqrt(there) - a * _FAR
    return f"{a} * {names[0]} + {c}" if c >= 0 else f"{a} * {names[0]} - {-c}"
