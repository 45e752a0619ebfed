"""Dense retrieval: unit vectors of premises and of the state, nearest by inner product, with FAISS.

Not here: the encoder (retrieval/encoder.py). The accessibility filter is FAISS's own id selector, applied
while it searches, so that a premise the proof cannot see never takes a place among the k.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any
from weakref import WeakKeyDictionary

import numpy as np

from retrieval import store
from retrieval.accessible import Mask
from retrieval.corpus import Corpus
from retrieval.encoder import Encoder
from retrieval.errors import REBUILD, EncoderError, IndexStale, missing_extra
from retrieval.rankers.base import Ranking, check_k, drop_excluded
from retrieval.rankers.impact import Top
from retrieval.records import Position, Query

KIND, VERSION = "dense", 1
FLAT_UP_TO = 20_000  # premises: below, one query of the exact search takes under 2 ms
EXACT_UP_TO = 1_000  # accessible premises that are compared one by one instead of searched for
PROBES = 16  # inverted lists read per query
EFFORT = 64  # HNSW's efSearch
INDEXES: dict[str, Callable[[int], str]] = {
    "flat": lambda count: "Flat",
    # 4 √n lists (FAISS's guideline), of at least 39 (what its k-means asks for); half-precision vectors halve
    # the memory and lose nothing that shows.
    "ivf": lambda count: f"IVF{max(1, min(round(4 * math.sqrt(count)), count // 39))},SQfp16",
    "hnsw": lambda count: "HNSW32,SQfp16",
}


class Dense(Ranking):
    """`Dense.build(corpus, encoder)` or `Dense.open(path, corpus, encoder)`.

    `vectors` are float32 [premises, dimension], unit norm. Without an encoder only queries with a vector of
    their own can be answered.
    """

    name = "dense"

    def __init__(self, corpus: Corpus, encoder: Encoder | None, vectors: np.ndarray, index: Any, kind: str) -> None:
        self.corpus, self.encoder, self.vectors, self.index, self.kind = corpus, encoder, vectors, index, kind
        self.dimension = vectors.shape[1]
        self._kept: WeakKeyDictionary[Mask, dict[int, Any]] = WeakKeyDictionary()  # mask → k → FAISS's parameters
        self._encoder_meta = {} if encoder is None else {"encoder": encoder.name, "weights": encoder.fingerprint}

    @classmethod
    def build(
        cls, corpus: Corpus, encoder: Encoder, kind: str = "auto", old: Path | None = None,
        progress: Callable[[int], None] | None = None,
    ) -> Dense:  # fmt: skip
        """Encode and index a corpus; `kind` is a key of INDEXES or "auto" (by size).

        Vectors of the index at `old` are taken over where the premise and the encoder are the same.
        """
        _faiss()
        vectors = np.empty((len(corpus), encoder.dimension), np.float32)
        wanted = list(range(len(corpus)))
        if old is not None:
            wanted = _reuse(old, corpus, encoder, vectors)
            if progress is not None:
                progress(len(corpus) - len(wanted))
        for start in range(0, len(wanted), 4096):  # in parts, so that the texts are not all in memory
            part = wanted[start : start + 4096]
            vectors[part] = encoder.encode([encoder.format.premise(corpus[i]) for i in part], progress)
        return cls.from_vectors(corpus, vectors, encoder, kind)

    @classmethod
    def from_vectors(
        cls, corpus: Corpus, vectors: np.ndarray, encoder: Encoder | None = None, kind: str = "auto"
    ) -> Dense:
        """Index given vectors, float32 [premises, dimension], unit norm."""
        faiss = _faiss()
        if len(vectors) != len(corpus):
            raise EncoderError(f"there are {len(vectors)} vectors for {len(corpus)} premises")
        if kind == "auto":
            kind = "flat" if len(vectors) <= FLAT_UP_TO else "ivf"
        if kind not in INDEXES:
            raise ValueError(f"there is no index kind {kind!r}; there are auto, {', '.join(INDEXES)}")
        index = faiss.index_factory(vectors.shape[1], INDEXES[kind](len(vectors)), faiss.METRIC_INNER_PRODUCT)
        if kind == "ivf":
            # Of FAISS's 25 rounds of k-means, which would be most of the time: 95 % of the exact ten nearest are
            # found at 200,000 premises (retrieval.bench).
            index.cp.niter = 10
            index.cp.seed = 0
        vectors = np.ascontiguousarray(vectors, np.float32)
        if len(vectors):
            index.train(vectors)
            index.add(vectors)
        return cls(corpus, encoder, vectors, index, kind)

    def save(self, path: Path) -> None:
        meta = {
            "corpus": self.corpus.fingerprint,
            "dimension": self.dimension,
            "index": self.kind,
            **self._encoder_meta,
        }
        arrays = {"vectors": self.vectors, "digest": self.corpus.digests}
        if self.kind != "flat":  # a flat index is its vectors
            arrays["faiss"] = _faiss().serialize_index(self.index)
        store.write(path, KIND, VERSION, meta, arrays)

    @classmethod
    def open(cls, path: Path, corpus: Corpus, encoder: Encoder | None = None) -> Dense:
        """Map a saved index. IndexStale for another corpus or other weights, EncoderError for another dimension."""
        faiss = _faiss()
        stored = store.read(path, KIND, VERSION)
        meta, vectors = stored.meta, stored.arrays["vectors"]
        if meta["corpus"] != corpus.fingerprint:
            raise IndexStale(f"the index {path} was built from another corpus; {REBUILD}")
        if encoder is not None:
            if encoder.dimension != meta["dimension"]:
                raise EncoderError(f"the encoder {encoder.name!r} makes vectors of dimension {encoder.dimension}, the "
                                   f"index {path} has {meta['dimension']}; {REBUILD} --encoder "
                                   f"{encoder.name}")  # fmt: skip
            if encoder.fingerprint != meta.get("weights"):
                raise IndexStale(f"the index {path} was built with another encoder ({meta.get('encoder')}) or other "
                                 f"weights than {encoder.name!r}; {REBUILD} --encoder {encoder.name}")  # fmt: skip
        if meta["index"] == "flat":
            index = faiss.IndexFlatIP(meta["dimension"])
            index.add(np.ascontiguousarray(vectors))
        else:
            index = faiss.deserialize_index(stored.arrays["faiss"])
        made = cls(corpus, encoder, vectors, index, meta["index"])
        made._encoder_meta = {k: meta[k] for k in ("encoder", "weights") if k in meta}
        return made

    @staticmethod
    def check(path: Path) -> None:
        """Raises IndexDamaged unless there is a whole dense index at `path` (of whatever corpus)."""
        store.read(path, KIND, VERSION)

    def top(self, query: Query, k: int) -> Top:
        mask = self.corpus.accessible.mask(query.position, query.within)
        numbers, scores = self.search(self._vectors([query]), check_k(k) + len(query.exclude), mask)
        return self._cut(query, numbers[0], scores[0], k)

    def top_batch(self, queries: Sequence[Query], k: int) -> list[Top]:
        """One FAISS search for all queries that stand at the same position."""
        vectors = self._vectors(queries)
        groups: dict[tuple[Position, tuple[str, ...]], list[int]] = {}
        for i, query in enumerate(queries):
            groups.setdefault((query.position, query.within), []).append(i)
        out: list[Top] = [None] * len(queries)  # type: ignore[list-item]
        for (position, within), members in groups.items():
            mask = self.corpus.accessible.mask(position, within)
            room = check_k(k) + max(len(queries[i].exclude) for i in members)
            numbers, scores = self.search(vectors[members], room, mask)
            for row, i in enumerate(members):
                out[i] = self._cut(queries[i], numbers[row], scores[row], k)
        return out

    def _cut(self, query: Query, numbers: np.ndarray, scores: np.ndarray, k: int) -> Top:
        if len(numbers) and numbers[-1] < 0:  # fewer were found
            found = (numbers >= 0).nonzero()[0]
            numbers, scores = numbers.take(found), scores.take(found)
        return drop_excluded(self.corpus, query, (numbers, scores), k)

    def search(self, vectors: np.ndarray, k: int, mask: Mask) -> Top:
        """Nearest of the masked premises: numbers int64 [queries, k] (-1: none left), inner products float32."""
        if mask.count <= EXACT_UP_TO or not self.index.ntotal:
            return self._exact(vectors, k, mask)
        scores, numbers = self.index.search(vectors, k, params=self._parameters(mask, k))
        short = (numbers[:, min(k, mask.count) - 1] < 0).nonzero()[0] if k else ()
        if len(short):  # an approximate search that found too few is not an answer
            numbers[short], scores[short] = self._exact(vectors[short], k, mask)
        return numbers, scores

    def _parameters(self, mask: Mask, k: int) -> Any:
        """How FAISS is to search a mask for k premises; kept as long as the mask is, for its next query."""
        kept = self._kept.setdefault(mask, {})
        if k not in kept:
            faiss = _faiss()
            selector = faiss.IDSelectorBitmap(mask.packed) if mask.narrowed else None
            # With few accessible premises a list has few of them: read more lists in proportion.
            widen = len(self.corpus) / mask.count
            match self.kind:
                case "flat":
                    kept[k] = faiss.SearchParameters(sel=selector)
                case "ivf":
                    probes = min(self.index.nlist, round(PROBES * widen))
                    kept[k] = faiss.SearchParametersIVF(sel=selector, nprobe=probes)
                case _:
                    effort = max(round(EFFORT * widen), 2 * k)
                    kept[k] = faiss.SearchParametersHNSW(sel=selector, efSearch=effort)
        return kept[k]

    def _exact(self, vectors: np.ndarray, k: int, mask: Mask) -> Top:
        allowed = np.flatnonzero(mask.allowed)
        numbers = np.full((len(vectors), k), -1, np.int64)
        scores = np.full((len(vectors), k), -np.inf, np.float32)
        if len(allowed):
            products = vectors @ self.vectors[allowed].T
            count = min(k, len(allowed))
            best = np.argsort(-products, axis=1, kind="stable")[:, :count]
            numbers[:, :count] = allowed[best]
            scores[:, :count] = np.take_along_axis(products, best, axis=1)
        return numbers, scores

    def _vectors(self, queries: Sequence[Query]) -> np.ndarray:
        out = np.empty((len(queries), self.dimension), np.float32)
        texts = [i for i, query in enumerate(queries) if query.vector is None]
        for i, query in enumerate(queries):
            if query.vector is not None:
                vector = np.asarray(query.vector, np.float32)
                if vector.shape != (self.dimension,):
                    raise EncoderError(
                        f"a query vector has shape {vector.shape}; the index has dimension {self.dimension}"
                    )
                out[i] = vector
        if texts:
            if self.encoder is None:
                raise EncoderError("this dense index was opened without its encoder, and the query has no vector")
            out[texts] = self.encoder.encode([self.encoder.format.query(queries[i].text) for i in texts])
        return out


def _reuse(path: Path, corpus: Corpus, encoder: Encoder, vectors: np.ndarray) -> list[int]:
    """Fill in the vectors that an older index has; returns the numbers of those that are missing."""
    stored = store.read(path, KIND, VERSION)
    if stored.meta.get("weights") != encoder.fingerprint or stored.meta["dimension"] != encoder.dimension:
        return list(range(len(corpus)))
    known = {d: i for i, d in enumerate(stored.arrays["digest"].tolist())}
    rows = [known.get(d, -1) for d in corpus.digests.tolist()]
    have = np.array(rows) >= 0
    vectors[have] = stored.arrays["vectors"][np.array(rows)[have]]
    return np.flatnonzero(~have).tolist()


def _faiss() -> Any:
    try:
        import faiss
    except ImportError:
        raise missing_extra("dense retrieval", "faiss-cpu", "retrieval") from None
    return faiss
