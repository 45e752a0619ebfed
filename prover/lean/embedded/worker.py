"""A worker process: one embedded Lean behind a socket. Started by `workers.py`, never by hand.

The main thread only reads requests, so that it sees at once when its parent is gone, whatever Lean is doing.
"""

from __future__ import annotations

import os
import pickle
import signal
import sys
import threading
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any

from prover.lean.embedded.install import Prepared
from prover.lean.embedded.lean import EmbeddedLean

#: What a parent may ask for, beside "interrupt": methods of EmbeddedLean, and `adopt`.
METHODS = frozenset({"open", "run", "goals", "check", "declaration", "verify", "adopt"})


def serve(connection: Connection, lean: EmbeddedLean) -> None:
    """Answer requests `(method, arguments, keywords)` with `(True, value)` or `(False, error)`."""
    sending = threading.Lock()

    def answer(method: str, arguments: tuple[Any, ...], keywords: dict[str, Any]) -> None:
        try:
            reply: tuple[bool, Any] = (True, getattr(lean, method)(*arguments, **keywords))
        except BaseException as error:
            reply = (False, error)
        try:
            data = pickle.dumps(reply)
        except Exception:
            data = pickle.dumps((False, RuntimeError(str(reply[1]))))
        with sending:
            connection.send_bytes(data)

    while True:
        method, arguments, keywords = pickle.loads(connection.recv_bytes())
        if method == "interrupt":
            lean.interrupt()
        elif method in METHODS:
            threading.Thread(target=answer, args=(method, arguments, keywords), daemon=True).start()


def main() -> None:
    descriptor, artefacts, library = sys.argv[1:]
    # Ctrl-C goes to the whole terminal; the parent decides what becomes of its workers.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    connection = Connection(int(descriptor))
    try:
        serve(connection, EmbeddedLean(Prepared(Path(artefacts), Path(library))))
    except (EOFError, OSError):
        # No clean-up: there is nothing to save, and Lean's thread may be deep in a tactic.
        os._exit(0)


if __name__ == "__main__":
    main()
