"""What crosses the border to a solver's process and back: plain frozen values that pickle flat.

A problem asks two questions, and both of satisfiability:

- `CONCLUSION`: do the premises entail the conclusion? (premises ∧ ¬conclusion unsatisfiable)
- `NEGATION`: do they entail its negation? (premises ∧ conclusion unsatisfiable)
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal, TypeAlias

from logic.solvers.encode import Encoded

Question: TypeAlias = Literal["conclusion", "negation"]
CONCLUSION: Question = "conclusion"
NEGATION: Question = "negation"
QUESTIONS: tuple[Question, ...] = (CONCLUSION, NEGATION)


@dataclass(frozen=True, slots=True)
class Job:
    """`questions` about a problem, to be answered within `seconds`.

    `explain` asks for minimal cores and for models as tables, with at most `max_domain` elements. A solver
    that can't do the one or the other leaves it out. `known` holds cores that another solver has found: such
    a question is not asked again, and its core only made smaller.
    """

    encoded: Encoded
    questions: tuple[Question, ...]
    seconds: float
    explain: bool = False
    max_domain: int = 6
    known: tuple[tuple[Question, tuple[int, ...]], ...] = ()


@dataclass(frozen=True, slots=True)
class Tables:
    """A finite model over 0 … size-1 in the numbering of the problem's `Vocabulary`.

    `predicates[i]` are the tuples that `p{i}` holds of; `functions[i]` are (arguments, value) pairs of
    `f{i}`, one for each tuple of arguments.
    """

    size: int
    predicates: tuple[tuple[tuple[int, ...], ...], ...]
    functions: tuple[tuple[tuple[tuple[int, ...], int], ...], ...]


@dataclass(frozen=True, slots=True)
class Unsatisfiable:
    """The premises `core` (indices from 0, ascending) already entail what `question` asks.

    `minimal`: every premise of the core was shown to be needed. `final`: no smaller core will follow from
    this job. `proof`: the solver's own derivation as text, where there is one.
    """

    question: Question
    core: tuple[int, ...]
    minimal: bool = False
    final: bool = True
    proof: str = ""


@dataclass(frozen=True, slots=True)
class Satisfiable:
    """What `question` asks doesn't follow, shown `by` a model or by saturation."""

    question: Question
    by: Literal["model", "saturation"]
    tables: Tables | None = None
    final: bool = True


@dataclass(frozen=True, slots=True)
class GaveUp:
    """The solver stopped without an answer; `reason` is in its own words."""

    question: Question
    reason: str


Message: TypeAlias = Unsatisfiable | Satisfiable | GaveUp
Emit: TypeAlias = Callable[[Message], None]
