"""Systems of linear equations over the rationals, by Gauss's elimination.

Not here: where they come from (`quotients.py`, `closed_forms.py`).
"""

from __future__ import annotations

from collections.abc import Hashable, Mapping, Sequence
from fractions import Fraction
from typing import TypeVar

from prover.generators.rules.terms import difference

_Row = TypeVar("_Row", bound=Hashable)


def solution(columns: Sequence[Mapping[_Row, Fraction]], wanted: Mapping[_Row, Fraction]) -> list[Fraction] | None:
    """Numbers by which the columns add up to what is wanted, zero wherever that may be; None where there are none.

    A column has its rows that are not zero.
    """
    # Each pivot is a row, with the column that was reduced to have it and what that column is made of.
    pivots: list[tuple[_Row, dict[_Row, Fraction], dict[int, Fraction]]] = []

    def reduced(
        column: Mapping[_Row, Fraction], made: dict[int, Fraction]
    ) -> tuple[dict[_Row, Fraction], dict[int, Fraction]]:
        rest = dict(column)
        for row, pivot, of in pivots:
            if c := rest.get(row):
                factor = c / pivot[row]
                rest = difference(rest, {r: factor * x for r, x in pivot.items()})
                made = difference(made, {i: factor * x for i, x in of.items()})
        return rest, made

    for i, column in enumerate(columns):
        rest, made = reduced(column, {i: Fraction(1)})
        if rest:
            pivots.append((next(iter(rest)), rest, made))
    rest, made = reduced(wanted, {})
    return None if rest else [-made.get(i, Fraction(0)) for i in range(len(columns))]
