"""What every strategy is: told of nodes, asked for some. Not here: any strategy."""

from __future__ import annotations

import random
from collections.abc import Mapping, Sequence
from types import MappingProxyType

from search.graph import Graph


class Strategy:
    """Chooses the nodes to expand; one object serves one search at a time.

    The search calls `start` once, then `offer` with the root, then in turn `select`, `expanded` (where
    `watches`) and `offer`. A node is offered when it is new, when its best way became better and when it is
    needed again, so it may be offered more than once: check `graph.selectable` when choosing, and drop what
    is not; it will be offered again if that changes. Randomness comes from the `rng` given to `start` only.
    """

    name = ""
    perspectives: Sequence[str] = ()  # names of the reasons for a choice; `select` refers to them by index
    watches = False  # whether `expanded` is to be called
    # the options `make_strategy` was given, for the log
    settings: Mapping[str, object] = MappingProxyType({})
    notes: Sequence[str] = ()  # what it does without, one sentence each; set by `start`

    def start(self, graph: Graph, rng: random.Random, critic: bool) -> None:
        """A new search begins; `critic` says whether `graph.distance` will mean anything."""
        self.graph = graph
        self.rng = rng
        self.critic = critic
        self.notes = ()

    def offer(self, nodes: Sequence[int]) -> None:
        """These unexpanded nodes can be chosen; their `graph.distance` is set."""
        raise NotImplementedError

    def select(self, count: int) -> list[tuple[int, int]]:
        """Up to `count` distinct selectable nodes, each with the index of the perspective that chose it.

        An empty list says that nothing is left to choose now; with nothing under way the search then ends.
        The search marks the nodes IN_FLIGHT.
        """
        raise NotImplementedError

    def expanded(self, nodes: Sequence[int]) -> None:
        """These chosen nodes now have their edges (and their new children a distance)."""
