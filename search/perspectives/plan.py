"""The cheapest plan: all goals that a proof still has to close count, not only the one that is looked at.

A case distinction on a variable often has one easy case, and a score of single states keeps expanding these; but a
proof needs the hard case as well. So, as in AO* (Nilsson, Principles of artificial intelligence, 1980, section 3.2),
a plan is a choice of one action for each expanded state from the root down. Its cost is that of the actions and the
critic's distances of the states at its ends, the hardest above all; the next leaf is one of the cheapest plan's. Not
here: a state's own distance (the critic).

AO* is for graphs without cycles, and here `rw [h]` and `rw [← h]` make one. So a change is passed on from a state to
those that were there before it, which ends; and what a state owes to an older one is looked at when a plan comes by.
"""

from __future__ import annotations

from array import array
from collections.abc import Collection, Iterable, Iterator, Sequence
from math import inf

from search.graph import DONE, LEAF, PROVED, ROOT, Graph
from search.perspectives.base import Perspective

STEP = 2.0  # what an action costs, in the critic's unit
#: What the goals beside the hardest count. A critic is unsure, and puts the parts of a goal together farther from a
#: proof than the goal: in full they would make every case distinction look worse than rewriting to and fro.
EASIER = 0.25
TRIES = 32  # plans looked at for one choice: some lead in a circle, or end at a state that nothing needs any more


class Plan(Perspective):
    """Follows the cheapest actions from the root; of several open goals it takes the hardest.

    The hardest first: where it cannot be solved, the others were in vain. Where no plan ends at a leaf, the leaf with
    the smallest distance. Critics are not admissible, so that the plan that comes first need not be the best.
    """

    name = "plan"
    needs_critic = True

    def start(self, graph: Graph) -> None:
        super().start(graph)
        self._cost = array("d")  # of proving a node, as far as is known; infinite while it cannot be chosen
        self._nearest = super().leaves()

    def score(self, node: int) -> float:
        return self.graph.distance[node]

    def leaves(self) -> Plan:
        return self

    def offer(self, nodes: Sequence[int]) -> None:
        """These can be chosen (again)."""
        self._nearest.offer(nodes)
        self._update(nodes)

    def expanded(self, nodes: Sequence[int]) -> None:
        self._update(nodes)

    def pop(self, chosen: Collection[int]) -> int:
        """A selectable leaf of the cheapest plan that is not in `chosen`, or -1 where there is no leaf at all."""
        for node in chosen:
            self._set(node, inf)
        for _ in range(TRIES):
            if self._known(ROOT) == inf:
                break
            node = self._end()
            if self.graph.selectable(node) and node not in chosen:
                return node
        return self._nearest.pop(chosen)

    def _end(self) -> int:
        """Where the cheapest plan ends; where that is no leaf, costs are corrected, and another plan may be cheaper."""
        graph = self.graph
        node, seen = ROOT, set[int]()
        while graph.expanded[node] == DONE:
            seen.add(node)
            cost, edge = min(self._ways(node), default=(inf, -1))
            if cost != self._known(node):  # an older state has changed
                self._set(node, cost)
                return node
            hardest = max(self._unproved(edge) if cost < inf else (), key=self._known, default=node)
            if hardest in seen:
                self._set(node, inf)
                return node
            node = hardest
        if not graph.selectable(node):
            self._set(node, inf)
        return node

    def _ways(self, node: int) -> Iterator[tuple[float, int]]:
        """Cost and number of each edge that may still solve the node."""
        graph = self.graph
        for edge in graph.out(node):
            if not graph.edge_failed[edge]:
                costs = [self._known(child) for child in self._unproved(edge)]
                hardest = max(costs, default=0.0)
                others = EASIER * (sum(costs) - hardest) if hardest < inf else 0.0
                yield STEP + hardest + others, edge

    def _unproved(self, edge: int) -> list[int]:
        return [child for child in self.graph.children(edge) if self.graph.status[child] != PROVED]

    def _known(self, node: int) -> float:
        cost, distance = self._cost, self.graph.distance
        for new in range(len(cost), node + 1):
            cost.append(distance[new])
        return cost[node]

    def _now(self, node: int) -> float:
        graph = self.graph
        if graph.status[node]:
            return 0.0 if graph.status[node] == PROVED else inf
        if graph.expanded[node] == DONE:
            return min(self._ways(node), default=(inf, -1))[0]
        return graph.distance[node] if graph.expanded[node] == LEAF else inf

    def _set(self, node: int, cost: float) -> None:
        if cost != self._known(node):
            self._cost[node] = cost
            self._update(self._older(node))

    def _update(self, nodes: Iterable[int]) -> None:
        """What changed at these nodes, passed on to all older ones whose plans lead through them."""
        waiting = list(nodes)
        while waiting:
            node = waiting.pop()
            now = self._now(node)
            if now != self._known(node):
                self._cost[node] = now
                waiting += self._older(node)

    def _older(self, node: int) -> list[int]:
        parents = (self.graph.edge_parent[edge] for edge in self.graph.into(node))
        return [parent for parent in parents if parent < node]
