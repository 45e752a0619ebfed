"""What a decision holds: the verdict, why, and which solver said what. Nothing is decided here."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, TypeAlias

from logic.countermodel import FiniteModel
from logic.solvers.proof import Proof
from logic.verdict import Verdict


@dataclass(frozen=True, slots=True)
class Derived:
    """The premises entail it. `core`: indices (from 0, ascending) of premises that already do.

    `minimal`: each premise of the core was shown to be needed. `proof`: E's, where it was asked for.
    """

    solver: str
    core: tuple[int, ...]
    minimal: bool = False
    proof: Proof | None = None


@dataclass(frozen=True, slots=True)
class Counterexample:
    """The premises don't entail it, `by` a model or by saturation.

    `model` is a finite one that was checked against the formulas, where one was asked for and is small.
    """

    solver: str
    by: Literal["model", "saturation"]
    model: FiniteModel | None = None


@dataclass(frozen=True, slots=True)
class Undecided:
    """No solver settled it in time."""


Outcome: TypeAlias = Derived | Counterexample | Undecided


@dataclass(frozen=True, slots=True)
class SolverReport:
    """How far one solver got: what it said of each question, and after how many seconds since the start.

    `said` is "derived", "counterexample", "stopped" (another was first), "deadline", or the solver's own
    reason for giving up.
    """

    solver: str
    question: Literal["conclusion", "negation"]
    said: str
    seconds: float


@dataclass(frozen=True, slots=True)
class Decision:
    """The verdict on a conclusion, with the outcome for it and for its negation.

    TRUE may stand beside an `Undecided` negation: the conclusion follows, while nobody has shown the premises
    to be consistent (`consistent` is None then). `contradiction` is the core of the premises' inconsistency
    where the verdict is CONTRADICTORY.
    """

    verdict: Verdict
    conclusion: Outcome
    negation: Outcome
    reports: tuple[SolverReport, ...]
    seconds: float
    contradiction: Derived | None = None

    @property
    def core(self) -> tuple[int, ...]:
        """Indices of the premises used; empty for UNCERTAIN and UNKNOWN."""
        match self.verdict:
            case Verdict.TRUE:
                return self.conclusion.core
            case Verdict.FALSE:
                return self.negation.core
            case Verdict.CONTRADICTORY:
                return self.contradiction.core
        return ()

    @property
    def minimal(self) -> bool:
        """Whether each premise of `core` was shown to be needed."""
        match self.verdict:
            case Verdict.TRUE:
                return self.conclusion.minimal
            case Verdict.FALSE:
                return self.negation.minimal
            case Verdict.CONTRADICTORY:
                return self.contradiction.minimal
        return False

    @property
    def proof(self) -> Proof | None:
        """The proof that goes with `core`."""
        match self.verdict:
            case Verdict.TRUE:
                return self.conclusion.proof
            case Verdict.FALSE:
                return self.negation.proof
            case Verdict.CONTRADICTORY:
                return self.contradiction.proof
        return None

    @property
    def countermodels(self) -> tuple[FiniteModel, ...]:
        """For UNCERTAIN: a model where the conclusion fails and one where it holds, where known."""
        if self.verdict is not Verdict.UNCERTAIN:
            return ()
        outcomes = (self.conclusion, self.negation)
        return tuple(o.model for o in outcomes if isinstance(o, Counterexample) and o.model is not None)

    @property
    def consistent(self) -> bool | None:
        """Whether the premises have a model, as far as it was shown."""
        if self.verdict is Verdict.CONTRADICTORY:
            return False
        shown = isinstance(self.conclusion, Counterexample) or isinstance(self.negation, Counterexample)
        return True if shown else None
