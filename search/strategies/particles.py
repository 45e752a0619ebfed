"""Particle-based search: a crowd of walkers, the hopeless ones replaced by copies of the hopeful.

Not here: a guarantee of order; it explores where probability and critic agree. A particle filter
(sequential Monte Carlo with systematic resampling: Doucet and Johansen, 2009, section 3.4) over proofs,
with the critic as twisting function, as in Puri et al. (Rollout roulette: particle-based inference for
language models, 2025). What the crowd has left behind is kept in a frontier, and a particle with nowhere to
go continues there: so nothing is lost, and a finite space is searched whole.
"""

from __future__ import annotations

import math
import random
from collections.abc import Sequence

from search.frontier import Frontier
from search.graph import LEAF, OPEN, ROOT, Graph
from search.strategies.base import Strategy

MAX_WALK = 64  # moves of one particle through what is expanded already: cycles have to end


class Particles(Strategy):
    """`particles` walkers; a move takes an action with its probability (sharpened by 1 / `temperature`)
    times the value of its states, `discount` ** distance; weights change by the ratio of the values, and
    the crowd is resampled when its effective size falls below `threshold` of it.
    """

    perspectives = ("walk", "frontier")
    watches = True

    def __init__(
        self,
        name: str = "particles",
        particles: int = 16,
        discount: float = 0.8,
        temperature: float = 1.0,
        threshold: float = 0.5,
    ) -> None:
        self.name = name
        self.particles = particles
        self.discount = discount
        self.temperature = temperature
        self.threshold = threshold

    def start(self, graph: Graph, rng: random.Random, critic: bool) -> None:
        super().start(graph, rng, critic)
        self._at = [ROOT] * self.particles
        self._weight = [1.0] * self.particles
        self._frontier = Frontier(graph, lambda node: -graph.log_probability[node])
        self._under_way: set[int] = set()
        if not critic:
            self.notes = (f"{self.name} has no critic: all its particles weigh the same",)

    def offer(self, nodes: Sequence[int]) -> None:
        self._frontier.offer(nodes)

    def _value(self, node: int) -> float:
        return self.discount ** self.graph.distance[node] if self.critic else 1.0

    def _move(self, node: int) -> int:
        """A state one action further, or -1."""
        graph = self.graph
        moves: list[tuple[float, int]] = []
        edges = [edge for edge in graph.out(node) if not graph.edge_failed[edge]]
        top = max((graph.edge_log_probability[edge] for edge in edges), default=0.0)
        for edge in edges:
            ahead = [child for child in graph.children(edge) if graph.status[child] == OPEN]
            if ahead:
                weight = math.exp((graph.edge_log_probability[edge] - top) / self.temperature)
                for child in ahead:
                    weight *= self._value(child)
                moves.append((weight, self.rng.choice(ahead)))
        whole = sum(weight for weight, _ in moves)
        if not whole:
            return moves[0][1] if moves else -1
        at = self.rng.random() * whole
        for weight, child in moves:
            at -= weight
            if at <= 0:
                return child
        return moves[-1][1]

    def _walk(self, particle: int, chosen: dict[int, int]) -> bool:
        """Move a particle to a leaf; False where it dies on the way."""
        graph = self.graph
        node = self._at[particle]
        for _ in range(MAX_WALK):
            if graph.status[node] != OPEN or graph.needed[node] <= 0:
                return False
            if graph.expanded[node] == LEAF:
                self._at[particle] = node
                return node not in chosen
            if node in self._under_way:
                return False
            following = self._move(node)
            if following < 0:
                return False
            self._weight[particle] *= self._value(following) / max(self._value(node), 1e-300)
            node = following
        return False

    def _resample(self) -> None:
        whole = sum(self._weight)
        if not 0 < whole < math.inf:
            self._weight = [1.0] * self.particles
            return
        shares = [weight / whole for weight in self._weight]
        if 1 / sum(share * share for share in shares) >= self.threshold * self.particles:
            self._weight = [share * self.particles for share in shares]
            return
        start = self.rng.random() / self.particles
        kept: list[int] = []
        passed = 0.0
        for particle, share in enumerate(shares):
            passed += share
            while len(kept) < self.particles and start + len(kept) / self.particles < passed:
                kept.append(self._at[particle])
        kept += [self._at[-1]] * (self.particles - len(kept))
        self._at = kept
        self._weight = [1.0] * self.particles

    def select(self, count: int) -> list[tuple[int, int]]:
        chosen: dict[int, int] = {}
        for particle in range(self.particles):
            if len(chosen) == count:
                break
            if self._walk(particle, chosen):
                chosen[self._at[particle]] = 0
        # Particles go round, or the first ones would have every small batch to themselves.
        turn = min(count, self.particles)
        for particle in range(self.particles):
            if len(chosen) == count:
                break
            at = self._at[particle]
            if self.graph.status[at] != OPEN or self.graph.needed[at] <= 0 or self.graph.expanded[at] != LEAF:
                node = self._frontier.pop(chosen)
                if node < 0:
                    break
                self._at[particle], self._weight[particle] = node, 1.0
                chosen[node] = 1
        if not chosen and (node := self._frontier.pop(chosen)) >= 0:
            chosen[node] = 1
        self._at = self._at[turn:] + self._at[:turn]
        self._weight = self._weight[turn:] + self._weight[:turn]
        self._under_way.update(chosen)
        return list(chosen.items())

    def expanded(self, nodes: Sequence[int]) -> None:
        self._under_way.difference_update(nodes)
        self._resample()
