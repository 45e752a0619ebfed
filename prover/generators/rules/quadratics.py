"""Quadratic polynomials that are never negative: as sums of squares, with weights above zero.

Not here: other inequalities (`inequalities.py`). Completing the square for one variable after the other finds such a
sum for each that has one, which for quadratics are all that are never negative (Lagrange's reduction).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from fractions import Fraction
from math import lcm

from prover.generators.rules.base import SQUARE, kind_of, single, variables
from prover.generators.rules.polynomials import Polynomial, monomials
from prover.generators.rules.terms import ORDER, Relation, Term, difference
from prover.lean.state import Goal


def sum_of_squares(coefficients: Polynomial) -> tuple[list[str], Fraction] | None:
    """Linear terms, written out, of whose squares a quadratic is a sum, each times a number above zero; and the rest.

    The rest is a number, 0 or more. None for what may be negative.
    """
    found = completed(coefficients)
    return found if found is not None and found[1] >= 0 else None


def completed(coefficients: Polynomial) -> tuple[list[str], Fraction] | None:
    """The same with any rest, also below 0."""
    if any(len(m) > 2 for m in coefficients):
        return None
    names = sorted({n for m in coefficients for n in m})
    # The matrix of the quadratic form in the variables and 1.
    form = {(x, y): Fraction(0) for x in (*names, "") for y in (*names, "")}
    for m, c in coefficients.items():
        x, y = (*m, "", "")[:2]
        form[x, y] += c / 2
        form[y, x] += c / 2
    squares = []
    for x in names:
        weight = form[x, x]
        row = {y: form[x, y] for y in (*names, "") if form[x, y]}
        if weight < 0 or (not weight and row):
            return None
        if weight:
            squares.append(_written({y: c / weight for y, c in row.items()}))
            for y, c in row.items():
                for z, e in row.items():
                    form[y, z] -= c * e / weight
    return squares, form["", ""]


def _written(terms: Mapping[str, Fraction]) -> str:
    """A multiple of this sum with whole coefficients."""
    scale = lcm(*(c.denominator for c in terms.values()))
    return " + ".join(f"({int(c * scale)})" + (f" * {n}" if n else "") for n, c in terms.items())


def not_negative(term: Term | None, lifted: bool = False) -> Iterator[str]:
    """The squares of a quadratic term that is never negative, as facts; none for another, or for no term.

    `lifted`: of natural numbers, about the integers that they are.
    """
    found = (monomials(term) if term is not None else None) or {}
    if lifted:
        found = {tuple(f"({n} : Int)" for n in m): c for m, c in found.items()}
    squares = sum_of_squares(found)
    yield from square_facts(squares[0] if squares else (), "ht")


def square_facts(squared: Sequence[str], h: str) -> Iterator[str]:
    """That the squares of these are not negative, as `h0`, `h1`, …"""
    return (f"have {h}{i} : 0 ≤ ({s}) ^ 2 := {SQUARE}" for i, s in enumerate(squared))


def vanishing(goal: Goal) -> Iterator[str]:
    """A quadratic that is never negative and that a hypothesis says to be 0 or less: each of its squares is zero."""
    kinds = {v.name: v.head for v in variables(goal)}
    for _, r in single(goal):
        kind = kind_of(r.names, kinds)
        if (r.sign != "=" and r.sign not in ORDER) or r.negated or kind not in ("Int", "Rat"):
            continue
        squares = _never_above_zero(r) or next(_with_another(goal, r), None)
        if squares is None:
            continue
        yield "\n".join([
            *square_facts(squares, "ht"),
            *(f"have hz{i} : ({s}) * ({s}) = 0 := {kind}.le_antisymm (by grind) (by grind)\n"
              f"have hl{i} := ({kind}.mul_eq_zero.mp hz{i}).elim id id" for i, s in enumerate(squares)),
            "first | omega | grind",
        ])  # fmt: skip


def _never_above_zero(r: Relation) -> list[str] | None:
    """The squares that the relation says to be zero together, where it does."""
    quadratic = _sides(r)
    for sign in {"≤": (1,), "<": (1,), "=": (1, -1)}.get(r.sign, (-1,)) if quadratic is not None else ():
        found = sum_of_squares({m: sign * c for m, c in quadratic.items()})
        if found is not None and found[0]:
            return found[0]
    return None


def _with_another(goal: Goal, r: Relation) -> Iterator[list[str]]:
    """The squares of an equation's difference and a multiple of a linear equation's, where these leave no rest."""
    quadratic = _sides(r)
    if r.sign != "=" or not quadratic:
        return
    for _, other in single(goal):
        line = _sides(other)
        if other.sign != "=" or other.negated or not line or any(len(m) > 1 for m in line):
            continue
        for sign in (1, -1):
            # The rest is a polynomial of degree two in the multiple; it is zero where that is largest, or nowhere.
            tried = [completed(_plus(quadratic, sign, line, multiple)) for multiple in (-1, 0, 1)]
            if any(t is None for t in tried):
                continue
            low, middle, high = (t[1] for t in tried if t is not None)
            bend = (low + high) / 2 - middle
            found = completed(_plus(quadratic, sign, line, (low - high) / (4 * bend))) if bend else None
            if found is not None and not found[1]:
                yield found[0]


def _sides(r: Relation) -> Polynomial | None:
    """The difference of a relation's sides; None where they are no polynomials."""
    left, right = (monomials(side) for side in r.terms)
    return None if left is None or right is None else difference(left, right)


def _plus(quadratic: Polynomial, sign: int, line: Polynomial, multiple: Fraction | int) -> Polynomial:
    """sign * quadratic + multiple * line."""
    return difference({m: sign * c for m, c in quadratic.items()}, {m: -multiple * c for m, c in line.items()})
