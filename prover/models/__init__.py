"""The language-model layer, shared by the prover and by `logic`'s semantic parser; it knows neither of them.

    from prover.models import Request, open_model

    model = open_model("openai:gpt-4o-mini", cache=True)
    [reply] = model.generate([Request("All men are", n=4, temperature=0.8)])

Every name is loaded when it is first used: importing this package costs nothing.
"""

from __future__ import annotations

import importlib
from typing import Any

_NAMES: dict[str, str] = {
    **dict.fromkeys(
        ("Answered", "Completion", "Failed", "Message", "Model", "Reply", "Request", "Score", "Scorer"),
        "prover.models.protocol",
    ),
    **dict.fromkeys(("Usage", "total"), "prover.models.protocol"),
    **dict.fromkeys(("BadRequest", "ModelError", "ModelMissing"), "prover.models.errors"),
    **dict.fromkeys(("KINDS", "MODELS", "check_model", "open_model"), "prover.models.registry"),
    "CachedModel": "prover.models.cache",
    "Recorder": "prover.models.recorded",
}

__all__ = sorted(_NAMES)


def __getattr__(name: str) -> Any:
    if name not in _NAMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(importlib.import_module(_NAMES[name]), name)


def __dir__() -> list[str]:
    return list(_NAMES)
