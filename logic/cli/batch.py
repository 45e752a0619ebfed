"""`entails logic`: replay recorded generations, and print the figures of the logic half."""

from __future__ import annotations

import json
import sys
import textwrap
from pathlib import Path
from typing import Annotated, Any

import typer

from logic.cli.certificates import certificates
from logic.cli.english import english
from logic.errors import InputError, LogicError

app = typer.Typer(no_args_is_help=True, help="Batch runs over data sets and recorded generations.")
app.command("english")(english)
app.command("certificates")(certificates)
BAD_INPUT = 2
INTERRUPTED = 130
BATCH = 16  # questions a model is asked at a time: what is answered is written before the next


def _complain(problem: str) -> None:
    print(f"entails logic: {problem}", file=sys.stderr)


def _share(value: float | None) -> str:
    return "–" if value is None else f"{100 * value:.1f} %"


@app.command("replay")
def replay_command(
    file: Annotated[Path, typer.Argument(help="JSON lines with `id`, `samples` and, for scoring, `label`.")],
    out: Annotated[Path | None, typer.Option(help="Write one line of results for each question here.")] = None,
    vote: Annotated[
        str | None,
        typer.Option(help="majority (LINC's), rpc (needs `log_probabilities`) or meaning (the default for formulas)."),
    ] = None,
    stated: Annotated[
        bool, typer.Option("--stated", help="The samples state an answer in words (the paper's baselines).")
    ] = False,
    threshold: Annotated[float, typer.Option(min=0.0, max=1.0, help="Abstain below this confidence.")] = 0.0,
    deadline: Annotated[float, typer.Option(min=0.01, help="Seconds for one problem.")] = 5.0,
    workers: Annotated[
        int | None, typer.Option(min=1, help="Problems at a time; one for each core if not given.")
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print the report as JSON.")] = False,
) -> None:
    """Decide recorded generations and vote; prints accuracy, error rate, abstentions and a confusion matrix.

    Exit code 2: a line or sample was not what it should be (the others are answered all the same).
    """
    from logic.replay import run
    from logic.samples import Decider

    try:
        if out is not None and out.exists() and file.exists() and out.samefile(file):
            raise InputError("--out is the file that is read; choose another")
        sink = None if out is None else out.open("w", encoding="utf-8")
    except OSError as error:
        _complain(f"{out} can't be written: {error.strerror}")
        raise typer.Exit(BAD_INPUT) from None
    except LogicError as error:
        _complain(str(error))
        raise typer.Exit(error.exit_code) from None

    answered = 0

    def write(row: dict[str, Any]) -> None:
        nonlocal answered
        answered += 1
        if sink is not None:
            sink.write(json.dumps(row, ensure_ascii=False) + "\n")
            sink.flush()  # what is answered stays, whatever happens next

    vote = vote or ("majority" if stated else "meaning")
    try:
        report = run(file, write, _complain, vote, threshold, Decider(deadline, workers), stated)
    except LogicError as error:
        _complain(str(error))
        raise typer.Exit(error.exit_code) from None
    except KeyboardInterrupt:
        kept = f"; {answered} answers are in {out}" if out is not None else f" after {answered} answers"
        _complain(f"interrupted{kept}")
        raise typer.Exit(INTERRUPTED) from None
    finally:
        if sink is not None:
            sink.close()
    if as_json:
        print(json.dumps(report.as_json(), ensure_ascii=False))
    else:
        _print_report(file.name, report, vote, out)
    if report.problems:
        raise typer.Exit(BAD_INPUT)


def _print_report(name: str, report: Any, vote: str, out: Path | None) -> None:
    from rich.console import Console

    from logic.vote import ANSWERS

    console = Console(highlight=False)
    console.print(f"{name}: {report.questions} questions, {report.samples} samples, {report.seconds:.1f} s")
    if not report.questions:
        return
    console.print(f"accuracy ({vote} vote)   {_share(report.accuracy)}  ({report.right} of {report.labelled} labelled)")
    console.print(f"accuracy (majority)     {_share(report.majority_accuracy)}")
    console.print(f"error rate of samples   {_share(report.error_rate)}")
    console.print(f"no answer               {report.unanswered} of {report.questions}")
    console.print(f"calibration error (ECE) {_share(report.calibration_error)}")
    console.print("samples: " + ", ".join(f"{name} {count}" for name, count in sorted(report.verdicts.items())))
    if report.labelled:
        console.print(_confusion(report, ANSWERS))
    if out is not None:
        console.print(f"results in {out}")


def _confusion(report: Any, answers: Any) -> Any:
    from rich.table import Table

    table = Table(title="label (rows) and answer (columns)", title_justify="left")
    table.add_column("")
    for column in [*(answer.value for answer in answers), "none"]:
        table.add_column(column, justify="right")
    for label in answers:
        table.add_row(label.value, *(str(report.confusion[label, answer]) for answer in [*answers, None]))
    return table


@app.command("translate")
def translate_command(
    file: Annotated[
        str, typer.Argument(help="JSON (lines) with `premises`, `conclusion` and, if there are, `id`, `label`.")
    ],
    model: Annotated[str, typer.Option(help="openai:MODEL, a checkpoint's path or hub id, or a recording.")],
    out: Annotated[Path, typer.Option(help="Write the recording here, for `entails logic replay`.")],
    mode: Annotated[str, typer.Option(help="neurosymbolic, scratchpad, chain-of-thought or direct.")] = "neurosymbolic",
    shots: Annotated[int, typer.Option(help="Worked examples in the prompt.")] = 8,
    samples: Annotated[int, typer.Option(min=1, help="Samples a question.")] = 10,
    temperature: Annotated[float, typer.Option(min=0.0)] = 0.8,
    max_tokens: Annotated[int, typer.Option(min=1, help="At most so many tokens a sample.")] = 1024,
    cache: Annotated[bool, typer.Option(help="Keep answers on disk, so that a second run is free.")] = True,
) -> None:
    """Have a language model translate questions, and record its samples."""
    from logic.cli.common import read_json
    from logic.translate import Translator, Untranslated, question_from
    from prover.models.errors import ModelError
    from prover.models.registry import open_model

    failed = 0
    try:
        questions = []
        for place, value in enumerate(read_json(file), 1):
            try:
                questions.append(question_from(value, place))
            except LogicError as error:
                _complain(str(error))
                failed += 1
        translator = Translator(
            open_model(model, cache=cache), mode, shots, samples, temperature, max_tokens=max_tokens
        )
        with out.open("w", encoding="utf-8") as sink:
            for start in range(0, len(questions), BATCH):
                for answer in translator.translate(questions[start : start + BATCH]):
                    if isinstance(answer, Untranslated):
                        _complain(f"{answer.question.id}: {answer.reason}")
                        failed += 1
                    else:
                        sink.write(json.dumps(answer.as_json(), ensure_ascii=False) + "\n")
                sink.flush()
    except OSError as error:
        _complain(f"{out} can't be written: {error.strerror}")
        raise typer.Exit(BAD_INPUT) from None
    except (LogicError, ModelError) as error:
        _complain(str(error))
        raise typer.Exit(error.exit_code) from None
    for note in dict.fromkeys(translator.notes):
        _complain(note)
    used = translator.usage
    cost = "" if used.cost is None else f", cost {used.cost:.4f}"
    print(
        f"{len(questions)} questions, {used.requests} asked, {used.cached} from the cache, {used.prompt_tokens} + "
        f"{used.completion_tokens} tokens{cost}; recorded in {out}"
    )
    if failed:
        raise typer.Exit(BAD_INPUT)


@app.command("figures")
def figures_command(
    data: Annotated[Path, typer.Option(help="The folder with folio/ and linc/.")] = Path("data"),
    fit: Annotated[bool, typer.Option("--fit", help="Also refit the vote's channel and cross-validate it.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
) -> None:
    """FOLIO's gold formulas, the replay of recorded generations, and the time for one problem."""
    from logic import figures
    from logic.vote import fit_channel

    try:
        gold = figures.gold(data / "folio" / "validation.jsonl")
        replays = [figures.replay_file(path, _complain) for path in figures.files(data)]
        found: dict[str, Any] = {"schema": 1, "gold": gold.as_json(), "replay": []}
        for item in replays:
            found["replay"].append({
                "file": item.name,
                "paper_accuracy": item.paper_accuracy,
                "paper_error_rate": item.paper_error_rate,
                **item.report.as_json(),
            })  # fmt: skip
        if fit:
            questions = {path.name: figures.labelled_ballots(path) for path in figures.files(data)}
            first = next(iter(questions.values()))
            found["channel"] = str(fit_channel([(label, cast) for _, label, cast in first]))
            found["cross_validated"] = {name: figures.cross_validated(asked) for name, asked in questions.items()}
    except LogicError as error:
        _complain(str(error))
        raise typer.Exit(error.exit_code) from None
    if as_json:
        print(json.dumps(found, ensure_ascii=False))
        return
    _print_figures(gold, replays, found)


def _print_figures(gold: Any, replays: Any, found: dict[str, Any]) -> None:
    from rich.console import Console

    from logic.vote import ANSWERS

    console = Console(highlight=False, soft_wrap=True)
    read = _share(gold.read / gold.problems)
    console.print(f"FOLIO gold formulas: {gold.read} of {gold.problems} problems read ({read})")
    console.print(f"decided: {gold.decided}; {_share(gold.agreeing / max(gold.decided, 1))} agree with their label")
    console.print(f"median time of one decided problem, all solvers warm: {gold.milliseconds:.1f} ms")
    for trouble in gold.unread:
        console.print(f"  not read: {trouble}")
    for item in gold.disagreements:
        console.print(f"  line {item.line}: label {item.label.value}, decided {item.decided.value}: {item.conclusion}")
        for reason in item.reasons:
            console.print(textwrap.indent(reason, "    "), markup=False)
    console.print()
    for item in replays:
        report = item.report
        ours, theirs = _share(report.accuracy), _share(item.paper_accuracy)
        console.print(
            f"{item.name}: accuracy {ours} (majority {_share(report.majority_accuracy)}; paper {theirs}), "
            f"errors {_share(report.error_rate)} (paper {_share(item.paper_error_rate)}), "
            f"ECE {_share(report.calibration_error)}, no answer {report.unanswered}, {report.seconds:.1f} s"
        )
        console.print(_confusion(report, ANSWERS))
    if "channel" in found:
        console.print(f"channel fitted to {replays[0].name}: {found['channel']}")
        for name, share in found["cross_validated"].items():
            console.print(f"{name}: accuracy with channels fitted to other questions {_share(share)}")
