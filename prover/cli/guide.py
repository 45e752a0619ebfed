"""`--strategy`, `--critic` and `--perspectives` of the commands that prove: read, and refused before any work."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from prover.cli.common import BAD_INPUT, LEAN_MISSING, fail
from search.strategies import STRATEGIES

STRATEGY_HELP = f"Which state is expanded next: {', '.join(STRATEGIES)}."
GENERATOR_HELP = (
    "What proposes tactics: portfolio, by rules; policy, by more rules in an order learned from outcomes, or "
    "policy:FILE, with weights of `entails train policy` or `train loop`."
)
CRITIC_HELP = "What tells how far a state is from a proof: shipped, none, or a model of `entails train critic`."
PERSPECTIVES_HELP = "Weights of multi-perspective's perspectives, and their quotas: critic=2,novelty=0.5:20."


def guided(strategy: str, critic: str, perspectives: str | None) -> dict[str, Any]:
    """Settings for `prove`, all plain data."""
    from prover import guidance
    from search.errors import MissingLibrary, SearchError

    try:
        weights, quotas = (None, None) if perspectives is None else guidance.read_perspectives(perspectives)
        guidance.make(strategy, weights, quotas)
        guidance.load_critic(critic)
    except MissingLibrary as error:
        fail(str(error), LEAN_MISSING)
    except SearchError as error:
        fail(str(error), BAD_INPUT)
    if critic not in (guidance.SHIPPED, guidance.NONE):
        critic = str(Path(critic).resolve())
    return {"strategy": strategy, "critic": critic, "perspectives": weights, "quotas": quotas}
