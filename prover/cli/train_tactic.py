"""`entails train tactic`: fine-tune a language model on the steps of found proofs.

Not here: reading proofs, curation, training (prover/train/).
"""

from __future__ import annotations

import json
import sys
import warnings
from pathlib import Path
from typing import Annotated

import typer

STOPPED = 130
SCHEMA = 1


def tactic(
    data: Annotated[list[Path], typer.Argument(help="Logs of searches (files or folders), results of `entails prove "
                                                    "--json`, LeanDojo splits, or JSON lines with state and tactic.")],
    base: Annotated[str, typer.Option(help="The checkpoint to start from: folder, .gguf file, hub id or short name.")],
    out: Annotated[Path, typer.Option("--out", "-o", help="Folder for checkpoints, logs and the model.")],
    validation: Annotated[Path | None, typer.Option(help="Steps to validate on at the end, as DATA.")] = None,
    curation: Annotated[bool, typer.Option(help="Prune trivial proofs and ineffective steps.")] = True,
    premises: Annotated[int, typer.Option(help="Library premises shown for each state.", min=0)] = 0,
    pairs: Annotated[Path | None, typer.Option(help="Write the pairs that are trained on to this file.")] = None,
    prompt: Annotated[str | None, typer.Option("--format", help="Prompt format; the base's own by default.")] = None,
    lora: Annotated[bool, typer.Option("--lora", help="Train low-rank updates instead of all weights.")] = False,
    lora_rank: Annotated[int, typer.Option(help="Rank of the updates.")] = 16,
    epochs: Annotated[float, typer.Option(help="Passes over the pairs.")] = 1.0,
    steps: Annotated[int, typer.Option(help="Optimiser steps, instead of --epochs; 0: by epochs.")] = 0,
    batch_size: Annotated[int, typer.Option(help="Pairs a batch.")] = 8,
    accumulate: Annotated[int, typer.Option(help="Batches a step.")] = 1,
    learning_rate: Annotated[float, typer.Option(help="After the warm-up.")] = 1e-4,
    warmup: Annotated[int, typer.Option(help="Steps of linear warm-up.")] = 0,
    max_length: Annotated[int, typer.Option(help="Most tokens of prompt and tactic together.")] = 1024,
    precision: Annotated[str, typer.Option(help="auto, fp32, bf16 or fp16.")] = "auto",
    device: Annotated[str, typer.Option(help="cpu, cuda, cuda:1, …; auto: a GPU if there is one.")] = "auto",
    seed: Annotated[int, typer.Option(help="The same seed gives the same weights.")] = 0,
    save_every: Annotated[int, typer.Option(help="Steps between checkpoints.")] = 500,
    resume: Annotated[bool, typer.Option("--resume", help="Go on from the last whole checkpoint in --out.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="The result as JSON.")] = False,
) -> None:  # fmt: skip
    """Fine-tune a language model that proposes tactics. Ctrl-C saves a checkpoint; --resume goes on."""
    from prover.cli.premises import progress, sentences
    from prover.generators.premises import LibraryPremises, open_index
    from prover.models.errors import ModelError
    from prover.train import Settings, curate, examples_of, finetune, read_steps, with_premises, write_examples

    settings = Settings(
        base=base, out=str(out), format=prompt, method="lora" if lora else "full", epochs=epochs, steps=steps,
        batch_size=batch_size, accumulate=accumulate, learning_rate=learning_rate, warmup=warmup,
        max_length=max_length, precision=precision, device=device, seed=seed, save_every=save_every,
        lora_rank=lora_rank,
    )  # type: ignore[arg-type]  # fmt: skip
    # Notes of one library to another are none of the user's business.
    warnings.filterwarnings("ignore", module="transformers|peft|torch")
    try:
        found = [step for file in data for step in read_steps(file)]
        learned = curate(found, seed) if curation else curate(found, seed, most=0)
        held_out = read_steps(validation) if validation is not None else []
        with sentences():
            shown_premises = LibraryPremises(open_index, premises)
            examples = examples_of(with_premises(learned.kept, shown_premises))
            checks = examples_of(with_premises(held_out, shown_premises))
        if pairs is not None:
            write_examples(examples, pairs)
        with progress(quiet=as_json) as shown:
            task = shown.add_task("training", total=None)  # type: ignore[attr-defined]
            news = iter([] if as_json else [f"entails: {learned}"])

            def report(step: int, total: int, loss: float) -> None:
                for line in news:  # at the first step: the run has begun
                    print(line, file=sys.stderr)
                shown.update(task, completed=step, total=total, description=f"loss {loss:.3f}")  # type: ignore[attr-defined]

            trained = finetune(examples, settings, checks, resume, report)
    except ModelError as error:
        print(f"entails: {error}", file=sys.stderr)
        raise typer.Exit(error.exit_code) from None
    for note in trained.notes:
        print(f"entails: {note}", file=sys.stderr)
    if as_json:
        print(json.dumps({
            "schema": SCHEMA, "finished": trained.model is not None, "model": trained.model, "steps": trained.steps,
            "loss": trained.loss, "validation_loss": trained.validation_loss,
        }))  # fmt: skip
    elif trained.model is not None:
        checked = "" if trained.validation_loss is None else f", validation loss {trained.validation_loss:.4f}"
        print(f"{trained.steps} steps, loss {trained.loss:.4f}{checked}: {trained.model}")
        print(f"use it with: entails prove --model {trained.model}")
    if trained.model is None:
        print(f"entails: stopped after step {trained.steps}; --resume goes on", file=sys.stderr)
        raise typer.Exit(STOPPED)
