"""A source's text in Lean's byte offsets: slices, places, and pieces of it without comments at the left margin.

What is a comment is taken from the syntax tree: it stands between two of its leaves. So a `--` in a string stays.
"""

from __future__ import annotations

import itertools
import re
from bisect import bisect_right
from collections.abc import Iterable, Sequence

from prover.lean.holes import byte_to_point
from prover.trace.records import Place

_LINE_START = re.compile(r"\n( *)")


class Text:
    """A source with `\\n` line ends. Byte offsets are of its UTF-8 form."""

    def __init__(self, source: str) -> None:
        self.source = source
        self._bytes = source.encode("utf-8", errors="surrogatepass")
        self._lines = [0]
        for i, byte in enumerate(self._bytes):
            if byte == 10:
                self._lines.append(i + 1)
        self.point = byte_to_point(source)

    def __getitem__(self, span: tuple[int, int]) -> str:
        return self._bytes[span[0] : span[1]].decode("utf-8", errors="surrogatepass")

    def __len__(self) -> int:
        return len(self._bytes)

    def column(self, offset: int) -> int:
        """Code points before it on its line."""
        return len(self[self._lines[bisect_right(self._lines, offset) - 1], offset])

    def place(self, offset: int) -> Place:
        """Line and column, from 1."""
        return bisect_right(self._lines, offset), self.column(offset) + 1

    def piece(self, leaves: Sequence[tuple[int, int]]) -> str:
        """The text that some leaves (spans, in order) cover, without comments, moved to the left margin."""
        return self.marked(leaves, ())[0]

    def marked(
        self, leaves: Sequence[tuple[int, int]], marks: Iterable[tuple[int, int]]
    ) -> tuple[str, list[tuple[int, int]]]:
        """The piece, and where in it (offsets in code points) some spans within leaves are, in order."""
        if not leaves:
            return "", []
        gaps = [self._blank(self[a[1], b[0]]) for a, b in itertools.pairwise(leaves)]
        margin = self.column(leaves[0][0])
        depths = [len(m.group(1)) for gap in gaps for m in _LINE_START.finditer(gap)]
        if depths and min(depths) < margin:
            # The piece begins in the middle of a line: what follows must stay to the right of the margin.
            margin = max(0, min(depths) - 2)
        gaps = [_LINE_START.sub(lambda m: "\n" + " " * max(0, len(m.group(1)) - margin), gap) for gap in gaps]
        waiting, places = sorted(marks), []
        text = ""
        for (start, end), gap in zip(leaves, [*gaps, ""], strict=True):
            for a, b in waiting:
                if start <= a and b <= end:
                    at = len(text) + len(self[start, a])
                    places.append((at, at + len(self[a, b])))
            text += self[start, end] + gap
        return text, places

    @staticmethod
    def _blank(gap: str) -> str:
        """What stands between two leaves, without comments and without the blank lines that they leave."""
        if "-" not in gap:
            return gap if "\n\n" not in gap else _last_line(gap)
        found, i, depth = [], 0, 0
        while i < len(gap):
            pair = gap[i : i + 2]
            if pair == "/-":
                depth, i = depth + 1, i + 2
            elif pair == "-/" and depth:
                depth, i = depth - 1, i + 2
            elif pair == "--" and not depth:
                end = gap.find("\n", i)
                i = len(gap) if end < 0 else end
            else:
                if not depth:
                    found.append(gap[i])
                i += 1
        without = "".join(found)
        return _last_line(without) if "\n" in without else without or " "


def _last_line(gap: str) -> str:
    """One line break and the indentation after the last one."""
    return "\n" + gap[gap.rfind("\n") + 1 :]
