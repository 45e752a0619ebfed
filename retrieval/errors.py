"""What can go wrong in retrieval, one class for each thing a caller can do about it.

Every message is one sentence a person can act on; the command line prints it as it stands.
"""

from __future__ import annotations


class RetrievalError(Exception):
    """Base of all errors of this package."""


class CorpusError(RetrievalError):
    """The corpus itself is wrong: a cycle, a duplicate name, an unknown import, a broken line."""


class UnknownModule(RetrievalError):
    """A query stands in, or a filter names, a module the corpus does not have."""


class IndexDamaged(RetrievalError):
    """An index file is truncated, overwritten or of another format version: build it again."""


class IndexMissing(IndexDamaged):
    """There is no index where one is looked for: build one."""


class IndexStale(RetrievalError):
    """An index was built from another corpus, another Lean or another encoder than the one at hand."""


class MissingExtra(RetrievalError):
    """An optional dependency is not installed; the message gives the pip command."""


class EncoderError(RetrievalError):
    """A checkpoint cannot be loaded, or its dimension is not the index's."""


class TrainingError(RetrievalError):
    """The training data or the checkpoint to resume from does not fit the request."""


REBUILD = "build it again with `entails index --rebuild`"


def missing_extra(what: str, package: str, extra: str) -> MissingExtra:
    """`what` needs `package`, which `pip install entails[extra]` brings."""
    return MissingExtra(f"{what} needs the package {package}; install it with `pip install 'entails[{extra}]'`")
