"""LeanDojo's interface on the Lean of this package: code written for lean-dojo 4.20 runs with its import changed.

    from prover.dojo import Dojo, LeanGitRepo, Theorem

    with Dojo(Theorem(LeanGitRepo.from_path("folder"), "File.lean", "Foo.bar")) as (dojo, state):
        dojo.run_tac(state, "simp")

No network, no token, no tracing. `theorem_in` makes a theorem of a file or a text. The classes are the package's own
where it is installed (`classes.py`). Names are loaded when they are first used, since that package takes seconds.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from prover.dojo.classes import (
        CommandState,
        Declaration,
        DojoCrashError,
        DojoInitError,
        DojoTacticTimeoutError,
        Goal,
        LeanError,
        LeanFile,
        Pos,
        ProofFinished,
        ProofGivenUp,
        TacticResult,
        TacticState,
        Theorem,
        parse_goals,
    )
    from prover.dojo.dojo import Dojo, check_proof
    from prover.dojo.leans import close_all
    from prover.dojo.repos import LeanGitRepo, get_latest_commit, is_available_in_cache, provide
    from prover.dojo.theorems import theorem_in

_EXPORTS = {
    "prover.dojo.classes": (
        "CommandState", "Declaration", "DojoCrashError", "DojoInitError", "DojoTacticTimeoutError", "Goal", "LeanError",
        "LeanFile", "Pos", "ProofFinished", "ProofGivenUp", "TacticResult", "TacticState", "Theorem", "parse_goals",
    ),
    "prover.dojo.dojo": ("Dojo", "check_proof"),
    "prover.dojo.leans": ("close_all",),
    "prover.dojo.repos": ("LeanGitRepo", "get_latest_commit", "is_available_in_cache", "provide"),
    "prover.dojo.theorems": ("theorem_in",),
}  # fmt: skip
_HOME = {name: module for module, names in _EXPORTS.items() for name in names}
_TRACED = ("TracedFile", "TracedRepo", "TracedTactic", "TracedTheorem", "get_traced_repo_path", "trace")

# Written out: type checkers do not look through the table above.
__all__ = [
    "CommandState", "Declaration", "Dojo", "DojoCrashError", "DojoInitError", "DojoTacticTimeoutError", "Goal",
    "LeanError", "LeanFile", "LeanGitRepo", "Pos", "ProofFinished", "ProofGivenUp", "TacticResult", "TacticState",
    "Theorem", "check_proof", "close_all", "get_latest_commit", "is_available_in_cache", "parse_goals", "provide",
    "theorem_in",
]  # fmt: skip


def __getattr__(name: str) -> Any:
    if name in _TRACED:
        raise AttributeError(
            f"prover.dojo has no {name}: it works on sources, untraced. `entails trace PATH` writes the data of a "
            "LeanDojo Benchmark; for LeanDojo's own trace objects use the package lean-dojo."
        )
    if name not in _HOME:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    value = getattr(importlib.import_module(_HOME[name]), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted({*globals(), *_HOME})
