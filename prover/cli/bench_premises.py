"""`entails bench premise-data`: examples of premise use, made by trying premises in Lean.

Not here: what is tried (prover/data/premises.py). prover/cli/bench.py adds this app to its own.
"""

from __future__ import annotations

import json
import time
from pathlib import Path
from typing import Annotated

import typer

from prover.cli.common import BAD_INPUT, fail, lean_errors

app = typer.Typer(add_completion=False)


@app.command("premise-data")
def premise_data(
    statements: Annotated[Path, typer.Argument(help="Theorems of the library, such as data/library/train.jsonl.")],
    out: Annotated[Path, typer.Option("--out", "-o", help="JSON lines; what is in it already is not tried again.")],
    index: Annotated[str, typer.Option(help="An index by name or folder (see `entails index`).")] = "embedded",
    workers: Annotated[int, typer.Option(min=1, help="Processes.")] = 1,
    seconds: Annotated[float | None, typer.Option(min=1, help="Stop after so long; the same command goes on.")] = None,
    limit: Annotated[int | None, typer.Option(min=1, help="Only so many theorems, taken evenly.")] = None,
) -> None:
    """Find which premises prove each theorem in one step, in the environment of its module's imports."""
    from prover.cli.premises import open_library, progress, sentences
    from prover.data.premises import generate, tried_already
    from prover.data.rows import BadRows, read_rows
    from prover.generators.premises import index_folder
    from prover.lean.embedded.install import ensure

    try:
        rows = list(read_rows(statements))
    except BadRows as error:
        fail(str(error), BAD_INPUT)
    except OSError as error:
        fail(f"{statements} cannot be read: {error.strerror}.", BAD_INPUT)
    if limit is not None:
        rows = rows[:: max(1, -(-len(rows) // limit))]
    started, solved, count = time.monotonic(), 0, 0
    with sentences(), lean_errors():
        prepared = ensure()
        open_library(index, None)  # errors of the index before any process starts
        done = tried_already(out)
        waiting = [row for row in rows if row.name not in done]
        out.parent.mkdir(parents=True, exist_ok=True)
        with progress() as shown, out.open("a", encoding="utf-8") as file:
            task = shown.add_task("theorems", total=len(waiting))  # type: ignore[attr-defined]
            for tried in generate(prepared, waiting, index_folder(index), workers):
                file.write(json.dumps(tried.to_json(), ensure_ascii=False) + "\n")
                file.flush()
                shown.advance(task)  # type: ignore[attr-defined]
                solved, count = solved + bool(tried.tactics), count + 1
                if seconds is not None and time.monotonic() - started > seconds:
                    break
    left = len(waiting) - count
    print(f"{count} theorems, {solved} of them proved by a premise in one step, {left} not tried, in "
          f"{time.monotonic() - started:.0f} s: {out}")  # fmt: skip
