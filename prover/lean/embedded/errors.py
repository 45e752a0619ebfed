"""What can go wrong between Python and the embedded Lean. Each message is one sentence for a person."""

from __future__ import annotations

from prover.lean.protocol import LeanMissing


class EmbeddedLeanError(Exception):
    """Base of this package's errors."""


class NotPrepared(EmbeddedLeanError, LeanMissing):
    """Lean could not be prepared: offline, too little memory or disk, a broken download, a read-only cache."""


class Trapped(EmbeddedLeanError):
    """The module stopped in the middle of a call. Its memory is in no known state: restore a snapshot."""


class Interrupted(Trapped):
    """The call ran past its deadline, or someone asked for it to stop."""


class OutOfMemory(Trapped):
    """Lean asked for more memory than it may have."""


class StackOverflow(Trapped):
    """Lean recursed deeper than the stack allows."""


class Exited(Trapped):
    """Lean called `exit`, which in a native Lean ends the process (a panic, say)."""


class LeanIOError(EmbeddedLeanError):
    """An `IO` action of Lean's ended in an error; the instance is fine."""
