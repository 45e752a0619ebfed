"""Worker processes for runs over many theorems: each has a Lean, takes one theorem at a time, and answers with data.

A worker that hangs or dies costs its theorem and is replaced. Not here: what is done with a theorem (`prover.bench`,
`prover.ablation`), and what becomes of the answers.
"""

from __future__ import annotations

import importlib
import json
import os
import queue
import subprocess
import sys
import threading
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from prover.data.rows import Row

#: Beyond a task's own seconds: imports, the gate, and a busy machine. A worker silent for longer is replaced.
GRACE = 45.0
_START_SECONDS = 120.0


@dataclass(frozen=True, slots=True)
class Task:
    """`function`: "module:name" of a function (lean, row, settings) → JSON data. `seconds`: what a row may take.

    `lean`, `project`: as `prover.lean.open.open_lean` takes them. What the function raises is told as the row's
    `problem`, and its Lean is not used again.
    """

    function: str
    settings: Mapping[str, Any]
    seconds: float
    lean: str = "embedded"
    project: Path | None = None


@dataclass(frozen=True, slots=True)
class Answer:
    """`value`: what the function returned; None where there is a `problem`, one sentence. `seconds`: wall clock."""

    row: Row
    value: Any
    problem: str = ""
    seconds: float = 0.0


def each(rows: Sequence[tuple[Row, Mapping[str, Any]]], task: Task, workers: int) -> Iterator[Answer]:
    """The answers as they come; `rows` with settings of their own. Workers end with the iterator.

    Raises RuntimeError when a worker does not start.
    """
    waiting: queue.SimpleQueue[tuple[Row, Mapping[str, Any]]] = queue.SimpleQueue()
    for entry in rows:
        waiting.put(entry)
    answers: queue.SimpleQueue[Answer | BaseException] = queue.SimpleQueue()
    crew = [_Hand(waiting, answers, task) for _ in range(min(workers, len(rows)))]
    try:
        for hand in crew:
            hand.start()
        for _ in rows:
            answer = answers.get()
            if isinstance(answer, BaseException):
                raise answer
            yield answer
    finally:
        for hand in crew:
            hand.stop()


class _Hand(threading.Thread):
    """One worker process and the thread that waits for it."""

    def __init__(self, waiting: queue.SimpleQueue[Any], answers: queue.SimpleQueue[Any], task: Task) -> None:
        super().__init__(daemon=True)
        self._waiting = waiting
        self._answers = answers
        self._task = task
        self._process: subprocess.Popen[str] | None = None
        self._lines: queue.SimpleQueue[str] = queue.SimpleQueue()
        self._stopped = False

    def run(self) -> None:
        try:
            for row, own in self._rows():
                answer = self._ask(row, own)
                if not self._stopped:
                    self._answers.put(answer)
        except BaseException as error:
            if not self._stopped:
                self._answers.put(error)
        finally:
            self.end()

    def _rows(self) -> Iterator[tuple[Row, Mapping[str, Any]]]:
        while not self._stopped:
            try:
                yield self._waiting.get_nowait()
            except queue.Empty:
                return

    def _ask(self, row: Row, own: Mapping[str, Any]) -> Answer:
        started = time.monotonic()
        process = self._process or self._begin()
        request = {
            "function": self._task.function,
            "row": {**row.to_json(), "imports": list(row.imports), "preamble": row.preamble},
            "settings": {**self._task.settings, **own},
        }
        problem = "The worker died and was replaced."
        try:
            assert process.stdin is not None
            process.stdin.write(json.dumps(request) + "\n")
            process.stdin.flush()
            line = self._lines.get(timeout=self._task.seconds + GRACE)
        except queue.Empty:
            line, problem = "", "The worker did not answer in time and was replaced."
        except OSError:
            line = ""
        if not line:
            self.end()
            return Answer(row, None, problem, time.monotonic() - started)
        value = json.loads(line)
        if value["problem"]:
            self.end()
        return Answer(row, value["value"], value["problem"], time.monotonic() - started)

    def _begin(self) -> subprocess.Popen[str]:
        self._lines = queue.SimpleQueue()
        process = subprocess.Popen(
            [sys.executable, "-m", "prover.crew", self._task.lean, str(self._task.project or "")],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, encoding="utf-8", start_new_session=True,
        )  # fmt: skip
        self._process = process
        lines = self._lines

        def read() -> None:
            assert process.stdout is not None
            for line in process.stdout:
                lines.put(line)
            lines.put("")

        threading.Thread(target=read, daemon=True).start()
        try:
            ready = lines.get(timeout=_START_SECONDS)
        except queue.Empty:
            ready = ""
        if not ready:
            self.end()
            raise RuntimeError("A worker process did not start; `entails lean status` may say why.")
        return process

    def end(self) -> None:
        process, self._process = self._process, None
        if process is not None:
            process.kill()
            process.wait()

    def stop(self) -> None:
        self._stopped = True
        self.end()


def serve() -> None:
    """Answer requests, one JSON object a line, until standard input ends; then end at once, whatever runs."""
    from prover.data.rows import row as read_row
    from prover.lean.open import open_lean

    requests: queue.SimpleQueue[dict[str, Any]] = queue.SimpleQueue()
    backend, project = sys.argv[1:3] if len(sys.argv) > 2 else ("embedded", "")
    lean = open_lean(backend, project=project or None)

    def work() -> None:
        while True:
            request = requests.get()
            module, name = request["function"].split(":")
            value, problem = None, ""
            try:
                function = getattr(importlib.import_module(module), name)
                value = function(lean, read_row(request["row"]), request["settings"])
            except Exception as error:  # one theorem's trouble; but who knows what state Lean is in
                problem = f"{type(error).__name__}: {error}"
            print(json.dumps({"value": value, "problem": problem}, ensure_ascii=False), flush=True)

    threading.Thread(target=work, daemon=True).start()
    print("ready", flush=True)
    for line in sys.stdin:
        requests.put(json.loads(line))
    os._exit(0)  # the parent is gone, and Lean's thread may be deep in a tactic


if __name__ == "__main__":
    serve()
