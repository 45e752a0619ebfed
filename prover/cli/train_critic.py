"""`entails train critic`: a critic from the logs of searches. Not here: any training (search/critic)."""

from __future__ import annotations

import json
from contextlib import AbstractContextManager
from dataclasses import asdict
from pathlib import Path
from typing import Annotated

import typer

from prover.cli.common import errors_as_sentences

LOGS_HELP = "Logs of searches (entails prove --log, entails bench prove --logs), or folders of them."
SCHEMA = 1


def sentences(out: Path) -> AbstractContextManager[None]:
    """Errors while logs are read and `out` is written become one line on standard error and their exit code."""
    from search.errors import MissingLibrary, SearchError

    return errors_as_sentences((MissingLibrary,), (SearchError,), out)


def critic(
    logs: Annotated[list[Path], typer.Argument(help=LOGS_HELP)],
    out: Annotated[Path, typer.Option("--out", "-o", help="The model: a file, or a folder for transformer.")],
    kind: Annotated[str, typer.Option(help="trees, mlp (both on features, for any CPU) or transformer.")] = "trees",
    encoder: Annotated[str, typer.Option(help="transformer: the encoder, a folder or hub id.")] = "google/byt5-small",
    steps: Annotated[int, typer.Option(help="transformer: optimiser steps.")] = 1000,
    batch_size: Annotated[int, typer.Option(help="transformer: samples a step.")] = 16,
    device: Annotated[str | None, typer.Option(help="transformer: cpu, cuda, …; a GPU if there is one.")] = None,
    seed: Annotated[int, typer.Option(help="The same seed gives the same model.")] = 0,
    as_json: Annotated[bool, typer.Option("--json", help="The result as JSON.")] = False,
) -> None:  # fmt: skip
    """Train the critic that predicts how far a state is from a proof.

    Learns from proved trees, their siblings and dead ends; trivial proofs and ineffective steps are pruned, and for
    mlp and trees the same without pruning is trained too, to show what pruning costs; the model written is trained
    on all of the logs.
    """
    from search.critic.samples import gather
    from search.critic.train import digest, results_of

    with sentences(out):
        samples = gather(results_of(logs))
        if kind == "transformer":
            from search.critic.transformer import train as train_transformer

            made, curation, curated = train_transformer(samples, encoder, steps, batch_size, seed, device)
            uncurated = None
            made.save(out)
        else:
            from search.critic.models import save
            from search.critic.train import train

            trained = train(samples, kind, seed)
            curation, curated, uncurated = trained.curation, trained.curated, trained.uncurated
            about = {"command": f"entails train critic --kind {kind} --seed {seed}", "data_sha256": digest(logs),
                     "samples": trained.samples}  # fmt: skip
            save(trained.model, out, about)
    rows = {"pruned": (len(curation.kept), curated)}
    if uncurated is not None:
        rows["all samples"] = (len(curation.kept) + sum(curation.pruned.values()), uncurated)
    if as_json:
        report = {
            "schema": SCHEMA,
            "kind": kind,
            "out": str(out),
            "pruned": curation.pruned,
            "quality": {
                name: {"samples": count, **asdict(quality)} for name, (count, quality) in rows.items()
            },
        }
        print(json.dumps(report))
        return
    print(f"{kind}: {out}")
    print(f"pruned {curation.share_pruned:.0%}: " + ", ".join(f"{n} {rule}s" for rule, n in curation.pruned.items()))
    print("on searches not seen in training:" if uncurated is None else "on searches not seen in training (5 folds):")
    print("trained on     samples   pairs of one search in order   proved before dead ends   error (log)")
    for name, (count, quality) in rows.items():
        print(f"{name:14} {count:7}   {quality.ranking:28.1%}   {quality.dead_ends:23.1%}   {quality.error:11.3f}")
