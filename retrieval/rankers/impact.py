"""An inverted index over sparse features with precomputed impacts; the engine of bm25.py and structural.py.

Not here: what a feature is or how its impact is computed. Query evaluation is score-at-a-time over
impact-ordered postings with a budget (Lin and Trotman 2015, "Anytime ranking for impact-ordered indexes"):
the largest contributions find candidates, whose scores are then completed exactly from the forward index.
Inaccessible premises are dropped as their postings are read, so they never take a candidate's place.
"""

from __future__ import annotations

import threading
from collections.abc import Mapping, Sequence

import numpy as np

from retrieval.accessible import Mask
from retrieval.store import Strings

# Postings read per query. Reading all of them finds nothing better: on 182 theorems of the library R@10 is
# 16.4 % (bm25) and 33.5 % (structural) with 8,000, with 16,000 and with all.
BUDGET = 8_000
CANDIDATES = 96  # premises whose score is completed exactly
SAMPLE = 8

Top = tuple[np.ndarray, np.ndarray]  # premise numbers int64 [hits], scores float32 [hits], best first


class ImpactIndex:
    """Features × premises with an impact each.

    Postings (by feature, largest impact first): `docs`, `impacts` [postings], `at` int64 [features + 1].
    Forward (by premise): `features`, `weights` [postings], `from_` int64 [premises + 1].
    """

    def __init__(self, arrays: Mapping[str, np.ndarray]) -> None:
        self.arrays = arrays
        self.vocabulary = Strings.of(arrays, "feature")
        self.docs, self.impacts, self.at = arrays["docs"], arrays["impacts"], arrays["postings_at"]
        self.features, self.weights, self.from_ = arrays["features"], arrays["weights"], arrays["forward_at"]
        self.premises = len(self.from_) - 1
        # memoryviews: reading one number of a numpy array costs ten times as much
        self._at, self._largest_impact = memoryview(self.at), memoryview(self.impacts)
        self._numbers: dict[str, int] | None = None
        self._scratch = threading.local()

    @property
    def numbers(self) -> dict[str, int]:
        """Feature → number."""
        if self._numbers is None:
            self._numbers = {f: i for i, f in enumerate(self.vocabulary)}
        return self._numbers

    @classmethod
    def build(cls, rows: Sequence[Mapping[int, float]], vocabulary: Sequence[str]) -> ImpactIndex:
        """`rows[premise]` maps feature number → impact."""
        lengths = np.fromiter((len(r) for r in rows), np.int64, len(rows))
        total = int(lengths.sum())
        features = np.fromiter((f for r in rows for f in r), np.int32, total)
        weights = np.fromiter((w for r in rows for w in r.values()), np.float32, total)
        return cls.from_arrays(lengths, features, weights, vocabulary)

    @classmethod
    def from_arrays(
        cls, lengths: np.ndarray, features: np.ndarray, weights: np.ndarray, vocabulary: Sequence[str]
    ) -> ImpactIndex:
        """From the forward form: `lengths` [premises], then features and impacts, premise by premise."""
        docs = np.repeat(np.arange(len(lengths), dtype=np.int32), lengths)
        order = np.lexsort((docs, -weights, features))
        postings_at = np.zeros(len(vocabulary) + 1, np.int64)
        np.cumsum(np.bincount(features, minlength=len(vocabulary)), out=postings_at[1:])
        forward_at = np.zeros(len(lengths) + 1, np.int64)
        np.cumsum(lengths, out=forward_at[1:])
        return cls({
            "docs": docs[order], "impacts": weights[order], "postings_at": postings_at,
            "features": features.astype(np.int32), "weights": weights.astype(np.float32), "forward_at": forward_at,
            **Strings.pack(vocabulary).arrays("feature"),
        })  # fmt: skip

    def top(
        self,
        query: Mapping[str, float],
        k: int,
        mask: Mask,
        budget: int | None = BUDGET,
        extra: Top | None = None,
    ) -> Top:
        """The k accessible premises of largest Σ weight · impact. `budget` None reads every posting (exact).

        `extra`: premises (sorted, no repetitions) that are candidates in any case, and what is added to their
        scores.
        """
        terms = [(n, w) for f, w in query.items() if (n := self.numbers.get(f)) is not None]
        candidates = self._candidates(terms, max(CANDIDATES, 2 * k), mask, budget)
        if extra is not None and len(extra[0]):
            keep = mask.allowed[extra[0]]
            more, bonus = extra[0][keep], extra[1][keep]
            candidates = _distinct(np.concatenate([candidates, more]))
            scores = self._complete(candidates, terms)
            scores[np.searchsorted(candidates, more)] += bonus
        else:
            scores = self._complete(candidates, terms)
        if len(candidates) > k:
            part = np.argpartition(scores, len(scores) - k)[len(scores) - k :]
            candidates, scores = candidates[part], scores[part]
        order = np.lexsort((candidates, -scores))
        return candidates[order], scores[order]

    def _candidates(self, terms: list[tuple[int, float]], count: int, mask: Mask, budget: int | None) -> np.ndarray:
        """Accessible premises of the largest scores so far: int64, at least `count` where there are as many."""
        docs, values = self._read(terms, budget)
        if not len(docs) or not mask.count:
            return np.empty(0, np.int64)
        if mask.narrowed:
            values *= mask.allowed.take(docs)  # cheaper than dropping them; a score of 0 is no candidate
        partial, _ = self._zeros()
        try:
            np.add.at(partial, docs, values)
            return _best(docs, partial, count if budget is not None else None)
        finally:  # also when interrupted: the next query must find zeros
            partial[docs] = 0

    def _zeros(self) -> tuple[np.ndarray, np.ndarray]:
        """This thread's zeros, one for each premise and each feature; whoever writes into them clears them."""
        if not hasattr(self._scratch, "premises"):
            self._scratch.premises = np.zeros(self.premises, np.float32)
            self._scratch.features = np.zeros(len(self.vocabulary) + 1, np.float32)
        return self._scratch.premises, self._scratch.features

    def _read(self, terms: list[tuple[int, float]], budget: int | None) -> Top:
        """Postings of the terms, with repetitions: premises int64, contributions float32."""
        at, impacts = self._at, self._largest_impact
        slices = [(at[n], at[n + 1], w) for n, w in terms]
        slices = [s for s in slices if s[1] > s[0]]
        if budget is not None:
            # Largest contribution first; a long list gives only its top, its share of what is left.
            slices.sort(key=lambda s: -s[2] * impacts[s[0]])
            cut, left = [], budget
            for i, (a, b, w) in enumerate(slices):
                take = min(b - a, max(left // 4, left // (len(slices) - i)))
                if take <= 0:
                    break
                cut.append((a, a + take, w))
                left -= take
            slices = cut
        if not slices:
            return np.empty(0, np.int64), np.empty(0, np.float32)
        docs = np.concatenate([self.docs[a:b] for a, b, _ in slices], dtype=np.int64)
        values = np.concatenate([self.impacts[a:b] for a, b, _ in slices])
        weights = np.array([w for _, _, w in slices], np.float32)
        return docs, values * weights.repeat([b - a for a, b, _ in slices])

    def _complete(self, candidates: np.ndarray, terms: list[tuple[int, float]]) -> np.ndarray:
        """Exact scores float32 [candidates], from the forward index."""
        if not len(candidates):
            return np.empty(0, np.float32)
        starts = self.from_[candidates]
        lengths = self.from_[candidates + 1] - starts
        before = np.cumsum(lengths) - lengths
        # All forward entries of all candidates as one flat gather.
        flat = np.arange(int(lengths.sum())) + np.repeat(starts - before, lengths)
        _, query = self._zeros()
        numbers = [n for n, _ in terms]
        try:
            query[numbers] = [w for _, w in terms]
            asked = query.take(self.features.take(flat))
        finally:
            query[numbers] = 0
        hit = np.flatnonzero(asked)  # few of a premise's features are asked for
        owner = np.searchsorted(before, hit, "right") - 1
        return np.bincount(owner, asked[hit] * self.weights[flat[hit]], len(candidates)).astype(np.float32)


def _best(docs: np.ndarray, partial: np.ndarray, count: int | None) -> np.ndarray:
    """The premises among `docs` (with repetitions) of positive `partial` score, sorted: at most about `count`."""
    reached = partial.take(docs)
    if count is None:
        return _distinct(docs[reached > 0])
    # A threshold from a sample of the postings first: a partition of all premises takes 1 ms.
    sample = reached[::SAMPLE]
    wanted = 4 * count // SAMPLE  # a good premise is in several postings
    threshold = np.partition(sample, -wanted)[-wanted] if wanted < len(sample) else np.float32(0)
    found = _distinct(docs[reached > threshold])
    if len(found) < count and threshold > 0:
        # Many tie at the threshold, or the good ones are in more postings than thought: some of the next.
        rest = np.flatnonzero((reached <= threshold) & (reached > threshold / 2))[: 4 * count]
        found = _distinct(np.concatenate([docs[rest], found]))
    if len(found) < count and threshold > 0:
        found = _distinct(docs[reached > 0])
    if len(found) > count:
        scores = partial[found]
        found = np.sort(found[np.argpartition(scores, len(scores) - count)[len(scores) - count :]])
    return found


def _distinct(numbers: np.ndarray) -> np.ndarray:
    """np.unique without its 0.1 ms of preparation."""
    numbers = np.sort(numbers)
    return numbers[np.flatnonzero(np.diff(numbers, prepend=-1))]
