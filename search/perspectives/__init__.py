"""The perspectives by name. How to add one: search/strategies/README.md."""

from __future__ import annotations

from collections.abc import Callable

from search.errors import UnknownName
from search.perspectives.base import Perspective
from search.perspectives.effectiveness import Effectiveness
from search.perspectives.novelty import Novelty
from search.perspectives.plain import CriticDistance, FewestSplits, LogProbability, ShortestState
from search.perspectives.plan import Plan

PERSPECTIVES: dict[str, Callable[..., Perspective]] = {
    "critic": CriticDistance,
    "log-probability": LogProbability,
    "effectiveness": Effectiveness,
    "fewest-splits": FewestSplits,
    "shortest-state": ShortestState,
    "novelty": Novelty,
    "plan": Plan,
}


def make_perspective(name: str, **options: object) -> Perspective:
    """A fresh perspective; `options` are those of its class. Errors: `UnknownName`."""
    try:
        factory = PERSPECTIVES[name]
    except KeyError:
        raise UnknownName(f"there is no perspective {name!r}; there are {', '.join(PERSPECTIVES)}") from None
    return factory(**options)


__all__ = ["PERSPECTIVES", "Perspective", "make_perspective"]
