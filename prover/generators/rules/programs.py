"""Theorems about functions and predicates that the source itself defines: by recursion or induction, then `grind`.

No premise of the library knows of them, and their equations are what a proof needs. Not here: theorems that have to be
made more general, or that need another one first (`accumulators.py`, `nested.py`).
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from prover.generators.protocol import Position
from prover.generators.rules.accumulators import generalised, homomorphisms
from prover.generators.rules.base import Suggestion, mentions, propositions, variables
from prover.generators.rules.nested import nested
from prover.generators.rules.own import Own, applications, own, unrooted
from prover.lean.state import Goal, Hypothesis

_MOST_VARIABLES, _MOST_PREMISES, _MOST_FUNCTIONS = 3, 2, 3
#: Types without a recursor that helps: their values have no parts, or too many.
_WHOLE = ("", "Int", "Rat", "Bool", "String", "Char", "Fin", "Float", "UInt8", "UInt16", "UInt32", "UInt64")
_OF_LIBRARY = ("Nat", "List", "Option", "Array")


class _Plan(NamedTuple):
    """What the tactics are made of: `data` and `facts` to go down, `grind` and `simp` with what the goal is about."""

    goal: Goal
    found: Own
    data: list[str]
    facts: list[Hypothesis]
    grind: str
    simp: str


def programs(position: Position) -> Iterator[Suggestion]:
    """All rules of this file, and those of `accumulators.py` and `nested.py`."""
    goal, found = position.goals[0], own(position)
    if found is None:
        return
    told = ", ".join(found.functions + found.theorems)
    places = recursed(goal)
    predicates = {unrooted(p) for p in found.predicates}
    facts = [h for h in propositions(goal) if h.head in predicates][:_MOST_PREMISES]
    data, grind = [v.name for v in places], closer(found)
    plan = _Plan(goal, found, data, facts, grind, f"simp_all [{told}]" if told else "simp_all")
    tactics = (
        *_inductions(plan), *generalised(goal.target, found, data, grind), *_along_functions(plan), *_inside(plan),
        *nested(goal, found, places, grind), *homomorphisms(goal.target, found, data, grind), *_generalising(plan),
        *_relations(plan),
    )  # fmt: skip
    for tactic in dict.fromkeys(tactics):
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


def _inductions(plan: _Plan) -> Iterator[str]:
    """None; along what rules give; down the data."""
    goal, grind = plan.goal, plan.grind
    yield grind
    for h in plan.facts:
        yield f"induction {h.name} <;> {grind}"
        free = [w for w in _others(goal, h.name) if not mentions(h.type, w)]
        if free:
            yield f"induction {h.name} generalizing {' '.join(free)} <;> {grind}"
    for v in plan.data:
        yield f"induction {v} <;> {grind}"


def _along_functions(plan: _Plan) -> Iterator[str]:
    """By the recursion of a function that is spoken of; of one applied to different things, of each application."""
    said = [plan.goal.target, *(h.type for h in propositions(plan.goal))]
    for f in plan.found.recursive[:_MOST_FUNCTIONS]:
        calls = dict.fromkeys(text[a.start : a.end] for text in said for a in applications(text, f))
        calls = sorted(calls, key=lambda call: "(" in call)  # of variables first: what they are stays known
        in_target = unrooted(f) in plan.goal.constants
        for call in [f] if in_target and len(calls) < 2 else calls[:2]:
            yield f"fun_induction {call} <;> first | rfl | assumption"
            yield f"fun_induction {call} <;> {plan.grind}"
            yield f"fun_induction {call} <;> {plan.simp} <;> {plan.grind}"


def _inside(plan: _Plan) -> Iterator[str]:
    """Of the target with functions unfolded that only call one inside them."""
    inside = plan.found.inside
    if inside:
        inductions = [f"induction {v} <;> {plan.grind}" for v in plan.data]
        for tactic in (*inductions, *generalised(inside, plan.found, plan.data, plan.grind)):
            yield f"show {inside}\n{tactic}"


def _generalising(plan: _Plan) -> Iterator[str]:
    """Down the data with more to say in each step: simplified first, for all other data, two side by side."""
    for v in plan.data:
        yield f"induction {v} <;> {plan.simp} <;> first | omega | grind"
    for v in plan.data:
        others = _others(plan.goal, v)
        if others:
            begun = f"induction {v} generalizing {' '.join(others)}"
            for end in (plan.grind, f"{plan.simp} <;> grind"):
                yield from (f"{begun} <;> cases {w} <;> {end}" for w in plan.data if w != v)
                yield f"{begun} <;> {end}"


def _relations(plan: _Plan) -> Iterator[str]:
    """By the rules that give a predicate, forwards and backwards."""
    rules = ", ".join(plan.found.constructors)
    for h in plan.facts:
        yield f"induction {h.name} <;> solve_by_elim [{rules}]"
        yield f"cases {h.name} <;> {plan.grind}"
        yield f"induction {h.name} <;> {plan.simp} <;> {plan.grind}"
    if rules:
        yield f"solve_by_elim [{rules}]"
    if plan.goal.head == "Iff":
        yield f"constructor <;> intro h <;> induction h <;> {plan.grind}"


def _others(goal: Goal, but: str) -> list[str]:
    """Data that the target or a hypothesis speaks of, but for one."""
    said = [goal.target, *(h.type for h in propositions(goal))]
    return [w.name for w in variables(goal) if w.name != but and w.head and any(mentions(s, w.name) for s in said)]
