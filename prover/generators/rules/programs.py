"""Theorems about functions and predicates that the source itself defines: by recursion or induction, then `grind`.

No premise of the library knows of them, and their equations are what a proof needs. Not here: theorems that have to be
made more general, or that need another one first (`accumulators.py`, `nested.py`).
"""

from __future__ import annotations

from collections.abc import Iterator

from prover.generators.protocol import Position
from prover.generators.rules.accumulators import generalised, homomorphisms
from prover.generators.rules.base import Suggestion, mentions, propositions, variables
from prover.generators.rules.nested import nested
from prover.generators.rules.own import Own, applications, own
from prover.lean.state import Goal, Hypothesis

_MOST_VARIABLES, _MOST_PREMISES, _MOST_FUNCTIONS = 3, 2, 3
#: Types without a recursor that helps: their values have no parts, or too many.
_WHOLE = ("", "Int", "Rat", "Bool", "String", "Char", "Fin", "Float", "UInt8", "UInt16", "UInt32", "UInt64")
_OF_LIBRARY = ("Nat", "List", "Option", "Array")


def programs(position: Position) -> Iterator[Suggestion]:
    """All rules of this file, and those of `accumulators.py` and `nested.py`."""
    goal, found = position.goals[0], own(position)
    if found is not None:
        for tactic in dict.fromkeys(_tactics(goal, found)):
            yield Suggestion(1.0, tactic)


def closer(found: Own) -> str:
    """`grind` with what the goal is about; also without theorems, as one that it cannot use makes it fail at once."""
    plain = f"grind [{', '.join(found.definitions)}]"
    return f"(first | grind [{', '.join(found.definitions + found.theorems)}] | {plain})" if found.theorems else plain


def recursed(goal: Goal) -> list[Hypothesis]:
    """Variables to go down: those of the target first, and of types that are not the library's."""
    said = " ".join(h.type for h in propositions(goal))
    found = [v for v in variables(goal) if v.head not in _WHOLE and "→" not in v.type]
    order = {v.name: (not mentions(goal.target, v.name), v.head in _OF_LIBRARY) for v in found}
    about = [v for v in found if not order[v.name][0] or mentions(said, v.name)]
    return sorted(about, key=lambda v: order[v.name])[:_MOST_VARIABLES]


def _tactics(goal: Goal, found: Own) -> Iterator[str]:
    grind = closer(found)
    told = ", ".join(found.functions + found.theorems)
    simp = f"simp_all [{told}]" if told else "simp_all"
    places = recursed(goal)
    data = [v.name for v in places]
    predicates = {p.removeprefix("_root_.") for p in found.predicates}
    facts = [h for h in propositions(goal) if h.head in predicates][:_MOST_PREMISES]
    yield grind
    for h in facts:
        yield f"induction {h.name} <;> {grind}"
        free = [w for w in _others(goal, h.name) if not mentions(h.type, w)]
        if free:
            yield f"induction {h.name} generalizing {' '.join(free)} <;> {grind}"
    for v in data:
        yield f"induction {v} <;> {grind}"
    yield from generalised(goal.target, found, data, grind)
    yield from _along_functions(goal, found, grind, simp)
    if found.inside:
        for tactic in (f"induction {v} <;> {grind}" for v in data):
            yield f"show {found.inside}\n{tactic}"
        for tactic in generalised(found.inside, found, data, grind):
            yield f"show {found.inside}\n{tactic}"
    yield from nested(goal, found, places, grind)
    yield from homomorphisms(goal.target, found, data, grind)
    for v in data:
        yield f"induction {v} <;> {simp} <;> first | omega | grind"
    for v in data:
        others = _others(goal, v)
        if others:
            begun = f"induction {v} generalizing {' '.join(others)}"
            for end in (grind, f"{simp} <;> grind"):
                yield from (f"{begun} <;> cases {w} <;> {end}" for w in data if w != v)
                yield f"{begun} <;> {end}"
    for h in facts:
        yield f"induction {h.name} <;> solve_by_elim [{', '.join(found.constructors)}]"
        yield f"cases {h.name} <;> {grind}"
        yield f"induction {h.name} <;> {simp} <;> {grind}"
    if found.constructors:
        yield f"solve_by_elim [{', '.join(found.constructors)}]"
    if goal.head == "Iff":
        yield f"constructor <;> intro h <;> induction h <;> {grind}"


def _along_functions(goal: Goal, found: Own, grind: str, simp: str) -> Iterator[str]:
    """By the recursion of a function that is spoken of; of one applied to different things, of each application."""
    said = [goal.target, *(h.type for h in propositions(goal))]
    for f in found.recursive[:_MOST_FUNCTIONS]:
        calls = dict.fromkeys(text[a.start : a.end] for text in said for a in applications(text, f))
        calls = sorted(calls, key=lambda call: "(" in call)  # of variables first: what they are stays known
        in_target = f.removeprefix("_root_.") in goal.constants
        for call in [f] if in_target and len(calls) < 2 else calls[:2]:
            yield f"fun_induction {call} <;> first | rfl | assumption"
            yield f"fun_induction {call} <;> {grind}"
            yield f"fun_induction {call} <;> {simp} <;> {grind}"


def _others(goal: Goal, but: str) -> list[str]:
    """Data that the target or a hypothesis speaks of, but for one."""
    said = [goal.target, *(h.type for h in propositions(goal))]
    return [w.name for w in variables(goal) if w.name != but and w.head and any(mentions(s, w.name) for s in said)]
