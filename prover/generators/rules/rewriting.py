"""Tactics that use what is there: hypotheses as rewriting rules and as implications, simplification at places.

Not here: the library's lemmas by name; choosing those is retrieval's work.
"""

from __future__ import annotations

from collections.abc import Iterator

from prover.generators.protocol import Position
from prover.generators.rules.base import Suggestion, propositions, variables
from prover.generators.rules.implications import conclusion, demand, is_equation

_MOST = 8  # hypotheses looked at, the latest first


def rewriting(position: Position) -> Iterator[Suggestion]:
    """Equations among the hypotheses, in both directions, at the target and at each other."""
    goal = position.goals[0]
    hypotheses = propositions(goal)[:_MOST]
    for h in hypotheses:
        if h.head == "Eq":
            yield Suggestion(2.0, f"subst {h.name}")
        if is_equation(h.type):
            yield Suggestion(2.0, f"rw [{h.name}]")
            yield Suggestion(1.0, f"rw [← {h.name}]")
            for other in hypotheses:
                if other is not h:
                    yield Suggestion(0.3, f"rw [{h.name}] at {other.name}")
        if h.head == "Eq":
            yield Suggestion(0.5, f"injection {h.name}")


def application(position: Position) -> Iterator[Suggestion]:
    """Hypotheses applied to the target, to variables and to each other."""
    goal = position.goals[0]
    hypotheses = propositions(goal)[:_MOST]
    for h in hypotheses:
        if h.head == "Not" or (h.head in ("∀", "") and conclusion(h.type) != h.type):
            yield Suggestion(2.0, f"apply {h.name}")
            # Lean takes 10 ms to refuse one: only what may fit.
            asked = demand(h.type)
            for other in hypotheses:
                if other is not h and asked.met_by(other.type):
                    if asked.variables:
                        yield Suggestion(0.5, f"have := {h.name} {'_ ' * asked.variables}{other.name}")
                    else:
                        yield Suggestion(0.5, f"replace {h.name} := {h.name} {other.name}")
        if h.type.startswith("∀"):
            for v in variables(goal)[:4]:
                yield Suggestion(0.5, f"have := {h.name} {v.name}")
        if h.head == "Iff":
            yield Suggestion(1.0, f"apply {h.name}.mp")
            yield Suggestion(1.0, f"apply {h.name}.mpr")


def simplification(position: Position) -> Iterator[Suggestion]:
    """`simp` where it may make progress without closing."""
    goal = position.goals[0]
    hypotheses = propositions(goal)[:_MOST]
    if hypotheses:
        yield Suggestion(2.0, "simp [*]")
        yield Suggestion(1.0, "simp at *")
    for h in hypotheses[:4]:
        yield Suggestion(0.7, f"simp at {h.name}")
    yield Suggestion(0.5, "simp only []")
    yield Suggestion(0.3, "dsimp")
    if "↑" in goal.text:
        yield Suggestion(0.3, "norm_cast")
