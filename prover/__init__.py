"""Real Lean 4 from Python, and proving theorems with it.

    from prover import prove, open_lean

`prove` searches for the proofs of a source's holes and reports only what the soundness gate accepted; `open_lean`
gives the Lean itself. Names are loaded when they are first used.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from prover.lean.open import open_lean
    from prover.lean.protocol import BadSource, Lean, LeanError, LeanMissing, Limits, UnknownImport, Verification
    from prover.lean.state import Goal, Hypothesis, ProofState
    from prover.prove import prove
    from prover.results import HoleResult, ProofResult, Status

_EXPORTS = {
    "prover.lean.open": ("open_lean",),
    "prover.lean.protocol": (
        "BadSource", "Lean", "LeanError", "LeanMissing", "Limits", "UnknownImport", "Verification",
    ),
    "prover.lean.state": ("Goal", "Hypothesis", "ProofState"),
    "prover.prove": ("prove",),
    "prover.results": ("HoleResult", "ProofResult", "Status"),
}  # fmt: skip
_HOME = {name: module for module, names in _EXPORTS.items() for name in names}

# Written out: type checkers do not look through the table above.
__all__ = [
    "BadSource", "Goal", "HoleResult", "Hypothesis", "Lean", "LeanError", "LeanMissing", "Limits", "ProofResult",
    "ProofState", "Status", "UnknownImport", "Verification", "open_lean", "prove",
]  # fmt: skip


def __getattr__(name: str) -> object:
    if name not in _HOME:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    value = getattr(importlib.import_module(_HOME[name]), name)
    globals()[name] = value  # `prover.prove` is also a module: its name must go to the function
    return value


def __dir__() -> list[str]:
    return sorted({*globals(), *_HOME})
