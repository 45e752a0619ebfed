"""What `prover.prove` tells its onlookers: its own events, and those of the search. Not here: the onlookers."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TypeAlias

from prover.lean.protocol import Hole
from prover.results import HoleResult
from search import events as search_events


@dataclass(frozen=True, slots=True)
class HoleStarted:
    """Work on a hole begins."""

    index: int
    hole: Hole


@dataclass(frozen=True, slots=True)
class OneLinerTried:
    """A one-line proof was tried on the hole."""

    tactic: str
    solved: bool
    seconds: float


@dataclass(frozen=True, slots=True)
class HoleFinished:
    """Work on a hole is over."""

    index: int
    result: HoleResult


ProveEvent: TypeAlias = HoleStarted | OneLinerTried | HoleFinished | search_events.Event
