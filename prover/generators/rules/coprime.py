"""Numbers without a common divisor: what divides a product, sums of them, and equations that would give them one.

Not here: common divisors that are a number (`gcds.py`).
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import permutations
from typing import NamedTuple

from prover.generators.protocol import Position
from prover.generators.rules.base import Suggestion, propositions, shown, single
from prover.generators.rules.gcds import gcd_arguments
from prover.generators.rules.power_residues import showing
from prover.generators.rules.terms import linear, read_term
from prover.lean.state import Goal

_PRIMES = (2, 3, 5, 7)
_MOST_PAIRS = 6
_PRODUCT = ("dvd_of_dvd_mul_left", "dvd_of_dvd_mul_right")


class _Coprime(NamedTuple):
    """`hypothesis`, that a and b are."""

    hypothesis: str
    a: str
    b: str

    @property
    def stated(self) -> str:
        return f"have hc : Nat.Coprime ({self.a}) ({self.b}) := {self.hypothesis}"


def coprime(position: Position) -> Iterator[Suggestion]:
    """All rules of this file."""
    goal = position.goals[0]
    for given in _given(goal):
        for rule in (dividing, combined, descent):
            yield from (Suggestion(1.0, tactic) for tactic in rule(goal, given))


def _given(goal: Goal) -> Iterator[_Coprime]:
    for h in propositions(goal):
        found = gcd_arguments(h.type)
        if found is not None and ("Coprime" in h.type or h.type.endswith(" = 1")):
            yield _Coprime(h.name, *found)


def dividing(goal: Goal, given: _Coprime) -> Iterator[str]:
    """What divides a product and has no divisor in common with one factor divides the other; also products of both."""
    told = [h.name for h, r in single(goal) if r.sign == "∣" and not r.negated]
    pairs = list(permutations(told, 2))[:_MOST_PAIRS]
    tried = []
    for c in ("hc", "hc.symm"):
        tried += [f"{c}.{lemma} {h}" for h in told for lemma in _PRODUCT]
        tried += [f"{c}.mul_dvd_of_dvd_of_dvd {one} {other}" for one, other in pairs]
    if tried and "∣" in goal.target:
        yield f"{given.stated}\nfirst {' '.join(f'| exact {t}' for t in tried)}"


def combined(goal: Goal, given: _Coprime) -> Iterator[str]:
    """Two linear terms that a and b are combinations of have no common divisor either."""
    wanted = gcd_arguments(goal.target)
    if wanted is None or not re.fullmatch(r"[^∧∨→]*", goal.target):
        return
    terms = [read_term(text) for text in wanted]
    shapes = [linear(t) if t is not None else None for t in terms]
    a, b = given.a, given.b
    if any(shape is None or not set(shape) <= {a, b} for shape in shapes):
        return
    (p, q), (r, s) = ((shape.get(a, 0), shape.get(b, 0)) for shape in shapes if shape is not None)
    if abs(sign := p * s - q * r) != 1:
        return
    left, right = (f"({text})" for text in wanted)
    proofs = (f"(Int.natCast_dvd_natCast.mp ⟨({sign * x}) * ql + ({sign * y}) * qr, by grind⟩)"
              for x, y in ((s, -q), (-r, p)))  # fmt: skip
    yield "\n".join([
        given.stated,
        f"have hd : Nat.gcd {left} {right} ∣ Nat.gcd {a} {b} := by",
        f"  obtain ⟨ql, hl⟩ := Int.natCast_dvd_natCast.mpr (Nat.gcd_dvd_left {left} {right})",
        f"  obtain ⟨qr, hr⟩ := Int.natCast_dvd_natCast.mpr (Nat.gcd_dvd_right {left} {right})",
        f"  generalize Nat.gcd {left} {right} = d at *",
        "  push_cast at hl hr",
        f"  exact Nat.dvd_gcd {' '.join(proofs)}",
        f"rw [show Nat.gcd {a} {b} = 1 from hc] at hd",
        "exact Nat.dvd_one.mp hd",
    ])  # fmt: skip


def descent(goal: Goal, given: _Coprime) -> Iterator[str]:
    """An equation by whose remainders a prime would divide both numbers."""
    for p in _PRIMES:
        lines = []
        for h, x in (("ha", given.a), ("hb", given.b)):
            lines += [shown(h, f"{p} ∣ {x}", tactic) for tactic in showing(goal, f"{p} ∣ {x}")]
        if len(lines) == 2:
            one = f"rw [show Nat.gcd {given.a} {given.b} = 1 from hc] at hd"
            yield "\n".join(["exfalso", given.stated, *lines, "have hd := Nat.dvd_gcd ha hb", one, "omega"])
