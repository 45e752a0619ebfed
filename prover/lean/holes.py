"""Texts with holes: line ends, offsets, and putting `:= by sorry` where a statement has no proof.

Only text; which places of it are holes is the parser's business.
"""

from __future__ import annotations

import bisect
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from prover.lean.protocol import Message

_END_EXPECTED = re.compile(r"(unexpected|expected).*(':='|':=', 'where' or '\|')", re.DOTALL)
_STATEMENT = re.compile(r"\b(theorem|lemma)\b")


@dataclass(frozen=True, slots=True)
class Line:
    """A text to insert at an offset (code points)."""

    at: int
    text: str


def normalise(source: str) -> str:
    """Line ends as Lean wants them."""
    return source.replace("\r\n", "\n").replace("\r", "\n")


def byte_to_point(source: str) -> Callable[[int], int]:
    """A function from byte offsets (UTF-8) to offsets in code points."""
    if source.isascii():
        return lambda offset: offset
    starts, total = [], 0
    for character in source:
        starts.append(total)
        total += len(character.encode("utf-8", errors="surrogatepass"))
    return lambda offset: bisect.bisect_left(starts, offset)


def offset_of(source: str, line: int, column: int) -> int:
    """The offset (code points) of a message's position."""
    start = 0
    for _ in range(line - 1):
        start = source.find("\n", start) + 1
        if not start:
            return len(source)
    return min(start + column, len(source))


def missing_proof(source: str, messages: Sequence[Message]) -> Line | None:
    """Where the first statement without a proof ends, judged by the parser's complaint; None if there is none."""
    for message in messages:
        if message.severity != "error" or not _END_EXPECTED.search(message.text):
            continue
        offset = offset_of(source, message.line, message.column)
        # Lean complains at the next token; the statement ends before the blanks and comments in front of it.
        end = len(strip_trailing_trivia(source[:offset]))
        if not _STATEMENT.search(source[:end]):
            continue
        return Line(end, " := by sorry")
    return None


def strip_trailing_trivia(text: str) -> str:
    """Without the blanks and comments at its end."""
    while True:
        stripped = text.rstrip()
        if stripped.endswith("-/") and (start := stripped.rfind("/-")) >= 0:
            text = stripped[:start]
            continue
        line_start = stripped.rfind("\n") + 1
        comment = stripped.find("--", line_start)
        if comment >= 0 and '"' not in stripped[line_start:comment]:
            text = stripped[:comment]
            continue
        return stripped
