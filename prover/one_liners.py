"""Whole proofs of one action, tried on a theorem before any tree: under growing limits, the promising ones first.

Not here: which they are (`prover.generators`), what becomes of one that Lean takes (`prover.hole`).
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import zip_longest
from typing import TypeAlias

from prover import forms
from prover.automation import possible
from prover.generators.protocol import Position
from prover.lean.protocol import Limits
from prover.lean_search import SLOW, LeanChecker, LeanGenerator, LeanState
from search.protocols import Advanced, Outcome, TimedOut

#: They are tried in rounds: limits of a tactic, and the share of the time at which the round ends. Nine in ten of those
#: that solve a theorem need less than the first limits, and many that fail would go on to the end of any. The last
#: round is for finite searches, and longer where the theorem suggests some, as is the rule in arithmetic.
ROUNDS = (
    (Limits(120, 0.5), 0.25), (Limits(500, 1.0), 0.31), (Limits(3_000, 2.0), 0.35), (Limits(80_000, 20.0), 0.38),
)  # fmt: skip
_SPECIAL_SHARE = 0.8
INTRODUCE = "unhygienic intros"
#: So many are tried before premises are looked up.
_QUICK = 9
#: For any goal, and what this goal suggests.
Openings: TypeAlias = tuple[list[str], list[str]]
Rounds: TypeAlias = Sequence[tuple[Limits, float]]


@dataclass(frozen=True, slots=True)
class Attempt:
    """One that was tried."""

    tactic: str
    outcome: Outcome
    limits: Limits
    seconds: float


@dataclass(slots=True)
class OneLiners:
    """The one-line proofs of one theorem.

    `started`, `deadline`: of `time.monotonic()`; rounds are shares of what lies between.
    """

    generator: LeanGenerator
    checker: LeanChecker
    started: float
    deadline: float
    _again: dict[str, bool] = field(default_factory=dict)  # left to try; whether it ran out of its limits

    def attempts(self, root: LeanState) -> Iterator[Attempt]:
        """All of them, in turn; nothing where the generator has none."""
        proposes = self.generator.generator
        opening: Callable[[Position], Openings] | None = getattr(proposes, "opening", None)
        if opening is None:
            return
        rounds: Rounds = ROUNDS
        missing, retrieved = self.generator.missing, bool(self.generator.premises)
        quick = list(getattr(proposes, "quick", ()))
        if not hasattr(proposes, "arrange"):
            quick = opening(self.generator.position(root, retrieve=False))[0][:_QUICK]
        # The library is opened only for theorems that the quickest proofs leave open.
        yield from self._round(root, possible(quick, missing), *rounds[0])
        arranged = self._arranged([("", self._position(root)), *self._introduced(root)], opening)
        general, special = (possible(group, missing) for group in arranged)
        general = [tactic for tactic in general if tactic not in quick or tactic in self._again]
        rounds_of = getattr(proposes, "rounds", None)
        if rounds_of is not None:
            rounds = rounds_of(bool(special))
        for number, (limits, share) in enumerate(rounds):
            # A search through the library takes seconds to begin with: not under the first limits, and last. Where
            # premises were retrieved, it seldom finds what these do not.
            slow = [tactic for tactic in general if SLOW.search(tactic)]
            fast = [tactic for tactic in general if not SLOW.search(tactic)]
            last = number == len(rounds) - 1
            # What the goal itself suggests (a finite search, say) needs more than the first round gives, too.
            now = [*(special if number else []), *fast, *(slow if number and (last or not retrieved) else [])]
            self._again = dict.fromkeys((tactic for tactic in (*special, *slow) if tactic not in now), False)
            if special and last:
                share = max(share, _SPECIAL_SHARE)
            yield from self._round(root, now, limits, share)
            general, special = (_in_turn(group, self._again) for group in (general, special))

    def _round(self, root: LeanState, order: Sequence[str], limits: Limits, share: float) -> Iterator[Attempt]:
        """One round of `ROUNDS`."""
        self.checker.limits = limits
        until = self.started + share * (self.deadline - self.started)
        for at, tactic in enumerate(order):
            started = time.monotonic()
            if started >= until:
                self._again.update(dict.fromkeys(order[at:], False))
                return
            outcome = self.checker.attempt(root, tactic, until)
            yield Attempt(tactic, outcome, limits, time.monotonic() - started)
            if isinstance(outcome, TimedOut):
                self._again[tactic] = True

    def _introduced(self, root: LeanState) -> list[tuple[str, Position]]:
        """The theorem once its variables and premises have names, and the tactic for that; nothing where none have."""
        if not root.lean_goals or root.lean_goals[0].head != "∀":
            return []
        outcome = self.checker.attempt(root, INTRODUCE, self.deadline)
        if not isinstance(outcome, Advanced) or len(outcome.states) != 1:
            return []
        return [(INTRODUCE, self._position(outcome.states[0]))]

    def _position(self, state: LeanState) -> Position:
        return forms.position(self.generator, self.checker, state, self.deadline)

    def _arranged(self, places: list[tuple[str, Position]], opening: Callable[[Position], Openings]) -> Openings:
        """Whole proofs of the theorem in all its forms; a generator with an order of its own has them in that."""
        arrange = getattr(self.generator.generator, "arrange", None)
        if arrange is not None:
            return arrange(places)
        general: list[str] = []
        special: list[str] = []
        for lead, position in places:
            for group, tactics in zip((general, special), opening(position), strict=True):
                group += [f"{lead}\n{tactic}" if lead else tactic for tactic in tactics]
        return general, special


def _in_turn(tactics: Sequence[str], again: Mapping[str, bool]) -> list[str]:
    """Those left to try: what was not reached and what ran out of its limits (`again` says which), in turn."""
    late, unreached = ([t for t in tactics if again.get(t) is which] for which in (True, False))
    return [tactic for pair in zip_longest(unreached, late) for tactic in pair if tactic is not None]
