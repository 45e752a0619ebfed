"""Traces many files in worker processes, each result on disk at once, so that a run goes on where it was killed.

Not here: tracing (`tracer.py`), the processes (`prover.processes`), LeanDojo's layout (`benchmark.py`). A result is
kept in the output folder under a name made of the file's content, its path, and the rules of tracing: what changed is
traced anew.
"""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from prover import processes
from prover.lean.embedded.engine import LEAN_VERSION
from prover.trace.projects import CannotJoin, Imports, imports_of
from prover.trace.records import RULES, NotTraced, TracedFile, traced_file
from prover.trace.sources import Sources

KEPT = "traced"
#: Lean takes minutes to say what is wrong with more.
LARGEST_SOURCE = 4 << 20
SECONDS = 300.0
_REPLAY_SECONDS = 3600.0
#: Beyond a file's own seconds: starting, imports, a busy machine.
GRACE = 90.0
#: Bytes; a worker that ever had more is replaced after its answer.
RECYCLE = 800 << 20


@dataclass(frozen=True, slots=True)
class Done:
    """What a run gave: `earlier` files of `files` were on disk. `memory`: bytes, of the worker that had most."""

    files: tuple[TracedFile, ...]
    earlier: int
    memory: int


@dataclass(frozen=True, slots=True)
class Wrong:
    """A step that did not repeat."""

    file: str
    theorem: str
    place: tuple[int, int]
    tactic: str
    problem: str


def trace(
    sources: Sources,
    out: Path,
    *,
    workers: int = 0,
    seconds: float = SECONDS,
    on_file: Callable[[TracedFile], None] | None = None,
) -> Done:
    """Trace every file, `seconds` of wall clock each, in `workers` processes (0: one for each core).

    Raises OSError where the output folder cannot be written, WorkersFail, LeanMissing before any work.
    """
    from prover.lean.embedded.install import ensure

    kept = out / KEPT
    kept.mkdir(parents=True, exist_ok=True)
    found: dict[str, TracedFile] = {}
    requests: list[dict[str, Any]] = []
    places: list[Path | None] = []
    contents = {path: _content(sources.root, path) for path in (*sources.files, *sources.around)}
    readable = {path: content for path, content in contents.items() if isinstance(content, bytes)}
    headers = {path: imports_of(content.decode(errors="replace")) for path, content in readable.items()}
    imports = Imports(sources, headers, {path: len(content) for path, content in readable.items()})
    for path in sources.files:
        place, refusal, needed = _place(kept, path, contents, imports)
        earlier = None if place is None else _load(place, path)
        if refusal is not None or earlier is not None:
            found[path] = refusal or earlier  # type: ignore[assignment]
            if on_file is not None:
                on_file(found[path])
            continue
        requests.append({"do": "trace", "path": path, "root": str(sources.root), "needs": needed, "seconds": seconds})
        places.append(place)
    earlier_files = len(found)
    if requests:
        ensure()  # once, here, and not by every worker at the same time
    memory = 0
    for answer in answers(requests, workers, seconds):
        path = str(requests[answer.number]["path"])
        memory = max(memory, answer.memory)
        if answer.problem:
            found[path] = _refused(path, f"it could not be traced: {answer.problem}")
        else:
            found[path] = traced = traced_file(answer.value)
            # A file that was written to since its content was read has no place among the results.
            if all(digest == _digest(contents[name]) for name, digest in ((path, traced.sha256), *traced.needs)):
                _save(places[answer.number], traced)
        if on_file is not None:
            on_file(found[path])
    return Done(tuple(found[path] for path in sources.files), earlier_files, memory)


def replay(
    sources: Sources, files: Sequence[TracedFile], *, workers: int = 0, on_file: Callable[[str], None] | None = None
) -> tuple[int, list[Wrong], int]:
    """Run every step again: how many there are, those that did not repeat, and the most memory of a worker."""
    files = [f for f in files if f.steps]
    requests = [
        {"do": "replay", "path": f.path, "root": str(sources.root), "needs": [n for n, _ in f.needs],
         "trace": f.to_json()}
        for f in files
    ]  # fmt: skip
    count, wrong, memory = 0, [], 0
    for answer in answers(requests, workers, _REPLAY_SECONDS):
        file = files[answer.number]
        memory = max(memory, answer.memory)
        if answer.problem:
            count += file.steps
            wrong.append(Wrong(file.path, "", (1, 1), "", answer.problem))
        else:
            count += answer.value["steps"]
            wrong += [Wrong(file.path, t, (p[0], p[1]), tactic, why) for t, p, tactic, why in answer.value["wrong"]]
        if on_file is not None:
            on_file(file.path)
    return count, wrong, memory


def answers(requests: Sequence[dict[str, Any]], workers: int, seconds: float) -> Iterator[processes.Answer]:
    """What the workers answer, `seconds` for each request; 0 workers are one for each core. Raises WorkersFail."""
    crew = workers or os.cpu_count() or 1
    return processes.run(requests, "prover.trace.worker", workers=crew, patience=seconds + GRACE, recycle=RECYCLE)


def _content(root: Path, path: str) -> bytes | str:
    """A file's bytes, or why it is not worth asking Lean about."""
    try:
        if (root / path).stat().st_size > LARGEST_SOURCE:
            return f"it is larger than {LARGEST_SOURCE >> 20} MiB, too large for a Lean source"
        return (root / path).read_bytes()
    except OSError as error:
        return f"it cannot be read: {error.strerror}"


def _digest(content: bytes | str) -> str:
    return "" if isinstance(content, str) else hashlib.sha256(content).hexdigest()


def _place(
    kept: Path, path: str, contents: Mapping[str, bytes | str], imports: Imports
) -> tuple[Path | None, TracedFile | None, list[str]]:
    """Where a file's result is kept, and the files that it needs; or its refusal."""
    try:
        needed = imports.needs(path)
    except CannotJoin as problem:
        return None, _refused(path, str(problem)), []
    key = hashlib.sha256("\0".join((str(RULES), LEAN_VERSION, path)).encode())
    for name in (*needed, path):
        content = contents[name]
        if isinstance(content, str):
            return None, _refused(path, content if name == path else f"it imports {name}: {content}"), []
        key.update(b"\0" + name.encode() + b"\0" + hashlib.sha256(content).digest())
    return kept / f"{key.hexdigest()[:32]}.json", None, needed


def _load(place: Path, path: str) -> TracedFile | None:
    try:
        loaded = traced_file(json.loads(place.read_text(encoding="utf-8")))
    except (OSError, ValueError, KeyError, TypeError):
        return None  # not there, or cut off by a power failure: traced again
    return loaded if loaded.path == path else None


def _save(place: Path | None, file: TracedFile) -> None:
    assert place is not None
    temporary = place.with_suffix(f".{os.getpid()}")
    temporary.write_text(json.dumps(file.to_json(), ensure_ascii=False), encoding="utf-8")
    temporary.replace(place)


def _refused(path: str, reason: str) -> TracedFile:
    return TracedFile(path, "", (), (), (), (NotTraced(path, reason),))
