"""Embedded Leans in processes of their own, which share the snapshot's pages: one `Lean` that uses every core.

Any worker can go on from any state, since a state says how to get there; a worker that does not hold it replays its
tactics. A worker that dies, or does not answer in time, is replaced, and what it was doing is reported as crashed.
"""

from __future__ import annotations

import contextlib
import pickle
import queue
import socket
import subprocess
import sys
import threading
from collections.abc import Sequence
from multiprocessing.connection import Connection
from typing import Any

from prover.lean.embedded.engine import LEAN_VERSION
from prover.lean.embedded.install import Prepared
from prover.lean.embedded.lean import VERIFY_SECONDS
from prover.lean.embedded.session import SOURCE_SECONDS
from prover.lean.protocol import (
    Crashed,
    Declaration,
    LeanInfo,
    Limits,
    Opened,
    Outcome,
    SourceReport,
    Verification,
)
from prover.lean.state import Goal, ProofState

#: Beyond a request's own limit: replaying, printing, and starting on a busy machine.
_GRACE = 30.0


class WorkerDied(Exception):
    """A worker process ended, or had to be ended, in the middle of a request."""


class _Worker:
    """One process and the socket to it."""

    def __init__(self, prepared: Prepared) -> None:
        ours, theirs = socket.socketpair()
        command = [sys.executable, "-m", "prover.lean.embedded.worker"]
        with theirs:
            self.process = subprocess.Popen(
                [*command, str(theirs.fileno()), str(prepared.artefacts), str(prepared.library)],
                pass_fds=(theirs.fileno(),),
                stdin=subprocess.DEVNULL,
            )
        self.connection = Connection(ours.detach())
        self.adopted: set[str] = set()

    def ask(self, seconds: float, method: str, *arguments: Any, **keywords: Any) -> Any:
        """Raises WorkerDied, or what the method raised in the worker."""
        try:
            self.connection.send_bytes(pickle.dumps((method, arguments, keywords)))
            if not self.connection.poll(seconds):
                raise WorkerDied(f"a Lean worker did not answer within {seconds:g} s")
            done, value = pickle.loads(self.connection.recv_bytes())
        except (EOFError, OSError) as error:
            raise WorkerDied("a Lean worker ended unexpectedly") from error
        if not done:
            raise value
        return value

    def interrupt(self) -> None:
        with contextlib.suppress(OSError):
            self.connection.send_bytes(pickle.dumps(("interrupt", (), {})))

    def kill(self) -> None:
        self.process.kill()
        self.process.wait()
        self.connection.close()


class LeanWorkers:
    """See `prover.lean.protocol.Lean`. Thread-safe: as many requests run at once as there are workers."""

    def __init__(self, prepared: Prepared, workers: int) -> None:
        if workers < 1:
            raise ValueError("at least one worker is needed")
        self._prepared = prepared
        self.workers = workers
        self._sources: dict[str, str] = {}
        self._all: set[_Worker] = set()
        self._lock = threading.Lock()
        self._closed = False
        self._idle: queue.LifoQueue[_Worker] = queue.LifoQueue()
        for _ in range(workers):
            self._idle.put(self._start())
        self.replaced = 0

    def _start(self) -> _Worker:
        worker = _Worker(self._prepared)
        with self._lock:
            self._all.add(worker)
        return worker

    def _ask(self, seconds: float, method: str, *arguments: Any, state: ProofState | None = None) -> Any:
        worker = self._idle.get()
        if self._closed:
            self._idle.put(worker)
            raise RuntimeError("these Lean workers were closed")
        try:
            if state is not None and state.root not in worker.adopted:
                worker.ask(seconds, "adopt", state.root, self._sources[state.root])
                worker.adopted.add(state.root)
            return worker.ask(seconds, method, *arguments)
        except WorkerDied:
            with self._lock:
                self._all.discard(worker)
            worker.kill()
            if not self._closed:
                self.replaced += 1
                worker = self._start()
            raise
        except KeyboardInterrupt:
            # Its answer to the interrupted request must not be taken for the next one's.
            with self._lock:
                self._all.discard(worker)
            worker.kill()
            worker = self._start()
            raise
        finally:
            self._idle.put(worker)

    @property
    def info(self) -> LeanInfo:
        return LeanInfo(LEAN_VERSION, "embedded")

    def open(self, source: str) -> Opened:
        opened: Opened = self._ask(SOURCE_SECONDS * 2 + _GRACE, "open", source)
        for hole in opened.holes:
            self._sources[hole.state.root] = opened.source
        return opened

    def run(
        self, state: ProofState, tactics: Sequence[str], limits: Limits = Limits(), explain: bool = True
    ) -> list[Outcome]:
        seconds = limits.seconds * len(tactics) + SOURCE_SECONDS + _GRACE
        try:
            return self._ask(seconds, "run", state, list(tactics), limits, explain, state=state)
        except WorkerDied as death:
            return [Crashed(str(death))] * len(tactics)

    def goals(self, state: ProofState) -> tuple[Goal, ...]:
        try:
            return self._ask(SOURCE_SECONDS + _GRACE, "goals", state, state=state)
        except WorkerDied:  # of something else, most likely: printing is asked for while others are at work
            return self._ask(SOURCE_SECONDS + _GRACE, "goals", state, state=state)

    def check(self, source: str, seconds: float = SOURCE_SECONDS) -> SourceReport:
        return self._ask(seconds + _GRACE, "check", source, seconds)

    def declaration(self, name: str, source: str = "") -> Declaration | None:
        return self._ask(SOURCE_SECONDS + _GRACE, "declaration", name, source)

    def verify(
        self, proof: str, statement: str, theorem: str | Sequence[str] | None = None, seconds: float = VERIFY_SECONDS
    ) -> Verification:
        try:
            return self._ask(seconds + _GRACE, "verify", proof, statement, theorem, seconds)
        except WorkerDied as death:
            return Verification(False, str(theorem or ""), f"the verification could not be finished: {death}")

    def interrupt(self) -> None:
        """From any thread: stop what the workers are doing; their requests end as if past their deadlines."""
        with self._lock:
            workers = list(self._all)
        for worker in workers:
            worker.interrupt()

    def close(self) -> None:
        self._closed = True
        with self._lock:
            workers, self._all = list(self._all), set()
        for worker in workers:
            worker.kill()

    def __enter__(self) -> LeanWorkers:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()
