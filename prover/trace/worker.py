"""A worker process of a run: one embedded Lean that traces the files it is sent. Started by `run.py`, never by hand.

Lean's memory is limited here, and the process is replaced when it has grown (`run.RECYCLE`).
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

from prover import processes

#: Of Lean's own heap; the rest of a worker is Python, the compiled code, and pages of the snapshot, all shared.
LEAN_MEMORY = 768 << 20


def main() -> None:
    """A worker."""
    from prover.lean.embedded.install import ensure
    from prover.lean.embedded.lean import EmbeddedLean
    from prover.trace.tracer import Tracer

    lean = EmbeddedLean(ensure(), memory_limit=LEAN_MEMORY)
    tracer = lean.ask(Tracer)
    processes.serve(lambda request: answer_to(lean, tracer, request))


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
    main()
