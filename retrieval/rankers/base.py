"""The one protocol of all rankers, and what they share.

Not here: any ranking. A ranker answers `top` (numbers and scores, cheap to fuse); `rank` and `rank_batch`
wrap these as `Hit`s.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

import numpy as np

from retrieval.corpus import Corpus
from retrieval.rankers.impact import Top
from retrieval.records import Hit, Query


class Ranker(Protocol):
    """What finds premises. `name` is its key in RANKERS and in `Hit.ranks`."""

    name: str
    corpus: Corpus

    def top(self, query: Query, k: int) -> Top:
        """At most k accessible premises, best first: numbers int64 [hits], scores float32 [hits]."""
        ...

    def top_batch(self, queries: Sequence[Query], k: int) -> list[Top]: ...

    def rank(self, query: Query, k: int) -> list[Hit]: ...

    def rank_batch(self, queries: Sequence[Query], k: int) -> list[list[Hit]]: ...


class Ranking:
    """`rank`, `rank_batch` and a looping `top_batch` for a ranker that has `top`."""

    name: str
    corpus: Corpus

    def top(self, query: Query, k: int) -> Top:
        raise NotImplementedError

    def top_batch(self, queries: Sequence[Query], k: int) -> list[Top]:
        return [self.top(query, k) for query in queries]

    def rank(self, query: Query, k: int) -> list[Hit]:
        return self._hits(*self.top(query, k))

    def rank_batch(self, queries: Sequence[Query], k: int) -> list[list[Hit]]:
        return [self._hits(*top) for top in self.top_batch(queries, k)]

    def _hits(self, numbers: np.ndarray, scores: np.ndarray) -> list[Hit]:
        pairs = zip(numbers.tolist(), scores.tolist(), strict=True)
        return [Hit(i, self.corpus.names[i], s, {self.name: r}) for r, (i, s) in enumerate(pairs, 1)]


def check_k(k: int) -> int:
    if k < 1:
        raise ValueError(f"k is the number of premises wanted, at least 1; it is {k}")
    return k


def drop_excluded(corpus: Corpus, query: Query, top: Top, k: int) -> Top:
    """`top`, asked for with room for the excluded names, without them and cut to k."""
    numbers, scores = top
    if query.exclude:
        out = [i for name in query.exclude if (i := corpus.find(name)) is not None]
        keep = ~np.isin(numbers, out)
        numbers, scores = numbers[keep], scores[keep]
    return numbers[:k], scores[:k]
