"""Lean as `search` sees it: proof states as nodes, tactics as actions, independent goals as AND children.

Not here: which tactics (`prover.generators`), which state next (`search`), whether a proof holds (the gate).
"""

from __future__ import annotations

import re
import time
from collections.abc import Hashable, Sequence
from dataclasses import asdict, replace

from prover.generators.premises import PremisesFor, no_premises
from prover.generators.protocol import Position, TacticGenerator
from prover.lean import protocol as lean_protocol
from prover.lean.protocol import Lean, Limits
from prover.lean.state import Goal, ProofState
from search.protocols import Advanced, Candidate, Crashed, Outcome, Rejected, Request, Skipped, Solved, TimedOut

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


class LeanChecker:
    """Runs tactics on states. What failed once on a state is not tried again under limits that are no larger.

    `printed`: new states come with their goals printed, by the worker that made them. For searches that read all of
    them, as a critic does: one after the other, in the thread of the search, they would keep the workers waiting.
    """

    def __init__(self, lean: Lean, limits: Limits, printed: bool = False) -> None:
        self.lean = lean
        self.limits = limits
        self.printed = printed
        self._failed: dict[tuple[Hashable, str], tuple[Outcome, Limits]] = {}

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
            limits = Limits(int(limits.heartbeats * _SLOW_FACTOR), limits.seconds * _SLOW_FACTOR)
        known = self._failed.get((state.key, action))
        if known is not None and (
            isinstance(known[0], Rejected)
            or (known[1].heartbeats >= limits.heartbeats and known[1].seconds >= limits.seconds)
        ):
            return known[0]
        if deadline is not None:
            left = deadline - time.monotonic()
            if left <= 0:
                return TimedOut("the time of the search is over")
            if left < limits.seconds:
                limits = replace(limits, seconds=max(left, 0.02))
        outcome = self._translate(self.lean.run(state.proof_state, [action], limits, explain=False)[0], state.exact)
        if isinstance(outcome, Rejected | TimedOut | Crashed):
            self._failed[state.key, action] = outcome, limits
        return outcome

    def _translate(self, outcome: lean_protocol.Outcome, exact: bool) -> Outcome:
        match outcome:
            case lean_protocol.Solved():
                return Solved()
            case lean_protocol.Advanced(state):
                states = tuple(LeanState(self.lean, part, exact) for part in state.split())
                if self.printed:
                    for made in states:
                        made.lean_goals  # noqa: B018
                return Advanced(states)
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


class LeanGenerator:
    """A tactic generator as the search's: takes the goals of each state out of Lean."""

    def __init__(
        self,
        generator: TacticGenerator,
        local_names: Sequence[str] = (),
        keep: int | None = None,
        premises: PremisesFor = no_premises,
    ) -> None:
        self.generator = generator
        self.local_names = tuple(local_names)
        self.keep = keep
        self.premises = premises

    def propose(self, states: Sequence[LeanState]) -> list[list[Candidate]]:
        """See `search.protocols.Generator`."""
        positions = [self.position(state) for state in states]
        return [candidates[: self.keep] for candidates in self.generator.propose(positions)]

    def position(self, state: LeanState, retrieve: bool = True) -> Position:
        """The state as a generator sees it, with the premises retrieved for it."""
        bare = Position(state.lean_goals, state.tactics, self.local_names)
        return replace(bare, premises=tuple(self.premises(bare))) if retrieve else bare
