"""Monte Carlo tree search with a value instead of roll-outs: PUCT over actions, AND over states.

Not here: training the value. Selection is AlphaZero's PUCT (Silver et al., 2017) as HTPS (Lample et al.,
HyperTree Proof Search, 2022, section 3) and AlphaMath (Chen et al., 2024) use it; the value of an action is
the product of its states' values, as in HTPS. A state's value is `discount` ** distance, so 1 is proved.
"""

from __future__ import annotations

import math
import random
from array import array
from collections.abc import Sequence

from search.graph import LEAF, PROVED, ROOT, Graph
from search.strategies.base import Strategy

NO_CRITIC_VALUE = 0.5


class Mcts(Strategy):
    """PUCT: the action with the largest Q + `exploration` · P · √N / (1 + n), down to a leaf.

    Q is the mean value backed up through the action, P its probability among its node's actions, n its
    visits and N its node's. A leaf under way counts as a visit of value 0 (virtual loss), so that a batch
    spreads. Among several open states of an action the one with the smallest value is taken: a proof needs
    them all, so the doubtful one first. States already on the way down are not entered again, and a way
    that ends without a leaf is left for the next best: a descent looks at each node once.
    """

    perspectives = ("puct",)
    watches = True

    def __init__(self, name: str = "mcts", exploration: float = 1.4, discount: float = 0.95) -> None:
        self.name = name
        self.exploration = exploration
        self.discount = discount

    def start(self, graph: Graph, rng: random.Random, critic: bool) -> None:
        super().start(graph, rng, critic)
        self._visits = array("i")  # per edge
        self._total = array("d")
        self._prior = array("d")
        self._value = array("d")  # per node: the best known
        self._ways: dict[int, list[int]] = {}  # leaf under way → edges from the root
        if not critic:
            self.notes = (f"{self.name} has no critic: every open state has the value {NO_CRITIC_VALUE}",)

    def offer(self, nodes: Sequence[int]) -> None:
        """Nothing to note: the leaves are found from the root."""

    def _grow(self) -> None:
        """Slots for what is new in the graph."""
        graph = self.graph
        for node in range(len(self._value), len(graph)):
            value = self.discount ** graph.distance[node] if self.critic else NO_CRITIC_VALUE
            self._value.append(value)
        first = len(self._visits)
        fresh = graph.edges - first
        if fresh:
            self._visits.extend([0] * fresh)
            self._total.extend([0.0] * fresh)
            self._prior.extend([0.0] * fresh)
            for node in dict.fromkeys(graph.edge_parent[first:]):
                edges = list(graph.out(node))
                top = max(graph.edge_log_probability[edge] for edge in edges)
                weights = [math.exp(graph.edge_log_probability[edge] - top) for edge in edges]
                whole = sum(weights)
                for edge, weight in zip(edges, weights, strict=True):
                    self._prior[edge] = weight / whole

    def _worth(self, edge: int) -> float:
        """Product of the values of an edge's states."""
        worth = 1.0
        for child in self.graph.children(edge):
            worth *= 1.0 if self.graph.status[child] == PROVED else self._value[child]
        return worth

    def _ranked(self, node: int) -> list[int]:
        """The node's open edges, the best last."""
        graph, visits = self.graph, self._visits
        edges = [edge for edge in graph.out(node) if not graph.edge_failed[edge]]
        root_of_visits = math.sqrt(1 + sum(visits[edge] for edge in edges))
        scored = []
        for edge in edges:
            n = visits[edge]
            q = self._total[edge] / n if n else self._worth(edge)
            scored.append((q + self.exploration * self._prior[edge] * root_of_visits / (1 + n), -edge))
        scored.sort()
        return [-negated for _, negated in scored]

    def _descend(self, chosen: dict[int, int]) -> tuple[int, list[int]] | None:
        """A leaf and the edges to it; None where no leaf is left."""
        graph = self.graph
        seen = {ROOT}
        way: list[int] = []
        if graph.expanded[ROOT] == LEAF and ROOT not in chosen:
            return ROOT, way
        levels = [self._ranked(ROOT)]
        while levels:
            if not levels[-1]:
                levels.pop()
                if way:
                    way.pop()
                continue
            edge = levels[-1][-1]
            open_children = [c for c in graph.children(edge) if not graph.status[c] and c not in seen]
            if not open_children:
                levels[-1].pop()
                continue
            child = min(open_children, key=self._value.__getitem__)
            seen.add(child)
            if graph.expanded[child] == LEAF:
                if child not in chosen:
                    return child, [*way, edge]
                continue
            way.append(edge)
            levels.append(self._ranked(child))
        return None

    def select(self, count: int) -> list[tuple[int, int]]:
        self._grow()
        chosen: dict[int, int] = {}
        while len(chosen) < count and (found := self._descend(chosen)) is not None:
            node, way = found
            chosen[node] = 0
            self._ways[node] = way
            for edge in way:
                self._visits[edge] += 1
        return list(chosen.items())

    def expanded(self, nodes: Sequence[int]) -> None:
        self._grow()
        graph = self.graph
        for node in nodes:
            way = self._ways.pop(node, [])
            if graph.status[node]:
                value = float(graph.status[node] == PROVED)
            else:
                worths = [self._worth(edge) for edge in graph.out(node) if not graph.edge_failed[edge]]
                value = self.discount * max(worths, default=0.0)
            self._value[node] = value
            for edge in reversed(way):
                self._total[edge] += value
                above = graph.edge_parent[edge]
                # What the parent is worth is at least what its best action is known to be worth.
                value = self.discount * max(value, self._worth(edge))
                if not graph.status[above]:
                    self._value[above] = max(self._value[above], value)
