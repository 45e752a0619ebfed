"""Bounds that linear arithmetic does not see: those of products, powers and divisors, as facts for it.

Not here: what is done with them (`bounded.py`); the divisors of a number (`factors.py`).
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence

from prover.generators.rules.base import asserted, kind_of, relations, single
from prover.generators.rules.factors import equations, factor_bounds
from prover.generators.rules.modular import powers
from prover.generators.rules.terms import Bounds, Relation, Term, bounds, linear, value
from prover.lean.state import Goal, Hypothesis

_MOST_BITS = 200
_LARGEST_ROOT = 2_500
#: An integer is no larger than its square, nor is its negative.
_SQUARES = """have hsq : ∀ v : Int, v ≤ v ^ 2 ∧ -v ≤ v ^ 2 := by
  intro v
  have hn := Int.natAbs_mul_self (a := v)
  have hm := Nat.le_mul_self v.natAbs
  rw [Int.pow_succ, Int.pow_one]
  omega"""

Ranges = Mapping[str, tuple[int | None, int | None]]


def facts(goal: Goal, data: Sequence[Hypothesis], limits: Ranges) -> list[str]:
    """Lines that tell linear arithmetic something about what it cannot see; each may fail without harm.

    The facts are named `hf0`, `hf1`, …; before them come the products that some follow from. `limits`: of `stated`.
    """
    kinds, found = {v.name: v.head for v in data}, relations(goal)
    of_terms = list(_of_terms(found, kinds))
    lines = [*of_terms, *_of_divisors(goal, kinds), *factor_bounds(goal, kinds)]
    largest = _largest(found, limits)
    lines += [*_of_powers(found, kinds, limits), *_of_exponents(found, limits, largest)]
    lines += _of_bases(found, kinds, largest)
    squares = [_SQUARES] if any("hsq" in line for line in of_terms) else []
    numbered = [line.replace("have :", f"have hf{i} :", 1) for i, line in enumerate(dict.fromkeys(lines))]
    return [*squares, *map(_tried, [*equations(goal, kinds), *numbered])]


def _tried(line: str) -> str:
    """A fact that may fail to hold without harm."""
    first, *rest = line.split("\n")
    return "\n".join([f"try {first}", *(f"      {r}" for r in rest)])


def _of_terms(found: Sequence[Relation], kinds: Mapping[str, str]) -> Iterator[str]:
    """A product of positive factors is no less than either, a power no less than its base."""
    for t in (t for r in found for t in r.walk()):
        names = set(t.names)
        if not names or not names <= kinds.keys():
            continue
        natural = all(kinds[n] == "Nat" for n in names)
        if t.op == "*" and len(f := t.factors()) == 2 and not any(x.closed for x in f):
            a, b = f[0].wrapped, f[1].wrapped
            if natural:
                yield f"have : _ := Nat.le_mul_of_pos_right {a} (show 0 < {b} by omega)"
                yield f"have : _ := Nat.le_mul_of_pos_left {b} (show 0 < {a} by omega)"
            elif all(kinds[n] == "Int" for n in names):
                yield f"have : _ := Int.mul_pos (show 0 < {a} by omega) (show 0 < {b} by omega)"
        if t.op == "^" and t.args[0].op == "name" and t.args[1].op == "number":
            a, k = t.args[0].text, t.args[1].value
            if kinds[a] == "Nat" and k:
                yield f"have : _ := Nat.le_self_pow (n := {k}) (by decide) {a}"
            elif k == 2:
                yield f"have : _ := hsq {a}"


def _of_divisors(goal: Goal, kinds: Mapping[str, str]) -> Iterator[str]:
    """What divides a number is no larger."""
    for h, r in single(goal):
        kind = kind_of(r.left.names, kinds)
        if r.sign != "∣" or r.negated or not value(r.right):
            continue
        if kind == "Nat":
            yield f"have : _ := Nat.le_of_dvd (by decide) {h.name}"
        elif kind == "Int":
            yield f"have : _ := Int.le_of_dvd (by decide) {h.name}"
            yield f"have : _ := Int.le_of_dvd (by decide) (Int.neg_dvd.mpr {h.name})"


def _largest(found: Sequence[Relation], limits: Ranges) -> int:
    """The largest number that occurs, or that a side of an equation may be."""
    numbers = [t.value for r in found for t in r.walk() if t.op == "number"]
    sides = [n for r in found if r.sign == "=" for s in r.terms if (n := _highest(s, limits)) is not None]
    return max([*numbers, *sides], default=0)


def _of_exponents(found: Sequence[Relation], limits: Ranges, largest: int) -> Iterator[str]:
    """A power is small where its exponent is; and an exponent, where its power is, which may take the others."""
    listed = powers(list(found))
    for base, exponent in listed:
        high = limits.get(exponent.text, (None, None))[1]
        if high is not None and high * base.bit_length() <= _MOST_BITS:
            below = f"(show {exponent.text} ≤ {high} by omega)"
            yield f"have : _ := Nat.pow_le_pow_right (n := {base}) (by decide) {below}"
    for base, exponent in listed:
        if linear(exponent) is not None and largest:
            k, name = int(math.log(largest, base)) + 1, exponent.text
            yield (f"have : {name} < {k} := by\n  false_or_by_contra\n  have : _ := Nat.pow_le_pow_right (n := {base}) "
                   f"(by decide) (show {k} ≤ {name} by omega)\n  first | omega | grind")  # fmt: skip


def _of_powers(found: Sequence[Relation], kinds: Mapping[str, str], limits: Ranges) -> Iterator[str]:
    """A power is small where its base is."""
    for t in (t for r in found for t in r.walk()):
        if t.op != "^" or t.args[0].text not in limits or t.args[1].op != "number" or t.args[1].value < 2:
            continue
        name, k = t.args[0].text, t.args[1].value
        low, high = limits[name]
        if high is not None and kinds.get(name) == "Nat" and high.bit_length() * k <= _MOST_BITS:
            yield f"have : _ := Nat.pow_le_pow_left (show {name} ≤ {high} by omega) {k}"
        elif high is not None and low is not None and kinds.get(name) == "Int" and k == 2:
            most = max(abs(low), abs(high))
            around = f"(show 0 ≤ {most} - {name} by omega) (show 0 ≤ {most} + {name} by omega)"
            yield f"have : {t.text} ≤ {most**2} := by\n  have hm := Int.mul_nonneg {around}\n  grind"


def _of_bases(found: Sequence[Relation], kinds: Mapping[str, str], largest: int) -> Iterator[str]:
    """A base is small where its power is."""
    for t in (t for r in found for t in r.walk()):
        if t.op != "^" or t.args[0].text not in kinds or t.args[1].op != "number" or t.args[1].value < 2:
            continue
        name, k = t.args[0].text, t.args[1].value
        root = next((n for n in range(2, _LARGEST_ROOT) if n**k > largest), None)
        if root is None:
            continue
        if kinds[name] == "Nat":
            yield (f"have : {name} < {root} := by\n  false_or_by_contra\n  have : _ := Nat.pow_le_pow_left "
                   f"(show {root} ≤ {name} by omega) {k}\n  omega")  # fmt: skip
        elif k == 2:
            at_least = f"(show {root} ≤ {name}.natAbs by omega)"
            yield (f"have : {name}.natAbs < {root} := by\n  false_or_by_contra\n"
                   f"  have hl := Nat.mul_le_mul {at_least} {at_least}\n"
                   f"  have hs := Int.natAbs_mul_self (a := {name})\n"
                   f"  have hp : {name} ^ 2 = {name} * {name} := by rw [Int.pow_succ, Int.pow_one]\n"
                   "  omega")  # fmt: skip


def _highest(term: Term, limits: Ranges) -> int | None:
    """The largest value of a term over the natural numbers, as far as its variables' limits give one."""
    if term.op == "name":
        return limits.get(term.text, (None, None))[1]
    if term.op == "number":
        return term.value
    parts = [_highest(a, limits) for a in term.args]
    match term.op, parts:
        case "+", [int(a), int(b)]:
            return a + b
        case "*", [int(a), int(b)] if a.bit_length() + b.bit_length() <= _MOST_BITS:
            return a * b
        case "^", [int(a), int(b)] if b >= 0 and a.bit_length() * b <= _MOST_BITS:
            return a**b
        case ("-" | "/"), [int(a), _]:
            return a
    return None


def stated(goal: Goal) -> dict[str, tuple[int | None, int | None]]:
    """The lowest and highest values of variables, as far as hypotheses say them, also by what they divide."""
    low: dict[str, int] = {}
    high: dict[str, int] = {}
    for _, r in asserted(goal):
        found = bounds(r)
        if r.sign == "∣" and not r.negated and r.left.op == "name" and (number := value(r.right)):
            found = Bounds(r.left.text, None, abs(number))
        if found is not None and found.low is not None:
            low[found.name] = max(found.low, low.get(found.name, found.low))
        if found is not None and found.high is not None:
            high[found.name] = min(found.high, high.get(found.name, found.high))
    return {name: (low.get(name), high.get(name)) for name in {**low, **high}}
