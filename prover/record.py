"""Keeps the searches of a call of `prove`: as a log on disk, and in memory for a report or a picture.

Not here: the log's format (search/log.py), the page (search/report.py).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from prover.events import HoleFinished, HoleStarted, ProveEvent
from prover.results import HoleResult
from search.events import Expanded, Finished, Scored, Started
from search.log import LogWriter
from search.results import Result


@dataclass(slots=True)
class HoleRecord:
    """The searches of one hole, in their order; `result` is None where the call was interrupted."""

    theorem: str
    line: int
    column: int
    searches: list[Result] = field(default_factory=list)
    result: HoleResult | None = None


class Recorder:
    """An onlooker of `prove`.

    `log`: a file that is written anew, one search after the other, each with the name of its theorem in its first
    line beside what `extra` says. `keep`: whether finished searches stay in `holes`. `trouble`: why the log ends early,
    where it does. Raises OSError when the log cannot be opened.
    """

    def __init__(
        self, log: Path | str | None = None, keep: bool = False, extra: Mapping[str, object] | None = None
    ) -> None:
        self._by_index: dict[int, HoleRecord] = {}
        self.trouble: str | None = None
        self._keep = keep
        self._extra = dict(extra or {})
        self._log = None if log is None else LogWriter(log)

    def __enter__(self) -> Recorder:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    @property
    def holes(self) -> list[HoleRecord]:
        """In the order of the text."""
        return [record for _, record in sorted(self._by_index.items())]

    def close(self) -> None:
        """End the log; safe to call twice."""
        if self._log is not None:
            self._log.close()
            self.trouble = self._log.error

    def __call__(self, event: ProveEvent) -> None:
        if isinstance(event, HoleStarted):
            self._current = self._by_index[event.index] = HoleRecord(
                event.hole.theorem, event.hole.line, event.hole.column
            )
            if self._log is not None:
                self._log.extra = {"name": event.hole.theorem, **self._extra}
        elif isinstance(event, HoleFinished):
            self._by_index[event.index].result = event.result
        elif isinstance(event, Started | Expanded | Scored | Finished):
            if self._log is not None:
                self._log(event)
            if self._keep and isinstance(event, Finished):
                self._current.searches.append(event.result)
