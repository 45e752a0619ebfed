"""The strategies by name. How to add one: README.md beside this file."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from search.errors import UnknownName
from search.strategies.base import Strategy
from search.strategies.best_first import BestFirst, log_probability, to_go
from search.strategies.mcts import Mcts
from search.strategies.multi_perspective import MultiPerspective
from search.strategies.particles import Particles


def _best_first(length_exponent: float = 0.0) -> Strategy:
    return BestFirst("best-first", log_probability(length_exponent), "log-probability")


def _bfs_prover(length_exponent: float = 0.5) -> Strategy:
    return BestFirst("bfs-prover", log_probability(length_exponent), "log-probability")


def _a_star(weight: float = 1.0, prior: float = 0.1) -> Strategy:
    return BestFirst("a-star", to_go(weight, prior), "cost-to-go", needs_critic=True)


DEFAULT_STRATEGY = "multi-perspective"

STRATEGIES: dict[str, Callable[..., Strategy]] = {
    "multi-perspective": MultiPerspective,
    "best-first": _best_first,
    "bfs-prover": _bfs_prover,
    "mcts": Mcts,
    "particles": Particles,
    "a-star": _a_star,
}


def make_strategy(name: str, **options: Any) -> Strategy:
    """A fresh strategy; `options` are those of its entry in `STRATEGIES`. Errors: `UnknownName`."""
    try:
        factory = STRATEGIES[name]
    except KeyError:
        raise UnknownName(f"there is no strategy {name!r}; there are {', '.join(STRATEGIES)}") from None
    strategy = factory(**options)
    strategy.settings = options
    return strategy


__all__ = ["DEFAULT_STRATEGY", "STRATEGIES", "Strategy", "make_strategy"]
