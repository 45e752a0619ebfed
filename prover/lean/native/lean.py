"""The native Lean as a `Lean`: one or several language servers, of the toolchain on the PATH or of a Lake project.

A project is left untouched: documents live in the servers' memory under names of files that are never written, and
nothing is built. A native Lean is no sandbox: a source that is opened, checked or verified here runs with the rights of
whoever asked, as it does in an editor; the embedded Lean is for texts that nobody vouches for.
"""

from __future__ import annotations

import atexit
import queue
import tempfile
import threading
import weakref
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import TypeVar

from prover.lean.native import toolchain as toolchains
from prover.lean.native import verify as gate
from prover.lean.native.session import Root, Session
from prover.lean.native.sources import SOURCE_SECONDS
from prover.lean.native.toolchain import Toolchain
from prover.lean.protocol import (
    Declaration,
    LeanError,
    LeanInfo,
    Limits,
    Opened,
    Outcome,
    SourceReport,
    Verification,
)
from prover.lean.state import Goal, ProofState

T = TypeVar("T")
VERIFY_SECONDS = 300.0


class NativeLean:
    """See `prover.lean.protocol.Lean`. Thread-safe: as many requests run at once as there are servers."""

    def __init__(self, toolchain: Toolchain, workers: int = 1) -> None:
        if workers < 1:
            raise ValueError("at least one worker is needed")
        self.toolchain = toolchain
        self.workers = workers
        self._home = tempfile.TemporaryDirectory(prefix="entails-")
        roots: dict[str, Root] = {}
        self._sessions = [Session(toolchain, Path(self._home.name), roots) for _ in range(workers)]
        self._idle: queue.LifoQueue[Session] = queue.LifoQueue()
        for session in reversed(self._sessions):
            self._idle.put(session)
        self._closed = False
        self._pool = ThreadPoolExecutor(workers, "native-lean") if workers > 1 else None
        self._lock = threading.Lock()
        _open.add(self)

    @classmethod
    def start(cls, project: Path | None = None, workers: int = 1) -> NativeLean:
        """The Lean on the PATH; inside the Lake project that `project` lies in, that project's. Raises LeanMissing."""
        return cls(toolchains.find(project), workers)

    def _with(self, work: Callable[[Session], T]) -> T:
        session = self._idle.get()
        try:
            if self._closed:
                raise RuntimeError("this Lean was closed")
            return work(session)
        finally:
            self._idle.put(session)

    @property
    def info(self) -> LeanInfo:
        return LeanInfo(self.toolchain.version, "native")

    def root(self, root_id: str) -> Root:
        """The hole that states of this root are of. Raises LeanError for one that was not opened here."""
        root = self._sessions[0].roots.get(root_id)
        if root is None:
            raise LeanError("The state belongs to a theorem that is not open in this Lean.")
        return root

    @property
    def restarts(self) -> int:
        """How many servers had to be replaced."""
        return sum(max(session.restarts, 0) for session in self._sessions)

    def open(self, source: str) -> Opened:
        return self._with(lambda s: s.open(source))

    def run(
        self, state: ProofState, tactics: Sequence[str], limits: Limits = Limits(), explain: bool = True
    ) -> list[Outcome]:
        """See `Lean.run`. Messages come whether or not `explain` asks: the server prints them anyway."""

        def one(tactic: str) -> Outcome:
            return self._with(lambda s: s.run_one(state, tactic, limits))

        if self._pool is None or len(tactics) < 2:
            return [one(tactic) for tactic in tactics]
        return list(self._pool.map(one, tactics))

    def goals(self, state: ProofState) -> tuple[Goal, ...]:
        return self._with(lambda s: s.goals(state))

    def check(self, source: str, seconds: float = SOURCE_SECONDS) -> SourceReport:
        return self._with(lambda s: s.check(source, seconds))

    def declaration(self, name: str, source: str = "") -> Declaration | None:
        return self._with(lambda s: s.declaration(name, source))

    def verify(
        self,
        proof: str,
        statement: str,
        theorem: str | Sequence[str] | None = None,
        seconds: float = VERIFY_SECONDS,
    ) -> Verification:
        return self._with(lambda s: gate.verify(s, proof, statement, theorem, seconds))

    def interrupt(self) -> None:
        """From any thread: stop what the servers are doing; they are replaced at the next request."""
        for session in self._sessions:
            session.kill()

    def close(self) -> None:
        with self._lock:
            if self._closed:
                return
            self._closed = True
        _open.discard(self)
        if self._pool is not None:
            self._pool.shutdown(wait=False, cancel_futures=True)
        for session in self._sessions:
            session.close()
        self._home.cleanup()

    def __enter__(self) -> NativeLean:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


#: What is still open when the interpreter ends is closed then.
_open: weakref.WeakSet[NativeLean] = weakref.WeakSet()


@atexit.register
def _close_all() -> None:
    for lean in list(_open):
        lean.interrupt()
        lean.close()
