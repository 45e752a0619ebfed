"""Critics: how far is a state from a proof? They implement `search.protocols.Critic`.

Not here: how a search uses the answer (strategies and perspectives). On features (search/critic/models.py),
small and fast, trained from logs (search/critic/train.py); or a transformer encoder
(search/critic/transformer.py, needs the `models` extra). Imports nothing until asked.
"""

from __future__ import annotations

import importlib

_HOME = {
    "FeatureCritic": "search.critic.models",
    "TransformerCritic": "search.critic.transformer",
}

__all__ = ["FeatureCritic", "TransformerCritic"]


def __getattr__(name: str) -> object:
    if name not in __all__:
        raise AttributeError(f"module 'search.critic' has no attribute {name!r}")
    return getattr(importlib.import_module(_HOME[name]), name)
