"""`entails search`: the library's premises by words, name or pattern.

Not here: how they are found (retrieval/search.py).
"""

from __future__ import annotations

import json
import sys
from typing import Annotated

import typer

from prover.cli.premises import NOTHING_FOUND, open_library, sentences
from prover.generators.premises import DEFAULT_INDEX

app = typer.Typer(add_completion=False)
SCHEMA = 1


@app.command()
def search(
    query: Annotated[
        list[str],
        typer.Argument(
            help='Words ("commutativity of list append"), a name (List.map), a pattern ("_ + _ = _ + _"), or several '
            "separated by commas ('List.map, _ ++ _', '\"comm\", _ * _')."
        ),
    ],
    module: Annotated[list[str], typer.Option("--module", "-m", help="Only modules with this prefix.")] = [],  # noqa: B006
    count: Annotated[int, typer.Option("-k", "--count", min=1, help="Results shown.")] = 10,
    encoder: Annotated[str | None, typer.Option(help="Also rank words by this encoder (folder or hub id).")] = None,
    index: Annotated[str, typer.Option(help="An index by name or folder (see `entails index`).")] = DEFAULT_INDEX,
    as_json: Annotated[bool, typer.Option("--json", help="Results as JSON.")] = False,
) -> None:  # fmt: skip
    """Search the library. Exit code 1: nothing found."""
    with sentences():
        results = open_library(index, encoder).search(" ".join(query), count, tuple(module))
    if as_json:
        rows = [
            {"name": f.premise.name, "statement": f.premise.code, "kind": f.premise.kind, "module": f.module,
             "docstring": f.premise.docstring, "score": f.score, "ranks": f.ranks}
            for f in results.found
        ]  # fmt: skip
        print(json.dumps({"schema": SCHEMA, "total": results.total, "rankers": results.rankers, "note": results.note,
                          "results": rows}, ensure_ascii=False, indent=2))  # fmt: skip
    else:
        if results.note:
            print(results.note, file=sys.stderr)
        for f in results.found:
            statement = " ".join(f.premise.code.split())
            print(f"{f.premise.name} : {statement}\n    {f.premise.kind} of {f.module}")
        if results.total > len(results.found) and results.rankers in (("pattern",), ("name",)):
            print(f"{len(results.found)} of {results.total}; -k shows more", file=sys.stderr)
    if not results.found:
        print("nothing found", file=sys.stderr)
        raise typer.Exit(NOTHING_FOUND)
