"""Premise selection: a library's premises, who can see them, and rankers that find the useful ones.

The public names; each is imported when it is first asked for, so that importing this package costs nothing.
Knows premises, modules and queries, but no Lean session: a caller feeds records (`Module`) and asks queries.
"""

from __future__ import annotations

from importlib import import_module
from typing import Any

_WHERE = {
    "At": "records", "Everywhere": "records", "Importing": "records", "Hit": "records", "Module": "records",
    "Premise": "records", "Query": "records", "Corpus": "corpus", "update": "corpus", "Library": "library",
    "build": "library", "build_corpus": "library", "cache_folder": "library", "RANKERS": "rankers",
    "read_corpus": "leandojo", "write_corpus": "leandojo", "read_examples": "leandojo", "load_encoder": "encoder",
    "augmented_state": "serialize", "evaluate": "evaluate", "train": "train", "RetrievalError": "errors",
}  # fmt: skip
__all__ = sorted(_WHERE)


def __getattr__(name: str) -> Any:
    if name not in _WHERE:
        raise AttributeError(f"module 'retrieval' has no attribute {name!r}")
    return getattr(import_module(f"retrieval.{_WHERE[name]}"), name)
