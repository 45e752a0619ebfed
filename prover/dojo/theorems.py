"""Theorems of a file or a text, without a repository around them."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from prover.dojo import repos
from prover.dojo.classes import DojoInitError, Theorem
from prover.lean.holes import normalise
from prover.lean.native import scan

_FILE = "Text.lean"


def theorem_in(source: str | Path, full_name: str | None = None) -> Any:
    """A `Theorem` of a Lean file (a path) or of a text, by its full name; the only one where no name is given.

    Raises DojoInitError where the file cannot be read, or has no theorem or several.
    """
    is_file = isinstance(source, Path) or ("\n" not in source and source.endswith(".lean"))
    if is_file:
        path = Path(source).absolute()
        repo = repos.LeanGitRepo.from_path(path.parent) if path.parent.is_dir() else repos.LeanGitRepo(str(path.parent))
        file = path.name
    else:
        repo, file = repos.memory_repo(str(source), _FILE), _FILE
    if full_name is None:
        try:
            text = repos.read(repo, Path(file))
        except repos.SourceMissing as missing:
            raise DojoInitError(str(missing)) from None
        found = scan.declarations(scan.blank(normalise(text)))
        names = [d.name for d in found if d.keyword in ("theorem", "lemma")]
        if len(names) != 1:
            there = f"several theorems: name one of {', '.join(names[:8])}" if names else "no theorem by name"
            raise DojoInitError(f"{file} has {there}.")
        full_name = names[0]
    return Theorem(repo, Path(file), full_name)
