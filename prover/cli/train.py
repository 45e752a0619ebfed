"""`entails train …`: one subcommand for each kind of model.

Not here: any training (retrieval/train.py, prover/train/), and `tactic` (train_tactic.py).
"""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Annotated

import typer

from prover.cli.premises import (
    BAD_INPUT,
    DEFAULT_INDEX,
    benchmark_files,
    open_corpus,
    progress,
    read_examples,
    sentences,
)
from prover.cli.train_critic import critic
from prover.cli.train_effectiveness import effectiveness
from prover.cli.train_loop import loop
from prover.cli.train_policy import policy
from prover.cli.train_reranker import reranker
from prover.cli.train_tactic import tactic

app = typer.Typer(add_completion=False, help="Train the models that guide proofs.", no_args_is_help=True)
STOPPED = 130
SCHEMA = 1


app.command()(tactic)
app.command()(policy)
app.command()(loop)
app.command()(critic)
app.command()(effectiveness)
app.command()(reranker)


@app.command()
def retriever(
    data: Annotated[Path, typer.Argument(help="Examples: a folder of LeanDojo Benchmark, a train.json of it, or "
                                              "JSON lines (state, premises, module).")],
    out: Annotated[Path, typer.Option("--out", "-o", help="Folder for checkpoints, logs and the encoder.")],
    encoder: Annotated[
        str, typer.Option(help="The checkpoint to start from (folder or hub id).")
    ] = "google/byt5-small",
    validation: Annotated[Path | None, typer.Option(help="Examples to validate on.")] = None,
    corpus: Annotated[Path | None, typer.Option(help="The LeanDojo corpus.jsonl the examples belong to.")] = None,
    index: Annotated[str, typer.Option(help="Or the index they belong to, by name or folder.")] = DEFAULT_INDEX,
    allow_duplicates: Annotated[bool, typer.Option("--allow-duplicates", help="See `entails index`.")] = False,
    steps: Annotated[int, typer.Option(help="Optimiser steps.")] = 1000,
    batch_size: Annotated[int, typer.Option(help="Examples a batch.")] = 8,
    accumulate: Annotated[int, typer.Option(help="Batches a step.")] = 1,
    negatives: Annotated[int, typer.Option(help="Premises an example is contrasted with, besides the batch's.")] = 3,
    in_file: Annotated[int, typer.Option(help="How many of them come from the used premise's module.")] = 1,
    learning_rate: Annotated[float, typer.Option(help="After the warm-up.")] = 1e-4,
    warmup: Annotated[int, typer.Option(help="Steps of linear warm-up.")] = 100,
    max_length: Annotated[int | None, typer.Option(help="Tokens kept of a text.")] = None,
    precision: Annotated[str, typer.Option(help="auto, fp32, bf16 or fp16.")] = "auto",
    device: Annotated[str | None, typer.Option(help="cpu, cuda, cuda:1, …; a GPU if there is one.")] = None,
    seed: Annotated[int, typer.Option(help="The same seed gives the same weights.")] = 0,
    save_every: Annotated[int, typer.Option(help="Steps between checkpoints.")] = 500,
    validate_every: Annotated[int, typer.Option(help="Steps between validations; 0: at the end.")] = 0,
    resume: Annotated[bool, typer.Option("--resume", help="Go on from the last checkpoint in --out.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="The result as JSON.")] = False,
) -> None:  # fmt: skip
    """Fine-tune an encoder for premise retrieval, as ReProver does. Ctrl-C saves a checkpoint; --resume goes on."""
    from retrieval.train import Options, train

    options = Options(
        steps=steps, batch_size=batch_size, accumulate=accumulate, negatives=negatives, in_file=in_file,
        learning_rate=learning_rate, warmup=warmup, max_length=max_length, precision=precision, device=device,
        seed=seed, save_every=save_every, validate_every=validate_every,
    )  # fmt: skip
    with sentences(), progress(quiet=as_json) as shown:
        options.check()
        data, corpus, allow_duplicates = benchmark_files(data, corpus, allow_duplicates, None, "train")
        library = open_corpus(index, corpus, allow_duplicates)
        examples = read_examples(data, library)
        if not examples:
            print(f"entails: {data} has no example with an accessible premise", file=sys.stderr)
            raise typer.Exit(BAD_INPUT)
        checks = read_examples(validation, library) if validation is not None else ()
        task = shown.add_task("training", total=steps)  # type: ignore[attr-defined]

        def report(step: int, loss: float) -> None:
            shown.update(task, completed=step, description=f"loss {loss:.4f}")  # type: ignore[attr-defined]

        result = train(encoder, library, examples, out, options, checks, resume, report)
    summary = {"schema": SCHEMA, "finished": result.finished, "steps": result.steps, "loss": result.loss,
               "encoder": str(result.encoder)}  # fmt: skip
    if as_json:
        print(json.dumps(summary))
    elif result.finished:
        print(f"{result.steps} steps, loss {result.loss:.4f}: {result.encoder}")
        print(f"use it with: entails index --encoder {result.encoder}")
    if not result.finished:
        print(f"entails: stopped after step {result.steps}; --resume goes on", file=sys.stderr)
        raise typer.Exit(STOPPED)
