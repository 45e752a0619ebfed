"""The native backend: the Lean on the PATH (elan's), and Lake projects with it, over the language server.

`lean.py` is the backend; `server.py` the process and its messages; `documents.py` texts, positions and the script in a
hole's place; `scan.py` what can be read of a source without Lean; `printed.py` what can be read of a printed goal;
`toolchain.py` finds Lean; `verify.py` and `Gate.lean` are the soundness gate. Everything here but `Gate.lean` is
tested against a stand-in process that speaks the same messages (`tests/prover/native_stand_in.py`).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from prover.lean.native.lean import NativeLean

__all__ = ["NativeLean"]


def __getattr__(name: str) -> Any:
    if name == "NativeLean":
        from prover.lean.native.lean import NativeLean

        return NativeLean
    raise AttributeError(name)
