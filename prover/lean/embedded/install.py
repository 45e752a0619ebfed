"""Where the prepared Lean lies on disk, and preparing it: fetch, check the hash, rewrite, compile, snapshot."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path

import platformdirs

from prover.lean.embedded.engine import fingerprint


@dataclass(frozen=True, slots=True)
class Prepared:
    """The artefacts of one fingerprint, all present."""

    artefacts: Path
    library: Path

    @property
    def memory(self) -> Path:
        return self.artefacts / "init.mem"

    @property
    def description(self) -> Path:
        return self.artefacts / "init.json"


def cache_folder() -> Path:
    """`$ENTAILS_CACHE`, or the user's cache folder."""
    chosen = os.environ.get("ENTAILS_CACHE")
    return Path(chosen) if chosen else Path(platformdirs.user_cache_dir("entails"))


def locate() -> Prepared | None:
    """What is prepared for this version, or None."""
    folder = cache_folder() / "lean"
    prepared = Prepared(folder / fingerprint(), folder / "library")
    return prepared if prepared.description.is_file() and prepared.library.is_dir() else None
