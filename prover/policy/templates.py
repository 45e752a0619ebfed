"""A tactic without its arguments: `induction xs <;> simp_all [List.map]` is `induction ?v <;> simp_all [?c]`.

What the policy learns about a template holds for all its instances; what tells the instances apart are features of
their arguments (`features.py`). Not here: which tactics there are.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache

from prover.generators.protocol import Position

_TOKEN = re.compile(r"([^\W\d][\w'!?₀-₉✝]*(?:\.[^\W\d][\w'!?₀-₉]*)*)")
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


def split(tactic: str) -> tuple[str, str]:
    """The first move and what closes what it leaves, "" where there is one part; brackets are one move."""
    at = tactic.find(_JOIN)
    while at >= 0:
        before = tactic[:at]
        if before.count("(") <= before.count(")") and before.count("[") <= before.count("]"):
            return before, tactic[at + len(_JOIN) :]
        at = tactic.find(_JOIN, at + 1)
    return tactic, ""


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
        move, closer = split(tactic)
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
        made = []
        for at, piece in enumerate(_pieces(text)):
            if at % 2 == 0:
                made.append(piece)
                continue
            kind, name, rest = self._slots.get(piece), piece, ""
            if kind is None and "." in piece:
                # A projection of a hypothesis, `h.mp`, is one of its uses.
                name, _, rest = piece.partition(".")
                kind = self._slots.get(name)
                kind, rest = (kind, f".{rest}") if kind in ("v", "h") else (None, "")
            if kind is not None:
                arguments[kind, name] = None
            made.append(piece if kind is None else f"?{kind}{rest}")
        return _Part(_REPEATED.sub(r"\1", "".join(made))[:_LONGEST], tuple(arguments))


@lru_cache(maxsize=1 << 14)
def _pieces(text: str) -> list[str]:
    """What stands between names, and the names, in turn; numbers are all alike."""
    return _TOKEN.split(_NUMBER.sub("#", " ".join(text[:_READ].split())))
