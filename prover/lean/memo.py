"""A Lean that remembers its answers, so that several searches of one theorem cost little more than one.

For comparisons: every search is given the very outcomes that it would have got alone, as tactics are deterministic
under heartbeats, and outcomes that a clock ended are the same for all. Not here: single proofs, where nothing is asked
twice.
"""

from __future__ import annotations

from collections.abc import Sequence

from prover.lean.protocol import (
    Declaration,
    Lean,
    LeanInfo,
    Limits,
    Opened,
    Outcome,
    SourceReport,
    TimedOut,
    Verification,
)
from prover.lean.state import Goal, ProofState

_VERIFY_SECONDS = 120.0


class MemoLean:
    """See `prover.lean.protocol.Lean`. Remembers until `forget`; `asked` and `known` count tactics.

    A tactic is remembered by its path from the theorem and its heartbeats; one that was stopped is run again when it is
    given more seconds.
    """

    def __init__(self, lean: Lean) -> None:
        self.lean = lean
        self.asked = self.known = 0
        self.forget()

    def forget(self) -> None:
        """Everything; between theorems."""
        self._opened: dict[str, Opened] = {}
        self._outcomes: dict[tuple[object, ...], tuple[Outcome, float]] = {}
        self._goals: dict[tuple[object, ...], tuple[Goal, ...]] = {}
        self._verified: dict[tuple[object, ...], Verification] = {}

    @property
    def info(self) -> LeanInfo:
        return self.lean.info

    def open(self, source: str) -> Opened:
        if source not in self._opened:
            self._opened[source] = self.lean.open(source)
        return self._opened[source]

    def run(
        self, state: ProofState, tactics: Sequence[str], limits: Limits = Limits(), explain: bool = True
    ) -> list[Outcome]:
        return [self._run(state, tactic, limits, explain) for tactic in tactics]

    def _run(self, state: ProofState, tactic: str, limits: Limits, explain: bool) -> Outcome:
        key = (state.root, state.steps, tactic, limits.heartbeats, explain)
        self.asked += 1
        found = self._outcomes.get(key)
        if found is not None and not (isinstance(found[0], TimedOut) and limits.seconds > found[1]):
            self.known += 1
            return found[0]
        [outcome] = self.lean.run(state, [tactic], limits, explain)
        self._outcomes[key] = outcome, limits.seconds
        return outcome

    def goals(self, state: ProofState) -> tuple[Goal, ...]:
        key = (state.root, state.steps)
        if key not in self._goals:
            self._goals[key] = self.lean.goals(state)
        return self._goals[key]

    def check(self, source: str, seconds: float = 60.0) -> SourceReport:
        return self.lean.check(source, seconds)

    def declaration(self, name: str, source: str = "") -> Declaration | None:
        return self.lean.declaration(name, source)

    def verify(
        self, proof: str, statement: str, theorem: str | Sequence[str] | None = None, seconds: float = _VERIFY_SECONDS
    ) -> Verification:
        key = (proof, statement, theorem if isinstance(theorem, str | None) else tuple(theorem))
        if key not in self._verified:
            self._verified[key] = self.lean.verify(proof, statement, theorem, seconds)
        return self._verified[key]

    def close(self) -> None:
        """Forget; the Lean behind it stays open."""
        self.forget()
