"""Polynomials over the rationals, read from terms: in one variable by degree, in several by monomial.

Not here: reading the terms (`terms.py`), sums alone (`linear` there).
"""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction
from itertools import zip_longest
from math import gcd, lcm
from typing import TypeAlias

from prover.generators.rules.terms import Term

#: In several variables: coefficients by the variables multiplied, sorted; () for the constant.
Polynomial: TypeAlias = dict[tuple[str, ...], Fraction]

_DEGREE = 6
_MOST_MONOMIALS = 200


def polynomial(term: Term, name: str) -> list[Fraction] | None:
    """Coefficients over the rationals, the constant first; None for what is no polynomial in this one variable."""
    match term.op, term.args:
        case "number", _:
            return [Fraction(term.value)]
        case "name", _:
            return [Fraction(0), Fraction(1)] if term.text == name else None
        case "^", (base, exponent) if exponent.op == "number" and exponent.value <= _DEGREE:
            return _power(polynomial(base, name), exponent.value)
        case "-", (a,):
            return _times([Fraction(-1)], polynomial(a, name))
        case "*", (a, b):
            return _times(polynomial(a, name), polynomial(b, name))
        case "/", (a, b) if b.op == "number" and b.value:
            return _times([Fraction(1, b.value)], polynomial(a, name))
        case ("+" | "-"), (a, b):
            left, right = polynomial(a, name), polynomial(b, name)
            if left is None or right is None:
                return None
            sign = 1 if term.op == "+" else -1
            return [x + sign * y for x, y in zip_longest(left, right, fillvalue=Fraction(0))]
    return None


def fraction(term: Term, name: str) -> tuple[list[Fraction], list[Fraction]] | None:
    """Numerator and denominator, as `polynomial` has them, of a rational function in this one variable."""
    if not any(t.op == "/" for t in term.walk()):
        found = polynomial(term, name)
        return None if found is None else (found, [Fraction(1)])
    parts = [fraction(a, name) for a in term.args]
    if any(p is None for p in parts):
        return None
    match term.op, parts:
        case "-", [(n, d)]:
            return _minus([], n), d
        case "/", [(n, d), (m, e)]:
            return _over(_times(n, e), _times(d, m))
        case "*", [(n, d), (m, e)]:
            return _over(_times(n, m), _times(d, e))
        case "^", [(n, d), _] if term.args[1].op == "number" and term.args[1].value <= _DEGREE:
            k = term.args[1].value
            return _over(_power(n, k), _power(d, k))
        case ("+" | "-"), [(n, d), (m, e)]:
            left, right = _times(n, e), _times(m, d)
            if left is None or right is None:
                return None
            return _over(_minus(left, right if term.op == "-" else _minus([], right)), _times(d, e))
    return None


def written(coefficients: Sequence[Fraction | int], name: str) -> str:
    """A polynomial in one variable written out."""
    return " + ".join(f"({c}) * {name} ^ {k}" for k, c in enumerate(coefficients) if c) or "0"


def expanded(polynomial: Polynomial) -> str:
    """A polynomial in several variables written out, powers as products."""
    return " + ".join(" * ".join([f"({c})", *names]) for names, c in polynomial.items()) or "0"


def _over(
    numerator: list[Fraction] | None, denominator: list[Fraction] | None
) -> tuple[list[Fraction], list[Fraction]] | None:
    return None if numerator is None or not denominator or not any(denominator) else (numerator, denominator)


def _power(base: list[Fraction] | None, exponent: int) -> list[Fraction] | None:
    found: list[Fraction] | None = [Fraction(1)]
    for _ in range(exponent):
        found = _times(found, base)
    return found


def _times(left: list[Fraction] | None, right: list[Fraction] | None) -> list[Fraction] | None:
    if left is None or right is None or len(left) + len(right) > _DEGREE + 2:
        return None
    return _multiplied(left, right)


def _multiplied(left: list[Fraction], right: list[Fraction]) -> list[Fraction]:
    found = [Fraction(0)] * max(len(left) + len(right) - 1, 0)
    for i, x in enumerate(left):
        for j, y in enumerate(right):
            found[i + j] += x * y
    return found


def bezout(left: list[Fraction], right: list[Fraction]) -> tuple[list[int], list[int], int] | None:
    """(a, b, c) with a * left + b * right = c, a number above zero, by Euclid's algorithm; None where there is none."""
    # A row: a polynomial, and what left and right are multiplied by to give it.
    first = (_trimmed(left), [Fraction(1)], [Fraction(0)])
    second = (_trimmed(right), [Fraction(0)], [Fraction(1)])
    while len(second[0]) > 1:
        while len(first[0]) >= len(second[0]):
            factor = [Fraction(0)] * (len(first[0]) - len(second[0])) + [first[0][-1] / second[0][-1]]
            x, y, z = (_trimmed(_minus(a, _multiplied(factor, b))) for a, b in zip(first, second, strict=True))
            first = x, y, z
        first, second = second, first
    constant, a, b = second
    if not constant:
        return None
    scale = lcm(*(c.denominator for c in (*constant, *a, *b)))
    whole = [[int(c * scale) for c in x] for x in (constant, a, b)]
    common = gcd(*(c for x in whole for c in x)) * (1 if whole[0][0] > 0 else -1)
    [number], one, other = ([c // common for c in x] for x in whole)
    return one, other, number


def _trimmed(coefficients: list[Fraction]) -> list[Fraction]:
    while coefficients and not coefficients[-1]:
        coefficients = coefficients[:-1]
    return coefficients


def _minus(left: list[Fraction], right: list[Fraction]) -> list[Fraction]:
    return [x - y for x, y in zip_longest(left, right, fillvalue=Fraction(0))]


def monomials(term: Term) -> Polynomial | None:
    """Coefficients of a polynomial in any variables by the variables multiplied, sorted; () for the constant.

    None for what is no polynomial, or a long one. Natural subtraction is not seen.
    """
    match term.op, term.args:
        case "number", _:
            return {(): Fraction(term.value)}
        case "name", _:
            return {(term.text,): Fraction(1)}
        case "-", (a,):
            return product({(): Fraction(-1)}, monomials(a))
        case "^", (base, exponent) if exponent.op == "number" and exponent.value <= _DEGREE:
            found: Polynomial | None = {(): Fraction(1)}
            for _ in range(exponent.value):
                found = product(found, monomials(base))
            return found
        case "*", (a, b):
            return product(monomials(a), monomials(b))
        case ("+" | "-"), (a, b):
            sign = {(): Fraction(1 if term.op == "+" else -1)}
            left, right = monomials(a), product(sign, monomials(b))
            if left is None or right is None:
                return None
            return {m: c for m in {**left, **right} if (c := left.get(m, Fraction(0)) + right.get(m, Fraction(0)))}
    return None


def product(left: Polynomial | None, right: Polynomial | None) -> Polynomial | None:
    """Of two; None where it would be long."""
    if left is None or right is None or len(left) * len(right) > _MOST_MONOMIALS:
        return None
    found: Polynomial = {}
    for one, a in left.items():
        for other, b in right.items():
            m = tuple(sorted(one + other))
            found[m] = found.get(m, Fraction(0)) + a * b
    return {m: c for m, c in found.items() if c}
