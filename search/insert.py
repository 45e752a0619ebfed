"""Puts the answers to one expansion into the graph and counts them. Not here: who asked (search/drive.py)."""

from __future__ import annotations

from collections.abc import Sequence

from search.graph import Graph
from search.protocols import Advanced, Outcome, Rejected, Skipped, Solved, TimedOut
from search.results import Statistics


def insert(
    graph: Graph,
    statistics: Statistics,
    node: int,
    proposals: Sequence[tuple[str, float]],
    outcomes: Sequence[Outcome],
) -> tuple[list[int], int]:
    """Add the edges of an expansion; returns the edge of each proposal (-1: none), and how many were not
    tried.

    What comes after an action that solves the node is taken as `Skipped`, whatever the checker did with it:
    its edges would help nobody, and the tree must not depend on how many workers looked at one request at
    once. An outcome that is none of the protocol's counts as `Crashed`.
    """
    connect = graph.connect
    edges: list[int] = []
    tried = untried = 0
    for (action, log_probability), outcome in zip(proposals, outcomes, strict=True):
        kind = type(outcome)
        edge = -1
        tried += 1
        if kind is Rejected:
            statistics.rejected += 1
        elif kind is Advanced and outcome.states:  # type: ignore[union-attr]
            statistics.advanced += 1
            edge = connect(node, action, log_probability, outcome.states)  # type: ignore[union-attr]
            if edge < 0:
                statistics.loops += 1
        elif kind is Solved or kind is Advanced:
            statistics.solved += 1
            edges.append(connect(node, action, log_probability))
            edges += [-1] * (len(outcomes) - len(edges))
            break
        elif kind is TimedOut:
            statistics.timed_out += 1
        elif kind is Skipped:
            tried -= 1
            untried += 1
        else:
            statistics.crashed += 1
        edges.append(edge)
    statistics.checks += tried
    return edges, untried
