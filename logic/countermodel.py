"""Finite models as tables: for people as text, for programs as JSON. Finding them is in `solvers/`."""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from logic.solvers.encode import Vocabulary
from logic.solvers.jobs import Tables
from logic.syntax.evaluate import NotInterpreted, holds
from logic.syntax.formula import Formula

CHECKING_STEPS = 100_000  # a tenth of a second; small models of what people write need a few hundred

Point = tuple[int, ...]
Symbol = tuple[str, int]  # name and arity


@dataclass(frozen=True)
class FiniteModel:
    """A model whose domain is 0 … size-1.

    `predicates[name, arity]` is the set of tuples that the predicate holds of; `functions[name, arity]` maps
    every tuple of arguments to a value, and a constant is a function of the empty tuple. Numerals are
    constants under their text.
    """

    size: int
    predicates: Mapping[Symbol, frozenset[Point]]
    functions: Mapping[Symbol, Mapping[Point, int]]

    @classmethod
    def from_tables(cls, tables: Tables, vocabulary: Vocabulary) -> FiniteModel:
        """A solver's tables under the user's names."""
        return cls(
            tables.size,
            {s: frozenset(held) for s, held in zip(vocabulary.predicates, tables.predicates, strict=True)},
            {s: dict(pairs) for s, pairs in zip(vocabulary.functions, tables.functions, strict=True)},
        )

    def names(self) -> list[str]:
        """A name for each element: the constants that denote it, or `#0`, `#1`, … where none does."""
        called: list[list[str]] = [[] for _ in range(self.size)]
        for (name, arity), values in self.functions.items():
            if arity == 0:
                called[values[()]].append(name)
        return [" = ".join(names) if names else f"e{i}" for i, names in enumerate(called)]

    def text(self) -> str:
        """The model for people: one table of the unary predicates, one for each relation and function."""
        full = self.names()
        parts = [f"{self.size} element{'s' if self.size > 1 else ''}: {', '.join(full)}"]
        names = [name.partition(" = ")[0] for name in full]  # in the tables one name is enough
        facts = [f"{name}: {_yes(() in held)}" for (name, arity), held in self.predicates.items() if arity == 0]
        parts += facts
        unary = {name: held for (name, arity), held in self.predicates.items() if arity == 1}
        if unary:
            rows = [["", *unary]]
            rows += [[names[i], *(_yes((i,) in held) for held in unary.values())] for i in range(self.size)]
            parts.append(_aligned(rows))
        for (name, arity), held in self.predicates.items():
            if arity == 2:
                rows = [[name, *names]]
                rows += [[names[i], *(_yes((i, k) in held) for k in range(self.size))] for i in range(self.size)]
                parts.append(_aligned(rows))
            elif arity > 2:
                listed = (f"({', '.join(names[i] for i in point)})" for point in sorted(held))
                parts.append(f"{name} holds of: {'; '.join(listed) or 'nothing'}")
        for (name, arity), values in self.functions.items():
            if arity > 0:
                rows = [
                    [f"{name}({', '.join(names[i] for i in point)})", f"= {names[value]}"]
                    for point, value in sorted(values.items())
                ]
                parts.append(_aligned(rows))
        return "\n".join(parts)

    def json(self) -> dict[str, Any]:
        """The model for programs (schema in `logic/README.md`)."""
        return {
            "size": self.size,
            "elements": self.names(),
            "predicates": [
                {"name": name, "arity": arity, "holds": [list(p) for p in sorted(held)]}
                for (name, arity), held in self.predicates.items()
            ],
            "functions": [
                {
                    "name": name,
                    "arity": arity,
                    "values": [{"arguments": list(p), "value": value} for p, value in sorted(values.items())],
                }
                for (name, arity), values in self.functions.items()
            ],
        }

    def points(self, arity: int) -> list[Point]:
        """All tuples of `arity` elements."""
        return list(itertools.product(range(self.size), repeat=arity))


def _yes(value: bool) -> str:
    return "yes" if value else "no"


def _aligned(rows: list[list[str]]) -> str:
    widths = [max(len(row[c]) for row in rows) for c in range(len(rows[0]))]
    lines = ["  ".join(f"{cell:{width}}" for cell, width in zip(row, widths, strict=True)) for row in rows]
    return "\n".join(line.rstrip() for line in lines)


def checked(model: FiniteModel, formulas: Iterable[Formula]) -> str | None:
    """What is wrong with a model that is said to satisfy `formulas`, or None. Trusts no solver.

    Raises:
        TooManySteps: the model is too large to be checked.
    """
    for number, formula in enumerate(formulas, 1):
        try:
            true = holds(formula, model, CHECKING_STEPS)
        except NotInterpreted as error:
            return f"its model is incomplete: {error}"
        if not true:
            return f"its model fails formula {number}"
    return None
