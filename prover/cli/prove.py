"""`entails prove`: a theorem, a Lean file or standard input in; proofs that Lean's kernel checked out.

Only reading, showing and exit codes; the work is in `prover.prove`.
"""

from __future__ import annotations

import difflib
import sys
from contextlib import closing
from pathlib import Path
from typing import Annotated, Optional

import typer

from prover.cli.common import BAD_INPUT, INTERRUPTED, fail, find_source, lean_errors, read_source, write_back
from prover.cli.guide import CRITIC_HELP, GENERATOR_HELP, PERSPECTIVES_HELP, STRATEGY_HELP, guided
from prover.cli.live import Live
from prover.cli.premises import PREMISES_HELP, library_premises
from prover.generators.premises import DEFAULT_INDEX
from prover.settings import DEFAULT_GENERATOR
from search.strategies import DEFAULT_STRATEGY

NOT_PROVED = 1

app = typer.Typer(add_completion=False)


@app.command()
def prove(
    target: Annotated[
        Optional[str],  # noqa: UP045
        typer.Argument(
            help="A theorem, a Lean file, or - for standard input; --project and --theorem find a file.",
            show_default=False,
        ),
    ] = None,
    theorem: Annotated[Optional[str], typer.Option(help="Only the holes of this theorem.")] = None,  # noqa: UP045
    write: Annotated[bool, typer.Option("--write", help="Put the proofs into the file; else print a patch.")] = False,
    seconds: Annotated[float, typer.Option(help="Wall clock for each hole.", min=0)] = 60.0,
    expansions: Annotated[Optional[int], typer.Option(help="States to expand for each hole.", min=0)] = None,  # noqa: UP045
    candidates: Annotated[Optional[int], typer.Option(help="Tactics kept for each state.", min=1)] = None,  # noqa: UP045
    generator: Annotated[str, typer.Option(help=GENERATOR_HELP)] = DEFAULT_GENERATOR,
    model: Annotated[Optional[str], typer.Option(help="A language model that proposes tactics too: a folder, hub id, openai:NAME.")] = None,  # noqa: UP045, E501
    mode: Annotated[str, typer.Option(help="What the model does: search, whole or hybrid.")] = "search",
    samples: Annotated[int, typer.Option(help="Completions of the model for each state.", min=1)] = 16,
    judge: Annotated[int, typer.Option(help="Of the generator's candidates for each state the model scores so many, too.", min=0)] = 0,  # noqa: E501
    premises: Annotated[Optional[int], typer.Option(help=PREMISES_HELP, min=0, show_default=False)] = None,  # noqa: UP045
    index: Annotated[str, typer.Option(help="The index of premises, by name or folder.")] = DEFAULT_INDEX,
    strategy: Annotated[str, typer.Option(help=STRATEGY_HELP)] = DEFAULT_STRATEGY,
    critic: Annotated[str, typer.Option(help=CRITIC_HELP)] = "shipped",
    perspectives: Annotated[Optional[str], typer.Option(help=PERSPECTIVES_HELP)] = None,  # noqa: UP045
    minimise: Annotated[bool, typer.Option(help="Make found proofs shorter.")] = True,
    checks: Annotated[Optional[int], typer.Option(help="Tactics given to Lean by each tree search.", min=0)] = None,  # noqa: UP045
    tokens: Annotated[Optional[int], typer.Option(help="Tokens that the model may write for each tree search.", min=0)] = None,  # noqa: UP045, E501
    openings: Annotated[bool, typer.Option(help="Try whole one-line proofs before the tree search.")] = True,
    log: Annotated[Optional[Path], typer.Option(help="A file for the log of the searches (JSON lines).")] = None,  # noqa: UP045
    report: Annotated[Optional[Path], typer.Option(help="A file for the searches as a page (HTML).")] = None,  # noqa: UP045
    graph: Annotated[Optional[Path], typer.Option(help="A file for the search graph, .dot or .mmd.")] = None,  # noqa: UP045
    workers: Annotated[int, typer.Option(help="Lean processes.", min=1)] = 1,
    seed: Annotated[int, typer.Option(help="The same seed gives the same search.")] = 0,
    lean: Annotated[str, typer.Option(help="auto, embedded, native or leandojo.")] = "auto",
    project: Annotated[Optional[Path], typer.Option(help="The Lake project to work in, and find --theorem in.")] = None,  # noqa: UP045
    json: Annotated[bool, typer.Option("--json", help="The result as JSON on standard output.")] = False,
    quiet: Annotated[bool, typer.Option("--quiet", "-q", help="No progress.")] = False,
) -> None:
    """Prove a theorem, or every `sorry` and every statement without a proof of a file.

    Exit codes: 0 all proved, 1 something not proved, 2 bad input, 3 Lean missing.
    """
    if target is None and project is not None and theorem is not None:
        source, theorem = find_source(project, theorem)
    else:
        source = read_source(target)
    if write and source.path is None:
        fail("--write needs a file to write to.", BAD_INPUT)
    with lean_errors():
        from prover.cli.keep import Keeper
        from prover.cli.with_model import with_model
        from prover.events import HoleFinished
        from prover.generators.portfolio import UnknownGenerator
        from prover.lean.open import BACKENDS, open_lean
        from prover.prove import prove as run
        from prover.results import HoleResult, ProofResult
        from prover.with_model import MODES

        if lean not in BACKENDS:
            fail(f"There is no Lean backend {lean!r}: choose from {', '.join(BACKENDS)}.", BAD_INPUT)
        if mode not in MODES:
            fail(f"There is no mode {mode!r}: choose from {', '.join(MODES)}.", BAD_INPUT)
        finished: list[HoleResult] = []
        place = project or (source.path.parent if source.path is not None else None)
        joined = None if model is None else with_model(model, generator, seed, samples, mode, judge)
        guides = guided(strategy, critic, perspectives)
        keeper = Keeper(log, report, graph)
        # Before the live view: preparing Lean for the first time shows progress of its own.
        opened = open_lean(lean, workers=workers, project=place)
        library = library_premises(premises, index, opened.info)
        with closing(opened), Live(enabled=not quiet) as view:

            def on_event(event: object) -> None:
                if isinstance(event, HoleFinished):
                    finished.append(event.result)
                keeper(event)
                view.show(event)

            try:
                result: ProofResult = run(
                    source.text, lean=opened, theorem=theorem, seconds=seconds, expansions=expansions,
                    generator=generator if joined is None else joined.generator, candidates=candidates, seed=seed,
                    workers=workers, checks=checks, tokens=tokens, openings=openings, minimise=minimise,
                    premises=library, on_event=on_event, **guides,
                )  # fmt: skip
            except UnknownGenerator as error:
                fail(str(error), error.exit_code)
            except KeyboardInterrupt:
                view.stop()
                keeper.write()
                _report(finished)
                print("entails: interrupted", file=sys.stderr)
                raise typer.Exit(INTERRUPTED) from None
            kept = keeper.write()
    for trouble in library.troubles:
        print(f"entails: {trouble}", file=sys.stderr)
    if joined is not None:
        joined.say()
    if json:
        print(result.to_json())
    else:
        _report(list(result.holes))
        if not result.holes:
            print("There is nothing to prove: the source has no `sorry` and no statement without a proof.",
                  file=sys.stderr)  # fmt: skip
    if write and source.path is not None:
        if result.source != source.text:
            write_back(source, result.source)
    elif not json and any(h.proved for h in result.holes):
        if source.path is None:
            print(result.source.rstrip("\n"))
        else:
            sys.stdout.writelines(_patch(source.text, result.source, source.path))
    if not kept:
        raise typer.Exit(BAD_INPUT)
    if not result.holes:
        raise typer.Exit(BAD_INPUT if not source.text.strip() else 0)
    raise typer.Exit(0 if result.proved else NOT_PROVED)


def _report(holes: list) -> None:
    for hole in holes:
        where = f"{hole.theorem} ({hole.line}:{hole.column})"
        if hole.proved:
            by = f", axioms {', '.join(hole.axioms)}" if hole.axioms else ""
            using = f", using {', '.join(hole.premises)}" if hole.premises else ""
            print(f"✓ {where} in {hole.statistics.seconds:.2f} s{by}{using}", file=sys.stderr)
        else:
            print(f"✗ {where} {hole.status.value}: {hole.reason}", file=sys.stderr)


def _patch(before: str, after: str, path: Path) -> list[str]:
    """A unified diff that `patch -p0` and `git apply -p0` take."""
    ended = [text if text.endswith("\n") or not text else text + "\n" for text in (before, after)]
    name = str(path)
    return list(difflib.unified_diff(*(t.splitlines(keepends=True) for t in ended), fromfile=name, tofile=name))
