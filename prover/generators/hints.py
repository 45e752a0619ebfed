"""Tactics that are known to go through on a path from the theorem: the good prefixes of whole proofs that failed.

A failed whole proof is often right for most of its length (DeepSeek-Prover-V1.5, section 3.2, makes its prefix nodes of
the search tree). Here the prefix becomes candidates: on the states it leads to, its next tactic is proposed, so that
the search makes those nodes by itself. Not here: finding prefixes (`prover/whole.py`).
"""

from __future__ import annotations

import math
from collections.abc import Sequence

from prover.generators.protocol import Position
from search.protocols import Candidate


class Hints:
    """A `TacticGenerator` that knows next tactics by the tactics that came before."""

    def __init__(self) -> None:
        self._next: dict[tuple[str, ...], dict[str, int]] = {}

    def add(self, steps: Sequence[str]) -> None:
        """A sequence of tactics that goes through from the theorem."""
        for k, tactic in enumerate(steps):
            known = self._next.setdefault(tuple(steps[:k]), {})
            known[tactic] = known.get(tactic, 0) + 1

    def propose(self, positions: Sequence[Position]) -> list[list[Candidate]]:
        """See `TacticGenerator`: what was seen next on this path, in proportion to how often."""
        return [self._propose(position) for position in positions]

    def _propose(self, position: Position) -> list[Candidate]:
        known = self._next.get(position.steps, {})
        total = sum(known.values())
        ranked = sorted(known.items(), key=lambda item: -item[1])
        return [Candidate(tactic, math.log(count / total)) for tactic, count in ranked]
