"""Resumable runs over many theorems: each proved by a worker process, each result on disk at once.

Not here: proving (`prover.prove`), rows (`prover.data.rows`), the command line (`prover/cli/bench.py`). A worker that
hangs or dies costs its theorem and is replaced; a run that is killed goes on where it stopped, when it is started again
with the same output file.
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
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any
from urllib.parse import quote

from prover.data.rows import Row
from prover.lean.protocol import BadSource, Lean

#: Beyond a theorem's own seconds: imports, the gate, and a busy machine. A worker silent for longer is replaced.
GRACE = 45.0
_START_SECONDS = 120.0


class BadResults(ValueError):
    """The output file holds something else than results; nothing was changed."""


@dataclass(frozen=True, slots=True)
class BenchResult:
    """A row of the output. `proof`: a whole source that the gate accepted, "" where there is none."""

    name: str
    proved: bool
    proof: str = ""
    seconds: float = 0.0
    axioms: tuple[str, ...] = ()
    reason: str = ""
    stage: str = ""
    tactics: str = ""


@dataclass(frozen=True, slots=True)
class Summary:
    """`total` rows, of which `earlier` were in the output file before this run."""

    total: int
    proved: int
    earlier: int
    seconds: float

    def __str__(self) -> str:
        share = 100 * self.proved / self.total if self.total else 0.0
        before = f" ({self.earlier} from an earlier run)" if self.earlier else ""
        return f"{self.proved} of {self.total} proved, {share:.1f} %{before}, in {self.seconds:.0f} s"


def run(
    rows: Sequence[Row],
    out: Path,
    *,
    seconds: float = 60.0,
    workers: int = 1,
    seed: int = 0,
    logs: Path | None = None,
    on_result: Callable[[BenchResult], None] | None = None,
    **settings: Any,
) -> Summary:
    """Prove the rows, `seconds` of wall clock each, in `workers` processes; append each result to `out`.

    `settings`: more fields of `Settings`, as plain data. `logs`: a folder for the logs of the searches, one file a
    theorem. Rows whose names are in `out` already are left out. Ctrl-C ends the workers and raises; what was found is
    in `out`. Raises BadResults, OSError, and LeanMissing before any work.
    """
    from prover.lean.embedded.install import ensure

    started = time.monotonic()
    ensure()  # once, here, and not by every worker at the same time
    done = resume(out)
    names = {row.name for row in rows}
    earlier = {name: result for name, result in done.items() if name in names}
    settings |= {"seconds": seconds, "seed": seed, "logs": None if logs is None else str(logs)}
    if logs is not None:
        logs.mkdir(parents=True, exist_ok=True)
    waiting: queue.SimpleQueue[Row] = queue.SimpleQueue()
    missing = [row for row in rows if row.name not in done]
    for row in missing:
        waiting.put(row)
    answers: queue.SimpleQueue[BenchResult | BaseException] = queue.SimpleQueue()
    crew = [_Hand(waiting, answers, settings) for _ in range(min(workers, len(missing)))]
    proved = sum(result.proved for result in earlier.values())
    try:
        with out.open("a", encoding="utf-8") as file:
            for hand in crew:
                hand.start()
            for _ in missing:
                result = answers.get()
                if isinstance(result, BaseException):
                    raise result
                file.write(json.dumps(asdict(result), ensure_ascii=False) + "\n")
                file.flush()
                os.fsync(file.fileno())
                proved += result.proved
                if on_result is not None:
                    on_result(result)
    finally:
        for hand in crew:
            hand.stop()
    return Summary(len(rows), proved, len(earlier), time.monotonic() - started)


def resume(out: Path) -> dict[str, BenchResult]:
    """The results of an earlier run; a last line that was cut off is taken out of the file."""
    if not out.exists():
        return {}
    content = out.read_bytes()
    whole = content[: content.rfind(b"\n") + 1]
    results: dict[str, BenchResult] = {}
    for number, line in enumerate(whole.splitlines(), 1):
        if not line.strip():
            continue
        try:
            value = json.loads(line)
            results[value["name"]] = BenchResult(**{**value, "axioms": tuple(value["axioms"])})
        except (ValueError, KeyError, TypeError):
            raise BadResults(f"{out}, line {number}, is no result of an earlier run; name another file.") from None
    if len(whole) < len(content):
        with out.open("r+b") as file:
            file.truncate(len(whole))
    return results


class _Hand(threading.Thread):
    """One worker process and the thread that waits for it."""

    def __init__(self, waiting: queue.SimpleQueue[Row], answers: queue.SimpleQueue[Any], settings: dict) -> None:
        super().__init__(daemon=True)
        self._waiting = waiting
        self._answers = answers
        self._settings = settings
        self._process: subprocess.Popen[str] | None = None
        self._lines: queue.SimpleQueue[str] = queue.SimpleQueue()
        self._stopped = False

    def run(self) -> None:
        try:
            for row in self._rows():
                result = self._prove(row)
                if not self._stopped:
                    self._answers.put(result)
        except BaseException as error:
            if not self._stopped:
                self._answers.put(error)
        finally:
            self.end()

    def _rows(self) -> Iterator[Row]:
        while not self._stopped:
            try:
                yield self._waiting.get_nowait()
            except queue.Empty:
                return

    def _prove(self, row: Row) -> BenchResult:
        started = time.monotonic()
        process = self._process or self._begin()
        request = {"row": {**row.to_json(), "imports": list(row.imports), "preamble": row.preamble}, **self._settings}
        try:
            assert process.stdin is not None
            process.stdin.write(json.dumps(request) + "\n")
            process.stdin.flush()
            line = self._lines.get(timeout=self._settings["seconds"] + GRACE)
        except queue.Empty:
            line, reason = "", "The worker did not answer in time and was replaced."
        except OSError:
            line, reason = "", "The worker died and was replaced."
        else:
            reason = "The worker died and was replaced."
        if line:
            value = json.loads(line)
            if value.pop("broken"):
                self.end()
            return BenchResult(**{**value, "axioms": tuple(value["axioms"])})
        self.end()
        return BenchResult(row.name, False, "", time.monotonic() - started, (), reason)

    def _begin(self) -> subprocess.Popen[str]:
        self._lines = queue.SimpleQueue()
        process = subprocess.Popen(
            [sys.executable, "-m", "prover.bench"], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
            encoding="utf-8", start_new_session=True,
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


# The worker's side


def log_name(name: str) -> str:
    """The file for a theorem's log; names of Lean may hold anything, and be long."""
    return f"{quote(name, safe='')[:180]}.jsonl"


def prove_row(lean: Lean, row: Row, settings: dict[str, Any]) -> BenchResult:
    """One row's result. Raises what `prove` raises, except for a row that Lean cannot read."""
    from prover.prove import prove

    folder = settings.pop("logs")
    log = None if folder is None else Path(folder) / log_name(row.name)
    started = time.monotonic()
    try:
        result = prove(row.source(" := by sorry"), lean=lean, log=log, **settings)
    except BadSource as error:
        return BenchResult(row.name, False, "", time.monotonic() - started, (), str(error))
    seconds = time.monotonic() - started
    if len(result.holes) != 1:
        return BenchResult(row.name, False, "", seconds, (), f"The row has {len(result.holes)} holes, not one.")
    hole = result.holes[0]
    proof = result.source if hole.proved else ""
    return BenchResult(row.name, hole.proved, proof, seconds, hole.axioms, hole.reason, hole.stage, hole.proof)


def serve() -> None:
    """Answer requests, one JSON object a line, until standard input ends; then end at once, whatever runs."""
    from prover.data.rows import row as read_row
    from prover.lean.open import open_lean

    requests: queue.SimpleQueue[dict[str, Any]] = queue.SimpleQueue()
    lean = open_lean("embedded")

    def work() -> None:
        while True:
            request = requests.get()
            row = read_row(request.pop("row"))
            broken = False
            try:
                result = prove_row(lean, row, request)
            except Exception as error:  # one theorem's trouble; but who knows what state Lean is in
                broken = True
                result = BenchResult(row.name, False, reason=f"{type(error).__name__}: {error}")
            print(json.dumps({**asdict(result), "broken": broken}, ensure_ascii=False), flush=True)

    threading.Thread(target=work, daemon=True).start()
    print("ready", flush=True)
    for line in sys.stdin:
        requests.put(json.loads(line))
    os._exit(0)  # the parent is gone, and Lean's thread may be deep in a tactic


if __name__ == "__main__":
    serve()
