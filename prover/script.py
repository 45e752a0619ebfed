"""Proofs as text: a found tree of tactics as a tactic block, and the block in the place of a `sorry`.

Not here: finding proofs, or judging them. Layout is everything here: Lean reads a tactic block by its columns,
so every line's column is chosen on purpose.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from prover.lean.protocol import Hole
from search.proof import Proof

INDENT = "  "


@dataclass(frozen=True, slots=True)
class Edit:
    """Replace the code points from `start` to `end`."""

    start: int
    end: int
    text: str


def led(lead: str, tactics: Sequence[str]) -> list[str]:
    """Each tactic after what leads to the form of the theorem that it is for."""
    return [f"{lead}\n{tactic}" if lead else tactic for tactic in tactics]


def block(proof: Proof) -> str:
    """The proof as lines of tactics, the first in column 0; each goal of a branching gets its own bullet."""
    return proof.script()


def flat(proof: Proof) -> str:
    """The proof without bullets, each tactic on the first goal: Lean has no `·` in the first modules of Init."""
    return "\n".join(proof.actions)


def indented(text: str, by: str) -> str:
    """Every line but the empty ones, moved to the right."""
    return "\n".join(by + line if line.strip() else "" for line in text.split("\n"))


def fill(source: str, hole: Hole, tactics: str) -> Edit:
    """The edit that puts a tactic block in the hole's place."""
    line_start = source.rfind("\n", 0, hole.start) + 1
    before = source[line_start : hole.start]
    margin = before[: len(before) - len(before.lstrip(" ·"))].replace("·", " ")
    one_line = "\n" not in tactics
    if hole.prefix:
        text = f"{hole.prefix} {tactics}" if one_line else f"{hole.prefix}\n{indented(tactics, margin + INDENT)}"
        alone = before.rstrip().endswith((":=", "=>", "from", "exact", "show")) or hole.prefix != "by"
        return Edit(hole.start, hole.end, text if alone else f"({text})")
    if one_line and ";" not in tactics:
        return Edit(hole.start, hole.end, tactics)
    words = before.split()
    if words and words[-1] == "by" and not one_line:
        blanks = len(before) - len(before.rstrip(" "))
        return Edit(hole.start - blanks, hole.end, "\n" + indented(tactics, margin + INDENT))
    column = " " * len(before)
    if not words or words[-1] in ("by", "=>", "·"):
        return Edit(hole.start, hole.end, indented(tactics, column).lstrip(" "))
    return Edit(hole.start, hole.end, "(" + indented(tactics, column + " ").lstrip(" ") + ")")


def apply(source: str, edits: Sequence[Edit]) -> str:
    """The source after edits that do not overlap."""
    for edit in sorted(edits, key=lambda e: e.start, reverse=True):
        source = source[: edit.start] + edit.text + source[edit.end :]
    return source
