"""The one small protocol between Entails and a Lean: open, run tactics, look at goals, verify a source.

Backends: `embedded/` (in this process or in workers), `native/` (the Lean on the PATH). Each is tested by the
same contract suite, `tests/prover/test_lean_contract.py`. Answers are closed unions of frozen values: `Outcome` for
a tactic. A backend never reports a proof; only `gate.py` does.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal, Protocol, TypeAlias, runtime_checkable

from prover.lean.state import Goal, ProofState

Severity: TypeAlias = Literal["information", "warning", "error"]


class LeanError(Exception):
    """Base: something that is the user's or the machine's to mend, in one sentence."""


class LeanMissing(LeanError):
    """No such Lean here; the message says which, why, and the one command that gets it."""


class BadSource(LeanError):
    """The source cannot be used: it does not parse or elaborate, or lacks what was asked for."""


class UnknownImport(BadSource):
    """The source imports a module that the Lean at hand does not have."""


@dataclass(frozen=True, slots=True)
class Message:
    """One of Lean's messages. Lines count from 1, columns from 0, in code points."""

    severity: Severity
    line: int
    column: int
    text: str

    def __str__(self) -> str:
        return f"{self.line}:{self.column}: {self.severity}: {self.text}"


@dataclass(frozen=True, slots=True)
class LeanInfo:
    """Which Lean this is."""

    version: str
    backend: Literal["embedded", "native", "leandojo"]


@dataclass(frozen=True, slots=True)
class Limits:
    """What one tactic may use. `heartbeats` as in Lean's `maxHeartbeats` (0: no limit); `seconds` of wall clock."""

    heartbeats: int = 200_000
    seconds: float = 5.0

    def times(self, factor: float) -> Limits:
        """So many times as much; rounded up, since no heartbeats would be no limit."""
        return Limits(math.ceil(self.heartbeats * factor), self.seconds * factor)


# What a tactic can do


@dataclass(frozen=True, slots=True)
class Advanced:
    """The tactic succeeded and goals are left."""

    state: ProofState


@dataclass(frozen=True, slots=True)
class Solved:
    """The tactic succeeded and no goal is left. A candidate for a proof: the gate decides."""

    steps: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Rejected:
    """Lean refused the tactic: it does not parse, does not apply, or changed nothing that is allowed."""

    message: str


@dataclass(frozen=True, slots=True)
class TimedOut:
    """The tactic ran past its heartbeats or its seconds and was stopped."""

    message: str


@dataclass(frozen=True, slots=True)
class Crashed:
    """Lean stopped in the middle (stack, memory, a panic). The state is still good: the backend went back to it."""

    message: str


Outcome: TypeAlias = Advanced | Solved | Rejected | TimedOut | Crashed


@dataclass(frozen=True, slots=True)
class Hole:
    """A `sorry` (or a missing proof) of a source, with its initial proof state.

    `start` and `end` are offsets in code points of the text to replace; what takes its place is `prefix` and then
    the tactics. `is_prop` is False where the hole asks for data, not for a proof.
    """

    theorem: str
    start: int
    end: int
    line: int
    column: int
    prefix: Literal["", "by", ":= by"]
    is_prop: bool
    state: ProofState


@dataclass(frozen=True, slots=True)
class Opened:
    """A source with its holes, after missing proofs were made `sorry` (`source` is the text after that)."""

    source: str
    holes: tuple[Hole, ...]
    messages: tuple[Message, ...]


@dataclass(frozen=True, slots=True)
class SourceReport:
    """What elaborating a whole source said and declared."""

    messages: tuple[Message, ...]
    declarations: tuple[str, ...]

    @property
    def errors(self) -> tuple[Message, ...]:
        return tuple(m for m in self.messages if m.severity == "error")


@dataclass(frozen=True, slots=True)
class Declaration:
    """A constant of the environment, its type as Lean prints it."""

    name: str
    kind: str
    type: str
    module: str | None


@dataclass(frozen=True, slots=True)
class Verification:
    """The gate's answer. `axioms`: what the proof leans on, of Lean's own three; `reason`: why it was refused."""

    accepted: bool
    theorem: str
    reason: str = ""
    axioms: tuple[str, ...] = ()
    seconds: float = 0.0


@runtime_checkable
class Lean(Protocol):
    """A Lean that can be asked. Implementations are usable from one thread at a time unless they say more."""

    @property
    def info(self) -> LeanInfo: ...

    def open(self, source: str) -> Opened:
        """Elaborate a source and give the proof state of each hole, in the context that it stands in.

        Raises BadSource, UnknownImport.
        """
        ...

    def run(
        self, state: ProofState, tactics: Sequence[str], limits: Limits = ..., explain: bool = ...
    ) -> list[Outcome]:
        """Run each tactic on the state, each from the same start. One outcome a tactic, in order.

        Without `explain` a backend may leave the message of a `Rejected` empty: Lean prints goals in it, which can
        take longer than the tactic did.
        """
        ...

    def goals(self, state: ProofState) -> tuple[Goal, ...]:
        """The state's open goals, printed and taken apart."""
        ...

    def check(self, source: str, seconds: float = ...) -> SourceReport:
        """Elaborate a whole source. Silence is not a proof: use `verify`."""
        ...

    def declaration(self, name: str, source: str = "") -> Declaration | None:
        """A declaration of the environment after `source`, by its full name."""
        ...

    def verify(
        self, proof: str, statement: str, theorem: str | Sequence[str] | None = None, seconds: float = ...
    ) -> Verification:
        """The soundness gate: does `proof` prove exactly what `statement` poses? See `gate.py`."""
        ...

    def close(self) -> None:
        """Give back processes and memory; safe to call twice."""
        ...

    def __enter__(self) -> Lean: ...

    def __exit__(self, *_: object) -> None: ...
