"""Explores many theorems in worker processes, a line of the output file for each; goes on after a kill.

Not here: exploring one theorem (`explore.py`). A worker that dies or falls silent costs its theorem and is replaced.
"""

from __future__ import annotations

import json
import os
import queue
import subprocess
import sys
import threading
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from prover.data.rows import Row

#: Beyond a theorem's own seconds: imports, the last tactic, the gate, and a busy machine.
GRACE = 120.0


def collect(
    rows: Sequence[Row],
    out: Path,
    *,
    seconds: float,
    workers: int = 1,
    seed: int = 0,
    weights: Path | None = None,
    noise: float = 0.0,
    use_premises: bool = True,
    on_record: Callable[[dict[str, Any]], None] = lambda record: None,
) -> None:
    """Explore the rows that `out` lacks, `seconds` each, and append a table for each.

    `weights`: of the policy whose order is followed, with `noise`; without, the order is random. Raises OSError, and
    LeanMissing before any work.
    """
    from prover.lean.embedded.install import ensure

    ensure()
    done = {record["name"] for record in read(out)}
    missing = [row for row in rows if row.name not in done]
    waiting: queue.SimpleQueue[Row] = queue.SimpleQueue()
    for row in missing:
        waiting.put(row)
    settings = {"seconds": seconds, "seed": seed, "weights": str(weights) if weights else "", "noise": noise,
                "premises": use_premises}  # fmt: skip
    answers: queue.SimpleQueue[dict[str, Any] | BaseException] = queue.SimpleQueue()
    crew = [_Worker(waiting, answers, settings) for _ in range(min(workers, len(missing)))]
    out.parent.mkdir(parents=True, exist_ok=True)
    try:
        with out.open("a", encoding="utf-8") as file:
            for worker in crew:
                worker.start()
            for _ in missing:
                record = answers.get()
                if isinstance(record, BaseException):
                    raise record
                file.write(json.dumps(record, ensure_ascii=False) + "\n")
                file.flush()
                os.fsync(file.fileno())
                on_record(record)
    finally:
        for worker in crew:
            worker.stop()


def read(path: Path) -> list[dict[str, Any]]:
    """The tables of a file; none where there is no file. A last line that was cut off is taken out of the file."""
    if not path.exists():
        return []
    content = path.read_bytes()
    whole = content[: content.rfind(b"\n") + 1]
    if len(whole) < len(content):
        with path.open("r+b") as file:
            file.truncate(len(whole))
    return [json.loads(line) for line in whole.splitlines() if line.strip()]


class _Worker(threading.Thread):
    """One process and the thread that waits for it."""

    def __init__(self, waiting: queue.SimpleQueue[Row], answers: queue.SimpleQueue[Any], settings: dict) -> None:
        super().__init__(daemon=True)
        self._waiting, self._answers, self._settings = waiting, answers, settings
        self._process: subprocess.Popen[str] | None = None
        self._lines: queue.SimpleQueue[str] = queue.SimpleQueue()
        self._stopped = False

    def run(self) -> None:
        try:
            while not self._stopped:
                try:
                    row = self._waiting.get_nowait()
                except queue.Empty:
                    return
                record = self._explore(row)
                if not self._stopped:
                    self._answers.put(record)
        except BaseException as error:
            self._answers.put(error)
        finally:
            self._end()

    def _explore(self, row: Row) -> dict[str, Any]:
        process = self._process or self._begin()
        request = {"row": {**row.to_json(), "imports": list(row.imports), "preamble": row.preamble}, **self._settings}
        line = ""
        try:
            assert process.stdin is not None
            process.stdin.write(json.dumps(request) + "\n")
            process.stdin.flush()
            line = self._lines.get(timeout=self._settings["seconds"] + GRACE)
        except (queue.Empty, OSError):
            pass
        if line:
            return json.loads(line)
        self._end()
        return {"name": row.name, "tried": [], "proved": False, "error": "The worker was lost and replaced."}

    def _begin(self) -> subprocess.Popen[str]:
        self._lines = queue.SimpleQueue()
        process = self._process = subprocess.Popen(
            [sys.executable, "-m", "prover.policy.collect"], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
            encoding="utf-8", start_new_session=True,
        )  # fmt: skip
        lines = self._lines

        def listen() -> None:
            assert process.stdout is not None
            for line in process.stdout:
                lines.put(line)
            lines.put("")

        threading.Thread(target=listen, daemon=True).start()
        return process

    def _end(self) -> None:
        process, self._process = self._process, None
        if process is not None:
            process.kill()
            process.wait()

    def stop(self) -> None:
        self._stopped = True
        self._end()


# The worker's side


def answer(lean: Any, request: dict[str, Any], known: dict[str, Any]) -> dict[str, Any]:
    """One theorem's table, or what went wrong with it."""
    from prover.data.rows import row as read_row
    from prover.lean.protocol import LeanError
    from prover.policy.explore import explore

    row = read_row(request["row"])
    try:
        return explore(lean, row, request["seconds"], request["seed"], known["premises"], known["policy"])
    except LeanError as error:
        return {"name": row.name, "tried": [], "proved": False, "error": str(error)}


def serve() -> None:
    """Answer requests, one JSON object a line, until standard input ends; then end at once, whatever runs."""
    from prover.generators.premises import LibraryPremises, open_index
    from prover.lean.open import open_lean
    from prover.policy.generator import PolicyGenerator
    from prover.policy.model import load

    requests: queue.SimpleQueue[dict[str, Any]] = queue.SimpleQueue()
    lean = open_lean("embedded")

    def work() -> None:
        known: dict[str, Any] = {}
        while True:
            request = requests.get()
            if not known:
                weights = request["weights"]
                known["premises"] = LibraryPremises(open_index, optional=True) if request["premises"] else None
                known["policy"] = None if not weights else PolicyGenerator(
                    load(Path(weights)), noise=request["noise"], seed=request["seed"])  # fmt: skip
            print(json.dumps(answer(lean, request, known), ensure_ascii=False), flush=True)

    threading.Thread(target=work, daemon=True).start()
    for line in sys.stdin:
        requests.put(json.loads(line))
    os._exit(0)  # the parent is gone, and Lean's thread may be deep in a tactic


if __name__ == "__main__":
    serve()
