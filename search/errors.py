"""What goes wrong in `search` that a caller can act on; failures of the caller's own parts end in a
`Result`.
"""

from __future__ import annotations


class SearchError(Exception):
    """Base of the errors of this library; the message is one sentence fit to be shown."""


class UnknownName(SearchError):
    """A strategy or perspective that is in no table; the message lists what there is."""


class ProtocolError(SearchError):
    """A generator, checker or critic answered with something its protocol does not allow."""


class LogError(SearchError):
    """A search log that cannot be read: not one of ours, a newer version, or damaged before its last line."""


class MissingLibrary(SearchError):
    """An optional library is not installed; the message has the command that installs it."""


class ProofTooLong(SearchError):
    """The shortest proof, written out as a tree, has more steps than the caller's limit."""
