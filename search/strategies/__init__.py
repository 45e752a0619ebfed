"""The strategies by name. How to add one: README.md beside this file."""

from __future__ import annotations

from collections.abc import Callable

from search.errors import UnknownName
from search.strategies.base import Strategy
from search.strategies.best_first import BestFirst


def _best_first(**options: float) -> Strategy:
    return BestFirst("best-first", **options)


STRATEGIES: dict[str, Callable[..., Strategy]] = {
    "best-first": _best_first,
}


def make_strategy(name: str, **options: object) -> Strategy:
    """A fresh strategy; `options` are those of its class. Errors: `UnknownName`."""
    try:
        factory = STRATEGIES[name]
    except KeyError:
        raise UnknownName(f"there is no strategy {name!r}; there are {', '.join(STRATEGIES)}") from None
    return factory(**options)


__all__ = ["STRATEGIES", "Strategy", "make_strategy"]
