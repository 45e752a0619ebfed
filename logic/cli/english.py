"""`entails logic english`: the controlled English on data sets, with the figures; a command of `batch.py`."""

from __future__ import annotations

import json
import sys
from typing import Annotated

import typer

from logic.cli.common import read_json, reporting


def english(
    files: Annotated[
        list[str], typer.Argument(help="ProofWriter, ProntoQA, or JSON with premises, conclusion.")
    ],
    out: Annotated[
        str | None, typer.Option("--out", help="Write one line of JSON for each question.")
    ] = None,
    deadline: Annotated[float, typer.Option(help="Seconds for the solvers, for each question.")] = 5.0,
    workers: Annotated[
        int | None, typer.Option(help="Questions at a time. Default: one for each core.")
    ] = None,
    show: Annotated[bool, typer.Option("--show", help="List what is unread, wrong, or warned of.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON, a line for each file.")] = False,
) -> None:
    """Answer labelled questions through the controlled English, and print accuracy and time.

    Accuracy is given for classical entailment and for rules read forwards (ProofWriter's labels).
    """
    from logic.answer import Answer
    from logic.english.score import Scored, score
    from logic.errors import LogicError

    with reporting():
        results = open(out, "w", encoding="utf-8") if out else None  # noqa: SIM115

        def write(scored: Scored) -> None:
            if results is None:
                return
            row: dict[str, object] = {"id": scored.item.id}
            if isinstance(scored.classical, LogicError):
                row |= {"answer": None, "error": str(scored.classical)}
            else:
                row |= {
                    "answer": scored.classical.answer.value if scored.classical.answer else None,
                    "by_rules": scored.rules.answer.value if isinstance(scored.rules, Answer) else None,
                    "confidence": scored.classical.confidence,
                    "warnings": list(scored.classical.warnings),
                }
            results.write(json.dumps(row, ensure_ascii=False) + "\n")
            results.flush()

        try:
            for file in files:
                found = score(read_json(file), deadline, workers, write)
                for trouble in found.troubles:
                    print(f"entails: {trouble}", file=sys.stderr)
                figures = found.json()
                print(json.dumps({"file": file, **figures}) if as_json else _table(file, found, figures))
                if show:
                    _list(found)
        finally:
            if results is not None:
                results.close()


def _table(file: str, found: object, figures: dict[str, object]) -> str:
    total = figures["labelled"]
    lines = [f"{file}: {figures['questions']} questions, {figures['unread']} unread"]
    for semantics, name in (("classical", "classical entailment"), ("rules", "rules read forwards")):
        accuracy = figures[f"accuracy_{semantics}"]
        if accuracy is not None:
            lines.append(f"  {name}: {found.right(semantics)} of {total} right ({100 * accuracy:.1f} %)")
            counted = sorted(found.confusion(semantics).items())
            lines.append("    " + ", ".join(f"{label} as {said}: {n}" for (label, said), n in counted))
    lines.append(f"  wrong without a warning (classical): {figures['wrong_without_warning']}")
    lines.append(
        f"  median time of a question: {figures['median_milliseconds']} ms; all: {figures['seconds']} s"
    )
    return "\n".join(lines)


def _list(found: object) -> None:
    from logic.errors import LogicError

    for q in found.questions:
        if isinstance(q.classical, LogicError):
            print(f"  {q.item.id}: {q.classical}")
        elif q.item.label is not None and not q.right("classical"):
            said = q.classical.answer.value if q.classical.answer else "withheld"
            print(f"  {q.item.id}: {said} for {q.item.label.value}; {'; '.join(q.classical.warnings)}")
