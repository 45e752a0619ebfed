"""Sequences that a goal gives by first values and a rule for the next one, read; and their values, worked out.

Not here: tactics (`sequences.py`, `closed_forms.py`).
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from fractions import Fraction
from math import lcm
from typing import NamedTuple

from prover.generators.rules.base import NUMBERS, arguments, propositions, single, variables
from prover.generators.rules.polynomials import monomials
from prover.generators.rules.terms import Relation, Term, difference, least, linear, read, read_term, solved, value
from prover.lean.state import Goal

_RULE = re.compile(r"∀ \((?P<n>[^\s:]+) : Nat\), (?:(?P<guard>[^→∀]+) → )?(?P<equation>[^→∀]+)")
_MOST_BITS = 8_000


@dataclass(frozen=True, slots=True)
class Recurrence:
    """`hypothesis : ∀ n, [guard] f (n + shift) = next`, for n ≥ least, of the values `order` places back and later.

    `proof` is the tactic that gives the hypothesis, "" where the goal has it.
    """

    hypothesis: str
    proof: str
    f: str
    kind: str
    n: str
    guarded: bool
    least: int
    shift: int
    order: int
    next: Term

    @property
    def start(self) -> int:
        """The place of the oldest value of the first state."""
        return self.least + self.shift - self.order

    def back(self, term: Term) -> int | None:
        """How many places before the new value a term `f (n + c)` stands; None for another term."""
        at = argument(term, self.f)
        place = None if at is None else offset(at, self.n)
        return None if place is None else self.shift - place


class Begun(NamedTuple):
    """A rule and the values before the first that it gives, oldest first: hypotheses, as written, and what they are."""

    rule: Recurrence
    hypotheses: tuple[str, ...]
    texts: tuple[str, ...]
    first: tuple[Fraction, ...]


def argument(term: Term, f: str) -> Term | None:
    """What f is applied to; None for another term."""
    if term.op != "name" or not term.text.startswith(f"{f} "):
        return None
    return read_term(term.text[len(f) :])


def offset(term: Term, n: str) -> int | None:
    """c of `n + c`."""
    found = linear(term)
    return found.get("", 0) if found is not None and found.get(n) == 1 and set(found) <= {n, ""} else None


def recurrences(goal: Goal) -> Iterator[Recurrence]:
    """The rules that hypotheses give for functions of the natural numbers."""
    functions = {v.name: v.type.removeprefix("Nat → ") for v in variables(goal) if v.type.startswith("Nat → ")}
    for h in propositions(goal):
        match = _RULE.fullmatch(" ".join(h.type.split()))
        relations = read(match["equation"]) if match else []
        if match is None or len(relations) != 1 or relations[0].sign != "=" or relations[0].negated:
            continue
        n, guard = match["n"], match["guard"]
        lower = 0 if guard is None else next((least(r, n) for r in read(guard)), None)
        if lower is None:
            continue
        told = Recurrence(h.name, "", "", "", n, guard is not None, lower, 0, 0, relations[0].right)
        found = _solved(told, relations[0], functions)
        newest = _newest(relations[0], functions, n) if found is None else None
        if newest is not None:
            hn = " hn" if guard else ""
            proof = f"have hg : {_stated(match, newest)} := by\n  intro {n}{hn}\n"
            proof += f"  have hf := {h.name} {n}{hn}\n  first | omega | grind\n"
            found = _solved(replace(told, hypothesis="hg", proof=proof), newest, functions)
        if found is not None:
            yield found


def _solved(told: Recurrence, relation: Relation, functions: Mapping[str, str]) -> Recurrence | None:
    """The rule of an equation that gives the newest value by itself; None for another."""
    f = relation.left.text.partition(" ")[0]
    at = argument(relation.left, f) if functions.get(f) in NUMBERS else None
    shift = None if at is None else offset(at, told.n)
    if shift is None:
        return None
    rule = replace(told, f=f, kind=functions[f], shift=shift, next=relation.right)
    back = [b for t in relation.right.walk() if t.text.startswith(f"{f} ") and (b := rule.back(t)) is not None]
    return replace(rule, order=max(back)) if back and min(back) > 0 and rule.least + shift >= max(back) else None


def _newest(relation: Relation, functions: Mapping[str, str], n: str) -> Relation | None:
    """A rule with its newest value by itself, of `f (n + 1) - f n = 4`; None for another, or one that is not linear."""
    left, right = (monomials(side) for side in relation.terms)
    if left is None or right is None:
        return None
    parts = difference(left, right)
    places: dict[str, int] = {}
    for text in dict.fromkeys(name for names in parts for name in names):
        f = text.partition(" ")[0]
        term = read_term(text) if f in functions else None
        at = None if term is None else argument(term, f)
        place = None if at is None else offset(at, n)
        if place is not None:
            places[text] = place
    newest = max(places, key=lambda text: places[text], default="")
    scale = lcm(*(c.denominator for c in parts.values()))
    coefficients = {names: int(c * scale) for names, c in parts.items()}
    whole = coefficients.pop((newest,), 0)
    divided = abs(whole) != 1
    kind = functions.get(newest.partition(" ")[0])
    if not whole or (divided and kind != "Rat") or any(newest in names for names in coefficients):
        return None
    rest = solved({" * ".join(names): c for names, c in coefficients.items()}, whole)
    return next(iter(read(f"{newest} = ({rest}) / {abs(whole)}" if divided else f"{newest} = {rest}")), None)


def _stated(match: re.Match[str], relation: Relation) -> str:
    guard = f"{match['guard']} → " if match["guard"] else ""
    return f"∀ {match['n']} : Nat, {guard}{relation.left.text} = {relation.right.text}"


def places(goal: Goal, f: str) -> list[int]:
    """The places c of all `f c` outside of the rule, ascending."""
    texts = [goal.target, *(h.type for h in propositions(goal))]
    return sorted({place for text in texts for place in arguments(f, text)})


def begun(goal: Goal, rule: Recurrence) -> Begun | None:
    """The rule from where on values are known; None where they are not."""
    given = _given(goal, rule)
    # The rule may hold for places before the first value that is known.
    later = (lower for lower in sorted(place - rule.shift + rule.order for place in given) if lower >= rule.least)
    for begins in (replace(rule, least=lower) for lower in (rule.least, *later)):
        if all(begins.start + j in given for j in range(rule.order)):
            return Begun(begins, *zip(*(given[begins.start + j] for j in range(rule.order)), strict=True))
    return None


def _given(goal: Goal, rule: Recurrence) -> dict[int, tuple[str, str, Fraction]]:
    """Place → the hypothesis that gives the value there, as it is written, and what it is."""
    found: dict[int, tuple[str, str, Fraction]] = {}
    for h, r in single(goal):
        at = argument(r.left, rule.f)
        place, number = (None if at is None else value(at)), _number(r.right, rule, {}, 0)
        if r.sign == "=" and not r.negated and place is not None and number is not None:
            found[place] = h.name, r.right.text, number
    return found


def _number(term: Term, rule: Recurrence, window: dict[int, Fraction], n: int) -> Fraction | None:
    """What a term is, given values by how far back they stand; as Lean counts, None where that is not known here."""
    if term.op == "number":
        return Fraction(term.value)
    if term.op == "name":
        if term.text.removeprefix("↑") == rule.n:
            return Fraction(n)
        back = rule.back(term)
        return None if back is None else window.get(back)
    parts = [_number(a, rule, window, n) for a in term.args]
    if any(p is None for p in parts):
        return None
    result: Fraction | None = None
    match term.op, parts:
        case "-", [Fraction() as a]:
            result = -a
        case "+", [Fraction() as a, Fraction() as b]:
            result = a + b
        case "-", [Fraction() as a, Fraction() as b]:
            result = max(a - b, Fraction(0)) if rule.kind == "Nat" else a - b
        case "*", [Fraction() as a, Fraction() as b]:
            result = a * b
        case "/", [Fraction() as a, Fraction() as b] if b > 0 or (rule.kind == "Rat" and b):
            result = a / b if rule.kind == "Rat" else Fraction(a // b)
        case "%", [Fraction() as a, Fraction() as b] if b > 0 and rule.kind != "Rat":
            result = a % b
        case "^", [Fraction() as a, Fraction() as b] if b.denominator == 1 and 0 <= b <= 64:
            result = a ** int(b)
    return result


def values(rule: Recurrence, first: Sequence[Fraction], count: int) -> list[Fraction]:
    """The first `count` values, from `rule.start`; fewer where they grow too large or are not known here."""
    found = list(first)
    while len(found) < count:
        window = {back: found[-back] for back in range(1, rule.order + 1)}
        following = _number(rule.next, rule, window, rule.start + len(found) - rule.shift)
        if following is None or max(following.numerator.bit_length(), following.denominator.bit_length()) > _MOST_BITS:
            break
        found.append(following)
    return found
