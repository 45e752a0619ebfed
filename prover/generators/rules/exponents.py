"""Equations of two powers of one prime, as 2 ^ n = 4 ^ k: their exponents are equal.

Not here: exponents that have a bound (`bounds.py`), remainders of powers (`modular.py`).
"""

from __future__ import annotations

from collections.abc import Iterator

from prover.generators.protocol import Position
from prover.generators.rules.base import Suggestion, single
from prover.generators.rules.terms import Term, divisors

_LARGEST = 10_000


def exponents(position: Position) -> Iterator[Suggestion]:
    """For equations of natural numbers whose sides are products of powers."""
    for h, r in single(position.goals[0]):
        if r.sign != "=" or r.negated:
            continue
        left, right = (_power(side) for side in r.terms)
        if left is None or right is None or left[0] != right[0] or (r.left.closed and r.right.closed):
            continue
        p = left[0]
        yield Suggestion(1.0, "\n".join([
            f"have he : {p} ^ ({left[1]}) = {p} ^ ({right[1]}) := by",
            f"  simpa [Nat.pow_add, Nat.pow_mul] using {h.name}",
            "have hi := (Nat.pow_right_inj (by decide)).mp he\nfirst | omega | (simp_all; done) | grind",
        ]))  # fmt: skip


def _power(term: Term) -> tuple[int, str] | None:
    """p, and e written out, of p ^ e for a prime p; None for another term."""
    if term.op == "number" and 1 < term.value <= _LARGEST:
        p = divisors(term.value)[1]
        e = next(k for k in range(1, term.value) if p**k >= term.value)
        return (p, str(e)) if p**e == term.value else None
    parts = [_power(a) for a in term.args]
    if term.op == "^" and parts[0] is not None:
        p, e = parts[0]
        return p, f"{e} * {term.args[1].wrapped}"
    if term.op == "*" and parts[0] is not None and parts[1] is not None and parts[0][0] == parts[1][0]:
        return parts[0][0], f"{parts[0][1]} + {parts[1][1]}"
    return None
