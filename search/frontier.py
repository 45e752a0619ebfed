"""A heap of leaves under one score. Not here: what the score is (the strategies, search/perspectives)."""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from heapq import heappop, heappush

from search.graph import Graph

MAX_RESCORED = 16  # where all scores grow, as those of novelty do, an exact answer would rescore all leaves


class Frontier:
    """Leaves by score, the smallest first, equal ones in order of insertion.

    Leaves are never taken out before they come up: those expanded or asleep meanwhile are dropped when
    popped. With `exact`, `score` is a lower bound, and exact scores may grow while a leaf waits (never
    shrink): leaves that come up are then scored by it until one still comes first, or `MAX_RESCORED` of
    them were, and the best of these is taken.
    """

    def __init__(
        self, graph: Graph, score: Callable[[int], float], exact: Callable[[int], float] | None = None
    ) -> None:
        self.graph = graph
        self.score = score
        self.exact = exact
        self._heap: list[tuple[float, int]] = []

    def __len__(self) -> int:
        return len(self._heap)

    def offer(self, nodes: Sequence[int]) -> None:
        heap, score = self._heap, self.score
        for node in nodes:
            heappush(heap, (score(node), node))

    def pop(self, chosen: Collection[int]) -> int:
        """The first selectable leaf that is not in `chosen`, or -1."""
        heap, graph = self._heap, self.graph
        expanded, status, needed = graph.expanded, graph.status, graph.needed
        passed: list[tuple[float, int]] = []
        while heap:
            node = heappop(heap)[1]
            if expanded[node] or status[node] or needed[node] <= 0 or node in chosen:
                continue
            if self.exact is None:
                return node
            now = self.exact(node)
            if not heap or (now, node) <= heap[0] or len(passed) == MAX_RESCORED:
                passed.append((now, node))
                break
            passed.append((now, node))
        if not passed:
            return -1
        best = min(passed)
        for entry in passed:
            if entry is not best:
                heappush(heap, entry)
        return best[1]
