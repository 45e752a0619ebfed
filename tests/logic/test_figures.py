"""The figures: gold formulas read and decided, disagreements with reasons, the paper's figures out of its verdicts."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner

from logic.cli.batch import app
from logic.errors import InputError
from logic.figures import cross_validated, gold, labelled_ballots, replay_file

runner = CliRunner()


def problem(premises: list[str], conclusion: str, label: str, sentences: int | None = None) -> dict:
    texts = [f"sentence {n}" for n in range(len(premises) if sentences is None else sentences)]
    return {
        "premises": texts,
        "premises-FOL": premises,
        "conclusion": "so",
        "conclusion-FOL": conclusion,
        "label": label,
    }


def folder(path: Path) -> Path:
    """A data folder with four gold problems and a recording of two questions."""
    rows = [
        problem(["∀x (Man(x) → Mortal(x))", "Man(a)"], "Mortal(a)", "True"),
        problem(["P(a)"], "¬P(a)", "True"),
        problem(["P(a) ∨ Q(a)"], "P(a)", "True", sentences=2),
        problem(["P(a) ∧ ∧"], "P(a)", "True"),
    ]
    good = "TEXT: a\nFOL: P(a)\nTEXT: b\nFOL: P(a)"
    recorded = [
        {"id": "1", "label": "True", "samples": [good], "paper_verdicts": ["Error"]},
        {"id": "2", "label": "True", "samples": [good], "paper_verdicts": ["True"]},
    ]
    for name, lines in (("folio/validation.jsonl", rows), ("linc/x-1shot.jsonl", recorded)):
        (path / name).parent.mkdir()
        (path / name).write_text("".join(json.dumps(line) + "\n" for line in lines), encoding="utf-8")
    return path


def test_gold_problems_are_counted_and_disagreements_have_reasons(tmp_path: Path) -> None:
    report = gold(folder(tmp_path) / "folio" / "validation.jsonl")
    assert (report.problems, report.read, report.decided, report.agreeing) == (4, 3, 3, 1)
    assert report.unread[0].startswith("line 4: formula 1 can't be read")
    refuted, open_ = report.disagreements
    assert (refuted.line, refuted.decided.value) == (2, "False")
    assert refuted.reasons == ("the negation of the conclusion's formula follows from: P(a)",)
    assert (open_.line, open_.decided.value) == (3, "Uncertain")
    assert open_.reasons[0] == "the annotation has 1 formulas for 2 premises"
    assert "the conclusion's is false in this model" in open_.reasons[1]


def test_the_papers_figures_come_from_its_recorded_verdicts(tmp_path: Path) -> None:
    found = replay_file(folder(tmp_path) / "linc" / "x-1shot.jsonl", pytest.fail)
    assert (found.paper_accuracy, found.paper_error_rate) == (0.5, 0.5)
    assert (found.report.accuracy, found.report.error_rate) == (1.0, 0.0)


def test_cross_validation_answers_each_question_with_a_channel_fitted_to_others(tmp_path: Path) -> None:
    questions = labelled_ballots(folder(tmp_path) / "linc" / "x-1shot.jsonl")
    assert [(identity, label.value) for identity, label, _ in questions] == [("1", "True"), ("2", "True")]
    assert cross_validated(questions, folds=2) == 1.0


def test_the_command_prints_everything_as_text_or_json(tmp_path: Path) -> None:
    data = folder(tmp_path)
    shown = runner.invoke(app, ["figures", "--data", str(data)])
    assert shown.exit_code == 0, shown.output
    assert "FOLIO gold formulas: 3 of 4 problems read (75.0 %)" in shown.output
    assert "x-1shot.jsonl: accuracy 100.0 % (majority 100.0 %; paper 50.0 %)" in shown.output
    found = json.loads(runner.invoke(app, ["figures", "--data", str(data), "--json", "--fit"]).stdout)
    assert found["gold"]["disagreements"][0]["line"] == 2
    assert found["replay"][0]["paper_error_rate"] == 0.5
    assert found["channel"].startswith("Channel(same=")


@pytest.mark.parametrize("line", ["{not json", "[]", '{"premises": []}', '{"premises": [], "label": 7}'])
def test_a_file_that_is_not_folio_is_refused(tmp_path: Path, line: str) -> None:
    file = tmp_path / "f.jsonl"
    file.write_text(line, encoding="utf-8")
    with pytest.raises(InputError, match="line 1"):
        gold(file)
    done = runner.invoke(app, ["figures", "--data", str(tmp_path / "nowhere")])
    assert done.exit_code == 2 and "can't be read" in done.stderr
