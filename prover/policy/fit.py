"""Learning the policy from outcome tables: logistic regression for the chance, gamma regression for the cost.

Both begin with the rates of templates, moves and closers over all states, and learn what states and arguments change.

A tactic is learned under a random set of others that had failed before it, since that is how it will be asked for.
Adagrad (Duchi et al., 2011) on minibatches, with weight decay. The same tables and seed give the same weights: only
arithmetic that IEEE 754 fixes is used, in a fixed order.

Not here: what there is to learn from (`tables.py`), features (`features.py`), files (`model.py`, `train.py`).
"""

from __future__ import annotations

import math
import random
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from prover.policy.features import number
from prover.policy.model import BITS, COST_BITS, PRIOR_LOG_SECONDS, PRIOR_LOGIT, Encoder, Policy, mix
from prover.policy.tables import Case, Tried, cases

#: So many tries of a part count as much as what is known of all parts, of a pair as what is known of its parts.
_LIKE_ALL, _LIKE_PARTS = 20.0, 5.0


@dataclass(frozen=True, slots=True)
class FitSettings:
    """How to learn.

    `orders`: random sets of failures for each theorem; `most`: candidates kept of each. `doubt`: log-odds taken off
    pairs never seen: of many such estimates the highest is most likely an error, and it is the one that is tried.
    """

    seed: int = 0
    epochs: int = 2
    batch: int = 512
    rate: float = 0.03
    decay: float = 1e-4
    orders: int = 4
    doubt: float = 2.0
    most: int = 48


def fit(records: Sequence[Mapping[str, Any]], settings: FitSettings = FitSettings(),
        report: Callable[[int, float], None] = lambda epoch, loss: None) -> Policy:  # fmt: skip
    """The policy that the records teach.

    Args:
        report: called with each epoch and its mean log-loss.
    """
    rng = random.Random(settings.seed)
    encoder = Encoder()
    chance = _Samples()
    cost = _Samples()
    helped = _Rates(PRIOR_LOGIT, BITS, settings.doubt)
    taken = _Rates(PRIOR_LOG_SECONDS, COST_BITS, 0.0)
    for record in records:
        for case in cases(record):
            _add(case, encoder, rng, settings, chance, cost, helped, taken)
    weights = _regress(chance, helped.weights(_log_odds), settings, logistic=True, report=report)
    costs = _regress(cost, taken.weights(math.log), settings, logistic=False, report=lambda *_: None)
    return Policy(weights, costs, {})


class _Rates:
    """How often each part helped, or what it cost, whatever the state: where the regression begins.

    A part that was seen seldom is taken to be like all, and a pair that was seen seldom like its move and its closer.
    """

    def __init__(self, prior: float, bits: int, doubt: float) -> None:
        self.prior = prior
        self.doubt = doubt
        self.bits = bits
        self.parts: dict[int, list[float]] = {}
        self.whole: dict[tuple[int, int, int], list[float]] = {}
        self.total = [0.0, 0.0]

    def add(self, parts: tuple[int, int, int], value: float) -> None:
        for table, key in ((self.whole, parts), (self.parts, parts[1]), (self.parts, parts[2])):
            seen = table.setdefault(key, [0.0, 0.0])  # type: ignore[call-overload, attr-defined]
            seen[0] += value
            seen[1] += 1
        self.total[0] += value
        self.total[1] += 1

    def weights(self, link: Callable[[float], float]) -> np.ndarray:
        """For the feature that every state has, [2**bits]."""
        made = np.zeros(1 << self.bits)
        if not self.total[1]:
            return made
        mean = self.total[0] / self.total[1]
        # Each part carries half of the distance between the prior and the mean, as each tactic has two.
        half = (link(mean) - self.doubt - self.prior) / 2
        worth: dict[int, float] = {}
        for part, (value, count) in sorted(self.parts.items()):
            worth[part] = link((value + _LIKE_ALL * mean) / (count + _LIKE_ALL)) - link(mean) + half
            made[self._place(part)] = worth[part]
        for (template, move, closer), (value, count) in sorted(self.whole.items()):
            like = self.prior + worth[move] + worth[closer]
            own = link((value + _LIKE_PARTS * mean) / (count + _LIKE_PARTS))
            made[self._place(template)] = (own - like) * count / (count + _LIKE_PARTS)
        return made

    def _place(self, part: int) -> int:
        any_state = np.array([number("any")], np.uint32)
        return int(mix(np.array([part], np.uint32), any_state, self.bits)[0])


def _log_odds(mean: float) -> float:
    return math.log(mean + 1e-4) - math.log(1 - mean + 1e-4)


class _Samples:
    """Ragged rows of places in the weights, with targets."""

    def __init__(self) -> None:
        self.rows: list[np.ndarray] = []
        self.targets: list[float] = []

    def add(self, row: np.ndarray, target: float) -> None:
        self.rows.append(row.astype(np.uint32))
        self.targets.append(target)


def _add(
    case: Case, encoder: Encoder, rng: random.Random, settings: FitSettings, chance: _Samples, cost: _Samples,
    helped: _Rates, taken: _Rates,
) -> None:  # fmt: skip
    tried = case.tried
    encoded = encoder.encode(case.position, [t.tactic for t in tried])
    own = mix(encoded.parts[:, :, None], encoded.state).reshape(len(tried), -1)
    arguments = [encoded.arguments[encoded.owners == i].reshape(-1) for i in range(len(tried))]
    bills = mix(encoded.parts[:, :, None], encoded.state, COST_BITS).reshape(len(tried), -1)
    for i, t in enumerate(tried):
        parts = tuple(int(part) for part in encoded.parts[i])
        helped.add(parts, t.helped)
        if t.cost is None:
            continue
        taken.add(parts, t.cost)
        cost.add(bills[i], t.cost)
    failing = [i for i, t in enumerate(tried) if not t.helped]
    for _ in range(settings.orders):
        share = rng.random() ** 2
        failed = {i for i in failing if rng.random() < share}
        names = np.unique(encoded.failures[sorted(failed)].reshape(-1)) if failed else np.zeros(0, np.uint32)
        after = mix(encoded.parts[:, :, None], names).reshape(len(tried), -1)
        rest = [i for i in range(len(tried)) if i not in failed]
        for i in _some(tried, rest, rng, settings.most):
            chance.add(np.concatenate([own[i], arguments[i], after[i]]), tried[i].helped)


def _some(tried: Sequence[Tried], among: list[int], rng: random.Random, most: int) -> list[int]:
    return among if len(among) <= most else sorted(rng.sample(among, most))


def _regress(
    samples: _Samples, weights: np.ndarray, settings: FitSettings, logistic: bool, report: Callable[[int, float], None]
) -> np.ndarray:
    """Goes on from `weights`, [2**bits]."""
    prior = PRIOR_LOGIT if logistic else PRIOR_LOG_SECONDS
    start = weights.copy()
    squares = np.full(len(weights), 1e-3)
    rng = np.random.default_rng(settings.seed)
    targets = np.array(samples.targets)
    count = len(targets)
    if not count:
        return weights.astype(np.float32)
    for epoch in range(settings.epochs):
        total = 0.0
        order = rng.permutation(count)
        for first in range(0, count, settings.batch):
            batch = order[first : first + settings.batch]
            rows = [samples.rows[i] for i in batch]
            lengths = np.array([len(r) for r in rows])
            places = np.concatenate(rows)
            owners = np.repeat(np.arange(len(batch)), lengths)
            scores = prior + np.bincount(owners, weights[places], len(batch))
            y = targets[batch]
            if logistic:
                p = sigmoid(scores)
                total += float(-(np.log(np.where(y > 0, p, 1 - p) + 1e-12)).sum())
                error = p - y
            else:
                # Gamma deviance with a logarithmic link: it is the mean that counts, long tail and all.
                p = sigmoid(scores)
                error = np.maximum(1.0 - y * (1.0 - p) / p, -4.0)
            # Rows are long: without the division the first steps would overshoot.
            touched, inverse = np.unique(places, return_inverse=True)
            slope = np.bincount(inverse, (error / np.sqrt(lengths))[owners], len(touched)) / len(batch) ** 0.5
            slope += settings.decay * (weights[touched] - start[touched])
            squares[touched] += slope**2
            weights[touched] -= settings.rate / np.sqrt(lengths.mean()) * slope / np.sqrt(squares[touched])
        report(epoch, total / count)
    return weights.astype(np.float32)


#: 1/k!, for the series of exp(x / 32).
_SERIES = [1 / math.factorial(k) for k in range(12, -1, -1)]


def sigmoid(x: np.ndarray) -> np.ndarray:
    """1 / (1 + exp(-x)), the same on every machine, which `np.exp` is not: its last bit depends on the processor."""
    z = np.clip(-x, -30.0, 30.0) / 32.0
    series = np.full_like(z, _SERIES[0])
    for term in _SERIES[1:]:
        series = series * z + term
    for _ in range(5):
        series = series * series
    return 1.0 / (1.0 + series)
