"""Explores many theorems in worker processes, a line of the output file for each; goes on after a kill.

Not here: exploring one theorem (`explore.py`), the processes (`prover.crew`).
"""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Sequence
from contextlib import closing
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from prover.data.rows import Row

if TYPE_CHECKING:
    from prover.generators.premises import LibraryPremises
    from prover.lean.protocol import Lean
    from prover.policy.generator import PolicyGenerator


def collect(
    rows: Sequence[Row],
    out: Path,
    *,
    seconds: float,
    workers: int = 1,
    seed: int = 0,
    weights: Path | None = None,
    noise: float = 0.0,
    on_record: Callable[[dict[str, Any]], None] = lambda record: None,
) -> None:
    """Explore the rows that `out` lacks, `seconds` each, and append a table for each.

    `weights`: of the policy whose order is followed, with `noise`; without, the order is random. Raises OSError, and
    LeanMissing before any work.
    """
    from prover.crew import Task, each
    from prover.lean.embedded.install import ensure

    ensure()  # once, here, and not by every worker at the same time
    done = {record["name"] for record in read(out)}
    settings = {"seconds": seconds, "seed": seed, "weights": str(weights) if weights else "", "noise": noise}
    task = Task("prover.policy.collect:explored", settings, seconds)
    missing = [(row, {}) for row in rows if row.name not in done]
    with out.open("a", encoding="utf-8") as file, closing(each(missing, task, workers)) as answers:
        for answer in answers:
            record = answer.value or {"name": answer.row.name, "tried": [], "proof": "", "error": answer.problem}
            file.write(json.dumps(record, ensure_ascii=False) + "\n")
            file.flush()
            os.fsync(file.fileno())
            on_record(record)


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


# The worker's side


def explored(lean: Lean, row: Row, settings: dict[str, Any]) -> dict[str, Any]:
    """One theorem's table; one without outcomes for a row that Lean cannot read."""
    from prover.lean.protocol import BadSource
    from prover.policy.explore import explore

    policy = _policy(settings["weights"], settings["noise"], settings["seed"])
    try:
        return explore(lean, row, settings["seconds"], settings["seed"], _premises(), policy)
    except BadSource as error:
        return {"name": row.name, "tried": [], "proof": "", "error": str(error)}


@lru_cache(maxsize=1)
def _premises() -> LibraryPremises:
    from prover.generators.premises import LibraryPremises, open_index

    return LibraryPremises(open_index, optional=True)


@lru_cache(maxsize=1)
def _policy(weights: str, noise: float, seed: int) -> PolicyGenerator | None:
    from prover.policy.generator import PolicyGenerator
    from prover.policy.model import load

    return PolicyGenerator(load(Path(weights)), noise=noise, seed=seed) if weights else None
