"""Arithmetic by induction on a natural number, from where a hypothesis lets it begin, and what is open left to `grind`.

Not here: induction on data of other types, and step by step (`structural.py`).
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from prover.generators.protocol import Position
from prover.generators.rules.base import NUMBERS, Suggestion, mentions, propositions, single, variables
from prover.generators.rules.terms import least, read
from prover.lean.state import Goal

_MOST_VARIABLES = 2


def counting(position: Position) -> Iterator[Suggestion]:
    """All rules of this file; for targets that are equations, inequalities or divisibilities of numbers."""
    goal = position.goals[0]
    if not read(goal.target) or not any(kind in goal.constants for kind in NUMBERS):
        return
    yield Suggestion(1.0, "grind")
    counted = [v.name for v in variables(goal) if v.head == "Nat" and mentions(goal.target, v.name)]
    for name in counted[:_MOST_VARIABLES]:
        for first, hypothesis in _least(goal, name):
            begin = f"obtain ⟨k, rfl⟩ : ∃ k, {name} = k + {first} := ⟨{name} - {first}, by omega⟩\nclear {hypothesis}"
            yield Suggestion(0.8, f"{begin}\ninduction k <;> grind")
        yield Suggestion(0.8, f"induction {name} <;> grind")
        if any(h.type.startswith("∀") and " + 2) = " in h.type for h in propositions(goal)):
            following = re.sub(rf"(?<![\w.']){re.escape(name)}(?![\w'])", f"({name} + 1)", goal.target)
            both = f"suffices hk : ({goal.target}) ∧ ({following}) from hk.1"
            yield Suggestion(0.8, f"{both}\ninduction {name} <;> grind")


def _least(goal: Goal, name: str) -> Iterator[tuple[int, str]]:
    """A number, not 0, that a hypothesis says the variable is not below; and the hypothesis."""
    for h, r in single(goal):
        first = least(r, name)
        if first is not None and first > 0:
            yield first, h.name
