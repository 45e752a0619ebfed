"""The closed form of a sequence, guessed from its first values and shown by induction: a n = 3 / (4 * n - 1).

Guesses are polynomials, their ratios, and powers added to polynomials, with the coefficients that linear algebra finds
for more values than there are coefficients. Not here: values without a closed form (`sequences.py`), closed forms that
the target has already (`counting.py`).
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from fractions import Fraction
from math import isqrt, lcm
from typing import NamedTuple

from prover.generators.protocol import Position
from prover.generators.rules.base import Suggestion, variables
from prover.generators.rules.linear_systems import solution
from prover.generators.rules.recurrences import Begun, begun, places, recurrences, values
from prover.lean.state import Goal

_VALUES = 14
_BASES = tuple(Fraction(b) for b in (*range(2, 11), -1, -2, -3, "1/2", "1/3", "1/4", "2/3", "-1/2"))
_MORE = (1, 2, 4)  # terms of the polynomial beside a power
_MOST_INDICES = 6
_NEAR = 40  # iterates up to here are evaluated as fast (`sequences.py`)
_CLOSE = "first | decide +kernel | omega | grind | simp_all"


class _Part(NamedTuple):
    """coefficient * base ^ i * i ^ degree."""

    coefficient: Fraction
    base: Fraction
    degree: int


class _Form(NamedTuple):
    """A sum of parts over another, of i = 0, 1, …"""

    above: tuple[_Part, ...]
    below: tuple[_Part, ...]


def closed_forms(position: Position) -> Iterator[Suggestion]:
    """All rules of this file."""
    goal = position.goals[0]
    for rule in recurrences(goal):
        known = begun(goal, rule)
        if known is None:
            continue
        first = known.rule.start + rule.order
        wanted, anywhere = [p for p in places(goal, rule.f) if p >= first], list(_anywhere(goal, rule.f))
        if not anywhere and (not wanted or wanted[-1] < first + _NEAR):
            continue
        form = _form(values(known.rule, known.first, _VALUES), known.rule.kind)
        if form is not None and len(wanted) <= _MOST_INDICES:
            yield Suggestion(1.0, rule.proof + "\n".join(_shown(known, form, wanted, anywhere)))


def _anywhere(goal: Goal, f: str) -> Iterator[str]:
    """The variables n of the target's `f n` and `f (n + c)`."""
    for n in (v.name for v in variables(goal) if v.head == "Nat"):
        if re.search(rf"(?<![\w.]){re.escape(f)} \(?{re.escape(n)}(?![\w'])", goal.target):
            yield n


def _form(found: Sequence[Fraction], kind: str) -> _Form | None:
    """The shortest closed form of all these values."""
    if len(found) < _VALUES:
        return None
    one = (_Part(Fraction(1), Fraction(1), 0),)
    for degree in range(4):
        if form := _fitted(found, [(Fraction(1), k) for k in range(degree + 1)]):
            return _Form(form, one)
    if kind == "Rat":
        for up, down in ((0, 1), (1, 1), (0, 2), (1, 2), (2, 1), (2, 2), (0, 3)):
            if both := _ratio(found, up, down):
                return both
    roots = _roots(found)
    if len(roots) > 1 and (form := _fitted(found, [*((r, 0) for r in roots), (Fraction(1), 0)])):
        return _Form(form, one)
    for base in dict.fromkeys((*roots, *_BASES)):
        for more in ([(base, 1)], *([(Fraction(1), k) for k in range(terms)] for terms in _MORE)):
            if form := _fitted(found, [(base, 0), *more]):
                return _Form(form, one)
    return None


def _roots(found: Sequence[Fraction]) -> list[Fraction]:
    """r and s of values that are sums of multiples of r ^ i, s ^ i and a number; none where these are not rational."""
    one = Fraction(1)
    steps = range(len(found) - 2)
    rows = found[1:], found, [one] * len(found)
    columns = [{i: x for i in steps if (x := row[i])} for row in rows]
    told = solution(columns, {i: found[i + 2] for i in steps if found[i + 2]})
    if told is None:
        return []
    p, q, _ = told
    square = p * p + 4 * q
    root = Fraction(isqrt(max(square.numerator, 0)), isqrt(square.denominator))
    return sorted({(p - root) / 2, (p + root) / 2} - {0, one}) if root**2 == square else []


def _fitted(found: Sequence[Fraction], bases: Sequence[tuple[Fraction, int]]) -> tuple[_Part, ...]:
    """The combination of these powers that has the values; () where none has."""
    few = range(len(bases) + 1)
    columns = [{i: x for i in few if (x := base**i * i**k)} for base, k in bases]
    coefficients = solution(columns, {i: found[i] for i in few if found[i]})
    if coefficients is None:
        return ()
    parts = [_Part(c, base, k) for c, (base, k) in zip(coefficients, bases, strict=True) if c]
    return tuple(parts or [_Part(Fraction(0), Fraction(1), 0)]) if _fits(parts, found) else ()


def _fits(parts: Sequence[_Part], found: Sequence[Fraction]) -> bool:
    return all(_sum(parts, i) == x for i, x in enumerate(found))


def _ratio(found: Sequence[Fraction], up: int, down: int) -> _Form | None:
    """The ratio of polynomials of these degrees that has the values, with a denominator that is never zero."""
    columns = [{i: x for i in range(len(found)) if (x := Fraction(i**k))} for k in range(up + 1)]
    columns += [{i: x for i, v in enumerate(found) if (x := -v * i**k)} for k in range(1, down + 1)]
    coefficients = solution(columns, {i: x for i, x in enumerate(found) if x})
    if coefficients is None:
        return None
    scale = lcm(*(c.denominator for c in coefficients))
    above = tuple(_Part(c * scale, Fraction(1), k) for k, c in enumerate(coefficients[: up + 1]) if c)
    below = [_Part(Fraction(scale), Fraction(1), 0)]
    below += [_Part(c * scale, Fraction(1), k) for k, c in enumerate(coefficients[up + 1 :], 1) if c]
    return _Form(above, tuple(below)) if above and all(p.coefficient > 0 for p in below) else None


def _shown(known: Begun, form: _Form, wanted: Sequence[int], anywhere: Sequence[str]) -> Iterator[str]:
    """`hc : ∀ i, f (i + start) = …` by induction, as many neighbours at once as the rule asks for; then its uses."""
    rule = known.rule
    f, start, kind = rule.f, rule.start, rule.kind
    left = [f"{f} (i + {start + j})" if start + j else f"{f} i" for j in range(rule.order)]
    same = " ∧ ".join(_equation(at, form, j, kind) for j, at in enumerate(left))
    step = [f"have hs := {rule.hypothesis} (i + {rule.least}){' (by omega)' if rule.guarded else ''}"]
    if kind == "Rat":
        step.append("have hi : (0 : Rat) ≤ (i : Rat) := Rat.natCast_nonneg")
    # The rule itself has instances without end.
    step += [f"clear {rule.hypothesis}", "grind"]
    yield f"have hc : ∀ i : Nat, {same} := by"
    yield "  intro i\n  induction i with\n  | zero => grind\n  | succ i ih =>\n    " + "\n    ".join(step)
    yield f"clear {rule.hypothesis}"
    first = ".1" if rule.order > 1 else ""
    for number, place in enumerate(wanted):
        steps = place - start
        yield f"have hv{number} : {f} {place} = {_value(form, steps)} := by\n  have h := (hc {steps}){first}"
        yield "  first | exact h.trans (by decide +kernel) | grind"
    for name in anywhere:
        if start:
            yield f"obtain ⟨i, rfl⟩ : ∃ i, {name} = i + {start} := ⟨{name} - {start}, by omega⟩"
        i = "i" if start else name
        yield f"have hn := (hc {i}){first}"
        if kind == "Rat":
            below = " + ".join(_written(p, i, kind) for p in form.below)
            yield f"have hi : (0 : Rat) ≤ ({i} : Rat) := Rat.natCast_nonneg"
            yield f"have hb : 0 < ({below})⁻¹ := Rat.inv_pos.mpr (by grind)"
        for number, base in enumerate(dict.fromkeys(p.base for p in form.above if p.base > 0 and p.base != 1)):
            yield f"have hp{number} : 0 < ({base} : {kind}) ^ {i} := {kind}.pow_pos (by decide +kernel)"
    yield "clear hc"
    write = f"simp only [{', '.join(f'hv{i}' for i in range(len(wanted)))}]"
    values = f"({write}; done) | ({write}; {_CLOSE}) | " if wanted else ""
    yield f"first | {values}grind | omega | (simp_all; done)"


def _equation(left: str, form: _Form, later: int, kind: str) -> str:
    """left = form at i + later, with whole coefficients and, of natural numbers, without subtraction."""
    i = f"(i + {later})" if later else "i"
    above, below = ([_written(p, i, kind) for p in parts] for parts in form)
    if kind == "Rat":
        return f"{left} = ({' + '.join(above)}) / ({' + '.join(below)})"
    scale = lcm(*(p.coefficient.denominator for p in form.above))
    signed = ([p._replace(coefficient=x) for p in form.above if (x := p.coefficient * scale * sign) > 0]
              for sign in (1, -1))  # fmt: skip
    plus, minus = (" + ".join(_written(p, i, kind) for p in parts) for parts in signed)
    return f"{scale} * {left} + ({minus or 0}) = {plus or 0}"


def _written(part: _Part, i: str, kind: str) -> str:
    """A part in Lean's notation, of numbers of this type."""
    power = [f"({part.base} : {kind}) ^ {i}"] if part.base != 1 else []
    degree = [f"(({i} : Nat) : {kind}) ^ {part.degree}"] if part.degree else []
    return " * ".join([f"({part.coefficient} : {kind})", *power, *degree])


def _value(form: _Form, i: int) -> Fraction:
    return _sum(form.above, i) / _sum(form.below, i)


def _sum(parts: Sequence[_Part], i: int) -> Fraction:
    return sum((p.coefficient * p.base**i * i**p.degree for p in parts), Fraction(0))
