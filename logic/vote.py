"""From the verdicts of several samples to one answer with a confidence.

Three votes, in `VOTES`. "majority" is LINC's. "rpc" is Perplexity Consistency with Reasoning Pruning (Zhou et
al., 2025, arXiv 2502.00511), which needs the samples' log-probabilities. "meaning" is for samples without
them: it weighs each verdict by what is known of how translations go wrong, and each sample by how far the
others agree with its formulas. Deciding the samples is in `replay.py`; nothing here looks at a sentence.
"""

from __future__ import annotations

import math
from collections import Counter, defaultdict
from collections.abc import Callable, Hashable, Sequence
from dataclasses import dataclass

from logic.errors import InputError
from logic.verdict import Verdict
from logic.weibull import probably_high

ANSWERS = (Verdict.TRUE, Verdict.FALSE, Verdict.UNCERTAIN)


@dataclass(frozen=True, slots=True)
class Ballot:
    """One sample's say.

    charitable: what a charitable reading gives where the verdict is UNCERTAIN. support: in [0, 1], how far
    the other samples agree with its formulas. log_probability: of the whole sample under the model. path:
    equal for equal samples; RPC counts a path once.
    """

    verdict: Verdict
    charitable: Verdict | None = None
    support: float = 1.0
    log_probability: float | None = None
    path: Hashable = None


@dataclass(frozen=True, slots=True)
class Outcome:
    """`answer` is one of `ANSWERS`, or None where no sample has one or the vote abstains; `confidence` in [0,
    1]."""

    answer: Verdict | None
    confidence: float
    shares: dict[Verdict, float]

    def or_abstain(self, threshold: float) -> Outcome:
        """The outcome without its answer where the confidence is below `threshold`."""
        return self if self.confidence >= threshold else Outcome(None, self.confidence, self.shares)


NO_ANSWER = Outcome(None, 0.0, {})


def majority(ballots: Sequence[Ballot]) -> Outcome:
    """The verdict most samples have, of those that have one; between equals, the one that came first
    (LINC)."""
    counts = Counter(ballot.verdict for ballot in ballots if ballot.verdict in ANSWERS)
    if not counts:
        return NO_ANSWER
    total = sum(counts.values())
    answer, most = counts.most_common(1)[0]
    return Outcome(answer, most / total, {verdict: counts[verdict] / total for verdict in ANSWERS})


def rpc(ballots: Sequence[Ballot]) -> Outcome:
    """Perplexity Consistency with Reasoning Pruning.

    The confidence in an answer is the probability mass of the distinct samples that have it, as the model
    gives it; before that, samples whose probability belongs to the lower part of a mixture of
    two Weibull distributions are left out, unless it is above the mean. Probabilities are per
    token where `log_probability` is, which the caller decides.

    Raises:
        InputError: a sample has no log-probability.
    """
    if any(ballot.log_probability is None for ballot in ballots):
        raise InputError("the rpc vote needs the log-probability of each sample, and one has none")
    distinct = {ballot.path if ballot.path is not None else index: ballot for index, ballot in enumerate(ballots)}
    voting = [ballot for ballot in distinct.values() if ballot.verdict in ANSWERS]
    if not voting:
        return NO_ANSWER
    highest = max(ballot.log_probability for ballot in voting)  # type: ignore[type-var]
    probabilities = [math.exp(ballot.log_probability - highest) for ballot in voting]  # type: ignore[operator]
    keep = probably_high(probabilities)
    mean = sum(probabilities) / len(probabilities)
    mass: dict[Verdict, float] = defaultdict(float)
    for ballot, probability, kept in zip(voting, probabilities, keep, strict=True):
        if kept or probability >= mean:
            mass[ballot.verdict] += probability
    total = sum(mass.values())
    shares = {verdict: mass[verdict] / total for verdict in ANSWERS}
    answer = max(ANSWERS, key=lambda verdict: shares[verdict])
    return Outcome(answer, shares[answer], shares)


@dataclass(frozen=True, slots=True)
class Channel:
    """How samples come out, given the right answer: parameters of Dirichlet-multinomial distributions.

    Samples of one question err together (the same words mislead each time), which a product of independent
    probabilities ignores and a Dirichlet-multinomial models: the smaller the parameters, the more the samples
    of a question are alike. For a right answer True or False: samples with `same` and `opposite` verdict,
    with the same or opposite one only on a charitable reading, and `nothing` (Uncertain). For Uncertain:
    `definite` each of True and False, `definite_charitable` likewise, and `nothing`.
    """

    same: float
    opposite: float
    same_charitable: float
    opposite_charitable: float
    nothing: float
    uncertain_definite: float
    uncertain_definite_charitable: float
    uncertain_nothing: float

    def parameters(self, answer: Verdict) -> tuple[float, ...]:
        """For the counts of True, False, charitably True, charitably False, Uncertain."""
        if answer is Verdict.UNCERTAIN:
            one, two = self.uncertain_definite, self.uncertain_definite_charitable
            return (one, one, two, two, self.uncertain_nothing)
        own = (self.same, self.opposite, self.same_charitable, self.opposite_charitable)
        if answer is Verdict.FALSE:
            own = (own[1], own[0], own[3], own[2])
        return (*own, self.nothing)


# Fitted by maximum likelihood to LINC's one-shot recordings alone (`entails logic figures --fit`, which also
# prints what a fit to some of the questions gives on the others). No parameter decides a vote by its last
# digit.
CHANNEL = Channel(
    same=0.199,
    opposite=0.0153,
    same_charitable=0.0463,
    opposite_charitable=0.0019,
    nothing=0.18,
    uncertain_definite=0.0093,
    uncertain_definite_charitable=0.0046,
    uncertain_nothing=0.733,
)


def counts(ballots: Sequence[Ballot]) -> tuple[float, ...]:
    """How many samples came out True, False, charitably True, charitably False, Uncertain; weighed by
    support.

    The weights' mean is one, so that support moves votes between answers and makes none stronger by itself.
    """
    voting = [ballot for ballot in ballots if ballot.verdict in ANSWERS]
    total = sum(ballot.support for ballot in voting)
    found = [0.0] * 5
    for ballot in voting:
        # In this order: the inverse of a tiny total is infinite.
        weight = ballot.support / total * len(voting) if total > 0 else 1.0
        if ballot.verdict is Verdict.TRUE:
            found[0] += weight
        elif ballot.verdict is Verdict.FALSE:
            found[1] += weight
        elif ballot.charitable in (Verdict.TRUE, Verdict.FALSE):
            found[2 if ballot.charitable is Verdict.TRUE else 3] += weight
        else:
            found[4] += weight
    return tuple(found)


def log_likelihood(found: Sequence[float], parameters: Sequence[float]) -> float:
    """Log-probability of counts under a Dirichlet-multinomial, without the factor all answers share."""
    total, concentration = sum(found), sum(parameters)
    result = math.lgamma(concentration) - math.lgamma(concentration + total)
    return result + sum(math.lgamma(a + n) - math.lgamma(a) for n, a in zip(found, parameters, strict=True) if n > 0)


def meaning(ballots: Sequence[Ballot], channel: Channel = CHANNEL) -> Outcome:
    """The answer that makes what came out most probable, all three being equally probable before.

    A proof is hard to come by from a wrong translation, while one lost premise is enough for Uncertain; so
    one proof can outweigh many samples from which nothing follows, and how many is the channel's to say.
    """
    found = counts(ballots)
    if sum(found) == 0:
        return NO_ANSWER
    logs = {answer: log_likelihood(found, channel.parameters(answer)) for answer in ANSWERS}
    highest = max(logs.values())
    mass = {answer: math.exp(value - highest) for answer, value in logs.items()}
    total = sum(mass.values())
    shares = {answer: value / total for answer, value in mass.items()}
    answer = max(ANSWERS, key=lambda verdict: shares[verdict])
    return Outcome(answer, shares[answer], shares)


VOTES: dict[str, Callable[[Sequence[Ballot]], Outcome]] = {
    "majority": majority,
    "rpc": rpc,
    "meaning": meaning,
}


def fit_channel(questions: Sequence[tuple[Verdict, Sequence[Ballot]]], rounds: int = 60) -> Channel:
    """The channel under which labelled questions are most probable, by coordinate ascent on the log scale.

    Args:
        questions: the right answer of each, and its ballots.
    """
    tallies = [(answer, counts(ballots)) for answer, ballots in questions]

    def fit(values: list[float]) -> float:
        channel = Channel(*values)
        return sum(log_likelihood(found, channel.parameters(answer)) for answer, found in tallies)

    values = [0.3, 0.03, 0.03, 0.003, 0.3, 0.01, 0.003, 0.9]
    best, step = fit(values), 2.0
    for _ in range(rounds):
        improved = False
        for position in range(len(values)):
            for factor in (step, 1 / step):
                tried = [*values]
                tried[position] = min(max(tried[position] * factor, 1e-3), 50.0)
                if (score := fit(tried)) > best + 1e-9:
                    best, values, improved = score, tried, True
        if not improved:
            step = math.sqrt(step)
            if step < 1.01:
                break
    return Channel(*(round(value, 4) for value in values))


def calibration_error(outcomes: Sequence[tuple[float, bool]], bins: int = 10) -> float:
    """Expected calibration error (Guo et al., 2017, section 2): the mean gap between confidence and accuracy.

    Args:
        outcomes: confidence and whether the answer was right, for each answered question; may be empty (0.0).
    """
    if not outcomes:
        return 0.0
    grouped: dict[int, list[tuple[float, bool]]] = defaultdict(list)
    for confidence, right in outcomes:
        grouped[min(int(confidence * bins), bins - 1)].append((confidence, right))
    gaps = (abs(sum(c for c, _ in group) - sum(r for _, r in group)) for group in grouped.values())
    return sum(gaps) / len(outcomes)


def support(formulas: Sequence[Sequence[Hashable]]) -> list[float]:
    """How far the other samples agree with each one, in [0, 1].

    Args:
        formulas: for each sample what its sentences mean, in order: anything that is equal for equivalent
        formulas.
            An empty one (an Error) has support 0 and gives none.

    Samples are compared sentence by sentence from the end, where the conclusion is. With none to compare
    with, a sample has support 1.
    """
    usable = [index for index, sample in enumerate(formulas) if sample]
    columns: dict[int, Counter[Hashable]] = defaultdict(Counter)
    for index in usable:
        for place, formula in enumerate(reversed(formulas[index])):
            columns[place][formula] += 1
    result = [0.0] * len(formulas)
    for index in usable:
        sample = formulas[index]
        others = len(usable) - 1
        if others == 0:
            result[index] = 1.0
            continue
        agreeing = sum(columns[place][formula] - 1 for place, formula in enumerate(reversed(sample)))
        result[index] = agreeing / (others * len(sample))
    return result
