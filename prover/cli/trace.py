"""`entails trace`: a Lean file, a folder or a Lake project in, a LeanDojo Benchmark out.

Only reading, showing and exit codes; the work is in `prover.trace`.
"""

from __future__ import annotations

import json as json_
import shlex
import sys
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from prover.cli.common import BAD_INPUT, fail, lean_errors, resumable

if TYPE_CHECKING:
    from prover.trace.records import NotTraced, TracedFile
    from prover.trace.run import Wrong

NOTHING = 1
SCHEMA = 1
_SHOWN = 20

app = typer.Typer(add_completion=False)


@app.command()
def trace(
    path: Annotated[Path, typer.Argument(help="A Lean file, a folder of them, or a Lake project.", show_default=False)],
    out: Annotated[Path, typer.Option(help="Folder for the benchmark; a run that was killed goes on from it.")],
    theorem: Annotated[list[str] | None, typer.Option(help="Only this theorem, by its full name (repeatable).")] = None,
    workers: Annotated[int, typer.Option(help="Processes; 0: one for each core.", min=0)] = 0,
    seconds: Annotated[float, typer.Option(help="Wall clock for each file.", min=1)] = 300.0,
    seed: Annotated[int, typer.Option(help="The same seed gives the same splits.")] = 3407,
    check: Annotated[bool, typer.Option("--check", help="Also run every step again and compare its states.")] = False,
    url: Annotated[str | None, typer.Option(help="Address of the repository, instead of the folder's path.")] = None,
    commit: Annotated[str | None, typer.Option(help="Its commit, instead of the checkout's.")] = None,
    json: Annotated[bool, typer.Option("--json", help="The summary as JSON.")] = False,
    quiet: Annotated[bool, typer.Option("--quiet", "-q", help="No progress, and no list of what is left out.")] = False,
) -> None:
    """Extract every theorem's tactics with their states and premises, as a LeanDojo Benchmark.

    What cannot be traced is listed, with its reason, on standard error and in not_traced.json.
    Exit codes: 0 traced, 1 no theorem was traced or a step did not repeat, 2 bad input, 3 Lean missing.
    """
    from prover.cli.premises import progress
    from prover.dojo.repos import NO_COMMIT, head
    from prover.processes import WorkersFail
    from prover.trace.benchmark import Origin, write
    from prover.trace.library import library
    from prover.trace.run import replay
    from prover.trace.run import trace as run
    from prover.trace.sources import NothingToTrace, find

    try:
        sources = find(path)
    except NothingToTrace as problem:
        fail(str(problem), BAD_INPUT)
    _usable(out)
    wrong: list[Wrong] = []
    steps = 0
    with lean_errors(), resumable(out), progress(quiet or json) as shown:
        try:
            task = shown.add_task("files", total=len(sources.files))  # type: ignore[attr-defined]
            done = run(sources, out, workers=workers, seconds=seconds,
                       on_file=lambda _: shown.advance(task))  # type: ignore[attr-defined]  # fmt: skip
            files = _only(done.files, theorem or ())
            known = library(files)
            if check:
                task = shown.add_task("checked", total=sum(1 for f in files if f.steps))  # type: ignore[attr-defined]
                steps, wrong, _ = replay(sources, files, workers=workers,
                                         on_file=lambda _: shown.advance(task))  # type: ignore[attr-defined]  # fmt: skip
            origin = Origin(url or str(sources.root), commit or head(sources.root) or NO_COMMIT)
            command = shlex.join(["entails", "trace", *sys.argv[2:]])
            written = write(out, files, origin, known, seed=seed, command=command)
        except WorkersFail as problem:
            fail(str(problem), BAD_INPUT)
        except OSError as problem:
            fail(f"{problem.filename or out}: {problem.strerror or problem}.", BAD_INPUT)
    left_out = [n for f in files for n in f.not_traced]
    if not quiet:
        _list(left_out, out)
        if not known.whole:
            print(f"entails: of the library's premises corpus.jsonl has {known.source}", file=sys.stderr)
    for w in wrong[:_SHOWN]:
        where = f"{w.file}:{w.place[0]}:{w.place[1]}: {w.theorem}"
        print(f"{where}: {w.tactic!r} does not repeat: {w.problem}", file=sys.stderr)
    traced = sum(f.steps for f in files)
    if json:
        print(json_.dumps({
            "schema": SCHEMA, "out": str(out), "files": len(files), "earlier": done.earlier,
            "theorems": written.theorems, "steps": traced, "tactics": written.tactics, "premises": written.premises,
            "not_traced": len(left_out), "worker_memory": done.memory,
            "checked": {"steps": steps, "repeated": steps - len(wrong)} if check else None,
        }))  # fmt: skip
    else:
        earlier = f" ({done.earlier} from an earlier run)" if done.earlier else ""
        print(f"{written.theorems} theorems with {traced} steps of {len(files)} files{earlier}: {out}")
        if check:
            print(f"{steps - len(wrong)} of {steps} steps run again gave their states")
    raise typer.Exit(NOTHING if wrong or not written.theorems else 0)


def _usable(out: Path) -> None:
    """Only a folder that is new, empty, or of an earlier run is written to."""
    from prover.trace.run import KEPT

    try:
        if out.exists() and not out.is_dir():
            fail(f"{out} is no folder.", BAD_INPUT)
        if out.is_dir() and any(out.iterdir()) and not (out / KEPT).is_dir():
            fail(f"The folder {out} holds something else than a trace: name another one.", BAD_INPUT)
    except OSError as problem:
        fail(f"{out}: {problem.strerror}.", BAD_INPUT)


def _only(files: Sequence[TracedFile], names: Sequence[str]) -> list[TracedFile]:
    """The files with the theorems of these names alone; all of them where none is given."""
    import difflib
    from dataclasses import replace

    if not names:
        return list(files)
    there = {t.name for f in files for t in f.theorems}
    for name in names:
        if name not in there:
            why = next((n.reason for f in files for n in f.not_traced if n.theorem == name and not n.tactic), "")
            near = difflib.get_close_matches(name, sorted(there), 3)
            fail(f"The theorem {name} was not traced: {why}." if why else f"There is no theorem {name}"
                 + (f" (near: {', '.join(near)})." if near else "."), BAD_INPUT)  # fmt: skip
    return [replace(f, theorems=tuple(t for t in f.theorems if t.name in names)) for f in files]


def _list(left_out: Sequence[NotTraced], out: Path) -> None:
    """Files and theorems one by one, steps counted by their reason."""
    whole = [n for n in left_out if not n.tactic]
    for n in whole[:_SHOWN]:
        place = f":{n.place[0]}" if n.place else ""
        what = f"{n.theorem} is not traced" if n.theorem else "not traced"
        print(f"{n.file}{place}: {what}: {n.reason.rstrip('.')}", file=sys.stderr)
    if len(whole) > _SHOWN:
        print(f"… and {len(whole) - _SHOWN} more in {out / 'not_traced.json'}", file=sys.stderr)
    for reason, count in Counter(n.reason for n in left_out if n.tactic).most_common():
        print(f"{count} steps are not traced: {reason}", file=sys.stderr)
