"""Resumable runs over many theorems: each proved by a worker process, each result on disk at once.

Not here: proving (`prover.prove`), rows (`prover.data.rows`), the processes (`prover.crew`), the command line
(`prover/cli/bench.py`). A run that is killed goes on where it stopped, when it is started again with the same output
file.
"""

from __future__ import annotations

import json
import os
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import closing
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any
from urllib.parse import quote

from prover.crew import Task, each
from prover.data.rows import Row
from prover.lean.protocol import BadSource, Lean

MODEL_SECONDS = 600.0


class BadResults(ValueError):
    """The output file holds something else than results; nothing was changed."""


@dataclass(frozen=True, slots=True)
class BenchResult:
    """A row of the output. `proof`: a whole source that the gate accepted, "" where there is none.

    `premises`: how many the search was given for a goal; `used`: those that the proof names.
    """

    name: str
    proved: bool
    proof: str = ""
    seconds: float = 0.0
    axioms: tuple[str, ...] = ()
    reason: str = ""
    stage: str = ""
    tactics: str = ""
    premises: int = 0
    used: tuple[str, ...] = ()


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
    function: str = "prover.bench:prove_row",
    own: Mapping[str, Mapping[str, Any]] | None = None,
    lean: str = "embedded",
    project: Path | None = None,
    **settings: Any,
) -> Summary:
    """Prove the rows, `seconds` of wall clock each, in `workers` processes; append each result to `out`.

    `settings`: more fields of `Settings`, as plain data, and what else a `function` in the place of `prove_row` takes
    (see `prover.crew.Task`); `own`: those of one row, by its name. `logs`: a folder for the logs of the searches, one
    file a theorem. `lean`, `project`: see `prover.lean.open`. Rows whose names are in `out` already are left out.
    Ctrl-C ends the workers and raises; what was found is in `out`. Raises BadResults, OSError, and LeanMissing before
    any work.
    """
    from prover.lean.open import open_lean

    started = time.monotonic()
    open_lean(lean, project=project).close()  # prepared once, here, and not by every worker at the same time
    done = resume(out)
    names = {row.name for row in rows}
    earlier = {name: result for name, result in done.items() if name in names}
    settings |= {"seconds": seconds, "seed": seed, "logs": None if logs is None else str(logs)}
    if logs is not None:
        logs.mkdir(parents=True, exist_ok=True)
    missing = [row for row in rows if row.name not in done]
    # Opening a checkpoint, at a worker's first theorem, may take minutes.
    task = Task(function, settings, seconds + (MODEL_SECONDS if "model" in settings else 0.0), lean, project)
    work = [(row, {} if own is None else own[row.name]) for row in missing]
    proved = sum(result.proved for result in earlier.values())
    with out.open("a", encoding="utf-8") as file, closing(each(work, task, workers)) as answers:
        for answer in answers:
            result = _read(answer.value) if not answer.problem else BenchResult(
                answer.row.name, False, seconds=answer.seconds, reason=answer.problem,
                premises=settings.get("premises", 0),
            )  # fmt: skip
            file.write(json.dumps(asdict(result), ensure_ascii=False) + "\n")
            file.flush()
            os.fsync(file.fileno())
            proved += result.proved
            if on_result is not None:
                on_result(result)
    return Summary(len(rows), proved, len(earlier), time.monotonic() - started)


def _read(value: dict[str, Any]) -> BenchResult:
    return BenchResult(**{**value, "axioms": tuple(value["axioms"]), "used": tuple(value.get("used", ()))})


def resume(out: Path) -> dict[str, BenchResult]:
    """The results of an earlier run; a last line that was cut off is taken out of the file."""
    if not out.exists():
        return {}
    results, whole = read_results(out)
    if whole < out.stat().st_size:
        with out.open("r+b") as file:
            file.truncate(whole)
    return results


def read_results(out: Path) -> tuple[dict[str, BenchResult], int]:
    """The results in a file by name, and the bytes they take: a last line without an end is not read.

    Raises BadResults, OSError.
    """
    content = out.read_bytes()
    whole = content[: content.rfind(b"\n") + 1]
    results: dict[str, BenchResult] = {}
    for number, line in enumerate(whole.splitlines(), 1):
        if not line.strip():
            continue
        try:
            value = json.loads(line)
            results[value["name"]] = _read(value)
        except (ValueError, KeyError, TypeError):
            raise BadResults(f"{out}, line {number}, is no result of an earlier run; name another file.") from None
    return results, len(whole)


# The worker's side


def log_name(name: str) -> str:
    """The file for a theorem's log; names of Lean may hold anything, and be long."""
    return f"{quote(name, safe='')[:180]}.jsonl"


def prove_row(lean: Lean, row: Row, settings: dict[str, Any]) -> dict[str, Any]:
    """One row's result as data. Raises what `prove` raises, except for a row that Lean cannot read.

    A `theorem` among the settings says where it is in a file; see `prover.dojo.evaluate`.
    """
    folder, place = settings.pop("logs"), settings.pop("theorem", None)
    log = None if folder is None else Path(folder) / log_name(row.name)
    if place is None:
        result = _proved(lean, row, settings, log)
    else:
        from prover.dojo.evaluate import proved

        result = proved(lean, row, place, settings, log)
    return asdict(replace(result, premises=settings.get("premises", 0)))


def _proved(lean: Lean, row: Row, settings: dict[str, Any], log: Path | None) -> BenchResult:
    from prover.prove import prove

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
    return BenchResult(row.name, hole.proved, proof, seconds, hole.axioms, hole.reason, hole.stage, hole.proof,
                       used=hole.premises)  # fmt: skip
