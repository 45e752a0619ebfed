"""Arithmetic by induction on a natural number, from where a hypothesis lets it begin, and what is open left to `grind`.

Not here: induction on data of other types, and step by step (`structural.py`).
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from itertools import chain

from prover.generators.protocol import Position
from prover.generators.rules.base import NUMBERS, Suggestion, mentions, propositions, single, variables
from prover.generators.rules.terms import ORDER, least, linear, read
from prover.lean.state import Goal

_MOST_VARIABLES = 2
#: What takes a step of what a target may be about.
_CLOSERS = {"List.range": "simp_all [List.range_succ] <;> grind", "Nat.gcd": "simp_all [Nat.gcd_comm]"}
_LATE = 4  # from where a power has outgrown what is usually compared with it


def counting(position: Position) -> Iterator[Suggestion]:
    """All rules of this file; for targets that are equations, inequalities or divisibilities of numbers."""
    goal = position.goals[0]
    told = read(goal.target)
    close = next((c for of, c in _CLOSERS.items() if of in goal.constants), "grind" if told else "")
    if not close or not any(kind in goal.constants for kind in NUMBERS) or _linear(goal) or _told_of_all(goal):
        return
    yield Suggestion(1.0, "grind")
    counted = [v.name for v in variables(goal) if v.head == "Nat" and mentions(goal.target, v.name)]
    for name in counted[:_MOST_VARIABLES]:
        started = dict(_least(goal, name))
        for first, hypothesis in started.items():
            yield Suggestion(0.8, f"{_from(name, first, hypothesis)}\ninduction k <;> {close}")
        yield Suggestion(0.8, f"induction {name} <;> {close}")
        growing = any(r.sign in ORDER and any(t.op == "^" for t in r.walk()) for r in told)
        if growing and max(started, default=0) < _LATE:
            yield Suggestion(0.8, f"{_small(name, started.values())}\ninduction k <;> grind")
        if any(h.type.startswith("∀") and " + 2) = " in h.type for h in propositions(goal)):
            following = re.sub(rf"(?<![\w.']){re.escape(name)}(?![\w'])", f"({name} + 1)", goal.target)
            both = f"suffices hk : ({goal.target}) ∧ ({following}) from hk.1"
            yield Suggestion(0.8, f"{both}\ninduction {name} <;> grind")


def _linear(goal: Goal) -> bool:
    """Whether all is said by linear equations and inequalities, which induction adds nothing to."""
    texts = [goal.target, *(h.type for h in propositions(goal))]
    found = [read(text) for text in texts]
    return all(found) and all(linear(side) is not None and not any(" " in n for n in side.names)
                              for r in chain(*found) for side in r.terms)  # fmt: skip


def _told_of_all(goal: Goal) -> bool:
    """Whether a hypothesis is about all numbers and no function, such as that a number is prime."""
    functions = [v.name for v in variables(goal) if "→" in v.type]
    return any(h.type.startswith("∀") and not any(mentions(h.type, f) for f in functions) for h in propositions(goal))


def _from(name: str, first: int, hypothesis: str) -> str:
    """k for the variable, which is k + first."""
    return f"obtain ⟨k, rfl⟩ : ∃ k, {name} = k + {first} := ⟨{name} - {first}, by omega⟩\nclear {hypothesis}"


def _small(name: str, hypotheses: Iterable[str]) -> str:
    """The first values one by one; then the variable from there."""
    cases = " ∨ ".join(f"{name} = {n}" for n in range(_LATE))
    return "\n".join([
        f"rcases Nat.lt_or_ge {name} {_LATE} with hn | hn",
        f"· rcases (show {cases} by omega) with {' | '.join(['rfl'] * _LATE)} <;> first | omega | decide | grind",
        _from(name, _LATE, " ".join(["hn", *hypotheses])),
    ])  # fmt: skip


def _least(goal: Goal, name: str) -> Iterator[tuple[int, str]]:
    """A number, not 0, that a hypothesis says the variable is not below; and the hypothesis."""
    for h, r in single(goal):
        first = least(r, name)
        if first is not None and first > 0:
            yield first, h.name
