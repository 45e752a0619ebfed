"""Searches from their logs: the graph as it was, and the search run again, without checker or model.

Not here: the format (search/log.py).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any

from search.budget import Budget
from search.drive import Search
from search.errors import LogError, ProofTooLong
from search.graph import PROVED, ROOT, Graph
from search.insert import insert
from search.log import Log, read_log
from search.options import Options
from search.protocols import (
    Advanced,
    Candidate,
    Crashed,
    Outcome,
    Rejected,
    Request,
    Skipped,
    Solved,
    State,
    TimedOut,
)
from search.results import Result, Statistics, Stop
from search.shortest import shortest_proof
from search.strategies import Strategy, make_strategy


@dataclass(frozen=True, slots=True)
class RecordedState:
    """A state as a log has it; its key is its number there."""

    key: int
    text: str
    size: int
    goals: tuple[str, ...]


_LOST: dict[str, Callable[[str], Outcome]] = {"rejected": Rejected, "timed out": TimedOut, "crashed": Crashed}


class Recording:
    """Generator, checker and critic that answer from a log; states it never expanded have no candidates."""

    def __init__(self, log: Log | Path | str) -> None:
        self.log = log if isinstance(log, Log) else read_log(log)
        self.states: list[RecordedState] = []
        # A state that lost candidates to a budget may have been expanded again: all that was tried on it.
        self.tried: dict[int, list[tuple[str, float, Outcome]]] = {}
        self.expansions: list[list[tuple[str, float, Outcome]]] = []  # as the log has them
        self.distances: dict[int, float] = {}
        for record in [self.log.header, *self.log.events]:
            try:
                if record["kind"] == "search":
                    self._add_state(record["root"])
                elif record["kind"] == "scores":
                    self.distances.update(enumerate(record["distances"], record["first"]))
                else:
                    self._add_expansion(record)
            except (KeyError, IndexError, TypeError, ValueError) as error:
                reason = f"{type(error).__name__}: {error}"
                raise LogError(f"the log has a record that is not whole: {reason}") from None

    @property
    def root(self) -> RecordedState:
        return self.states[0]

    def _add_state(self, record: dict[str, Any]) -> None:
        goals = tuple(f"{len(self.states)}.{goal}" for goal in range(record["goals"]))
        self.states.append(RecordedState(len(self.states), record["text"], record["size"], goals))

    def _add_expansion(self, record: dict[str, Any]) -> None:
        for new in record["new"]:
            self._add_state(new)
        node = self.states[record["node"]]
        tried = [(str(entry[0]), float(entry[1]), self._outcome(node, entry)) for entry in record["tried"]]
        self.expansions.append(tried)
        known = self.tried.setdefault(node.key, [])
        earlier = {action for action, _, _ in known}
        known += [entry for entry in tried if entry[0] not in earlier]

    def _outcome(self, node: RecordedState, entry: list[Any]) -> Outcome:
        kind = entry[2]
        if kind == "advanced":
            if any(child < 0 for child in entry[3]):
                raise ValueError("a negative number of a state")
            return Advanced(tuple(self.states[child] for child in entry[3]))
        if kind == "loop":
            return Advanced((node,))
        if kind == "solved":
            return Solved()
        if kind == "skipped":
            return Skipped()
        return _LOST[kind](str(entry[3]))

    def _of(self, state: State) -> list[tuple[str, float, Outcome]]:
        return self.tried.get(_number(state), [])

    def propose(self, states: Sequence[State]) -> list[list[Candidate]]:
        return [[Candidate(action, weight) for action, weight, _ in self._of(state)] for state in states]

    def check(self, requests: Sequence[Request], deadline: float | None = None) -> list[list[Outcome]]:
        answers: list[list[Outcome]] = []
        for request in requests:
            known = {action: outcome for action, _, outcome in self._of(request.state)}
            answers.append([known.get(action, Rejected("not in the log")) for action in request.actions])
        return answers

    def score(self, states: Sequence[State]) -> list[float]:
        return [self.distances.get(_number(state), float("nan")) for state in states]


def _number(state: State) -> int:
    assert isinstance(state, RecordedState)
    return state.key


def replay(log: Log | Path | str) -> Result:
    """The search of a log as it was, its graph rebuilt expansion by expansion; no part is called.

    A log that was cut off gives the search up to there, with `Stop.INTERRUPTED`. Errors: `LogError`.
    """
    recording = Recording(log)
    log = recording.log
    graph = Graph(recording.root)
    statistics = Statistics()
    names = tuple(map(str, log.header["perspectives"]))
    by = dict.fromkeys(names, 0)
    for record, tried in zip(log.expansions, recording.expansions, strict=True):
        node = record["node"]
        if node >= len(graph):
            raise LogError(f"the log expands state {node} before any action leads to it")
        insert(graph, statistics, node, [entry[:2] for entry in tried], [entry[2] for entry in tried])
        by[record["by"]] += 1
        statistics.expansions += 1
        if record["whole"]:
            graph.close(node, names.index(record["by"]), record["order"], record["seconds"])
    for node, distance in recording.distances.items():
        if node < len(graph):
            graph.distance[node] = distance
    stop, detail = Stop.INTERRUPTED, "the log ends before the search"
    warnings: tuple[str, ...] = ()
    if log.end is not None:
        try:
            stop, detail, warnings = Stop(log.end["stop"]), log.end["detail"], tuple(log.end["warnings"])
            known = {field.name for field in fields(Statistics)}
            statistics = Statistics(**{k: v for k, v in log.end["statistics"].items() if k in known})
        except (KeyError, ValueError, TypeError, AttributeError) as error:
            raise LogError(f"the last line of the log is not whole: {type(error).__name__}: {error}") from None
        if stop is Stop.EXHAUSTED:
            graph.settle()
    elif graph.status[ROOT] == PROVED:
        stop = Stop.PROVED
    graph.trim()
    statistics.nodes, statistics.edges, statistics.merges = len(graph), graph.edges, graph.merges
    statistics.chosen_by = by
    proof = None
    try:
        proof = shortest_proof(graph, perspectives=names)
    except ProofTooLong as error:
        warnings = (*warnings, str(error))
    return Result(
        stop,
        detail,
        proof,
        statistics,
        graph,
        names,
        str(log.header["strategy"]),
        int(log.header["seed"]),
        warnings,
    )


def rerun(log: Log | Path | str, strategy: Strategy | None = None) -> Result:
    """Run the search of a log again, with its options, strategy and seed, on its recorded answers.

    Gives the same tree, unless the wall clock or a token budget ended the original; `strategy` replaces the
    log's (needed where its settings were objects), and knows what the log knows. Errors: `LogError`.
    """
    recording = Recording(log)
    options = dict(recording.log.header["options"])
    budget = dict(options.pop("budget"))
    settings = options.pop("settings")
    critic = options.pop("critic")
    options["threads"] = None
    budget["seconds"] = budget["tokens"] = None
    if budget["expansions"] is None or recording.log.end is None:
        budget["expansions"] = len(recording.log.expansions)
    return Search(
        recording.root,
        generator=recording,
        checker=recording,
        critic=recording if critic else None,
        strategy=strategy or make_strategy(recording.log.header["strategy"], **settings),
        budget=Budget(**budget),
        seed=recording.log.header["seed"],
        options=Options(**{**options, "max_actions": None}),
    ).run()
