"""Tactics that close a goal or leave it alone: decision procedures, automation, the library.

Not here: tactics that take a goal apart (`structural.py`). The cheap ones come first, since a search stops trying
at the first that closes the goal.
"""

from __future__ import annotations

from collections.abc import Iterator

from prover.generators.protocol import Position
from prover.generators.rules.base import Suggestion, defined, mentions, propositions, variables
from prover.lean.state import Goal

#: In order of cost, from 0.1 ms to a second.
CLOSERS = (
    "assumption", "trivial", "rfl", "contradiction", "decide", "omega", "simp", "simp_all", "ac_rfl", "grind",
)  # fmt: skip
_BITS = ("bv_omega",)


def closing(position: Position) -> Iterator[Suggestion]:
    """Each of the closers; the library is searched as a whole by `openings` alone, since it takes seconds."""
    goal = position.goals[0]
    for tactic in CLOSERS:
        yield Suggestion(3.0, tactic)
    if any("BitVec" in c or c.startswith("UInt") or c.startswith("Fin") for c in goal.constants):
        for tactic in _BITS:
            yield Suggestion(2.0, tactic)


def unfolding_closers(position: Position) -> Iterator[Suggestion]:
    """The same, told about the definitions that occur and about recursive hypotheses."""
    goal = position.goals[0]
    names = defined(goal)[:6]
    if names:
        listed = ", ".join(names)
        yield Suggestion(2.0, f"simp [{listed}]")
        yield Suggestion(2.0, f"simp_all [{listed}]")
        yield Suggestion(2.0, f"grind [{listed}]")
    for name in names[:4]:
        if len(names) > 1:
            yield Suggestion(0.7, f"simp [{name}]")
        yield Suggestion(0.7, f"unfold {name}")
        if position.local:
            yield Suggestion(0.7, f"delta {name}")


def evaluation(position: Position) -> Iterator[Suggestion]:
    """The kernel's, for a theorem about nothing but numbers: one try may take as long as it needs."""
    goal = position.goals[0]
    if not goal.hypotheses and not any(binder in goal.target for binder in "∀∃"):
        yield Suggestion(1.0, "set_option maxRecDepth 100000 in decide +kernel")


#: Values of a type are equal when these agree: the lemmas that say so, by type.
_INJECTIONS = {
    "BitVec": ("BitVec.eq_of_toNat_eq", "BitVec.eq_of_getLsbD_eq"),
    "Fin": ("Fin.ext",),
    "Subtype": ("Subtype.ext",),
    "Char": ("Char.ext",),
    "String": ("String.ext",),
    "Array": ("Array.ext'", "Array.ext"),
    "Vector": ("Vector.toArray_inj.mp", "Vector.ext"),
    "List": ("List.ext_getElem?", "List.ext_getElem"),
    "Option": ("Option.ext",),
    "Prod": ("Prod.ext",),
    "Rat": ("Rat.ext",),
    **{f"UInt{n}": (f"UInt{n}.toNat_inj.mp", f"UInt{n}.toBitVec_inj.mp") for n in (8, 16, 32, 64)},
    **{f"Int{n}": (f"Int{n}.toBitVec_inj.mp", f"Int{n}.toInt_inj.mp") for n in (8, 16, 32, 64)},
    "USize": ("USize.toNat_inj.mp", "USize.toBitVec_inj.mp"),
    "ISize": ("ISize.toBitVec_inj.mp",),
}


#: The same as equivalences, for `simp` to turn every equation of such values into one of simpler values.
_EQUIVALENCES = {
    "Fin": "Fin.ext_iff", "Char": "Char.ext_iff", "Subtype": "Subtype.ext_iff", "Prod": "Prod.ext_iff",
    "Rat": "Rat.ext_iff", "BitVec": "← BitVec.toNat_inj", "Array": "← Array.toList_inj",
    "Vector": "← Vector.toArray_inj",
    **{f"{kind}{n}": f"← {kind}{n}.toBitVec_inj" for kind in ("UInt", "Int") for n in (8, 16, 32, 64)},
    "USize": "← USize.toBitVec_inj", "ISize": "← ISize.toBitVec_inj",
}  # fmt: skip


def equivalences(goal: Goal) -> list[str]:
    """Those of the types of the goal's variables."""
    return list(dict.fromkeys(_EQUIVALENCES[v.head] for v in variables(goal) if v.head in _EQUIVALENCES))


def injections(goal: Goal) -> tuple[str, ...]:
    """Lemmas that reduce an equation to one of simpler values, by the type of its sides."""
    if goal.head != "Eq" or len(goal.constants) < 2:
        return ()
    return _INJECTIONS.get(goal.constants[1], ())


def extensionality(position: Position) -> Iterator[Suggestion]:
    """Those lemmas as steps."""
    for lemma in injections(position.goals[0]):
        yield Suggestion(1.0, f"apply {lemma}")


def pairs(goal: Goal) -> list[tuple[str, str]]:
    """A list and a number (or another list) that functions go down side by side: two of each at most."""
    data = [v for v in variables(goal) if mentions(goal.target, v.name)]
    lists, numbers = ([v.name for v in data if v.head == head][:2] for head in ("List", "Nat"))
    return [(xs, other) for xs in lists for other in (*numbers, *lists) if other != xs]


def by_cases(goal: Goal) -> Iterator[str]:
    """A distinction for each of up to four propositions that are variables; also without `by_cases`, which the first
    modules of the library lack."""
    found = [h.name for h in goal.hypotheses if h.type == "Prop" and h.accessible and mentions(goal.target, h.name)][:4]
    if found:
        yield " <;> ".join(f"by_cases {name}" for name in found)
        yield " <;> ".join(f"cases Decidable.em {name}" for name in found)


#: One-line proofs of a whole theorem: each is a list of strong closers after one kind of opening.
_FINISH = "first | omega | simp_all | grind"


#: The openings that come first, for any theorem.
QUICK = ("rfl", "decide", "omega", "simp", "simp_all", "grind", "intros; rfl", "intros; simp_all", "ac_rfl")


def openings(position: Position) -> Iterator[str]:
    """One-line proofs to try on the theorem itself before any search, the most often useful first."""
    goal = position.goals[0]
    names = defined(goal)[:6]
    listed = ", ".join(names)
    yield from QUICK
    yield from ("decide +kernel", "bv_omega", "exact?", "trivial", "intros; omega", "intros; grind")
    if names:
        yield from (f"simp [{listed}]", f"grind [{listed}]", f"intros; simp_all [{listed}]")
        yield from (f"simp [{listed}] <;> omega", f"simp [{listed}] <;> grind", f"unfold {names[0]} <;> grind")
    told = f"simp_all [{listed}]" if names else "simp_all"
    for xs, other in pairs(goal):
        yield f"induction {xs} generalizing {other} <;> cases {other} <;> {told}"
    for distinctions in by_cases(goal):
        yield f"{distinctions} <;> simp_all"
    yield from ("ext <;> simp", "ext <;> grind", "funext x; simp", "constructor <;> grind", "constructor <;> simp_all")
    yield from ("simp <;> omega", "simp_all <;> omega", "split <;> simp_all", "split <;> grind")
    for lemma in equivalences(goal):
        yield f"simp [{lemma}]"
        if names:
            yield f"simp [{lemma}, {listed}]"
    for lemma in injections(goal):
        yield f"apply {lemma} <;> simp"
        yield f"apply {lemma} <;> {_FINISH}"
        if names:
            yield f"apply {lemma} <;> simp [{listed}]"
    taken = [v.name for v in variables(goal) if v.head and v.head not in ("Nat", "Int", "List") and v.type != v.head]
    taken = taken or [v.name for v in variables(goal) if v.head and v.head not in ("Nat", "Int", "List")]
    if 1 < len(taken) <= 4:
        apart = " <;> ".join(f"cases {name}" for name in taken)
        yield f"{apart} <;> simp"
        yield f"{apart} <;> {_FINISH}"
        if names:
            yield f"{apart} <;> simp_all [{listed}]"
    for variable in variables(goal)[:5]:
        yield f"cases {variable.name} <;> {_FINISH}"
        yield f"cases {variable.name} <;> simp_all [{listed}]" if names else f"cases {variable.name} <;> simp"
        yield f"induction {variable.name} <;> {_FINISH}"
        if names:
            yield f"induction {variable.name} <;> simp_all [{listed}]"
            yield f"induction {variable.name} <;> grind [{listed}]"
    for h in propositions(goal)[:4]:
        if h.head not in ("Eq", "∀"):
            yield f"cases {h.name} <;> {_FINISH}"
    yield from ("intros; exact?", "constructor <;> exact?")
    if names:
        yield f"simp only [{listed}] <;> exact?"
