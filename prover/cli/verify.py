"""`entails verify`: the soundness gate, from the command line."""

from __future__ import annotations

import json as json_
import sys
from pathlib import Path
from typing import Annotated, Optional

import typer

from prover.cli.common import BAD_INPUT, fail, lean_errors, read_file

REFUSED = 1
SCHEMA = 1

app = typer.Typer(add_completion=False)


@app.command()
def verify(
    proof: Annotated[Path, typer.Argument(help="The Lean file with the proof.", show_default=False)],
    statement: Annotated[
        Path, typer.Option(help="The Lean file that poses the theorem, with `sorry`.", show_default=False)
    ],
    theorem: Annotated[Optional[str], typer.Option(help="Its name, where several are posed.")] = None,  # noqa: UP045
    seconds: Annotated[float, typer.Option(help="Wall clock for the verification.", min=0)] = 120.0,
    lean: Annotated[str, typer.Option(help="embedded, or native (for Mathlib; no sandbox).")] = "embedded",
    project: Annotated[Optional[Path], typer.Option(help="The Lake project to work in (native).")] = None,  # noqa: UP045
    json: Annotated[bool, typer.Option("--json", help="The answer as JSON.")] = False,
) -> None:
    """Check that PROOF proves exactly what the statement poses, with Lean's kernel.

    Exit codes: 0 accepted, 1 refused (with the reason), 2 bad input, 3 Lean missing.
    """
    proof_text, statement_text = read_file(proof).text, read_file(statement).text
    with lean_errors():
        from prover.lean.open import BACKENDS, open_lean

        if lean not in BACKENDS:
            fail(f"There is no Lean backend {lean!r}: choose from {', '.join(BACKENDS)}.", BAD_INPUT)
        opened = open_lean(lean, project=project or proof.parent)
        try:
            answer = opened.verify(proof_text, statement_text, theorem, seconds)
        finally:
            opened.close()
    if json:
        print(json_.dumps({
            "schema": SCHEMA, "accepted": answer.accepted, "theorem": answer.theorem, "reason": answer.reason,
            "axioms": list(answer.axioms), "seconds": round(answer.seconds, 3), "lean": opened.info.version,
            "backend": opened.info.backend,
        }, ensure_ascii=False))  # fmt: skip
    elif answer.accepted:
        axioms = ", ".join(answer.axioms) or "none of its own"
        print(f"✓ {answer.theorem} is proved (axioms: {axioms}), checked by Lean {opened.info.version}.")
    else:
        print(f"✗ {answer.theorem or proof} is refused: {answer.reason}.", file=sys.stderr)
    raise typer.Exit(0 if answer.accepted else REFUSED)
