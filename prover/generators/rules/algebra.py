"""Equations and inequalities: squares are not negative, products of hypotheses, casts, subtraction.

Not here: remainders, finite search. Each tactic adds what linear arithmetic and ring normalisation cannot find by
themselves, and leaves the rest to `grind` or `omega`.
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import combinations

from prover.generators.protocol import Position
from prover.generators.rules.base import Suggestion, propositions, variables
from prover.generators.rules.terms import Relation, Term, read
from prover.lean.state import Goal

_ORDER = {"≤", "<", "≥", ">"}
_SQUARE = "Lean.Grind.OrderedRing.sq_nonneg"


def algebra(position: Position) -> Iterator[Suggestion]:
    """All rules of this file."""
    goal = position.goals[0]
    relations = [r for text in (goal.target, *(h.type for h in propositions(goal))) for r in read(text)]
    for tactic in subtraction(goal):
        yield Suggestion(1.0, tactic)
    for tactic in casts(goal):
        yield Suggestion(1.0, tactic)
    for tactic in products(goal, relations):
        yield Suggestion(0.5, tactic)


def subtraction(goal: Goal) -> Iterator[str]:
    """a = b - c over the natural numbers, by way of a + c = b, which an induction can carry."""
    for r in read(goal.target)[:1]:
        for whole, other in ((r.right, r.left), (r.left, r.right)):
            if r.sign == "=" and whole.op == "-" and len(whole.args) == 2:
                b, c = whole.args
                add = f"{other.wrapped} + {c.wrapped} = {b.wrapped}"
                yield f"suffices hs : {add} by omega"
                for v in variables(goal):
                    if v.head == "Nat":
                        yield f"have hs : {add} := by\n  induction {v.name} <;> grind [Nat.pow_succ]\nomega"


def casts(goal: Goal) -> Iterator[str]:
    """An equation of natural numbers or integers that follows over the rationals."""
    if any("Rat" in h.type or "↑" in h.type for h in propositions(goal)):
        for r in read(goal.target)[:1]:
            if r.sign in {"=", *_ORDER} and "↑" not in goal.target:
                for kind in ("Rat", "Int"):
                    left, right = (f"(({side.text} : _) : {kind})" for side in r.terms)
                    yield f"have hc : {left} {r.sign} {right} := by grind\nexact_mod_cast hc"


def products(goal: Goal, relations: list[Relation]) -> Iterator[str]:
    """Squares and products of hypotheses as facts for `grind`, which is linear over monomials."""
    data = [v for v in variables(goal) if v.head in ("Int", "Rat")][:4]
    nonlinear = any(_nonlinear(side) for r in relations for side in r.terms)
    if not nonlinear or not data or not any(r.sign in _ORDER or r.sign == "=" for r in relations):
        return
    names = [v.name for v in data]
    pairs = list(combinations(names, 2))
    squares = [*(f"{a} {sign} {b}" for sign in "-+" for a, b in pairs), *names, *(f"{a} - 1" for a in names)]
    facts = "\n".join(f"have hs{i} : 0 ≤ ({s}) ^ 2 := {_SQUARE}" for i, s in enumerate(squares))
    yield f"{facts}\ngrind"
    orders = [h for h in propositions(goal) if any(r.sign in _ORDER for r in read(h.type)) and "∧" not in h.type][:4]
    kind = data[0].head
    if orders and kind in ("Int", "Rat"):
        differences = [_difference(read(h.type)[0]) for h in orders]
        lines = []
        for i, d in enumerate(differences):
            lines.append(f"have hd{i} : (0 : {kind}) ≤ {d} := by grind")
        for i in range(len(orders)):
            for j in range(i, len(orders)):
                lines.append(f"have hp{i}{j} := {kind}.mul_nonneg hd{i} hd{j}")
        joined = "\n".join(lines)
        yield f"{joined}\ngrind"
        yield f"{joined}\n{facts}\ngrind"


def _difference(r: Relation) -> str:
    """What the relation says is not negative."""
    return (f"{r.right.wrapped} - {r.left.wrapped}" if r.sign in ("≤", "<") else
            f"{r.left.wrapped} - {r.right.wrapped}")  # fmt: skip


def _nonlinear(term: Term) -> bool:
    return any(
        (t.op == "*" and all(not a.closed for a in t.args)) or (t.op == "^" and not t.args[0].closed)
        for t in term.walk()
    )
