"""`entails bench retrieval`: R@1, R@10, R@50 and MRR of every ranker, of their fusion, and re-ranked.

Not here: the figures' definitions (retrieval/evaluate.py). prover/cli/bench.py adds this app to its own.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from prover.cli.premises import (
    BAD_INPUT,
    DEFAULT_INDEX,
    benchmark_files,
    open_corpus,
    open_library,
    progress,
    read_examples,
    read_names,
    sentences,
)

if TYPE_CHECKING:
    from retrieval.library import Library
    from retrieval.rankers.base import Ranker

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
    rankers: Annotated[
        str, typer.Option(help="These alone, with commas: bm25, structural, dense; fusion and rerank are of those.")
    ] = "",
    alike: Annotated[bool, typer.Option("--alike", help="The data are theorems (JSON lines: name); to be found are "
                                                        "their namesakes in other namespaces.")] = False,
    named: Annotated[bool, typer.Option("--named", help="Give the theorem's name as a hint.")] = False,
    part: Annotated[str, typer.Option(help="Of JSON lines, this part of the split by module; or all.")] = "test",
    split: Annotated[str | None, typer.Option(help="Of a benchmark folder: train, val (the default) or test.",
                                              show_default=False)] = None,
    limit: Annotated[int | None, typer.Option(min=1, help="Only the first examples.")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="The figures as JSON.")] = False,
) -> None:  # fmt: skip
    """Judge the rankers on examples of premise use (LeanDojo's definitions)."""
    from retrieval.alike import alike as namesakes
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
        examples = list(namesakes(library.corpus, read_names(data))) if alike else read_examples(data, library.corpus)
        if data.suffix != ".json" and part != "all" and not alike:  # LeanDojo's files are split already
            examples = split_by_module(examples)[part]
        examples = examples[:limit]
        if not examples:
            print(
                f"entails: {data} has no examples in the part {part!r} of its split by module",
                file=sys.stderr,
            )
            raise typer.Exit(BAD_INPUT)
        scores = []
        for ranker in _judged(library, rankers):
            task = shown.add_task(ranker.name, total=len(examples))  # type: ignore[attr-defined]
            advance = lambda n, t=task: shown.advance(t, n)  # type: ignore[attr-defined]  # noqa: E731
            scores.append(evaluate(ranker, examples, advance, named))
    if as_json:
        rows = [{"ranker": s.ranker, "examples": s.examples, "recall@1": s.recall_1, "recall@10": s.recall_10,
                 "recall@50": s.recall_50, "mrr": s.mrr} for s in scores]  # fmt: skip
        print(json.dumps({"schema": SCHEMA, "part": part, "left_out": dict(library.left_out), "rankers": rows}))
        return
    print(f"{'':12} {'R@1 %':>7} {'R@10 %':>7} {'R@50 %':>7} {'MRR':>7}   ({scores[0].examples} examples)")
    for s in scores:
        print(f"{s.ranker:12} {s.recall_1:7.2f} {s.recall_10:7.2f} {s.recall_50:7.2f} {s.mrr:7.4f}")
    for name, reason in library.left_out.items():
        print(f"{name} is left out: {reason}", file=sys.stderr)


def _judged(library: Library, names: str) -> list[Ranker]:
    """Each ranker by itself, their fusion, and that re-ranked; of the named ones, if some are."""
    if not names:
        return list(dict.fromkeys((*library.rankers.values(), library.fusion, library.best)))
    wanted = [name.strip() for name in names.split(",") if name.strip()]
    single = [library.chosen([name]) for name in wanted if name not in ("fusion", "rerank")]
    fused = [library.chosen([n for n in wanted if n != "rerank"])] if len(wanted) > 1 or not single else []
    return list(dict.fromkeys((*single, *fused, *([library.chosen(wanted)] if "rerank" in wanted else []))))
