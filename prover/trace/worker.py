"""A worker process of a run: one embedded Lean that traces the files it is sent. Started by `crew.py`, never by hand.

Requests and answers are JSON, one a line. Lean's memory is limited here, and with each answer goes the most memory that
the process ever had, so that its parent can put a fresh one in its place.
"""

from __future__ import annotations

import json
import os
import queue
import sys
import threading
from pathlib import Path
from typing import Any

#: Of Lean's own heap; the rest of a worker is Python, the compiled code, and pages of the snapshot, all shared.
LEAN_MEMORY = 768 << 20


def peak_memory() -> int:
    """The most resident memory that this process had, in bytes, pages that it shares included.

    Not `getrusage`'s: that counts the process which started this one, too.
    """
    for line in Path("/proc/self/status").read_text().splitlines():
        if line.startswith("VmHWM:"):
            return int(line.split()[1]) * 1024
    return 0


def serve() -> None:
    """Answer until standard input ends; then end at once, whatever runs."""
    from prover.lean.embedded.install import ensure
    from prover.lean.embedded.lean import EmbeddedLean
    from prover.trace.tracer import Tracer

    requests: queue.SimpleQueue[dict[str, Any]] = queue.SimpleQueue()
    lean = EmbeddedLean(ensure(), memory_limit=LEAN_MEMORY)
    tracer = lean.ask(Tracer)

    def work() -> None:
        while True:
            request = requests.get()
            try:
                answer = {"done": answer_to(lean, tracer, request)}
            except Exception as error:  # one file's trouble; but who knows what state Lean is in
                answer = {"broken": f"{type(error).__name__}: {error}"}
            print(json.dumps(answer | {"memory": peak_memory()}, ensure_ascii=True), flush=True)

    threading.Thread(target=work, daemon=True).start()
    print("ready", flush=True)
    for line in sys.stdin:
        requests.put(json.loads(line))
    os._exit(0)  # the parent is gone, and Lean's thread may be deep in a tactic


def answer_to(lean: Any, tracer: Any, request: dict[str, Any]) -> Any:
    """`trace`: a file's trace. `replay`: of a trace, how many steps were run again and which did not repeat."""
    from prover.trace.records import traced_file
    from prover.trace.replay import replay

    path, root = request["path"], Path(request["root"])
    content = (root / path).read_bytes()
    before = [(name, (root / name).read_bytes()) for name in request["needs"]]
    if request["do"] == "trace":
        return lean.ask(lambda _: tracer.trace(path, content, request["seconds"], before)).to_json()
    done = replay(lean, traced_file(request["trace"]), content, before)
    wrong = [[r.theorem, list(r.step.place), r.step.tactic, r.problem] for r in done if r.problem]
    return {"steps": len(done), "wrong": wrong}


if __name__ == "__main__":
    serve()
