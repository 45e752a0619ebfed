"""Prints what the search itself costs: `python -m search.bench`.

Not here: how well it finds proofs (`entails bench`). Generator and checker cost next to nothing, and what
they do cost (making the states) is measured and taken off, so what is left is choosing, merging,
propagating and bookkeeping. CPU time of the process, so that a busy machine changes little.
"""

from __future__ import annotations

import argparse
import gc
import os
import time
from collections.abc import Sequence
from pathlib import Path

from search.budget import Budget
from search.drive import Search
from search.events import Event, Expanded
from search.graph import PROVED, ROOT, Graph
from search.options import Options
from search.protocols import Advanced, Candidate, Outcome, Request, State
from search.strategies import STRATEGIES


class Dot:
    """A state that is a number and nothing else."""

    __slots__ = ("key",)
    goals = (0,)
    size = 1

    def __init__(self, key: int) -> None:
        self.key = key

    @property
    def text(self) -> str:
        return f"goal {self.key}"


class Free:
    """Generator, checker and critic of an endless tree; every fourth action leads to a state known already.
    """

    def __init__(self, branching: int) -> None:
        self.count = 0
        self.candidates = [Candidate(f"tactic {at}", -1.0 - at / 8) for at in range(branching)]
        self.seconds = 0.0

    def propose(self, states: Sequence[State]) -> list[list[Candidate]]:
        return [self.candidates] * len(states)

    def check(self, requests: Sequence[Request], deadline: float | None = None) -> list[list[Outcome]]:
        began = time.process_time()
        answers: list[list[Outcome]] = []
        for request in requests:
            outcomes: list[Outcome] = []
            for _ in request.actions:
                self.count += 1
                known = not self.count & 3
                outcomes.append(Advanced((Dot(self.count // 2 if known else self.count),)))
            answers.append(outcomes)
        self.seconds += time.process_time() - began
        return answers

    def score(self, states: Sequence[State]) -> list[float]:
        return [1.0] * len(states)


def resident() -> int:
    """Bytes of memory this process has now."""
    try:
        return int(Path("/proc/self/statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE")
    except OSError:
        import psutil

        return int(psutil.Process().memory_info().rss)


def searches(expansions: int) -> None:
    print(f"\n## Searches, {expansions:,} expansions, 2 and 8 actions a state\n")
    print("| strategy | batch | actions | expansions/s | nodes/s | µs an expansion |")
    print("| --- | --- | --- | --- | --- | --- |")
    for strategy in STRATEGIES:
        for batch, branching in ((1, 2), (64, 2), (64, 8)):
            free = Free(branching)
            search = Search(
                Dot(0),
                generator=free,
                checker=free,
                critic=free,
                strategy=strategy,
                budget=Budget(expansions=expansions),
                options=Options(batch=batch),
            )
            began = time.process_time()
            result = search.run()
            own = time.process_time() - began - free.seconds
            done = result.statistics.expansions
            print(
                f"| {strategy} | {batch} | {branching} | {done / own:,.0f} | {len(result.graph) / own:,.0f} "
                f"| {own / done * 1e6:.1f} |",
                flush=True,
            )


def insertions(nodes: int) -> None:
    print(f"\n## Node insertions, to {nodes:,} nodes, each with one edge; every fourth edge merges\n")
    print("| nodes | µs a node | bytes a node |")
    print("| --- | --- | --- |")
    graph = Graph(Dot(0))
    connect = graph.connect
    gc.collect()
    before = resident()
    steps = 10
    total = 0.0
    for step in range(steps):
        block = range(1 + step * nodes // steps, 1 + (step + 1) * nodes // steps)
        states = [(Dot(at),) for at in block]
        began = time.process_time()
        for at, state in zip(block, states, strict=True):
            connect(at >> 1, "tactic", -1.0, state)
            if not at & 3:
                connect(at >> 2, "tactic", -1.0, state)
        spent = time.process_time() - began
        total += spent
        each = (resident() - before) / len(graph)
        print(f"| {len(graph):,} | {spent / len(block) * 1e6:.2f} | {each:.0f} |", flush=True)
    print(f"\n{nodes / total:,.0f} nodes/s on the whole; the bytes include the states (some 70).")


def long_search(nodes: int) -> None:
    print(f"\n## One best-first search to {nodes:,} nodes, 4 actions a state, batches of 64\n")
    print("| nodes | µs a node | bytes a node |")
    print("| --- | --- | --- |")
    free = Free(4)
    marks: list[tuple[int, float, int]] = []  # nodes, own CPU time, memory
    gc.collect()
    before = resident()

    def watch(event: Event) -> None:
        if isinstance(event, Expanded) and len(event.graph) >= (len(marks) + 1) * nodes // 10:
            marks.append((len(event.graph), time.process_time() - free.seconds, resident()))

    began = time.process_time()
    Search(
        Dot(0),
        generator=free,
        checker=free,
        strategy="best-first",
        budget=Budget(checks=nodes * 4 // 3 + 64),
        options=Options(batch=64),
        on_event=watch,
    ).run()
    last = (1, began, before)
    for mark in marks:
        each = (mark[1] - last[1]) / (mark[0] - last[0])
        print(f"| {mark[0]:,} | {each * 1e6:.2f} | {(mark[2] - before) / mark[0]:.0f} |")
        last = mark
    print("\nThe events for the one who watches are in these figures, as they are in a search with a log.")


def propagation(nodes: int) -> None:
    graph = Graph(Dot(0))
    for at in range(nodes):
        graph.connect(at, "tactic", -1.0, (Dot(at + 1),))
        graph.close(at)
    began = time.process_time()
    graph.connect(nodes, "done", -1.0)
    spent = time.process_time() - began
    assert graph.status[ROOT] == PROVED
    print(f"\n## Propagation\n\nA proof at the end of a chain of {nodes:,} states: {spent:.2f} s", end=", ")
    print(f"{spent / nodes * 1e6:.2f} µs a state.")


def main(arguments: Sequence[str] | None = None) -> None:
    about = (__doc__ or "").split("\n")[0]
    parser = argparse.ArgumentParser(prog="python -m search.bench", description=about)
    parser.add_argument("--nodes", type=int, default=1_000_000, help="size of the graphs")
    parser.add_argument("--expansions", type=int, default=20_000, help="length of each search")
    options = parser.parse_args(arguments)
    if options.nodes < 10 or options.expansions < 1:
        parser.error("--nodes must be 10 or more, --expansions 1 or more")
    print("# Overhead of the search, CPU time")
    insertions(options.nodes)
    propagation(options.nodes)
    long_search(options.nodes)
    searches(options.expansions)


if __name__ == "__main__":
    main()
