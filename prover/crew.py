"""Runs over many theorems in worker processes: each has a Lean, takes one theorem at a time, and answers with data.

Not here: the processes (`prover.processes`), what is done with a theorem (`prover.bench`, `prover.ablation`), and what
becomes of the answers.
"""

from __future__ import annotations

import importlib
import sys
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from prover import processes
from prover.data.rows import Row

#: Beyond a task's own seconds: imports, the gate, and a busy machine. A worker silent for longer is replaced.
GRACE = 45.0


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

    Raises prover.processes.WorkersFail.
    """
    requests = [
        {
            "function": task.function,
            "row": {**row.to_json(), "imports": list(row.imports), "preamble": row.preamble},
            "settings": {**task.settings, **own},
        }
        for row, own in rows
    ]
    place = (task.lean, str(task.project or ""))
    answers = processes.run(requests, __name__, place, workers=workers, patience=task.seconds + GRACE)
    for answer in answers:
        yield Answer(rows[answer.number][0], answer.value, answer.problem, answer.seconds)


def main() -> None:
    """A worker."""
    from prover.data.rows import row as read_row
    from prover.lean.open import open_lean

    backend, project = sys.argv[1:3] if len(sys.argv) > 2 else ("embedded", "")
    lean = open_lean(backend, project=project or None)

    def answer(request: dict[str, Any]) -> Any:
        module, name = request["function"].split(":")
        function = getattr(importlib.import_module(module), name)
        return function(lean, read_row(request["row"]), request["settings"])

    processes.serve(answer)


if __name__ == "__main__":
    main()
