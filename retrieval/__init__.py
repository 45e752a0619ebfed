"""Premise selection: a library's premises, who can see them, and rankers that find the useful ones.

The public names; each is imported when it is first asked for, so that importing this package costs nothing.
Knows premises, modules and queries, but no Lean session: a caller feeds records (`Module`) and asks queries.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from retrieval.corpus import Corpus, update
    from retrieval.encoder import load_encoder
    from retrieval.errors import RetrievalError
    from retrieval.leandojo import read_corpus, read_examples, write_corpus
    from retrieval.library import Library, build, build_corpus, cache_folder
    from retrieval.rankers import RANKERS
    from retrieval.records import At, Everywhere, Hit, Importing, Module, Premise, Query
    from retrieval.serialize import augmented_state

# None of these has the name of a module of this package: that would take its place once it is imported.
_EXPORTS = {
    "retrieval.corpus": ("Corpus", "update"),
    "retrieval.encoder": ("load_encoder",),
    "retrieval.errors": ("RetrievalError",),
    "retrieval.leandojo": ("read_corpus", "read_examples", "write_corpus"),
    "retrieval.library": ("Library", "build", "build_corpus", "cache_folder"),
    "retrieval.rankers": ("RANKERS",),
    "retrieval.records": ("At", "Everywhere", "Hit", "Importing", "Module", "Premise", "Query"),
    "retrieval.serialize": ("augmented_state",),
}
_HOME = {name: module for module, names in _EXPORTS.items() for name in names}

# Written out: type checkers do not look through the table above.
__all__ = [
    "RANKERS", "At", "Corpus", "Everywhere", "Hit", "Importing", "Library", "Module", "Premise", "Query",
    "RetrievalError", "augmented_state", "build", "build_corpus", "cache_folder", "load_encoder", "read_corpus",
    "read_examples", "update", "write_corpus",
]  # fmt: skip


def __getattr__(name: str) -> Any:
    if name not in _HOME:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(_HOME[name]), name)


def __dir__() -> list[str]:
    return sorted({*globals(), *_HOME})
