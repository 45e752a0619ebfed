"""Tactics made of retrieved premises: a lemma applied, used to rewrite, or given to `simp` and `grind`.

What a premise is used for is read off its statement as printed: equations and equivalences rewrite, implications are
applied, definitions are unfolded. Not here: which premises (`prover.generators.premises`, `retrieval`).
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache

from prover.generators.protocol import Position, Premise
from prover.generators.rules.base import Suggestion, conclusion, is_equation, propositions, variables
from prover.lean.state import Goal

_PROVED = ("theorem", "axiom", "lemma")
#: What is left of a law of logic without its variables and connectives: nothing.
_CONNECTIVE = re.compile(r"\b(?:Prop|Decidable|inst\w*|True|False|[a-z])\b|[∧∨¬↔→∀∃=(){}\[\]:,\s]")
_SOLID = ("", "Nat", "Int", "List", "Eq", "∀", "Not", "Ne", "LE.le", "LT.lt", "Membership.mem", "Iff", "Bool")


@dataclass(frozen=True, slots=True)
class Use:
    """What a premise is good for.

    `simp`: `simp` knows it already, so that it adds nothing there. `logic`: a law of logic (`a ∧ b ↔ b ∧ a`), which
    simplifies everything or nothing.
    """

    name: str
    proves: bool
    equation: bool
    implies: bool
    simp: bool
    logic: bool


@lru_cache(maxsize=1 << 14)
def use(premise: Premise) -> Use:
    """Reads a premise."""
    proves = premise.kind in _PROVED
    statement = " ".join(premise.statement.split())
    end = conclusion(statement)
    return Use(
        premise.name, proves, proves and is_equation(statement), "→" in statement or "(h" in statement,
        "simp" in premise.attributes, proves and not _CONNECTIVE.sub("", statement.partition(",")[2] or end),
    )  # fmt: skip


def premises(position: Position) -> Iterator[Suggestion]:
    """Steps of a search."""
    uses = [use(premise) for premise in position.premises]
    if not uses:
        return
    goal = position.goals[0]
    told = _told(uses)
    if told:
        yield Suggestion(2.0, f"simp [{_listed(told[:8])}]")
        yield Suggestion(2.0, f"grind [{_listed(told[:8])}]")
        yield Suggestion(1.5, f"simp_all [{_listed(told[:8])}]")
    weight = 3.0
    for u in uses[:8]:
        if u.proves:
            yield Suggestion(weight, f"apply {u.name}")
            if u.equation:
                yield Suggestion(weight, f"rw [{u.name}]")
                yield Suggestion(weight / 2, f"rw [← {u.name}]")
            if u.equation and not u.simp and not u.logic:
                yield Suggestion(weight / 2, f"simp [{u.name}]")
            if u.implies and not u.logic:
                for h in propositions(goal)[:2]:
                    yield Suggestion(weight / 4, f"have := {u.name} {h.name}")
        weight *= 0.85


def openings(position: Position) -> Iterator[str]:
    """One-line proofs of the theorem itself, the most often useful first."""
    uses = [use(premise) for premise in position.premises]
    if not uses:
        return
    goal = position.goals[0]
    told = _told(uses)
    theorems = [u for u in uses if u.proves]
    apart = _apart(goal)
    for u in theorems[:4]:
        yield from _closing(u)
        yield f"simpa using {u.name} .."
        if apart and not u.logic:
            yield f"{apart} <;> simp [{u.name}]"
    for most in (3, 8):
        if told:
            yield f"simp [{_listed(told[:most])}]"
            yield f"grind [{_listed(told[:most])}]"
            yield f"simp_all [{_listed(told[:most])}]"
    if apart and told:
        yield f"{apart} <;> simp [{_listed(told[:6])}]"
        yield f"{apart} <;> simp_all [{_listed(told[:6])}]"
    for u in theorems[4:]:
        yield from _closing(u)
    listed = _listed(told[:6])
    if listed:
        yield f"ext <;> simp [{listed}]"
        yield f"ext <;> grind [{listed}]"
        yield f"intros; simp_all [{listed}]"
        yield f"simp [{listed}] <;> omega"
        yield f"simp [{listed}] <;> grind"
        for v in variables(goal)[:4]:
            yield f"induction {v.name} <;> simp_all [{listed}]"
            yield f"cases {v.name} <;> simp_all [{listed}]"
            yield f"induction {v.name} <;> grind [{listed}]"
    for u in theorems[:8]:
        yield f"apply {u.name} <;> simp_all"
        if u.equation:
            yield f"rw [{u.name}] <;> simp"
            yield f"rw [← {u.name}] <;> simp"
            if not u.logic:
                yield f"simp [← {u.name}]"
        if apart:
            yield f"{apart} <;> exact {u.name} .."
            yield f"{apart} <;> apply {u.name} <;> assumption"
            yield f"{apart} <;> simpa using {u.name} .."
        if not u.logic:
            yield f"grind [{u.name}]"


def _closing(u: Use) -> Iterator[str]:
    """The premise is the theorem, up to what unification and hypotheses can fill in."""
    yield f"exact {u.name} .."
    if u.implies:
        yield f"apply {u.name} <;> assumption"
    if u.equation:
        yield f"exact ({u.name} ..).symm"
        yield f"rw [{u.name}]"
        yield f"rw [← {u.name}]"


def worth_telling(premises: Sequence[Premise]) -> list[str]:
    """Names of the premises that `simp` and `grind` are to be told of."""
    return [u.name for u in _told([use(premise) for premise in premises])]


def _told(uses: Sequence[Use]) -> list[Use]:
    """Those that `simp` and `grind` are to be told of."""
    return [u for u in uses if not u.logic and (u.equation or not u.proves or u.implies)]


def _apart(goal: Goal) -> str:
    """Every variable and hypothesis of a type that may be a structure, taken apart at once."""
    taken = [h for h in goal.hypotheses
             if h.accessible and not h.is_instance and h.head not in _SOLID
             and not h.type.startswith(("Type", "Sort", "Prop"))]  # fmt: skip
    return " <;> ".join(f"cases {h.name}" if h.head != "Vector" else f"rcases {h.name} with ⟨{h.name}, rfl⟩"
                        for h in taken[:4])  # fmt: skip


def _listed(uses: Sequence[Use]) -> str:
    return ", ".join(u.name for u in uses)
