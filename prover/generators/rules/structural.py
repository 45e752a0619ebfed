"""Tactics that take a goal apart: introduce, split, choose, distinguish cases, induct.

Not here: closing goals, rewriting. New hypotheses get names that later tactics can use: `unhygienic` keeps Lean's
own (`head`, `tail`, `tail_ih`) accessible, for inductive types of any kind.
"""

from __future__ import annotations

from collections.abc import Iterator

from prover.generators.protocol import Position
from prover.generators.rules.base import (
    Suggestion,
    defined,
    mentions,
    names_in,
    propositions,
    variables,
)
from prover.generators.rules.implications import conclusion
from prover.lean.state import Goal

_SPLITTABLE = {"And", "Or", "Exists", "Iff", "Sum", "PSum", "Prod", "Subtype", "Sigma", "PSigma", "Nonempty"}
#: Types whose values are finite or built by recursion, so that cases on a variable say something.
_CASES = {"Nat", "Int", "List", "Array", "Option", "Bool", "Prod", "Sum", "Fin", "Subtype", "Except", "Vector", "Char",
          "String", "Ordering", "Unit", "BitVec", "Decidable", "Thunk", "ULift", "PLift"}  # fmt: skip
_FACTORS = 3
_INDUCTIVE = {"Nat", "List"}
_NUMERALS = ("0", "1", "2", "3", "[]", "true", "false", "none")


def introduction(position: Position) -> Iterator[Suggestion]:
    """Binders, implications and negations."""
    goal = position.goals[0]
    if goal.head == "∀":
        yield Suggestion(12.0, "unhygienic intros")
        yield Suggestion(4.0, "unhygienic intro")
        if conclusion(goal.target) != goal.target:
            yield Suggestion(2.0, "rintro ⟨⟩")
    elif goal.head in ("Not", "Ne"):
        name = fresh("h", position)
        yield Suggestion(8.0, f"intro {name}")
    inaccessible = [h for h in goal.hypotheses if not h.accessible and not h.is_instance]
    if inaccessible:
        names = " ".join(fresh(f"a{i + 1}", position) for i in range(len(inaccessible)))
        yield Suggestion(6.0, f"rename_i {names}")


def construction(position: Position) -> Iterator[Suggestion]:
    """By the connective of the target: both parts, one side, a witness, extensionality."""
    goal = position.goals[0]
    match goal.head:
        case "And":
            yield Suggestion(8.0, "constructor")
        case "Iff":
            yield Suggestion(8.0, "constructor")
            yield Suggestion(1.0, "refine ⟨fun h => ?_, fun h => ?_⟩")
        case "Or":
            yield Suggestion(4.0, "left")
            yield Suggestion(4.0, "right")
            yield Suggestion(1.0, "apply Classical.or_iff_not_imp_left.mpr")
        case "Exists":
            yield from witnesses(position)
        case "Eq":
            yield Suggestion(2.0, "ext")
            yield Suggestion(1.0, f"funext {fresh('x', position)}")
            yield Suggestion(0.7, "apply propext; constructor")
            yield Suggestion(0.5, "congr")
            yield Suggestion(0.5, "congr 1")
        case "Dvd.dvd":
            yield from factors(position)
        case "LE.le" | "LT.lt":
            yield Suggestion(0.5, "apply Nat.le_antisymm")
        case "Subsingleton" | "Nonempty" | "Decidable":
            yield Suggestion(2.0, "constructor")
        case _:
            yield Suggestion(0.7, "constructor")
    if "ite" in goal.constants or "dite" in goal.constants or "match" in goal.target:
        yield Suggestion(5.0, "unhygienic split")
    if goal.head != "False":
        # `False` is the shortest of goals, and mostly a dead end: only where something might contradict something.
        if any(h.head in ("Not", "Ne", "False") or h.type.endswith("→ False") for h in propositions(goal)):
            yield Suggestion(0.5, "exfalso")
        if goal.head in ("Exists", "Or"):
            yield Suggestion(0.3, f"apply Classical.byContradiction; intro {fresh('h', position)}")


def witnesses(position: Position) -> Iterator[Suggestion]:
    """Terms for an existential: variables in scope first, then small values."""
    goal = position.goals[0]
    for v in reversed(variables(goal)):
        yield Suggestion(3.0, f"refine ⟨{v.name}, ?_⟩")
    for term in _NUMERALS:
        yield Suggestion(1.0, f"refine ⟨{term}, ?_⟩")
    for h in propositions(goal)[:6]:
        yield Suggestion(1.0, f"refine ⟨_, {h.name}⟩")
    yield Suggestion(1.0, "refine ⟨_, rfl⟩")
    yield Suggestion(0.7, "refine ⟨_, ?_, ?_⟩")
    yield Suggestion(0.7, "constructor")


def factors(position: Position) -> Iterator[Suggestion]:
    """Terms for the factor that a divisibility asks for: variables in scope first, the latest most likely."""
    yield Suggestion(2.0, "exact ⟨_, rfl⟩")
    for v in [v for v in reversed(variables(position.goals[0])) if v.head in ("Nat", "Int")][:_FACTORS]:
        yield Suggestion(2.0, f"refine ⟨{v.name}, ?_⟩")
    yield Suggestion(1.0, "refine ⟨1, ?_⟩")
    yield Suggestion(1.0, "refine ⟨0, ?_⟩")


def elimination(position: Position) -> Iterator[Suggestion]:
    """Hypotheses taken apart."""
    goal = position.goals[0]
    for h in propositions(goal):
        if h.head in _SPLITTABLE:
            yield Suggestion(5.0, f"unhygienic cases {h.name}")
        elif h.head == "Dvd.dvd":
            yield Suggestion(3.0, f"unhygienic cases {h.name}; subst_vars")
        elif h.head == "Not":
            yield Suggestion(1.0, f"exact absurd ‹_› {h.name}")
            yield Suggestion(0.5, f"apply {h.name}")
        elif h.head not in ("Eq", "∀", "", "LE.le", "LT.lt", "GE.ge", "GT.gt", "Ne", "Membership.mem"):
            yield Suggestion(1.0, f"unhygienic cases {h.name}")
        if "if " in h.type or "match" in h.type:
            yield Suggestion(2.0, f"unhygienic split at {h.name}")


def cases(position: Position) -> Iterator[Suggestion]:
    """Case distinctions on variables that the target mentions."""
    goal = position.goals[0]
    for v in variables(goal):
        if v.head in _CASES or (v.head and v.head[0].isupper() and v.head != "Nat"):
            if mentions(goal.target, v.name):
                yield Suggestion(2.0, f"unhygienic cases {v.name}")
                yield Suggestion(1.0, f"unhygienic cases {v.name} <;> {_simplified(goal)}")
            elif any(mentions(h.type, v.name) for h in propositions(goal)):
                yield Suggestion(1.0, f"unhygienic cases {v.name}")


def induction(position: Position) -> Iterator[Suggestion]:
    """Induction on variables that the target mentions, the others fixed or generalised; along recursive functions."""
    goal = position.goals[0]
    data = variables(goal)
    for v in data:
        if v.head not in _INDUCTIVE and (v.head in _CASES or not v.head[:1].isupper()):
            continue
        if not mentions(goal.target, v.name):
            continue
        weight = 4.0 if v.head == "List" else 2.5
        yield Suggestion(weight, f"unhygienic induction {v.name}")
        yield Suggestion(weight / 2, f"unhygienic induction {v.name} <;> {_simplified(goal)}")
        others = [w.name for w in data if w.name != v.name and mentions(goal.target, w.name)
                  and v.name not in names_in(w.type) and w.name not in names_in(v.type)]  # fmt: skip
        if others:
            yield Suggestion(weight * 0.7, f"unhygienic induction {v.name} generalizing {' '.join(others)}")
        if v.head == "Nat":
            yield Suggestion(0.7, f"unhygienic induction {v.name} using Nat.strongRecOn")
    for name in defined(goal)[:4]:
        yield Suggestion(1.0, f"unhygienic fun_induction {name}")
        yield Suggestion(0.5, f"unhygienic fun_cases {name}")


def _simplified(goal: Goal) -> str:
    """What takes the easy cases off a case distinction at once."""
    names = defined(goal)[:4]
    return f"try simp_all [{', '.join(names)}]" if names else "try simp_all"


def fresh(base: str, position: Position) -> str:
    """A name that no hypothesis of the first goal has."""
    taken = {h.name for h in position.goals[0].hypotheses}
    name, i = base, 0
    while name in taken:
        i += 1
        name = f"{base}{i}"
    return name
