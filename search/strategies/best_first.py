"""Best-first search by log-probability.

Not here: anything that looks at the state. `length_exponent` 0 is ReProver's (Yang et al., LeanDojo, 2023,
section 5): the sum of the log-probabilities from the root. BFS-Prover (Xin et al., 2025, section 3.1) divides
the sum by (number of actions) ** α, so that deep proofs are not starved; it uses α = 0.5.
"""

from __future__ import annotations

import random
from collections.abc import Sequence
from heapq import heappop, heappush

from search.graph import Graph
from search.strategies.base import Strategy


class BestFirst(Strategy):
    """The node with the largest score first; equal scores in order of insertion."""

    perspectives = ("log-probability",)

    def __init__(self, name: str = "best-first", length_exponent: float = 0.0) -> None:
        self.name = name
        self.length_exponent = length_exponent
        self._heap: list[tuple[float, int]] = []

    def start(self, graph: Graph, rng: random.Random) -> None:
        super().start(graph, rng)
        self._heap = []

    def offer(self, nodes: Sequence[int]) -> None:
        heap = self._heap
        log_probability = self.graph.log_probability
        if not self.length_exponent:
            for node in nodes:
                heappush(heap, (-log_probability[node], node))
            return
        depth, exponent = self.graph.depth, self.length_exponent
        for node in nodes:
            heappush(heap, (-log_probability[node] / max(depth[node], 1) ** exponent, node))

    def select(self, count: int) -> list[tuple[int, int]]:
        picks: list[tuple[int, int]] = []
        heap = self._heap
        expanded, status, needed = self.graph.expanded, self.graph.status, self.graph.needed
        chosen: set[int] = set()
        while heap and len(picks) < count:
            node = heappop(heap)[1]
            if not expanded[node] and not status[node] and needed[node] > 0 and node not in chosen:
                chosen.add(node)
                picks.append((node, 0))
        return picks
