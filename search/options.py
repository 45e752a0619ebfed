"""How a search is run, apart from its strategy and budget."""

from __future__ import annotations

from dataclasses import dataclass

from search.errors import SearchError


@dataclass(frozen=True, slots=True)
class Options:
    """The tree of a search depends on `batch` and `lookahead`, and not on `workers`.

    `batch`: states expanded together, in one call of the generator and one of the critic.
    `lookahead`: batches under way at once. Batch k is chosen when batch k - lookahead is in the graph, so the
    generator works on one while the checker works on another; 1 is the textbook's search, which knows
    everything before it chooses.
    `workers`: calls of the checker that may overlap; a batch is divided among them.
    `max_actions`: candidates kept for a state, the most probable first; None keeps all.
    `max_action_chars`: longer candidates are dropped.
    `max_failures`: consecutive failed calls of a part after which the search gives up on it.
    `threads`: run parts that are no coroutines in threads; by default only where calls overlap.
    """

    batch: int = 1
    lookahead: int = 1
    workers: int = 1
    max_actions: int | None = None
    max_action_chars: int = 10_000
    max_failures: int = 5
    threads: bool | None = None

    def __post_init__(self) -> None:
        for name in ("batch", "lookahead", "workers", "max_action_chars", "max_failures"):
            if getattr(self, name) < 1:
                raise SearchError(f"{name} must be 1 or more, not {getattr(self, name)}")
        if self.max_actions is not None and self.max_actions < 1:
            raise SearchError(f"max_actions must be 1 or more, not {self.max_actions}")

    @property
    def overlapping(self) -> bool:
        return self.lookahead > 1 or self.workers > 1
