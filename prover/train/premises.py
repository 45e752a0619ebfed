"""Premises for training pairs: those that a generator would be shown at the state.

Not here: ranking (`retrieval`), which premises are accessible (`prover.generators.premises`).
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from prover.generators.premises import HolePremises, LibraryPremises
from prover.generators.protocol import Position
from prover.lean.state import Goal
from prover.train.steps import Step


def with_premises(steps: Iterable[Step], library: LibraryPremises) -> list[Step]:
    """The steps, each with the best premises for its first goal, never the theorem itself; what has some keeps them.

    Raises:
        RetrievalError: the library cannot be used.
    """
    of_theorem: dict[str, HolePremises] = {}
    found: list[Step] = []
    for step in steps:
        if not step.premises:
            ranked = of_theorem.setdefault(step.theorem, HolePremises(library, None, step.theorem))
            step = replace(step, premises=tuple(ranked(Position(goals_of(step.state)))))
        found.append(step)
    return found


def goals_of(state: str) -> tuple[Goal, ...]:
    """The goals of a state as text, each with its target."""
    return tuple(Goal(text, text.rpartition("⊢")[2].strip()) for text in state.split("\n\n"))
