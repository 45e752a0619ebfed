"""Novelty: states unlike those already expanded come first.

Not here: any meaning of the text. Count-based, after Bellemare et al. (Unifying count-based exploration,
2016): a state is as familiar as its words are, and a word's novelty falls with the root of how often it was
expanded. The words are pairs of neighbours too, as goals of one theorem share nearly all single words.
"""

from __future__ import annotations

import re
from array import array
from collections.abc import Sequence
from itertools import pairwise
from zlib import crc32

from search.graph import Graph
from search.perspectives.base import Perspective, tie

_WORD = re.compile(r"[^\W_][\w.']*|[^\w\s]")
MAX_KEPT = 20_000  # waiting leaves whose words are kept rather than found again, 4 bytes a word
MAX_CHARS = 4_000  # of a state's end, where the target is: enough to tell states apart, and bounds the cost


class Novelty(Perspective):
    """1 - mean over the words of 1 / √(1 + times expanded); falls only as the search goes on."""

    name = "novelty"
    moving = True

    def start(self, graph: Graph) -> None:
        super().start(graph)
        self._seen: dict[int, int] = {}
        self._worth: dict[int, float] = {}  # word → 1 / √(1 + times), for those seen
        self._waiting: dict[int, array[int]] = {}

    def _words(self, node: int) -> array[int]:
        known = self._waiting.get(node)
        if known is not None:
            return known
        words = _WORD.findall(self.graph.states[node].text[-MAX_CHARS:])
        numbers = {_number(word) for word in words}
        numbers.update(_number(first + " " + second) for first, second in pairwise(words))
        found = array("I", sorted(numbers))
        if len(self._waiting) < MAX_KEPT:
            self._waiting[node] = found
        return found

    def score(self, node: int) -> float:
        words = self._words(node)
        worth = self._worth.get
        novelty = sum([worth(word, 1.0) for word in words]) / max(len(words), 1)
        return 1.0 - novelty + tie(self.graph, node)

    def bound(self, node: int) -> float:
        """As if all words were new: the text, which may be dear, is read only of leaves that come up."""
        return tie(self.graph, node)

    def expanded(self, nodes: Sequence[int]) -> None:
        seen, worth = self._seen, self._worth
        for node in nodes:
            for word in self._words(node):
                times = seen.get(word, 0) + 1
                seen[word] = times
                worth[word] = (1 + times) ** -0.5
            self._waiting.pop(node, None)


def _number(word: str) -> int:
    """A number for a word, the same in every process (unlike `hash`)."""
    return crc32(word.encode("utf-8", "surrogatepass"))
