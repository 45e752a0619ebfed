"""Equations: rational roots, casts, subtraction, ratios.

Not here: inequalities (`inequalities.py`), remainders, finite search. Each tactic adds what linear arithmetic and ring
normalisation cannot find by themselves, and leaves the rest to `grind` or `omega`.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from fractions import Fraction
from functools import lru_cache
from itertools import permutations, zip_longest
from math import lcm

from prover.generators.protocol import Position
from prover.generators.rules.base import Suggestion, asserted, mentions, propositions, single, variables
from prover.generators.rules.polynomials import monomials, polynomial
from prover.generators.rules.terms import ORDER, Relation, Term, divisors, read, value
from prover.lean.state import Goal, Hypothesis

_LARGEST_CONSTANT = 1_000_000
_SQUARE = "Lean.Grind.OrderedRing.sq_nonneg"


def algebra(position: Position) -> Iterator[Suggestion]:
    """All rules of this file."""
    goal = position.goals[0]
    for tactic in subtraction(goal):
        yield Suggestion(1.0, tactic)
    for tactic in casts(goal):
        yield Suggestion(1.0, tactic)
    for tactic in roots(goal):
        yield Suggestion(1.0, tactic)


def subtraction(goal: Goal) -> Iterator[str]:
    """a = b - c and m ∣ b - c of natural numbers, by a + c = b and b % m = c % m, which an induction can carry."""
    for r in read(goal.target)[:1]:
        for whole, other in ((r.right, r.left), (r.left, r.right)):
            if r.sign == "=" and whole.op == "-" and len(whole.args) == 2:
                b, c = whole.args
                add = f"{other.wrapped} + {c.wrapped} = {b.wrapped}"
                yield f"suffices hs : {add} by omega"
                for v in variables(goal):
                    if v.head == "Nat":
                        yield f"have hs : {add} := by\n  induction {v.name} <;> grind [Nat.pow_succ]\nomega"
        if r.sign == "∣" and not r.negated and r.left.op == "number" and r.right.op == "-" and len(r.right.args) == 2:
            first, *less = _subtracted(r.right)
            same = f"({first.text}) % {r.left.text} = ({' + '.join(t.wrapped for t in less)}) % {r.left.text}"
            for v in variables(goal):
                if v.head == "Nat" and mentions(goal.target, v.name):
                    yield f"have hs : {same} := by\n  induction {v.name} <;> grind\nomega"


def _subtracted(term: Term) -> list[Term]:
    """a, b and c of a - b - c."""
    if term.op == "-" and len(term.args) == 2:
        return [*_subtracted(term.args[0]), term.args[1]]
    return [term]


def casts(goal: Goal) -> Iterator[str]:
    """An equation of natural numbers or integers that follows over the rationals."""
    if any("Rat" in h.type or "↑" in h.type for h in propositions(goal)):
        for r in read(goal.target)[:1]:
            if r.sign in {"=", *ORDER} and "↑" not in goal.target:
                for kind in ("Rat", "Int"):
                    left, right = (f"(({side.text} : _) : {kind})" for side in r.terms)
                    yield f"have hc : {left} {r.sign} {right} := by grind\nexact_mod_cast hc"


def roots(goal: Goal) -> Iterator[str]:
    """An equation in one number that is a product of linear factors and what is never zero: the number is a root."""
    equations = [*((r, "") for _, r in asserted(goal)), *ratios(goal)]
    for v in variables(goal):
        for r, lead in equations if v.head in ("Int", "Rat") else ():
            # Division of integers is no division.
            whole = v.head == "Rat" or not any(t.op == "/" for side in r.terms for t in side.walk())
            left, right = (polynomial(side, v.name) for side in r.terms)
            if not whole or r.sign != "=" or r.negated or left is None or right is None:
                continue
            found, rest = _roots(tuple(a - b for a, b in zip_longest(left, right, fillvalue=Fraction(0))))
            if found and (v.head == "Rat" or all(root.denominator == 1 for root in found)):
                yield lead + "\n".join(_one_of(v, found, rest))


def ratios(goal: Goal) -> Iterator[tuple[Relation, str]]:
    """A power that two products determine, a * r = 6 and a * r ^ 4 = 48 (of a sequence, say); and its proof."""
    told = [(m, value(r.right)) for _, r in single(goal) if r.sign == "=" and (m := monomials(r.left))]
    products = [(*next(iter(m.items())), number) for m, number in told if len(m) == 1 and number]
    for (one, a, x), (other, b, y) in permutations(products, 2):
        more = Counter(other) - Counter(one)
        if len(more) == 1 and not Counter(one) - Counter(other):
            [(name, k)] = more.items()
            power = f"{name} ^ {k} = {Fraction(y * a, x * b)}"
            for r in read(power):
                yield r, f"have hm : {power} := by grind\n"


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
