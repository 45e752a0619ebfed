"""`entails fol`: check, convert and decide first-order formulas, without any model."""

from __future__ import annotations

import json
import sys
from typing import Annotated, Any

import typer

from logic.cli.common import NEGATIVE, read_text, reporting
from logic.errors import InputError, LogicError
from logic.verdict import Verdict

app = typer.Typer(add_completion=False, no_args_is_help=True)

Formulas = Annotated[list[str] | None, typer.Argument(help="Formulas, in any notation.")]
File = Annotated[str | None, typer.Option("--file", "-f", help="Formulas, one a line; - reads stdin.")]
AsJson = Annotated[bool, typer.Option("--json", help="Print JSON.")]


@app.command()
def check(formulas: Formulas = None, file: File = None, as_json: AsJson = False) -> None:
    """Say of each formula whether it can be read, and where not, why and where.

    Exit codes: 0 all can be read, 1 some need a repair, 2 some can't be read.
    """
    from logic.errors import ReadError
    from logic.mending import mend
    from logic.syntax.read import read
    from logic.syntax.walk import free_variables
    from logic.syntax.write import write

    with reporting():
        texts = _texts(formulas, file)
    worst = 0
    for number, text in enumerate(texts, 1):
        row: dict[str, Any] = {"text": text, "ok": True}
        try:
            formula = read(text)
        except ReadError as error:
            row |= {"ok": False, "error": str(error), "position": error.position}
            try:
                mended = mend(text)
                row |= {
                    "repaired": write(mended.formula),
                    "repairs": [{"kind": n.repair, "detail": n.detail} for n in mended.notes],
                }
                worst = max(worst, NEGATIVE)
            except ReadError:
                worst = 2
        else:
            row |= {"formula": write(formula), "free_variables": sorted(free_variables(formula))}
        print(json.dumps(row, ensure_ascii=False) if as_json else f"{number}: {_described(row)}")
    raise typer.Exit(worst)


def _described(row: dict[str, Any]) -> str:
    if row["ok"]:
        free = f"   (free: {', '.join(row['free_variables'])})" if row["free_variables"] else ""
        return f"{row['formula']}{free}"
    lines = [row["error"]]
    if "repaired" in row:
        lines.append(f"   repaired: {row['repaired']}")
        lines += [f"     {repair['kind']}: {repair['detail']}" for repair in row["repairs"]]
    return "\n".join(lines)


@app.command()
def convert(
    formulas: Formulas = None,
    to: Annotated[
        str, typer.Option("--to", "-t", help="folio, nltk, prover9, tptp, smtlib or lean.")
    ] = "folio",
    source: Annotated[
        str | None, typer.Option("--from", help="The notation, where free variables depend on it.")
    ] = None,
    file: File = None,
    problem: Annotated[
        bool, typer.Option("--problem", help="One input for a prover; the last formula is the conclusion.")
    ] = False,
    as_json: AsJson = False,
) -> None:
    """Write formulas in another notation."""
    from logic.syntax.read import read
    from logic.syntax.write import write, write_problem

    with reporting():
        texts = _texts(formulas, file)
        if problem:
            read_all = [read(text, source) for text in texts]
            text = write_problem(read_all[:-1], read_all[-1], to)
            print(
                json.dumps({"notation": to, "text": text}, ensure_ascii=False) if as_json else text.rstrip()
            )
            return
    failed: LogicError | None = None
    for text in texts:
        try:
            written = write(read(text, source), to)
        except LogicError as error:
            failed = error
            if as_json:
                print(json.dumps({"text": text, "error": str(error)}, ensure_ascii=False))
            else:
                print(f"entails: {error}", file=sys.stderr)
            continue
        print(json.dumps({"text": text, to: written}, ensure_ascii=False) if as_json else written)
    if failed is not None:
        raise typer.Exit(failed.exit_code)


@app.command()
def decide(
    premise: Annotated[
        list[str] | None, typer.Option("--premise", "-p", help="A premise; repeat it.")
    ] = None,
    conclusion: Annotated[str | None, typer.Option("--conclusion", "-c", help="The conclusion.")] = None,
    file: Annotated[
        str | None,
        typer.Option("--file", "-f", help="One formula a line, the conclusion last; - reads stdin."),
    ] = None,
    deadline: Annotated[float, typer.Option(help="Seconds for the solvers.")] = 5.0,
    solver: Annotated[
        list[str] | None, typer.Option("--solver", "-s", help="z3, eprover or cvc5; repeat it. Default: all.")
    ] = None,
    strict: Annotated[bool, typer.Option("--strict", help="Refuse formulas that need a repair.")] = False,
    cross_check: Annotated[
        bool, typer.Option("--cross-check", help="Let every solver finish, and compare them.")
    ] = False,
    proof: Annotated[bool, typer.Option("--proof", help="Ask E for a proof.")] = False,
    as_json: AsJson = False,
) -> None:
    """Decide whether the conclusion follows from the premises.

    Exit codes: 0 True, 1 any other answer, 2 bad input, 3 a missing tool.
    """
    with reporting():
        if file is not None:
            if premise or conclusion:
                raise InputError("give either a file or -p and -c, not both")
            *premise, conclusion = _texts(None, file)
        if conclusion is None:
            raise InputError("give a conclusion with -c, or a file")
        row = _decided(premise or [], conclusion, deadline, tuple(solver or ()), strict, cross_check, proof)
    print(json.dumps(row.json(), ensure_ascii=False) if as_json else row.text(verbose=True))
    raise typer.Exit(0 if row.answer is Verdict.TRUE else NEGATIVE)


@app.command()
def certify(
    premise: Annotated[list[str] | None, typer.Option("--premise", "-p", help="A premise; repeat it.")] = None,
    conclusion: Annotated[str | None, typer.Option("--conclusion", "-c", help="The conclusion.")] = None,
    file: Annotated[
        str | None, typer.Option("--file", "-f", help="One formula a line, the conclusion last; - reads stdin.")
    ] = None,
    deadline: Annotated[float, typer.Option(help="Seconds for the solvers.")] = 5.0,
    as_json: AsJson = False,
) -> None:
    """Decide, and print a Lean text that Lean's kernel accepted for the answer.

    Exit codes: 0 certified, 1 not certified, 2 bad input, 3 a missing tool.
    """
    from logic.certify import Certificate
    from logic.qa import LogicQA

    with reporting():
        if file is not None:
            if premise or conclusion:
                raise InputError("give either a file or -p and -c, not both")
            *premise, conclusion = _texts(None, file)
        if conclusion is None:
            raise InputError("give a conclusion with -c, or a file")
        qa = LogicQA(language="formulas", deadline=deadline, proof=True)
        answer = qa.ask(premise or [], conclusion, certify=True)
        qa.close()
    certificate = answer.certificate
    if as_json:
        print(json.dumps(answer.json(), ensure_ascii=False))
    elif isinstance(certificate, Certificate):
        print(certificate.source, end="")
    else:
        print(answer.text())
    raise typer.Exit(0 if isinstance(certificate, Certificate) else NEGATIVE)


@app.command()
def verify(
    file: Annotated[str, typer.Argument(help="A certificate; - reads stdin.")],
    as_json: AsJson = False,
) -> None:
    """Check a certificate with Lean's kernel, from its text alone, and say what it proves.

    Exit codes: 0 accepted, 1 refused, 2 no certificate, 3 Lean is missing.
    """
    from logic.certify import Certifier, recheck

    with reporting():
        text = read_text(file)
        with Certifier() as certifier:
            checked = recheck(text, certifier.lean)
    if as_json:
        row = {"accepted": checked.accepted, "claim": list(checked.words), "reason": checked.reason,
               "axioms": list(checked.axioms), "seconds": round(checked.seconds, 4)}  # fmt: skip
        print(json.dumps({"schema": 1, **row}, ensure_ascii=False))
    elif checked.accepted:
        print("\n".join(["Lean's kernel accepts this certificate. It proves:", *checked.words]))
    else:
        print(f"refused: {checked.reason}\nIt claims, without proof:", *checked.words, sep="\n")
    raise typer.Exit(0 if checked.accepted else NEGATIVE)


def _decided(
    premises: list[str],
    conclusion: str,
    deadline: float,
    solvers: tuple[str, ...],
    strict: bool,
    cross_check: bool,
    proof: bool,
) -> Any:
    from logic.qa import LogicQA
    from logic.solvers.table import SOLVERS
    from logic.syntax.read import read

    if strict:
        for text in (*premises, conclusion):
            read(text)
    return LogicQA(
        language="formulas",
        deadline=deadline,
        solvers=solvers or tuple(SOLVERS),
        proof=proof,
        cross_check=cross_check,
    ).ask(premises, conclusion)


def _texts(formulas: list[str] | None, file: str | None) -> list[str]:
    if bool(formulas) == (file is not None):
        raise InputError("give formulas, or a file of them with -f")
    texts = formulas or [line.strip() for line in read_text(file or "").splitlines() if line.strip()]
    if not texts:
        raise InputError(f"{file} has no formulas")
    return texts
