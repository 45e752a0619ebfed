"""`entails index`: builds the index of premises from the Lean at hand, or from a LeanDojo corpus.

Not here: reading declarations out of Lean (prover/lean/corpus.py), what an index is (retrieval/library.py).
"""

from __future__ import annotations

import json
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from prover.cli.common import lean_errors
from prover.cli.premises import BAD_INPUT, progress, sentences
from prover.generators.premises import DEFAULT_INDEX, index_folder

if TYPE_CHECKING:
    from rich.progress import Progress

app = typer.Typer(add_completion=False)
SCHEMA = 1


@app.command()
def index(
    library: Annotated[
        list[str], typer.Option("--library", "-l", help="Root modules: all they import is indexed.")
    ] = ["Init", "Std"],  # noqa: B006
    lean: Annotated[str, typer.Option(help="embedded, native or auto.")] = "embedded",
    project: Annotated[Path | None, typer.Option(help="A native Lake project to index.")] = None,
    corpus: Annotated[Path | None, typer.Option(help="A LeanDojo corpus.jsonl instead of a Lean.")] = None,
    encoder: Annotated[
        str | None, typer.Option(help="Also encode the premises with this checkpoint (folder or hub id).")
    ] = None,
    name: Annotated[str, typer.Option("--name", "--index", help="Name in the cache, or a folder.")] = "",
    rebuild: Annotated[bool, typer.Option("--rebuild", help="Start from nothing.")] = False,
    allow_duplicates: Annotated[
        bool, typer.Option("--allow-duplicates", help="Keep premises of one name apart by module.")
    ] = False,
    export: Annotated[
        Path | None, typer.Option(help="Also write the corpus as LeanDojo's corpus.jsonl.")
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="The summary as JSON.")] = False,
) -> None:
    """Build the index of premises, or bring it up to date (only changed modules are read again)."""
    from retrieval.corpus import Corpus
    from retrieval.leandojo import read_corpus, write_corpus
    from retrieval.library import build, build_corpus

    started = time.monotonic()
    with sentences(), lean_errors(), progress(quiet=as_json) as shown:
        report = _reporter(shown)  # type: ignore[arg-type]
        if corpus is not None:
            folder = index_folder(name or corpus.resolve().parent.name)
            read = read_corpus(corpus, duplicates="allow" if allow_duplicates else "error")
            built = build_corpus(folder, read, encoder, report)
        else:
            source = _source(lean, tuple(library), project)
            default = DEFAULT_INDEX if project is None else f"project-{project.resolve().name}"
            folder = index_folder(name or default)
            built = build(
                folder, source.fingerprints, source.records, source.version, encoder, rebuild, report
            )
        if export is not None:
            write_corpus(Corpus.open(folder / "corpus.index"), export)
    seconds = time.monotonic() - started
    if as_json:
        print(json.dumps({"schema": SCHEMA, "index": str(folder), "premises": built.premises, "modules": built.modules,
                          "extracted": list(built.extracted), "seconds": round(seconds, 2)}))  # fmt: skip
    else:
        print(f"{built.premises} premises of {built.modules} modules ({len(built.extracted)} read anew) "
              f"in {seconds:.1f} s: {folder}")  # fmt: skip


def _source(lean: str, library: tuple[str, ...], project: Path | None):  # type: ignore[no-untyped-def]
    """What `prover.lean.corpus.extract` opens: `version`, `fingerprints` and `records(names)` of a Lean's library."""
    if lean not in ("embedded", "native", "auto"):
        print(f"entails: --lean is embedded, native or auto, not {lean!r}", file=sys.stderr)
        raise typer.Exit(BAD_INPUT)
    if project is not None and not project.is_dir():
        print(f"entails: there is no folder {project}", file=sys.stderr)
        raise typer.Exit(BAD_INPUT)
    from prover.lean.corpus import extract

    return extract(libraries=library, lean=lean, project=project)


def _reporter(shown: Progress):  # type: ignore[no-untyped-def]
    tasks: dict[str, int] = {}

    def report(stage: str, done: int, total: int) -> None:
        if stage not in tasks:
            tasks[stage] = shown.add_task(stage, total=total)
        shown.update(tasks[stage], completed=done)  # type: ignore[arg-type]

    return report
