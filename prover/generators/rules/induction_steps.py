"""Induction on a natural number where `grind` needs more for the step: powers and casts of rationals, products.

Not here: steps that `grind` takes by itself (`counting.py`).
"""

from __future__ import annotations

from collections.abc import Iterator

from prover.generators.protocol import Position
from prover.generators.rules.base import SQUARE, Suggestion, kind_of, mentions, propositions, variables
from prover.generators.rules.terms import ORDER, Relation, Term, read
from prover.lean.state import Goal

_MOST_BASES = 3


def induction_steps(position: Position) -> Iterator[Suggestion]:
    """For targets that are one equation or inequality of rationals or integers."""
    goal = position.goals[0]
    kinds = {v.name: v.head for v in variables(goal)}
    for r in read(goal.target)[:1]:
        for name in (n for n, kind in kinds.items() if kind == "Nat" and mentions(goal.target, n)):
            if r.sign in ORDER and not r.negated:
                yield from (Suggestion(0.8, tactic) for tactic in _monotone(goal, r, name))
                yield from (Suggestion(0.8, tactic) for tactic in _invariant(goal, r, name))
            if r.sign == "=" and not r.negated and "Rat" in goal.constants:
                yield Suggestion(0.8, _equation(goal, name))


def _bases(goal: Goal) -> list[Term]:
    """What is raised to a power that varies, in the target or in a law, whose variable has another name."""
    texts = [goal.target, *(h.type.partition(", ")[2] or h.type for h in propositions(goal))]
    found = {
        t.args[0].text: t.args[0] for text in texts for r in read(text) for t in r.walk()
        if t.op == "^" and not t.args[1].closed
    }  # fmt: skip
    return list(found.values())[:_MOST_BASES]


def _laws(goal: Goal) -> list[str]:
    """The hypotheses that are equations for all numbers."""
    return [h.name for h in propositions(goal) if h.type.startswith("∀") and " = " in h.type]


def _equation(goal: Goal, name: str) -> str:
    """A sum's closed form: the law and the step put in, powers taken apart, and what is divided by not zero."""
    laws = _laws(goal)
    powers = [b.text for b in _bases(goal) if b.op == "number"]
    return _induction(name, [
        f"have hk : (0 : Rat) ≤ ({name} : Rat) := by exact_mod_cast Nat.zero_le {name}",
        *(f"have hp{i} : (0 : Rat) < {b} ^ {name} := Rat.pow_pos (by decide)" for i, b in enumerate(powers)),
        *(f"try rw [{h}]" for h in (*laws, "ih")),
        "try simp only [Rat.pow_succ]",
        "push_cast",
        *(f"generalize ({b} : Rat) ^ {name} = p{i} at *" for i, b in enumerate(powers)),
        f"generalize ({name} : Rat) = q at *",
        f"clear {' '.join([*laws, 'ih'])}",
        "grind",
    ])  # fmt: skip


def _monotone(goal: Goal, r: Relation, name: str) -> Iterator[str]:
    """The step's inequality times each base; powers not negative, times how much one base is larger; squares."""
    kinds = {v.name: v.head for v in variables(goal)}
    bases = [b for b in _bases(goal) if not b.closed]
    kind = kind_of((n for b in bases for n in b.names), kinds)
    if kind not in ("Int", "Rat"):
        return
    low, high = r.ordered
    product, zero = f"{kind}.mul_nonneg", f"(0 : {kind})"
    facts = [f"have hd{i} := {product} (show {zero} ≤ {high.wrapped} - {low.wrapped} by grind) "
             f"(show {zero} ≤ {b.text} by grind)" for i, b in enumerate(bases)]  # fmt: skip
    facts += [
        f"have hp{i}{j} := {product} (hn{i} {name}) (show {zero} ≤ {b.text} - {c.wrapped} by grind)"
        for i, b in enumerate(bases) for j, c in enumerate(bases) if b != c
    ]  # fmt: skip
    names = dict.fromkeys(n for b in bases for n in b.names)
    facts += [f"have hs{i} := {product} hk (show {zero} ≤ {v} ^ 2 from {SQUARE})" for i, v in enumerate(names)]
    positive = [
        f"try have hn{i} : ∀ k : Nat, {zero} ≤ {b.wrapped} ^ k := fun k => {kind}.pow_nonneg (by grind)"
        for i, b in enumerate(bases)
    ]
    cast = f"have hk : {zero} ≤ ({name} : {kind}) := by exact_mod_cast Nat.zero_le {name}"
    steps = [cast, *(f"try {f}" for f in facts), f"simp only [{kind}.pow_succ]", "push_cast", "grind"]
    yield "\n".join([*positive, _induction(name, steps)])


def _invariant(goal: Goal, r: Relation, name: str) -> Iterator[str]:
    """A bound that a law keeps: what it says of the value before is not negative, and so is its square."""
    laws = _laws(goal)
    kind = next((kind for kind in ("Rat", "Int") if kind in goal.constants), "")
    if len(laws) == 1 and kind:
        low, high = r.ordered
        less = f"(show (0 : {kind}) ≤ {high.wrapped} - {low.wrapped} by grind)"
        steps = [f"have hl := {laws[0]} {name}", f"have hd := {kind}.mul_nonneg {less} {less}",
                 f"clear {laws[0]}", "grind"]  # fmt: skip
        yield _induction(name, steps)


def _induction(name: str, steps: list[str]) -> str:
    """The step's variable has the name that the goal's has."""
    return "\n".join([
        f"induction {name} with",
        "| zero => first | grind | (simp_all; done)",
        f"| succ {name} ih =>",
        *(f"  {s}" for s in steps),
    ])  # fmt: skip
