"""Reciprocal-rank fusion (Cormack, Clarke and Büttcher 2009): score = Σ weight / (60 + rank).

Not here: the rankers that are fused. Ranks and not scores are added, because the scores of different
rankers have nothing in common; `Hit.ranks` says which rankers found a premise, `left_out` which could not
take part and why.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import lru_cache

import numpy as np

from retrieval.rankers.base import Ranker, Ranking, check_k
from retrieval.rankers.impact import NOTHING, Top, firsts
from retrieval.records import Hit, Query

CONSTANT = 60.0
# Words say less of a proof state than shape: with equal weights fusion is worse than `structural` alone (R@10
# 31 against 41 % on the theorems that structural.py's weights were chosen on).
WEIGHTS = {"bm25": 0.3}
DEPTH = 32  # premises asked of each ranker, or k where that is more


class Fusion(Ranking):
    """Fuses rankers over one corpus. `left_out` maps the name of a ranker that is missing to the reason."""

    name = "fusion"

    def __init__(
        self, rankers: Sequence[Ranker], weights: Mapping[str, float] | None = None,
        left_out: Mapping[str, str] | None = None,
    ) -> None:  # fmt: skip
        if not rankers:
            raise ValueError("fusion needs at least one ranker")
        if any(r.corpus.fingerprint != rankers[0].corpus.fingerprint for r in rankers):
            raise ValueError("the rankers to fuse are of different corpora")
        self.corpus, self.rankers = rankers[0].corpus, tuple(rankers)
        self.weights = {r.name: WEIGHTS.get(r.name, 1.0) for r in rankers} | dict(weights or {})
        self.left_out = dict(left_out or {})

    @property
    def took_part(self) -> tuple[str, ...]:
        """The names of the rankers that are fused."""
        return tuple(r.name for r in self.rankers)

    def top(self, query: Query, k: int) -> Top:
        tops = [r.top(query, max(check_k(k), DEPTH)) for r in self.rankers]
        return self.fuse([numbers for numbers, _ in tops], k)

    def top_batch(self, queries: Sequence[Query], k: int) -> list[Top]:
        return [self.fuse(lists, k) for lists in self._lists(queries, k)]

    def rank(self, query: Query, k: int) -> list[Hit]:
        lists = [r.top(query, max(check_k(k), DEPTH))[0] for r in self.rankers]
        return self.named(*self.fuse(lists, k), lists)

    def rank_batch(self, queries: Sequence[Query], k: int) -> list[list[Hit]]:
        return [self.named(*self.fuse(lists, k), lists) for lists in self._lists(queries, k)]

    def _lists(self, queries: Sequence[Query], k: int) -> list[list[np.ndarray]]:
        tops = [r.top_batch(queries, max(check_k(k), DEPTH)) for r in self.rankers]
        return [[numbers for numbers, _ in per_query] for per_query in zip(*tops, strict=True)]

    def fuse(self, lists: Sequence[np.ndarray], k: int) -> Top:
        """The k best of the rankers' lists of premises, which are in the order of `rankers`."""
        found = np.concatenate(lists)
        order = found.argsort(kind="stable")
        found = found.take(order)
        first = firsts(found).nonzero()[0]
        if not len(first):
            return NOTHING
        weights = tuple(self.weights[r.name] for r in self.rankers)
        scores = np.add.reduceat(_parts(weights, tuple(map(len, lists))).take(order), first)
        best = (-scores).argsort(kind="stable")[:k]  # among equals the lower number is first
        return found.take(first.take(best)), scores.take(best).astype(np.float32)

    def named(self, numbers: np.ndarray, scores: np.ndarray, lists: Sequence[np.ndarray]) -> list[Hit]:
        """Hits of these premises, with the rank that each ranker's list has for them."""
        ranks: dict[int, dict[str, int]] = {i: {} for i in numbers.tolist()}
        for ranker, found in zip(self.rankers, lists, strict=True):
            for rank, i in enumerate(found.tolist(), 1):
                if i in ranks:
                    ranks[i][ranker.name] = rank
        names = self.corpus.names
        return [Hit(i, names[i], s, ranks[i]) for i, s in zip(numbers.tolist(), scores.tolist(), strict=True)]


@lru_cache(maxsize=8)
def _parts(weights: tuple[float, ...], lengths: tuple[int, ...]) -> np.ndarray:
    """What each place in the rankers' lists, one list after another, adds to a score: float64 [places]."""
    return np.concatenate([w / (CONSTANT + np.arange(1, n + 1)) for w, n in zip(weights, lengths, strict=True)])
