"""`entails bench retrieval`: R@1, R@10 and MRR of every ranker and of their fusion.

Not here: the figures' definitions (retrieval/evaluate.py). prover/cli/bench.py adds this app to its own.
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
    open_library,
    progress,
    read_examples,
    sentences,
)

app = typer.Typer(add_completion=False)
SCHEMA = 1
PARTS = ("train", "validation", "test", "all")


@app.command()
def retrieval(
    data: Annotated[Path, typer.Argument(help="Examples: a folder of LeanDojo Benchmark, a split of it (.json), or "
                                              "JSON lines (state, premises, module).")],
    corpus: Annotated[Path | None, typer.Option(help="The LeanDojo corpus.jsonl the examples belong to.")] = None,
    index: Annotated[str, typer.Option(help="Or the index they belong to, by name or folder.")] = DEFAULT_INDEX,
    allow_duplicates: Annotated[bool, typer.Option("--allow-duplicates", help="See `entails index`.")] = False,
    encoder: Annotated[str | None, typer.Option(help="Also the dense ranker with this encoder.")] = None,
    part: Annotated[str, typer.Option(help="Of JSON lines, this part of the split by module; or all.")] = "test",
    split: Annotated[str | None, typer.Option(help="Of a benchmark folder: train, val (the default) or test.",
                                              show_default=False)] = None,
    limit: Annotated[int | None, typer.Option(min=1, help="Only the first examples.")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="The figures as JSON.")] = False,
) -> None:  # fmt: skip
    """Judge the rankers on examples of premise use (LeanDojo's definitions)."""
    from retrieval.evaluate import evaluate, split_by_module
    from retrieval.library import Library

    if part not in PARTS:
        print(f"entails: --part is one of {', '.join(PARTS)}, not {part!r}", file=sys.stderr)
        raise typer.Exit(BAD_INPUT)
    with sentences(), progress(quiet=as_json) as shown:
        data, corpus, allow_duplicates = benchmark_files(data, corpus, allow_duplicates, split, "val")
        if corpus is not None:
            from retrieval.encoder import load_encoder

            library = Library.of(
                open_corpus(index, corpus, allow_duplicates), load_encoder(encoder) if encoder else None
            )
        else:
            library = open_library(index, encoder)
        examples = read_examples(data, library.corpus)
        if data.suffix != ".json" and part != "all":  # LeanDojo's files are split already
            examples = split_by_module(examples)[part]
        examples = examples[:limit]
        if not examples:
            print(
                f"entails: {data} has no examples in the part {part!r} of its split by module",
                file=sys.stderr,
            )
            raise typer.Exit(BAD_INPUT)
        scores = []
        for ranker in (*library.rankers.values(), library.fusion):
            task = shown.add_task(ranker.name, total=len(examples))  # type: ignore[attr-defined]
            scores.append(evaluate(ranker, examples, lambda n, t=task: shown.advance(t, n)))  # type: ignore[attr-defined]
    if as_json:
        rows = [{"ranker": s.ranker, "examples": s.examples, "recall@1": s.recall_1, "recall@10": s.recall_10,
                 "mrr": s.mrr} for s in scores]  # fmt: skip
        print(json.dumps({"schema": SCHEMA, "part": part, "left_out": dict(library.left_out), "rankers": rows}))
        return
    print(f"{'':12} {'R@1 %':>7} {'R@10 %':>7} {'MRR':>7}   ({scores[0].examples} examples)")
    for s in scores:
        print(f"{s.ranker:12} {s.recall_1:7.2f} {s.recall_10:7.2f} {s.mrr:7.4f}")
    for name, reason in library.left_out.items():
        print(f"{name} is left out: {reason}", file=sys.stderr)
