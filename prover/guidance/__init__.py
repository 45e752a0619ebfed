"""What guides the tree search: the critic and the tactic counts that ship with the product, and the strategy by name.

`critic.npz` and `effectiveness.json` were learned from searches on training modules; README.md beside them says how.
Not here: training (`entails train`), the search itself (`search`).
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from functools import lru_cache
from pathlib import Path

from search.errors import SearchError
from search.perspectives import effectiveness
from search.protocols import Critic
from search.strategies import DEFAULT_STRATEGY, Strategy, make_strategy

SHIPPED = "shipped"
NONE = "none"
CRITIC = Path(__file__).with_name("critic.npz")
EFFECTIVENESS = Path(__file__).with_name("effectiveness.json")
#: Turns of the default strategy's perspectives. Most go to the plan that is nearest to a proof as a whole; the
#: generator knows which tactics are often of use; the rest are for what both overlook.
WEIGHTS: Mapping[str, float] = {
    "plan": 6,
    "log-probability": 1,
    "effectiveness": 0.5,
    "shortest-state": 0.5,
    "novelty": 0.25,
}
_PERSPECTIVE = re.compile(r"\s*([a-z-]+)\s*=\s*([0-9.]+)\s*(?::\s*([0-9]+)\s*)?")


def load_critic(which: str | Path | Critic | None) -> Critic | None:
    """`shipped`, `none`, a model file of `entails train critic`, a folder with a transformer, or a critic as it is.

    Raises SearchError (no such critic, or a damaged one), MissingLibrary.
    """
    if which is None or which == NONE:
        return None
    if which == SHIPPED:
        return _shipped_critic()
    if not isinstance(which, str | Path):
        return which
    if Path(which).is_dir():
        from search.critic.transformer import TransformerCritic

        return TransformerCritic.load(which)
    from search.critic.models import FeatureCritic

    return FeatureCritic.load(which)


@lru_cache(1)
def _shipped_critic() -> Critic:
    from search.critic.models import FeatureCritic

    return FeatureCritic.load(CRITIC)


@lru_cache(1)
def _shipped_table() -> Mapping[str, Sequence[float]]:
    return effectiveness.load(EFFECTIVENESS)


def read_perspectives(text: str) -> tuple[dict[str, float], dict[str, int]]:
    """Weights and quotas out of `critic=2,novelty=0.5:20`: a turn's weight, and the most a perspective may choose.

    Raises SearchError.
    """
    weights: dict[str, float] = {}
    quotas: dict[str, int] = {}
    for part in text.split(","):
        found = _PERSPECTIVE.fullmatch(part)
        try:
            if found is None:
                raise ValueError
            weights[found[1]] = float(found[2])
        except ValueError:
            raise SearchError(
                f"{part.strip()!r} is no perspective: write name=weight or name=weight:quota, as critic=2,novelty=1:9"
            ) from None
        if found[3]:
            quotas[found[1]] = int(found[3])
    return weights, quotas


def make(
    name: str, perspectives: Mapping[str, float] | None = None, quotas: Mapping[str, int] | None = None
) -> Strategy:
    """A fresh strategy; the perspectives of the default one can be given weights (`None`: `WEIGHTS`) and quotas.

    Raises UnknownName, SearchError.
    """
    if name != DEFAULT_STRATEGY:
        if perspectives or quotas:
            raise SearchError(f"{name} has no perspectives to weigh: only {DEFAULT_STRATEGY} has")
        return make_strategy(name)
    weights = WEIGHTS if perspectives is None else perspectives
    return make_strategy(name, weights=dict(weights), quotas=quotas, effectiveness=_shipped_table())
