"""The perspectives that read one number of the graph or the state.

Not here: those that learn during a search (effectiveness.py, novelty.py). Critic, fewest case splits and
shortest state are MPS-Prover's (Liang et al., 2025, section 3.3); log-probability is best-first search.
"""

from __future__ import annotations

from search.perspectives.base import Perspective, tie


class CriticDistance(Perspective):
    """The state that the critic believes nearest to a proof."""

    name = "critic"
    needs_critic = True

    def score(self, node: int) -> float:
        return self.graph.distance[node] + tie(self.graph, node)


class LogProbability(Perspective):
    """The most probable way from the root; `length_exponent` as in BFS-Prover."""

    name = "log-probability"

    def __init__(self, length_exponent: float = 0.0) -> None:
        self.length_exponent = length_exponent

    def score(self, node: int) -> float:
        graph = self.graph
        return -graph.log_probability[node] / max(graph.depth[node], 1) ** self.length_exponent


class FewestSplits(Perspective):
    """The state behind the fewest case splits: states opened beside it on its way, and goals within it."""

    name = "fewest-splits"

    def score(self, node: int) -> float:
        graph = self.graph
        return graph.splits[node] + len(graph.states[node].goals) - 1 + tie(graph, node)


class ShortestState(Perspective):
    """The smallest state."""

    name = "shortest-state"

    def score(self, node: int) -> float:
        return self.graph.states[node].size + tie(self.graph, node)
