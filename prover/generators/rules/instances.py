"""Functional equations, and what else is said of all numbers: of small ones and those that occur, as facts for `grind`.

Not here: sequences whose values can be worked out (`sequences.py`).
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from fractions import Fraction
from itertools import product
from typing import NamedTuple

from prover.generators.protocol import Position
from prover.generators.rules.base import NUMBERS, Suggestion, arguments, mentions, propositions, variables
from prover.generators.rules.terms import Term, divisors, linear, read, read_term
from prover.lean.state import Goal

_QUANTIFIED = re.compile(r"∀ \((?P<names>[^:()]+) : (?P<kind>\w+)\), (?P<guard>(?:[^→∀∃]+ → )*)(?P<said>[^→∀∃]+)")
_SMALL = ("0", "1")
_NATURAL, _WHOLE = ("0", "1", "2", "3", "5"), ("0", "1", "(-1)", "2", "(-2)")
_MOST_NUMBERS, _WIDEST = 4, 24
_MOST_INSTANCES = 32


def instances(position: Position) -> Iterator[Suggestion]:
    """All rules of this file."""
    goal = position.goals[0]
    functions = [v.name for v in variables(goal) if any(v.type.startswith(f"{kind} →") for kind in NUMBERS)]
    told_of_all = list(_laws(goal, functions))
    others = [law for law in told_of_all if not law.about]
    yield from (Suggestion(1.0, tactic) for tactic in [*_small(others), *_multiplied_out(goal, others)])
    if not functions:
        return
    laws = [law for law in told_of_all if law.about]
    free = [law for law in laws if not law.guard]
    occurring = [n for f in functions for n in arguments(f, _said(goal))]
    ranges = [list(_SMALL), [*_SMALL, *(str(n) for n in dict.fromkeys(occurring) if n > 1)][:_MOST_NUMBERS]]
    if occurring and max(occurring) - min(occurring) <= _WIDEST:
        ranges.append([str(n) for n in range(min(occurring), max(occurring) + 1)])
    told = [[f"{law.name} {' '.join(chosen)}" for law in free for chosen in product(numbers, repeat=law.variables)]
            for numbers in dict.fromkeys(map(tuple, ranges))]  # fmt: skip
    told += [list(_nested(laws, functions)), *_chains(laws, occurring)]
    told.append(list(dict.fromkeys(_solved(goal, laws, functions))))
    for facts in told:
        if 0 < len(facts) <= _MOST_INSTANCES:
            yield Suggestion(0.6, _told(facts, "grind"))


class _Law(NamedTuple):
    """A hypothesis about all numbers: of how many, under what conditions, and the functions that it is about."""

    name: str
    of: tuple[str, ...]
    kind: str
    guard: str
    said: str
    about: tuple[str, ...]

    @property
    def variables(self) -> int:
        return len(self.of)

    def arguments(self, functions: Sequence[str]) -> Iterator[tuple[str, Term]]:
        """What it applies each function to."""
        for t in (t for r in read(self.said) for t in r.walk()):
            f, _, rest = t.text.partition(" ")
            if t.op == "name" and f in functions and (argument := read_term(rest)) is not None:
                yield f, argument


def _laws(goal: Goal, functions: Sequence[str]) -> Iterator[_Law]:
    for h in propositions(goal):
        match = _QUANTIFIED.fullmatch(" ".join(h.type.split()))
        if match is not None and match["kind"] in NUMBERS:
            about = tuple(f for f in functions if mentions(h.type, f))
            yield _Law(h.name, tuple(match["names"].split()), match["kind"], match["guard"], match["said"], about)


def _told(facts: Sequence[str], close: str) -> str:
    return "\n".join([*(f"have hi{i} := {fact}" for i, fact in enumerate(facts)), close])


def _small(laws: Sequence[_Law]) -> Iterator[str]:
    """What laws about no function say of small numbers: coefficients, and what divides a prime."""
    of_one = [law for law in laws if law.variables == 1 and read(law.said)]
    facts = [f"{law.name} {n}" for law in of_one for n in (_NATURAL if law.kind == "Nat" else _WHOLE)]
    if 0 < len(facts) <= _MOST_INSTANCES:
        yield _told(facts, "first | omega | grind")


def _multiplied_out(goal: Goal, laws: Sequence[_Law]) -> Iterator[str]:
    """Powers as products, for laws about products: p ∣ a * b → p ∣ a ∨ p ∣ b."""
    kinds = dict.fromkeys(law.kind for law in laws if law.kind != "Rat" and " * " in law.said + law.guard)
    for kind in kinds if " ^ " in _said(goal) else ():
        yield f"simp only [{kind}.pow_succ, {kind}.pow_zero, {kind}.one_mul] at *\ngrind"


def _nested(laws: Sequence[_Law], functions: Sequence[str]) -> Iterator[str]:
    """Laws about f (… f …), of 0 and of f 0."""
    for law in laws:
        nested = [f for f, argument in law.arguments(functions) if any(mentions(argument.text, g) for g in functions)]
        chosen = ["0", *(f"({f} 0)" for f in dict.fromkeys(nested))]
        if nested and not law.guard:
            yield from (f"{law.name} {' '.join(of)}" for of in product(chosen, repeat=law.variables))


def _chains(laws: Sequence[_Law], occurring: Sequence[int]) -> Iterator[list[str]]:
    """What laws of two numbers say of neighbours, one after the other; and of the factors of what occurs."""
    first, last = min(occurring, default=0), max(occurring, default=0)
    pairs = [law.name for law in laws if law.variables == 2 and not law.guard]
    ordered = [law.name for law in laws if law.variables == 2 and law.guard]
    # f (n + 1), from a law about f (x + y).
    yield [f"{law} {n} 1" for law in pairs for n in range(last)]
    yield [f"{law} {n} {n + 1}" for law in ordered for n in range(first, last)]
    # f (p * q), from a law about f (x * y).
    yield [f"{law} {p} {q}" for law in pairs for n in dict.fromkeys(occurring) for p, q in _split(n)]


def _solved(goal: Goal, laws: Sequence[_Law], functions: Sequence[str]) -> Iterator[str]:
    """Laws about f (a * x + b), for the x of what f is applied to; in f (g x), g x is what a law says of it."""
    given = {}
    for law in laws:
        for r in read(law.said) if law.variables == 1 and not law.guard else ():
            f, _, x = r.left.text.partition(" ")
            if r.sign == "=" and x == law.of[0]:
                given[f] = _line(r.right, x)
    for law in laws:
        for f, argument in law.arguments(functions) if law.variables == 1 else ():
            inner, _, x = argument.text.partition(" ")
            found = given.get(inner) if x == law.of[0] else _line(argument, law.of[0])
            if found is not None and found != (1, 0):
                yield from (f"{law.name} {x}" for x in _at(f, goal, law.kind, *found))


def _line(term: Term, x: str) -> tuple[int, int] | None:
    """a, not 0, and b of a * x + b."""
    shape = linear(term)
    return (shape[x], shape.get("", 0)) if shape is not None and shape.get(x) and set(shape) <= {x, ""} else None


def _at(f: str, goal: Goal, kind: str, a: int, b: int) -> Iterator[str]:
    """The x for which a * x + b is one of the numbers, or the target's variables, that a function is applied to."""
    for n in arguments(f, _said(goal)):
        x = Fraction(n - b, a)
        if kind == "Rat" or (x.denominator == 1 and (kind == "Int" or x >= 0)):
            yield f"({x})"
    for v in variables(goal) if kind == "Rat" or a == 1 else ():
        if re.search(rf"(?<![\w.]){re.escape(f)} {re.escape(v.name)}(?![\w'])", goal.target):
            yield f"(({v.name} - ({b})) / {a})" if kind == "Rat" else f"({v.name} - ({b}))"


def _split(n: int) -> Iterator[tuple[int, int]]:
    """The smallest prime factor and the rest, then those of the rest."""
    while n > 1 and (p := divisors(n)[1]) < n:
        n //= p
        yield p, n


def _said(goal: Goal) -> str:
    """The target, and the hypotheses that are about no more than some numbers."""
    return " ; ".join([goal.target, *(h.type for h in propositions(goal) if "∀" not in h.type)])
