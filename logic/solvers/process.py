"""Solver processes seen from outside: start, send a job, listen with a deadline, stop.

A `Process` stays warm between jobs and is used by one thread at a time; `Lanes` lends out sets of processes.
What runs inside is `host.py`. Not here: which solver gets which job, or what an answer means.
"""

from __future__ import annotations

import atexit
import contextlib
import importlib.util
import os
import select
import selectors
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path

from logic.solvers.host import CHUNK, Frames, frame
from logic.solvers.jobs import Job, Message
from logic.solvers.table import SOLVERS

ENDING_SECONDS = 1.0
INTERRUPT_SECONDS = 0.2
# The process finds this very package, installed or not, and nothing in the folder that it happens to start in: a
# file called z3.py there would otherwise be imported for the solver.
_ROOT = str(Path(__file__).parents[2])
_BOOT = """
import sys
sys.path[:1] = []
sys.path.append(sys.argv.pop(1))
from logic.solvers import host
host.run(sys.argv[1:])
"""


class Process:
    """One host process for `names`, which all are steady or all are forked."""

    def __init__(self, names: tuple[str, ...]) -> None:
        self.names = names
        self.steady = SOLVERS[names[0]].steady
        self._popen: subprocess.Popen[bytes] | None = None
        self._frames = Frames()
        self._running: dict[int, str] = {}
        self._stopping: set[int] = set()  # jobs of a steady process that were stopped and haven't ended yet
        self._next = 1
        self.ready = False

    def start(self) -> None:
        """Start the process where it isn't running; it loads its solvers meanwhile."""
        if self._popen is not None and self._popen.poll() is None:
            return
        self._clear()
        self._popen = subprocess.Popen(
            [sys.executable, "-c", _BOOT, _ROOT, "steady" if self.steady else "forking", *self.names],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            bufsize=0,
            start_new_session=True,
        )

    def submit(self, name: str, job: Job) -> int:
        """Send a job; returns its number."""
        self._settle()
        self.start()
        number, self._next = self._next, self._next + 1
        self._running[number] = name
        # A process that has just died is noticed by `read`, which reports the job as ended.
        with contextlib.suppress(BrokenPipeError):
            self._send((name, number, job))
        return number

    def _send(self, value: object) -> None:
        data = memoryview(frame(value))
        while data:  # unbuffered: a write may take only a part of a long problem
            data = data[self._popen.stdin.write(data) :]

    @property
    def output(self) -> int:
        """The descriptor that becomes readable when there is something to `read`."""
        return self._popen.stdout.fileno()

    @property
    def alive(self) -> bool:
        """Whether it was started and hasn't been seen to end."""
        return self._popen is not None

    @property
    def busy(self) -> bool:
        return bool(self._running)

    def read(self) -> list[tuple[int, Message | None]]:
        """What the process says, as (job number, message); None is the end of a job, answered or not."""
        data = os.read(self.output, CHUNK)
        if not data:
            ended = [(number, None) for number in self._running]
            self.kill()
            return ended
        heard = []
        for number, message in self._frames.feed(data):
            if number == 0:
                self.ready = True
            elif message is None and number in self._stopping:
                self._stopping.discard(number)
            elif number in self._running:
                heard.append((number, message))
                if message is None:
                    del self._running[number]
        return heard

    def stop(self, number: int) -> None:
        """Stop a job: a forked one is killed, a steady process is interrupted."""
        if number not in self._running:
            return
        del self._running[number]
        if self.steady:
            self._stopping.add(number)
        with contextlib.suppress(BrokenPipeError):
            self._send(number)

    def _settle(self) -> None:
        """Wait for a stopped job to end; a process that can't be interrupted is replaced by a new one."""
        end = time.monotonic() + INTERRUPT_SECONDS
        while self._stopping and self.alive:
            if not select.select([self.output], [], [], remaining(end))[0]:
                self.kill()
                break
            self.read()

    def kill(self) -> None:
        """End the process and whatever it runs."""
        if self._popen is None:
            return
        with contextlib.suppress(BrokenPipeError):
            self._popen.stdin.close()
        if self.steady:
            self._popen.kill()
        try:
            # A forking host must reap its children before it goes, and does so when its input closes.
            self._popen.wait(ENDING_SECONDS)
        except subprocess.TimeoutExpired:
            self._popen.kill()
            self._popen.wait()
        self._popen.stdout.close()
        self._clear()

    def _clear(self) -> None:
        self._popen = None
        self._frames = Frames()
        self._running = {}
        self._stopping = set()
        self.ready = False


class Lane:
    """The processes for one problem at a time, started when first needed."""

    def __init__(self) -> None:
        forked = tuple(name for name, spec in SOLVERS.items() if not spec.steady)
        self._processes: dict[str, Process] = {}
        self._forked = forked

    def process(self, name: str) -> Process:
        """The process that runs solver `name`. Forked solvers share one, the steady have their own."""
        if name not in self._processes:
            members = (name,) if SOLVERS[name].steady else self._members(name)
            shared = Process(members)
            for member in members:
                self._processes[member] = shared
        return self._processes[name]

    def _members(self, name: str) -> tuple[str, ...]:
        return tuple(
            other
            for other in self._forked
            if other == name or importlib.util.find_spec(SOLVERS[other].package) is not None
        )

    def warm(self, names: tuple[str, ...]) -> None:
        """Start the processes of `names` and wait until their solvers are loaded."""
        waiting = {self.process(name) for name in names}
        for process in waiting:
            process.start()
        for process in waiting:
            while process.alive and not process.ready:
                process.read()

    def listen(self, seconds: float) -> list[tuple[Process, int, Message | None]]:
        """What any process says, waiting at most `seconds` for the first word."""
        busy = {process for process in self._processes.values() if process.busy}
        if not busy:
            return []
        heard = []
        with selectors.DefaultSelector() as selector:
            for process in busy:
                selector.register(process.output, selectors.EVENT_READ, process)
            for key, _ in selector.select(max(0.0, seconds)):
                heard += [(key.data, number, message) for number, message in key.data.read()]
        return heard

    def close(self) -> None:
        for process in set(self._processes.values()):
            process.kill()


class Lanes:
    """Lends lanes: each borrower has one to itself, and finds it warm where another has used it."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._idle: list[Lane] = []
        self._owner = os.getpid()
        self._everyone: list[Lane] = []
        atexit.register(self.close)

    @contextlib.contextmanager
    def borrow(self) -> Iterator[Lane]:
        """A lane for the time of a `with` block."""
        with self._lock:
            if self._owner != os.getpid():
                # After a fork the processes are the parent's, and so are the pipes.
                self._idle, self._everyone, self._owner = [], [], os.getpid()
            if self._idle:
                lane = self._idle.pop()
            else:
                lane = Lane()
                self._everyone.append(lane)
        try:
            yield lane
        finally:
            with self._lock:
                self._idle.append(lane)

    def close(self) -> None:
        """End every process; the next borrower starts new ones."""
        with self._lock:
            if self._owner != os.getpid():
                return
            lanes, self._everyone, self._idle = self._everyone, [], []
        for lane in lanes:
            lane.close()


LANES = Lanes()


def remaining(deadline: float) -> float:
    """Seconds until `deadline` on the monotonic clock, never negative."""
    return max(0.0, deadline - time.monotonic())
