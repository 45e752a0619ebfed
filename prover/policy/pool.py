"""Whole proofs of two moves: one that takes the goal apart, then a closer on all that is left.

The product is wide on purpose: which pairs are worth their time, and when, is the policy's to learn from outcomes on
training theorems (`explore.py`); no fixed order would do. Not here: the portfolio's own openings, choosing.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from prover.generators.protocol import Position
from prover.generators.rules.base import defined, mentions, names_in, propositions, variables
from prover.generators.rules.closing import injections
from prover.generators.rules.premises import chain, use
from prover.lean.state import Goal, Hypothesis

#: Tried first on any theorem. What solves those that they solve as well is no news: it is what comes after them that a
#: policy has to know.
BASIC = ("rfl", "simp", "omega", "simp_all", "decide", "grind")
_NAMES = 6
_VARIABLES = 4
_CONDITION = re.compile(r"\bif ([^↔]{1,60}?) then\b")
_INSTANCE = re.compile(r"(^|\.)inst[A-Z_]?\w*$")
_ABSTRACT = re.compile(r"^(Type|Sort|Prop)\b")
#: Types that induction does no more for than a case distinction.
_CONNECTIVES = {"And", "Or", "Exists", "Iff", "False", "True", "Eq", "Nonempty", "Membership.mem", "Subtype"}
_FLAT = {"Array", "Vector", "Option", "Bool", "Prod", "Sum", "Fin", "Subtype", "Except", "BitVec", "Char", "String",
         "UInt8", "UInt16", "UInt32", "UInt64", "USize", "Int8", "Int16", "Int32", "Int64", "ISize", "Int",
         "Rat"}  # fmt: skip


def definitions(goal: Goal) -> list[str]:
    """What occurs in the target and may have a definition or equations worth telling: no types, no instances."""
    types = {h.head for h in goal.hypotheses}
    return [
        name for name in defined(goal)
        if name not in types and not _INSTANCE.search(name) and not _ABSTRACT.match(name)
    ][:_NAMES]  # fmt: skip


def listed(goal: Goal) -> str:
    """The definitions that occur in the target, as an argument of `simp` and `grind`; "" where there are none."""
    names = definitions(goal)
    return f" [{', '.join(names)}]" if names else ""


def closers(position: Position) -> Iterator[str]:
    """Tactics that close a goal or fail, the cheap ones first."""
    told = listed(position.goals[0])
    uses = [use(premise) for premise in position.premises]
    worth = [u.name for u in uses if not u.logic]
    helped = ", ".join(worth[:_NAMES])
    yield from ("rfl", "omega", "simp", "simp_all", "grind")
    for names in (told, f" [{helped}]" if helped else ""):
        if names:
            yield from (f"simp{names}", f"simp_all{names}", f"grind{names}")
    if chained := chain(uses):
        yield chained


def extras(goal: Goal) -> Iterator[str]:
    """More closers, each for few goals."""
    told = listed(goal)
    yield from (f"(split <;> simp_all{told})", f"(simp_all{told}; omega)", "solve_by_elim", "nofun")
    yield from ("(intros; trivial)", "(constructor <;> intros <;> trivial)", f"(simp_all{told} <;> solve_by_elim)")
    yield from (f"simp +contextual{told}", "decide", "ac_rfl", f"simp_all +arith{told}")
    yield f"simp [*, {told[2:-1]}]" if told else "simp [*]"
    if any("BitVec" in c or "UInt" in c for c in goal.constants):
        yield "bv_omega"


def finish(told: str) -> str:
    """The closer that tries several in turn."""
    return f"first | rfl | omega | (simp_all{told}; done) | grind{told}"


def moves(position: Position) -> Iterator[str]:
    """Tactics that leave goals, by what the first goal looks like."""
    goal = position.goals[0]
    equations = ", ".join(u.name for u in map(use, position.premises) if u.definition)
    if equations:
        yield from (f"simp only [*, {equations}]", f"(simp only [*, {equations}] <;> repeat' split)")
    names = definitions(goal)
    told = listed(goal)
    data = [v for v in variables(goal) if v.head]
    seen = [v for v in data if mentions(goal.target, v.name)][:_VARIABLES]
    if goal.head == "∀":
        yield from ("rintro ⟨⟩", "(intro h; cases h)")
    if goal.head == "Iff":
        yield from ("constructor", "(constructor <;> intro h)", "(constructor <;> rintro ⟨⟩)")
    elif goal.head in ("And", "Exists", "Or", "Nonempty", "Subsingleton") or goal.head.startswith("Std."):
        yield "constructor"
    if goal.head == "Eq":
        yield from ("ext", "ext : 1", "funext x", "(apply propext; constructor)", "symm", "congr")
    for lemma in injections(goal):
        yield f"apply {lemma}"
    yield from compared(goal)
    for name in names[:3]:
        yield from (f"unfold {name}", f"rw [{name}]", f"simp only [{name}]")
        yield from (f"fun_induction {name}", f"fun_cases {name}")
    yield f"simp{told}"
    yield f"simp_all{told}"
    if len(names) > 1:
        yield f"simp only{told}"
        yield f"unfold {' '.join(names)}"
    if "if " in goal.target or "match" in goal.target or "bif " in goal.target:
        yield from ("split", "(repeat' split)")
    for condition in list(dict.fromkeys(_CONDITION.findall(goal.target)))[:2]:
        yield f"by_cases hc : {condition}"
    yield from apart(data)
    for v in seen:
        yield f"cases {v.name}"
        others = [w.name for w in data if w is not v and mentions(goal.target, w.name)
                  and v.name not in names_in(w.type) and w.name not in names_in(v.type)]  # fmt: skip
        if v.head in ("Nat", "List") or (v.head not in _FLAT and v.head[:1].isupper()):
            yield f"induction {v.name}"
            if others:
                yield f"induction {v.name} generalizing {' '.join(others)}"
                yield f"(induction {v.name} generalizing {' '.join(others)} <;> cases {others[0]})"
    for h in propositions(goal)[:4]:
        if h.head == "Eq":
            yield f"subst {h.name}"
        elif h.head == "Dvd.dvd":
            yield f"(rcases {h.name} with ⟨c, rfl⟩)"
        elif h.head not in ("∀", "Not", "Ne", "LE.le", "LT.lt"):
            yield f"cases {h.name}"
            if h.head not in _CONNECTIVES:
                yield f"induction {h.name}"
    if propositions(goal):
        yield from ("(simp at *)", f"(simp{told} at *)")


#: Types of data with a lemma `T.NAME` that says when two values are equal.
_COMPARED = {
    **{f"UInt{n}": ("toNat_inj", "toBitVec_inj") for n in (8, 16, 32, 64)},
    **{f"Int{n}": ("toBitVec_inj", "toInt_inj") for n in (8, 16, 32, 64)},
    "USize": ("toNat_inj", "toBitVec_inj"), "ISize": ("toBitVec_inj", "toInt_inj"),
    "BitVec": ("toNat_inj", "toInt_inj"), "Vector": ("toArray_inj",), "Array": ("toList_inj",),
    "String": ("toByteArray_inj",), "Fin": ("val_inj",),
}  # fmt: skip


def compared(goal: Goal) -> Iterator[str]:
    """Equations between values as equations between what represents them, wherever they stand in the target."""
    for name in [c for c in goal.constants if c in _COMPARED][:1]:
        for lemma in _COMPARED[name]:
            yield f"simp [← {name}.{lemma}]"
            yield f"simp only [← {name}.{lemma}]"
    for name in [c for c in goal.constants if c not in _COMPARED and any(h.head == c for h in goal.hypotheses)][:1]:
        yield f"simp only [{name}.ext_iff]"


def apart(data: list[Hypothesis]) -> Iterator[str]:
    """Every variable of a type with one constructor, or of few values, taken apart at once."""
    made = [v for v in data if v.head not in ("Nat", "Int", "List") and not _ABSTRACT.match(v.type)][:5]
    patterns = []
    lengths: set[str] = set()
    for v in made:
        if v.head == "Vector":
            # A length that is a variable is decided by the first vector of it; the others' proofs then say something.
            length = v.type.rsplit(" ", 1)[-1]
            free = length.isidentifier() and length not in lengths
            patterns.append(f"rcases {v.name} with ⟨{v.name}, {'rfl' if free else 'h' + v.name}⟩")
            lengths.add(length)
        else:
            patterns.append(f"cases {v.name}")
    if lengths or len(made) > 1:
        yield f"({' <;> '.join(patterns)})"
