"""Batches across searches: one generator and one critic serve many searches at once.

Not here: batches within a search (`Options.batch`). On a GPU a call with one state costs nearly what a call
with sixty costs, so a benchmark run puts the states of several theorems into one call. `halving` is for
those who make such calls: it finds the batch size that the memory allows.
"""

from __future__ import annotations

import asyncio
import signal
import threading
import time
from collections.abc import Awaitable, Callable, Sequence
from typing import Any, TypeVar

from search.drive import Search
from search.protocols import Candidate, Critic, Generator, State
from search.results import Result

Item = TypeVar("Item")
Answer = TypeVar("Answer")


class Shared:
    """One batched function behind a bounded queue: concurrent calls are merged, `max_batch` items in one.

    `function` maps a list of items to a list of answers, and runs in a thread if it is no coroutine. An
    error goes to every call whose items were in the batch. Belongs to one event loop; `close` it when done.
    """

    def __init__(
        self,
        function: Callable[[list[Any]], Sequence[Any] | Awaitable[Sequence[Any]]],
        max_batch: int = 64,
        waiting: int = 1024,
    ) -> None:
        self.function = function
        self.max_batch = max_batch
        self.calls = 0
        self.items = 0
        self.busy_seconds = 0.0
        self._queue: asyncio.Queue[tuple[Any, asyncio.Future[Any]]] = asyncio.Queue(waiting)
        self._worker: asyncio.Task[None] | None = None

    async def __call__(self, items: Sequence[Any]) -> list[Any]:
        if self._worker is None:
            self._worker = asyncio.create_task(self._work())
        futures: list[asyncio.Future[Any]] = []
        for item in items:
            future = asyncio.get_running_loop().create_future()
            await self._queue.put((item, future))
            futures.append(future)
        # All of them, or an error of the second would be reported as never retrieved.
        answers = await asyncio.gather(*futures, return_exceptions=True)
        for answer in answers:
            if isinstance(answer, BaseException):
                raise answer
        return answers

    async def _work(self) -> None:
        while True:
            batch = [await self._queue.get()]
            await asyncio.sleep(0)  # the other searches that are ready get to ask before the call begins
            while len(batch) < self.max_batch and not self._queue.empty():
                batch.append(self._queue.get_nowait())
            batch = [entry for entry in batch if not entry[1].done()]  # cancelled meanwhile
            if not batch:
                continue
            if not await self._answer(batch):
                # One search's bad state must not cost the others theirs: each on its own.
                for entry in batch:
                    await self._answer([entry])

    async def _answer(self, batch: list[tuple[Any, asyncio.Future[Any]]]) -> bool:
        """Call for a batch and hand out answers; False where that failed and is worth another try in parts.
        """
        began = time.perf_counter()
        try:
            answers = await self._call([item for item, _ in batch])
            if len(answers) != len(batch):
                raise ValueError(f"{len(answers)} answers to {len(batch)} questions")
        except Exception as error:
            if len(batch) > 1:
                return False
            for _, future in batch:
                if not future.done():
                    future.set_exception(error)
        else:
            for (_, future), answer in zip(batch, answers, strict=True):
                if not future.done():
                    future.set_result(answer)
        finally:
            self.calls += 1
            self.items += len(batch)
            self.busy_seconds += time.perf_counter() - began
        return True

    async def _call(self, items: list[Any]) -> Sequence[Any]:
        if asyncio.iscoroutinefunction(self.function):
            return await self.function(items)
        return await asyncio.to_thread(self.function, items)  # type: ignore[arg-type]

    async def close(self) -> None:
        if self._worker is not None:
            self._worker.cancel()
            await asyncio.wait({self._worker})
            self._worker = None


class SharedGenerator:
    """A `Generator` for several searches at once, whose `propose` are merged."""

    def __init__(self, generator: Generator, max_batch: int = 64) -> None:
        self.shared = Shared(generator.propose, max_batch)

    async def propose(self, states: Sequence[State]) -> list[Sequence[Candidate]]:
        return await self.shared(states)


class SharedCritic:
    """A `Critic` for several searches at once, whose `score` are merged."""

    def __init__(self, critic: Critic, max_batch: int = 256) -> None:
        self.shared = Shared(critic.score, max_batch)

    async def score(self, states: Sequence[State]) -> list[float]:
        return await self.shared(states)


async def arun_many(
    searches: Sequence[Search], at_once: int = 8, on_result: Callable[[int, Result], None] | None = None
) -> list[Result]:
    """Run searches, `at_once` at a time, in one event loop; results in order, `on_result` as they come."""
    gate = asyncio.Semaphore(at_once)

    async def one(number: int, search: Search) -> Result:
        async with gate:
            result = search.result() if search.interrupted else await search.arun()
        if on_result is not None:
            on_result(number, result)
        return result

    return list(await asyncio.gather(*(one(number, search) for number, search in enumerate(searches))))


def run_many(
    searches: Sequence[Search],
    at_once: int = 8,
    on_result: Callable[[int, Result], None] | None = None,
    shared: Sequence[Shared] = (),
) -> list[Result]:
    """As `arun_many`, from outside an event loop. Ctrl-C ends every search with what it has (a second one
    raises).

    `shared` are closed at the end.
    """

    async def all_of_them() -> list[Result]:
        try:
            return await arun_many(searches, at_once, on_result)
        finally:
            for each in shared:
                await each.close()

    pressed = False

    def on_ctrl_c(*_: object) -> None:
        nonlocal pressed
        if pressed:
            raise KeyboardInterrupt
        pressed = True
        for search in searches:
            search.interrupt()

    in_main_thread = threading.current_thread() is threading.main_thread()
    previous = signal.signal(signal.SIGINT, on_ctrl_c) if in_main_thread else None
    try:
        return asyncio.run(all_of_them())
    finally:
        if previous is not None:
            signal.signal(signal.SIGINT, previous)


def halving(
    call: Callable[[list[Item]], Sequence[Answer]],
    items: Sequence[Item],
    out_of_memory: Callable[[BaseException], bool],
    size: int | None = None,
) -> tuple[list[Answer], int]:
    """`call` over `items` in batches of at most `size`, halved whenever the memory does not suffice.

    Returns the answers and the batch size that worked, to begin with the next time. Errors: those of
    `call`; an out-of-memory on a single item too.
    """
    size = max(1, min(size or len(items), len(items)))
    answers: list[Answer] = []
    while len(answers) < len(items):
        batch = list(items[len(answers) : len(answers) + size])
        try:
            answers.extend(call(batch))
        except Exception as error:
            if len(batch) == 1 or not out_of_memory(error):
                raise
            size = max(1, len(batch) // 2)
    return answers, size
