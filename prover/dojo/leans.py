"""Which Lean a `Dojo` works on, and for how long it lives.

An embedded one is made in a moment: each Dojo has its own, so that Dojos in several threads do not wait for each other.
A native server imports for seconds or minutes: the Dojos of one project share theirs, which stays for the next one
until the process ends. A fork has the object but not the server, hence the process's number in the keys.
"""

from __future__ import annotations

import atexit
import os
import threading
from pathlib import Path
from typing import Any

from prover.dojo import repos
from prover.lean.open import open_lean
from prover.lean.protocol import Lean

_lock = threading.Lock()
_shared: dict[tuple[int, str, str], Lean] = {}


def borrow(backend: str, repo: Any) -> Lean:
    """A Lean for a repository's files. Raises LeanMissing."""
    try:
        folder: Path | None = repos.folder_of(repo)
    except repos.SourceMissing:  # a text in memory
        folder = None
    key = (os.getpid(), backend, str(folder))
    with _lock:
        if key not in _shared:
            opened = open_lean(backend, project=folder)
            if opened.info.backend == "embedded":
                return opened
            _shared[key] = opened
        return _shared[key]


def give_back(lean: Lean) -> None:
    """What `borrow` gave is not needed any more."""
    if all(lean is not shared for shared in _shared.values()):
        lean.close()


def close_all() -> None:
    """Close the native Leans that are kept for the next Dojo."""
    with _lock:
        for key in [key for key in _shared if key[0] == os.getpid()]:
            _shared.pop(key).close()


atexit.register(close_all)
