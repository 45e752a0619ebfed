"""Divisibility of polynomials: the quotient, found by linear algebra, is written out.

The target d ∣ t follows from hypotheses d ∣ t₁, … and equations e₁ = 0, … where t = d * q + Σ cᵢ * tᵢ + Σ bⱼ * eⱼ for
polynomials q, cᵢ and bⱼ, whose coefficients are the unknowns of linear equations. Lean checks the quotient.

Not here: divisors that are numbers (`modular.py`, `power_residues.py`), and what divides a number (`gcds.py`).
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Sequence
from fractions import Fraction
from itertools import combinations_with_replacement
from typing import NamedTuple

from prover.generators.protocol import Position
from prover.generators.rules.base import Suggestion, kind_of, mentions, single, variables
from prover.generators.rules.linear_systems import solution
from prover.generators.rules.polynomials import Polynomial, expanded, monomials, product
from prover.generators.rules.terms import Relation, Term, difference, linear, read, read_term, substituted
from prover.lean.state import Goal

_MOST_VARIABLES, _MOST_UNKNOWNS = 6, 60


class _Multiple(NamedTuple):
    """A polynomial that may be taken times another; `quotient`: by what the other is multiplied in the quotient."""

    polynomial: Polynomial
    quotient: str


def quotients(position: Position) -> Iterator[Suggestion]:
    """For targets that are one divisibility of integers or natural numbers by anything but a number."""
    goal = position.goals[0]
    for r in read(goal.target)[:1]:
        kinds = {v.name: v.head for v in variables(goal)}
        kind = kind_of(r.names, kinds)
        for name in (n for n, of in kinds.items() if of == "Nat" and mentions(goal.target, n)):
            if tactic := _inductive(r.left, r.right, name):
                yield Suggestion(1.0, tactic)
        d, t = (monomials(side) for side in r.terms)
        natural = kind == "Nat"
        if r.sign != "∣" or r.negated or not d or not t or r.left.closed or kind not in ("Int", "Nat"):
            continue
        if natural and any(s.op == "-" for s in r.walk()):
            continue
        opened, multiples = _told(goal, r.left.text, [] if natural else sorted(kinds))
        found = _combination(t, [_Multiple(d, "1"), *multiples])
        if found is None:
            opened, (left, right) = _replaced(goal, r)
            d, t = monomials(left), monomials(right)
            found = _divided(t, d) or _combination(t, [_Multiple(d, "1")]) if opened and d and t else None
        if found is not None and (not natural or "-" not in found):
            yield Suggestion(1.0, "\n".join([*opened, f"exact ⟨{found}, by grind⟩"]))


def _inductive(d: Term, t: Term, name: str) -> str:
    """d ∣ t by induction, where t has powers x ^ (a * n + b): a step multiplies each by x ^ a. "" where that fails."""
    powers = {s.text: s for s in t.walk() if s.op == "^" and mentions(s.args[1].text, name)}
    now: dict[str, Term] = {}
    following: dict[str, Term] = {}
    for i, (text, power) in enumerate(powers.items()):
        shape = linear(power.args[1]) or {}
        if set(shape) - {name, ""} or shape.get(name, 0) < 1 or power.args[0].op != "name":
            return ""
        step = f"{power.args[0].text} ^ {shape[name]} * X{i}"
        now[text], following[text] = (read_term(s) or power for s in (f"X{i}", step))
    if not powers or mentions(d.text, name):
        return ""
    divisor, before, after = monomials(d), monomials(substituted(t, now)), monomials(substituted(t, following))
    if not divisor or not before or not after:
        return ""
    found = _combination(after, [_Multiple(divisor, "1"), _Multiple(before, "q")])
    if found is None:
        return ""
    for i, text in enumerate(powers):
        found = re.sub(rf"\bX{i}\b", lambda _, power=text: power, found)
    return "\n".join([
        f"induction {name} with",
        "| zero => first | grind | (simp; done) | exact ⟨1, by grind⟩",
        f"| succ {name} ih =>",
        f"  obtain ⟨q, hq⟩ := ih\n  exact ⟨{found}, by grind⟩",
    ])  # fmt: skip


def _told(goal: Goal, d: str, names: Sequence[str]) -> tuple[list[str], list[_Multiple]]:
    """What hypotheses give, and the tactics that open those which are divisibilities; equations of these names only."""
    opened: list[str] = []
    multiples: list[_Multiple] = []
    for h, r in single(goal):
        left, right = (monomials(side) for side in r.terms)
        if r.negated or left is None or right is None:
            continue
        if r.sign == "∣" and r.left.text == d:
            q = f"q{len(opened)}"
            opened.append(f"obtain ⟨{q}, hq{len(opened)}⟩ := {h.name}")
            multiples.append(_Multiple(right, q))
        elif r.sign == "=" and set(r.names) <= set(names):
            multiples.append(_Multiple(difference(left, right), ""))
    return opened, multiples


def _replaced(goal: Goal, target: Relation) -> tuple[list[str], tuple[Term, Term]]:
    """The target's sides with a * q for each variable that a hypothesis a ∣ v is about; and the tactics for that."""
    opened: list[str] = []
    values: dict[str, Term] = {}
    for h, r in single(goal):
        v, q = r.right.text, f"q{len(opened)}"
        divisor = substituted(r.left, values)
        # Lean replaces no variable by what it occurs in.
        if r.sign == "∣" and not r.negated and r.right.op == "name" and v not in values and v not in divisor.names:
            opened.append(f"obtain ⟨{q}, rfl⟩ := {h.name}")
            multiple = Term("*", (divisor, Term("name", text=q)), text=f"({divisor.text}) * {q}")
            values = {name: substituted(value, {v: multiple}) for name, value in values.items()} | {v: multiple}
    left, right = (substituted(side, values) for side in target.terms)
    return opened, (left, right)


def _divided(t: Polynomial, d: Polynomial) -> str | None:
    """The quotient by a product of variables, written out; None where it is none, or d another polynomial."""
    [(names, c), *more] = d.items()
    divisor = Counter(names)
    if more or any(divisor - Counter(m) or (x / c).denominator != 1 for m, x in t.items()):
        return None
    return expanded({tuple((Counter(m) - divisor).elements()): x / c for m, x in t.items()})


def _combination(t: Polynomial, multiples: Sequence[_Multiple]) -> str | None:
    """The quotient, written out; None where t is no combination, or the quotient not whole."""
    names = sorted({n for m in t for n in m} | {n for m in multiples for k in m.polynomial for n in k})
    if len(names) > _MOST_VARIABLES:
        return None
    unknowns = [
        (m, x) for m in multiples for degree in range(_degree(t) - _degree(m.polynomial) + 1)
        for x in combinations_with_replacement(names, degree)
    ]  # fmt: skip
    if not unknowns or len(unknowns) > _MOST_UNKNOWNS:
        return None
    columns = [product(m.polynomial, {x: Fraction(1)}) or {} for m, x in unknowns]
    found = solution(columns, t)
    if found is None:
        return None
    parts = [(c, m.quotient, x) for c, (m, x) in zip(found, unknowns, strict=True) if c and m.quotient]
    if any(c.denominator != 1 for c, _, _ in parts):
        return None
    return " + ".join(" * ".join([f"({c})" if c < 0 else f"{c}", q, *x]) for c, q, x in parts) or "0"


def _degree(polynomial: Polynomial) -> int:
    return max(map(len, polynomial), default=0)
