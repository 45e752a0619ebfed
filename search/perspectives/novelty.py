"""Novelty: states unlike those already expanded come first.

Not here: any meaning of the text. Count-based, after Bellemare et al. (Unifying count-based exploration,
2016): a state is as familiar as its words are, and a word's novelty falls with the root of how often it was
expanded. The words are pairs of neighbours too, as goals of one theorem share nearly all single words.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from itertools import pairwise
from zlib import crc32

from search.graph import Graph
from search.perspectives.base import Perspective, tie

_WORD = re.compile(r"[^\W_][\w.']*|[^\w\s]")
MAX_CHARS = 4_000  # of a state's end, where the target is: enough to tell states apart, and bounds the cost


class Novelty(Perspective):
    """1 - mean over the words of 1 / √(1 + times expanded); falls only as the search goes on."""

    name = "novelty"
    moving = True

    def start(self, graph: Graph) -> None:
        super().start(graph)
        self._seen: dict[int, int] = {}

    def _words(self, node: int) -> set[int]:
        words = _WORD.findall(self.graph.states[node].text[-MAX_CHARS:])
        # Numbers and not strings, from a hash that is the same in every process (str's is not).
        return {_number(word) for word in words} | {
            _number(first + " " + second) for first, second in pairwise(words)
        }

    def score(self, node: int) -> float:
        words = self._words(node)
        seen = self._seen
        novelty = sum((1 + seen.get(word, 0)) ** -0.5 for word in words) / max(len(words), 1)
        return 1.0 - novelty + tie(self.graph, node)

    def expanded(self, nodes: Sequence[int]) -> None:
        seen = self._seen
        for node in nodes:
            for word in self._words(node):
                seen[word] = seen.get(word, 0) + 1


def _number(word: str) -> int:
    return crc32(word.encode("utf-8", "surrogatepass"))
