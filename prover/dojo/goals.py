"""Printed goals taken apart as lean-dojo does it: hypotheses as names and types, and the conclusion.

Only text. `prover.lean.state.Goal` knows more (heads, constants, which hypotheses are propositions).
"""

from __future__ import annotations

import re
from dataclasses import dataclass

_CASE = re.compile(r"case\s\S+\n")
#: Names, a colon, and a type that goes on until a line begins in column 0.
_DECLARATION = re.compile(r"(?<=\n)(.+?)\s+:(.+?)\n(?=\S)", re.DOTALL)


@dataclass(frozen=True)
class Declaration:
    """One hypothesis or variable of a goal."""

    ident: str
    lean_type: str


@dataclass(frozen=True)
class Goal:
    """What is assumed, and what is to be shown."""

    assumptions: list[Declaration]
    conclusion: str

    @classmethod
    def from_pp(cls, pp: str) -> Goal:
        """A printed goal. Raises AssertionError where it has no `⊢`."""
        context, mark, conclusion = pp.partition("⊢")
        if not mark:
            raise AssertionError(f"no goal: {pp!r}")
        return cls(_context(context), conclusion.strip())


def _context(text: str) -> list[Declaration]:
    case = _CASE.match(text)
    found = _DECLARATION.finditer("\n" + (text[case.end() :] if case is not None else text) + "⊢")
    return [
        Declaration(ident, lean_type.strip().removesuffix(",").strip())
        for idents, lean_type in (m.groups() for m in found)
        for ident in idents.split()
    ]


def parse_goals(pp: str) -> list[Goal]:
    """The goals of a printed state, in order."""
    return [Goal.from_pp(part) for part in pp.split("\n\n") if "⊢" in part]
