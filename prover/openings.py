"""The one-line proofs tried on a hole, as a search of one expansion: so that logs and reports show them too.

Not here: which they are (`prover.generators`) and trying them (`prover.hole`).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from prover.lean_search import LeanState
from search import events
from search.graph import PROVED, ROOT, Graph
from search.insert import insert
from search.protocols import Outcome
from search.results import Result, Statistics, Stop
from search.shortest import shortest_proof

#: The name in the place of a strategy's and of its perspective's.
NAME = "openings"


def as_search(
    root: LeanState, tried: Mapping[str, Outcome], seconds: float, seed: int = 0
) -> Iterator[events.Event]:
    """The events of a search that expanded `root` once, with these outcomes; the root stays open where none solved it.

    Log-probabilities are 0: nobody gave the one-liners any.
    """
    graph = Graph(root)
    statistics = Statistics(seconds=seconds, checker_seconds=seconds, expansions=1, batches=1, chosen_by={NAME: 1})
    options: dict[str, object] = {"critic": False, "settings": {}, "budget": {}}
    yield events.Started(graph, NAME, seed, options, (NAME,))
    actions = [(action, 0.0) for action in tried]
    edges, _ = insert(graph, statistics, ROOT, actions, list(tried.values()))
    solved = graph.status[ROOT] == PROVED
    if solved:
        graph.close(ROOT, 0, 0, seconds)
    answers = events.tries(graph, actions, list(tried.values()), edges)
    yield events.Expanded(graph, ROOT, NAME, 0, seconds, answers, 1, len(graph) - 1, solved)
    graph.trim()
    proof = shortest_proof(graph, perspectives=(NAME,))
    statistics.nodes, statistics.edges, statistics.candidates = len(graph), graph.edges, len(tried)
    statistics.in_proof = {NAME: len(proof)} if proof else {}
    stop = Stop.PROVED if solved else Stop.EXHAUSTED
    yield events.Finished(Result(stop, "", proof, statistics, graph, (NAME,), NAME, seed))
