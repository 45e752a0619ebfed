"""Quotients of polynomials in several variables: a term over one denominator, whose factors are kept apart.

Not here: those in one variable (`polynomials.fraction`), what is made of them (`inequalities.py`).
"""

from __future__ import annotations

from collections import Counter
from fractions import Fraction
from typing import NamedTuple, TypeAlias

from prover.generators.rules.polynomials import Polynomial, expanded, product
from prover.generators.rules.terms import Term

#: A polynomial that can be a key: what it is made of, sorted.
Factor: TypeAlias = tuple[tuple[tuple[str, ...], Fraction], ...]
_MOST_FACTORS, _MOST_POWER = 6, 4


class Quotient(NamedTuple):
    """A polynomial over a product of others, each as often as it is counted."""

    above: Polynomial
    below: Counter[Factor]


def quotient(term: Term) -> Quotient | None:
    """A term as one quotient; None for what is none, or a long one. Natural subtraction and division are not seen."""
    match term.op, term.args:
        case "number", _:
            return Quotient({(): Fraction(term.value)} if term.value else {}, Counter())
        case "name", _:
            return Quotient({(term.text,): Fraction(1)}, Counter())
        case "-", (a,):
            return _times(Quotient({(): Fraction(-1)}, Counter()), quotient(a))
        case "*", (a, b):
            return _times(quotient(a), quotient(b))
        case "/", (a, b):
            return _times(quotient(a), _inverse(quotient(b)))
        case "^", (base, exponent) if exponent.op == "number" and exponent.value <= _MOST_POWER:
            found: Quotient | None = Quotient({(): Fraction(1)}, Counter())
            for _ in range(exponent.value):
                found = _times(found, quotient(base))
            return found
        case ("+" | "-"), (a, b):
            return _plus(quotient(a), quotient(b), 1 if term.op == "+" else -1)
    return None


def written(factor: Factor) -> str:
    """A factor written out; a variable as it is."""
    [(names, c), *more] = factor
    return names[0] if not more and c == 1 and len(names) == 1 else expanded(dict(factor))


def _plus(left: Quotient | None, right: Quotient | None, sign: int) -> Quotient | None:
    if left is None or right is None:
        return None
    below = left.below | right.below
    one, other = (_multiplied(q.above, below - q.below) for q in (left, right))
    if one is None or other is None:
        return None
    above = {m: c for m in {**one, **other} if (c := one.get(m, Fraction(0)) + sign * other.get(m, Fraction(0)))}
    return Quotient(above, below)


def _times(left: Quotient | None, right: Quotient | None) -> Quotient | None:
    if left is None or right is None or (left.below + right.below).total() > _MOST_FACTORS:
        return None
    above = product(left.above, right.above)
    return None if above is None else Quotient(above, left.below + right.below)


def _inverse(of: Quotient | None) -> Quotient | None:
    """1 over it: a single monomial is divided by variable for variable."""
    if of is None or not of.above:
        return None
    above = _multiplied({(): Fraction(1)}, of.below)
    if above is None:
        return None
    if len(of.above) > 1:
        return Quotient(above, Counter([tuple(sorted(of.above.items()))]))
    [(names, c)] = of.above.items()
    return Quotient({m: x / c for m, x in above.items()}, Counter((((n,), Fraction(1)),) for n in names))


def _multiplied(polynomial: Polynomial, factors: Counter[Factor]) -> Polynomial | None:
    found: Polynomial | None = polynomial
    for factor in factors.elements():
        found = product(found, dict(factor))
    return found
