"""The package lean-dojo and the repositories that it traced: is it here, which one is meant, and what is wrong.

Nothing is traced or fetched here: that takes hours, and is the user's to start.
"""

from __future__ import annotations

import importlib
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from prover.lean.native import toolchain
from prover.lean.protocol import LeanMissing

GET = "install it with `pip install 'entails[leandojo]'` (Python 3.9 to 3.12)"
#: The file by which a trace is known.
_TRACED = "Lean4Repl.lean"


def package() -> Any:
    """The package. Raises LeanMissing where it is not installed or cannot be imported."""
    try:
        return importlib.import_module("lean_dojo")
    except ModuleNotFoundError as missing:
        if missing.name != "lean_dojo":
            raise LeanMissing(f"The package lean-dojo lacks {missing.name}: {GET}.") from None
        raise LeanMissing(f"The package lean-dojo is not installed: {GET}.") from None
    except Exception as error:
        raise LeanMissing(f"The package lean-dojo cannot be imported: {said(error)}.") from None


def said(error: BaseException) -> str:
    """An error of lean-dojo's, or of what it calls, in a sentence without its end."""
    text = next((line.strip() for line in str(error).splitlines() if line.strip()), "").rstrip(".")
    known = f"{type(error).__module__}.{type(error).__name__}"
    if "BadCredentials" in known:
        return "GitHub does not accept the token in GITHUB_ACCESS_TOKEN"
    if "RateLimit" in known:
        return "GitHub answers no more for now; a token in GITHUB_ACCESS_TOKEN raises its limit"
    if "ConnectionError" in known or "URLError" in known:
        return "GitHub, which lean-dojo asks, cannot be reached; unset GITHUB_ACCESS_TOKEN, and use a local repository"
    if "git --version" in text or "InvalidGitRepository" in known:
        return "it needs git, and a folder that is a git repository"
    return f"{type(error).__name__}: {text[:300]}" if text else type(error).__name__


@dataclass(frozen=True)
class Trace:
    """A folder that lean-dojo traced, as much of a repository as its Dojo asks for."""

    folder: Path

    @property
    def name(self) -> str:
        return self.folder.name

    def get_cache_dirname(self) -> Path:
        # An absolute path, joined to that of lean-dojo's cache, is itself.
        return self.folder.parent


def traced(project: Path | None) -> tuple[Any, Path]:
    """lean-dojo's repository, and the folder of its trace: `project` lies in either. Raises LeanMissing."""
    if project is None:
        raise LeanMissing("The backend leandojo works in a repository that lean-dojo traced: name it with --project.")
    lean_dojo = package()
    toolchain.find(None)  # a native Lean, before anything is done that needs one
    above = (project.absolute(), *project.absolute().parents)
    trace = next((f for f in above if (f / _TRACED).is_file()), None)
    if trace is not None:
        return Trace(trace), trace
    folder = next((f for f in above if (f / ".git").exists()), None)
    if folder is None:
        raise LeanMissing(f"{project} is in no git repository, which is what lean-dojo traces.")
    if not (folder / "lean-toolchain").is_file():
        raise LeanMissing(f"The repository {folder} has no lean-toolchain, without which lean-dojo does not trace it.")
    lean = importlib.import_module("lean_dojo.data_extraction.lean")
    caching: Any = importlib.import_module("lean_dojo.data_extraction.cache")
    caching.DISABLE_REMOTE_CACHE = True  # else it asks for, and downloads, traces of others
    try:
        repo = lean_dojo.LeanGitRepo.from_path(folder)
        supported = repo.lean_version == "latest" or lean.is_supported_version(repo.lean_version)
        at = caching.cache.cache_dir / repo.get_cache_dirname() / repo.name
    except FileNotFoundError as missing:
        raise LeanMissing(f"lean-dojo cannot use {folder}: there is no {missing.filename}.") from None
    except Exception as error:
        raise LeanMissing(f"lean-dojo cannot use {folder}: {said(error)}.") from None
    if not supported:
        raise LeanMissing(f"lean-dojo does not support Lean {repo.lean_version}, which {folder} wants.")
    if not (at / _TRACED).is_file():
        raise LeanMissing(
            f"lean-dojo has not traced {folder} at its commit {repo.commit[:12]}: trace it with `python -c 'from "
            f'lean_dojo import *; trace(LeanGitRepo.from_path("{folder}"))\'`.'
        )
    return repo, at
