"""Functions of the integers with a rule such as f (n + 2) = f n + 3: from where a value is known they are sequences.

g k = f (2 * k + c) is a function of the natural numbers, with the rule and the values that follow for it; what is said
of its values is left to the rules for sequences. Not here: those (`sequences.py`, `closed_forms.py`).
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import replace
from math import gcd
from typing import NamedTuple

from prover.generators.protocol import Position
from prover.generators.rules.base import Suggestion, arguments, propositions, single, variables
from prover.generators.rules.closed_forms import closed_forms
from prover.generators.rules.recurrences import argument, offset
from prover.generators.rules.sequences import sequences
from prover.generators.rules.terms import Relation, Term, printed, read, substituted, value
from prover.lean.state import Goal, Hypothesis

_RULE = re.compile(r"∀ \((?P<n>[^\s:]+) : Int\), (?P<equation>[^→∀∃]+)")
_SEQUENCE, _STEP, _OF_SEQUENCE = "gs", "ks", "hgs"  # names that no one gives, and no rule


class _Law(NamedTuple):
    """An equation for all integers n of f (n + a), f (n + b), …: `offsets`, by the text of these."""

    hypothesis: Hypothesis
    equation: Relation
    n: str
    offsets: Mapping[str, int]


def integer_sequences(position: Position) -> Iterator[Suggestion]:
    """For targets about values of such a function at numbers, not below the first that is known."""
    goal = position.goals[0]
    for v in variables(goal):
        kind = v.type.removeprefix("Int → ")
        laws = list(_laws(goal, v.name)) if kind in ("Int", "Rat") and kind != v.type else []
        given = {place: (h, r) for h, r in single(goal) if (place := _place(r, v.name)) is not None}
        if len(laws) == 1 and given:
            yield from _as_sequence(goal, v.name, kind, laws[0], given)


def _laws(goal: Goal, f: str) -> Iterator[_Law]:
    for h in propositions(goal):
        match = _RULE.fullmatch(" ".join(h.type.split()))
        found = read(match["equation"]) if match else []
        if match is None or len(found) != 1 or found[0].sign != "=" or found[0].negated:
            continue
        applied = {t.text: at for t in found[0].walk() if (at := argument(t, f)) is not None}
        offsets = {text: c for text, at in applied.items() if (c := offset(at, match["n"])) is not None}
        if len(offsets) == len(applied) > 1:
            yield _Law(h, found[0], match["n"], offsets)


def _place(r: Relation, f: str) -> int | None:
    """c of a hypothesis f c = …"""
    at = argument(r.left, f)
    return None if at is None or r.sign != "=" or r.negated or not r.right.closed else value(at)


def _as_sequence(
    goal: Goal, f: str, kind: str, law: _Law, given: Mapping[int, tuple[Hypothesis, Relation]]
) -> Iterator[Suggestion]:
    lowest, start = min(law.offsets.values()), min(given)
    stride = gcd(*(c - lowest for c in law.offsets.values()))
    if not stride:
        return
    n = Term("name", text=f"({stride} * ({_STEP} : Int) + {start - lowest})")
    places = {c: (c - lowest) // stride for c in law.offsets.values()}
    by = {text: Term("name", text=f"{_SEQUENCE} ({_STEP} + {places[c]})") for text, c in law.offsets.items()}
    by[law.n] = n
    left, right = (printed(substituted(side, by)) for side in law.equation.terms)
    stated = f"∀ {_STEP} : Nat, {left} = {right}"
    at = f"{stride} * (k : Int) + {start}"
    lines = [
        f"obtain ⟨{_SEQUENCE}, hg⟩ : ∃ g : Nat → {kind}, ∀ k : Nat, g k = {f} ({at}) :=\n  ⟨_, fun _ => rfl⟩",
        f"have {_OF_SEQUENCE} : {stated} := by\n  intro {_STEP}\n  have h := {law.hypothesis.name} {n.text}",
        *(f"  have hg{j} := hg ({_STEP} + {j})" for j in places.values()),
        "  grind",
    ]
    facts = [Hypothesis(_OF_SEQUENCE, stated.replace(f"∀ {_STEP} : Nat", f"∀ ({_STEP} : Nat)"), is_prop=True)]
    for place, (h, r) in given.items():
        k, rest = divmod(place - start, stride)
        if not rest:
            lines.append(f"have hgs{k} : {_SEQUENCE} {k} = {r.right.text} := (hg {k}).trans {h.name}")
            facts.append(Hypothesis(f"hgs{k}", f"{_SEQUENCE} {k} = {r.right.text}", is_prop=True))
    target = goal.target
    for place in dict.fromkeys(arguments(f, target)):
        k, rest = divmod(place - start, stride)
        if k >= 0 and not rest:
            lines.append(f"rw [show {f} {place} = {_SEQUENCE} {k} from (hg {k}).symm]")
            target = re.sub(rf"(?<![\w.]){re.escape(f)} {place}\b", f"{_SEQUENCE} {k}", target)
    lines.append(f"clear hg {law.hypothesis.name}")
    data = [h for h in goal.hypotheses if not h.is_prop and h.name != f]
    sequence = replace(goal, target=target, hypotheses=(*data, Hypothesis(_SEQUENCE, f"Nat → {kind}"), *facts))
    for rule in (closed_forms, sequences):
        for weight, tactic in rule(Position((sequence,))) if target != goal.target else ():
            yield Suggestion(weight, "\n".join([*lines, tactic]))
