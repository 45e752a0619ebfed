"""The whole world of `search`: what a state, a generator, a checker and a critic must offer.

Not here: Lean, tactics, models. The prover implements these protocols (as does `search.toy`, a puzzle), and
the search never looks behind them. A *state* is something to be solved (an OR node: one action that works
is enough); an *action* on it leads to zero, one or several states (an AND: all of them have to be solved,
each on its own). In Lean a state is a proof state and an action a tactic; a tactic on a state of several
goals that share metavariables leads to one state with all goals, one that leaves independent goals should
be answered with one state for each goal, so that a goal solved once is solved wherever it appears.
"""

from __future__ import annotations

from collections.abc import Awaitable, Hashable, Sequence
from dataclasses import dataclass
from typing import NamedTuple, Protocol, TypeAlias, runtime_checkable


@runtime_checkable
class State(Protocol):
    """Something to be solved. Read often, so let `key`, `size` and `goals` be plain attributes.

    `text` is asked for in the search's own thread (and by a critic in its): where calls overlap
    (`Options.overlapping`), possibly while the checker is at work in another. A state may also have `details`,
    JSON data that a log keeps beside its text.
    """

    @property
    def key(self) -> Hashable:
        """Canonical form: two states with equal keys are the same node, solved by the same actions."""

    @property
    def goals(self) -> Sequence[Hashable]:
        """Keys of the goals still open in this state (one, or several that depend on each other)."""

    @property
    def size(self) -> int:
        """How large the state is, in any unit (characters, nodes of an expression); cheap."""

    @property
    def text(self) -> str:
        """The state as shown to a person, a critic or a log; may be computed when first asked for."""


class Candidate(NamedTuple):
    """A proposed action. A plain `(action, log_probability)` pair is accepted too."""

    action: str
    log_probability: float
    tokens: int = 0  # what it cost to generate, counted against Budget.tokens


@dataclass(frozen=True, slots=True)
class Advanced:
    """The action applies and leaves `states`, to be solved each on its own; no states means solved."""

    states: tuple[State, ...]


@dataclass(frozen=True, slots=True)
class Solved:
    """The action applies and leaves nothing to solve."""


@dataclass(frozen=True, slots=True)
class Rejected:
    """The action does not apply; `error` is kept in the log only."""

    error: str = ""


@dataclass(frozen=True, slots=True)
class TimedOut:
    """No answer within the checker's limit for one action, or the search's deadline passed before its turn.
    """

    error: str = ""


@dataclass(frozen=True, slots=True)
class Crashed:
    """The checker was lost on this action; nothing is known about it."""

    error: str = ""


@dataclass(frozen=True, slots=True)
class Skipped:
    """Not tried, since an earlier action of the same request solved the state."""


Outcome: TypeAlias = Advanced | Solved | Rejected | TimedOut | Crashed | Skipped


class Request(NamedTuple):
    """All actions to try on one state."""

    state: State
    actions: Sequence[str]


class Generator(Protocol):
    """Proposes actions. `propose` may be a plain method or a coroutine; calls never overlap."""

    def propose(
        self, states: Sequence[State]
    ) -> Sequence[Sequence[Candidate]] | Awaitable[Sequence[Sequence[Candidate]]]:
        """One list of candidates for each state, in order; an empty list means that nothing comes to mind."""


class Checker(Protocol):
    """Tries actions. `check` may be a plain method or a coroutine; up to `Options.workers` calls overlap.

    It may also have a method `interrupt()`, called from another thread (or a signal handler's wake) when the
    search stops while a check is running: the call in progress should then return, with anything, or raise.
    """

    def check(
        self, requests: Sequence[Request], deadline: float | None
    ) -> Sequence[Sequence[Outcome]] | Awaitable[Sequence[Sequence[Outcome]]]:
        """For each request one outcome for each action, in order.

        Once an action of a request is `Solved`, those after it may be answered `Skipped` without a try: the
        search makes nothing of them in any case, so that its tree does not depend on who tries them.
        `deadline` is a `time.monotonic()` value or None; what cannot be tried before it is answered
        `TimedOut`. Raising means that the checker died on some request: the search tries the requests of
        that call again, one at a time, and takes those that raise again as `Crashed`.
        """


class Critic(Protocol):
    """Predicts how far states are from being solved. `score` may be a plain method or a coroutine."""

    def score(self, states: Sequence[State]) -> Sequence[float] | Awaitable[Sequence[float]]:
        """For each state the expected number of further actions, [states], ≥ 0; smaller is better.

        All children of one batch of expansions are scored in one call. NaN and infinities count as "no
        opinion"; they are replaced by the mean of the opinions so far, and counted.
        """
