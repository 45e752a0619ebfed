"""Which classes the face gives: those of the package `lean-dojo` where it is installed, equal ones where not.

With the package's own classes, code that has both imports can compare and `isinstance` across them. `OWN` says which
they are, and `ENTAILS_DOJO_CLASSES=own` keeps the package from being imported (it imports Ray, and asks GitHub who you
are when GITHUB_ACCESS_TOKEN is set). `LeanGitRepo` is always that of `repos.py`: the package's fetches.
"""

from __future__ import annotations

import importlib
import importlib.util
import os
import warnings
from types import ModuleType
from typing import TYPE_CHECKING

_WANTED = "4.20"
__all__ = [
    "CommandState", "Declaration", "DojoCrashError", "DojoInitError", "DojoTacticTimeoutError", "Goal", "LeanError",
    "LeanFile", "Pos", "ProofFinished", "ProofGivenUp", "TacticResult", "TacticState", "Theorem", "parse_goals",
]  # fmt: skip


def _package() -> ModuleType | None:
    """The package, if it is there and can be used."""
    if os.environ.get("ENTAILS_DOJO_CLASSES") == "own" or importlib.util.find_spec("lean_dojo") is None:
        return None
    try:
        package = importlib.import_module("lean_dojo")
    except Exception as error:
        said = str(error).splitlines()
        warnings.warn(
            f"The package lean-dojo is installed but cannot be imported ({type(error).__name__}: "
            f"{said[0][:200] if said else ''}): prover.dojo uses classes of its own.",
            stacklevel=2,
        )
        return None
    missing = [name for name in __all__ if not hasattr(package, name)]
    if missing:
        warnings.warn(
            f"The lean-dojo {getattr(package, '__version__', '?')} that is installed has no {missing[0]} (wanted: "
            f"{_WANTED}): prover.dojo uses classes of its own.",
            stacklevel=2,
        )
        return None
    return package


_PACKAGE = _package()
#: Whether the classes are those of `values.py`.
OWN = _PACKAGE is None

if TYPE_CHECKING or _PACKAGE is None:
    from prover.dojo.goals import Declaration, Goal, parse_goals
    from prover.dojo.values import (
        CommandState,
        DojoCrashError,
        DojoInitError,
        DojoTacticTimeoutError,
        LeanError,
        LeanFile,
        Pos,
        ProofFinished,
        ProofGivenUp,
        TacticResult,
        TacticState,
        Theorem,
    )
else:
    globals().update({name: getattr(_PACKAGE, name) for name in __all__})
