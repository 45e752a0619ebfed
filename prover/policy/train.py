"""From outcome tables to a file of weights that says how it was made. The same tables and seed give the same file."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

from prover.models.errors import BadRequest
from prover.policy.fit import FitSettings, fit
from prover.policy.model import Policy
from prover.policy.tables import read_tables, write_tables


def train(
    tables: Sequence[Path],
    out: Path,
    *,
    seed: int = 0,
    command: str = "",
    keep: Path | None = None,
    report: Callable[[int, float], None] = lambda epoch, loss: None,
) -> Policy:
    """Learn from the tables and write `out`, whole or not at all.

    Args:
        command: kept in the file, for whoever wants to make it again.
        keep: a file for all the tables (gzipped), from which the same weights can be made.
        report: called with each epoch and its mean log-loss.

    Raises:
        BadRequest: a table cannot be read, or there is nothing to learn from.
    """
    records = [record for record in read_tables(tables) if record["tried"]]
    if len(records) < 2:
        counted = "no theorem" if not records else "one theorem"
        raise BadRequest(f"The tables have {counted} with outcomes: there is nothing to learn from fewer than two.")
    policy = fit(records, FitSettings(seed=seed), report)
    policy.metadata = {"command": command, "data": data_hash(records), "seed": seed, "theorems": len(records)}
    try:
        policy.save(out)
        if keep is not None:
            write_tables(records, keep)
    except OSError as error:
        raise BadRequest(f"The weights cannot be written to {out}: {error.strerror or error}.") from error
    return policy


def data_hash(records: Iterable[Mapping[str, Any]]) -> str:
    """SHA-256 of the tables, in the order of the theorems' names."""
    digest = hashlib.sha256()
    for record in records:
        digest.update(json.dumps(record, ensure_ascii=True, sort_keys=True).encode())
        digest.update(b"\n")
    return digest.hexdigest()
