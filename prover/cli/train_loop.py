"""`entails train loop`: expert iteration. Not here: the rounds (prover/train/loop.py), what learns (learners.py)."""

from __future__ import annotations

import json
import os
import sys
from pathlib import Path
from typing import Annotated

import typer

from prover.cli.common import BAD_INPUT, fail, lean_errors, resumable

SCHEMA = 1


def loop(
    theorems: Annotated[Path, typer.Argument(help="Theorems to learn from: rows, as for `entails bench prove`.")],
    out: Annotated[Path, typer.Option("--out", "-o", help="Folder of the run; the same folder goes on.")],
    rounds: Annotated[int, typer.Option(help="How often to prove and learn.", min=1)] = 2,
    sample: Annotated[int | None, typer.Option(help="Theorems of a round, drawn by the seed; all by default.")] = None,
    seconds: Annotated[float, typer.Option(help="For each theorem and round.", min=0.1)] = 5.0,
    workers: Annotated[int, typer.Option(help="Processes that prove; 0: one for each core.", min=0)] = 0,
    model: Annotated[str | None, typer.Option(help="Fine-tune this checkpoint (folder, hub id, short name) in every "
                                                   "round, instead of the small policy.")] = None,
    samples: Annotated[int, typer.Option(help="Completions of the model for each state.", min=1)] = 8,
    epochs: Annotated[float, typer.Option(help="Passes over the pairs when fine-tuning.")] = 1.0,
    lora: Annotated[bool, typer.Option("--lora", help="Fine-tune low-rank updates instead of all weights.")] = False,
    seed: Annotated[int, typer.Option(help="For the sample, the exploration and the learning.")] = 0,
    as_json: Annotated[bool, typer.Option("--json", help="A JSON object a round.")] = False,
    quiet: Annotated[bool, typer.Option("--quiet", "-q", help="No progress.")] = False,
) -> None:  # fmt: skip
    """Prove the theorems, learn from the proofs, prove again; a line for each round.

    A run that was killed goes on when the command is given again. Exit codes: 0 done, 2 bad input, 3 something
    missing, 130 interrupted.
    """
    from prover.data.rows import BadRows, read_rows
    from prover.models.errors import ModelError
    from prover.train import loop as rounds_of
    from prover.train.learners import ModelLearner, PolicyLearner

    settings = rounds_of.LoopSettings(
        rounds=rounds, sample=sample, seconds=seconds, workers=workers or os.cpu_count() or 1, seed=seed, base=model,
        epochs=epochs, lora=lora, samples=samples,
    )  # fmt: skip
    command = f"entails train loop {theorems.name} --rounds {rounds} --seconds {seconds:g} --seed {seed}" + (
        "" if sample is None else f" --sample {sample}"
    )
    learner = PolicyLearner(settings, command) if model is None else ModelLearner(settings)
    done = [0, 0]

    def on_proof(number: int, proof: rounds_of.Proof) -> None:
        done[0] += 1
        done[1] += proof.proved
        if not quiet:
            mark = "✓" if proof.proved else "✗"
            print(f"{mark} round {number}: {proof.name}  [{done[1]}/{done[0]}]", file=sys.stderr)

    def on_report(report: rounds_of.Report) -> None:
        done[:] = [0, 0]
        if as_json:
            print(json.dumps({"schema": SCHEMA, **report.to_dict(), "interval": report.interval}), flush=True)
        else:
            if report.round == 1:
                print(rounds_of.HEADER)
            print(report, flush=True)

    with lean_errors(), resumable(out):
        try:
            rows = list(read_rows(theorems))
            reports = rounds_of.run(rows, out, learner, settings, on_proof, on_report)
        except ModelError as error:
            fail(str(error), error.exit_code)
        except BadRows as error:
            fail(str(error), BAD_INPUT)
        except OSError as error:
            fail(f"{error.filename or theorems} cannot be used: {error.strerror or error}.", BAD_INPUT)
    if not as_json:
        print(f"learned: {reports[-1].learned}")
