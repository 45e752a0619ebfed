"""Re-ranking: the best premises of the fused rankers once more, by a small model of features of state and premise.

The model is a network of one hidden layer over `FIELDS` (features.py); its weights are data of this package
(`rerank.json`, which says how it was trained; `entails train reranker` makes it). It orders what fusion found, and
what applies to the goal by its hypotheses. Not here: training (retrieval/rerank_train.py). numpy only.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from retrieval.errors import RetrievalError
from retrieval.files import write_whole
from retrieval.rankers.base import Ranking, check_k, drop_excluded
from retrieval.rankers.features import FIELDS, Features
from retrieval.rankers.fusion import Fusion
from retrieval.rankers.impact import Top
from retrieval.rankers.structural import Prepared, Structural
from retrieval.records import Hit, Query

WEIGHTS = Path(__file__).with_name("rerank.json")
SCHEMA = 1
CANDIDATES = 96  # premises that are ordered again; those after them keep their order
APPLICABLE = 16  # of these, that the hypotheses make applicable, found by rankers or not


@dataclass(frozen=True)
class Model:
    """score = out · relu(hidden · (x - mean) / scale + bias) + linear · (x - mean) / scale.

    `mean`, `scale`, `linear` float32 [fields]; `hidden` [units, fields]; `bias`, `out` [units]. `made` tells from what.
    """

    mean: np.ndarray
    scale: np.ndarray
    linear: np.ndarray
    hidden: np.ndarray
    bias: np.ndarray
    out: np.ndarray
    made: Mapping[str, Any]

    def __call__(self, x: np.ndarray) -> np.ndarray:
        """Scores float32 [candidates] of features [candidates, fields]."""
        z = (x - self.mean) / self.scale
        return z @ self.linear + np.maximum(z @ self.hidden.T + self.bias, 0) @ self.out

    @classmethod
    def zero(cls) -> Model:
        """One that keeps every order: what training starts from needs only the features."""
        n = len(FIELDS)
        nothing = np.zeros(0, np.float32)
        return cls(np.zeros(n), np.ones(n), np.zeros(n), np.zeros((0, n)), nothing, nothing, {})

    def save(self, path: Path) -> None:
        arrays = {n: np.round(getattr(self, n), 5).tolist() for n in ARRAYS}
        text = json.dumps({"schema": SCHEMA, "made": dict(self.made), "fields": FIELDS, **arrays}, indent=1)
        write_whole(path, text + "\n")

    @classmethod
    def open(cls, path: Path | None = None) -> Model:
        """Read a file, or what is shipped. Raises RetrievalError for a file that is none, or of other features."""
        path = path or WEIGHTS
        try:
            data = json.loads(path.read_text(encoding="utf-8"))
            if data["schema"] != SCHEMA or tuple(data["fields"]) != FIELDS:
                raise RetrievalError(f"{path} is of other features than this version of entails has; make it again "
                                     "with `entails train reranker`")  # fmt: skip
            arrays = {n: np.array(data[n], np.float32) for n in ARRAYS}
            arrays["hidden"] = arrays["hidden"].reshape(-1, len(FIELDS))
            return cls(**arrays, made=data["made"])
        except (OSError, ValueError, KeyError, TypeError) as error:
            raise RetrievalError(f"{path} is no model for re-ranking ({error}); make it with "
                                 "`entails train reranker`") from None  # fmt: skip


ARRAYS = ("mean", "scale", "linear", "hidden", "bias", "out")


@dataclass(frozen=True)
class Pool:
    """What fusion found for a query, and all that the model looks at."""

    numbers: np.ndarray  # int64 [found], best first
    scores: np.ndarray
    lists: tuple[np.ndarray, ...]  # of each ranker
    features: np.ndarray  # float32 [candidates, fields], of the first of `numbers`


class Reranked(Ranking):
    """Fusion, ordered again by a model. `structural` reads states; it need not be among the fused."""

    name = "rerank"

    def __init__(self, fusion: Fusion, structural: Structural, model: Model) -> None:
        self.corpus, self.fusion, self.structural, self.model = fusion.corpus, fusion, structural, model
        self.features = Features(fusion.corpus, structural)

    @property
    def took_part(self) -> tuple[str, ...]:
        return (*self.fusion.took_part, self.name)

    @property
    def left_out(self) -> Mapping[str, str]:
        return self.fusion.left_out

    def pool(self, query: Query, k: int = CANDIDATES) -> Pool:
        """The candidates for a query, at least k where there are as many, with their features."""
        prepared = self.structural.prepare(query)
        depth = max(check_k(k), CANDIDATES)
        tops = {r.name: self._top(r, query, prepared, depth) for r in self.fusion.rankers}
        lists = tuple(numbers for numbers, _ in tops.values())
        numbers, scores = self._with_applicable(query, prepared, *self.fusion.fuse(lists, len(lists) * depth))
        first = numbers[:CANDIDATES]
        return Pool(numbers, scores, lists, self.features(query, prepared, first, scores[:CANDIDATES], tops))

    def _with_applicable(self, query: Query, prepared: Prepared, numbers: np.ndarray, scores: np.ndarray) -> Top:
        """What fusion found, the last candidates replaced by premises that the hypotheses make applicable."""
        mask = self.corpus.accessible.mask(query.position, query.within)
        found = self.structural.applicable(prepared, mask, APPLICABLE)
        found, _ = drop_excluded(self.corpus, query, (found, found), APPLICABLE)
        new = found[~np.isin(found, numbers[:CANDIDATES])]
        if not len(new):
            return numbers, scores
        at = max(0, CANDIDATES - len(new))
        later = ~np.isin(numbers[at:], new)
        numbers = np.concatenate([numbers[:at], new, numbers[at:][later]])
        return numbers, np.concatenate([scores[:at], np.zeros(len(new), np.float32), scores[at:][later]])

    def _top(self, ranker: Any, query: Query, prepared: Prepared, depth: int) -> Top:
        if ranker is self.structural:
            return self.structural.top_prepared(query, prepared, depth)
        return ranker.top(query, depth)

    def _ordered(self, query: Query, k: int) -> tuple[Pool, Top]:
        pool = self.pool(query, k)
        scores = self.model(pool.features)
        order = np.argsort(-scores, kind="stable")
        rest = pool.numbers[len(order) :]
        below = (scores.min() if len(scores) else 0) - 1 - np.arange(len(rest), dtype=np.float32)
        numbers = np.concatenate([pool.numbers[order], rest])
        return pool, (numbers[:k], np.concatenate([scores[order], below]).astype(np.float32)[:k])

    def top(self, query: Query, k: int) -> Top:
        return self._ordered(query, check_k(k))[1]

    def rank(self, query: Query, k: int) -> list[Hit]:
        pool, (numbers, scores) = self._ordered(query, check_k(k))
        return self.fusion.named(numbers, scores, pool.lists)

    def rank_batch(self, queries: Sequence[Query], k: int) -> list[list[Hit]]:
        return [self.rank(query, k) for query in queries]
