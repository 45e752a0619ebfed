"""Functional equations: what they say of small numbers and of those that occur, as facts for `grind`.

Not here: sequences whose values can be worked out (`sequences.py`).
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from itertools import product
from typing import NamedTuple

from prover.generators.protocol import Position
from prover.generators.rules.base import NUMBERS, Suggestion, arguments, propositions, variables
from prover.generators.rules.terms import divisors
from prover.lean.state import Goal

_QUANTIFIED = re.compile(r"∀ \((?P<names>[^:()]+) : (?P<kind>\w+)\), (?P<guard>[^→∀∃]+ → )?[^→∀∃]+")
_SMALL = ("0", "1")
_MOST_NUMBERS, _WIDEST = 4, 24
_MOST_INSTANCES = 32


def instances(position: Position) -> Iterator[Suggestion]:
    """All rules of this file."""
    goal = position.goals[0]
    functions = [v.name for v in variables(goal) if any(v.type.startswith(f"{kind} →") for kind in NUMBERS)]
    if not functions:
        return
    laws = list(_laws(goal, functions))
    free = [law for law in laws if not law.guarded]
    occurring = [n for f in functions for n in arguments(f, _said(goal))]
    ranges = [list(_SMALL), [*_SMALL, *(str(n) for n in dict.fromkeys(occurring) if n > 1)][:_MOST_NUMBERS]]
    if occurring and max(occurring) - min(occurring) <= _WIDEST:
        ranges.append([str(n) for n in range(min(occurring), max(occurring) + 1)])
    told = [[f"{law.name} {' '.join(chosen)}" for law in free for chosen in product(numbers, repeat=law.variables)]
            for numbers in dict.fromkeys(map(tuple, ranges))]  # fmt: skip
    told += _chains(laws, occurring)
    for facts in told:
        if 0 < len(facts) <= _MOST_INSTANCES:
            lines = [f"have hi{i} := {fact}" for i, fact in enumerate(facts)]
            yield Suggestion(0.6, "\n".join([*lines, "grind"]))


class _Law(NamedTuple):
    """A hypothesis about all numbers that speaks of a function: of how many numbers, and whether under a condition."""

    name: str
    variables: int
    guarded: bool


def _laws(goal: Goal, functions: list[str]) -> Iterator[_Law]:
    for h in propositions(goal):
        match = _QUANTIFIED.fullmatch(" ".join(h.type.split()))
        if match is not None and match["kind"] in NUMBERS and any(f"{f} " in h.type for f in functions):
            yield _Law(h.name, len(match["names"].split()), match["guard"] is not None)


def _chains(laws: Sequence[_Law], occurring: Sequence[int]) -> Iterator[list[str]]:
    """What laws of two numbers say of neighbours, one after the other; and of the factors of what occurs."""
    first, last = min(occurring, default=0), max(occurring, default=0)
    pairs = [law.name for law in laws if law.variables == 2 and not law.guarded]
    ordered = [law.name for law in laws if law.variables == 2 and law.guarded]
    # f (n + 1), from a law about f (x + y).
    yield [f"{law} {n} 1" for law in pairs for n in range(last)]
    yield [f"{law} {n} {n + 1}" for law in ordered for n in range(first, last)]
    # f (p * q), from a law about f (x * y).
    yield [f"{law} {p} {q}" for law in pairs for n in dict.fromkeys(occurring) for p, q in _split(n)]


def _split(n: int) -> Iterator[tuple[int, int]]:
    """The smallest prime factor and the rest, then those of the rest."""
    while n > 1 and (p := divisors(n)[1]) < n:
        n //= p
        yield p, n


def _said(goal: Goal) -> str:
    """The target, and the hypotheses that are about no more than some numbers."""
    return " ; ".join([goal.target, *(h.type for h in propositions(goal) if "∀" not in h.type)])
