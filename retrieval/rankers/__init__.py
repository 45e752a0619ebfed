"""The rankers, by name: RANKERS is the one table the library, the command line and the tests use."""

from __future__ import annotations

from importlib import import_module

# name → where its class is. Imported when asked for: `dense` brings FAISS and torch with it.
RANKERS: dict[str, str] = {
    "bm25": "retrieval.rankers.bm25:BM25",
    "structural": "retrieval.rankers.structural:Structural",
    "dense": "retrieval.rankers.dense:Dense",
    "fusion": "retrieval.rankers.fusion:Fusion",
    "rerank": "retrieval.rankers.rerank:Reranked",
}
SINGLE = ("bm25", "structural", "dense")  # those that have an index of their own


def ranker(name: str) -> type:
    """The class of a ranker. Raises KeyError for a name that is not in RANKERS."""
    module, attribute = RANKERS[name].split(":")
    return getattr(import_module(module), attribute)
