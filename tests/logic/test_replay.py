"""`entails logic replay`: results, scores, bad input, and the recordings it has to do well on."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner

from logic.cli.batch import app
from logic.errors import InputError
from logic.replay import Record, Report, read_records, replay, run
from logic.samples import Decider
from logic.verdict import Verdict
from logic.vote import Ballot, majority

DATA = Path(__file__).parents[2] / "data"
SHOTS = ("1", "2", "4", "8")
LEAST_ACCURACY = {"1": 0.62, "2": 0.66, "4": 0.70, "8": 0.70}
runner = CliRunner()


def text(*formulas: str) -> str:
    return "\n".join(f"TEXT: sentence {n}\nFOL: {formula}" for n, formula in enumerate(formulas))


TRUE = text("P(a)", "P(a)")
FALSE = text("-P(a)", "P(a)")
UNCERTAIN = text("Q(a)", "P(a)")
UNREADABLE = text("Q(a) & &", "P(a)")


def write(path: Path, *rows: object) -> Path:
    path.write_text("".join((r if isinstance(r, str) else json.dumps(r)) + "\n" for r in rows), encoding="utf-8")
    return path


def results(path: Path) -> list[dict]:
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]


def test_results_have_the_documented_shape(tmp_path: Path) -> None:
    file = write(
        tmp_path / "file.jsonl",
        {"id": "q1", "label": "True", "samples": [TRUE, TRUE, UNREADABLE]},
        {"id": "q2", "samples": [FALSE, UNCERTAIN, text("P(a) & -P(a)", "Q(b)")]},
        {"id": 3, "label": "Unknown", "samples": [UNREADABLE]},
    )
    out = tmp_path / "out.jsonl"
    done = runner.invoke(app, ["replay", str(file), "--out", str(out), "--vote", "majority"])
    assert done.exit_code == 0, done.output
    assert results(out) == [
        {"id": "q1", "answer": "True", "confidence": 1.0, "samples": ["True", "True", "Error"]},
        {"id": "q2", "answer": "False", "confidence": 0.5, "samples": ["False", "Uncertain", "Contradictory"]},
        {"id": "3", "answer": None, "confidence": 0.0, "samples": ["Error"]},
    ]
    assert "accuracy (majority vote)   50.0 %  (1 of 2 labelled)" in done.output
    assert "no answer               1 of 3" in done.output
    assert "28.6 %" in done.output, "two of seven samples are errors"


def test_json_report(tmp_path: Path) -> None:
    file = write(
        tmp_path / "f.jsonl", {"id": "a", "label": "False", "samples": [FALSE]}, {"id": "b", "samples": [TRUE]}
    )
    done = runner.invoke(app, ["replay", str(file), "--json"])
    found = json.loads(done.stdout)
    assert found["schema"] == 1
    assert (found["questions"], found["labelled"], found["accuracy"], found["error_rate"]) == (2, 1, 1.0, 0.0)
    assert found["confusion"]["False"] == {"True": 0, "False": 1, "Uncertain": 0, "none": 0}
    assert found["verdicts"] == {"False": 1, "True": 1}


def test_labels_are_for_scoring_only(tmp_path: Path) -> None:
    samples = [[TRUE, UNCERTAIN, UNCERTAIN], [FALSE, TRUE], [UNCERTAIN]]
    answers = []
    for label in ("True", "False", "Uncertain", None):
        rows = [{"id": str(n), "label": label, "samples": s} for n, s in enumerate(samples)]
        rows = [{k: v for k, v in row.items() if v is not None} for row in rows]
        found: list[dict] = []
        run(write(tmp_path / "f.jsonl", *rows), found.append, lambda _: None)
        answers.append(found)
    assert all(answer == answers[0] for answer in answers)


def test_bad_lines_and_samples_get_one_sentence_each_and_the_rest_goes_on(tmp_path: Path) -> None:
    file = write(
        tmp_path / "file.jsonl",
        "{not json",
        "[1, 2]",
        {"samples": [TRUE]},
        {"id": "no samples"},
        {"id": "q", "label": "Maybe", "samples": [TRUE, 5, None, {"a": 1}]},
        "",
        {"id": "empty", "label": "True", "samples": []},
        {"id": "good", "label": "True", "samples": [TRUE]},
    )
    out = tmp_path / "out.jsonl"
    done = runner.invoke(app, ["replay", str(file), "--out", str(out)])
    assert done.exit_code == 2
    assert results(out) == [
        {"id": "q", "answer": "True", "confidence": results(out)[0]["confidence"], "samples": ["True"] + ["Error"] * 3},
        {"id": "empty", "answer": None, "confidence": 0.0, "samples": []},
        {"id": "good", "answer": "True", "confidence": results(out)[2]["confidence"], "samples": ["True"]},
    ]
    complaints = done.stderr.strip().splitlines()
    assert len(complaints) == 8
    assert complaints[0].startswith("entails logic: line 1 is not JSON")
    assert "line 5 (q): sample 1 is not a text but int" in done.stderr
    assert "the label 'Maybe' is none of True, False, Uncertain" in done.stderr
    assert "Traceback" not in done.output + done.stderr


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["missing.jsonl"], "there is no file missing.jsonl"),
        (["."], "is a directory"),
        (["binary.jsonl"], "is not UTF-8 text"),
        (["good.jsonl", "--vote", "guess"], "there is no vote 'guess'; there are majority, rpc, meaning"),
        (["good.jsonl", "--vote", "rpc"], "needs `log_probabilities`"),
        (["good.jsonl", "--out", "good.jsonl"], "--out is the file that is read"),
        (["good.jsonl", "--out", "no/such/folder/out"], "can't be written"),
    ],
)
def test_bad_arguments_are_one_sentence_and_exit_code_2(tmp_path: Path, monkeypatch, arguments, message) -> None:
    monkeypatch.chdir(tmp_path)
    write(tmp_path / "good.jsonl", {"id": "q", "samples": [TRUE]})
    (tmp_path / "binary.jsonl").write_bytes(b"\xff\xfe\x00")
    before = (tmp_path / "good.jsonl").read_text()
    done = runner.invoke(app, ["replay", *arguments])
    assert done.exit_code == 2
    assert message in done.stderr
    assert len(done.stderr.strip().splitlines()) == 1
    assert (tmp_path / "good.jsonl").read_text() == before


def test_an_empty_file_is_no_error(tmp_path: Path) -> None:
    done = runner.invoke(app, ["replay", str(write(tmp_path / "f.jsonl"))])
    assert done.exit_code == 0 and "0 questions" in done.output


def test_what_was_answered_before_an_interruption_is_kept(tmp_path: Path) -> None:
    rows = [{"id": str(n), "samples": [TRUE]} for n in range(40)]
    kept: list[dict] = []

    def interrupt(row: dict) -> None:
        kept.append(row)
        if len(kept) == 16:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        run(write(tmp_path / "f.jsonl", *rows), interrupt, lambda _: None)
    assert [row["id"] for row in kept] == [str(n) for n in range(16)]


def test_an_interrupted_command_says_how_many_answers_are_kept(tmp_path: Path, monkeypatch) -> None:
    file = write(tmp_path / "f.jsonl", *({"id": str(n), "samples": [TRUE]} for n in range(20)))
    decide, calls = Decider.decide, []

    def interrupted(self, questions):
        calls.append(len(questions))
        if len(calls) == 2:
            raise KeyboardInterrupt
        return decide(self, questions)

    monkeypatch.setattr(Decider, "decide", interrupted)
    done = runner.invoke(app, ["replay", str(file), "--out", str(tmp_path / "out")])
    assert done.exit_code == 130
    assert f"interrupted; 16 answers are in {tmp_path / 'out'}" in done.stderr
    assert len(results(tmp_path / "out")) == 16


def test_rpc_uses_the_recorded_log_probabilities(tmp_path: Path) -> None:
    file = write(
        tmp_path / "f.jsonl",
        {"id": "q", "samples": [TRUE, FALSE, FALSE], "log_probabilities": [-1.0, -9.0, -9.0]},
        {"id": "bad", "samples": [TRUE], "log_probabilities": [-1.0]},
    )
    found: list[dict] = []
    run(file, found.append, lambda _: None, vote="rpc")
    assert found[0]["answer"] == "True" and found[0]["confidence"] > 0.99
    complaints: list[str] = []
    wrong = write(tmp_path / "g.jsonl", {"id": "q", "samples": [TRUE], "log_probabilities": [-1.0, -2.0]})
    assert [r.log_probabilities for r in read_records(wrong, complaints.append)] == [None]
    assert "one number for each sample" in complaints[0]


def test_below_the_threshold_there_is_no_answer() -> None:
    records = [Record("q", (TRUE, FALSE, UNCERTAIN))]
    (found,) = replay(records, "majority", threshold=0.5)
    assert found.outcome.answer is None
    assert found.row()["answer"] is None and found.row()["confidence"] == 0.3333
    with pytest.raises(InputError, match="no vote"):
        list(replay(records, "guess"))


def paper(shots: str) -> tuple[float, float]:
    """The paper's accuracy and error rate, out of the verdicts recorded with the samples."""
    rows = results(DATA / "linc" / f"folio-gpt-3.5-{shots}shot.jsonl")
    verdicts = [[Verdict(v) for v in row["paper_verdicts"]] for row in rows]
    right = sum(
        majority([Ballot(v) for v in own]).answer is Verdict(row["label"])
        for own, row in zip(verdicts, rows, strict=True)
    )
    flat = [v for own in verdicts for v in own]
    return right / len(rows), flat.count(Verdict.ERROR) / len(flat)


@pytest.fixture(scope="module")
def decider() -> Decider:
    """The recordings are of the same questions: a fifth of the problems are in an earlier one already."""
    return Decider()


@pytest.mark.parametrize("shots", SHOTS)
def test_the_recordings_of_linc_are_answered_better_than_in_the_paper(shots: str, decider: Decider) -> None:
    report = Report()
    for replayed in replay(
        read_records(DATA / "linc" / f"folio-gpt-3.5-{shots}shot.jsonl", pytest.fail), decider=decider
    ):
        report.add(replayed)
    accuracy, error_rate = paper(shots)
    assert report.questions == 182 and report.samples == 1820
    assert report.accuracy is not None and report.error_rate is not None and report.calibration_error is not None
    assert report.accuracy >= max(LEAST_ACCURACY[shots], accuracy)
    assert report.error_rate <= error_rate / 3
    assert report.calibration_error < 0.1
