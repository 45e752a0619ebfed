"""Numbers that exist: found by trying small ones here, and checked by Lean.

Not here: witnesses that depend on variables of the goal.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import lru_cache
from itertools import product

from prover.generators.protocol import Position
from prover.generators.rules.base import Suggestion
from prover.generators.rules.terms import compare, read

_EXISTS = re.compile(r"∃ (?P<names>[^,()∃∀]+), (?P<body>[^∃∀→↔∨]+)")
#: How far to look, by the number of variables: the largest number, and the largest with negative ones.
_FARTHEST = {1: (2000, 1000), 2: (100, 40), 3: (18, 9)}
_CHECK = "first | decide | omega | decide +kernel"


def witnesses(position: Position) -> Iterator[Suggestion]:
    """The smallest numbers of which the target is true."""
    goal = position.goals[0]
    match = _EXISTS.fullmatch(" ".join(goal.target.split()))
    if match is None or "Rat" in goal.constants:
        return
    found = _search(match["names"], match["body"], "Int" in goal.constants)
    if found:
        yield Suggestion(1.5, f"exact ⟨{', '.join(map(str, found))}, by {_CHECK}⟩")


@lru_cache(maxsize=64)
def _search(listed: str, body: str, signed: bool) -> tuple[int, ...]:
    """() where there are none, or the body says what cannot be read."""
    names = listed.split(" : ")[0].split()
    relations = [r for part in body.split("∧") for r in read(part)]
    if len(names) not in _FARTHEST or len(relations) != body.count("∧") + 1:
        return ()
    most, most_signed = _FARTHEST[len(names)]
    numbers = range(-most_signed, most_signed + 1) if signed else range(most + 1)
    for values in sorted(product(numbers, repeat=len(names)), key=lambda values: sum(map(abs, values))):
        known = dict(zip(names, values, strict=True))
        if all(compare(r, known) for r in relations):
            return values
    return ()
