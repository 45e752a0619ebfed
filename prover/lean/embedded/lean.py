"""The embedded Lean as a `Lean`: one session on a thread of its own, asked from any other.

Lean recurses deeply, so its thread gets a stack of 512 MiB (virtual: only what is touched counts). Requests are run
one after the other. Ctrl-C in the asking thread interrupts the request at once and leaves the session usable.
"""

from __future__ import annotations

import queue
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any, TypeVar

from prover.lean import gate
from prover.lean.embedded import snapshot
from prover.lean.embedded.engine import LEAN_VERSION, THREAD_STACK
from prover.lean.embedded.install import Prepared
from prover.lean.embedded.session import MEMORY_LIMIT, SOURCE_SECONDS, Session
from prover.lean.protocol import (
    Declaration,
    LeanInfo,
    Limits,
    Opened,
    Outcome,
    SourceReport,
    Verification,
)
from prover.lean.state import Goal, ProofState

T = TypeVar("T")


@dataclass(slots=True)
class _Request:
    """Work for Lean's thread. Whoever waits for `ready` looks at `done`, as Ctrl-C may come while it is being got."""

    work: Callable[[Session], Any]
    ready: queue.SimpleQueue[None] = field(default_factory=queue.SimpleQueue)
    done: bool = False
    value: Any = None
    error: BaseException | None = None


def _nothing(session: Session) -> None:
    """The work of a request that was interrupted."""


_stack_size = threading.Lock()
VERIFY_SECONDS = 120.0
_MOMENT = 0.005  # seconds between two looks at a request that Ctrl-C is ending


class EmbeddedLean:
    """See `prover.lean.protocol.Lean`. Thread-safe: requests from several threads queue up."""

    def __init__(self, prepared: Prepared, *, memory_limit: int = MEMORY_LIMIT) -> None:
        self._requests: queue.SimpleQueue[_Request | None] = queue.SimpleQueue()
        self._session: Session | None = None
        # Not `Thread.is_alive`: Ctrl-C within that makes Python 3.11 take a living thread for one that has ended.
        self._closed = False
        started: queue.SimpleQueue[BaseException | None] = queue.SimpleQueue()
        with _stack_size:  # a setting of the whole process, for threads started while it holds
            old = threading.stack_size(THREAD_STACK)
            try:
                self._thread = threading.Thread(
                    target=self._serve, args=(prepared, started, memory_limit), name="lean", daemon=True
                )
                self._thread.start()
            finally:
                threading.stack_size(old)
        problem = started.get()
        if problem is not None:
            raise problem

    def _serve(
        self, prepared: Prepared, started: queue.SimpleQueue[BaseException | None], memory_limit: int
    ) -> None:
        try:
            session = Session(prepared.artefacts, prepared.library, memory_limit=memory_limit)
            session.attach(snapshot.load(prepared.memory, prepared.description))
        except BaseException as error:
            started.put(error)
            return
        self._session = session
        started.put(None)
        while (request := self._requests.get()) is not None:
            session.stopping = False
            session.instance.start_clock()
            try:
                request.value = request.work(session)
            except BaseException as error:
                request.error = error
            session.instance.stop_clock()
            request.done = True
            request.ready.put(None)
        session.close()

    def ask(self, work: Callable[[Session], T]) -> T:
        """Run `work` on Lean's thread and return what it returns, or raise what it raises."""
        if self._closed:
            raise RuntimeError("this Lean was closed")
        request = _Request(work)
        try:
            self._requests.put(request)
            request.ready.get()
        except KeyboardInterrupt:
            if not request.done:
                request.work = _nothing
                self._requests.put(request)  # once more: Ctrl-C may have come before it was put
                self.interrupt()
            while not request.done:
                time.sleep(_MOMENT)
            raise
        if request.error is not None:
            raise request.error
        return request.value

    def interrupt(self) -> None:
        """From any thread: stop the request that is running, with all its tactics; it ends as past its deadline."""
        from prover.lean.embedded.instance import Instance

        if self._session is not None:
            self._session.stopping = True
        Instance.interrupt(VERIFY_SECONDS)

    @property
    def info(self) -> LeanInfo:
        return LeanInfo(LEAN_VERSION, "embedded")

    def open(self, source: str) -> Opened:
        return self.ask(lambda s: s.open(source))

    def run(
        self, state: ProofState, tactics: Sequence[str], limits: Limits = Limits(), explain: bool = True
    ) -> list[Outcome]:
        return self.ask(lambda s: s.run(state, tactics, limits, explain))

    def goals(self, state: ProofState) -> tuple[Goal, ...]:
        return self.ask(lambda s: s.goals(state))

    def adopt(self, root: str, source: str) -> None:
        """Make the theorem of another process's states known here."""
        self.ask(lambda s: s.adopt(root, source))

    def check(self, source: str, seconds: float = SOURCE_SECONDS) -> SourceReport:
        return self.ask(lambda s: s.check(source, seconds))

    def declaration(self, name: str, source: str = "") -> Declaration | None:
        return self.ask(lambda s: s.declaration(name, source))

    def verify(
        self, proof: str, statement: str, theorem: str | Sequence[str] | None = None, seconds: float = VERIFY_SECONDS
    ) -> Verification:
        return self.ask(lambda s: gate.verify(s, proof, statement, theorem, seconds))

    def close(self) -> None:
        self._closed = True
        self._requests.put(None)
        self._thread.join(timeout=5)

    def __enter__(self) -> EmbeddedLean:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()
