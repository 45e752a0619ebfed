"""A theorem's statement in a source, by name: the text up to its proof, with a hole in the proof's place.

The text is read by `prover.lean.native.scan`; where a statement ends is then asked of Lean: of the places that could
be the end, the first at which Lean reads the theorem without an error is it. What comes after the theorem is left out,
as it is where lean-dojo stops its file.
"""

from __future__ import annotations

import difflib
import itertools
import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache

from prover.lean.holes import cannot_run, normalise
from prover.lean.native import scan
from prover.lean.protocol import BadSource, Hole, Lean, Message
from prover.sources import NEEDS_NATIVE

HOLE = " := by\n  sorry"
#: A search may take as long as it is given, and its proof is checked as one: Lean's own limits are lifted.
PREAMBLE = "\nset_option maxHeartbeats 0\n"
_BOUNDARY = re.compile(r"[(\[{⟨⦃⟮]|[)\]}⟩⦄⟯]|:=|(?<![|<])\|(?![|>])|(?<![\w.'])where(?![\w'])")
_OPENING, _CLOSING = "([{⟨⦃⟮", ")]}⟩⦄⟯"
_MOST_ENDS = 24
_OTHER_TYPE = "another type"
_THEOREMS = ("theorem", "lemma")


class NotFound(Exception):
    """There is no such theorem in the source, or more than one."""


class NotUsable(Exception):
    """The theorem is there but cannot be worked on; the sentence says why."""


@dataclass(frozen=True, slots=True)
class Posed:
    """A theorem to prove. `source`: the text with a `sorry` for its proof; `hole`: that `sorry`."""

    source: str
    hole: Hole

    def with_proof(self, proof: str) -> str:
        """The source with `proof` (after `:=`) in the place of the one missing."""
        before = self.source[: self.hole.start].rstrip().removesuffix("by").rstrip()
        return f"{before} {proof}\n{self.source[self.hole.end :]}"


def find(source: str, full_name: str, start: tuple[int, int] | None = None) -> scan.Declared:
    """Where a theorem is declared. `start`: of those that have the name, the one at this line and column (from 1).

    Raises NotFound.
    """
    wanted = plain(full_name)
    everything = _declarations(source)
    there = [d for d in everything if plain(d.name) == wanted]
    theorems = [d for d in there if d.keyword in _THEOREMS]
    if not theorems:
        if there:
            raise NotFound(f"`{full_name}` is no theorem there but a {there[0].keyword}.")
        near = difflib.get_close_matches(wanted, [d.name for d in everything if d.keyword in _THEOREMS], 3)
        raise NotFound(f"There is no theorem `{full_name}` there" + (f" (near: {', '.join(near)})." if near else "."))
    if len(theorems) > 1 and start is not None:
        # A declaration begins at its attributes and modifiers, in LeanDojo's counting too.
        offset = offset_of(source, *start)
        later = [d for d in theorems if d.start >= offset]
        theorems = later[:1] or theorems
    if len(theorems) > 1:
        lines = ", ".join(str(line_of(source, d.start)) for d in theorems)
        raise NotFound(f"Several theorems are called `{full_name}` there (lines {lines}).")
    return theorems[0]


@lru_cache(maxsize=512)
def _declarations(source: str) -> tuple[scan.Declared, ...]:
    """A file's declarations; a benchmark asks for the theorems of a file one by one."""
    return tuple(scan.declarations(scan.blank(source)))


def plain(name: str) -> str:
    """A name without quotation marks and `_root_`."""
    return re.sub("[«»]", "", name).removeprefix("_root_.")


def line_of(source: str, offset: int) -> int:
    return source.count("\n", 0, offset) + 1


def offset_of(source: str, line: int, column: int) -> int:
    """The offset of a position that counts from 1."""
    at = 0
    for _ in range(line - 1):
        at = source.find("\n", at) + 1
        if not at:
            return len(source)
    return at + column - 1


def ends(blanked: str, found: scan.Declared) -> Iterator[tuple[int, str]]:
    """Where the statement of a declaration could end, in order: at a `:=`, a `|`, at the end of the command ("").

    Raises NotUsable at a `where`, which lean-dojo does not work on either.
    """
    limit = scan.command_end(blanked, found.end)
    depth = 0
    before = 0
    for mark in _BOUNDARY.finditer(blanked, found.end, limit):
        text = mark.group()
        if text in _OPENING:
            depth += 1
        elif text in _CLOSING:
            depth = max(depth - 1, 0)
        elif depth == 0:
            if text == "where" and not before:
                raise NotUsable("Cannot interact with theorems with the `where` keyword.")
            if text != "where":
                before += 1
                yield mark.start(), text
    yield limit, ""


def pose(
    lean: Lean, text: str, full_name: str, *, imports: tuple[str, ...] = (), start: tuple[int, int] | None = None
) -> Posed:
    """The theorem with a hole for a proof, opened in Lean.

    Raises NotFound, NotUsable; BadSource, UnknownImport where the source before it does not work.
    """
    source = normalise(text)
    found = find(source, full_name, start)
    blanked = scan.blank(source)
    head = scan.header(blanked).end
    first = "".join(f"import {name}\n" for name in imports) + source[:head] + PREAMBLE
    stop = scan.command_end(blanked, found.end)
    rest = source[stop:] if found.is_mutual else ""  # a block has to be whole
    problem: Message | None = None
    for end, mark in itertools.islice(ends(blanked, found), _MOST_ENDS):
        cut = len(source[:end].rstrip()) if end <= len(source) else end
        comment = "\n" if "--" in source[source.rfind("\n", 0, cut) + 1 : cut] else ""
        before = first + source[head:cut] + comment + HOLE
        posed = before + rest
        opened = lean.open(posed)
        errors = [m for m in opened.messages if m.severity == "error"]
        begin = line_of(posed, len(first) + found.start - head)
        early = next((m for m in errors if m.line < begin), None)
        if early is not None:
            raise BadSource(_earlier(early, first.count("\n") - source[:head].count("\n")))
        problem = problem or next(iter(errors), None)
        if errors or opened.source != posed:
            continue
        hole = next((h for h in opened.holes if h.end == len(before)), None)
        if hole is None or not hole.is_prop:
            continue
        if mark == "|":
            # A `match` in the statement, cut after some of its cases, can be a statement of its own.
            whole = first + source[head:stop] + rest
            if _OTHER_TYPE in lean.verify(whole, posed, hole.theorem).reason:
                continue
        return Posed(posed, hole)
    said = "" if problem is None else f": {next(iter(problem.text.splitlines()), '')}"
    raise NotUsable(f"Lean does not read the statement of `{full_name}`{said}.")


def _earlier(message: Message, moved: int) -> str:
    line = message.line - moved
    where = f"line {line}" if line > 0 else "its header"
    said = next(iter(message.text.splitlines()), "")
    return f"The source does not elaborate before the theorem ({where}: {said})." + (
        f" {NEEDS_NATIVE}" if cannot_run(message.text) else ""
    )
