"""One generator and critic for many searches: calls are merged, the trees are those of single searches."""

from __future__ import annotations

import asyncio
import os
import signal
import threading
import time

import pytest

import search
from search import Budget, Stop
from search.batching import Shared, SharedCritic, SharedGenerator, halving, run_many
from search.toy import Board, Number, Numbers, Sliding


class Counting(Sliding):
    """Counts how many states come in one call."""

    def __init__(self) -> None:
        self.sizes: list[int] = []
        self.scored: list[int] = []

    def propose(self, states):
        self.sizes.append(len(states))
        return super().propose(states)

    def score(self, states):
        self.scored.append(len(states))
        return super().score(states)


BOARDS = ["1234 5678", "12345 786", "1 3425786", "412 53786", "123 46758", "2831647 5"]


def test_searches_that_share_a_generator_give_the_trees_of_single_searches_in_fewer_calls():
    puzzle = Counting()
    generator, critic = SharedGenerator(puzzle), SharedCritic(puzzle)
    more = {"strategy": "multi-perspective", "budget": Budget(expansions=60)}
    together = run_many(
        [
            search.Search(Board(board), generator=generator, checker=puzzle, critic=critic, **more)
            for board in BOARDS
        ],
        at_once=6,
        shared=[generator.shared, critic.shared],
    )
    alone = Sliding()
    for board, result in zip(BOARDS, together, strict=True):
        single = search.run(Board(board), generator=alone, checker=alone, critic=alone, **more)
        assert single.graph.actions == result.graph.actions
        assert list(single.graph.order) == list(result.graph.order)
    expansions = sum(result.statistics.expansions for result in together)
    assert sum(puzzle.sizes) == expansions and len(puzzle.sizes) * 2 < expansions
    assert generator.shared.items == expansions and generator.shared.calls == len(puzzle.sizes)
    assert max(puzzle.scored) > 4  # children of several searches in one call


def test_a_batch_is_never_larger_than_allowed_and_the_queue_is_bounded():
    sizes = []

    def double(items):
        sizes.append(len(items))
        return [2 * item for item in items]

    async def scenario():
        shared = Shared(double, max_batch=5, waiting=3)
        answers = await asyncio.gather(*(shared(range(at, at + 4)) for at in range(0, 40, 4)))
        await shared.close()
        return [answer for part in answers for answer in part]

    assert asyncio.run(scenario()) == [2 * item for item in range(40)]
    assert max(sizes) <= 5 and sum(sizes) == 40


def test_an_error_reaches_the_search_whose_state_raised_and_no_other():
    class Breaks(Sliding):
        def propose(self, states):
            if any(state.key == "12345 786" for state in states):
                raise RuntimeError("no")
            return super().propose(states)

    puzzle = Breaks()
    generator = SharedGenerator(puzzle)
    results = run_many(
        [
            search.Search(Board(board), generator=generator, checker=puzzle, budget=Budget(expansions=200))
            for board in ("1234 5678", "12345 786", "21345678 ")
        ],
        shared=[generator.shared],
    )
    assert results[1].stop is Stop.GENERATOR_FAILED
    assert [results[0].statistics.generator_errors, results[2].statistics.generator_errors] == [0, 0]
    assert all(result.statistics.expansions > 1 for result in (results[0], results[2]))


@pytest.mark.parametrize("wrong", [[], [1, 2, 3]])
def test_a_function_with_the_wrong_number_of_answers_is_an_error(wrong):
    async def scenario():
        shared = Shared(lambda items: wrong)
        try:
            with pytest.raises(ValueError, match=r"answers to [12] questions"):
                await shared([1, 2])
        finally:
            await shared.close()

    asyncio.run(scenario())


def test_results_are_reported_as_they_come_and_in_order():
    numbers = Numbers()
    seen = []
    searches = [
        search.Search(Number(value), generator=numbers, checker=numbers) for value in (40, 3, 5, 9)
    ]
    results = run_many(searches, at_once=2, on_result=lambda number, result: seen.append((number, result)))
    assert sorted(number for number, _ in seen) == [0, 1, 2, 3]
    assert all(results[number] is result for number, result in seen)


def test_ctrl_c_ends_every_search_with_what_it_has():
    class Slow(Sliding):
        async def check(self, requests, deadline=None):
            await asyncio.sleep(0.01)
            return super().check(requests)

    puzzle = Slow()
    searches = [search.Search(Board("21345678 "), generator=puzzle, checker=puzzle) for _ in range(4)]
    threading.Timer(0.3, lambda: os.kill(os.getpid(), signal.SIGINT)).start()
    results = run_many(searches, at_once=2)
    assert [result.stop for result in results] == [Stop.INTERRUPTED] * 4
    assert results[0].statistics.expansions > 0 and results[3].statistics.expansions == 0


def test_a_search_can_be_ended_from_another_thread():
    class Stuck(Sliding):
        released = threading.Event()

        def check(self, requests, deadline=None):
            self.released.wait(30)
            return super().check(requests)

        def interrupt(self):
            self.released.set()

    puzzle = Stuck()
    one = search.Search(
        Board("21345678 "), generator=puzzle, checker=puzzle, options=search.Options(threads=True)
    )
    threading.Timer(0.2, one.interrupt).start()
    assert one.run().stop is Stop.INTERRUPTED and puzzle.released.is_set()


class OutOfMemory(Exception):
    pass


@pytest.mark.parametrize("limit", [1, 3, 7, 64, 100])
def test_out_of_memory_halves_the_batch_and_goes_on(limit):
    sizes = []

    def call(items):
        sizes.append(len(items))
        if len(items) > limit:
            raise OutOfMemory
        return [item + 1 for item in items]

    answers, size = halving(call, list(range(100)), lambda error: isinstance(error, OutOfMemory))
    assert answers == list(range(1, 101)) and size <= limit
    assert size * 2 > limit or size == 100
    assert sum(size > limit for size in sizes) <= 7
    assert halving(call, [], lambda error: True)[0] == []


def test_other_errors_and_single_items_that_do_not_fit_are_raised():
    def call(items):
        raise OutOfMemory

    with pytest.raises(OutOfMemory):
        halving(call, [1, 2, 3], lambda error: isinstance(error, OutOfMemory))
    with pytest.raises(ZeroDivisionError):
        halving(lambda items: 1 / 0, [1, 2], lambda error: isinstance(error, OutOfMemory))


def test_lookahead_lets_generator_and_checker_work_at_the_same_time():
    class Meets(Sliding):
        """Each side waits (a while) for the other: they meet only if both run at once."""

        met = 0

        def __init__(self):
            self.working = [0, 0]

        def _work(self, side):
            self.working[side] = 1
            for _ in range(20):
                if self.working[1 - side]:
                    self.met += 1
                    break
                time.sleep(0.001)
            self.working[side] = 0

        def propose(self, states):
            self._work(0)
            return super().propose(states)

        def check(self, requests, deadline=None):
            self._work(1)
            return super().check(requests)

    def meetings(lookahead: int) -> int:
        puzzle = Meets()
        options = search.Options(batch=2, lookahead=lookahead, threads=True)
        budget = Budget(expansions=40)
        search.run(Board("21345678 "), generator=puzzle, checker=puzzle, options=options, budget=budget)
        return puzzle.met

    assert meetings(1) == 0 < meetings(2)
