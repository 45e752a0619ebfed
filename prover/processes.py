"""Worker processes that answer requests in no order; one that hangs, dies, fails or has grown too large is replaced.

Requests and answers are JSON, one a line. Not here: what is asked (`prover.crew` asks for theorems, `prover.trace` for
files).
"""

from __future__ import annotations

import json
import os
import queue
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

_START_SECONDS = 120.0


class WorkersFail(RuntimeError):
    """Workers cannot be started."""


@dataclass(frozen=True, slots=True)
class Answer:
    """What became of a request (its number): a value, or in `problem` one sentence why there is none.

    `seconds`: wall clock. `memory`: the most that the process ever had, in bytes; 0 where it died.
    """

    number: int
    value: Any = None
    problem: str = ""
    seconds: float = 0.0
    memory: int = 0


def run(
    requests: Sequence[Any],
    module: str,
    arguments: Sequence[str] = (),
    *,
    workers: int,
    patience: float,
    recycle: int | None = None,
) -> Iterator[Answer]:
    """The answers, as they get ready; ended early, the workers end.

    `module`: runs as `python -m module arguments` and calls `serve`. `patience`: seconds after which a silent worker is
    replaced. `recycle`: bytes; a worker that ever had more is replaced after its answer.

    Raises WorkersFail.
    """
    waiting: queue.SimpleQueue[int] = queue.SimpleQueue()
    for number in range(len(requests)):
        waiting.put(number)
    answers: queue.SimpleQueue[Answer | BaseException] = queue.SimpleQueue()
    command = [sys.executable, "-m", module, *arguments]
    hands = [_Hand(requests, waiting, answers, command, patience, recycle) for _ in range(min(workers, len(requests)))]
    try:
        for hand in hands:
            hand.start()
        for _ in requests:
            answer = answers.get()
            if isinstance(answer, BaseException):
                raise answer
            yield answer
    finally:
        for hand in hands:
            hand.stop()


class _Hand(threading.Thread):
    """One worker process at a time, and the thread that waits for it."""

    def __init__(
        self,
        requests: Sequence[Any],
        waiting: queue.SimpleQueue[int],
        answers: queue.SimpleQueue[Any],
        command: Sequence[str],
        patience: float,
        recycle: int | None,
    ) -> None:
        super().__init__(daemon=True)
        self._requests, self._waiting, self._answers = requests, waiting, answers
        self._command, self._patience, self._recycle = command, patience, recycle
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
        started = time.monotonic()
        process = self._process or self._begin()
        problem = "The worker died and was replaced."
        try:
            assert process.stdin is not None
            process.stdin.write(json.dumps(self._requests[number]) + "\n")
            process.stdin.flush()
            line = self._lines.get(timeout=self._patience)
        except queue.Empty:
            line, problem = "", f"The worker did not answer within {self._patience:g} s and was replaced."
        except OSError:
            line = ""
        seconds = time.monotonic() - started
        if not line:
            self._end()
            return Answer(number, None, problem, seconds)
        said = json.loads(line)
        if said["problem"] or (self._recycle is not None and said["memory"] > self._recycle):
            self._end()
        return Answer(number, said["value"], said["problem"], seconds, said["memory"])

    def _begin(self) -> subprocess.Popen[str]:
        lines: queue.SimpleQueue[str] = queue.SimpleQueue()
        process = subprocess.Popen(
            self._command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, encoding="utf-8",
            start_new_session=True,
        )  # fmt: skip
        self._process, self._lines = process, lines
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


# The worker's side


def serve(answer: Callable[[Any], Any]) -> None:
    """Answer requests until standard input ends; then end at once, whatever runs.

    What `answer` raises is told as the request's problem: the process is replaced, as who knows what state it is in.
    """
    requests: queue.SimpleQueue[Any] = queue.SimpleQueue()

    def work() -> None:
        while True:
            request = requests.get()
            value, problem = None, ""
            try:
                value = answer(request)
            except Exception as error:
                problem = f"{type(error).__name__}: {error}"
            said = {"value": value, "problem": problem, "memory": peak_memory()}
            print(json.dumps(said, ensure_ascii=True), flush=True)

    threading.Thread(target=work, daemon=True).start()
    print("ready", flush=True)
    for line in sys.stdin:
        requests.put(json.loads(line))
    os._exit(0)  # the parent is gone, and Lean's thread may be deep in a tactic


def peak_memory() -> int:
    """The most resident memory that this process had, in bytes, pages that it shares included; 0 where nothing tells.

    Not `getrusage`'s: that counts the process which started this one, too.
    """
    status = Path("/proc/self/status")
    for line in status.read_text().splitlines() if status.exists() else ():
        if line.startswith("VmHWM:"):
            return int(line.split()[1]) * 1024
    return 0
