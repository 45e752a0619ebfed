"""`entails bench lean`: speed and size of the embedded Lean on this machine."""

from __future__ import annotations

import json as json_
from typing import Annotated

import typer

from prover.cli.common import lean_errors


def lean(
    steps: Annotated[int, typer.Option(help="Mixed steps of the long session.", min=1600)] = 100_000,
    json: Annotated[bool, typer.Option("--json", help="One JSON object a figure.")] = False,
) -> None:
    """Print the figures of the embedded Lean. Takes some minutes; leave the machine alone meanwhile."""
    with lean_errors():
        from prover.lean.bench import figures

        for figure in figures(steps):
            if json:
                print(json_.dumps({"figure": figure.what, "value": figure.value, "unit": figure.unit}), flush=True)
            else:
                print(f"{figure.what:62} {figure.value:10.3f} {figure.unit}", flush=True)
