"""Proof searches whose parts misbehave: each ends with a reason, and nothing is proved that was not checked."""

from __future__ import annotations

import math

import pytest

from prover.prove import prove
from search import Candidate

SOURCE = "theorem t (p q : Prop) (h : p ∧ q) : q ∧ p := by sorry"
GOOD = ["constructor", "exact h.2", "exact h.1"]


class Says:
    """A generator that says this on every state."""

    def __init__(self, *said: object) -> None:
        self.said = said

    def propose(self, positions):
        return [list(self.said) for _ in positions]


class Raises:
    def propose(self, positions):
        raise ValueError("no idea")


class Judge:
    """A critic with one opinion."""

    def __init__(self, opinion: object) -> None:
        self.opinion = opinion

    def score(self, states):
        if isinstance(self.opinion, Exception):
            raise self.opinion
        return [self.opinion for _ in states]


def hole(lean, **settings):
    [found] = prove(SOURCE, lean=lean, **{"seconds": 20, "openings": False, **settings}).holes
    assert found.proved == bool(found.proof)
    return found


@pytest.mark.parametrize(
    ("generator", "says"),
    [
        (Says(), "nothing was left to try after 1 state and 0 tactics"),
        (Raises(), "no idea"),
        (Says(Candidate("x" * 10_000_000, -1.0)), "nothing was left to try after 1 state and 0 tactics"),
        (Says(Candidate("nonsense", -1.0), Candidate("nonsense", -2.0)), "after 1 state and 1 tactics"),
        (Says(None, ("omega",), (7, -1.0), ("simp", math.nan)), "after 1 state and 0 tactics"),
        (Says(Candidate("sorry", -1.0), Candidate("exact sorry", -1.0)), ""),
    ],
    ids=["nothing", "raises", "10 MB", "duplicates", "no candidates", "sorry"],
)
def test_a_bad_generator_proves_nothing_and_the_reason_is_said(lean, generator, says):
    found = hole(lean, generator=generator)
    assert not found.proved and says in found.reason and found.reason


@pytest.mark.parametrize("opinion", [math.nan, math.inf, -3.0, "far", None, ValueError("no opinion")])
def test_a_bad_critic_costs_its_opinion_only(lean, opinion):
    generator = Says(*(Candidate(tactic, -1.0) for tactic in GOOD))
    assert hole(lean, generator=generator, critic=Judge(opinion)).proved


def test_goals_that_cannot_be_printed_cost_their_tactic(lean):
    class Mute:
        """The Lean of the tests, but for the states that `constructor` makes."""

        def __getattr__(self, name):
            return getattr(lean, name)

        def goals(self, state):
            if "constructor" in state.steps:
                raise RuntimeError("no words")
            return lean.goals(state)

    generator = Says(Candidate("constructor", -1.0), Candidate("simp_all", -2.0))
    settings = {"openings": False, "seconds": 20, "generator": generator, "critic": Judge(1.0)}
    [found] = prove(SOURCE, lean=Mute(), **settings).holes
    assert found.proof == "simp_all" and found.statistics.crashed == 1


def test_tokens_are_a_budget_too(lean):
    generator = Says(Candidate("constructor", -1.0, 60), Candidate("nonsense", -1.0, 60))
    found = hole(lean, generator=generator, tokens=100)
    assert not found.proved and found.statistics.expansions == 1 and "tokens allowed was used up" in found.reason


@pytest.mark.parametrize("budget", [{"seconds": 0}, {"checks": 0}, {"expansions": 0}, {"tokens": 0}])
def test_a_budget_of_nothing_tries_nothing(lean, budget):
    found = hole(lean, **budget)
    assert not found.proved and found.statistics.tried == 0 and found.reason


def test_a_lean_that_dies_in_the_middle_is_a_reason_or_only_a_tactic(lean):
    class Dies:
        """The Lean of the tests, lost from the third tactic on, for `lost` requests."""

        def __init__(self, lost: float) -> None:
            self.asked, self.lost = 0, lost

        def __getattr__(self, name):
            return getattr(lean, name)

        def run(self, *arguments, **keywords):
            self.asked += 1
            if 3 <= self.asked < 3 + self.lost:
                raise RuntimeError("Lean is gone")
            return lean.run(*arguments, **keywords)

    generator = Says(*(Candidate(tactic, -1.0) for tactic in ["simp only []", "skip_it", *GOOD]))
    [once] = prove(SOURCE, lean=Dies(1), openings=False, seconds=20, generator=generator).holes
    assert once.proved
    [gone] = prove(SOURCE, lean=Dies(math.inf), openings=False, seconds=20, generator=generator).holes
    assert not gone.proved and "Lean is gone" in gone.reason
