"""Best-first search: one score, the best leaf next.

Not here: several scores at once (multi_perspective.py). `log_probability` with exponent 0 is ReProver's
(Yang et al., LeanDojo, 2023, section 5): the sum of the log-probabilities from the root. BFS-Prover (Xin et
al., 2025, section 3.1) divides the sum by (number of actions) ** α, so that deep proofs are not starved; α
= 0.5 there. `to_go` is A* (Hart, Nilsson and Raphael, 1968) with the critic as the cost to go: not
admissible, as a learned critic overestimates too, so the first proof need not be the shortest.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Sequence

from search.frontier import Frontier
from search.graph import Graph
from search.strategies.base import Strategy

Score = Callable[[Graph], Callable[[int], float]]


def log_probability(length_exponent: float = 0.0) -> Score:
    """-(sum of log-probabilities) / depth ** `length_exponent`."""

    def bind(graph: Graph) -> Callable[[int], float]:
        total, depth = graph.log_probability, graph.depth
        if not length_exponent:
            return lambda node: -total[node]
        return lambda node: -total[node] / max(depth[node], 1) ** length_exponent

    return bind


def to_go(weight: float = 1.0, prior: float = 0.1) -> Score:
    """depth + `weight` × distance - `prior` × sum of log-probabilities.

    The last part, small beside a step, orders what the critic cannot tell apart.
    """

    def bind(graph: Graph) -> Callable[[int], float]:
        total, depth, distance = graph.log_probability, graph.depth, graph.distance
        return lambda node: depth[node] + weight * distance[node] - prior * total[node]

    return bind


class BestFirst(Strategy):
    """The leaf with the smallest score first."""

    def __init__(self, name: str, score: Score, perspective: str, needs_critic: bool = False) -> None:
        self.name = name
        self.perspectives = (perspective,)
        self._score = score
        self._needs_critic = needs_critic

    def start(self, graph: Graph, rng: random.Random, critic: bool) -> None:
        super().start(graph, rng, critic)
        self._frontier = Frontier(graph, self._score(graph))
        if self._needs_critic and not critic:
            self.notes = (f"{self.name} has no critic: it takes every state to be as far from a proof",)

    def offer(self, nodes: Sequence[int]) -> None:
        self._frontier.offer(nodes)

    def select(self, count: int) -> list[tuple[int, int]]:
        chosen: dict[int, int] = {}
        while len(chosen) < count and (node := self._frontier.pop(chosen)) >= 0:
            chosen[node] = 0
        return list(chosen.items())
