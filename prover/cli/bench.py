"""`entails bench …`: runs over many theorems, and the benches of other rooms that have a command.

Not here: the runs themselves (`prover/bench.py`).
"""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import Annotated, Any

import typer

from prover.cli.bench_compare import compare
from prover.cli.bench_folder import of_folder
from prover.cli.bench_lean import lean
from prover.cli.bench_library import library_data
from prover.cli.bench_premises import premise_data
from prover.cli.bench_retrieval import retrieval
from prover.cli.bench_search import search
from prover.cli.bench_trace import trace
from prover.cli.common import BAD_INPUT, fail, lean_errors, resumable
from prover.cli.guide import CRITIC_HELP, GENERATOR_HELP, PERSPECTIVES_HELP, STRATEGY_HELP, guided
from prover.cli.premises import PREMISES_HELP, library_premises
from prover.generators.premises import DEFAULT_INDEX
from prover.settings import DEFAULT_GENERATOR
from search.strategies import DEFAULT_STRATEGY

WORKERS_HELP = "Processes, one theorem each at a time; one for each core where none is given."

app = typer.Typer(add_completion=False, help="Benchmark runs over many theorems.", no_args_is_help=True)
app.command("library-data")(library_data)
app.command("premise-data")(premise_data)
app.command()(retrieval)
app.command()(lean)
app.command()(trace)
app.command()(compare)
app.command()(search)


@app.command()
def prove(
    statements: Annotated[Path, typer.Argument(help="JSON lines: name, statement, optional preamble and imports; or a "
                                                    "folder of LeanDojo Benchmark, such as data/random.")],
    out: Annotated[Path, typer.Option(help="Results are appended here; what is in it already is not run again.")],
    seconds: Annotated[float, typer.Option("--seconds", "--timeout", help="Wall clock for each theorem.",
                                           min=0.1)] = 60.0,
    workers: Annotated[int | None, typer.Option("--workers", "--num-workers", help=WORKERS_HELP, min=1,
                                                show_default=False)] = None,
    seed: Annotated[int, typer.Option(help="The same seed gives the same search.")] = 0,
    strategy: Annotated[str, typer.Option(help=STRATEGY_HELP)] = DEFAULT_STRATEGY,
    critic: Annotated[str, typer.Option(help=CRITIC_HELP)] = "shipped",
    perspectives: Annotated[str | None, typer.Option(help=PERSPECTIVES_HELP)] = None,
    minimise: Annotated[bool, typer.Option(help="Make found proofs shorter.")] = True,
    generator: Annotated[str, typer.Option(help=GENERATOR_HELP)] = DEFAULT_GENERATOR,
    checks: Annotated[int | None, typer.Option(min=0, help="Tactics given to Lean by each tree search.")] = None,
    openings: Annotated[bool, typer.Option(help="Try whole one-line proofs before the tree search.")] = True,
    logs: Annotated[Path | None, typer.Option(help="A folder for the logs of the searches, one a theorem.")] = None,
    premises: Annotated[int | None, typer.Option(help=PREMISES_HELP, min=0, show_default=False)] = None,
    index: Annotated[str, typer.Option(help="The index of premises, by name or folder.")] = DEFAULT_INDEX,
    limit: Annotated[int | None, typer.Option("--limit", "--num-theorems", min=1, help="Only the first rows.")] = None,
    sample: Annotated[int | None, typer.Option(min=1, help="Only so many rows, chosen by the seed.")] = None,
    model: Annotated[str | None, typer.Option(help="A language model beside the generator, as `entails prove` "
                                                   "has it.")] = None,
    mode: Annotated[str, typer.Option(help="What the model does: search, whole or hybrid.")] = "search",
    samples: Annotated[int, typer.Option(help="Completions of the model for each state.", min=1)] = 16,
    judge: Annotated[int, typer.Option(help="Of the generator's candidates for each state the model scores so many, "
                                            "too, in one pass.", min=0)] = 0,
    candidates: Annotated[int | None, typer.Option(min=1, help="Tactics kept for each state.")] = None,
    num_sampled_tactics: Annotated[int | None, typer.Option(min=1, help="ReProver's name for --samples, and without a "
                                                                        "model for --candidates.")] = None,
    expansions: Annotated[int | None, typer.Option("--expansions", "--max-expansions", min=0,
                                                   help="States to expand for each theorem.")] = None,
    split: Annotated[str | None, typer.Option(help="Of a benchmark folder: train, val (the default) or test.",
                                              show_default=False)] = None,
    repo: Annotated[Path | None, typer.Option(help="The folder with the sources of a benchmark's theorems.")] = None,
    lean: Annotated[str, typer.Option(help="Of a benchmark: embedded, native (Mathlib, Lake projects) or "
                                           "leandojo.")] = "embedded",
    file_path: Annotated[str | None, typer.Option(help="Only theorems of this file of a benchmark.")] = None,
    full_name: Annotated[str | None, typer.Option(help="Only a benchmark's theorems of this name.")] = None,
    name_filter: Annotated[str | None, typer.Option(help="Only a benchmark's theorems with a name whose MD5 "
                                                         "begins so.")] = None,
    quiet: Annotated[bool, typer.Option("--quiet", "-q", help="No progress.")] = False,
) -> None:  # fmt: skip
    """Prove every theorem of a file or of a benchmark's split, and go on after being killed.

    Options for a benchmark have the names and meanings of ReProver's evaluation, and come in its order of theorems.
    Exit codes: 0 the run is complete, 2 bad input, 3 Lean missing.
    """
    from prover.bench import BadResults, BenchResult, run
    from prover.data.rows import BadRows, read_rows, sampled
    from prover.generators.portfolio import UnknownGenerator, make_generator
    from prover.lean.open import BACKENDS
    from prover.lean.protocol import LeanInfo
    from prover.models import ModelError, check_model
    from prover.with_model import FUNCTION, check_mode

    guides = guided(strategy, critic, perspectives)
    of_benchmark = {"split": split, "repo": repo, "file_path": file_path, "full_name": full_name,
                    "name_filter": name_filter}  # fmt: skip
    if model is None and candidates is None:
        candidates = num_sampled_tactics
    task: dict[str, Any] = {}
    try:
        make_generator(generator)
        if lean not in BACKENDS:
            fail(f"There is no Lean backend {lean!r}: choose from {', '.join(BACKENDS)}.", BAD_INPUT)
        if statements.is_dir():
            rows, task = of_folder(statements, number=limit, **of_benchmark)
        else:
            given = [name for name, value in of_benchmark.items() if value is not None]
            given += ["lean"] if lean != "embedded" else []
            if given:
                fail(f"--{given[0].replace('_', '-')} is for a folder of LeanDojo Benchmark; {statements} is none.",
                     BAD_INPUT)  # fmt: skip
            rows = list(read_rows(statements))[:limit]
        rows = sampled(rows, sample, seed)
        if model is not None:
            check_mode(mode)
            check_model(model)
            samples = num_sampled_tactics or samples
            task |= {"function": FUNCTION, "model": model, "mode": mode, "samples": samples, "judge": judge}
    except UnknownGenerator as error:
        fail(str(error), error.exit_code)
    except ModelError as error:
        fail(str(error), error.exit_code)
    except BadRows as error:
        fail(str(error), BAD_INPUT)
    except OSError as error:
        fail(f"{statements} cannot be read: {error.strerror}.", BAD_INPUT)
    except UnicodeDecodeError:
        fail(f"{statements} is no UTF-8 text.", BAD_INPUT)
    if not rows:
        fail(f"{statements} holds no theorem.", BAD_INPUT)
    library = library_premises(premises, index, None if lean == "embedded" else LeanInfo("", lean))
    given = 0 if library.library() is None else library.count
    for trouble in library.troubles:
        print(f"entails: {trouble}", file=sys.stderr)
    cores = len(os.sched_getaffinity(0))
    count = proved = 0

    def show(result: BenchResult) -> None:
        nonlocal count, proved
        count, proved = count + 1, proved + result.proved
        mark = "✓" if result.proved else "✗"
        said = result.tactics.split("\n")[0] if result.proved else result.reason
        if not quiet:
            print(f"{mark} {result.name} {result.seconds:.1f} s  {said[:100]}  [{proved}/{count}]", file=sys.stderr)

    with lean_errors(), resumable(out):
        try:
            summary = run(rows, out, seconds=seconds, workers=workers or cores, seed=seed, generator=generator,
                          checks=checks, openings=openings, logs=logs, minimise=minimise, premises=given, index=index,
                          candidates=candidates, expansions=expansions, lean=lean, on_result=show, **task,
                          **guides)  # fmt: skip
        except BadResults as error:
            fail(str(error), BAD_INPUT)
    print(summary)
