"""How much a search may spend, and what it has spent. Not here: who stops (search/drive.py)."""

from __future__ import annotations

import math
from dataclasses import dataclass, fields

from search.errors import SearchError


@dataclass(frozen=True, slots=True)
class Budget:
    """Limits of one search; None is no limit, 0 allows nothing of its kind and stops the search at once.

    `expansions`: states given to the generator. `seconds`: wall clock. `checks`: actions given to the checker
    (all strategies are compared at equal checks). `tokens`: as reported by the generator's candidates; the
    search stops after the batch that used them up, since a model's cost is known only afterwards. The other
    counts are never exceeded.
    """

    expansions: int | None = None
    seconds: float | None = None
    checks: int | None = None
    tokens: int | None = None

    def __post_init__(self) -> None:
        for field in fields(self):
            value = getattr(self, field.name)
            if value is not None and (math.isnan(value) or value < 0):
                raise SearchError(f"the budget for {field.name} must be 0 or more, not {value}")

    def spent(self, expansions: int, seconds: float, checks: int, tokens: int) -> str | None:
        """The name of the first limit that is reached, or None."""
        if self.expansions is not None and expansions >= self.expansions:
            return "expansions"
        if self.checks is not None and checks >= self.checks:
            return "checks"
        if self.tokens is not None and tokens >= self.tokens:
            return "tokens"
        if self.seconds is not None and seconds >= self.seconds:
            return "seconds"
        return None
