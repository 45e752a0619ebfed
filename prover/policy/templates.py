"""A tactic without its arguments: `induction xs <;> simp_all [List.map]` is `induction ?v <;> simp_all [?c]`.

What the policy learns about a template holds for all its instances; what tells the instances apart are features of
their arguments (`features.py`). Not here: which tactics there are.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from prover.generators.protocol import Position

_TOKEN = re.compile(r"[^\W\d][\w'!?₀-₉✝]*(?:\.[^\W\d][\w'!?₀-₉]*)*")
_REPEATED = re.compile(r"(\?[vhcp])(?:(?:, | )\1)+")
_NUMBER = re.compile(r"\b\d+\b")
_JOIN = " <;> "
#: Longer tactics are proofs that a rule wrote out; their beginning says which rule.
_LONGEST = 90
_READ = 400


@dataclass(frozen=True, slots=True)
class Template:
    """`move` is what comes first and `closer` the rest, "" where there is one part; `arguments` in their order.

    An argument is (slot, name): "v" a variable, "h" a hypothesis, "c" a constant of the target, "p" a premise.
    """

    move: str
    closer: str
    arguments: tuple[tuple[str, str], ...]

    @property
    def text(self) -> str:
        return f"{self.move}{_JOIN}{self.closer}" if self.closer else self.move


@dataclass(frozen=True, slots=True)
class _Part:
    text: str
    arguments: tuple[tuple[str, str], ...]


class Abstraction:
    """Takes the arguments out of tactics for one position."""

    def __init__(self, position: Position) -> None:
        goal = position.goals[0]
        self._slots = {c: "c" for c in goal.constants}
        self._slots |= {p.name: "p" for p in position.premises}
        self._slots |= {h.name: "h" if h.is_prop else "v" for h in goal.hypotheses}
        self._parts: dict[str, _Part] = {}

    def __call__(self, tactic: str) -> Template:
        move, _, closer = tactic.partition(_JOIN)
        first = self._part(move)
        if not closer:
            return Template(first.text, "", first.arguments)
        last = self._part(closer)
        return Template(first.text, last.text, tuple(dict.fromkeys((*first.arguments, *last.arguments))))

    def _part(self, text: str) -> _Part:
        known = self._parts.get(text)
        if known is None:
            known = self._parts[text] = self._abstracted(text)
        return known

    def _abstracted(self, text: str) -> _Part:
        arguments: dict[tuple[str, str], None] = {}

        def slot(match: re.Match[str]) -> str:
            name = match.group()
            kind = self._slots.get(name)
            if kind is not None:
                arguments[kind, name] = None
                return f"?{kind}"
            # A projection of a hypothesis, `h.mp`, is one of its uses.
            head, dot, rest = name.partition(".")
            kind = self._slots.get(head)
            if not dot or kind not in ("v", "h"):
                return name
            arguments[kind, head] = None
            return f"?{kind}.{rest}"

        shape = _NUMBER.sub("#", _TOKEN.sub(slot, text[:_READ]))
        return _Part(_REPEATED.sub(r"\1", " ".join(shape.split()))[:_LONGEST], tuple(arguments))
