"""Runs a search for a caller that waits for it: an event loop of its own, and Ctrl-C that leaves the graph whole.

Not here: the search (search/drive.py).
"""

from __future__ import annotations

import asyncio
import signal
import threading
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING

from search.results import Result

if TYPE_CHECKING:
    from search.drive import Search


def run(search: Search) -> Result:
    """See `Search.run`."""
    try:
        asyncio.get_running_loop()
    except RuntimeError:
        loop = asyncio.new_event_loop()
    else:
        return _in_a_thread(search)  # called in a notebook, say, whose loop stands still meanwhile
    task = loop.create_task(search.arun())
    in_main_thread = threading.current_thread() is threading.main_thread()
    previous = signal.getsignal(signal.SIGINT) if in_main_thread else None
    if previous is not None:
        signal.signal(signal.SIGINT, lambda *_: search.pressed())
    try:
        return loop.run_until_complete(task)
    except KeyboardInterrupt:
        # Ctrl-C in the instants around a call, or a second one: the graph is whole all the same.
        if not task.done():
            task.cancel()
            loop.run_until_complete(asyncio.wait({task}))
        return search.broken_off()
    finally:
        if previous is not None:
            signal.signal(signal.SIGINT, previous)
        loop.close()


def _in_a_thread(search: Search) -> Result:
    with ThreadPoolExecutor(1, thread_name_prefix="search") as executor:
        future = executor.submit(run, search)
        while True:
            try:
                return future.result()
            except KeyboardInterrupt:
                if search.interrupted:
                    raise
                search.interrupt()
