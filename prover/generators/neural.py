"""A language model as a `TacticGenerator`, alone or mixed with a symbolic one.

The rule of the mixture: each generator's candidates are a distribution (log-probabilities, renormalised; votes where a
model gives none), and a tactic's probability is the weighted sum over the generators that propose it. So both are heard
whatever the scale of their scores, what both propose comes first, and no tactic goes to Lean in two spellings. A
model that fails on a state leaves that state to the other generator, and `troubles` says so.

Not here: asking a model (`model.py`), the portfolio, Lean, whole proofs.
"""

from __future__ import annotations

import math
import time
from collections import Counter
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from prover.generators.answers import normalise
from prover.generators.model import ModelGenerator, Proposed, Tactic
from prover.generators.premises import PremisesFor, offered
from prover.generators.prompts import StateQuestion
from prover.generators.protocol import Position, TacticGenerator
from prover.models.errors import BadRequest
from search.protocols import Candidate

if TYPE_CHECKING:
    from prover.whole import WholeProofs


# Of the time that is left of a search a model may take so much for one batch: Lean has to have time for what it writes,
# and for what others propose where a model is slow.
SHARE = 0.25


class ModelTactics:
    """Tactics of a model for the goals of each position, all positions in one batch.

    Args:
        premises: what may help at a position, best first; by default what comes with it.

    Attributes:
        troubles: sentence → how often it was met: states the model could not be asked about, or had nothing for.
    """

    def __init__(self, generator: ModelGenerator, premises: PremisesFor = offered) -> None:
        self.generator = generator
        self.premises = premises
        self.troubles: Counter[str] = Counter()
        self._end: float | None = None

    def until(self, deadline: float) -> None:
        """See `TacticGenerator`."""
        self._end = deadline

    @property
    def reads_failed(self) -> bool:
        """See `TacticGenerator`: whether the prompt shows what was refused."""
        return self.generator.tactic_format.shows_failed

    def propose(self, positions: Sequence[Position]) -> list[list[Candidate]]:
        """See `TacticGenerator`.

        Raises:
            ModelError: the model cannot be used at all.
        """
        asked = [index for index, position in enumerate(positions) if position.goals]
        found: list[list[Candidate]] = [[] for _ in positions]
        if asked:
            questions = [self.question(positions[index]) for index in asked]
            now = time.monotonic()
            self.generator.deadline = None if self._end is None else now + SHARE * (self._end - now)
            for index, proposed in zip(asked, self.generator.tactics(questions), strict=True):
                found[index] = self._candidates(proposed)
        return found

    @property
    def late(self) -> bool:
        """Whether the search is over."""
        return self._end is not None and time.monotonic() >= self._end

    def question(self, position: Position) -> StateQuestion:
        """What the model is asked at a position."""
        state = "\n\n".join(goal.text for goal in position.goals)
        return StateQuestion(state, tuple(self.premises(position)), position.failed)

    def _candidates(self, proposed: Proposed) -> list[Candidate]:
        for sentence in (proposed.failure, *proposed.notes):
            if sentence:
                self.troubles[sentence] += 1
        tactics = [tactic for tactic in proposed.candidates if isinstance(tactic, Tactic)]
        if not tactics:
            return []
        votes = sum(tactic.votes for tactic in tactics)
        # What the model wrote was paid for once, for all of them.
        tokens = proposed.usage.completion_tokens // len(tactics)
        known = all(tactic.logprob is not None for tactic in tactics)
        return [Candidate(t.text, (t.logprob or 0.0) if known else math.log(t.votes / votes), tokens) for t in tactics]


class Judged:
    """What another generator proposes, as probable as a model thinks it: all of a state in one pass (Saffron-1).

    The state's keys and values are those that the model's own tactics were written with. Only the `most` most probable
    candidates of a state are scored.
    """

    def __init__(self, proposer: TacticGenerator, model: ModelTactics, most: int) -> None:
        self.proposer = proposer
        self.model = model
        self.most = most

    def propose(self, positions: Sequence[Position]) -> list[list[Candidate]]:
        """See `TacticGenerator`."""
        lists = self.proposer.propose(positions)
        return [self._judged(position, found) for position, found in zip(positions, lists, strict=True)]

    def _judged(self, position: Position, found: Sequence[Candidate]) -> list[Candidate]:
        best = sorted(found, key=lambda candidate: -candidate.log_probability)[: self.most]
        if not best or self.model.late:
            return []
        actions = [candidate.action for candidate in best]
        try:
            values = self.model.generator.scores(self.model.question(position), actions)
        except BadRequest as error:
            self.model.troubles[str(error)] += 1
            return []
        return [Candidate(action, value) for action, value in zip(actions, values, strict=True)]


class Mixture:
    """Several generators as one, by the rule above.

    Args:
        generators: with their weights, which need not sum to one.
        whole_proofs: the stage of whole proofs (`prover.whole`) that goes before the search; its hints belong among
            the generators.

    Raises:
        BadRequest: there is no generator, or a weight is not positive.
    """

    def __init__(
        self, generators: Sequence[tuple[TacticGenerator, float]], whole_proofs: WholeProofs | None = None
    ) -> None:
        if not generators or not all(weight > 0 for _, weight in generators):
            raise BadRequest("A mixture needs generators with positive weights.")
        self.generators = tuple(generators)
        self.whole_proofs = whole_proofs

    def __getattr__(self, name: str) -> Any:
        """How whole proofs are put in order and timed, where the first generator has a say in that."""
        if name in ("arrange", "rounds"):
            return getattr(self.generators[0][0], name)
        raise AttributeError(f"{type(self).__name__!r} object has no attribute {name!r}")

    def until(self, deadline: float) -> None:
        """See `TacticGenerator`."""
        for generator, _ in self.generators:
            if (until := getattr(generator, "until", None)) is not None:
                until(deadline)

    @property
    def reads_failed(self) -> bool:
        """Whether one of the generators does."""
        return any(getattr(generator, "reads_failed", False) for generator, _ in self.generators)

    def propose(self, positions: Sequence[Position]) -> list[list[Candidate]]:
        """See `TacticGenerator`; the log-probabilities of a position sum to one."""
        each = [(generator.propose(positions), weight) for generator, weight in self.generators]
        return [mixed([(lists[index], weight) for lists, weight in each]) for index in range(len(positions))]

    def opening(self, position: Position) -> tuple[list[str], list[str]]:
        """Whole proofs to try before any search, general and special ones, of the generators that have some."""
        general: dict[str, None] = {}
        special: dict[str, None] = {}
        for generator, _ in self.generators:
            opening = getattr(generator, "opening", None)
            if opening is not None:
                some, others = opening(position)
                general.update(dict.fromkeys(some))
                special.update(dict.fromkeys(others))
        return list(general), [tactic for tactic in special if tactic not in general]


def mixed(lists: Sequence[tuple[Sequence[Candidate], float]]) -> list[Candidate]:
    """One list, most probable first, out of several with weights; empty lists have no say."""
    total = math.fsum(weight for candidates, weight in lists if candidates)
    probability: dict[str, float] = {}
    spelling: dict[str, Candidate] = {}
    for candidates, weight in lists:
        for candidate, share in _shares(candidates).items():
            key = normalise(candidate.action)
            spelling.setdefault(key, candidate)
            probability[key] = probability.get(key, 0.0) + weight / total * share
    ranked = sorted(probability.items(), key=lambda item: -item[1])
    return [
        Candidate(spelling[key].action, min(0.0, math.log(value)), spelling[key].tokens)
        for key, value in ranked
        if value > 0
    ]


def _shares(candidates: Sequence[Candidate]) -> Mapping[Candidate, float]:
    """Log-probabilities as probabilities that sum to one."""
    if not candidates:
        return {}
    most = max(candidate.log_probability for candidate in candidates)
    weights = [math.exp(candidate.log_probability - most) for candidate in candidates]
    total = math.fsum(weights)
    shares: dict[Candidate, float] = {}
    for candidate, weight in zip(candidates, weights, strict=True):
        shares[candidate] = shares.get(candidate, 0.0) + weight / total
    return shares
