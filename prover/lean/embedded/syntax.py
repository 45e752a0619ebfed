"""Lean's syntax trees, walked and rebuilt from Python: to find each `sorry` and to put a hole in its place.

`Syntax` objects: `missing` is a scalar; node (tag 1) has info, kind, arguments; atom (2) info, text; identifier (3)
info, text, name, resolutions. `SourceInfo`: original (tag 0) has leading, position, trailing, end; synthetic (1)
position, end. Positions are byte offsets.
"""

from __future__ import annotations

from collections.abc import Iterator

from prover.lean.embedded.objects import Objects, box

NODE, ATOM, IDENTIFIER = 1, 2, 3
_NO_INFO = box(2)  # SourceInfo.none
#: The kind of a hole's node; `proofs.py` registers its elaborator.
HOLE = "entails.hole"
TACTIC_SORRY, TERM_SORRY = "Lean.Parser.Tactic.tacticSorry", "Lean.Parser.Term.sorry"


class Syntax:
    """Reads and rebuilds syntax trees."""

    def __init__(self, objects: Objects) -> None:
        self.o = objects

    def kind(self, s: int) -> str:
        """A node's kind; "" for what is no node."""
        return self.o.name(self.o.field(s, 1)) if not s & 1 and self.o.tag(s) == NODE else ""

    def arguments(self, s: int) -> list[int]:
        """A node's children, borrowed."""
        return self.o.items(self.o.field(s, 2)) if not s & 1 and self.o.tag(s) == NODE else []

    def leaves(self, s: int) -> Iterator[int]:
        """Atoms and identifiers in order, borrowed. Not recursive: syntax can be deep."""
        stack = [s]
        while stack:
            now = stack.pop()
            if now & 1:
                continue
            if self.o.tag(now) == NODE:
                stack.extend(reversed(self.arguments(now)))
            else:
                yield now

    def nodes(self, s: int) -> Iterator[int]:
        """All nodes, outermost first, borrowed."""
        stack = [s]
        while stack:
            now = stack.pop()
            if not now & 1 and self.o.tag(now) == NODE:
                yield now
                stack.extend(reversed(self.arguments(now)))

    def leaf_text(self, s: int) -> str:
        """An atom's or identifier's text."""
        o = self.o
        if o.tag(s) == ATOM:
            return o.text(o.field(s, 1))
        return o.name(o.field(s, 2))

    def span(self, s: int) -> tuple[int, int] | None:
        """The byte offsets that a tree covers in the source; None for one that is not from a source."""
        first = last = None
        for leaf in self.leaves(s):
            info = self.o.field(leaf, 0)
            if info & 1:
                continue
            start, end = self._positions(info)
            first = start if first is None else first
            last = end
        return None if first is None or last is None else (first, last)

    def _positions(self, info: int) -> tuple[int, int]:
        o = self.o
        if o.tag(info) == 0:
            return o.natural(o.field(info, 1)), o.natural(o.field(info, 3))
        return o.natural(o.field(info, 0)), o.natural(o.field(info, 1))

    def node(self, kind: str, arguments: list[int]) -> int:
        o = self.o
        return o.constructor(NODE, [_NO_INFO, o.make_name(kind), o.array(arguments)])

    def atom(self, text: str) -> int:
        return self.o.constructor(ATOM, [_NO_INFO, self.o.string(text)])

    def contains(self, s: int, kinds: set[str]) -> bool:
        return any(self.kind(n) in kinds for n in self.nodes(s))

    def put_holes(self, s: int) -> int:
        """The tree (consumed) with every `sorry`, tactic or term, replaced by a hole that keeps it inside."""
        if not self.contains(s, {TACTIC_SORRY, TERM_SORRY}):
            return s
        made = self._put(s)
        self.o.dec(s)
        return made

    def _put(self, s: int) -> int:
        """A new reference to the rebuilt tree; `s` is borrowed. Depth is that of a `sorry`, not of the file."""
        o = self.o
        kind = self.kind(s)
        if kind == TACTIC_SORRY:
            return self.node(HOLE, [o.inc(s)])
        if kind == TERM_SORRY:
            hole = self.node(HOLE, [o.inc(s)])
            block = self.node("Lean.Parser.Tactic.tacticSeq1Indented", [self.node("null", [hole])])
            return self.node("Lean.Parser.Term.byTactic",
                             [self.atom("by"), self.node("Lean.Parser.Tactic.tacticSeq", [block])])  # fmt: skip
        if not kind or not self.contains(s, {TACTIC_SORRY, TERM_SORRY}):
            return o.inc(s)
        arguments = [self._put(a) for a in self.arguments(s)]
        return o.constructor(NODE, [o.inc(o.field(s, 0)), o.inc(o.field(s, 1)), o.array(arguments)])
