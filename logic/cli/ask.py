"""`entails ask`: one question from the command line, or a file of questions."""

from __future__ import annotations

import json
from typing import Annotated, Any

import typer

from logic.cli.common import NEGATIVE, read_json, reporting
from logic.errors import InputError, LogicError
from logic.verdict import Verdict

app = typer.Typer(add_completion=False, no_args_is_help=True)


@app.command()
def ask(
    file: Annotated[
        str | None,
        typer.Argument(help="JSON or JSON Lines: objects with `premises` and `conclusion`; - reads stdin."),
    ] = None,
    premise: Annotated[list[str] | None, typer.Option("--premise", "-p", help="A premise; repeat it.")] = None,
    conclusion: Annotated[str | None, typer.Option("--conclusion", "-c", help="The conclusion.")] = None,
    language: Annotated[str, typer.Option(help="auto, english or formulas.")] = "auto",
    semantics: Annotated[
        str, typer.Option(help="classical, or rules: every “if” is read forwards only.")
    ] = "classical",
    deadline: Annotated[float, typer.Option(help="Seconds for the solvers, for each question.")] = 5.0,
    threshold: Annotated[float, typer.Option(help="Withhold an answer with a lower confidence.")] = 0.0,
    proof: Annotated[bool, typer.Option("--proof", help="Ask E for a proof.")] = False,
    certify: Annotated[
        bool, typer.Option("--certify", help="Have Lean's kernel check the answer, and explain it.")
    ] = False,
    model: Annotated[
        str | None,
        typer.Option(
            envvar="ENTAILS_MODEL",
            help="Translate with a language model: openai:NAME, or a checkpoint's path or hub id. "
            "Default: controlled English, without a model.",
        ),
    ] = None,
    samples: Annotated[int, typer.Option(min=1, help="Translations of each question.")] = 10,
    temperature: Annotated[float, typer.Option(min=0.0)] = 0.8,
    shots: Annotated[int, typer.Option(min=0, help="Worked examples in the prompt.")] = 8,
    mode: Annotated[str, typer.Option(help="neurosymbolic, scratchpad, chain-of-thought or direct.")] = "neurosymbolic",
    vote: Annotated[str, typer.Option(help="majority, rpc or meaning.")] = "meaning",
    verbose: Annotated[bool, typer.Option("--verbose", "-v", help="Show formulas and solvers.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON, a line for each question.")] = False,
) -> None:
    """Answer whether a conclusion follows from premises.

    Exit codes: 0 True, 1 any other answer, 2 bad input, 3 a missing tool. For a file with several
    questions: 0, or 2 where one could not be read.
    """
    from logic.qa import LogicQA

    with reporting():
        qa = LogicQA(
            language=language,
            semantics=semantics,
            deadline=deadline,
            threshold=threshold,
            proof=proof,
            model=model,
            samples=samples,
            temperature=temperature,
            shots=shots,
            mode=mode,
            vote=vote,
        )
        if file is None:
            if conclusion is None:
                raise InputError("give a conclusion with -c, or a file of questions")
            answer = qa.ask(premise or [], conclusion, certify=certify)
            print(json.dumps(answer.json(), ensure_ascii=False) if as_json else answer.text(verbose))
            raise typer.Exit(0 if answer.answer is Verdict.TRUE else NEGATIVE)
        if premise or conclusion:
            raise InputError("give either a file or -p and -c, not both")
        values = read_json(file)
        if not values:
            raise InputError(f"{file} has no questions")
        if len(values) == 1 and isinstance(values[0], dict):
            answer = qa.ask(*question(values[0]), certify=certify)
            print(json.dumps(answer.json(), ensure_ascii=False) if as_json else answer.text(verbose))
            raise typer.Exit(0 if answer.answer is Verdict.TRUE else NEGATIVE)
        failed = _many(qa, values, as_json, verbose, certify)
    raise typer.Exit(2 if failed else 0)


def question(value: Any) -> tuple[Any, Any]:
    """Premises and conclusion of one JSON value; what they hold is checked where they are read.

    Raises:
        InputError: it isn't an object that has them.
    """
    if isinstance(value, LogicError):
        raise value
    if not isinstance(value, dict):
        raise InputError(f"a question must be an object with `premises` and `conclusion`, not {value!r:.60}")
    for key in ("premises", "conclusion"):
        if key not in value:
            raise InputError(f"the question has no `{key}`")
    return value["premises"], value["conclusion"]


def _many(qa: Any, values: list[Any], as_json: bool, verbose: bool, certify: bool) -> int:
    """Answer all and print each in order as soon as those before it are there; returns how many failed."""
    waiting: dict[int, Any] = {}
    printed = failed = 0

    def take(index: int, answer: Any) -> None:
        nonlocal printed, failed
        waiting[index] = answer
        while printed in waiting:
            found = waiting.pop(printed)
            failed += isinstance(found, LogicError)
            _show(places[printed], values[places[printed]], found, as_json, verbose)
            printed += 1

    places: list[int] = []
    questions: list[Any] = []
    for place, value in enumerate(values):
        places.append(place)
        try:
            questions.append(question(value))
        except LogicError as error:
            questions.append(error)
    qa.ask_many(questions, on_answer=take, certify=certify)
    return failed


def _show(place: int, value: Any, answer: Any, as_json: bool, verbose: bool) -> None:
    name = value.get("id", place) if isinstance(value, dict) else place
    if as_json:
        row = {"error": str(answer)} if isinstance(answer, LogicError) else answer.json()
        print(json.dumps({"id": name, **row}, ensure_ascii=False), flush=True)
    else:
        text = f"error: {answer}" if isinstance(answer, LogicError) else answer.text(verbose)
        print(f"{name}: {text}", flush=True)
