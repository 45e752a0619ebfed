"""What can go wrong with a language model, as sentences for the user.

Two kinds of trouble are kept apart: an exception of this file means that nothing can be generated (no
checkpoint, no key, no such kind of model); trouble with one request of a batch is a `Failed` value of
`protocol.py`, so that the rest of the batch goes on.
"""

from __future__ import annotations

import importlib
from types import ModuleType


class ModelError(Exception):
    """A language model cannot be used; the message is one sentence for the user."""

    exit_code = 2


class BadRequest(ModelError, ValueError):
    """A request or a specification contradicts itself."""


class ModelMissing(ModelError):
    """The checkpoint, endpoint, key or Python package is not there; the message says how to get it."""

    exit_code = 3


def need(module: str, extra: str = "models") -> ModuleType:
    """Import a package of an optional extra.

    Raises:
        ModelMissing: it is not installed; the sentence has the pip command.
    """
    try:
        return importlib.import_module(module)
    except ImportError as error:
        name = module.partition(".")[0]
        missing = getattr(error, "name", None) == name
        detail = "is not installed" if missing else f"cannot be imported ({error})"
        sentence = f"This needs the package {name!r}, which {detail}: pip install 'entails[{extra}]'"
        raise ModelMissing(sentence) from error
