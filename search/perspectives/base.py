"""What a perspective is: one opinion on which leaf to expand next. Not here: any opinion."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import Protocol

from search.frontier import Frontier
from search.graph import Graph


class Leaves(Protocol):
    """The leaves that can be chosen, as one perspective orders them; `Frontier` is one."""

    def offer(self, nodes: Sequence[int]) -> None:
        """These can be chosen (again)."""
        ...

    def pop(self, chosen: Collection[int]) -> int:
        """The best selectable leaf that is not in `chosen`, or -1."""
        ...


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

    def leaves(self) -> Leaves:
        """A heap by `score`; a perspective that finds its leaf in another way gives its own."""
        return Frontier(self.graph, self.bound, self.score) if self.moving else Frontier(self.graph, self.score)

    def expanded(self, nodes: Sequence[int]) -> None:
        """These nodes now have their edges."""


TIE = 1e-4


def tie(graph: Graph, node: int) -> float:
    """Below one unit of any count: the more probable way first."""
    return TIE * min(-graph.log_probability[node], 9_999.0)
