"""Opens the Lean that is asked for: the embedded one, the native one of a Lake project, or lean-dojo."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Mapping
from pathlib import Path

from prover.lean.protocol import Lean


def open_lean(backend: str = "auto", *, workers: int = 1, project: str | Path | None = None) -> Lean:
    """A Lean to ask; use it in a `with` block, or close it.

    `backend`: a name in `BACKENDS`. "auto" is the native Lean where `project` lies in a Lake project and `lake` is on
    the PATH, else the embedded one. `workers`: 1 runs the embedded Lean in this process, more in as many processes.
    Raises LeanMissing with the way to get it, and ValueError for a name that is none.
    """
    if backend not in BACKENDS:
        raise ValueError(f"there is no Lean backend {backend!r}: choose from {', '.join(BACKENDS)}")
    return BACKENDS[backend](workers, None if project is None else Path(project))


def _embedded(workers: int, _project: Path | None) -> Lean:
    from prover.lean.embedded.install import ensure

    prepared = ensure()
    if workers > 1:
        from prover.lean.embedded.workers import LeanWorkers

        return LeanWorkers(prepared, workers)
    from prover.lean.embedded.lean import EmbeddedLean

    return EmbeddedLean(prepared)


def _native(workers: int, project: Path | None) -> Lean:
    from prover.lean.native import NativeLean

    return NativeLean.start(project, workers=workers)


def _auto(workers: int, project: Path | None) -> Lean:
    if project is not None and shutil.which("lake"):
        from prover.lean.native.toolchain import project_root

        if project_root(project) is not None:
            return _native(workers, project)
    return _embedded(workers, project)


def _leandojo(_workers: int, project: Path | None) -> Lean:
    from prover.lean.leandojo import LeanDojoLean

    return LeanDojoLean.start(project)


BACKENDS: Mapping[str, Callable[[int, Path | None], Lean]] = {
    "auto": _auto,
    "embedded": _embedded,
    "native": _native,
    "leandojo": _leandojo,
}
