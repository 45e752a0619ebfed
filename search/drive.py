"""Runs a search: choose, propose, check, score, insert, until a proof or the end of the budget.

Not here: which node is next (search/strategies), what an answer is worth (search/calls.py), statuses
(search/graph.py), Ctrl-C and event loops (search/foreground.py). The core is a coroutine. With one batch at a
time and parts that are plain methods it never waits, and costs microseconds an expansion; otherwise batches
overlap as `Options` says, the parts run in threads (or are coroutines), and at most `lookahead` batches are
under way.

Why the tree does not depend on timing: generator calls are made in the order of the batches, batch k is
chosen exactly when batch k - lookahead is in the graph, results are inserted in the order of the choices,
and what a batch may still check is computed from the batches before it and not from a shared counter.
"""

from __future__ import annotations

import asyncio
import random
import time
from collections import deque
from collections.abc import Callable
from dataclasses import asdict, replace
from typing import Any, TypeVar

from search import foreground
from search.budget import Budget
from search.calls import Calls, Interrupted, PartFailed
from search.errors import ProofTooLong, SearchError
from search.events import Event, Expanded, Finished, Scored, Started, tries
from search.graph import IN_FLIGHT, LEAF, PROVED, ROOT, Graph
from search.insert import insert
from search.options import Options
from search.protocols import Checker, Critic, Generator, State
from search.results import Result, Statistics, Stop
from search.shortest import shortest_proof
from search.strategies import DEFAULT_STRATEGY, Strategy, make_strategy
from search.work import Batch, Workshop

YIELD_SECONDS = 0.05  # how long a search that never waits keeps its event loop to itself


Answer = TypeVar("Answer")


class _Unfinished(Exception):
    """The search ends while a part is still at work."""

    def __init__(self, stop: Stop) -> None:
        super().__init__(stop.value)
        self.stop = stop


def _set(wake: asyncio.Future[None]) -> None:
    if not wake.done():
        wake.set_result(None)


class Search:
    """One search; `run` or `arun` it once, `result` tells its state at any time."""

    def __init__(
        self,
        root: State,
        *,
        generator: Generator,
        checker: Checker,
        critic: Critic | None = None,
        strategy: str | Strategy = DEFAULT_STRATEGY,
        budget: Budget | None = None,
        seed: int = 0,
        options: Options | None = None,
        on_event: Callable[[Event], None] | None = None,
    ) -> None:
        self.graph = Graph(root)
        self.statistics = Statistics()
        self.budget = budget or Budget()
        self.options = options or Options()
        self.seed = seed
        self.strategy = make_strategy(strategy) if isinstance(strategy, str) else strategy
        self.on_event = on_event
        self.warnings: dict[str, int] = {}
        self._calls = Calls(generator, checker, critic, self.options, self.statistics, self._warn)
        self._stop: Stop | None = None
        self._detail = ""
        self.interrupted = False
        self._running: tuple[asyncio.AbstractEventLoop, asyncio.Future[None]] | None = None
        self._has_critic = critic is not None
        self._scored = 0  # nodes that have a distance
        self._started = 0.0
        self._chosen = 0  # expansions given out
        self._begun = False
        self._by = [0] * len(self.strategy.perspectives)

    def _warn(self, sentence: str) -> None:
        self.warnings[sentence] = self.warnings.get(sentence, 0) + 1

    def run(self) -> Result:
        """Search to the end. Ctrl-C ends it early and whole, with `Stop.INTERRUPTED`."""
        return foreground.run(self)

    def pressed(self) -> None:
        """Ctrl-C, in the thread that runs the search. Raises KeyboardInterrupt where that does no harm."""
        again = self.interrupted
        self.interrupted = True
        if again or self._calls.in_call:
            raise KeyboardInterrupt  # in a call: Calls takes it; twice: no more waiting
        self.interrupt()

    def broken_off(self) -> Result:
        """The result after a KeyboardInterrupt that `arun` did not meet."""
        self._stop = self._stop or Stop.INTERRUPTED
        return self.result()

    def interrupt(self) -> None:
        """End the search, from any thread or a signal handler, as soon as the call in progress lets it."""
        self.interrupted = True
        self._calls.interrupt_checks()
        if self._running is not None:
            loop, wake = self._running
            loop.call_soon_threadsafe(_set, wake)

    async def arun(self) -> Result:
        """As `run`, in a running event loop. When cancelled it leaves `result()` whole and raises."""
        if self._begun:
            raise SearchError("a Search runs once: make another one")
        self._begun = True
        loop = asyncio.get_running_loop()
        self._running = (loop, loop.create_future())
        self._started = time.monotonic()
        self.strategy.start(self.graph, random.Random(self.seed), self._has_critic)
        for note in self.strategy.notes:
            self._warn(note)
        self._tell(lambda: Started(self.graph, self.strategy.name, self.seed, self._described(), self._names))
        under_way: deque[tuple[Batch, asyncio.Task[None] | None]] = deque()
        cancelled = False
        try:
            await self._loop(under_way)
        except (Interrupted, asyncio.CancelledError) as end:
            cancelled = isinstance(end, asyncio.CancelledError)
            self._stop = Stop.INTERRUPTED
        except _Unfinished as unfinished:
            self._stop = unfinished.stop
        except PartFailed as failed:
            self._stop, self._detail = failed.stop, str(failed)
        finally:
            self._running = None
            await self._let_go(under_way)
        if self.graph.status[ROOT] == PROVED:
            self._stop = Stop.PROVED
        elif self._stop is Stop.EXHAUSTED:
            self.graph.settle()
            if failure := self._calls.failing():
                self._stop, self._detail = failure.stop, str(failure)
        self.graph.trim()
        result = self.result()
        self._tell(lambda: Finished(result))
        if cancelled:
            raise asyncio.CancelledError
        return result

    def result(self) -> Result:
        """The search so far."""
        graph, statistics = self.graph, self.statistics
        statistics.seconds = time.monotonic() - self._started if self._stop is None else statistics.seconds
        statistics.nodes, statistics.edges, statistics.merges = len(graph), graph.edges, graph.merges
        statistics.chosen_by = dict(zip(self._names, self._by, strict=True))
        warnings = [f"{text} ({n} times)" if n > 1 else text for text, n in self.warnings.items()]
        proof = None
        try:
            proof = shortest_proof(graph, perspectives=self._names)
        except ProofTooLong as error:
            warnings.append(str(error))
        statistics.in_proof = {}
        for step in proof.steps if proof else ():
            statistics.in_proof[step.chosen_by] = statistics.in_proof.get(step.chosen_by, 0) + 1
        return Result(
            self._stop or Stop.INTERRUPTED,
            self._detail,
            proof,
            replace(statistics),
            graph,
            self._names,
            self.strategy.name,
            self.seed,
            tuple(warnings),
        )

    @property
    def _names(self) -> tuple[str, ...]:
        return tuple(self.strategy.perspectives)

    def _described(self) -> dict[str, object]:
        return {
            "critic": self._has_critic,
            "settings": dict(self.strategy.settings),
            "budget": asdict(self.budget),
            **asdict(self.options),
        }

    def _tell(self, event: Callable[[], Event]) -> None:
        if self.on_event is not None:
            self.on_event(event())

    async def _loop(self, under_way: deque[tuple[Batch, asyncio.Task[None] | None]]) -> None:
        if self._should_stop(time.monotonic()):
            return
        workshop = Workshop(self._calls, self.options, self.budget)
        deadline = None if self.budget.seconds is None else self._started + self.budget.seconds
        # Only coroutines and threads make a task worth its price: 30 µs, as much as three expansions.
        tasks = self._calls.waits
        await self._score(0, 1)
        self.strategy.offer(range(1))
        yielded = time.monotonic()
        while True:
            now = time.monotonic()
            if now - yielded > YIELD_SECONDS:
                await asyncio.sleep(0)
                yielded = now
            if self._should_stop(now):
                return
            while len(under_way) < self.options.lookahead:
                batch = self._choose([batch for batch, _ in under_way])
                if batch is None:
                    break
                work = workshop.work(batch, deadline)
                if tasks:
                    under_way.append((batch, asyncio.create_task(work)))
                else:
                    under_way.append((batch, None))
                    await work
            if not under_way:
                # With the budget given out but nothing under way, the budget is the reason and not the graph.
                self._stop = self._stop or Stop.EXHAUSTED
                return
            batch, task = under_way[0]
            if task is not None:
                await self._wait_for(task)
            self._insert(batch)
            under_way.popleft()
            await self._observe(batch)

    def _should_stop(self, now: float) -> bool:
        if self.graph.status[ROOT]:
            self._stop = Stop.PROVED if self.graph.status[ROOT] == PROVED else Stop.EXHAUSTED
        elif self.interrupted:
            self._stop = Stop.INTERRUPTED
        else:
            statistics = self.statistics
            spent = self.budget.spent(
                statistics.expansions, now - self._started, statistics.checks, statistics.tokens
            )
            self._stop = Stop(spent) if spent else None
        return self._stop is not None

    def _choose(self, before: list[Batch]) -> Batch | None:
        count = self.options.batch
        if self.budget.expansions is not None:
            count = min(count, self.budget.expansions - self._chosen)
        picks = self.strategy.select(count) if count > 0 else []
        if not picks:
            return None
        for node, by in picks:
            self.graph.expanded[node] = IN_FLIGHT
            self._by[by] += 1
        self._chosen += len(picks)
        states = [self.graph.states[node] for node, _ in picks]
        return Batch(picks, states, self.statistics.checks, before)

    async def _wait_for(self, task: asyncio.Task[Answer]) -> Answer:
        """The task's result; raises `_Unfinished` where the wall clock or `interrupt` comes first."""
        timeout = None
        if self.budget.seconds is not None:
            timeout = max(0.0, self._started + self.budget.seconds - time.monotonic())
        assert self._running is not None
        waited: set[asyncio.Future[Any]] = {task, self._running[1]}
        await asyncio.wait(waited, timeout=timeout, return_when=asyncio.FIRST_COMPLETED)
        if not task.done():
            raise _Unfinished(Stop.INTERRUPTED if self.interrupted else Stop.SECONDS)
        return task.result()

    def _insert(self, batch: Batch) -> None:
        """Put a batch's outcomes into the graph, in the order of its choices."""
        graph, statistics = self.graph, self.statistics
        seconds = time.monotonic() - self._started
        late = self.budget.seconds is not None and seconds >= self.budget.seconds
        for (node, by), proposals, outcomes in zip(
            batch.picks, batch.proposals, batch.outcomes, strict=True
        ):
            first_new = len(graph)
            timed_out = statistics.timed_out
            edges, untried = insert(graph, statistics, node, proposals, outcomes)
            order = statistics.expansions
            statistics.expansions += 1
            whole = not (untried or node in batch.cut or (late and statistics.timed_out > timed_out))
            if whole:
                graph.close(node, by, order, seconds)
            else:
                graph.expanded[node] = LEAF  # no ground to call it failed
            if self.on_event is not None:
                tried = tries(graph, proposals, outcomes, edges)
                name, new = self.strategy.perspectives[by], len(graph) - first_new
                self.on_event(Expanded(graph, node, name, order, seconds, tried, first_new, new, whole))
        statistics.tokens += batch.tokens  # not when they were made: the end must not depend on timing
        statistics.batches += 1

    async def _observe(self, batch: Batch) -> None:
        """Score what is new and tell the strategy."""
        graph = self.graph
        first_new = self._scored
        await self._score(first_new, len(graph))
        graph.settle_if_due()
        if self.strategy.watches:
            self.strategy.expanded([node for node, _ in batch.picks])
        self.strategy.offer(range(first_new, len(graph)))
        if graph.improved or graph.woken:
            again = graph.improved + graph.woken
            graph.improved, graph.woken = [], []
            self.strategy.offer([node for node in dict.fromkeys(again) if node < first_new])

    async def _score(self, first: int, end: int) -> None:
        self._scored = end
        if not self._has_critic or first == end:
            return
        work = self._calls.score(self.graph.states[first:end])
        if self._calls.waits:
            task = asyncio.create_task(work)
            try:
                scores = await self._wait_for(task)
            finally:
                task.cancel()
        else:
            scores = await work
        for node, score in enumerate(scores, first):
            self.graph.distance[node] = score
        self._tell(lambda: Scored(self.graph, first, tuple(scores)))

    async def _let_go(self, under_way: deque[tuple[Batch, asyncio.Task[None] | None]]) -> None:
        """Drop what is under way; its nodes are open again, as if they had not been chosen."""
        self._calls.interrupt_checks()
        tasks = [task for _, task in under_way if task is not None]
        for task in tasks:
            task.cancel()
        if tasks:
            await asyncio.wait(tasks)
        for task in tasks:
            if not task.cancelled():
                task.exception()  # seen, so that asyncio does not report it: one reason to stop is enough
        await self._calls.shut_down()
        for batch, _ in under_way:
            for node, by in batch.picks:
                if self.graph.expanded[node] == IN_FLIGHT:
                    self.graph.expanded[node] = LEAF
                    self._by[by] -= 1
        self.statistics.seconds = time.monotonic() - self._started


def run(root: State, **arguments: Any) -> Result:
    """Search for a proof of `root`; `arguments` are those of `Search`, `search.protocols` has the parts.

    Same seed, options and a deterministic generator, checker and critic give the same tree, unless the wall
    clock ends it. Errors: `UnknownName` for a strategy that is not there; whatever the parts do ends in a
    `Result`.
    """
    return Search(root, **arguments).run()


async def arun(root: State, **arguments: Any) -> Result:
    """As `run`, in a running event loop: several searches at once share batches (search/batching.py)."""
    return await Search(root, **arguments).arun()
