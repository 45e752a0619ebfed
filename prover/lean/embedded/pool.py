"""A function over many items, each call beside an embedded Lean: in this process, or in several.

Not here: proof search over processes (`workers.py`), which has to survive whatever a tactic does. Here a process that
dies ends the run.
"""

from __future__ import annotations

import signal
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from functools import partial
from multiprocessing import get_context
from typing import TYPE_CHECKING, Any, TypeVar

from prover.lean.embedded.errors import EmbeddedLeanError

if TYPE_CHECKING:
    from prover.lean.embedded.install import Prepared
    from prover.lean.embedded.lean import EmbeddedLean
    from prover.lean.embedded.session import Session

Item = TypeVar("Item")
Result = TypeVar("Result")
Tool = TypeVar("Tool")

_lean: EmbeddedLean
_tool: Any


def run(
    prepared: Prepared,
    workers: int,
    make: Callable[[Session], Tool],
    function: Callable[[Tool, Item], Result],
    items: Sequence[Item],
    chunk: int = 1,
) -> Iterator[Result]:
    """The results in the order of `items`, as they get ready; `make` gives each process its tool, once.

    All are pickled, so functions of a module. Raises what they raise, and EmbeddedLeanError when a process dies.
    """
    if workers == 1:
        from prover.lean.embedded.lean import EmbeddedLean

        with EmbeddedLean(prepared) as lean:
            tool = lean.ask(make)
            for item in items:
                yield lean.ask(lambda _, item=item: function(tool, item))
        return
    pool = ProcessPoolExecutor(
        workers, mp_context=get_context("spawn"), initializer=_start, initargs=(prepared, make)
    )
    try:
        yield from pool.map(partial(_call, function), items, chunksize=chunk)
    except BrokenProcessPool:
        raise EmbeddedLeanError("A process that read Lean's library ended unexpectedly; is there memory for "
                                f"{workers} of them (--workers)?") from None  # fmt: skip
    finally:
        pool.shutdown(cancel_futures=True)


def _start(prepared: Prepared, make: Callable[[Session], Any]) -> None:
    global _lean, _tool
    from prover.lean.embedded.lean import EmbeddedLean

    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is for the process that asks, which ends this one
    _lean = EmbeddedLean(prepared)
    _tool = _lean.ask(make)


def _call(function: Callable[[Any, Item], Result], item: Item) -> Result:
    return _lean.ask(lambda _: function(_tool, item))
