"""Numbers that exist: found by trying small ones here, or the usual ones above a variable; checked by Lean."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from fractions import Fraction
from functools import lru_cache
from itertools import combinations, islice
from math import gcd

from prover.generators.protocol import Position
from prover.generators.rules.algebra import rational_roots
from prover.generators.rules.base import NAME, NUMBERS, Suggestion, mentions, variables
from prover.generators.rules.power_residues import showing
from prover.generators.rules.terms import Relation, compare, difference, linear, read, solved
from prover.lean.state import Goal

_EXISTS = re.compile(r"∃ (?P<names>[^,()∃∀]+), (?P<body>[^∃∀→↔∨]+)")
_ALTERNATIVES = re.compile(r"∃ (?P<name>[^\s,()∃∀]+), (?P<body>[^∃∀→↔∧]+)")
#: How far to look, by the number of variables: nearest first, the last the farthest.
_RADII = {1: (10, 2000), 2: (10, 100), 3: (8, 20, 60)}
_CHECK = "first | decide | omega | decide +kernel"
#: What is larger, even, odd, or a little further: with a variable for `#`.
_USUAL = ("#", "# + 1", "# + 2", "2 * #", "2 * # + 1", "2 * # + 2", "# - 1", "# / 2", "# ^ 2", "# * (# + 1)")
_MOST_BETWEEN = 3


def witnesses(position: Position) -> Iterator[Suggestion]:
    """All rules of this file."""
    goal = position.goals[0]
    yield from _quotients(goal)
    match = _EXISTS.fullmatch(" ".join(goal.target.split()))
    if match is None:
        return
    names, body = tuple(match["names"].split(" : ")[0].split()), match["body"]
    if "Rat" in goal.constants:
        yield from (Suggestion(1.0, f"exact ⟨{x}, by {_CHECK}⟩") for x in _rational(names, body))
    elif found := _search(names, body, "Int" in goal.constants):
        yield Suggestion(1.5, f"exact ⟨{', '.join(map(str, found))}, by {_CHECK}⟩")
    if len(names) == 2:
        yield from (Suggestion(1.0, tactic) for tactic in _combined(names, body))
    elif len(names) == 1:
        yield from (Suggestion(1.0, tactic) for tactic in _whole(goal, body))
        yield from (Suggestion(0.8, tactic) for tactic in _next_one(goal, names[0], body))
        for tried in _usual(goal, body):
            yield Suggestion(1.0, "first " + " ".join(f"| exact ⟨{w}, by first | omega | grind⟩" for w in tried))


def _rational(names: Sequence[str], body: str) -> Iterator[Fraction]:
    """The rational roots of an equation, where that is all there is to say."""
    relations = read(body)
    if len(names) == 1 and len(relations) == 1 and "∧" not in body:
        yield from rational_roots(relations[0], names[0])


def _quotients(goal: Goal) -> Iterator[Suggestion]:
    """The k of t = 4 * k ∨ t = 4 * k + 1 is t / 4, where that is what remainders t has."""
    match = _ALTERNATIVES.fullmatch(" ".join(goal.target.split()))
    if match is None:
        return
    quotients: dict[str, None] = {}
    remainders = []
    for r in read(match["body"]):
        shape = linear(r.right) or {}
        m, c = shape.get(match["name"], 0), shape.get("", 0)
        if r.sign != "=" or r.negated or m < 2 or len(shape) > 2 or not 0 <= c < m:
            return
        quotients[f"({r.left.text}) / {m}"] = None
        remainders.append(f"({r.left.text}) % {m} = {c}")
    if len(quotients) == 1:
        if len(remainders) == 1:
            yield Suggestion(1.0, f"exact ⟨{next(iter(quotients))}, by omega⟩")
        # Whatever shows the remainders ends with linear arithmetic, which then sees the quotient, too.
        for tactic in showing(goal, " ∨ ".join(remainders)):
            yield Suggestion(1.0, f"refine ⟨{next(iter(quotients))}, ?_⟩\n{tactic}")


def _whole(goal: Goal, body: str) -> Iterator[str]:
    """A whole number next to a rational, or beyond it."""
    for x in (v.name for v in variables(goal) if v.head == "Rat" and mentions(body, v.name)):
        next_up = f"({x}.floor + 1)"
        yield "\n".join([
            f"have hl := Rat.floor_le {x}\nhave hu := Rat.lt_floor_add_one {x}",
            f"have ht := Rat.intCast_le_intCast.mpr (Int.self_le_toNat {next_up})",
            "rw [Rat.intCast_natCast] at ht",
            "first " + " ".join(f"| exact ⟨{w}, by grind⟩" for w in (f"{x}.floor", next_up, f"{next_up}.toNat")),
        ])  # fmt: skip


def _combined(names: Sequence[str], body: str) -> Iterator[str]:
    """The a and b of n = 3 * a + 5 * b: b is what n's remainder by 3 asks for, or a what that by 5 does."""
    for r in read(body) if "∧" not in body else ():
        left, right = (linear(side) for side in r.terms)
        parts = difference(right, left) if left is not None and right is not None else {}
        p, q = (abs(parts.get(n, 0)) for n in names)
        if r.sign != "=" or parts.get(names[0], 0) * parts.get(names[1], 0) <= 0 or gcd(p, q) != 1:
            continue
        n = solved({k: c for k, c in parts.items() if k not in names}, 1 if parts[names[0]] > 0 else -1)
        for m, other, order in ((p, q, "{0}, {1}"), (q, p, "{1}, {0}")):
            if m > 1:
                least = f"({pow(other, -1, m)} * ({n})) % {m}"
                yield f"exact ⟨{order.format(f'(({n}) - {other} * ({least})) / {m}', least)}, by omega⟩"


def _next_one(goal: Goal, name: str, body: str) -> Iterator[str]:
    """By induction: the number that exists for n, or the next one, exists for n + 1."""
    for n in (v.name for v in variables(goal) if v.head == "Nat" and mentions(body, v.name)):
        same = _renamed(body, {name: "m", n: f"({n} + 1)"})
        yield "\n".join([
            f"induction {n} with", "| zero => exact ⟨0, by simp⟩", f"| succ {n} ih =>", "  obtain ⟨m, hm⟩ := ih",
            f"  rcases Classical.em ({same}) with hx | hx", "  · exact ⟨m, hx⟩", "  · exact ⟨m + 1, by grind⟩",
        ])  # fmt: skip


def _renamed(text: str, by: Mapping[str, str]) -> str:
    return NAME.sub(lambda found: by.get(found[0], found[0]), text)


def _usual(goal: Goal, body: str) -> Iterator[list[str]]:
    """For one number that exists for each value of a variable, or of two, between them."""
    spoken_of = [v.name for v in variables(goal) if v.head in NUMBERS and mentions(body, v.name)]
    remainders = [(m, r.right.text) for r in read(body) if r.sign == "=" and r.left.op == "%" and r.right.closed
                  if (m := r.left.args[1].text)]  # fmt: skip
    for name in spoken_of:
        yield [w.replace("#", name) for w in _USUAL]
        if len(remainders) == 1:
            [(m, c)] = remainders
            yield [f"{m} * {name} + {c}", f"{m} * {name} + {m} + {c}"]
    for x, y in islice(combinations(spoken_of, 2), _MOST_BETWEEN):
        yield [f"({x} + {y}) / 2", f"{x} + {y}", f"{x} * {y}", f"{x} - {y}", f"{y} - {x}"]


@lru_cache(maxsize=64)
def _search(names: tuple[str, ...], body: str, signed: bool) -> tuple[int, ...]:
    """() where there are none, or the body says what cannot be read."""
    relations = [r for part in body.split("∧") for r in read(part)]
    if len(names) not in _RADII or len(relations) != body.count("∧") + 1:
        return ()
    used = [set(r.names) for r in relations]
    if any(not of <= set(names) for of in used):
        return ()
    # Each is asked as soon as all that it speaks of has a value.
    asked = [
        [r for r, of in zip(relations, used, strict=True) if of <= set(names[: i + 1]) and not of <= set(names[:i])]
        for i in range(len(names))
    ]
    for radius in _RADII[len(names)]:
        numbers = sorted(range(-radius if signed else 0, radius + 1), key=abs)
        found = next(_fitting(names, asked, numbers, {}), None)
        if found is not None:
            return found
    return ()


def _fitting(
    names: Sequence[str], asked: Sequence[Sequence[Relation]], numbers: Sequence[int], known: Mapping[str, int]
) -> Iterator[tuple[int, ...]]:
    if len(known) == len(names):
        yield tuple(known.values())
        return
    name = names[len(known)]
    for n in numbers:
        more = {**known, name: n}
        if all(compare(r, more) for r in asked[len(known)]):
            yield from _fitting(names, asked, numbers, more)
