"""Equations and inequalities: squares are not negative, products of hypotheses, casts, subtraction.

Not here: remainders, finite search. Each tactic adds what linear arithmetic and ring normalisation cannot find by
themselves, and leaves the rest to `grind` or `omega`.
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import combinations, zip_longest

from prover.generators.protocol import Position
from prover.generators.rules.base import Suggestion, propositions, variables
from prover.generators.rules.terms import Relation, Term, divisors, linear, polynomial, read
from prover.lean.state import Goal, Hypothesis

_ORDER = {"≤", "<", "≥", ">"}
_LARGEST_CONSTANT = 1_000_000
_SQUARE = "Lean.Grind.OrderedRing.sq_nonneg"


def algebra(position: Position) -> Iterator[Suggestion]:
    """All rules of this file."""
    goal = position.goals[0]
    relations = [r for text in (goal.target, *(h.type for h in propositions(goal))) for r in read(text)]
    for tactic in subtraction(goal):
        yield Suggestion(1.0, tactic)
    for tactic in casts(goal):
        yield Suggestion(1.0, tactic)
    for tactic in roots(goal):
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


def roots(goal: Goal) -> Iterator[str]:
    """An equation in one number that has as many integer roots as it can: the number is one of them."""
    for v in variables(goal):
        for h in propositions(goal) if v.head in ("Int", "Rat") else ():
            for r in read(h.type) if "∨" not in h.type else ():
                left, right = (polynomial(side, v.name) for side in r.terms)
                if r.sign != "=" or r.negated or left is None or right is None:
                    continue
                found = _roots([a - b for a, b in zip_longest(left, right, fillvalue=0)])
                if found:
                    yield "\n".join(_one_of(v, found))


def _roots(coefficients: list[int]) -> list[int]:
    """All roots, as often as they occur; none where some are no integers, and for less than two."""
    while coefficients and not coefficients[-1]:
        coefficients.pop()
    roots: list[int] = []
    rest = coefficients
    while len(rest) > 1 and abs(rest[0]) <= _LARGEST_CONSTANT:
        candidates = [0] if not rest[0] else [s * d for d in divisors(abs(rest[0])) for s in (1, -1)]
        root = next((c for c in candidates if not sum(a * c**i for i, a in enumerate(rest))), None)
        if root is None:
            return []
        roots.append(root)
        # Horner's division by x - root, the highest coefficient first.
        quotient: list[int] = []
        for a in reversed(rest[1:]):
            quotient.append(a + root * (quotient[-1] if quotient else 0))
        rest = quotient[::-1]
    return roots if len(roots) > 1 and len(rest) == 1 else []


def _one_of(v: Hypothesis, found: list[int]) -> Iterator[str]:
    name = v.name
    solve = "omega" if v.head == "Int" else "grind"
    close = "first | omega | (subst hx; first | omega | (simp_all; done) | grind)"
    yield f"have hp : {' * '.join(f'({name} - {root})' for root in reversed(found))} = 0 := by grind"
    for root in found[:-1]:
        yield (f"obtain hp | hp := {v.head}.mul_eq_zero.mp hp\nrotate_left\n"
               f"· have hx : {name} = {root} := by {solve}\n  {close}")  # fmt: skip
    yield f"have hx : {name} = {found[-1]} := by {solve}\n{close}"


def products(goal: Goal, relations: list[Relation]) -> Iterator[str]:
    """Squares and products of hypotheses as facts for `grind`, which is linear over monomials."""
    data = [v for v in variables(goal) if v.head in ("Int", "Rat")][:4]
    nonlinear = any(_nonlinear(side) for r in relations for side in r.terms)
    if not nonlinear or not data or not any(r.sign in _ORDER or r.sign == "=" for r in relations):
        return
    names = [v.name for v in data]
    pairs = list(combinations(names, 2))
    squares = [*(f"{a} {sign} {b}" for sign in "-+" for a, b in pairs), *names, *(f"{a} - 1" for a in names)]
    if len(names) == 1:
        squares += [f"{names[0]} + 1", f"2 * {names[0]} - 1", f"2 * {names[0]} + 1"]
    facts = "\n".join(f"have hs{i} : 0 ≤ ({s}) ^ 2 := {_SQUARE}" for i, s in enumerate(squares))
    yield f"{facts}\ngrind"
    for solved in _solved(goal, names):
        yield f"{facts}\n{solved}\ngrind"
    for r in read(goal.target)[:1]:
        if r.sign == "=" and not r.negated:
            difference = f"({r.left.wrapped} - {r.right.wrapped})"
            zero = f"have hz : {difference} * {difference} = 0 := by grind"
            yield f"{facts}\n{zero}\nrcases {data[0].head}.mul_eq_zero.mp hz with hr | hr <;> grind"
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
    for r in read(goal.target)[:1]:
        if r.sign in _ORDER and not r.negated:
            yield "\n".join([*_contrary(r, orders, kind), "grind"])


def _solved(goal: Goal, names: list[str]) -> Iterator[str]:
    """A linear equation solved for one of its variables, which is then gone: inequalities do not see equations."""
    for h in propositions(goal):
        for r in read(h.type) if "∧" not in h.type and "∨" not in h.type else ():
            left, right = (linear(side) for side in r.terms)
            if r.sign != "=" or r.negated or left is None or right is None:
                continue
            for name in names:
                c = left.get(name, 0)
                if abs(c) == 1 and name not in right:
                    others = [f"({a}) * {n}" if n else f"({a})" for n, a in left.items() if n != name]
                    rest = " + ".join(["0", *others])
                    yield f"have he : {name} = {c} * ({r.right.wrapped} - ({rest})) := by grind\nsubst he"
                    return


def _contrary(target: Relation, orders: list[Hypothesis], kind: str) -> Iterator[str]:
    """The target's contrary, and its products with itself and with what the hypotheses say is not negative."""
    yield "apply Classical.byContradiction\nintro hg"
    contrary = _difference(Relation(target.right, target.sign, target.left))
    strict = target.sign in ("≤", "≥")
    yield f"have hn : (0 : {kind}) {'<' if strict else '≤'} {contrary} := by grind"
    yield f"have hm : (0 : {kind}) ≤ {contrary} := by grind"
    yield f"have hq := {kind}.{'mul_pos hn hn' if strict else 'mul_nonneg hm hm'}"
    for i, h in enumerate(orders):
        yield f"have ho{i} := {kind}.mul_nonneg hm (show (0 : {kind}) ≤ {_difference(read(h.type)[0])} by grind)"


def _difference(r: Relation) -> str:
    """What the relation says is not negative."""
    return (f"{r.right.wrapped} - {r.left.wrapped}" if r.sign in ("≤", "<") else
            f"{r.left.wrapped} - {r.right.wrapped}")  # fmt: skip


def _nonlinear(term: Term) -> bool:
    return any(
        (t.op == "*" and all(not a.closed for a in t.args)) or (t.op == "^" and not t.args[0].closed)
        for t in term.walk()
    )
