"""A mixture of two Weibull distributions, fitted by EM: which of some probabilities are high ones.

Only what Reasoning Pruning needs ("Reasoning Pruning", Zhou et al., 2025); see `vote.py`.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

_SMALLEST = 1e-12


def log_density(x: float, shape: float, scale: float) -> float:
    """Of a Weibull distribution at x > 0."""
    log_ratio = math.log(x / scale)
    return math.log(shape / scale) + (shape - 1) * log_ratio - math.exp(min(shape * log_ratio, 700.0))


def fit_weibull(values: Sequence[float], weights: Sequence[float]) -> tuple[float, float]:
    """Shape and scale of greatest likelihood for weighted values > 0; the shape by bisection in [0.05,
    50]."""
    used = [(math.log(value), weight) for value, weight in zip(values, weights, strict=True) if weight > 0]
    total = sum(weight for _, weight in used)
    mean_log = sum(weight * log for log, weight in used) / total

    def powers(shape: float) -> tuple[float, list[float]]:
        # weight * value**shape, each divided by the largest of them, whose logarithm is the first result
        exponents = [math.log(weight) + shape * log for log, weight in used]
        highest = max(exponents)
        return highest, [math.exp(exponent - highest) for exponent in exponents]

    def slope(shape: float) -> float:
        _, parts = powers(shape)
        return sum(part * log for part, (log, _) in zip(parts, used, strict=True)) / sum(parts) - 1 / shape - mean_log

    low, high = 0.05, 50.0
    if slope(high) < 0:
        low = high
    for _ in range(60):
        middle = (low + high) / 2
        low, high = (middle, high) if slope(middle) < 0 else (low, middle)
    shape = (low + high) / 2
    highest, parts = powers(shape)
    return shape, math.exp((highest + math.log(sum(parts) / total)) / shape)


def probably_high(values: Sequence[float], rounds: int = 50) -> list[bool]:
    """Whether each value belongs more probably to the higher of two Weibull distributions.

    With fewer than four distinct values there is nothing to tell apart, and all count as high.
    """
    values = [max(value, _SMALLEST) for value in values]
    if len(set(values)) < 4:
        return [True] * len(values)
    ordered = sorted(values)
    middle = ordered[len(ordered) // 2]
    high = [0.9 if value >= middle else 0.1 for value in values]
    for _ in range(rounds):
        low = [1 - share for share in high]
        if sum(high) < 1e-6 or sum(low) < 1e-6:
            return [True] * len(values)
        upper, lower = fit_weibull(values, high), fit_weibull(values, low)
        share = sum(high) / len(values)
        before, high = high, []
        for value in values:
            one = math.log(max(share, _SMALLEST)) + log_density(value, *upper)
            two = math.log(max(1 - share, _SMALLEST)) + log_density(value, *lower)
            high.append(1 / (1 + math.exp(min(two - one, 700.0))))
        if max(abs(a - b) for a, b in zip(before, high, strict=True)) < 1e-6:
            break

    def mean(fitted: tuple[float, float]) -> float:
        return fitted[1] * math.gamma(1 + 1 / fitted[0])

    swapped = mean(lower) > mean(upper)
    return [(share < 0.5) if swapped else (share >= 0.5) for share in high]
