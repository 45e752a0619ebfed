"""Whole proofs of one action, tried on a theorem before any tree: under growing limits, the promising ones first.

Not here: which they are (`prover.generators`), what becomes of one that Lean takes (`prover.hole`).
"""

from __future__ import annotations

import re
import time
from collections.abc import Callable, Generator, Iterator, Sequence
from dataclasses import dataclass
from itertools import zip_longest
from typing import TypeAlias

from prover import forms
from prover.automation import possible
from prover.generators.protocol import Position
from prover.lean.protocol import Limits
from prover.lean.state import Goal
from prover.lean_search import SLOW, LeanChecker, LeanGenerator, LeanState
from prover.script import led
from search.protocols import Advanced, Outcome, TimedOut

#: They are tried in rounds: limits of a tactic, and the share of the time at which the round ends. Nine in ten of those
#: that solve a theorem need less than the first limits, and many that fail would go on to the end of any.
ROUNDS = (
    (Limits(120, 0.5), 0.25), (Limits(500, 1.0), 0.31), (Limits(3_000, 2.0), 0.35), (Limits(80_000, 20.0), 0.38),
)  # fmt: skip
#: What the goal itself suggests (a finite search, say) goes first, since it needs more and is worth more, as is the
#: rule in arithmetic; the shares of the others are of the time that this leaves. What ran out of its limits has another
#: turn after them.
_SPECIAL, _SPECIAL_AGAIN = (Limits(80_000, 3.5), 0.5), (Limits(80_000, 20.0), 0.8)
#: Before that, where the source has definitions: those that go through at all need little, and `grind` may run away.
_OF_SOURCE = (Limits(200_000, 1.2), 0.45)
INTRODUCE = "unhygienic intros"
_NONE_EXIST, _SOME_EXIST = re.compile(r"¬∃ ([^,()∃]+),"), re.compile(r"∃ ([^,()∃]+),")
_FORMS = 3
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

    def attempts(self, root: LeanState) -> Iterator[Attempt]:
        """All of them, in turn; nothing where the generator has none."""
        proposes = self.generator.generator
        opening: Callable[[Position], Openings] | None = getattr(proposes, "opening", None)
        if opening is None:
            return
        rounds: Rounds = getattr(proposes, "rounds", ROUNDS)
        missing, retrieved = self.generator.missing, bool(self.generator.premises)
        quick = list(getattr(proposes, "quick", ()))
        if not quick and not hasattr(proposes, "arrange"):
            quick = opening(self.generator.position(root, retrieve=False))[0][:_QUICK]
        # The library is opened only for theorems that the quickest proofs leave open.
        late = yield from self._round(root, possible(quick, missing), rounds[0][0], self._at(rounds[0][1]))
        arranged = self._arranged([("", self._position(root)), *self._introduced(root)], opening)
        general, special = (possible(group, missing) for group in arranged)
        fast = [tactic for tactic in general if not SLOW.search(tactic) and (tactic not in quick or tactic in late)]
        slow = [tactic for tactic in general if SLOW.search(tactic)]
        began = time.monotonic()
        if any(not d.is_theorem for d in self.generator.local):
            special = yield from self._round(root, special, _OF_SOURCE[0], self._at(_OF_SOURCE[1]))
        special = yield from self._round(root, special, _SPECIAL[0], self._at(_SPECIAL[1]))
        spent = time.monotonic() - began
        for number, (limits, share) in enumerate(rounds):
            until = self._at(share, spent)
            fast = yield from self._round(root, fast, limits, until)
            # A search through the library takes seconds to begin with: not under the first limits, and last. Where
            # premises were retrieved, it seldom finds what these do not.
            if number and (not retrieved or number == len(rounds) - 1):
                slow = yield from self._round(root, slow, limits, until)
        yield from self._round(root, special, _SPECIAL_AGAIN[0], self._at(_SPECIAL_AGAIN[1]))

    def _at(self, share: float, spent: float = 0.0) -> float:
        """When a share of the time is over, but for what was `spent` already, in seconds."""
        begin = self.started + spent
        return begin + share * (self.deadline - begin)

    def _round(
        self, root: LeanState, order: Sequence[str], limits: Limits, until: float
    ) -> Generator[Attempt, None, list[str]]:
        """One round, up to a time of `time.monotonic()`.

        Returns what is left to try, in turn: what was not reached, and what ran out of its limits.
        """
        self.checker.limits = limits
        late: list[str] = []
        for at, tactic in enumerate(order):
            started = time.monotonic()
            if started >= until:
                return _in_turn(order[at:], late)
            outcome = self.checker.attempt(root, tactic, until)
            yield Attempt(tactic, outcome, limits, time.monotonic() - started)
            if isinstance(outcome, TimedOut):
                late.append(tactic)
        return late

    def _introduced(self, root: LeanState) -> list[tuple[str, Position]]:
        """The theorem once what it is about has names, with the tactics for that; nothing where it has them already."""
        found: list[tuple[str, Position]] = []
        state, steps = root, ""
        while len(found) < _FORMS and (tactic := _naming(state)):
            outcome = self.checker.attempt(state, tactic, self.deadline)
            if not isinstance(outcome, Advanced) or len(outcome.states) != 1:
                break
            state, steps = outcome.states[0], f"{steps}\n{tactic}" if steps else tactic
            found.append((steps, self._position(state)))
        return found

    def _position(self, state: LeanState) -> Position:
        return forms.position(self.generator, self.checker, state, self.deadline)

    def _arranged(self, places: list[tuple[str, Position]], opening: Callable[[Position], Openings]) -> Openings:
        """Whole proofs of the theorem in all its forms; a generator with an order of its own has them in that."""
        arrange = getattr(self.generator.generator, "arrange", None)
        if arrange is not None:
            return arrange(places)
        openings = [(lead, opening(position)) for lead, position in places]
        general = [tactic for lead, (tactics, _) in openings for tactic in led(lead, tactics)]
        # What a goal suggests is about its variables, so about the form in which all have names.
        lead, (_, special) = openings[-1]
        return general, led(lead, special)


def _naming(state: LeanState) -> str:
    """The tactic that names variables and premises, or else what is said to exist, or not to; "" without these."""
    goal = state.lean_goals[0] if state.lean_goals else None
    if goal is None or goal.head == "∀":
        return INTRODUCE if goal is not None else ""
    if nothing := _NONE_EXIST.match(goal.target):
        return f"rintro ⟨{_free(goal, nothing[1], 'hn')}⟩"
    for h in goal.hypotheses:
        something = _SOME_EXIST.match(h.type) if h.is_prop and h.accessible else None
        if something is not None:
            return f"obtain ⟨{_free(goal, something[1], 'hn')}⟩ := {h.name}"
    return ""


def _free(goal: Goal, binders: str, of_body: str) -> str:
    """Names for what binders bind, and for the proof of their body: their own, where the goal does not have these."""
    taken = {h.name for h in goal.hypotheses}
    names: list[str] = []
    for name in [*binders.partition(" : ")[0].split(), of_body]:
        while name in taken:  # what it would hide could not be spoken of any more
            name += "'"
        names.append(name)
    return ", ".join(names)


def _in_turn(unreached: Sequence[str], late: Sequence[str]) -> list[str]:
    return [tactic for pair in zip_longest(unreached, late) for tactic in pair if tactic is not None]
