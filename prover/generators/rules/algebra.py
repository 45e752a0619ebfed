"""Equations: rational roots, products that are zero, ratios, subtraction.

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
from prover.generators.rules.base import SQUARE, Suggestion, asserted, kind_of, mentions, single, variables
from prover.generators.rules.polynomials import fraction, monomials, polynomial, written
from prover.generators.rules.terms import Relation, Term, divisors, read, value
from prover.lean.state import Goal

_LARGEST_CONSTANT = 1_000_000
_MOST_PRODUCTS = 4


def algebra(position: Position) -> Iterator[Suggestion]:
    """All rules of this file."""
    goal = position.goals[0]
    for tactic in subtraction(goal):
        yield Suggestion(1.0, tactic)
    for tactic in [*zeros(goal), *roots(goal)]:
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


def roots(goal: Goal) -> Iterator[str]:
    """An equation in one number that is a product of linear factors and what is never zero: the number is a root."""
    equations = [*((r, "") for _, r in asserted(goal)), *ratios(goal), *fractions(goal)]
    for v in variables(goal):
        for r, lead in equations if v.head in ("Int", "Rat") else ():
            # Division of integers is no division.
            whole = v.head == "Rat" or not any(t.op == "/" for t in r.walk())
            found, rest = _of_equation(r, v.name) if whole else ([], [])
            if len(found) + len(rest) > 2 and (v.head == "Rat" or all(root.denominator == 1 for root in found)):
                yield lead + "\n".join(_one_of(v.name, v.head, found, rest))
    for v in variables(goal):
        for h, r in single(goal) if v.head == "Nat" else ():
            found, rest = ([], []) if _truncates(r) else _of_equation(r, v.name)
            if len(found) + len(rest) > 2 and all(root.denominator == 1 for root in found):
                lead = f"obtain ⟨z, hz⟩ : ∃ z : Int, z = ({v.name} : Int) := ⟨_, rfl⟩\n"
                lead += f"have hc := congrArg (Nat.cast (R := Int)) {h.name}\npush_cast at hc\nrw [← hz] at hc\n"
                yield lead + "\n".join(_one_of("z", "Int", found, rest))


def _truncates(r: Relation) -> bool:
    return any(t.op in ("-", "/") for t in r.walk())


def rational_roots(r: Relation, name: str) -> list[Fraction]:
    """Those of an equation in one variable that has no other roots."""
    return list(dict.fromkeys(_of_equation(r, name)[0]))


def _of_equation(r: Relation, name: str) -> tuple[list[Fraction], list[int]]:
    """As `_roots`, of the difference of an equation's sides."""
    left, right = (polynomial(side, name) for side in r.terms)
    if r.sign != "=" or r.negated or left is None or right is None:
        return [], []
    return _roots(tuple(a - b for a, b in zip_longest(left, right, fillvalue=Fraction(0))))


def ratios(goal: Goal) -> Iterator[tuple[Relation, str]]:
    """A power that two or three products determine, a * r = 6 and a * r ^ 4 = 48 (in a sequence); and its proof."""
    told = [(m, value(r.right)) for _, r in single(goal) if r.sign == "=" and (m := monomials(r.left))]
    products = [(*next(iter(m.items())), number) for m, number in told if len(m) == 1 and number][:_MOST_PRODUCTS]
    over = [*((p, q, ((), Fraction(1), 1)) for p, q in permutations(products, 2)), *permutations(products, 3)]
    seen: set[str] = set()
    for (more, b, y), (less, a, x), (also, c, z) in over:
        # more * also / less
        names = Counter(more) + Counter(also)
        left = names - Counter(less)
        power = "" if len(left) != 1 or Counter(less) - names else f"{next(iter(left))} ^ {next(iter(left.values()))}"
        equation = f"{power} = {Fraction(y * z * a, x * b * c)}"
        if power and equation not in seen:
            seen.add(equation)
            for r in read(equation):
                yield r, f"have hm : {equation} := by grind\n"


def fractions(goal: Goal) -> Iterator[tuple[Relation, str]]:
    """An equation in one variable that divides by it, without denominators; and its proof."""
    for _, r in single(goal):
        names = r.names
        found = fraction(Term("-", r.terms), names[0]) if r.sign == "=" and not r.negated and len(names) == 1 else None
        if found is None or len(found[1]) < 2:
            continue
        told = f"{written(found[0], names[0])} = 0"
        yield from ((equation, f"have hm : {told} := by grind\n") for equation in read(told))


def zeros(goal: Goal) -> Iterator[str]:
    """A product that is zero, also a difference of two squares: one of its factors is."""
    kinds = {v.name: v.head for v in variables(goal)}
    for h, r in single(goal):
        kind = kind_of(r.names, kinds)
        if r.sign != "=" or r.negated or kind not in ("Int", "Rat"):
            continue
        close = "first | omega | grind | (simp_all; done)" if kind == "Int" else "first | grind | (simp_all; done)"
        (left, right), zero = r.terms, value(r.right) == 0
        squares = (left.op, right.op) == ("^", "^") and left.args[1].text == right.args[1].text == "2"
        if squares:
            a, b = left.args[0].wrapped, right.args[0].wrapped
            yield (f"have hp : ({a} - {b}) * ({a} + {b}) = 0 := by grind\n"
                   f"rcases {kind}.mul_eq_zero.mp hp with hp | hp <;> {close}")  # fmt: skip
        elif zero and len(left.factors()) == 2:
            yield f"rcases {kind}.mul_eq_zero.mp {h.name} with hp | hp <;> {close}"


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
    return (found, rest) if found and never_zero else ([], [])


def _scaled(coefficients: list[int], p: int, q: int) -> int:
    """The value at p / q, times a power of q: whole numbers, as there may be thousands of p and q."""
    total, power = 0, 1
    for a in reversed(coefficients):
        total = total * p + a * power
        power *= q
    return total


def _one_of(x: str, kind: str, found: list[Fraction], rest: list[int]) -> Iterator[str]:
    solve = "omega" if kind == "Int" else "grind"
    close = "first | omega | (subst hx; first | omega | (simp_all; done) | grind)"
    quadratic = [f"({rest[2]} * {x} ^ 2 + {rest[1]} * {x} + {rest[0]})"] if len(rest) == 3 else []
    factors = [*quadratic, *(f"({x} - {root})" for root in reversed(found))]
    yield f"have hp : {' * '.join(factors)} = 0 := by grind"
    for root in found if quadratic else found[:-1]:
        yield (f"obtain hp | hp := {kind}.mul_eq_zero.mp hp\nrotate_left\n"
               f"· have hx : {x} = {root} := by {solve}\n  {close}")  # fmt: skip
    if quadratic:
        yield f"exfalso\nhave hs : 0 ≤ ({2 * rest[2]} * {x} + {rest[1]}) ^ 2 := {SQUARE}\ngrind"
    else:
        yield f"have hx : {x} = {found[-1]} := by {solve}\n{close}"
