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
LEAST = 8  # the last eighth of the budget is not spent where it would be a few postings of each of many lists

Top = tuple[np.ndarray, np.ndarray]  # premise numbers int64 [hits], scores float32 [hits], best first
NOTHING: Top = (np.empty(0, np.int64), np.empty(0, np.float32))


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
        numbers = self.numbers
        terms = [(n, w) for f, w in query.items() if (n := numbers.get(f)) is not None]
        candidates = self._candidates(terms, max(CANDIDATES, 2 * k), mask, budget)
        if extra is not None and len(extra[0]):
            keep = mask.allowed.take(extra[0]).nonzero()[0]
            more, bonus = extra[0].take(keep), extra[1].take(keep)
            candidates = distinct(np.concatenate([candidates, more]))
            scores = self._complete(candidates, terms)
            scores[candidates.searchsorted(more)] += bonus
        else:
            scores = self._complete(candidates, terms)
        # Candidates are sorted: where scores are equal, a stable sort leaves the lower number first.
        order = (-scores).argsort(kind="stable")[:k]
        return candidates.take(order), scores.take(order)

    def _candidates(self, terms: list[tuple[int, float]], count: int, mask: Mask, budget: int | None) -> np.ndarray:
        """Accessible premises of the largest scores so far: int64, at least `count` where there are as many."""
        docs, values = self._read(terms, budget)
        if not len(docs) or not mask.count:
            return np.empty(0, np.int64)
        partial = zeros("premises", self.premises)
        try:
            np.add.at(partial, docs, values)
            return _best(docs, partial, mask, count if budget is not None else None)
        finally:  # also when interrupted: the next query must find zeros
            partial[docs] = 0

    def _read(self, terms: list[tuple[int, float]], budget: int | None) -> Top:
        """Postings of the terms, with repetitions: premises int64, contributions float32."""
        at, largest = self._at, self._largest_impact
        lists = []
        for n, w in terms:
            a, b = at[n], at[n + 1]
            if a < b:
                lists.append((w * largest[a], a, b, w))
        if budget is None:
            left, share, least = sum(b - a for _, a, b, _ in lists), 1, 0
        else:
            # Largest contribution first; a long list gives only its top, its share of what is left.
            lists.sort(reverse=True)
            left, share, least = budget, 4, budget // LEAST
        read: list[tuple[int, int, float]] = []
        rest = len(lists)
        for _, a, b, w in lists:
            b = min(b, a + left // min(rest, share))
            if a == b or left < least:
                break
            read.append((a, b, w))
            left -= b - a
            rest -= 1
        if not read:
            return NOTHING
        contributions = np.concatenate([self.impacts[a:b] for a, b, _ in read])
        contributions *= np.array([w for *_, w in read], np.float32).repeat([b - a for a, b, _ in read])
        return np.concatenate([self.docs[a:b] for a, b, _ in read], dtype=np.int64), contributions

    def _complete(self, candidates: np.ndarray, terms: list[tuple[int, float]]) -> np.ndarray:
        """Exact scores float32 [candidates], from the forward index."""
        if not len(candidates):
            return np.empty(0, np.float32)
        starts = self.from_.take(candidates)
        lengths = self.from_.take(candidates + 1) - starts
        ends = lengths.cumsum()
        # All forward entries of all candidates as one flat gather.
        flat = np.arange(ends[-1]) + (starts - ends + lengths).repeat(lengths)
        query = zeros("features", len(self.at))
        numbers = np.array([n for n, _ in terms], np.int64)
        try:
            query[numbers] = [w for _, w in terms]
            asked = query.take(self.features.take(flat))
        finally:
            query[numbers] = 0
        owner = np.arange(len(candidates)).repeat(lengths)
        return np.bincount(owner, asked * self.weights.take(flat), len(candidates)).astype(np.float32)


_scratch = threading.local()


def zeros(of: str, count: int) -> np.ndarray:
    """This thread's zeros for premises or features, at least `count`; whoever writes into them clears them.

    All indexes share them, so that one finds in the processor's cache what the one before it has used.
    """
    kept = getattr(_scratch, of, None)
    if kept is None or len(kept) < count:
        kept = np.zeros(count, np.float32)
        setattr(_scratch, of, kept)
    return kept


def _best(docs: np.ndarray, partial: np.ndarray, mask: Mask, count: int | None) -> np.ndarray:
    """The accessible of `docs` (with repetitions) of positive `partial` score, sorted: about `count` at most."""
    reached = partial.take(docs)
    if count is None:
        return distinct(_accessible(docs.compress(reached > 0), mask))
    # A threshold from a sample of the postings first: a partition of all premises takes 1 ms.
    sample = partial.take(_accessible(docs[::SAMPLE], mask))
    wanted = 4 * count // SAMPLE  # a good premise is in several postings
    threshold = np.float32(0)
    if wanted < len(sample):
        sample.partition(len(sample) - wanted)
        threshold = sample[-wanted]
    found = distinct(_accessible(docs.take((reached > threshold).nonzero()[0]), mask))
    if len(found) < count and threshold > 0:
        # Many tie at the threshold, or the good ones are in more postings than thought: some of the next.
        rest = ((reached <= threshold) & (reached > threshold / 2)).nonzero()[0]
        more = _accessible(docs.take(rest), mask)[: 4 * count]
        found = distinct(np.concatenate([more, found]))
    if len(found) < count and threshold > 0:
        found = distinct(_accessible(docs.compress(reached > 0), mask))
    if len(found) > count:
        scores = partial.take(found)
        found = found.take(scores.argpartition(len(scores) - count)[len(scores) - count :])
        found.sort()
    return found


def _accessible(docs: np.ndarray, mask: Mask) -> np.ndarray:
    return docs.compress(mask.allowed.take(docs)) if mask.narrowed else docs


def distinct(numbers: np.ndarray) -> np.ndarray:
    """np.unique without its 0.1 ms of preparation; sorts `numbers`."""
    numbers.sort()
    return numbers.compress(firsts(numbers))


def firsts(numbers: np.ndarray) -> np.ndarray:
    """Of sorted numbers, where each occurs for the first time: bool [numbers]."""
    first = np.empty(len(numbers), bool)
    first[:1] = True
    np.not_equal(numbers[1:], numbers[:-1], out=first[1:])
    return first
