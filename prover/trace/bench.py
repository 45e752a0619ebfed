"""`entails bench trace`: how fast the repository's examples are traced, in what memory, and whether they repeat.

Steps a second are of the processor's time, which other work on the machine changes little, and of the clock. The
examples are traced in one worker process into a folder that is removed again, then every step is run once more.
"""

from __future__ import annotations

import sys
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from prover.trace.run import replay, trace
from prover.trace.sources import find

EXAMPLES = Path(__file__).parents[2] / "data" / "examples"
_MEGABYTE = 1e6


@dataclass(frozen=True, slots=True)
class Figure:
    """One line of what is printed."""

    what: str
    value: float
    unit: str


def figures(folder: Path = EXAMPLES, workers: int = 1) -> Iterator[Figure]:
    """The figures of a folder's sources, as they are measured. Raises NothingToTrace."""
    sources = find(folder)
    with tempfile.TemporaryDirectory() as out:
        started = time.monotonic()
        done = trace(sources, Path(out), workers=workers)
        wall = time.monotonic() - started
    steps = sum(f.steps for f in done.files)
    processor = sum(f.seconds for f in done.files)
    yield Figure("theorems traced", sum(len(f.theorems) for f in done.files), "")
    yield Figure("of these with tactics", sum(1 for f in done.files for t in f.theorems if t.steps), "")
    yield Figure("steps traced", steps, "")
    yield Figure("not traced, with a reason", sum(len(f.not_traced) for f in done.files), "")
    yield Figure("steps a second of processor time", steps / processor if processor else 0.0, "1/s")
    yield Figure(f"steps a second, {workers} worker(s), start included", steps / wall, "1/s")
    yield Figure("most memory of a worker, shared pages included", done.memory / _MEGABYTE, "MB")
    started = time.monotonic()
    count, wrong, memory = replay(sources, done.files, workers=workers)
    yield Figure("steps run again that gave their states", count - len(wrong), f"of {count}")
    yield Figure("the same", 100 * (count - len(wrong)) / count if count else 0.0, "%")
    yield Figure("steps run again a second", count / (time.monotonic() - started), "1/s")
    yield Figure("most memory of a worker meanwhile", memory / _MEGABYTE, "MB")
    for w in wrong:
        print(f"{w.file}:{w.place[0]}: {w.theorem}: {w.tactic!r}: {w.problem}", file=sys.stderr)
