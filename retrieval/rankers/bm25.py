"""BM25 (Robertson and Zaragoza 2009) over Lean-aware words of a premise's name, statement and docstring.

Not here: tokenising (retrieval/tokens.py), query evaluation (impact.py). Needs numpy only.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Callable
from pathlib import Path

import numpy as np

from retrieval import store
from retrieval.corpus import Corpus
from retrieval.errors import REBUILD, IndexStale
from retrieval.rankers.base import Ranking, check_k, drop_excluded
from retrieval.rankers.impact import BUDGET, ImpactIndex, Top
from retrieval.records import Query
from retrieval.tokens import query_weights, tokens

KIND, VERSION = "bm25", 1
K1, B = 1.2, 0.75
# A word of the name says more than one of the statement; docstrings help plain-word search.
NAME, STATEMENT, DOCSTRING = 1.5, 1.0, 0.5


class BM25(Ranking):
    """Lexical ranking: `BM25.build(corpus)` or `BM25.open(path, corpus)`."""

    name = "bm25"

    def __init__(self, corpus: Corpus, index: ImpactIndex, budget: int | None = BUDGET) -> None:
        self.corpus, self.index, self.budget = corpus, index, budget

    @classmethod
    def build(cls, corpus: Corpus, progress: Callable[[int], None] | None = None) -> BM25:
        """Index a corpus; `progress` is called with the number of premises done since the last call."""
        numbers: dict[str, int] = {}
        lengths, features, frequencies = [], [], []
        texts = zip(corpus.names, corpus.codes, corpus.docstrings, strict=True)
        for done, (name, code, doc) in enumerate(texts, 1):
            bag: Counter[str] = Counter()
            for text, weight in ((name, NAME), (code, STATEMENT), (doc, DOCSTRING)):
                for word in tokens(text):
                    bag[word.lower()] += weight  # type: ignore[assignment]
            lengths.append(len(bag))
            features += [numbers.setdefault(w, len(numbers)) for w in bag]
            frequencies += bag.values()
            if progress is not None and done % 1000 == 0:
                progress(1000)
        if progress is not None:
            progress(len(corpus) % 1000)
        return cls(corpus, _index(np.array(lengths, np.int64), np.array(features, np.int32),
                                  np.array(frequencies, np.float32), list(numbers)))  # fmt: skip

    def save(self, path: Path) -> None:
        store.write(path, KIND, VERSION, {"corpus": self.corpus.fingerprint}, self.index.arrays)

    @classmethod
    def open(cls, path: Path, corpus: Corpus) -> BM25:
        """Map a saved index. Raises IndexDamaged, or IndexStale when it is of another corpus."""
        stored = store.read(path, KIND, VERSION)
        if stored.meta["corpus"] != corpus.fingerprint:
            raise IndexStale(f"the index {path} was built from another corpus; {REBUILD}")
        return cls(corpus, ImpactIndex(stored.arrays))

    def top(self, query: Query, k: int) -> Top:
        weights = query_weights(query.text, plain="⊢" not in query.text)
        mask = self.corpus.accessible.mask(query.position, query.within)
        found = self.index.top(weights, check_k(k) + len(query.exclude), mask, self.budget)
        return drop_excluded(self.corpus, query, found, k)


def _index(lengths: np.ndarray, features: np.ndarray, frequencies: np.ndarray, vocabulary: list[str]) -> ImpactIndex:
    """Impact of a word in a premise: idf · tf (k1 + 1) / (tf + k1 (1 - b + b · length / mean length))."""
    count = max(len(lengths), 1)
    idf = np.log1p((count - (df := np.bincount(features, minlength=len(vocabulary))) + 0.5) / (df + 0.5))
    document = np.repeat(np.arange(len(lengths)), lengths)
    size = np.bincount(document, frequencies, len(lengths))
    norm = K1 * (1 - B + B * size / (size.mean() if len(size) and size.mean() else math.inf))
    impact = idf[features] * frequencies * (K1 + 1) / (frequencies + norm[document])
    return ImpactIndex.from_arrays(lengths, features, impact.astype(np.float32), vocabulary)
