"""The live view of a search: one line that changes, on a terminal; nothing elsewhere."""

from __future__ import annotations

import sys
import time
from types import TracebackType
from typing import Any


class Live:
    """Shows events of `prover.prove` on standard error while it is a terminal; turns itself off where it is none."""

    def __init__(self, enabled: bool = True) -> None:
        self._enabled = enabled and sys.stderr.isatty()
        self._status: Any = None
        self._what = ""
        self._tried = 0
        self._goals = ""
        self._started = time.monotonic()
        self._drawn = 0.0

    def __enter__(self) -> Live:
        if self._enabled:
            from rich.console import Console
            from rich.text import Text

            self._text = Text
            self._status = Console(stderr=True).status("Opening Lean …", spinner="dots")
            self._status.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    def stop(self) -> None:
        if self._status is not None:
            self._status.stop()
            self._status = None

    def show(self, event: Any) -> None:
        """Take one event of the prover's or the search's."""
        if self._status is None:
            return
        name = type(event).__name__
        if name == "HoleStarted":
            self._what, self._tried, self._started = event.hole.theorem, 0, time.monotonic()
        elif name == "OneLinerTried":
            self._tried += 1
            self._goals = event.tactic
        elif name == "Tried":
            self._tried += 1
            self._goals = str(getattr(event, "action", ""))
        now = time.monotonic()
        if now - self._drawn < 0.08:  # a terminal shows no more, and drawing costs more than a fast tactic
            return
        self._drawn = now
        tactic = self._goals.replace("\n", " ")[:60]
        line = f"{self._what}  {now - self._started:5.1f} s  {self._tried} tactics  {tactic}"
        self._status.update(self._text(line))
