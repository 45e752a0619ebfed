"""What a search tells its onlookers while it runs. Not here: the onlookers (log, live views).

The events of a search come in one order, from the thread that runs it, and an onlooker's time is the search's
time: be quick. `graph` is the live graph, to be read only.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TypeAlias

from search.graph import Graph
from search.protocols import Outcome, Skipped
from search.results import Result


@dataclass(frozen=True, slots=True)
class Started:
    graph: Graph
    strategy: str
    seed: int
    options: dict[str, object]  # those of `Options`, `budget`, `critic` (bool), `settings` of the strategy
    perspectives: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Tried:
    """One action of an expansion; `edge` is its number in the graph, -1 where it made none."""

    action: str
    log_probability: float
    outcome: Outcome
    edge: int


def tries(
    graph: Graph, proposals: Sequence[tuple[str, float]], outcomes: Sequence[Outcome], edges: Sequence[int]
) -> tuple[Tried, ...]:
    """What was tried on a node; after an action that solved it, outcomes count as `Skipped`."""
    tried: list[Tried] = []
    solved = False
    for (action, log_probability), outcome, edge in zip(proposals, outcomes, edges, strict=True):
        tried.append(Tried(action, log_probability, Skipped() if solved else outcome, edge))
        solved = solved or (edge >= 0 and not len(graph.children(edge)))
    return tuple(tried)


@dataclass(frozen=True, slots=True)
class Expanded:
    """A node was expanded; new nodes are [first_new, len(graph) at that time)."""

    graph: Graph
    node: int
    chosen_by: str
    order: int
    seconds: float  # since the start
    tried: tuple[Tried, ...]
    first_new: int
    new: int  # how many nodes are new
    whole: bool  # False: the budget left candidates untried, and the node stayed open


@dataclass(frozen=True, slots=True)
class Scored:
    """The critic scored nodes [first, first + len(distances)); comes after the expansions of a batch."""

    graph: Graph
    first: int
    distances: tuple[float, ...]


@dataclass(frozen=True, slots=True)
class Finished:
    result: Result


Event: TypeAlias = Started | Expanded | Scored | Finished
