"""Theorems that are no induction hypothesis as they stand: a more general one, or one about parts, is shown.

`sumTR l 0 = l.sum` is `∀ acc, sumTR l acc = l.sum + acc`, since the accumulator changes: what its first value is
neutral for says how the more general theorem may read. And for `count x xs.reverse` one has to know `count x (a ++ b)`.

Not here: finding the applications (`own.py`), other inductions (`programs.py`, `nested.py`).
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import TypeAlias

from prover.generators.rules.base import NAME, mentions
from prover.generators.rules.own import Application, Own, applications, nesting

#: From where to where in the target.
Span: TypeAlias = tuple[int, int]

#: A first value → how to add another to a result, `{r}`, that was made with it.
_NEUTRAL = {
    "0": ("{r} + {a}",), "1": ("{r} * {a}", "{r} + {a}"), "[]": ("{r} ++ {a}", "{a} ++ {r}"),
    "#[]": ("{a} ++ {r}", "{r} ++ {a}"), '""': ("{a} ++ {r}", "{r} ++ {a}"), "true": ("({a} && {r})",),
    "false": ("({a} || {r})",),
}  # fmt: skip
#: The type of values → how a function may be made of its values for two parts.
_JOINED = {
    "Nat": ("{x} + {y}", "{x} * {y}", "max ({x}) ({y})"), "Int": ("{x} + {y}", "{x} * {y}"),
    "List": ("{x} ++ {y}", "{y} ++ {x}"), "String": ("{x} ++ {y}",),
    "Bool": ("({x} && {y})", "({x} || {y})"), "Prop": ("({x} ∧ {y})", "({x} ∨ {y})"),
}  # fmt: skip
_LISTS = re.compile(r"\+\+|\.(reverse|flatten|flatMap|append|concat|map)\b")
_ACCUMULATOR = "acc"
_MOST = 3


def generalised(target: str, found: Own, data: Sequence[str], close: str) -> Iterator[str]:
    """Whole proofs with an accumulator, by induction on one of `data`; `close` ends each case."""
    for function in found.recursive:
        for at in list(applications(target, function))[:_MOST]:
            other = _other_side(target, at)
            for place in at.arguments:
                ways = _NEUTRAL.get(target[slice(*place)], ())
                if other:
                    yield from _of_equation(target, at, place, other, ways, data, close)
                yield from _of_function(target, function, at, place, ways, data, close)
            if other and not at.receiver:
                yield from _of_values(target, function, at, other, found, close)


def homomorphisms(target: str, found: Own, data: Sequence[str], close: str) -> Iterator[str]:
    """Whole proofs by what a function makes of `a ++ b`, where the target applies it to a list that is no variable."""
    for function in found.recursive:
        for at in list(applications(target, function))[:_MOST]:
            for place in at.arguments:
                value = target[slice(*place)]
                if not _LISTS.search(value):
                    continue
                whole, one, other = (_with(target, at, place, x) for x in ("(a ++ b)", "a", "b"))
                for way in _JOINED.get(found.results.get(function, "").split(" ")[0], ()):
                    same = "↔" if "∧" in way or "∨" in way else "="
                    lemma = f"∀ a b : type_of% {value}, {whole} {same} {way.format(x=one, y=other)}"
                    shown = f"have h : {lemma} := by\n  intro a b\n  induction a <;> {close}\n"
                    yield from (f"{shown}induction {name} <;> {close}" for name in data)


def _of_equation(
    target: str, at: Application, place: Span, other: str, ways: Sequence[str], data: Sequence[str], close: str
) -> Iterator[str]:
    """The application is one side: the value is the other side and the accumulator."""
    term, first = _with(target, at, place, _ACCUMULATOR), target[slice(*place)]
    for way in ways:
        value = way.format(r=f"({other})" if " " in other else other, a=_ACCUMULATOR)
        for name in data:
            if mentions(term, name):
                yield (f"suffices h : ∀ {_ACCUMULATOR}, {term} = {value} by first | simpa using h {first} | grind\n"
                       f"induction {name} <;> {close}")  # fmt: skip


def _of_function(
    target: str, function: str, at: Application, place: Span, ways: Sequence[str], data: Sequence[str], close: str
) -> Iterator[str]:
    """Wherever it stands: the value is that for the first accumulator, and the accumulator; for all other arguments."""
    values = at.values(target)
    which = at.arguments.index(place) + bool(at.receiver)
    fixed = [bool(NAME.fullmatch(v)) and v not in data for v in values]
    names = [v if fixed[i] else f"x{i}" for i, v in enumerate(values)]
    bound = [n for i, n in enumerate(names) if not fixed[i] and i != which]
    binders = " ".join(f"({n} : type_of% {v})" for n, v in zip(names, values, strict=True) if n in bound)
    general, first = (
        " ".join([function, *names[:which], a, *names[which + 1 :]]) for a in (_ACCUMULATOR, values[which])
    )
    made = [way.format(r=f"({first})", a=_ACCUMULATOR) for way in ways]
    if values[which] == "[]":
        made += [f"{x}.reverse ++ {_ACCUMULATOR}" for x in bound]
    for value in made:
        for x in bound:
            lemma = f"∀ {binders} {_ACCUMULATOR}, {general} = {value}"
            shown = f"have h : {lemma} := by\n  intro {' '.join(bound)}\n  induction {x} <;> {close}\n"
            for end in (close, *(f"induction {name} <;> {close}" for name in data)):
                yield shown + end


def _of_values(target: str, function: str, at: Application, other: str, found: Own, close: str) -> Iterator[str]:
    """f n 0 1 = g n where 0 and 1 are g 0 and g 1: of any g k and g (k + 1) the function makes g (n + k)."""
    values = at.values(target)
    numbers = [i for i, v in enumerate(values) if v.isdigit()]
    for g in found.recursive:
        side = next((a for a in applications(other, g) if (a.start, a.end) == (0, len(other))), None)
        n = other[slice(*side.arguments[-1])] if side is not None and side.arguments else ""
        if len(numbers) not in (1, 2) or n not in values or not NAME.fullmatch(n):
            continue
        for order in (numbers, numbers[::-1]):
            made = list(values)
            for k, i in enumerate(order):
                made[i] = f"({g} (k + {k}))" if k else f"({g} k)"
            yield (f"suffices h : ∀ k, {function} {' '.join(made)} = {g} ({n} + k) by "
                   f"first | simpa [{g}] using h 0 | grind [{g}]\ninduction {n} <;> {close}")  # fmt: skip


def _with(target: str, at: Application, place: Span, name: str) -> str:
    """The application with another argument in that place."""
    return target[at.start : place[0]] + name + target[place[1] : at.end]


def _other_side(target: str, at: Application) -> str:
    """Of the equation that the target is, where the application is one side; "" where it is not."""
    depth = 0
    for position, character in enumerate(target):
        depth += nesting(character)
        if not depth and character in "∀∃↔∧∨→λ":
            return ""
        if not depth and target.startswith(" = ", position):
            left, right = (0, position), (position + 3, len(target))
            found = {left: right, right: left}.get((at.start, at.end))
            return target[slice(*found)] if found is not None else ""
    return ""
