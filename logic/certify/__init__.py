"""Certificates: answers of logic QA that Lean's kernel has accepted, as texts that stand alone.

Not here: deciding (`logic.solvers`), Lean itself and its soundness gate (`prover.lean`).
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from logic.certify.certificate import Certificate, Certifier, NotCertified
    from logic.certify.claim import Claim
    from logic.certify.verify import Recheck, recheck

_EXPORTS = {
    "logic.certify.certificate": ("Certificate", "Certifier", "NotCertified"),
    "logic.certify.claim": ("Claim",),
    "logic.certify.verify": ("Recheck", "recheck"),
}
_HOME = {name: module for module, names in _EXPORTS.items() for name in names}
__all__ = sorted(_HOME)


def __getattr__(name: str) -> object:
    if name not in _HOME:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(importlib.import_module(_HOME[name]), name)
