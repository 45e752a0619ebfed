"""Tactics made of retrieved premises: a lemma applied, used to rewrite, or given to `simp` and `grind`.

What a premise is used for is read off its statement as printed: equations and equivalences rewrite, implications are
applied, definitions are unfolded. Not here: which premises (`prover.generators.premises`, `retrieval`).
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache

from prover.brackets import split
from prover.generators.protocol import Position, Premise
from prover.generators.rules.base import Suggestion, defined, propositions, variables
from prover.generators.rules.closing import equivalences, injections
from prover.generators.rules.implications import conclusion, is_equation
from prover.lean.state import Goal

_PROVED = ("theorem", "axiom", "lemma")
#: What is left of a law of logic without its variables and connectives: nothing.
_CONNECTIVE = re.compile(r"\b(?:Prop|Decidable|inst\w*|True|False|[a-z])\b|[∧∨¬↔→∀∃=(){}\[\]:,\s]")
#: Types with nothing to take apart, or with too many cases.
_SOLID = {"", "Nat", "Int", "List", "Bool", "Eq", "∀", "Not", "Ne", "Iff", "LE.le", "LT.lt", "Membership.mem"}
#: Classes, whose instances are nothing to take apart either.
_CLASSES = {"BEq", "Hashable", "Ord", "LE", "LT", "Add", "Mul", "Inhabited", "Monad", "Functor", "Decidable"}
_HYPOTHESIS = re.compile(r"\(h\w*'* :")
_NESTED = re.compile(r"[()\[\]{}]|\b\d+\b")
_EXPLICIT = re.compile(r"\([^\W\d][^:()]* : ([A-Z][\w.₀-₉]*)")
_ASKED = 3
_WRAPPED = 4
_DEFINITIONS = 6
_CHAINED = 8
_SIMPLIFIED = 2
#: Laws of logic rewrite goals of logic to and fro: few of them are steps, and these come after what the goal suggests.
_LAWS, _LAW_WEIGHT = 3, 0.6
_APART = 4  # variables and hypotheses taken apart at once


@dataclass(frozen=True, slots=True)
class Use:
    """What a premise is good for.

    `asks`: how many hypotheses it has, as far as its text shows. `simp`: `simp` knows it already, so that it adds
    nothing there. `logic`: a law of logic (`a ∧ b ↔ b ∧ a`), which simplifies everything or nothing. `definition`: an
    equation that says what a function is. `takes`: the type of what it is told first, "" where that is nothing.
    """

    name: str
    proves: bool
    equation: bool
    equivalence: bool
    asks: int
    simp: bool
    logic: bool
    definition: bool = False
    takes: str = ""


@lru_cache(maxsize=1 << 14)
def use(premise: Premise) -> Use:
    """Reads a premise."""
    simp = "simp" in premise.attributes
    if premise.kind not in _PROVED:
        return Use(premise.name, False, False, False, 0, simp, False)
    statement = " ".join(premise.statement.split())
    body = statement.partition(",")[2] if statement.startswith("∀") else statement
    return Use(
        premise.name, True, is_equation(statement), "↔" in conclusion(statement), _asks(statement), simp,
        not _CONNECTIVE.sub("", body), _is_definition(premise.name, statement), _taken(statement),
    )  # fmt: skip


def _is_definition(name: str, statement: str) -> bool:
    """By its name, and by a left side that is one function of variables: `m.modify k f`, `x ∈ xs`, `max n m`."""
    if not name.endswith(("_eq", "_def")):
        return False
    left, sign, _ = conclusion(statement).replace(" ↔ ", " = ").partition(" = ")
    return bool(sign) and not _NESTED.search(left)


def _taken(statement: str) -> str:
    found = _EXPLICIT.search(statement) if statement.startswith("∀") else None
    return found.group(1) if found else ""


def _asks(statement: str) -> int:
    """Arrows outside brackets, and explicit variables that are named as hypotheses are."""
    return len(split(statement, "→")) - 1 + len(_HYPOTHESIS.findall(statement))


def premises(position: Position) -> Iterator[Suggestion]:
    """Steps of a search, and closers."""
    uses = [use(premise) for premise in position.premises]
    if not uses:
        return
    goal = position.goals[0]
    told = _listed(_told(uses)[:8])
    if told:
        yield Suggestion(2.0, f"simp [{told}]")
        yield Suggestion(2.0, f"grind [{told}]")
    laws = [u for u in uses if u.proves and u.logic]
    others = [u for u in uses if u.proves and not u.logic]
    if chained := chain(uses):
        yield Suggestion(2.0 if others else _LAW_WEIGHT, chained)
    for u in laws[:_LAWS]:
        yield Suggestion(_LAW_WEIGHT, f"rw [{u.name}]" if u.equation else f"apply {u.name}")
    weight = 3.0
    simplified = wrapped = 0
    heads = {h.head.rpartition(".")[2] for h in goal.hypotheses} | {"Nat", "Int", "List"}
    for u in others:
        # `apply` and `rw` take 3 ms, `simp` some 60: few of these.
        yield Suggestion(weight, f"apply {u.name}")
        if u.takes and wrapped < _WRAPPED and u.takes.rpartition(".")[2] not in heads:
            wrapped += 1
            yield Suggestion(weight / 2, f"apply {u.name} ⟨_, ?_⟩")
        if u.equation:
            yield Suggestion(weight, f"rw [{u.name}]")
            yield Suggestion(weight / 2, f"rw [← {u.name}]")
            if not u.simp and simplified < _SIMPLIFIED:
                simplified += 1
                yield Suggestion(weight / 2, f"simp [{u.name}]")
        if u.asks:
            for h in propositions(goal)[:2]:
                yield Suggestion(weight / 4, f"have := {u.name} {h.name}")
        weight *= 0.9


def openings(position: Position) -> Iterator[str]:
    """One-line proofs of the theorem itself, the most often useful first."""
    uses = [use(premise) for premise in position.premises]
    if not uses:
        return
    goal = position.goals[0]
    theorems = [u for u in uses if u.proves]
    if goal.head == "∀":  # what else there is waits for names (`prover.one_liners`)
        for u in theorems[:6]:
            yield f"exact {u.name}"
        return
    ways = list(apart(goal))
    for u in theorems[:4]:
        yield from _applied(u)
    for way in ways:
        yield f"{way} <;> simp"
    if goal.head == "Eq":
        yield from (f"exact congrArg _ ({u.name} ..)" for u in theorems[:2])
    # A value is its parts: what is known of these.
    simpler = [f"apply {lemma}" for lemma in injections(goal)]
    simpler += [f"simp only [{lemma}]" for lemma in equivalences(goal)]
    for first in simpler:
        for u in theorems[:8]:
            yield f"{first} <;> exact {u.name} .."
    yield from _carried(goal, uses)
    for u in theorems[4:12]:
        yield from _applied(u)
    for few in (theorems[:3], theorems[3:8]):
        for way in ways:
            for u in few:
                yield from _apart_then(way, u)
        for u in few:
            yield from _rewriting(u)
    for u in theorems[12:]:
        yield from _applied(u)
    if goal.head in ("And", "Iff") and theorems:
        each = " | ".join(f"exact {u.name}" for u in theorems[:8])
        yield f"constructor <;> first | {each} | simp_all"
    if chained := chain(uses):
        yield chained
    told = _told(uses)
    for most in (3, 8):
        if told:
            yield f"simp [{_listed(told[:most])}]"
            yield f"simp_all [{_listed(told[:most])}]"
            yield f"grind [{_listed(told[:most])}]"
    listed = _listed(told[:6])
    if listed:
        if names := defined(goal)[:4]:
            both = ", ".join(dict.fromkeys((*names, *(u.name for u in told[:6]))))
            yield f"simp [{both}]"
            yield f"simp_all [{both}]"
        for way in ways:
            yield f"{way} <;> simp_all [{listed}]"
        for lemma in injections(goal):
            yield f"apply {lemma} <;> simp [{listed}]"
        yield f"ext <;> simp [{listed}]"
        yield f"ext <;> grind [{listed}]"
        yield f"simp [{listed}] <;> omega"
        for v in variables(goal)[:3]:
            yield f"induction {v.name} <;> simp_all [{listed}]"
            yield f"induction {v.name} <;> grind [{listed}]"
    for u in theorems[:8]:
        yield f"apply {u.name} <;> simp_all"
        yield f"apply {u.name} <;> omega"
        if u.equation:
            yield f"rw [{u.name}] <;> simp"
            yield f"rw [← {u.name}] <;> simp"
            if not u.logic:
                yield f"simp [← {u.name}]"
        if not u.logic:
            yield f"grind [{u.name}]"


def chain(uses: Sequence[Use]) -> str:
    """Premises applied to one another and to hypotheses, a few deep; "" where there are none to apply."""
    found = [u.name for u in uses if u.proves and not u.definition][:_CHAINED]
    return f"solve_by_elim [{', '.join(found)}]" if found else ""


def _carried(goal: Goal, uses: Sequence[Use]) -> Iterator[str]:
    """The premise is the theorem once functions are replaced by what they are; hypotheses say where that holds."""
    definitions = [u for u in uses if u.definition][:_DEFINITIONS]
    if not definitions:
        return
    replaced = f"simp only [*, {_listed(definitions)}]"
    for u in [u for u in uses if u.proves and not u.definition and not u.logic][:_DEFINITIONS]:
        yield f"{replaced} <;> apply {u.name} <;> assumption"
        if propositions(goal):
            yield f"simp_all only [{_listed(definitions)}] <;> apply {u.name} <;> assumption"
    yield f"simp_all [{_listed(definitions)}]"


def _applied(u: Use) -> Iterator[str]:
    """The premise is the theorem, up to what unification and hypotheses can fill in."""
    yield f"exact {u.name} .."
    yield f"apply {u.name} <;> assumption"
    if 0 < u.asks <= _ASKED:
        # Hypotheses come before instances here: they may be what determines these.
        yield f"exact {u.name} {_assumed(u)}"


def _assumed(u: Use) -> str:
    return " ".join(["‹_›"] * u.asks)


def _apart_then(way: str, u: Use) -> Iterator[str]:
    """The premise is the theorem for what the theorem's variables are made of."""
    if u.logic:
        return
    yield from (f"{way} <;> {tactic}" for tactic in _applied(u))
    yield f"{way} <;> simpa using {u.name} .."
    if 0 < u.asks <= _ASKED:
        yield f"{way} <;> simpa using {u.name} {_assumed(u)}"
    yield f"{way} <;> simp [{u.name}]"
    yield f"{way} <;> simp_all [{u.name}]"


def _rewriting(u: Use) -> Iterator[str]:
    """The premise is the theorem up to the simplifier, or rewrites it to something trivial."""
    yield f"simpa using {u.name} .."
    if u.equation:
        yield f"exact ({u.name} ..).symm"
        yield f"rw [{u.name}]"
        yield f"rw [← {u.name}]"
        if not u.simp and not u.logic:
            yield f"simp [{u.name}]"
    if u.equivalence:
        yield f"exact ({u.name} ..).mp ‹_›"
        yield f"exact ({u.name} ..).mpr ‹_›"


def apart(goal: Goal) -> Iterator[str]:
    """Ways to take apart, at once, every variable and hypothesis whose type may be a structure or a quotient."""
    taken = [
        h for h in goal.hypotheses
        if h.accessible and not h.is_instance and h.head not in _SOLID | _CLASSES
        and not h.type.startswith(("Type", "Sort", "Prop"))
    ][:_APART]  # fmt: skip
    if not taken:
        return
    vectors = [h.name for h in taken if h.head == "Vector"]
    yield " <;> ".join(
        f"rcases {h.name} with ⟨{h.name}, {'rfl' if h.name == vectors[0] else 'hn'}⟩" if h.head == "Vector"
        else f"cases {h.name}" for h in taken
    )  # fmt: skip
    data = [h for h in taken if not h.is_prop]
    if data and len(data) < 3 and not vectors:
        # The eliminator of a type that wraps a quotient.
        yield " <;> ".join(f"induction {h.name} using {h.head}.inductionOn" for h in data)


def _told(uses: Sequence[Use]) -> list[Use]:
    """Those that `simp` and `grind` are to be told of."""
    return [u for u in uses if not u.logic and (u.equation or u.asks or not u.proves)]


def _listed(uses: Sequence[Use]) -> str:
    return ", ".join(u.name for u in uses)
