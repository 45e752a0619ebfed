"""The inside of a solver process: takes jobs on standard input, sends answers on standard output.

A steady host runs jobs one after another; a forking one forks for each job, so that several run at once and any
of them can be killed. The other side, which starts both, is `process.py`. Not here:
which solver gets which job, or what an answer means.

Never an orphan: a steady host ends when its standard input closes, which a thread watches; a forking host
kills its children's process groups then; and every job runs under an alarm that ends its process a little
after the job's own time, whatever the solver does.
"""

from __future__ import annotations

import contextlib
import ctypes
import importlib
import os
import pickle
import queue
import selectors
import signal
import struct
import sys
import threading
from collections.abc import Callable
from typing import Any

from logic.solvers.jobs import GaveUp, Job
from logic.solvers.table import SOLVERS

HEADER = struct.Struct("<I")
GRACE_SECONDS = 1.0
CHUNK = 1 << 16

Send = Callable[[Any], None]


def frame(value: Any) -> bytes:
    """`value` pickled, behind its length."""
    data = pickle.dumps(value, protocol=pickle.HIGHEST_PROTOCOL)
    return HEADER.pack(len(data)) + data


class Frames:
    """Cuts a stream of bytes into the values that `frame` wrote."""

    def __init__(self) -> None:
        self._buffer = bytearray()

    def feed(self, data: bytes) -> list[Any]:
        self._buffer += data
        values = []
        while len(self._buffer) >= HEADER.size:
            (length,) = HEADER.unpack_from(self._buffer)
            if len(self._buffer) < HEADER.size + length:
                break
            values.append(pickle.loads(bytes(self._buffer[HEADER.size : HEADER.size + length])))
            del self._buffer[: HEADER.size + length]
        return values


def perform(name: str, number: int, job: Job, send: Send) -> bool:
    """Run one job and send its answers; a solver that breaks is one that gave up, with the reason.

    Returns whether the process is fit for another job.
    """
    fit = True
    try:
        importlib.import_module(SOLVERS[name].module).solve(job, lambda message: send((number, message)))
    except Exception as error:
        reason = f"{type(error).__name__}: {error}"
        fit = not isinstance(error, MemoryError) and "memory" not in reason
        _give_up(number, job, send, reason)
    send((number, None))
    return fit


def _give_up(number: int, job: Job, send: Send, reason: str) -> None:
    for question in job.questions:
        send((number, GaveUp(question, reason[:300])))


def _write(descriptor: int, value: Any) -> None:
    data = memoryview(frame(value))
    while data:
        data = data[os.write(descriptor, data) :]


def steady(output: int) -> None:
    """Serve jobs in this process until standard input closes; a number interrupts that job."""
    jobs: queue.Queue[tuple[str, int, Job]] = queue.Queue()
    current: list[tuple[str, int]] = []
    stopped: set[int] = set()

    def watch() -> None:
        frames = Frames()
        while data := os.read(0, CHUNK):
            for request in frames.feed(data):
                if not isinstance(request, int):
                    jobs.put(request)
                    continue
                stopped.add(request)
                for name, number in current:
                    if number == request:
                        importlib.import_module(SOLVERS[name].module).interrupt()
        os._exit(0)

    threading.Thread(target=watch, daemon=True).start()
    while True:
        name, number, job = jobs.get()
        current[:] = [(name, number)]
        if number in stopped:
            _write(output, (number, None))
            continue
        signal.setitimer(signal.ITIMER_REAL, job.seconds + GRACE_SECONDS)
        if not perform(name, number, job, lambda value: _write(output, value)):
            return  # what filled the memory isn't given back; the next job gets a new process
        signal.setitimer(signal.ITIMER_REAL, 0)


class Forking:
    """Serves each job in a child process, and relays what the children say in whole frames."""

    def __init__(self, output: int) -> None:
        self.output = output
        # Never blocked on a reader that is itself busy writing a long problem to us.
        os.set_blocking(output, False)
        self.unsent = bytearray()
        self.selector = selectors.DefaultSelector()
        self.selector.register(0, selectors.EVENT_READ)
        self.children: dict[int, tuple[int, int, Frames]] = {}  # job number → (process, pipe, frames)
        self.requests = Frames()
        # Waiting to be forked. One starts at a time and requests are read in between, so that a job that
        # was stopped meanwhile costs nothing; otherwise stale jobs pile up behind quick problems.
        self.waiting: dict[int, tuple[str, Job]] = {}

    def run(self) -> None:
        try:
            while True:
                for key, _ in self.selector.select(0 if self.waiting else None):
                    if key.fd == self.output:
                        self._flush()
                    elif key.fd != 0:
                        if key.data in self.children:  # and not stopped since the selector looked
                            self._relay(key.data)
                    elif not self._listen():
                        return
                if self.waiting:
                    number, (name, job) = next(iter(self.waiting.items()))
                    del self.waiting[number]
                    self._start(name, number, job)
        finally:
            for number in list(self.children):
                self._end(number)

    def _listen(self) -> bool:
        """Take requests; False where there will be no more."""
        data = os.read(0, CHUNK)
        for request in self.requests.feed(data):
            if isinstance(request, int):
                self.waiting.pop(request, None)
                self._end(request)
            else:
                name, number, job = request
                self.waiting[number] = (name, job)
        return bool(data)

    def _start(self, name: str, number: int, job: Job) -> None:
        readable, writable = os.pipe()
        process = os.fork()
        if process == 0:
            self._child(name, number, job, writable)
        os.close(writable)
        # Set from both sides: the group must be there before anyone kills it.
        with contextlib.suppress(OSError):
            os.setpgid(process, process)
        self.children[number] = (process, readable, Frames())
        self.selector.register(readable, selectors.EVENT_READ, number)

    def _child(self, name: str, number: int, job: Job, writable: int) -> None:
        try:
            os.setpgid(0, 0)
            os.dup2(os.open(os.devnull, os.O_RDONLY), 0)
            os.close(self.output)
            signal.setitimer(signal.ITIMER_REAL, job.seconds + GRACE_SECONDS)
            perform(name, number, job, lambda value: _write(writable, value))
        finally:
            os._exit(0)

    def _relay(self, number: int) -> None:
        _, readable, frames = self.children[number]
        data = os.read(readable, CHUNK)
        for value in frames.feed(data):
            self._say(value)
        if not data:
            self._end(number)
            # A child that was killed said nothing of its end; one that ended well is heard twice, harmlessly.
            self._say((number, None))

    def _say(self, value: Any) -> None:
        if not self.unsent:
            self.selector.register(self.output, selectors.EVENT_WRITE)
        self.unsent += frame(value)

    def _flush(self) -> None:
        with contextlib.suppress(BlockingIOError):
            del self.unsent[: os.write(self.output, self.unsent)]
        if not self.unsent:
            self.selector.unregister(self.output)

    def _end(self, number: int) -> None:
        if number not in self.children:
            return
        process, readable, _ = self.children.pop(number)
        self.selector.unregister(readable)
        os.close(readable)
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process, signal.SIGKILL)
        with contextlib.suppress(ChildProcessError):  # there are no more
            while True:
                os.waitpid(-process, 0)  # the child, and E below it, which is ours since the child is gone


def _adopt_orphans() -> None:
    """On Linux, make what a killed child leaves behind ours to reap; not every system's init does that."""
    if sys.platform == "linux":
        set_child_subreaper = 36
        ctypes.CDLL(None).prctl(set_child_subreaper, 1, 0, 0, 0)


def main(kind: str, names: list[str]) -> None:
    """Entry point of the process."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is the parent's to handle
    output = os.dup(1)
    os.dup2(os.open(os.devnull, os.O_WRONLY), 1)  # what a solver prints must not break the frames
    for name in names:
        # One that can't be loaded says why when it is first asked, and leaves the others alone.
        with contextlib.suppress(Exception):
            importlib.import_module(SOLVERS[name].module)
    _write(output, (0, None))
    if kind == "steady":
        steady(output)
    else:
        _adopt_orphans()
        Forking(output).run()


def run(arguments: list[str]) -> None:
    """As `main`, and quiet when nobody is left to hear."""
    with contextlib.suppress(BrokenPipeError):
        main(arguments[0], arguments[1:])
