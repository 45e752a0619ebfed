"""How preparing Lean tells of itself: Rich bars on a terminal, plain lines elsewhere; both on standard error."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    import rich.progress

#: Tells how much of a step is done: a share from 0 to 1.
Update = Callable[[float], None]


class Progress(Protocol):
    """Something that can be told."""

    def say(self, line: str) -> None:
        """One line for the user."""
        ...

    def step(self, title: str) -> AbstractContextManager[Update]:
        """A step, from its start to its end."""
        ...


class Lines:
    """A line where a step begins and one where it ends."""

    def say(self, line: str) -> None:
        print(f"entails: {line}", file=sys.stderr, flush=True)

    @contextmanager
    def step(self, title: str) -> Iterator[Update]:
        self.say(f"{title} ...")
        started = time.monotonic()
        yield lambda share: None
        self.say(f"{title}: done in {time.monotonic() - started:.0f} s")


class Bars:
    """A bar for each step; a step that ends in an error keeps its bar where it stopped."""

    def __init__(self, bars: rich.progress.Progress) -> None:
        self._bars = bars

    def say(self, line: str) -> None:
        self._bars.console.print(f"entails: {line}", markup=False, highlight=False, soft_wrap=True)

    @contextmanager
    def step(self, title: str) -> Iterator[Update]:
        task = self._bars.add_task(title, total=1.0)
        yield lambda share: self._bars.update(task, completed=min(share, 0.99))
        self._bars.update(task, completed=1.0)


@contextmanager
def shown() -> Iterator[Progress]:
    """Bars if standard error is a terminal, else lines."""
    from rich.console import Console

    console = Console(stderr=True)
    if not console.is_terminal:
        yield Lines()
        return
    from rich.progress import BarColumn, Progress, TaskProgressColumn, TextColumn, TimeElapsedColumn

    columns = (TextColumn("{task.description}"), BarColumn(), TaskProgressColumn(), TimeElapsedColumn())
    with Progress(*columns, console=console) as bars:
        yield Bars(bars)
