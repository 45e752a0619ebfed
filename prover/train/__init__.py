"""Learning from proofs: fine-tuning a language model on (state, premises) → tactic pairs.

    from prover.train import Settings, finetune, read_examples

    trained = finetune(read_examples("pairs.jsonl"), Settings(base="smollm2", out="runs/first"))

The folder it names opens with `prover.models.open_model`. Every name is loaded when it is first used.
"""

from __future__ import annotations

import importlib
from typing import Any

_NAMES: dict[str, str] = {
    **dict.fromkeys(("Step", "read_steps"), "prover.train.steps"),
    "with_premises": "prover.train.premises",
    **dict.fromkeys(("Curated", "curate"), "prover.train.curation"),
    **dict.fromkeys(("Example", "examples_of", "read_examples", "write_examples"), "prover.train.examples"),
    **dict.fromkeys(("Settings", "finetune"), "prover.train.trainer"),
    "Trained": "prover.train.folder",
}

__all__ = sorted(_NAMES)


def __getattr__(name: str) -> Any:
    if name not in _NAMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(importlib.import_module(_NAMES[name]), name)


def __dir__() -> list[str]:
    return list(_NAMES)
