"""`entails train policy`: the small policy from outcome tables and logs of searches.

Not here: any training (prover/policy/), making tables (`entails train loop`).
"""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Annotated

import typer

SCHEMA = 1


def policy(
    tables: Annotated[
        list[Path], typer.Argument(help="Outcome tables of `entails train loop`, logs of searches; folders of them.")
    ],
    out: Annotated[Path, typer.Option("--out", "-o", help="The file of weights to write.")],
    keep: Annotated[Path | None, typer.Option(help="Also keep all tables in this one file (.jsonl.gz).")] = None,
    seed: Annotated[int, typer.Option(help="The same tables and seed give the same file.")] = 0,
    as_json: Annotated[bool, typer.Option("--json", help="The result as JSON.")] = False,
) -> None:
    """Train the small policy, which orders tactics and whole proofs. Use: `entails prove --generator policy`."""
    from prover.models.errors import ModelError
    from prover.policy.train import train

    def report(epoch: int, loss: float) -> None:
        print(f"epoch {epoch + 1}: log-loss {loss:.4f}", file=sys.stderr)

    command = " ".join(["entails train policy", *map(str, [keep] if keep else tables), f"--seed {seed}"])
    try:
        made = train(tables, out, seed=seed, command=command, keep=keep, report=report)
    except ModelError as error:
        print(f"entails: {error}", file=sys.stderr)
        raise typer.Exit(error.exit_code) from None
    if as_json:
        print(json.dumps({"schema": SCHEMA, "weights": str(out), "bytes": out.stat().st_size, **made.metadata}))
    else:
        print(f"{made.metadata['theorems']} theorems, {out.stat().st_size:,} bytes: {out}")
