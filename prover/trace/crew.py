"""Worker processes that answer requests, in no order: one that hangs, dies or has grown too large is replaced.

Not here: what is asked (`run.py`), what a worker does (`worker.py`).
"""

from __future__ import annotations

import json
import queue
import subprocess
import sys
import threading
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

#: A worker that ever had more memory than this is ended after its answer.
RECYCLE = 800 << 20
#: Beyond a request's own seconds: starting, imports, a busy machine.
GRACE = 90.0
_START_SECONDS = 120.0


class WorkersFail(Exception):
    """Workers cannot be started."""


@dataclass(frozen=True, slots=True)
class Answer:
    """What became of a request (its number): a value, or the reason why there is none. `memory`: bytes, at most."""

    number: int
    value: Any = None
    problem: str = ""
    memory: int = 0


def run(requests: Sequence[dict[str, Any]], workers: int, seconds: float) -> Iterator[Answer]:
    """The answers, as they get ready; `seconds` is what a request may take. Ended early, it ends the workers.

    Raises WorkersFail.
    """
    waiting: queue.SimpleQueue[int] = queue.SimpleQueue()
    for number in range(len(requests)):
        waiting.put(number)
    answers: queue.SimpleQueue[Answer | BaseException] = queue.SimpleQueue()
    crew = [_Hand(requests, waiting, answers, seconds) for _ in range(min(workers, len(requests)))]
    try:
        for hand in crew:
            hand.start()
        for _ in requests:
            answer = answers.get()
            if isinstance(answer, BaseException):
                raise answer
            yield answer
    finally:
        for hand in crew:
            hand.stop()


class _Hand(threading.Thread):
    """One worker process at a time, and the thread that waits for it."""

    def __init__(
        self,
        requests: Sequence[dict[str, Any]],
        waiting: queue.SimpleQueue[int],
        answers: queue.SimpleQueue[Any],
        seconds: float,
    ) -> None:
        super().__init__(daemon=True)
        self._requests, self._waiting, self._answers, self._seconds = requests, waiting, answers, seconds
        self._process: subprocess.Popen[str] | None = None
        self._lines: queue.SimpleQueue[str] = queue.SimpleQueue()
        self._stopped = False

    def run(self) -> None:
        try:
            while not self._stopped:
                try:
                    number = self._waiting.get_nowait()
                except queue.Empty:
                    break
                answer = self._ask(number)
                if not self._stopped:
                    self._answers.put(answer)
        except BaseException as error:
            if not self._stopped:
                self._answers.put(error)
        finally:
            self._end()

    def _ask(self, number: int) -> Answer:
        process = self._process or self._begin()
        assert process.stdin is not None
        try:
            process.stdin.write(json.dumps(self._requests[number]) + "\n")
            process.stdin.flush()
            line = self._lines.get(timeout=self._seconds + GRACE)
        except queue.Empty:
            self._end()
            return Answer(number, problem=f"the worker did not answer within {self._seconds + GRACE:g} s")
        except OSError:
            line = ""
        if not line:
            self._end()
            return Answer(number, problem="the worker process ended unexpectedly")
        said = json.loads(line)
        if "broken" in said or said["memory"] > RECYCLE:
            self._end()
        return Answer(number, said.get("done"), said.get("broken", ""), said["memory"])

    def _begin(self) -> subprocess.Popen[str]:
        lines: queue.SimpleQueue[str] = queue.SimpleQueue()
        process = subprocess.Popen(
            [sys.executable, "-m", "prover.trace.worker"], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
            encoding="utf-8", start_new_session=True,
        )  # fmt: skip
        self._process, self._lines = process, lines
        assert process.stdout is not None
        threading.Thread(target=_read, args=(process.stdout, lines), daemon=True).start()
        try:
            ready = lines.get(timeout=_START_SECONDS)
        except queue.Empty:
            ready = ""
        if not ready:
            self._end()
            raise WorkersFail("A worker process did not start; `entails lean status` may say why.")
        return process

    def _end(self) -> None:
        process, self._process = self._process, None
        if process is not None:
            process.kill()
            process.wait()

    def stop(self) -> None:
        self._stopped = True
        self._end()


def _read(stream: Any, lines: queue.SimpleQueue[str]) -> None:
    for line in stream:
        lines.put(line)
    lines.put("")
