"""Lean as `search` sees it: proof states as nodes, tactics as actions, independent goals as AND children.

Not here: which tactics (`prover.generators`), which state next (`search`), whether a proof holds (the gate).
"""

from __future__ import annotations

import re
import time
from collections.abc import Callable, Hashable, Sequence
from dataclasses import asdict, dataclass, replace

from prover.automation import without
from prover.generators.answers import spelling
from prover.generators.premises import PremisesFor, no_premises
from prover.generators.protocol import LocalDeclaration, Position, TacticGenerator
from prover.lean import protocol as lean_protocol
from prover.lean.protocol import Lean, Limits
from prover.lean.state import Goal, ProofState
from search.protocols import Advanced, Candidate, Crashed, Outcome, Rejected, Request, Skipped, Solved, TimedOut

#: So many of the tactics that were refused on a state are told to a generator.
MOST_FAILED = 8
#: Tactics that may take longer than others: they look through the whole library, or try many tactics in turn.
SLOW = re.compile(r"\b(exact\?|rw\?|apply\?|try\?)")
_SLOW_FACTOR = 3.0


class LeanState:
    """A proof state as a node of the search. `exact` keeps states apart whose hypotheses differ in name only."""

    __slots__ = ("_goals", "_lean", "exact", "proof_state")

    def __init__(self, lean: Lean, proof_state: ProofState, exact: bool = False) -> None:
        self._lean = lean
        self.proof_state = proof_state
        self.exact = exact
        self._goals: tuple[Goal, ...] | None = None

    @property
    def key(self) -> Hashable:
        return self.text if self.exact else self.proof_state.keys

    @property
    def goals(self) -> Sequence[Hashable]:
        return self.proof_state.keys

    @property
    def size(self) -> int:
        return self.proof_state.size

    @property
    def text(self) -> str:
        return "\n\n".join(goal.text for goal in self.lean_goals)

    @property
    def lean_goals(self) -> tuple[Goal, ...]:
        """The goals, asked of Lean once."""
        if self._goals is None:
            self._goals = self._lean.goals(self.proof_state)
        return self._goals

    @property
    def details(self) -> list[dict[str, object]]:
        """The goals taken apart, for the log (search/log.py): what a generator is shown of them, less the text."""
        return [
            {
                "target": goal.target,
                "head": goal.head,
                "constants": list(goal.constants),
                "case": goal.case,
                "hypotheses": [asdict(hypothesis) for hypothesis in goal.hypotheses],
            }
            for goal in self.lean_goals
        ]

    @property
    def tactics(self) -> tuple[str, ...]:
        """The tactics that led here."""
        return tuple(step for step in self.proof_state.steps if isinstance(step, str))


@dataclass(frozen=True, slots=True)
class _Known:
    """What a tactic did on a state that was reached by `steps`."""

    outcome: Outcome
    limits: Limits
    steps: tuple[str | int, ...]


class LeanChecker:
    """Runs tactics on states; none twice on a merged state, in whatever spelling, unless larger limits may help.

    `printed`: new states come with their goals printed, by the worker that made them. For searches that read all of
    them, as a critic does: one after the other, in the thread of the search, they would keep the workers waiting.
    `explain`: Lean's messages are kept for generators that read them (`failed_on`); printing them takes time.
    """

    def __init__(self, lean: Lean, limits: Limits, printed: bool = False, explain: bool = False) -> None:
        self.lean = lean
        self.limits = limits
        self.printed = printed
        self.explain = explain
        self._known: dict[tuple[Hashable, str], _Known] = {}
        self._refused: dict[Hashable, dict[str, str]] = {}

    def check(self, requests: Sequence[Request], deadline: float | None) -> list[list[Outcome]]:
        """See `search.protocols.Checker`."""
        return [self._check(request, deadline) for request in requests]

    def _check(self, request: Request, deadline: float | None) -> list[Outcome]:
        outcomes: list[Outcome] = []
        solved = False
        for action in request.actions:
            if solved:
                outcomes.append(Skipped())
                continue
            outcome = self.attempt(request.state, action, deadline)
            solved = isinstance(outcome, Solved)
            outcomes.append(outcome)
        return outcomes

    def attempt(self, state: LeanState, action: str, deadline: float | None = None) -> Outcome:
        """One tactic on one state, never past the deadline (of `time.monotonic()`)."""
        limits = self.limits
        if SLOW.search(action):
            limits = limits.times(_SLOW_FACTOR)
        known = self._known.get((state.key, spelling(action)))
        if known is not None and _still_true(known, state, limits):
            return known.outcome
        if deadline is not None:
            left = deadline - time.monotonic()
            if left <= 0:
                return TimedOut("the time of the search is over")
            if left < limits.seconds:
                limits = replace(limits, seconds=max(left, 0.02))
        [said] = self.lean.run(state.proof_state, [action], limits, explain=self.explain)
        outcome = self._translate(said, state.exact)
        self.note(state, action, outcome, limits)
        return outcome

    def note(self, state: LeanState, action: str, outcome: Outcome, limits: Limits) -> None:
        """Remember what a tactic did on a state; whoever ran it."""
        key = state.key
        self._known[key, spelling(action)] = _Known(outcome, limits, state.proof_state.steps)
        if not isinstance(outcome, Rejected):
            return
        if self.explain:
            self._refused.setdefault(key, {})[action] = outcome.error
        # Of two lines, where the first by itself leads to one state, the second is what was refused, on that state.
        first, _, rest = action.partition("\n")
        before = self._known.get((key, spelling(first))) if rest and not rest[0].isspace() else None
        if before is not None and isinstance(before.outcome, Advanced) and len(before.outcome.states) == 1:
            self.note(before.outcome.states[0], rest, outcome, limits)

    def failed_on(self, state: LeanState) -> tuple[tuple[str, str], ...]:
        """Tactics that Lean refused on this merged state with its messages, the latest first; some of them only."""
        refused = list(self._refused.get(state.key, {}).items())
        return tuple(reversed(refused[-MOST_FAILED:]))

    def _translate(self, outcome: lean_protocol.Outcome, exact: bool) -> Outcome:
        match outcome:
            case lean_protocol.Solved():
                return Solved()
            case lean_protocol.Advanced(state):
                states = tuple(LeanState(self.lean, part, exact) for part in state.split())
                return Advanced(states) if not self.printed else _printed(states)
            case lean_protocol.TimedOut(message):
                return TimedOut(message)
            case lean_protocol.Crashed(message):
                return Crashed(message)
            case lean_protocol.Rejected(message):
                return Rejected(message)

    def interrupt(self) -> None:
        """Called by the search when it stops during a check."""
        stop = getattr(self.lean, "interrupt", None)
        if stop is not None:
            stop()


def _still_true(known: _Known, state: LeanState, limits: Limits) -> bool:
    """Whether trying again, under these limits, would give the same."""
    smaller = known.limits.heartbeats <= limits.heartbeats and known.limits.seconds <= limits.seconds
    if isinstance(known.outcome, Advanced):
        # The states it led to can be replayed under these limits, and have the names of this way to the state.
        return smaller and known.steps == state.proof_state.steps
    if isinstance(known.outcome, TimedOut | Crashed):
        return known.limits.heartbeats >= limits.heartbeats and known.limits.seconds >= limits.seconds
    return isinstance(known.outcome, Rejected) or smaller


@dataclass(frozen=True, eq=False)
class LeanGenerator:
    """A tactic generator as the search's: takes the goals of each state out of Lean.

    `failed`: what was refused on a state, as `LeanChecker.failed_on`. `missing`: tactics that cannot work here (see
    `prover.automation`); what needs them is not proposed.
    """

    generator: TacticGenerator
    local: tuple[LocalDeclaration, ...] = ()
    keep: int | None = None
    premises: PremisesFor = no_premises
    failed: Callable[[LeanState], tuple[tuple[str, str], ...]] = lambda _state: ()
    missing: frozenset[str] = frozenset()

    def keeping(self, count: int) -> LeanGenerator:
        """The same, with at most so many tactics for each state."""
        return replace(self, keep=count)

    def without_premises(self) -> LeanGenerator:
        """The same, with none retrieved."""
        return replace(self, premises=no_premises)

    def propose(self, states: Sequence[LeanState]) -> list[list[Candidate]]:
        """See `search.protocols.Generator`."""
        positions = [self.position(state) for state in states]
        return [_most_probable(self._possible(found), self.keep) for found in self.generator.propose(positions)]

    def _possible(self, candidates: list[Candidate]) -> list[Candidate]:
        if not self.missing:
            return candidates
        kept: dict[str, Candidate] = {}
        for candidate in candidates:
            tactic = without(candidate.action, self.missing)
            if tactic is not None and tactic not in kept:
                kept[tactic] = candidate._replace(action=tactic)
        return list(kept.values())

    def position(self, state: LeanState, retrieve: bool = True) -> Position:
        """The state as a generator sees it, with the premises retrieved for it and what was refused on it."""
        bare = Position(state.lean_goals, state.tactics, self.local, failed=self.failed(state))
        return replace(bare, premises=tuple(self.premises(bare))) if retrieve else bare


def _printed(states: tuple[LeanState, ...]) -> Outcome:
    """Advanced, with the goals asked of Lean; a state that cannot be printed is of no use to anyone."""
    try:
        for state in states:
            _ = state.lean_goals
    except Exception as error:
        return Crashed(f"the goals cannot be printed: {type(error).__name__}: {error}")
    return Advanced(states)


def _most_probable(candidates: list[Candidate], keep: int | None) -> list[Candidate]:
    """At most `keep`, still in the order in which they came."""
    if keep is None or len(candidates) <= keep:
        return candidates
    best = sorted(range(len(candidates)), key=lambda at: -candidates[at].log_probability)[:keep]
    return [candidates[at] for at in sorted(best)]
