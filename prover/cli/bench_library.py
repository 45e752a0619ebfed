"""`entails bench library-data`: makes the data set of Lean's own theorems anew, from the installed Lean.

Not here: how it is made (prover/data/library.py). prover/cli/bench.py adds this app to its own; without it,
`python -m prover.data --out data/library` is the same command.
"""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from prover.cli.common import BAD_INPUT, fail, lean_errors

app = typer.Typer(add_completion=False)


@app.command("library-data")
def library_data(
    out: Annotated[Path, typer.Option(help="Folder for train, validation and test.jsonl and README.md.")],
    workers: Annotated[int, typer.Option(min=1, help="Processes; the files do not depend on their number.")] = 2,
) -> None:
    """Make data/library: theorems of Lean's library, each in the environment of its module's imports."""
    from prover.cli.premises import progress
    from prover.data.library import generate
    from prover.data.readme import readme
    from prover.data.rows import write_rows
    from prover.lean.embedded.install import ensure

    with lean_errors():
        prepared = ensure()
        with progress() as shown:
            task = shown.add_task("modules", total=None)  # type: ignore[attr-defined]

            def report(done: int, total: int) -> None:
                shown.update(task, completed=done, total=total)  # type: ignore[attr-defined]

            rows = generate(prepared, workers, report)
    try:
        for split, found in rows.items():
            write_rows(out / f"{split}.jsonl", found)
        (out / "README.md").write_text(readme(rows), encoding="utf-8")
    except OSError as error:
        fail(f"{error.filename} cannot be written: {error.strerror}.", BAD_INPUT)
    print(", ".join(f"{split}: {len(found)}" for split, found in rows.items()))
