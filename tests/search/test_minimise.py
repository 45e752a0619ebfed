"""Proofs are made shorter, never wrong: what comes back was replayed on the puzzle from first to last."""

from __future__ import annotations

import os
import signal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import search
from search import Advanced, Budget, Proof, Rejected, Step
from search.minimise import minimise, without_arguments
from search.toy import Number, Numbers


def script(numbers: Numbers, value: int, actions: list[str]) -> Proof:
    """A proof object for a script that solves the puzzle."""
    goals, steps = [value], []
    for action in actions:
        outcome = numbers.apply(goals.pop(0), action)
        assert not isinstance(outcome, Rejected), action
        left = [state.value for state in outcome.states] if isinstance(outcome, Advanced) else []
        steps.append(Step(action, len(left)))
        goals = left + goals
    assert not goals
    return Proof(tuple(steps))


def solves(numbers: Numbers, value: int, actions: tuple[str, ...]) -> bool:
    goals = [value]
    for action in actions:
        if not goals:
            return False
        outcome = numbers.apply(goals.pop(0), action)
        if isinstance(outcome, Rejected):
            return False
        goals = ([s.value for s in outcome.states] if isinstance(outcome, Advanced) else []) + goals
    return not goals


def test_a_detour_is_dropped():
    numbers = Numbers()
    proof = script(numbers, 4, ["double", "half", "half", "double", "half", "half", "done"])
    shorter = minimise(Number(4), proof, numbers)
    assert shorter.proof.actions == ("half", "half", "done")
    assert (shorter.dropped, shorter.stop) == (4, "done")


def test_arguments_that_nothing_needs_are_dropped_and_the_needed_one_stays():
    numbers = Numbers()

    class Needs(Numbers):
        def apply(self, n, action):
            if action == "done":
                return Rejected("needs its list")
            return super().apply(n, action)

    proof = script(numbers, 2, ["dec", "done [c, a, b]"])
    assert minimise(Number(2), proof, numbers, without_arguments).proof.actions == ("dec", "done")
    shorter = minimise(Number(2), proof, Needs(), without_arguments)
    assert shorter.proof.actions == ("dec", "done []") or shorter.proof.actions == ("dec", "done [a]")
    assert shorter.shortened >= 1


def test_a_case_split_whose_proof_of_one_case_does_it_all_is_dropped():
    class Splits(Numbers):
        def apply(self, n, action):
            if action == "useless split":
                return Advanced((Number(n), Number(n)))
            return super().apply(n, action)

    splits = Splits()
    proof = script(splits, 2, ["useless split", "dec", "done", "dec", "done"])
    assert minimise(Number(2), proof, splits).proof.actions == ("dec", "done")


@settings(max_examples=60, deadline=None)
@given(st.integers(1, 60), st.integers(0, 3))
def test_what_comes_back_solves_the_puzzle_and_is_no_longer(value, seed):
    numbers = Numbers()
    found = search.run(
        Number(value), generator=numbers, checker=numbers, strategy="particles", seed=seed
    ).proof
    shorter = minimise(Number(value), found, numbers, without_arguments)
    assert solves(numbers, value, shorter.proof.actions)
    assert len(shorter.proof) <= len(found) and shorter.dropped == len(found) - len(shorter.proof)
    assert "done [" not in str(shorter.proof.actions)


@pytest.mark.parametrize(
    "actions",
    [["dec"], ["half", "half"], ["done"], [], ["dec", "dec", "dec"]],
)
def test_a_proof_that_the_checker_does_not_accept_gives_none(actions):
    steps = tuple(Step(action, 1) for action in actions)
    refused = minimise(Number(2), Proof(steps), Numbers())
    assert refused.proof is None and "does not accept" in refused.stop


def test_a_checker_that_changes_its_mind_gives_no_proof():
    class Fickle(Numbers):
        calls = 0

        def apply(self, n, action):
            self.calls += 1
            return Rejected("not any more") if self.calls > 9 else super().apply(n, action)

    proof = script(Numbers(), 4, ["double", "half", "half", "half", "done"])
    refused = minimise(Number(4), proof, Fickle())
    assert refused.proof is None and "no longer" in refused.stop


def test_a_spent_budget_returns_the_best_so_far_confirmed():
    numbers = Numbers()
    detours = ["dec", "double", "half", "dec", "double", "dec"]  # 16 → 15 → 30 → 15 → 14 → 28 → 27
    proof = script(numbers, 16, [*detours, *["dec"] * 26, "done [a, b, c]"])
    found = [
        minimise(Number(16), proof, numbers, without_arguments, Budget(checks=checks))
        for checks in (0, 3, 10, 10_000)
    ]
    assert all(solves(numbers, 16, shorter.proof.actions) for shorter in found)
    assert [shorter.stop for shorter in found] == ["checks", "checks", "checks", "done"]
    sizes = [sum(map(len, shorter.proof.actions)) for shorter in found]
    assert sizes == sorted(sizes, reverse=True) and sizes[0] > sizes[-1]


@pytest.mark.parametrize(("call", "in_the_middle"), [(3, False), (20, True), (28, True)])
def test_ctrl_c_returns_the_best_so_far_or_none_where_nothing_is_confirmed(call, in_the_middle):
    class Presses(Numbers):
        calls = 0

        def check(self, requests, deadline=None):
            self.calls += 1
            if self.calls == call:
                os.kill(os.getpid(), signal.SIGINT)
            return super().check(requests)

    numbers = Presses()
    proof = script(numbers, 16, ["dec", "double", "half"] + ["dec"] * 14 + ["done [a, b]"])  # 18 steps
    shorter = minimise(Number(16), proof, numbers, without_arguments)
    assert shorter.stop == "interrupted" and numbers.calls >= call
    assert (shorter.proof is not None) == in_the_middle
    assert not in_the_middle or solves(Numbers(), 16, shorter.proof.actions)


def test_ctrl_c_while_the_result_is_confirmed_leaves_no_proof():
    class PressesLate(Numbers):
        def __init__(self, call):
            super().__init__()
            self.calls, self.call = 0, call

        def check(self, requests, deadline=None):
            self.calls += 1
            if self.calls == self.call:
                os.kill(os.getpid(), signal.SIGINT)
            return super().check(requests)

    numbers = PressesLate(-1)
    proof = script(numbers, 3, ["dec", "dec", "done [a]"])
    whole = minimise(Number(3), proof, numbers, without_arguments)
    assert whole.shortened == 1
    late = minimise(Number(3), proof, PressesLate(whole.checks), without_arguments)
    assert late.proof is None and late.stop == "interrupted"


def test_what_cannot_be_shorter_is_played_once():
    class Counts(Numbers):
        def __init__(self):
            super().__init__()
            self.asked = []

        def check(self, requests, deadline=None):
            self.asked += [(r.state.value, action) for r in requests for action in r.actions]
            return super().check(requests)

    numbers = Counts()
    done = minimise(Number(3), script(Numbers(), 3, ["dec", "dec", "done"]), numbers)
    assert done.stop == "done" and done.proof.actions == ("dec", "dec", "done")
    assert len(numbers.asked) == len(set(numbers.asked)) == done.checks


def test_a_coroutine_checker_works_too():
    class Waits(Numbers):
        async def check(self, requests, deadline=None):
            return super().check(requests)

    proof = script(Numbers(), 4, ["double", "half", "half", "half", "done"])
    assert minimise(Number(4), proof, Waits()).proof.actions == ("half", "half", "done")


@pytest.mark.parametrize(
    ("action", "shorter"),
    [
        ("omega", []),
        ("simp [a]", ["simp"]),
        ("simp [a, b] at h", ["simp at h", "simp [b] at h", "simp [a] at h"]),
        ("simp [f (a, b), c[i]]", ["simp", "simp [c[i]]", "simp [f (a, b)]"]),
        ("x] [", []),
        ("simp [", []),
    ],
)
def test_lists_are_shortened_at_their_own_commas(action, shorter):
    assert without_arguments(action) == shorter
