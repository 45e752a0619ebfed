"""`entails bench search`: which strategy and which perspectives prove more, at the same budget of tactics.

Not here: the comparison (`prover/ablation.py`), the table (`search/ablation.py`).
"""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated

import typer

from prover.cli.common import BAD_INPUT, LEAN_MISSING, fail, lean_errors, resumable
from prover.cli.guide import CRITIC_HELP, PERSPECTIVES_HELP, guided
from search.strategies import DEFAULT_STRATEGY


def search(
    statements: Annotated[Path, typer.Argument(help="JSON lines: name, statement, optional preamble and imports.")],
    out: Annotated[Path, typer.Option(help="A folder for the trials; those that are in it are not run again.")],
    checks: Annotated[int, typer.Option(min=1, help="Tactics given to Lean for each theorem.")] = 200,
    candidates: Annotated[int | None, typer.Option(min=1, help="Tactics kept for each state.")] = None,
    sample: Annotated[int | None, typer.Option(min=1, help="A random sample of the theorems.")] = None,
    seed: Annotated[int, typer.Option(help="Of the sample, the searches and the bootstrap.")] = 0,
    seconds: Annotated[float, typer.Option(min=1, help="A ceiling for one search, whatever its checks.")] = 60.0,
    premises: Annotated[int, typer.Option(min=0, help="Library premises retrieved for each state.")] = 0,
    critic: Annotated[str, typer.Option(help=CRITIC_HELP)] = "shipped",
    perspectives: Annotated[str | None, typer.Option(help=PERSPECTIVES_HELP)] = None,
    only: Annotated[list[str], typer.Option(help="Only this configuration; may be repeated.")] = [],  # noqa: B006
    baseline: Annotated[str, typer.Option(help="What differences are taken to.")] = DEFAULT_STRATEGY,
    workers: Annotated[int, typer.Option(min=1, help="Processes, one theorem each at a time.")] = 1,
    quiet: Annotated[bool, typer.Option("--quiet", "-q", help="No progress.")] = False,
) -> None:  # fmt: skip
    """Compare every strategy, and the default one without each of its perspectives; prints a Markdown table.

    Brackets are 95 % bootstrap intervals over the theorems. Without openings and minimisation: the tree alone.
    Exit codes: 0 the run is complete, 2 bad input, 3 Lean or premises missing.
    """
    from prover.ablation import BadFolder, Comparison, configurations, run
    from prover.data.rows import BadRows, read_rows, sampled
    from prover.guidance import WEIGHTS
    from search.ablation import Trial, compare, markdown
    from search.errors import LogError

    guides = guided(DEFAULT_STRATEGY, critic, perspectives)
    if guides["quotas"]:
        fail("--perspectives takes no quotas here.", BAD_INPUT)
    weights = dict(guides["perspectives"] or WEIGHTS)  # by value, so that a folder says what it was made with
    known = configurations(weights)
    for name in [*only, baseline]:
        if name not in known:
            fail(f"There is no configuration {name!r}: choose from {', '.join(known)}.", BAD_INPUT)
    try:
        rows = sampled(list(read_rows(statements)), sample, seed)
    except BadRows as error:
        fail(str(error), BAD_INPUT)
    except OSError as error:
        fail(f"{statements} cannot be read: {error.strerror}.", BAD_INPUT)
    if not rows:
        fail(f"{statements} holds no theorem.", BAD_INPUT)
    if premises:
        _premises_there()
    comparison = Comparison(checks=checks, candidates=candidates, seconds=seconds, premises=premises,
                            critic=guides["critic"], perspectives=weights, seed=seed)  # fmt: skip
    names = [name for name in known if not only or name in only]
    count = 0

    def show(trial: Trial) -> None:
        nonlocal count
        count += 1
        mark = f"✓ {trial.steps} steps" if trial.proved else f"✗ {trial.stop}"
        if not quiet:
            print(f"{trial.problem}  {trial.configuration}: {mark}, {trial.checks} checks  [{count}]", file=sys.stderr)

    with lean_errors(), resumable(out):
        try:
            trials, problems = run(rows, out, comparison, names, workers, show)
        except (BadFolder, LogError) as error:
            fail(str(error), BAD_INPUT)
    for name, problem in problems.items():
        print(f"entails: {name} is left out: {problem}", file=sys.stderr)
    if not trials:
        fail("no theorem could be searched.", BAD_INPUT)
    table = compare(trials, baseline if baseline in names else names[0], seed)
    late = sum(trial.stop == "seconds" for trial in trials)
    refused = sum(trial.stop == "refused by the gate" for trial in trials)
    print(f"{statements.name}, {table[0].problems} theorems, {checks} checks each, "
          f"candidates: {candidates or 'all'}, premises: {premises}, critic: {critic}, seed {seed}; of {len(trials)} "
          f"searches {late} reached {seconds:g} s, {refused} proofs were refused\n")  # fmt: skip
    print(markdown(table), end="")


def _premises_there() -> None:
    from prover.generators.premises import open_index
    from retrieval.errors import RetrievalError

    try:
        open_index()
    except RetrievalError as error:
        fail(str(error), LEAN_MISSING)
