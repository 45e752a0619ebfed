"""Equations and inequalities: squares are not negative, products of hypotheses, casts, subtraction.

Not here: remainders, finite search. Each tactic adds what linear arithmetic and ring normalisation cannot find by
themselves, and leaves the rest to `grind` or `omega`.
"""

from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction
from functools import lru_cache
from itertools import combinations, zip_longest
from math import lcm

from prover.generators.protocol import Position
from prover.generators.rules.base import Suggestion, asserted, propositions, single, variables
from prover.generators.rules.terms import Relation, Term, divisors, linear, polynomial, read
from prover.lean.state import Goal, Hypothesis

_ORDER, _STRICT = {"≤", "<", "≥", ">"}, {"<", ">"}
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
    """An equation in one number that is a product of linear factors and what is never zero: the number is a root."""
    for v in variables(goal):
        for _, r in asserted(goal) if v.head in ("Int", "Rat") else ():
            # Division of integers is no division.
            whole = v.head == "Rat" or not any(t.op == "/" for side in r.terms for t in side.walk())
            left, right = (polynomial(side, v.name) for side in r.terms)
            if not whole or r.sign != "=" or r.negated or left is None or right is None:
                continue
            found, rest = _roots(tuple(a - b for a, b in zip_longest(left, right, fillvalue=Fraction(0))))
            if found and (v.head == "Rat" or all(root.denominator == 1 for root in found)):
                yield "\n".join(_one_of(v, found, rest))


@lru_cache(maxsize=256)
def _roots(coefficients: tuple[Fraction, ...]) -> tuple[list[Fraction], list[int]]:
    """Rational roots, as often as they occur, and the factor left, which is never zero; none where it may be."""
    scale = lcm(*(a.denominator for a in coefficients))
    rest = [int(a * scale) for a in coefficients]
    while rest and not rest[-1]:
        rest.pop()
    found: list[Fraction] = []
    while len(rest) > 1 and abs(rest[0]) <= _LARGEST_CONSTANT and abs(rest[-1]) <= _LARGEST_CONSTANT:
        numerators = divisors(abs(rest[0])) if rest[0] else [0]
        candidates = ((sign * p, q) for q in divisors(abs(rest[-1])) for p in numerators for sign in (1, -1))
        root = next((Fraction(p, q) for p, q in candidates if not _scaled(rest, p, q)), None)
        if root is None:
            break
        found.append(root)
        # Division by q x - p, the highest coefficient first.
        quotient: list[int] = []
        for a in reversed(rest[1:]):
            quotient.append((a + root.numerator * (quotient[-1] if quotient else 0)) // root.denominator)
        rest = quotient[::-1]
    never_zero = len(rest) == 1 or (len(rest) == 3 and rest[1] ** 2 < 4 * rest[0] * rest[2])
    return (found, rest) if found and never_zero and len(found) + len(rest) > 2 else ([], [])


def _scaled(coefficients: list[int], p: int, q: int) -> int:
    """The value at p / q, times a power of q: whole numbers, as there may be thousands of p and q."""
    total, power = 0, 1
    for a in reversed(coefficients):
        total = total * p + a * power
        power *= q
    return total


def _one_of(v: Hypothesis, found: list[Fraction], rest: list[int]) -> Iterator[str]:
    x = v.name
    solve = "omega" if v.head == "Int" else "grind"
    close = "first | omega | (subst hx; first | omega | (simp_all; done) | grind)"
    quadratic = [f"({rest[2]} * {x} ^ 2 + {rest[1]} * {x} + {rest[0]})"] if len(rest) == 3 else []
    factors = [*quadratic, *(f"({x} - {root})" for root in reversed(found))]
    yield f"have hp : {' * '.join(factors)} = 0 := by grind"
    for root in found if quadratic else found[:-1]:
        yield (f"obtain hp | hp := {v.head}.mul_eq_zero.mp hp\nrotate_left\n"
               f"· have hx : {x} = {root} := by {solve}\n  {close}")  # fmt: skip
    if quadratic:
        yield f"exfalso\nhave hs : 0 ≤ ({2 * rest[2]} * {x} + {rest[1]}) ^ 2 := {_SQUARE}\ngrind"
    else:
        yield f"have hx : {x} = {found[-1]} := by {solve}\n{close}"


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
    if len(names) == 4:  # as in the inequality of Cauchy and Schwarz
        a, b, c, d = names
        squares += [f"{a} * {y} - {x} * {z}" for x, y, z in ((b, d, c), (c, d, b), (b, c, d))]
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
    told = [read(h.type)[0] for h in orders]
    kind = data[0].head
    if told:
        lines = []
        for i, r in enumerate(told):
            lines.append(f"have hd{i} : (0 : {kind}) ≤ {_difference(r)} := by grind")
            if r.sign in _STRICT:
                lines.append(f"have he{i} : (0 : {kind}) < {_difference(r)} := by grind")
        for i, one in enumerate(told):
            for j, other in enumerate(told[i:], i):
                strict = one.sign in _STRICT and other.sign in _STRICT
                product = f"mul_pos he{i} he{j}" if strict else f"mul_nonneg hd{i} hd{j}"
                lines.append(f"have hp{i}{j} := {kind}.{product}")
        joined = "\n".join(lines)
        yield f"{joined}\ngrind"
        yield f"{joined}\n{facts}\ngrind"
    for r in read(goal.target)[:1]:
        if r.sign in _ORDER and not r.negated:
            yield "\n".join([*_contrary(r, told, kind), "grind"])


def _solved(goal: Goal, names: list[str]) -> Iterator[str]:
    """A linear equation solved for one of its variables, which is then gone: inequalities do not see equations."""
    for _, r in single(goal):
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


def _contrary(target: Relation, told: list[Relation], kind: str) -> Iterator[str]:
    """The target's contrary, and its products with itself and with what the hypotheses say is not negative."""
    yield "apply Classical.byContradiction\nintro hg"
    contrary = _difference(Relation(target.right, target.sign, target.left))
    strict = target.sign not in _STRICT
    yield f"have hn : (0 : {kind}) {'<' if strict else '≤'} {contrary} := by grind"
    yield f"have hm : (0 : {kind}) ≤ {contrary} := by grind"
    yield f"have hq := {kind}.{'mul_pos hn hn' if strict else 'mul_nonneg hm hm'}"
    for i, r in enumerate(told):
        yield f"have ho{i} := {kind}.mul_nonneg hm (show (0 : {kind}) ≤ {_difference(r)} by grind)"


def _difference(r: Relation) -> str:
    """What the relation says is not negative."""
    return (f"{r.right.wrapped} - {r.left.wrapped}" if r.sign in ("≤", "<") else
            f"{r.left.wrapped} - {r.right.wrapped}")  # fmt: skip


def _nonlinear(term: Term) -> bool:
    return any(
        (t.op == "*" and all(not a.closed for a in t.args)) or (t.op == "^" and not t.args[0].closed)
        for t in term.walk()
    )
