"""Functional equations: what they say of small numbers and of those that occur, as facts for `grind`.

Not here: sequences whose values can be worked out (`sequences.py`).
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import product

from prover.generators.protocol import Position
from prover.generators.rules.base import NUMBERS, Suggestion, arguments, propositions, variables
from prover.lean.state import Goal

_QUANTIFIED = re.compile(r"∀ \((?P<names>[^:()]+) : (?P<kind>\w+)\), [^→∀∃]+")
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
    occurring = [n for f in functions for n in arguments(f, _said(goal))]
    ranges = [list(_SMALL), [*_SMALL, *(str(n) for n in dict.fromkeys(occurring) if n > 1)][:_MOST_NUMBERS]]
    if occurring and max(occurring) - min(occurring) <= _WIDEST:
        ranges.append([str(n) for n in range(min(occurring), max(occurring) + 1)])
    told = [[f"{law} {' '.join(chosen)}" for law, count in laws for chosen in product(numbers, repeat=count)]
            for numbers in dict.fromkeys(map(tuple, ranges))]  # fmt: skip
    # One after the other from the first: f (n + 1), from a law about f (x + y).
    told.append([f"{law} {n} 1" for law, count in laws if count == 2 for n in range(max(occurring, default=0))])
    for facts in told:
        if 0 < len(facts) <= _MOST_INSTANCES:
            lines = [f"have hi{i} := {fact}" for i, fact in enumerate(facts)]
            yield Suggestion(0.6, "\n".join([*lines, "grind"]))


def _laws(goal: Goal, functions: list[str]) -> Iterator[tuple[str, int]]:
    """Hypotheses about all numbers that speak of a function, and how many numbers each is about."""
    for h in propositions(goal):
        match = _QUANTIFIED.fullmatch(" ".join(h.type.split()))
        if match is not None and match["kind"] in NUMBERS and any(f"{f} " in h.type for f in functions):
            yield h.name, len(match["names"].split())


def _said(goal: Goal) -> str:
    """The target, and the hypotheses that are about no more than some numbers."""
    return " ; ".join([goal.target, *(h.type for h in propositions(goal) if "∀" not in h.type)])
