"""Texts as the language server wants them: positions in UTF-16, and a script of tactics in a hole's place.

Not here: talking to the server. Every step of a script stands in brackets under its own `maxHeartbeats`, so that an
unfinished one cannot swallow what comes after it; the text of the steps before stays the same to the letter, which
lets the server go on from its snapshot after them.
"""

from __future__ import annotations

import bisect
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal

from prover.lean.protocol import Message, Severity

#: Stands after the steps. The goals before it are those of the state, and it succeeds when none is left.
REST = "all_goals sorry"
#: Names of the variables that a probe makes; see `PROBE`.
DECLARATION_NAME, IS_PROP = "entails_declaration", "entails_is_prop"
#: Makes Lean say, as values of variables, which declaration a hole is in and whether it asks for a proof.
PROBE = (
    f"first | (show (_ : Prop); let {IS_PROP} := true) | let {IS_PROP} := false",
    f"let {DECLARATION_NAME} := decl_name%",
)
_SEVERITIES: tuple[Severity, ...] = ("error", "warning", "information", "information")


class Text:
    """A source and its positions: offsets and columns count code points, the server's characters UTF-16 units."""

    def __init__(self, source: str) -> None:
        self.source = source
        self._starts = [0]
        at = -1
        while (at := source.find("\n", at + 1)) >= 0:
            self._starts.append(at + 1)

    def position(self, offset: int) -> dict[str, int]:
        """An offset as the server counts."""
        line = bisect.bisect_right(self._starts, offset) - 1
        before = self.source[self._starts[line] : offset]
        return {"line": line, "character": len(before.encode("utf-16-le", "surrogatepass")) // 2}

    def offset(self, position: dict[str, int]) -> int:
        """A position of the server's, kept inside the source; inside of a character it is that character's start."""
        line, units = position["line"], position["character"]
        if line >= len(self._starts):
            return len(self.source)
        start = self._starts[line]
        end = self._starts[line + 1] - 1 if line + 1 < len(self._starts) else len(self.source)
        before = self.source[start:end].encode("utf-16-le", "surrogatepass")[: 2 * units]
        return start + len(before.decode("utf-16-le", "ignore"))

    def message(self, diagnostic: dict[str, Any]) -> tuple[int, Message]:
        """A diagnostic as an offset and a message."""
        offset = self.offset(diagnostic["range"]["start"])
        line = bisect.bisect_right(self._starts, offset) - 1
        severity = _SEVERITIES[min(max(diagnostic.get("severity", 1), 1), 4) - 1]
        return offset, Message(severity, line + 1, offset - self._starts[line], diagnostic["message"])


@dataclass(frozen=True, slots=True)
class Form:
    """How a script stands in a hole's place: as a tactic, or as a term (`prefix` "by")."""

    prefix: Literal["", "by"]
    before: str
    after: str

    def fill(self, source: str, start: int, end: int, text: str) -> str:
        """What takes the place of `source[start:end]`. What follows keeps its column, which may have a meaning."""
        column = end - (source.rfind("\n", 0, end) + 1)
        return f"{self.before}{text}{' ' * (column - len(self.after))}{self.after}"


#: Tried in this order: which one Lean reads without an error depends on where the hole is.
FORMS = (Form("", "(", ")"), Form("by", "by (", ")"), Form("by", "(by (", "))"))


def script(steps: Sequence[str | int], heartbeats: int, last: Sequence[str] = (REST,)) -> tuple[str, list[int]]:
    """The lines of a tactic block that runs `steps` and then `last`, and the offset of each line of `last`.

    A step that is a number n keeps only the n-th goal, in a bullet; the goals beside it are left to `sorry`.
    """
    lines: list[str] = []
    pad, closing = "  ", []
    for step in steps:
        if isinstance(step, int):
            if step:
                lines.append(f"{pad}rotate_left {step}")
            lines.append(f"{pad}· skip")
            closing.append(pad + REST)
            pad += "  "
        else:
            lines.append(f"{pad}set_option maxHeartbeats {heartbeats} in (")
            lines += [f"{pad}  {line}" if line.strip() else "" for line in step.split("\n")]
            lines.append(f"{pad})")
    text = "\n" + "".join(f"{line}\n" for line in lines)
    offsets = []
    for line in last:
        offsets.append(len(text) + len(pad))
        text += f"{pad}{line}\n"
    return text + "".join(f"{line}\n" for line in reversed(closing)), offsets
