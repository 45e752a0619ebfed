"""Theorems about functions and predicates that the source itself defines: by recursion or induction, then `grind`.

No premise of the library knows of them, and their equations are what a proof needs. Not here: accumulators, for which a
theorem has to be made more general (`accumulators.py`).
"""

from __future__ import annotations

from collections.abc import Iterator

from prover.generators.protocol import Position
from prover.generators.rules.accumulators import generalised
from prover.generators.rules.base import Suggestion, mentions, propositions, variables
from prover.generators.rules.own import Own, own
from prover.lean.state import Goal, Hypothesis

_MOST_VARIABLES, _MOST_PREMISES, _MOST_FUNCTIONS = 3, 2, 3
#: Types without a recursor that helps: their values have no parts, or too many.
_WHOLE = ("", "Int", "Rat", "Bool", "String", "Char", "Fin", "Float", "UInt8", "UInt16", "UInt32", "UInt64")


def programs(position: Position) -> Iterator[Suggestion]:
    """All rules of this file."""
    goal, found = position.goals[0], own(position)
    if found is not None:
        for tactic in dict.fromkeys(_tactics(goal, found)):
            yield Suggestion(1.0, tactic)


def closer(found: Own) -> str:
    """`grind` with what the goal is about; also without theorems, as one that it cannot use makes it fail at once."""
    plain = f"grind [{', '.join(found.definitions)}]"
    return f"first | grind [{', '.join(found.definitions + found.theorems)}] | {plain}" if found.theorems else plain


def recursed(goal: Goal) -> list[Hypothesis]:
    """Variables of the target to go down, those of types that are not the library's first."""
    found = [v for v in variables(goal) if v.head not in _WHOLE and "→" not in v.type and mentions(goal.target, v.name)]
    return sorted(found, key=lambda v: v.head in ("Nat", "List", "Option", "Array"))[:_MOST_VARIABLES]


def _tactics(goal: Goal, found: Own) -> Iterator[str]:
    grind = closer(found)
    simp = f"simp_all [{', '.join(found.functions + found.theorems)}]"
    data = recursed(goal)
    facts = [h.name for h in propositions(goal) if h.head in {p.removeprefix("_root_.") for p in found.predicates}]
    functions = [f for f in found.recursive if f.removeprefix("_root_.") in goal.constants][:_MOST_FUNCTIONS]
    yield grind
    for name in facts[:_MOST_PREMISES]:
        yield f"induction {name} <;> {_grouped(grind)}"
    for v in data:
        yield f"induction {v.name} <;> {_grouped(grind)}"
    yield from generalised(goal, found, [v.name for v in data], _grouped(grind))
    for f in functions:
        yield f"fun_induction {f} <;> {_grouped(grind)}"
        yield f"fun_induction {f} <;> {simp}"
        yield f"fun_induction {f} <;> {simp} <;> {_grouped(grind)}"
    for v in data:
        yield f"induction {v.name} <;> {simp} <;> first | omega | {grind.removeprefix('first | ')}"
        others = [w.name for w in variables(goal) if w.name != v.name and w.head and mentions(goal.target, w.name)]
        if others:
            yield f"induction {v.name} generalizing {' '.join(others)} <;> {_grouped(grind)}"
            yield f"induction {v.name} generalizing {' '.join(others)} <;> {simp}"
    for name in facts[:_MOST_PREMISES]:
        yield f"cases {name} <;> {_grouped(grind)}"
        yield f"induction {name} <;> {simp} <;> {_grouped(grind)}"
    if goal.head == "Iff":
        yield f"constructor <;> intro h <;> induction h <;> {_grouped(grind)}"


def _grouped(tactic: str) -> str:
    return f"({tactic})" if tactic.startswith("first") else tactic
