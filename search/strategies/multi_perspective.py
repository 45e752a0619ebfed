"""Multi-perspective search: several scores take turns, so that no single bias starves the rest.

Not here: the scores (search/perspectives). After MPS-Prover (Liang et al., 2025, section 3.3): in every
round the critic and each of a few heuristics choose nodes of their own. Here the turns are dealt out by
weight, so a weight is the number of nodes a perspective chooses in a round, whatever the size of a batch.
"""

from __future__ import annotations

import random
from collections.abc import Mapping, Sequence

from search.errors import SearchError
from search.graph import Graph
from search.perspectives import PERSPECTIVES, Perspective, make_perspective
from search.strategies.base import Strategy

WEIGHTS: Mapping[str, float] = {
    "critic": 3,
    "log-probability": 3,
    "effectiveness": 1,
    "fewest-splits": 1,
    "shortest-state": 1,
    "novelty": 1,
}


class MultiPerspective(Strategy):
    """Perspectives choose in turn, each the leaf it thinks best.

    `weights`: name in `PERSPECTIVES` → turns in a round; 0 leaves a perspective out. `quotas`: name → the
    most it may choose in a whole search. `effectiveness`: the table of that perspective, {kind: [times
    applied, times of use]}. `made`: perspectives given as objects, by name, instead of fresh ones (to give
    them options that are no data). A perspective that has nothing to choose passes its turn on.
    """

    watches = True

    def __init__(
        self,
        weights: Mapping[str, float] | None = None,
        quotas: Mapping[str, int] | None = None,
        effectiveness: Mapping[str, Sequence[float]] | None = None,
        made: Mapping[str, Perspective] | None = None,
        name: str = "multi-perspective",
    ) -> None:
        self.name = name
        self._made = dict(made or {})
        weights = dict(WEIGHTS if weights is None else weights)
        unknown = [n for n in (*weights, *(quotas or {})) if n not in PERSPECTIVES and n not in self._made]
        if unknown:
            raise SearchError(f"there is no perspective {unknown[0]!r}; there are {', '.join(PERSPECTIVES)}")
        self._weights = {n: float(weight) for n, weight in weights.items() if weight}
        if not self._weights or any(not 0 < weight < float("inf") for weight in self._weights.values()):
            raise SearchError("the weights of the perspectives must be 0 or more, and one above 0")
        self._quotas = dict(quotas or {})
        if any(not quota >= 0 for quota in self._quotas.values()):
            raise SearchError("a perspective's quota must be 0 or more")
        self._table = {kind: (counts[0], counts[1]) for kind, counts in (effectiveness or {}).items()}
        self.perspectives = tuple(self._weights)

    def start(self, graph: Graph, rng: random.Random, critic: bool) -> None:
        super().start(graph, rng, critic)
        names = list(self._weights)
        self._views = [self._made.get(name) or self._make(name) for name in names]
        without = [n for n, v in zip(names, self._views, strict=True) if v.needs_critic and not critic]
        if without:
            self.notes = (f"there is no critic: {', '.join(without)} of {self.name} chose nothing",)
        self._active = [at for at, name in enumerate(names) if name not in without]
        if not self._active:
            raise SearchError(f"the only perspective, {without[0]}, needs a critic, and there is none")
        for view in self._views:
            view.start(graph)
        self._leaves = [view.leaves() for view in self._views]
        self._left = [self._quotas.get(name) for name in names]
        self._credit = [0.0] * len(names)
        self._turn_of = [self._weights[name] for name in names]

    def _make(self, name: str) -> Perspective:
        return make_perspective(name, table=self._table) if name == "effectiveness" else make_perspective(name)

    def offer(self, nodes: Sequence[int]) -> None:
        for at in self._active:
            if self._left[at] != 0:
                self._leaves[at].offer(nodes)

    def _next_turn(self, able: list[int]) -> int:
        """Smooth weighted round-robin: in any stretch of turns each gets its share, to within one."""
        credit, weight = self._credit, self._turn_of
        total = 0.0
        best = able[0]
        for at in able:
            credit[at] += weight[at]
            total += weight[at]
            if credit[at] > credit[best]:
                best = at
        credit[best] -= total
        return best

    def select(self, count: int) -> list[tuple[int, int]]:
        chosen: dict[int, int] = {}
        able = [at for at in self._active if self._left[at] != 0]
        while able and len(chosen) < count:
            at = self._next_turn(able)
            node = self._leaves[at].pop(chosen)
            if node < 0:
                able.remove(at)
                continue
            chosen[node] = at
            left = self._left[at]
            if left is not None:
                self._left[at] = left - 1
                if left == 1:
                    able.remove(at)
        return list(chosen.items())

    def expanded(self, nodes: Sequence[int]) -> None:
        for at in self._active:
            self._views[at].expanded(nodes)
