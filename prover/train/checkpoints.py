"""Which checkpoint of a run can be trusted: one that was cut off while it was written cannot.

Not here: writing them (transformers' `Trainer` does).
"""

from __future__ import annotations

import json
import zipfile
from pathlib import Path

from prover.models.errors import BadRequest

# What a checkpoint of the trainer consists of; weights are one or more safetensors files besides.
TORCH_FILES = ("optimizer.pt", "scheduler.pt")


def latest_whole(out: Path) -> tuple[Path, list[str]]:
    """The newest checkpoint that is whole, and a note on each newer one that is not.

    Raises:
        BadRequest: there are checkpoints and none is whole.
    """
    notes: list[str] = []
    found = sorted(out.glob("checkpoint-*"), key=lambda folder: int(folder.name.rpartition("-")[2]), reverse=True)
    for folder in found:
        damage = _damage(folder)
        if damage is None:
            return folder, notes
        notes.append(f"{folder.name} was passed over: {damage} is missing or cut off.")
    raise BadRequest(f"No checkpoint in {out} is whole ({notes[0]}) Start again in another folder.")


def _damage(folder: Path) -> str | None:
    """The first file that is missing or cut off; None for none."""
    from safetensors import SafetensorError, safe_open

    try:
        json.loads((folder / "trainer_state.json").read_text())
    except (OSError, ValueError):
        return "trainer_state.json"
    weights = sorted(folder.glob("*.safetensors"))
    if not weights:
        return "the weights"
    for path in weights:
        try:
            # The header says how long the file has to be, and opening compares.
            with safe_open(path, framework="numpy"):
                pass
        except (OSError, SafetensorError):
            return path.name
    for name in TORCH_FILES:
        # PyTorch's files are zip archives, whose directory is at their end.
        if not zipfile.is_zipfile(folder / name):
            return name
    if not any(zipfile.is_zipfile(path) for path in folder.glob("rng_state*.pth")):
        return "rng_state.pth"
    return None
