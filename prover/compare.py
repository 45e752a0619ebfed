"""Two runs over the same theorems, side by side: shares with intervals, and what the difference is worth.

Not here: the runs (`prover.bench`), printing (`prover/cli/bench_compare.py`). Intervals of a share are Wilson's (1927);
those of a difference and of a ratio are percentiles of a paired bootstrap over theorems (Efron and Tibshirani 1993,
chapter 13); the p-value is McNemar's, exact: the chance that theorems which only one run proves fall so unevenly.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from prover.bench import BenchResult

Z = 1.959964  # 95 %
RESAMPLES = 10_000


@dataclass(frozen=True, slots=True)
class Share:
    """`proved` of `total`, and the 95 % interval of the share, from 0 to 1."""

    proved: int
    total: int
    low: float
    high: float


@dataclass(frozen=True, slots=True)
class Comparison:
    """Runs A and B on the theorems that both have.

    `difference`, `ratio`: of B's share to A's, with 95 % intervals (`nan` and infinity where A proves nothing); `p`:
    of McNemar's exact test. `only_a`, `only_b`: names.
    """

    a: Share
    b: Share
    both: int
    only_a: tuple[str, ...]
    only_b: tuple[str, ...]
    difference: tuple[float, float, float]
    ratio: tuple[float, float, float]
    p: float


def wilson(proved: int, total: int) -> Share:
    """A share with Wilson's interval; of nothing, anything from 0 to 1."""
    if not total:
        return Share(0, 0, 0.0, 1.0)
    p, n = proved / total, total
    middle = p + Z * Z / (2 * n)
    half = Z * math.sqrt(p * (1 - p) / n + Z * Z / (4 * n * n))
    scale = 1 + Z * Z / n
    low, high = max(0.0, (middle - half) / scale), min(1.0, (middle + half) / scale)
    return Share(proved, total, 0.0 if not proved else low, 1.0 if proved == total else high)


def mcnemar(only_a: int, only_b: int) -> float:
    """Two-sided exact p-value: a fair coin for each theorem that only one of two runs proves."""
    n, least = only_a + only_b, min(only_a, only_b)
    tail = sum(math.comb(n, k) for k in range(least + 1))
    return min(1.0, 2 * tail / 2**n)


def compare(
    a: Mapping[str, BenchResult], b: Mapping[str, BenchResult], seconds: float | None = None, seed: int = 0
) -> Comparison:
    """Compare two runs on the theorems that both have. `seconds`: what took longer counts as not proved."""
    names = [name for name in a if name in b]

    def solved(result: BenchResult) -> bool:
        return result.proved and (seconds is None or result.seconds <= seconds)

    x = np.array([solved(a[name]) for name in names], bool)
    y = np.array([solved(b[name]) for name in names], bool)
    n = len(names)
    only_a = tuple(name for name, p, q in zip(names, x, y, strict=True) if p and not q)
    only_b = tuple(name for name, p, q in zip(names, x, y, strict=True) if q and not p)
    return Comparison(
        wilson(int(x.sum()), n), wilson(int(y.sum()), n), int((x & y).sum()), only_a, only_b,
        *_intervals(x, y, seed), mcnemar(len(only_a), len(only_b)),
    )  # fmt: skip


def _intervals(
    x: np.ndarray, y: np.ndarray, seed: int
) -> tuple[tuple[float, float, float], tuple[float, float, float]]:
    """Difference and ratio of the shares of y and x (bool [theorems]), each with its interval."""
    n = len(x)
    if not n:
        return (0.0, -1.0, 1.0), (math.nan, 0.0, math.inf)
    # How often each of the four outcomes is drawn is all that a resample matters by.
    counts = np.array([(x & y).sum(), (x & ~y).sum(), (~x & y).sum(), (~x & ~y).sum()])
    drawn = np.random.default_rng(seed).multinomial(n, counts / n, RESAMPLES)
    proved_a, proved_b = drawn[:, 0] + drawn[:, 1], drawn[:, 0] + drawn[:, 2]
    differences = (proved_b - proved_a) / n
    with np.errstate(divide="ignore", invalid="ignore"):
        ratios = np.where((proved_a == 0) & (proved_b == 0), 1.0, proved_b / proved_a)
        ratio = float(np.float64(y.sum()) / np.float64(x.sum()))
    low, high = np.percentile(differences, (2.5, 97.5))
    # Infinities are in it: no interpolation between the resamples.
    least, most = np.percentile(ratios, (2.5, 97.5), method="lower")
    return (float(y.mean() - x.mean()), float(low), float(high)), (ratio, float(least), float(most))
