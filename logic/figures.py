"""The figures of the logic half, measured on the data in `data/` (`entails logic figures`). Nothing is tuned
here.

FOLIO's gold formulas: how many problems read, how many of the decided ones agree with their label, and why
the others don't, as far as a machine can tell; what people know of wrong annotations is in `data/README.md`.
Recorded GPT-3.5 generations: accuracy and error rate beside the paper's own, which come from the verdicts in
the same files.
"""

from __future__ import annotations

import json
import statistics
import time
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from logic.errors import InputError
from logic.repair import Problem, UnrepairableFormula, repair
from logic.replay import Record, Report, ballots, read_records, replay
from logic.samples import Decider, translate_samples
from logic.solvers.decision import Decision
from logic.solvers.portfolio import decide, warm
from logic.verdict import Verdict
from logic.vote import ANSWERS, Ballot, fit_channel, majority, meaning

LABELS = {verdict.value: verdict for verdict in ANSWERS}


@dataclass(frozen=True, slots=True)
class Disagreement:
    """A gold problem that is decided otherwise than labelled; `line` counts from 1."""

    line: int
    conclusion: str
    label: Verdict
    decided: Verdict
    reasons: tuple[str, ...]


@dataclass(slots=True)
class GoldReport:
    """FOLIO's gold formulas, read and decided. `milliseconds` is the median for one decided problem."""

    problems: int = 0
    read: int = 0
    decided: int = 0
    agreeing: int = 0
    milliseconds: float = 0.0
    verdicts: Counter[str] = field(default_factory=Counter)
    unread: list[str] = field(default_factory=list)
    disagreements: list[Disagreement] = field(default_factory=list)

    def as_json(self) -> dict[str, Any]:
        return {
            "problems": self.problems,
            "read": self.read,
            "decided": self.decided,
            "agreeing": self.agreeing,
            "median_milliseconds": round(self.milliseconds, 1),
            "verdicts": dict(self.verdicts),
            "unread": self.unread,
            "disagreements": [
                {
                    "line": d.line,
                    "conclusion": d.conclusion,
                    "label": d.label.value,
                    "decided": d.decided.value,
                    "reasons": list(d.reasons),
                }
                for d in self.disagreements
            ],
        }


def gold(path: Path, deadline: float = 5.0) -> GoldReport:
    """Read and decide the problems of a FOLIO file with formulas (`premises-FOL`, `conclusion-FOL`).

    Raises:
        InputError: no such file, or not FOLIO's format.
    """
    report = GoldReport()
    seconds: list[float] = []
    warm()
    for number, row in _rows(path):
        report.problems += 1
        try:
            problem = repair(row["premises-FOL"], row["conclusion-FOL"])
        except UnrepairableFormula as error:
            report.unread.append(f"line {number}: {error}")
            continue
        report.read += 1
        started = time.perf_counter()
        decision = decide(problem.given, problem.conclusion, deadline=deadline, explain=False)
        took = time.perf_counter() - started
        report.verdicts[decision.verdict.value] += 1
        if decision.verdict not in ANSWERS:
            continue
        report.decided += 1
        seconds.append(took)
        label = LABELS[row["label"]]
        if decision.verdict is label:
            report.agreeing += 1
        else:
            again = decide(problem.given, problem.conclusion, deadline=deadline)
            report.disagreements.append(
                Disagreement(number, row["conclusion"], label, decision.verdict, why(row, problem, again))
            )
    report.milliseconds = 1000 * statistics.median(seconds) if seconds else 0.0
    return report


def why(row: dict[str, Any], problem: Problem, decision: Decision) -> tuple[str, ...]:
    """What speaks for the decision and against the label, as far as the formulas show it."""
    reasons: list[str] = []
    sentences, formulas = len(row["premises"]), len(row["premises-FOL"])
    if sentences != formulas:
        reasons.append(f"the annotation has {formulas} formulas for {sentences} premises")
    if decision.verdict in (Verdict.TRUE, Verdict.FALSE):
        used = ", ".join(row["premises-FOL"][i] for i in decision.core if i < formulas) or "nothing"
        refuted = "" if decision.verdict is Verdict.TRUE else "the negation of "
        reasons.append(f"{refuted}the conclusion's formula follows from: {used}")
    wanted = {Verdict.TRUE: 0, Verdict.FALSE: 1}.get(LABELS[row["label"]])
    if wanted is not None and wanted < len(decision.countermodels):
        what = "false" if wanted == 0 else "true"
        model = decision.countermodels[wanted].text()
        reasons.append(f"all premises' formulas hold and the conclusion's is {what} in this model:\n{model}")
    return tuple(reasons)


def _rows(path: Path) -> list[tuple[int, dict[str, Any]]]:
    try:
        lines = path.read_text(encoding="utf-8").splitlines()
    except OSError as error:
        raise InputError(f"{path} can't be read: {error.strerror}") from None
    rows = []
    for number, line in enumerate(lines, 1):
        try:
            row = json.loads(line)
            complete = {"premises", "premises-FOL", "conclusion", "conclusion-FOL", "label"} <= row.keys()
            if not complete or row["label"] not in LABELS:
                raise InputError(f"{path}, line {number} is no FOLIO problem with formulas")
        except (json.JSONDecodeError, AttributeError):
            raise InputError(f"{path}, line {number} is no JSON object") from None
        rows.append((number, row))
    return rows


@dataclass(frozen=True, slots=True)
class ReplayFigures:
    """One file of recorded generations: ours beside the paper's, from the verdicts recorded in the file."""

    name: str
    report: Report
    paper_accuracy: float | None
    paper_error_rate: float | None


def replay_file(path: Path, progress: Callable[[str], None]) -> ReplayFigures:
    """Replay a file; the paper's figures are computed from its `paper_verdicts` where it has them."""
    report = Report()
    started = time.monotonic()
    for replayed in replay(read_records(path, progress)):
        report.add(replayed)
    report.seconds = time.monotonic() - started
    right = total = errors = samples = 0
    for line in path.read_text(encoding="utf-8").splitlines():
        row = json.loads(line)
        if "paper_verdicts" not in row or row.get("label") not in LABELS:
            continue
        total += 1
        verdicts = [Verdict(verdict) for verdict in row["paper_verdicts"]]
        samples += len(verdicts)
        errors += verdicts.count(Verdict.ERROR)
        right += majority([Ballot(verdict) for verdict in verdicts]).answer is LABELS[row["label"]]
    return ReplayFigures(
        path.name, report, right / total if total else None, errors / samples if samples else None
    )


def labelled_ballots(path: Path, decider: Decider | None = None) -> list[tuple[str, Verdict, list[Ballot]]]:
    """Id, label and ballots of each labelled question of a file."""
    records = [r for r in read_records(path, lambda _: None) if r.label is not None]
    decided = (decider or Decider()).decide([translate_samples(r.samples) for r in records])
    return [(r.id, _label(r), ballots(samples, r)) for r, samples in zip(records, decided, strict=True)]


def _label(record: Record) -> Verdict:
    assert record.label is not None
    return record.label


def cross_validated(questions: Sequence[tuple[str, Verdict, list[Ballot]]], folds: int = 5) -> float:
    """Accuracy of the vote when each question is answered with a channel fitted to the other folds'
    questions."""
    right = 0
    for fold in range(folds):
        rest = [(label, cast) for index, (_, label, cast) in enumerate(questions) if index % folds != fold]
        channel = fit_channel(rest)
        held_out = [item for index, item in enumerate(questions) if index % folds == fold]
        right += sum(meaning(cast, channel).answer is label for _, label, cast in held_out)
    return right / len(questions)


def files(data: Path) -> list[Path]:
    """The recorded generations in a data folder, in order of shots.

    Raises:
        InputError: there are none.
    """
    found = sorted((data / "linc").glob("*.jsonl"), key=lambda p: (len(p.name), p.name))
    if not found:
        raise InputError(f"there are no recordings in {data / 'linc'}")
    return found
