"""The driver on two puzzles: proofs that hold, budgets that are kept, the same tree however it is run."""

from __future__ import annotations

import asyncio
import gc
import os
import random
import signal
import threading
import time

import pytest

import search
from search import Budget, Options, Stop
from search.toy import GOAL, Board, Number, Numbers, Sliding, move
from search.work import Batch


def tree(result: search.Result) -> list[object]:
    """Everything about a search that has to be the same when it is run again."""
    graph = result.graph
    return [
        [(graph.edge_parent[e], graph.actions[e], tuple(graph.children(e))) for e in range(graph.edges)],
        [state.key for state in graph.states],
        list(graph.order),
        list(graph.chosen_by),
        bytes(graph.status),
        result.proof and result.proof.actions,
        result.stop,
        (result.statistics.expansions, result.statistics.checks, result.statistics.tokens),
    ]


def replay(numbers: Numbers, value: int, actions: tuple[str, ...]) -> list[int]:
    """Run a script on the puzzle itself; returns what is left to solve."""
    goals = [value]
    for action in actions:
        outcome = numbers.apply(goals.pop(0), action)
        assert not isinstance(outcome, search.Rejected), action
        if isinstance(outcome, search.Advanced):
            goals = [state.value for state in outcome.states] + goals
    return goals


@pytest.mark.parametrize("value", [1, 2, 7, 37, 100, 977])
def test_a_proof_found_is_a_script_that_solves_the_puzzle(value):
    numbers = Numbers()
    result = search.run(Number(value), generator=numbers, checker=numbers, budget=Budget(expansions=5000))
    assert result.solved and result.stop is Stop.PROVED
    assert replay(numbers, value, result.proof.actions) == []


def test_the_8_puzzle_is_solved_and_the_moves_lead_to_the_goal():
    board = "12345678 "
    rng = random.Random(3)
    for _ in range(14):
        board = move(board, rng.choice(["left", "right", "up", "down"])) or board
    puzzle = Sliding()
    result = search.run(Board(board), generator=puzzle, checker=puzzle, budget=Budget(expansions=20_000))
    for action in result.proof.actions:
        board = move(board, action)
    assert board == GOAL


@pytest.mark.parametrize("kind", ["expansions", "seconds", "checks", "tokens"])
def test_a_budget_of_zero_stops_before_the_first_call(kind):
    class Untouchable:
        def propose(self, states):
            raise AssertionError("called")

        check = propose

    result = search.run(
        Number(9), generator=Untouchable(), checker=Untouchable(), budget=Budget(**{kind: 0})
    )
    assert result.stop.value == kind and not result.solved
    assert result.statistics.expansions == result.statistics.checks == 0
    assert result.statistics.generator_errors == 0


@pytest.mark.parametrize("lookahead", [1, 3])
@pytest.mark.parametrize("limit", [1, 7, 50, 51, 52, 53])
def test_counts_never_exceed_their_budget(limit, lookahead):
    puzzle = Sliding()
    options = Options(batch=5, lookahead=lookahead, workers=2)
    start = Board("87654321 ")
    by_checks = search.run(
        start, generator=puzzle, checker=puzzle, budget=Budget(checks=limit), options=options
    )
    assert by_checks.statistics.checks == limit and by_checks.stop is Stop.CHECKS
    by_expansions = search.run(
        start, generator=puzzle, checker=puzzle, budget=Budget(expansions=limit), options=options
    )
    assert by_expansions.statistics.expansions == limit and by_expansions.stop is Stop.EXPANSIONS


def test_states_that_lost_candidates_to_the_budget_do_not_count_as_failed():
    class OnlyDoneLast(Numbers):
        def propose(self, states):
            return [[("half", -0.1), ("nonsense", -0.2), ("done", -9.0)] for _ in states]

    numbers = OnlyDoneLast()
    result = search.run(Number(1), generator=numbers, checker=numbers, budget=Budget(checks=2))
    assert result.stop is Stop.CHECKS and result.graph.status[0] == search.OPEN


def test_tokens_are_counted_from_the_candidates():
    puzzle = Costly()
    result = search.run(Board("87654321 "), generator=puzzle, checker=puzzle, budget=Budget(tokens=100))
    assert result.stop is Stop.TOKENS and result.statistics.tokens == 104  # 8 a state, whole expansions


def test_an_exhausted_graph_says_so_and_the_root_has_failed():
    class Stuck(Numbers):
        def propose(self, states):
            return [[("double", -1.0), ("half", -1.0)] for _ in states]

    numbers = Stuck(largest=64)
    result = search.run(Number(4), generator=numbers, checker=numbers)
    assert result.stop is Stop.EXHAUSTED
    assert bytes(result.graph.status) == bytes([search.FAILED]) * 7  # 1, 2, 4 … 64, all on cycles


class Costly(Sliding):
    """Each candidate costs two tokens."""

    def propose(self, states):
        return [[(a, p, 2) for a, p, _ in options] for options in super().propose(states)]


class Slow(Costly):
    """Answers after random waits, which is what would show a race."""

    def __init__(self, seed: int) -> None:
        self.rng = random.Random(seed)

    def check(self, requests, deadline=None):
        time.sleep(self.rng.random() * 0.002)
        return super().check(requests, deadline)

    def propose(self, states):
        time.sleep(self.rng.random() * 0.002)
        return super().propose(states)


class SlowAsync(Costly):
    def __init__(self, seed: int) -> None:
        self.rng = random.Random(seed)

    async def check(self, requests, deadline=None):
        await asyncio.sleep(self.rng.random() * 0.002)
        return super().check(requests, deadline)

    async def propose(self, states):
        await asyncio.sleep(self.rng.random() * 0.002)
        return super().propose(states)

    async def score(self, states):
        await asyncio.sleep(self.rng.random() * 0.002)
        return super().score(states)


@pytest.mark.parametrize("strategy", list(search.STRATEGIES))
@pytest.mark.parametrize("lookahead", [1, 3])
@pytest.mark.parametrize("limit", [Budget(expansions=150), Budget(checks=333), Budget(tokens=900)])
def test_the_tree_is_the_same_whatever_the_number_of_workers_and_the_timing(strategy, lookahead, limit):
    trees = []
    for workers, puzzle in [(1, Costly()), (1, Slow(1)), (4, Slow(2)), (3, SlowAsync(3))]:
        options = Options(batch=6, lookahead=lookahead, workers=workers)
        arguments = {"generator": puzzle, "checker": puzzle, "critic": puzzle, "budget": limit}
        result = search.run(
            Board("87654321 "), **arguments, strategy=strategy, seed=5, options=options
        )
        trees.append(tree(result))
    assert all(other == trees[0] for other in trees[1:])


def test_outcomes_after_one_that_solves_are_not_used_so_the_tree_is_the_same_for_lazy_checkers():
    class Eager(Numbers):
        def propose(self, states):
            return [[("dec", -1.0), ("done", -1.0), ("double", -1.0)] for _ in states]

    class Lazy(Eager):
        def check(self, requests, deadline=None):
            answers = super().check(requests)
            for answer in answers:
                if search.Solved() in answer:
                    at = answer.index(search.Solved())
                    answer[at + 1 :] = [search.Skipped()] * (len(answer) - at - 1)
            return answers

    eager, lazy = Eager(), Lazy()
    results = [search.run(Number(3), generator=part, checker=part) for part in (eager, lazy)]
    assert tree(results[0]) == tree(results[1])


class PressesCtrlC(Sliding):
    """Sends this process a real SIGINT in its nth check, and goes on working if that does not stop it."""

    def __init__(self, after: int) -> None:
        self.left = after
        self.interrupted = False

    def check(self, requests, deadline=None):
        self.left -= 1
        if self.left == 0:
            os.kill(os.getpid(), signal.SIGINT)
            for _ in range(400):
                if self.interrupted:
                    break
                time.sleep(0.05)
        return super().check(requests, deadline)

    def interrupt(self):
        self.interrupted = True


@pytest.mark.parametrize("options", [Options(), Options(batch=4, lookahead=2, workers=2)])
def test_ctrl_c_in_a_check_ends_the_search_with_what_it_had(options):
    before = signal.getsignal(signal.SIGINT)
    puzzle = PressesCtrlC(20)
    result = search.run(Board("87654321 "), generator=puzzle, checker=puzzle, options=options)
    assert result.stop is Stop.INTERRUPTED and not result.solved
    assert puzzle.left >= -options.workers * options.lookahead
    assert result.statistics.expansions > 0 and result.statistics.nodes == len(result.graph)
    assert all(done in (0, 1) for done in result.graph.expanded)  # nothing left in flight
    assert signal.getsignal(signal.SIGINT) is before


def test_ctrl_c_between_the_calls_ends_a_search_that_never_waits():
    puzzle = Sliding()
    timer = threading.Timer(0.3, lambda: os.kill(os.getpid(), signal.SIGINT))
    timer.start()
    result = search.run(Board("87654321 "), generator=puzzle, checker=puzzle)
    timer.join()
    assert result.stop in (Stop.INTERRUPTED, Stop.PROVED)
    assert sum(result.statistics.chosen_by.values()) == result.statistics.expansions
    assert result.graph.edges == len(result.graph.edge_parent) == len(result.graph.edge_start) - 1


def test_a_cancelled_search_raises_and_leaves_its_result():
    async def scenario() -> search.Search:
        puzzle = SlowAsync(1)
        one = search.Search(Board("87654321 "), generator=puzzle, checker=puzzle)
        task = asyncio.create_task(one.arun())
        await asyncio.sleep(0.1)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        return one

    result = asyncio.run(scenario()).result()
    assert result.stop is Stop.INTERRUPTED and result.statistics.expansions > 0


def test_the_wall_clock_ends_a_search_whose_checker_hangs():
    class Hangs(Sliding):
        async def check(self, requests, deadline=None):
            await asyncio.sleep(3600)

    puzzle = Hangs()
    options = Options(lookahead=2)
    budget = Budget(seconds=0.2)
    result = search.run(Board("87654321 "), generator=puzzle, checker=puzzle, budget=budget, options=options)
    assert result.stop is Stop.SECONDS and result.graph.expanded[0] == 0


def test_the_checker_is_told_the_deadline():
    told = []

    class Told(Numbers):
        def check(self, requests, deadline=None):
            told.append(deadline - time.monotonic())
            return super().check(requests)

    numbers = Told()
    search.run(Number(50), generator=numbers, checker=numbers, budget=Budget(seconds=60))
    assert told and all(0 < left <= 60 for left in told)


def test_run_works_inside_an_event_loop_too_and_takes_ctrl_c_there():
    async def scenario():
        numbers = Numbers()
        first = search.run(Number(3), generator=numbers, checker=numbers)
        second = await search.arun(Number(3), generator=numbers, checker=numbers)
        threading.Timer(0.3, lambda: os.kill(os.getpid(), signal.SIGINT)).start()
        sliding = Sliding()
        third = search.run(Board("21345678 "), generator=sliding, checker=sliding)
        return first, second, third

    loop = asyncio.new_event_loop()
    first, second, third = loop.run_until_complete(scenario())
    loop.close()
    assert tree(first) == tree(second)
    assert third.stop is Stop.INTERRUPTED and third.statistics.expansions > 0


@pytest.mark.parametrize("wrong", [{"batch": 0}, {"workers": 0}, {"max_actions": 0}, {"lookahead": -1}])
def test_impossible_options_are_refused(wrong):
    with pytest.raises(search.SearchError, match="must be 1 or more"):
        Options(**wrong)


@pytest.mark.parametrize("value", [-1, float("nan")])
def test_an_impossible_budget_is_refused(value):
    with pytest.raises(search.SearchError, match="0 or more"):
        Budget(seconds=value)


def test_an_unknown_strategy_is_refused_with_the_list():
    numbers = Numbers()
    with pytest.raises(search.UnknownName, match="best-first"):
        search.run(Number(3), generator=numbers, checker=numbers, strategy="depth-charge")


def test_every_exported_name_is_there():
    for name in search.__all__:
        assert getattr(search, name) is not None


class Interruptible(Sliding):
    """Works until it is told to stop, and remembers what it was told and when."""

    def __init__(self, hang_at: int) -> None:
        self.calls, self.hang_at = 0, hang_at
        self.told, self.at_work = 0, 0
        self.stop = threading.Event()

    def check(self, requests, deadline=None):
        self.at_work += 1
        try:
            self.calls += 1
            if self.calls == self.hang_at:
                self.stop.wait(20)
                time.sleep(0.05)  # winding up
            return super().check(requests)
        finally:
            self.at_work -= 1

    def interrupt(self):
        self.told += 1
        self.stop.set()


def test_when_the_time_is_over_the_checker_is_told_and_waited_for():
    puzzle = Interruptible(hang_at=5)
    options = Options(workers=2, batch=2)
    budget = Budget(seconds=0.4)
    result = search.run(Board("21345678 "), generator=puzzle, checker=puzzle, budget=budget, options=options)
    assert result.stop is Stop.SECONDS and puzzle.told == 1
    assert puzzle.at_work == 0  # whoever uses it next does not meet it at work


def test_a_checker_that_is_not_at_work_is_not_told_to_stop():
    puzzle = Interruptible(hang_at=-1)
    options = Options(workers=2, batch=2)
    budget = Budget(expansions=20)
    search.run(Board("21345678 "), generator=puzzle, checker=puzzle, budget=budget, options=options)
    search.run(Board("21345678 "), generator=puzzle, checker=puzzle, budget=budget)
    assert puzzle.told == 0


def test_a_search_that_waits_in_a_plain_check_can_be_interrupted_from_another_thread():
    puzzle = Interruptible(hang_at=3)
    one = search.Search(Board("21345678 "), generator=puzzle, checker=puzzle)
    threading.Timer(0.2, one.interrupt).start()
    assert one.run().stop is Stop.INTERRUPTED and puzzle.told == 1


def test_a_search_runs_once():
    numbers = Numbers()
    one = search.Search(Number(5), generator=numbers, checker=numbers)
    assert one.run().solved
    with pytest.raises(search.SearchError, match="runs once"):
        one.run()


def test_with_no_budget_the_critic_is_not_asked_either():
    class Untouchable(Numbers):
        def score(self, states):
            raise AssertionError("called")

    numbers = Untouchable()
    result = search.run(
        Number(9), generator=numbers, checker=numbers, critic=numbers, budget=Budget(expansions=0)
    )
    assert result.statistics.critic_errors == 0 and result.stop is Stop.EXPANSIONS


def test_when_several_calls_fail_at_once_the_search_ends_with_one_reason_and_a_quiet_log(caplog):
    class Broken(Sliding):
        def check(self, requests, deadline=None):
            raise OSError("gone")

    puzzle = Broken()
    options = Options(workers=3, batch=6, lookahead=3, max_failures=2)
    result = search.run(Board("21345678 "), generator=Sliding(), checker=puzzle, options=options)
    assert result.stop is Stop.CHECKER_FAILED and "gone" in result.detail
    gc.collect()
    assert caplog.records == []


def test_a_long_search_with_lookahead_does_not_keep_its_batches():
    sliding = Sliding()
    options = Options(lookahead=2)
    one = search.Search(
        Board("21345678 "),
        generator=sliding,
        checker=sliding,
        budget=Budget(expansions=300),
        options=options,
        on_event=lambda event: alive.append(sum(type(thing) is Batch for thing in gc.get_objects()))
        if len(alive) % 100 == 99
        else alive.append(0),
    )
    alive: list[int] = []
    one.run()
    assert 0 < max(alive) <= 6
