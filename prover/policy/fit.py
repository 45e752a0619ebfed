"""Learning the policy from outcome tables: logistic regression for the chance, a linear one for the cost.

An opening is learned under a random set of others that had failed before it, since that is how it will be asked for.
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

from prover.policy.model import BITS, COST_BITS, PRIOR_LOG_SECONDS, PRIOR_LOGIT, Encoder, Policy, mix
from prover.policy.tables import Case, Tried, cases


@dataclass(frozen=True, slots=True)
class FitSettings:
    """How to learn. `orders`: random sets of failures for each theorem; `most`: candidates kept of each."""

    seed: int = 0
    epochs: int = 8
    batch: int = 2048
    rate: float = 0.15
    decay: float = 2e-5
    orders: int = 4
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
    for record in records:
        for case in cases(record):
            _add(case, encoder, rng, settings, chance, cost)
    weights = _regress(chance, BITS, settings, logistic=True, report=report)
    costs = _regress(cost, COST_BITS, settings, logistic=False, report=lambda epoch, loss: None)
    return Policy(weights, costs, {})


class _Samples:
    """Ragged rows of places in the weights, with targets."""

    def __init__(self) -> None:
        self.rows: list[np.ndarray] = []
        self.targets: list[float] = []

    def add(self, row: np.ndarray, target: float) -> None:
        self.rows.append(row.astype(np.uint32))
        self.targets.append(target)


def _add(
    case: Case, encoder: Encoder, rng: random.Random, settings: FitSettings, chance: _Samples, cost: _Samples
) -> None:
    tried = case.tried
    encoded = encoder.encode(case.position, [t.tactic for t in tried], case.opening)
    own = mix(encoded.parts[:, :, None], encoded.state).reshape(len(tried), -1)
    arguments = [encoded.arguments[encoded.owners == i].reshape(-1) for i in range(len(tried))]
    bills = mix(encoded.parts[:, :, None], encoded.state, COST_BITS).reshape(len(tried), -1)
    for i, t in enumerate(tried):
        if case.opening or rng.random() < 0.3:
            cost.add(bills[i], round(math.log(max(t.cost, 0.0005)), 3))
    if not case.opening:
        for i in _some(tried, list(range(len(tried))), rng, settings.most):
            chance.add(np.concatenate([own[i], arguments[i]]), tried[i].helped)
        return
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
    samples: _Samples, bits: int, settings: FitSettings, logistic: bool, report: Callable[[int, float], None]
) -> np.ndarray:
    prior = PRIOR_LOGIT if logistic else PRIOR_LOG_SECONDS
    weights = np.zeros(1 << bits, np.float64)
    squares = np.full(1 << bits, 1e-3)
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
                error = scores - y
                total += float((error**2).sum())
            # Rows are long: without the division the first steps would overshoot.
            slope = np.bincount(places, (error / np.sqrt(lengths))[owners], 1 << bits) / len(batch) ** 0.5
            slope += settings.decay * weights * (slope != 0)
            squares += slope**2
            weights -= settings.rate / np.sqrt(lengths.mean()) * slope / np.sqrt(squares)
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
