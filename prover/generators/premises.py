"""Premises for prompts: what the library's rankers find for a position's first goal.

Not here: ranking (`retrieval`), how a prompt shows premises (`prompts.py`).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, TypeAlias

from prover.generators.protocol import Position, Premise
from retrieval.records import Query

if TYPE_CHECKING:
    from retrieval.library import Library

PremisesFor: TypeAlias = Callable[[Position], Sequence[Premise]]


def no_premises(_position: Position) -> Sequence[Premise]:
    """For a model that is not shown any."""
    return ()


class LibraryPremises:
    """The best `count` premises of a library, ranked once for each goal."""

    def __init__(self, library: Library, count: int = 8) -> None:
        self.library = library
        self.count = count
        self._known: dict[str, tuple[Premise, ...]] = {}

    def __call__(self, position: Position) -> Sequence[Premise]:
        if not position.goals:
            return ()
        text = position.goals[0].text
        if text not in self._known:
            hits = self.library.rank(Query(text), self.count)
            self._known[text] = tuple(Premise(hit.name, self.library.corpus[hit.index].code) for hit in hits)
        return self._known[text]
