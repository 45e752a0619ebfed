"""The folder of a training run: whose it is, whether it is finished, and the checkpoint to go on from.

`run.json` says what determines the weights (settings, data, seed), `trained.json` how the run ended, `model/` is the
model. Not here: training (`trainer.py`), which checkpoints are whole (`checkpoints.py`).
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from prover.models.errors import BadRequest
from prover.train.checkpoints import latest_whole

RUN_FILE, END_FILE, MODEL = "run.json", "trained.json", "model"


@dataclass(frozen=True, slots=True)
class Trained:
    """model: folder of the trained checkpoint; None where the run was stopped and can be resumed.

    loss: of the last logged step, nats per token. validation_loss: over the validation pairs, if any.
    """

    model: str | None
    steps: int
    loss: float
    validation_loss: float | None = None
    notes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Begun:
    """Where a run stands: the checkpoint to start from, if any, or the end that it had already."""

    checkpoint: Path | None = None
    notes: tuple[str, ...] = ()
    finished: Trained | None = None


def begin(out: Path, identity: Mapping[str, Any], resume: bool) -> Begun:
    """Make the folder this run's, or make sure that it is.

    Args:
        identity: what determines the weights; a run is resumed with the same only.

    Raises:
        BadRequest: the folder is another run's or cannot be written, or no checkpoint in it is whole.
    """
    record = out / RUN_FILE
    there = list(out.glob("checkpoint-*")) if out.is_dir() else []
    if there and not resume:
        raise BadRequest(f"{out} holds checkpoints of an earlier run: resume it, or choose another folder.")
    if resume and record.exists():
        before = _read(record)
        if before is None:
            raise BadRequest(f"{record} is damaged, so that the run in {out} cannot be resumed.")
        changed = sorted(name for name in identity if before.get(name) != identity[name])
        if changed:
            raise BadRequest(f"The run in {out} cannot be resumed with another {', '.join(changed)}.")
        if (ended := _ended(out)) is not None:
            return Begun(finished=ended)
    try:
        out.mkdir(parents=True, exist_ok=True)
        record.write_text(json.dumps(dict(identity), indent=1, sort_keys=True) + "\n")
    except OSError as error:
        raise BadRequest(f"{out} cannot be written: {error.strerror or error}.") from error
    if not there:
        return Begun()
    checkpoint, notes = latest_whole(out)
    return Begun(checkpoint, tuple(notes))


def end(out: Path, trained: Trained) -> None:
    """Write down how the run ended. Its model has to be in place: who sees this file takes it from there."""
    part = out / f"{END_FILE}.part"
    part.write_text(json.dumps({**asdict(trained), "model": MODEL}, indent=1) + "\n")
    part.replace(out / END_FILE)


def _ended(out: Path) -> Trained | None:
    ended = _read(out / END_FILE)
    if ended is None or not (out / MODEL).is_dir():
        return None
    return Trained(**{**ended, "model": str(out / MODEL), "notes": tuple(ended["notes"])})


def _read(path: Path) -> dict[str, Any] | None:
    try:
        found = json.loads(path.read_text())
    except (OSError, ValueError):
        return None
    return found if isinstance(found, dict) else None
