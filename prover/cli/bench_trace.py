"""`entails bench trace`: speed and memory of tracing, and the share of traced steps that repeat."""

from __future__ import annotations

import json as json_
from pathlib import Path
from typing import Annotated

import typer

from prover.cli.common import BAD_INPUT, fail, lean_errors


def trace(
    folder: Annotated[Path | None, typer.Argument(help="Lean sources; the repository's examples if left out.")] = None,
    workers: Annotated[int, typer.Option(help="Processes.", min=1)] = 1,
    json: Annotated[bool, typer.Option("--json", help="One JSON object a figure.")] = False,
) -> None:
    """Trace sources, run every step again, and print the figures. Takes a few minutes."""
    from prover.processes import WorkersFail
    from prover.trace.bench import EXAMPLES, figures
    from prover.trace.sources import NothingToTrace

    with lean_errors():
        try:
            for figure in figures(folder or EXAMPLES, workers):
                if json:
                    print(json_.dumps({"figure": figure.what, "value": figure.value, "unit": figure.unit}), flush=True)
                else:
                    print(f"{figure.what:48} {figure.value:10.1f} {figure.unit}", flush=True)
        except (NothingToTrace, WorkersFail) as problem:
            fail(str(problem), BAD_INPUT)
