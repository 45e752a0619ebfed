"""Texts with holes: line ends, offsets, and putting `:= by sorry` where a statement has no proof.

Only text; which places of it are holes is the parser's business.
"""

from __future__ import annotations

import bisect
import re
from collections.abc import Callable, Sequence

from prover.lean.protocol import Message

MISSING = " := by sorry"
#: "unexpected token 'theorem'; expected ':=', 'where' or '|'"; not "unexpected token ':='; expected '|'".
_END_EXPECTED = re.compile(r"(?<!un)expected\b.*':='", re.DOTALL)
_NOT_COMPILED = re.compile(
    r"Unknown constant `(_private\.|[^`]*\._(redArg|boxed)`)|IR check failed|\(interpreter\) unknown declaration"
)
_STATEMENT = re.compile(r"\b(theorem|lemma)\b")


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


def insert_missing_proofs(source: str, messages: Sequence[Message]) -> str:
    """The source with `:= by sorry` after the first statement that has no proof, judged by the parser's complaint.

    The source itself where no statement lacks one. One at a time, since Lean may report the next one only then.
    """
    for message in messages:
        if message.severity != "error" or not _END_EXPECTED.search(message.text):
            continue
        offset = offset_of(source, message.line, message.column)
        # Lean complains at the next token; the statement ends before the blanks and comments in front of it.
        end = len(strip_trailing_trivia(source[:offset]))
        if _STATEMENT.search(source[:end]):
            return source[:end] + MISSING + source[end:]
    return source


def completions(source: str, completed: str) -> list[int]:
    """Offsets in `completed` at which `insert_missing_proofs` put a proof into `source`."""
    found: list[int] = []
    i = j = 0
    while j < len(completed):
        if i < len(source) and source[i] == completed[j]:
            i, j = i + 1, j + 1
            continue
        # What was put in may begin as the source goes on, with a blank: step back to where it starts.
        back = next((k for k in range(len(MISSING)) if completed.startswith(MISSING, j - k)), None)
        if back is None:
            return found
        found.append(j - back)
        i, j = i - back, j - back + len(MISSING)
    return found


def cannot_run(message: str) -> bool:
    """Whether an error means that the embedded Lean lacks compiled code which the source wants run.

    No intermediate representation of the library is in the package, so most user-written `elab`s and many `#eval`s
    cannot be compiled against it.
    """
    return bool(_NOT_COMPILED.search(message))


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
