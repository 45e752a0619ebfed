"""What a search returns. Not here: how it is written to a file (search/log.py, search/report.py)."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import Enum

from search.graph import PROVED, ROOT, Graph
from search.proof import Proof


class Stop(str, Enum):
    """Why a search ended."""

    PROVED = "proved"
    EXHAUSTED = "exhausted"  # nothing is left to expand, and the root is not proved
    EXPANSIONS = "expansions"
    SECONDS = "seconds"
    CHECKS = "checks"
    TOKENS = "tokens"
    INTERRUPTED = "interrupted"  # Ctrl-C, or the task was cancelled
    GENERATOR_FAILED = "generator failed"
    CHECKER_FAILED = "checker failed"


@dataclass(slots=True)
class Statistics:
    """Counts of one search; times in seconds."""

    seconds: float = 0.0
    expansions: int = 0
    checks: int = 0
    tokens: int = 0
    nodes: int = 1
    edges: int = 0
    merges: int = 0  # outcomes that led to a state already in the graph
    advanced: int = 0
    solved: int = 0
    rejected: int = 0
    timed_out: int = 0
    crashed: int = 0
    loops: int = 0  # actions that led back to their own state, dropped
    candidates: int = 0  # as the generator gave them
    duplicates: int = 0  # the same action twice for one state, dropped
    oversized: int = 0  # actions longer than Options.max_action_chars, dropped
    invalid: int = 0  # candidates that are no (str, finite log-probability), dropped
    silent: int = 0  # states for which the generator had nothing
    generator_errors: int = 0  # calls that raised or answered out of protocol
    checker_errors: int = 0
    critic_errors: int = 0
    critic_invalid: int = 0  # scores that were NaN, infinite or below 0
    generator_seconds: float = 0.0  # time in calls, summed over overlapping calls
    checker_seconds: float = 0.0
    critic_seconds: float = 0.0
    batches: int = 0
    chosen_by: dict[str, int] = field(default_factory=dict)  # expansions by perspective
    in_proof: dict[str, int] = field(default_factory=dict)  # steps of the proof by perspective

    def utilisation(self, workers: int = 1) -> dict[str, float]:
        """Share of the wall clock for which each side was busy, 0 to 1; the checker's over its workers."""
        whole = self.seconds or 1.0
        return {
            "generator": min(1.0, self.generator_seconds / whole),
            "checker": min(1.0, self.checker_seconds / (whole * workers)),
            "critic": min(1.0, self.critic_seconds / whole),
        }


@dataclass(frozen=True, slots=True)
class Result:
    """The end of a search, or its state when it was interrupted; the graph is whole in either case."""

    stop: Stop
    detail: str  # one sentence where `stop` is a failure, else empty
    # the shortest in the graph; None too where it is too long to write out (see warnings)
    proof: Proof | None
    statistics: Statistics
    graph: Graph
    perspectives: tuple[str, ...]  # names for Graph.chosen_by
    strategy: str
    seed: int
    warnings: tuple[str, ...] = ()  # what was left out or replaced on the way, one sentence each

    @property
    def solved(self) -> bool:
        return self.graph.status[ROOT] == PROVED
