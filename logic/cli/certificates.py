"""`entails logic certificates`: how much of what the solvers decide Lean's kernel confirms."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from logic.cli.common import reporting


def certificates(
    english: Annotated[
        list[Path] | None, typer.Argument(help="Data sets in controlled English (Logic-LLM's format).")
    ] = None,
    folio: Annotated[Path | None, typer.Option(help="FOLIO's JSON Lines with gold formulas.")] = None,
    most: Annotated[int | None, typer.Option(min=1, help="Questions of each file at the most.")] = None,
    mutations: Annotated[int, typer.Option(min=0, help="Mutated certificates to check.")] = 1000,
) -> None:
    """Certify the answers to data sets, and check mutated certificates. Exit code 1 where one is accepted wrongly."""
    with reporting():
        from logic.certify.figures import report
        from logic.errors import InputError

        if folio is None and not english:
            raise InputError("give FOLIO's file with --folio, or files in controlled English")
        for path in [*(english or []), *([folio] if folio else [])]:
            if not path.is_file():
                raise InputError(f"there is no file {path}")
        done = report(folio, english or [], most, mutations)
    raise typer.Exit(1 if done["mutations"]["wrongly"] else 0)
