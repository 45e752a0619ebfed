"""`entails train reranker`: the small model that orders the premises which fusion found once more.

Not here: any training (retrieval/rerank_train.py).
"""

from __future__ import annotations

import json
import sys
from dataclasses import replace
from pathlib import Path
from typing import Annotated

import typer

from prover.cli.premises import (
    BAD_INPUT,
    DEFAULT_INDEX,
    open_library,
    progress,
    read_examples,
    read_names,
    sentences,
)

SCHEMA = 1


def reranker(
    data: Annotated[list[Path], typer.Argument(help="Examples: JSON lines (state, premises, module), as `entails bench "
                                                    "premise-data` makes them, or a LeanDojo train.json.")],
    out: Annotated[Path, typer.Option("--out", "-o", help="The file of weights to write.")],
    alike: Annotated[Path | None, typer.Option(help="Theorems (JSON lines: name), for weak examples: their namesakes "
                                                    "in other namespaces.")] = None,
    validation: Annotated[Path | None, typer.Option(help="Examples to judge it on.")] = None,
    index: Annotated[str, typer.Option(help="The index they belong to, by name or folder.")] = DEFAULT_INDEX,
    encoder: Annotated[str | None, typer.Option(help="Also the dense ranker with this encoder.")] = None,
    hidden: Annotated[int, typer.Option(min=0, help="Hidden units; 0: a linear model.")] = 0,
    l2: Annotated[float, typer.Option(min=0, help="Weight decay.")] = 0.1,
    rounds: Annotated[int, typer.Option(min=1, help="Passes over the examples.")] = 200,
    seed: Annotated[int, typer.Option(help="The same seed gives the same weights.")] = 0,
    as_json: Annotated[bool, typer.Option("--json", help="The result as JSON.")] = False,
) -> None:  # fmt: skip
    """Train the re-ranker. Without a GPU, in less than a minute for a thousand examples."""
    from retrieval.alike import alike as namesakes
    from retrieval.evaluate import evaluate
    from retrieval.rankers.rerank import Model, Reranked
    from retrieval.rerank_train import Options, digest, fit

    options = Options(hidden=hidden, l2=l2, rounds=rounds, seed=seed)
    with sentences(), progress(quiet=as_json) as shown:
        library = open_library(index, encoder)
        examples = [e for path in data for e in read_examples(path, library.corpus)]
        weak = list(namesakes(library.corpus, read_names(alike))) if alike is not None else []
        untrained = Reranked(library.fusion, library.structural, Model.zero())
        task = shown.add_task("examples", total=len(examples) + len(weak))  # type: ignore[attr-defined]
        try:
            advance = lambda n: shown.advance(task, n)  # type: ignore[attr-defined]  # noqa: E731
            model = fit(untrained, examples, options, weak, advance)
        except ValueError as error:
            print(f"entails: {data[0]}: {error}", file=sys.stderr)
            raise typer.Exit(BAD_INPUT) from None
        files = [*data, *([alike] if alike is not None else [])]
        command = " ".join((
            "entails train reranker", *map(str, data), *([f"--alike {alike}"] if alike is not None else []),
            f"--hidden {hidden} --l2 {l2:g} --rounds {rounds} --seed {seed}",
        ))  # fmt: skip
        read = digest(*(file.read_bytes() for file in files))
        model = replace(model, made={**model.made, "command": command, "data": read})
        model.save(out)
        checks = read_examples(validation, library.corpus) if validation is not None else ()
        scores = [
            evaluate(ranker, checks, named=named)
            for named in (False, True)
            for ranker in (library.fusion, Reranked(library.fusion, library.structural, model))
            if checks and (named is False or ranker.name == "rerank")
        ]
    rows = [{"ranker": s.ranker, "examples": s.examples, "recall@1": s.recall_1, "recall@10": s.recall_10,
             "mrr": s.mrr} for s in scores]  # fmt: skip
    if as_json:
        print(json.dumps({"schema": SCHEMA, "out": str(out), "examples": model.made["examples"], "validation": rows}))
        return
    print(f"{model.made['examples']} of {len(examples) + len(weak)} examples: {out}")
    for s, what in zip(scores, ("fusion", "re-ranked", "re-ranked, with the theorem's name"), strict=False):
        print(f"{what}: R@1 {s.recall_1:.2f} %, R@10 {s.recall_10:.2f} %, MRR {s.mrr:.4f} ({s.examples} examples)")
