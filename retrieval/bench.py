"""Prints the figures of retrieval: `python -m retrieval.bench [--index FOLDER] [--premises N]`.

Loading and memory of an index; the time of one query for each ranker, their fusion, and that re-ranked, with the
accessibility filter, on one thread, at 200,000 premises (padded with synthetic ones) and 384 dimensions; batched dense
queries a second on all cores beside plain FAISS. Queries are the states in which proofs of the index's own theorems
begin, and synthetic ones, all of whose symbols are common. The encoder's own time is not part of a query here: it is
the model's.
"""

from __future__ import annotations

import argparse
import os
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np

from retrieval import synthetic
from retrieval.alike import state_of
from retrieval.corpus import Corpus
from retrieval.errors import RetrievalError
from retrieval.library import Library
from retrieval.rankers.base import Ranker
from retrieval.rankers.bm25 import BM25
from retrieval.rankers.dense import PROBES, Dense
from retrieval.rankers.fusion import Fusion
from retrieval.rankers.rerank import Model, Reranked
from retrieval.rankers.structural import Structural
from retrieval.records import At, Query


def main() -> None:
    arguments = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    arguments.add_argument("--index", type=Path, help="an index folder, for loading and as the real part of the corpus")
    arguments.add_argument("--premises", type=int, default=200_000)
    arguments.add_argument("--dimension", type=int, default=384)
    arguments.add_argument("--queries", type=int, default=300, help="states of a round")
    arguments.add_argument("--rounds", type=int, default=10, help="neighbours on a machine make some of them slow")
    arguments.add_argument("--kind", default="auto", help="the FAISS index: auto, flat, ivf or hnsw")
    options = arguments.parse_args()
    if options.index is not None:
        loading(options.index)
    real = Corpus.open(options.index / "corpus.index") if options.index is not None else None
    queries(padded(real, options.premises), real, options)


def loading(folder: Path) -> None:
    before = resident()
    start = time.perf_counter()
    library = Library.open(folder)
    opened = time.perf_counter() - start
    library.rank(Query("a b : Nat\n⊢ a + b = b + a"), 10)
    print(f"load {folder.name}: {len(library.corpus):,} premises, {opened:.3f} s; with a first query "
          f"{time.perf_counter() - start:.3f} s; resident {resident() - before:.0f} MB more")  # fmt: skip
    for text in ("commutativity of list append", "_ + _ = _ + _", "List.map _ (_ ++ _)"):
        start = time.perf_counter()
        found = library.search(text).found
        first = found[0].premise.name if found else "nothing"
        print(f"  search {text!r}: {1000 * (time.perf_counter() - start):.1f} ms, first {first}")


def padded(real: Corpus | None, count: int) -> Corpus:
    modules = [real.record(m) for m in real.modules] if real is not None else []
    have = sum(len(m.premises) for m in modules)
    names = [m.name for m in modules]
    print(f"corpus: {have:,} real and {max(0, count - have):,} synthetic premises")
    return Corpus.of([*modules, *synthetic.modules(max(0, count - have), after=names)])


def queries(corpus: Corpus, real: Corpus | None, options: argparse.Namespace) -> None:
    import faiss

    vectors = timed("vectors", lambda: synthetic.vectors(len(corpus), options.dimension))
    dense = timed("dense index", lambda: Dense.from_vectors(corpus, vectors, kind=options.kind))
    bm25 = timed("bm25 index", lambda: BM25.build(corpus))
    structural = timed("structural index", lambda: Structural.build(corpus))
    fusion = Fusion((bm25, structural, dense))
    rankers = (bm25, structural, dense, fusion, Reranked(fusion, structural, model()))
    rng = np.random.default_rng(1)
    asked = synthetic.vectors(options.queries, options.dimension, seed=0)
    late = [m for m in range(len(corpus.modules)) if corpus.starts[m + 1] > corpus.starts[m]][-40:]
    sized = [(corpus.modules[m], int(corpus.starts[m + 1] - corpus.starts[m])) for m in late]
    places = [At(*sized[i % len(sized)]) for i in range(options.queries)]

    def sample(state: Callable[[], str]) -> list[Query]:
        return [Query(state(), p, vector=v) for p, v in zip(places, asked, strict=True)]

    sources = {"synthetic states": lambda: synthetic.state(rng)}
    if real is not None:
        theorems = np.flatnonzero(real.kinds_in(("theorem", "lemma")))
        sources = {"states of real theorems": lambda: state_of(real.codes[int(rng.choice(theorems))]), **sources}
    seen = np.mean([corpus.accessible.mask(p).count for p in places])
    print(f"one query, k = 10, one thread, {len(corpus):,} premises, on average {seen:,.0f} accessible:")
    faiss.omp_set_num_threads(1)
    for name, state in sources.items():
        print(f"  {name}, median length {np.median([len(state()) for _ in range(1000)]):.0f} characters:")
        for ranker in rankers:
            measure(ranker, [sample(state) for _ in range(options.rounds)])
    some = [Query("", p, vector=v) for p, v in zip(places, asked, strict=True)][:50]
    exact = [set(np.flatnonzero(corpus.accessible.mask(q.position).allowed)[nearest(corpus, vectors, q)]) for q in some]
    found = [set(dense.top(q, 10)[0].tolist()) for q in some]
    share = np.mean([len(a & b) / 10 for a, b in zip(exact, found, strict=True)])
    print(f"  dense finds {100 * share:.1f} % of the exact 10")
    batched(corpus, dense, options)


def measure(ranker: Ranker, rounds: list[list[Query]]) -> None:
    """Prints what a query takes, and once more: lines that were read before take less time."""
    ranker.rank(rounds[0][0], 10)
    new, again = (np.array(times) for times in zip(*((each(ranker, s), each(ranker, s)) for s in rounds), strict=True))
    print(
        f"    {ranker.name:10} median {np.median(new):.2f} ms, 95 % {np.percentile(new, 95):.2f} ms; the same states "
        f"again {np.median(again):.2f} ms; in the quietest round {np.median(new, axis=1).min():.2f} and "
        f"{np.median(again, axis=1).min():.2f} ms"
    )


def each(ranker: Ranker, sample: list[Query]) -> list[float]:
    """Milliseconds of every query."""
    taken = []
    for query in sample:
        start = time.perf_counter()
        ranker.rank(query, 10)
        taken.append(1000 * (time.perf_counter() - start))
    return taken


def model() -> Model:
    """The re-ranker's weights, or where there are none, ones of the same size."""
    try:
        return Model.open()
    except RetrievalError:
        return Model.zero()


def nearest(corpus: Corpus, vectors: np.ndarray, query: Query) -> np.ndarray:
    allowed = corpus.accessible.mask(query.position).allowed
    return np.argsort(-(vectors[allowed] @ query.vector), kind="stable")[:10]  # type: ignore[operator]


def batched(corpus: Corpus, dense: Dense, options: argparse.Namespace) -> None:
    import faiss

    cores = os.cpu_count() or 1
    faiss.omp_set_num_threads(cores)
    many = synthetic.vectors(4096, options.dimension, seed=5)
    last = corpus.modules[-1]
    queries = [Query("", At(last, 0), vector=v) for v in many]
    parameters = faiss.SearchParametersIVF(nprobe=PROBES) if dense.kind == "ivf" else None
    plain = best(lambda: dense.index.search(many, 10, params=parameters))
    mask = corpus.accessible.mask(At(last, 0))
    ours = best(lambda: dense.search(many, 10, mask))
    whole = best(lambda: dense.top_batch(queries, 10))
    print(f"batches of {len(many):,}, k = 10, {cores} cores, {dense.kind}: plain FAISS without a filter "
          f"{len(many) / plain:,.0f} queries/s; with the filter {len(many) / ours:,.0f}; as `top_batch` "
          f"{len(many) / whole:,.0f}")  # fmt: skip


def best(run: Callable[[], object], times: int = 3) -> float:
    run()
    seconds = []
    for _ in range(times):
        start = time.perf_counter()
        run()
        seconds.append(time.perf_counter() - start)
    return min(seconds)


def timed(what: str, run: Callable):  # type: ignore[type-arg,no-untyped-def]
    start = time.perf_counter()
    made = run()
    print(f"{what}: {time.perf_counter() - start:.1f} s")
    return made


def resident() -> float:
    """MB in memory; mapped pages that were touched count."""
    import psutil

    return psutil.Process().memory_info().rss / 1e6


if __name__ == "__main__":
    main()
