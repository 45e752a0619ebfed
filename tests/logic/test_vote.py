"""The three votes, confidence, abstention and calibration."""

from __future__ import annotations

import math
import random

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from logic.errors import InputError
from logic.verdict import Verdict
from logic.vote import (
    ANSWERS,
    CHANNEL,
    VOTES,
    Ballot,
    Channel,
    calibration_error,
    counts,
    fit_channel,
    log_likelihood,
    majority,
    meaning,
    rpc,
    support,
)
from logic.weibull import fit_weibull, log_density, probably_high

T, F, U, E, C, K = (
    Verdict.TRUE, Verdict.FALSE, Verdict.UNCERTAIN, Verdict.ERROR, Verdict.CONTRADICTORY, Verdict.UNKNOWN,
)  # fmt: skip


def cast(*verdicts: Verdict) -> list[Ballot]:
    return [Ballot(verdict) for verdict in verdicts]


def test_majority_leaves_out_what_is_no_answer_and_takes_the_first_of_equals() -> None:
    assert majority(cast(E, E, E, T, U, U)).answer is U
    assert majority(cast(F, U, U, F)).answer is F
    assert majority(cast(U, F, U, F)).answer is U
    assert majority(cast(U, F, T, T)).confidence == 0.5


@pytest.mark.parametrize("vote", ["majority", "meaning"])
def test_without_a_single_answer_there_is_none(vote: str) -> None:
    outcome = VOTES[vote](cast(E, C, K))
    assert (outcome.answer, outcome.confidence) == (None, 0.0)
    assert VOTES[vote]([]).answer is None


BALLOTS = st.lists(
    st.builds(
        Ballot,
        st.sampled_from([T, F, U, E, C, K]),
        st.sampled_from([None, T, F, U]),
        st.floats(0, 1),
        st.floats(-300, 0),
    ),
    max_size=12,
)


@pytest.mark.parametrize("vote", sorted(VOTES))
@given(ballots=BALLOTS)
@example(ballots=[Ballot(T, None, 2.2e-309, 0.0)])
@settings(max_examples=100, deadline=None)
def test_shares_are_a_distribution_and_the_answer_has_the_largest(vote: str, ballots: list[Ballot]) -> None:
    outcome = VOTES[vote](ballots)
    if outcome.answer is None:
        assert not any(ballot.verdict in ANSWERS for ballot in ballots)
        return
    assert math.isclose(sum(outcome.shares.values()), 1.0, abs_tol=1e-9)
    assert outcome.shares[outcome.answer] == max(outcome.shares.values()) == outcome.confidence
    assert 0 <= outcome.confidence <= 1


@given(ballots=BALLOTS)
@settings(max_examples=100, deadline=None)
def test_the_vote_by_meaning_treats_true_and_false_alike(ballots: list[Ballot]) -> None:
    swap = {T: F, F: T}
    mirrored = [
        Ballot(swap.get(b.verdict, b.verdict), swap.get(b.charitable, b.charitable), b.support) for b in ballots
    ]
    one, other = meaning(ballots), meaning(mirrored)
    for verdict in one.shares:
        assert math.isclose(one.shares[verdict], other.shares[swap.get(verdict, verdict)], abs_tol=1e-9)


def test_a_few_proofs_outweigh_many_samples_from_which_nothing_follows() -> None:
    outcome = meaning(cast(T, T, U, U, U, U, U, U, U, U))
    assert outcome.answer is T
    assert outcome.confidence < meaning(cast(*[T] * 10)).confidence
    assert meaning(cast(*[U] * 10)).answer is U
    assert meaning(cast(T, F, F, F, U, U)).answer is F


def test_a_charitable_reading_counts_less_than_a_proof() -> None:
    charitable = [Ballot(U, charitable=T), *cast(*[U] * 9)]
    assert meaning(charitable).shares[T] < meaning(cast(T, *[U] * 9)).shares[T]
    assert meaning([Ballot(U, charitable=T)] * 10).answer is T
    assert meaning([Ballot(U, charitable=C)] * 10).answer is U


def test_samples_the_others_agree_with_count_more() -> None:
    lonely = [Ballot(T, support=0.1), *(Ballot(U, support=0.9) for _ in range(9))]
    backed = [Ballot(T, support=0.9), *(Ballot(U, support=0.1) for _ in range(9))]
    assert meaning(lonely).shares[T] < meaning(backed).shares[T]
    assert math.isclose(sum(counts(lonely)), 10) and math.isclose(sum(counts(backed)), 10)


def test_the_channel_is_recovered_from_questions_drawn_from_it() -> None:
    draw = random.Random(7)
    questions = []
    for index in range(1500):
        answer = ANSWERS[index % 3]
        weights = [draw.gammavariate(a, 1) for a in CHANNEL.parameters(answer)]
        outcomes = [Ballot(T), Ballot(F), Ballot(U, charitable=T), Ballot(U, charitable=F), Ballot(U)]
        questions.append((answer, draw.choices(outcomes, weights, k=10)))
    fitted = fit_channel(questions)

    def fit(channel: Channel) -> float:
        return sum(log_likelihood(counts(b), channel.parameters(a)) for a, b in questions)

    assert fit(fitted) >= fit(CHANNEL) - 1e-6
    assert 0.7 < fitted.same / CHANNEL.same < 1.4
    assert 0.7 < fitted.uncertain_nothing / CHANNEL.uncertain_nothing < 1.4


def test_below_the_threshold_the_vote_abstains_and_keeps_its_confidence() -> None:
    outcome = majority(cast(T, T, F))
    assert outcome.or_abstain(0.6).answer is T
    abstained = outcome.or_abstain(0.7)
    assert abstained.answer is None and abstained.confidence == outcome.confidence


# -- RPC ---------------------------------------------------------------------------------------------------


def test_rpc_adds_probabilities_of_distinct_paths() -> None:
    ballots = [Ballot(T, log_probability=math.log(0.3), path="a")] * 5 + [
        Ballot(F, log_probability=math.log(0.2), path="b"),
        Ballot(F, log_probability=math.log(0.2), path="c"),
    ]
    outcome = rpc(ballots)
    assert outcome.answer is F
    assert math.isclose(outcome.confidence, 0.4 / 0.7)


def test_rpc_prunes_improbable_paths() -> None:
    likely = [Ballot(T, log_probability=math.log(p), path=p) for p in (0.9, 0.95, 0.97, 0.93)]
    unlikely = [Ballot(F, log_probability=math.log(p), path=p) for p in (0.010, 0.011, 0.012, 0.013, 0.009)]
    outcome = rpc(likely + unlikely)
    assert outcome.answer is T and outcome.confidence == 1.0


def test_rpc_needs_log_probabilities() -> None:
    with pytest.raises(InputError, match="log-probability"):
        rpc(cast(T))


def test_the_weibull_fit_finds_the_distribution_values_were_drawn_from() -> None:
    draw = random.Random(3)
    values = [draw.weibullvariate(2.0, 1.5) for _ in range(4000)]
    shape, scale = fit_weibull(values, [1.0] * len(values))
    assert 1.4 < shape < 1.6 and 1.95 < scale < 2.05
    step = 0.001
    assert math.isclose(
        sum(math.exp(log_density(step * n, shape, scale)) * step for n in range(1, 12_000)), 1, abs_tol=0.01
    )


@given(st.lists(st.floats(0, 1), max_size=15))
@settings(max_examples=100, deadline=None)
def test_the_mixture_takes_any_probabilities_and_tells_few_of_them_not_apart(values: list[float]) -> None:
    high = probably_high(values)
    assert len(high) == len(values)
    if len(set(values)) < 4:
        assert all(high)


# -- calibration and support -------------------------------------------------------------------------------


def test_calibration_error_is_the_mean_gap() -> None:
    assert calibration_error([]) == 0.0
    assert calibration_error([(1.0, True), (1.0, False)]) == 0.5
    assert math.isclose(calibration_error([(0.75, True)] * 3 + [(0.75, False)]), 0.0)
    assert math.isclose(calibration_error([(0.9, False), (0.1, True)]), 0.9)


def test_support_compares_sentence_by_sentence_from_the_conclusion() -> None:
    assert support([("p", "q", "c"), ("p", "q", "c")]) == [1.0, 1.0]
    assert support([("p", "q", "c"), ("x", "q", "c"), ()]) == [2 / 3, 2 / 3, 0.0]
    assert support([("q", "c"), ("p", "q", "c")]) == [1.0, 2 / 3]
    assert support([("p",)]) == [1.0]
    assert support([]) == []
