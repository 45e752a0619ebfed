"""Generators, checkers and critics that misbehave: the search ends in a result that says what happened."""

from __future__ import annotations

import math

import pytest

import search
from search import Budget, Options, Stop
from search.toy import Board, Number, Numbers, Sliding


def run(value: int, generator=None, checker=None, critic=None, **more):
    numbers = Numbers()
    return search.run(
        Number(value), generator=generator or numbers, checker=checker or numbers, critic=critic, **more
    )


class Says:
    """A generator with one fixed answer for every state."""

    def __init__(self, *candidates):
        self.candidates = candidates

    def propose(self, states):
        return [list(self.candidates) for _ in states]


def test_a_generator_with_nothing_to_say_exhausts_the_search():
    result = run(5, Says())
    assert result.stop is Stop.EXHAUSTED and result.statistics.silent == 1
    assert result.graph.status[0] == search.FAILED


def test_duplicates_are_checked_once_with_the_best_probability():
    result = run(2, Says(("dec", -3.0), ("dec", -1.0), ("dec", -2.0), ("done", -1.0)))
    assert result.solved and result.statistics.duplicates == 4  # two for each of two states
    assert result.graph.edge_log_probability[0] == -1.0
    assert result.statistics.checks == 4


def test_ten_megabytes_of_tactic_are_dropped_and_counted():
    result = run(2, Says(("dec " + "x" * 10_000_000, -0.1), ("dec", -1.0), ("done", -1.0)))
    assert result.solved and result.statistics.oversized == 2
    assert max(map(len, result.graph.actions)) < 10


@pytest.mark.parametrize(
    "junk",
    [
        (None, -1.0),
        (7, -1.0),
        ("", -1.0),
        ("dec", math.nan),
        ("dec", -math.inf),
        ("dec", math.inf),
        ("dec", "often"),
        ("dec", None),
        ("dec",),
        (),
        None,
        3,
        ("dec", -1.0, "many"),
    ],
)
def test_a_candidate_that_is_none_is_dropped_and_counted(junk):
    result = run(1, Says(junk, ("done", -1.0)))
    assert result.solved and result.statistics.invalid == 1


def test_a_positive_log_probability_counts_as_certain_and_no_more():
    result = run(3, Says(("dec", 50.0), ("done", -1.0)))
    assert result.solved and max(result.graph.log_probability) == 0.0


def test_candidates_that_are_no_list_are_no_candidates():
    class Odd:
        def propose(self, states):
            return [42 for _ in states]

    result = run(3, Odd())
    assert result.stop is Stop.EXHAUSTED and result.statistics.invalid == 1


def test_one_state_that_breaks_the_generator_does_not_cost_the_others_their_candidates():
    class BreaksOnFour(Numbers):
        def propose(self, states):
            if any(state.value == 4 for state in states):
                raise RuntimeError("cannot think about 4")
            return super().propose(states)

    result = run(8, BreaksOnFour(split=False), options=Options(batch=4))
    assert result.solved
    assert result.graph.status[result.graph.ids[4]] != search.PROVED
    assert any("cannot think about 4" in warning for warning in result.warnings)
    assert result.statistics.generator_errors >= 1


@pytest.mark.parametrize("answer", [None, [], [[], []], "no"])
def test_a_generator_that_keeps_failing_stops_the_search_with_its_reason(answer):
    class Broken:
        def propose(self, states):
            return answer

    class Unlucky:
        def propose(self, states):
            raise MemoryError("no memory left")

    many = Options(max_failures=1)
    result = run(30, Broken(), options=many)
    assert result.stop is Stop.GENERATOR_FAILED and "the generator" in result.detail
    result = run(30, Unlucky(), options=many)
    assert result.stop is Stop.GENERATOR_FAILED and "no memory left" in result.detail
    assert result.graph.expanded[0] == 0  # open, not failed: nothing is known about it


def test_a_checker_that_dies_on_one_state_costs_that_state_only():
    class DiesOnFive(Numbers):
        def check(self, requests, deadline=None):
            if any(request.state.value == 5 for request in requests):
                raise ConnectionError("worker gone")
            return super().check(requests)

    result = run(11, checker=DiesOnFive(), options=Options(batch=3))
    assert result.solved and all(step.text.split()[-1] != "5" for step in result.proof.steps)
    assert result.statistics.checker_errors >= 1


def test_a_checker_that_dies_for_good_stops_the_search_with_a_partial_result():
    class DiesInTheMiddle(Sliding):
        calls = 0

        def check(self, requests, deadline=None):
            self.calls += 1
            if self.calls > 10:
                raise BrokenPipeError("the checker is gone")
            return super().check(requests)

    puzzle = DiesInTheMiddle()
    result = search.run(Board("87654321 "), generator=puzzle, checker=puzzle)
    assert result.stop is Stop.CHECKER_FAILED and "the checker is gone" in result.detail
    assert result.statistics.expansions >= 10 and len(result.graph) > 10


@pytest.mark.parametrize("wrong", [None, [], [[]], [[search.Solved()]]])
def test_answers_of_the_wrong_shape_prove_nothing(wrong):
    class Wrong:
        def check(self, requests, deadline=None):
            return wrong

    result = run(30, checker=Wrong(), options=Options(max_failures=2))
    assert result.stop is Stop.CHECKER_FAILED and not result.solved


def test_crashes_and_time_outs_of_single_actions_are_counted_and_prove_nothing():
    class Fragile(Numbers):
        def check(self, requests, deadline=None):
            answers = super().check(requests)
            for answer in answers:
                answer[0] = search.Crashed("lost")
                answer[1] = search.TimedOut()
            return answers

    result = run(6, checker=Fragile(), budget=Budget(expansions=4))
    assert not result.solved
    assert result.statistics.crashed == result.statistics.timed_out == 4


@pytest.mark.parametrize("strategy", list(search.STRATEGIES))
def test_a_critic_of_nan_and_infinities_is_replaced_and_counted(strategy):
    class Confused:
        def score(self, states):
            odd = [math.nan, math.inf, -math.inf, -3.0, 2.0]
            return [odd[state.value % 5] for state in states]

    result = run(37, critic=Confused(), strategy=strategy, budget=Budget(expansions=2000))
    assert result.solved and result.statistics.critic_invalid > 0
    assert all(math.isfinite(distance) for distance in result.graph.distance)
    assert any("no distance" in warning for warning in result.warnings)


@pytest.mark.parametrize("strategy", list(search.STRATEGIES))
def test_a_critic_that_raises_is_left_out_after_a_while_and_the_search_says_so(strategy):
    class Broken:
        calls = 0

        def score(self, states):
            self.calls += 1
            raise ValueError("no weights")

    critic = Broken()
    result = run(37, critic=critic, strategy=strategy, budget=Budget(expansions=2000))
    assert result.solved and critic.calls == 5
    assert "the search goes on without the critic" in result.warnings


def test_an_outcome_that_is_none_of_the_protocol_counts_as_a_crash():
    class Odd(Numbers):
        def check(self, requests, deadline=None):
            return [[None, "fine", 7, True, object()][: len(request.actions)] for request in requests]

    result = run(3, checker=Odd())
    assert not result.solved and result.statistics.crashed == result.statistics.checks == 4


def test_a_state_whose_actions_were_skipped_unsolved_stays_open():
    class Lazy(Numbers):
        def check(self, requests, deadline=None):
            return [[search.Skipped() for _ in request.actions] for request in requests]

    result = run(3, checker=Lazy(), budget=Budget(expansions=1))
    assert result.graph.status[0] == search.OPEN and result.statistics.checks == 0
