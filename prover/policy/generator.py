"""The portfolio led by the policy: more whole proofs than could all be tried, the promising and cheap ones first.

Candidates are tried in the order of chance over cost, which finds a success soonest where tries are independent
(Simon & Kadane, 1975); since they are not, the chances are those after the failure of what comes before. Not here:
scores (`model.py`), candidates (`pool.py`, the portfolio).
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
from pathlib import Path

import numpy as np

from prover.generators.portfolio import Portfolio
from prover.generators.protocol import Position, TacticGenerator
from prover.lean.protocol import Limits
from prover.policy import model
from prover.policy.model import Encoded, Policy
from prover.policy.pool import BASIC, closers, extras, finish, listed, moves
from prover.script import led
from search.protocols import Candidate

WEIGHTS = Path(__file__).with_name("weights.npz")
#: How many places of the order are decided one by one, under the failure of all before; the rest keep their order.
_CAREFUL = 64
_TURN = 1
_LEAST_CHANCE = 1e-4
#: Seconds of our own for each try.
_OVERHEAD = 0.004
_FIRST = 1e6


@lru_cache(maxsize=2)
def loaded(path: Path = WEIGHTS) -> Policy:
    """The weights of a file, those of the package by default, loaded once. Raises `BadWeights`."""
    return model.load(path)


class PolicyGenerator:
    """See `TacticGenerator`.

    Args:
        policy: the shipped one by default.
        inner: what proposes besides the pool.
        noise: added to the log-odds, from a Gumbel distribution of that scale, to explore; by `seed`.
    """

    #: Tried before premises are looked up and anything is put in order.
    quick = BASIC
    #: See `TacticGenerator`.
    few = Portfolio.few
    #: Limits of whole proofs, as `prover.one_liners.ROUNDS`.
    rounds = ((Limits(120, 0.5), 0.27), (Limits(500, 1.0), 0.34), (Limits(6_000, 3.0), 0.4))

    def __init__(
        self, policy: Policy | None = None, inner: TacticGenerator | None = None, noise: float = 0.0, seed: int = 0
    ) -> None:
        self.policy = loaded() if policy is None else policy
        self.inner = Portfolio() if inner is None else inner
        self.noise = noise
        self._rng = np.random.default_rng(seed)

    def propose(self, positions: Sequence[Position]) -> list[list[Candidate]]:
        """Steps are the portfolio's: of 58 validation theorems without a one-liner they prove 10, the policy's 5."""
        return self.inner.propose(positions)

    def opening(self, position: Position) -> tuple[list[str], list[str]]:
        """Whole proofs of a theorem: in the policy's order, and what the theorem itself suggests."""
        return self.arrange([("", position)])

    def arrange(self, places: Sequence[tuple[str, Position]]) -> tuple[list[str], list[str]]:
        """The same for several forms of a theorem; what leads to a form goes before its tactics.

        What a goal suggests (a finite search, say) keeps the order that its rules give it: each is a computation of its
        own, which outcomes on other theorems say little about.
        """
        groups: list[tuple[list[str], Encoded]] = []
        plain: list[str] = []
        special: list[str] = []
        for lead, position in places:
            of_inner, made, own = self.whole(position)
            encoded = self.policy.encoder.encode(position, [*of_inner, *made])
            groups.append((led(lead, [*of_inner, *made]), encoded))
            plain += led(lead, of_inner)
            special = led(lead, own)  # as in `OneLiners`, of the form in which all variables have names
        general = self.ordered([t for tactics, _ in groups for t in tactics], [encoded for _, encoded in groups])
        return interleaved(general, plain), special

    def whole(self, position: Position) -> tuple[list[str], list[str], list[str]]:
        """Whole proofs: the portfolio's; moves with what closes what they leave; the portfolio's special ones."""
        goal = position.goals[0]
        general, special = self.inner.opening(position) if hasattr(self.inner, "opening") else ([], [])
        told = listed(goal)
        ends = [*closers(position), finish(told), *extras(goal)]
        pairs = (f"{move} <;> {end}" for move in moves(position) for end in ends)
        # `intros` does nothing where nothing is to be introduced; where there is, another form of the theorem has it.
        of_inner = dict.fromkeys(tactic for tactic in general if not tactic.startswith("intros;"))
        return list(of_inner), [t for t in dict.fromkeys((*ends, *pairs)) if t not in of_inner], special

    def ordered(self, tactics: Sequence[str], groups: Sequence[Encoded]) -> list[str]:
        logits = self._noisy(np.concatenate([self.policy.logits(e) for e in groups]))
        seconds = np.concatenate([self.policy.seconds(e) for e in groups]) + _OVERHEAD
        failures = np.concatenate([e.failures for e in groups])
        left = np.ones(len(tactics), bool)
        basic = np.array([tactic.rpartition("\n")[2] in BASIC for tactic in tactics])
        known: set[int] = set()
        order: list[int] = []
        for _ in range(min(_CAREFUL, len(tactics))):
            worth = np.where(left, _chance(logits) / seconds + _FIRST * basic, -1.0)
            best = int(worth.argmax())
            order.append(best)
            left[best] = False
            fresh = [int(f) for f in failures[best] if int(f) not in known]
            known.update(fresh)
            if fresh:
                logits = logits + np.concatenate([self.policy.after_failure(e, fresh) for e in groups])
        worth = _chance(logits) / seconds
        order += [int(i) for i in np.argsort(-worth, kind="stable") if left[i]]
        return [tactics[i] for i in order]

    def _noisy(self, logits: np.ndarray) -> np.ndarray:
        return logits + self._rng.gumbel(0.0, self.noise, len(logits)) if self.noise else logits


def interleaved(learned: Sequence[str], plain: Sequence[str]) -> list[str]:
    """`_TURN` of the learned order, one of the other, each tactic once.

    A hedge: theorems may be of another kind than those learned from, and the portfolio is tuned by hand.
    """
    order: dict[str, None] = {}
    rest = iter(plain)
    for at, tactic in enumerate(learned, 1):
        order[tactic] = None
        if at % _TURN == 0:
            fresh = next((other for other in rest if other not in order), None)
            if fresh is not None:
                order[fresh] = None
    return list(order)


def _chance(logits: np.ndarray) -> np.ndarray:
    return np.maximum(1 / (1 + np.exp(-np.clip(logits, -30, 30))), _LEAST_CHANCE)
