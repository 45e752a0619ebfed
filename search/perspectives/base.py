"""What a perspective is: one opinion on which leaf to expand next. Not here: any opinion."""

from __future__ import annotations

from collections.abc import Sequence

from search.graph import Graph


class Perspective:
    """Scores leaves, smaller is better; one object serves one search at a time."""

    name = ""
    needs_critic = False
    moving = False  # the score of a waiting leaf may grow (never shrink) as the search goes on

    def start(self, graph: Graph) -> None:
        self.graph = graph

    def score(self, node: int) -> float:
        raise NotImplementedError

    def bound(self, node: int) -> float:
        """Where `moving`: a lower bound of the score, for as long as the leaf waits; the cheaper the
        better.
        """
        return self.score(node)

    def expanded(self, nodes: Sequence[int]) -> None:
        """These nodes now have their edges."""


TIE = 1e-4


def tie(graph: Graph, node: int) -> float:
    """Below one unit of any count: the more probable way first."""
    return TIE * min(-graph.log_probability[node], 9_999.0)
