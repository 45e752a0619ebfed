"""Recorded generations of a model, decided, voted on and scored (`entails logic replay`).

A record is one line of JSON: `id`, `samples` (the texts), and where there are any `label` ("True", "False",
"Uncertain"; read for scoring only) and `log_probabilities` (one number a sample). A line or sample that is
not that gets a message, and the rest goes on.
"""

from __future__ import annotations

import json
import math
import time
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from logic.errors import InputError, reading
from logic.samples import Decider, Sample, meanings, stated_samples, translate_samples
from logic.verdict import Verdict
from logic.vote import ANSWERS, VOTES, Ballot, Outcome, calibration_error, majority, support

RESULT_SCHEMA = 1
# Questions decided together: enough to keep the cores busy, few enough to lose little when interrupted.
CHUNK = 16


@dataclass(frozen=True, slots=True)
class Record:
    """One question: its samples as recorded (a text each, if the file is well-formed) and its label, if
    any."""

    id: str
    samples: tuple[object, ...]
    label: Verdict | None = None
    log_probabilities: tuple[float, ...] | None = None

    def as_json(self) -> dict[str, Any]:
        """The record as a line of a recording; `read_records` reads it back."""
        found: dict[str, Any] = {"id": self.id, "samples": list(self.samples)}
        if self.label is not None:
            found["label"] = self.label.value
        if self.log_probabilities is not None:
            found["log_probabilities"] = list(self.log_probabilities)
        return found


@dataclass(frozen=True, slots=True)
class Replayed:
    """One question decided: each sample, LINC's vote, and the vote that was asked for."""

    record: Record
    samples: tuple[Sample, ...]
    outcome: Outcome
    by_majority: Outcome

    def row(self) -> dict[str, Any]:
        """The line for this question in the results."""
        answer = self.outcome.answer
        return {
            "id": self.record.id,
            "answer": answer.value if answer is not None else None,
            "confidence": round(self.outcome.confidence, 4),
            "samples": [sample.verdict.value for sample in self.samples],
        }


@dataclass(slots=True)
class Report:
    """Scores of a run. Rates are shares in [0, 1]; `confusion` counts (label, answer), None for no answer."""

    questions: int = 0
    labelled: int = 0
    right: int = 0
    right_by_majority: int = 0
    unanswered: int = 0
    verdicts: Counter[str] = field(default_factory=Counter)
    confusion: Counter[tuple[Verdict, Verdict | None]] = field(default_factory=Counter)
    seconds: float = 0.0
    problems: list[str] = field(default_factory=list)
    _calibration: list[tuple[float, bool]] = field(default_factory=list)

    @property
    def accuracy(self) -> float | None:
        """Of the labelled questions; no answer is a wrong one."""
        return self.right / self.labelled if self.labelled else None

    @property
    def majority_accuracy(self) -> float | None:
        return self.right_by_majority / self.labelled if self.labelled else None

    @property
    def samples(self) -> int:
        return sum(self.verdicts.values())

    @property
    def error_rate(self) -> float | None:
        """The share of samples that are no problem a solver could decide."""
        return self.verdicts[Verdict.ERROR.value] / self.samples if self.samples else None

    @property
    def calibration_error(self) -> float | None:
        return calibration_error(self._calibration) if self._calibration else None

    def add(self, replayed: Replayed) -> None:
        """Count one question."""
        self.questions += 1
        self.verdicts.update(sample.verdict.value for sample in replayed.samples)
        answer, label = replayed.outcome.answer, replayed.record.label
        self.unanswered += answer is None
        if label is None:
            return
        self.labelled += 1
        self.right += answer is label
        self.right_by_majority += replayed.by_majority.answer is label
        self.confusion[label, answer] += 1
        if answer is not None:
            self._calibration.append((replayed.outcome.confidence, answer is label))

    def as_json(self) -> dict[str, Any]:
        """The report with the schema's version; keys never change their meaning within one."""
        columns = [*ANSWERS, None]
        return {
            "schema": RESULT_SCHEMA,
            "questions": self.questions,
            "labelled": self.labelled,
            "accuracy": _rounded(self.accuracy),
            "majority_accuracy": _rounded(self.majority_accuracy),
            "unanswered": self.unanswered,
            "samples": self.samples,
            "error_rate": _rounded(self.error_rate),
            "verdicts": dict(self.verdicts),
            "calibration_error": _rounded(self.calibration_error),
            "confusion": {
                label.value: {column.value if column else "none": self.confusion[label, column] for column in columns}
                for label in ANSWERS
            },
            "seconds": round(self.seconds, 2),
            "problems": self.problems,
        }


def _rounded(value: float | None) -> float | None:
    return None if value is None else round(value, 4)


_LABELS = {
    "true": Verdict.TRUE, "false": Verdict.FALSE,
    "uncertain": Verdict.UNCERTAIN, "unknown": Verdict.UNCERTAIN,
}  # fmt: skip


def label_of(value: object) -> Verdict | None:
    """The verdict a label names ("Unknown" is another word for "Uncertain"), or None."""
    return _LABELS.get(str(value).lower())


def read_records(path: Path, complain: Callable[[str], None]) -> Iterator[Record]:
    """The records of a file; for a line that is none, `complain` gets one sentence.

    Raises:
        InputError: there is no such file, or it is not text.
    """
    with reading(path), path.open(encoding="utf-8") as lines:
        for number, line in enumerate(lines, 1):
            if line.strip():
                record = _record(line, number, complain)
                if record is not None:
                    yield record


def _record(line: str, number: int, complain: Callable[[str], None]) -> Record | None:
    try:
        found = json.loads(line)
    except (json.JSONDecodeError, RecursionError) as error:
        complain(f"line {number} is not JSON: {error}")
        return None
    if not isinstance(found, dict):
        complain(f"line {number} is not an object with `id` and `samples`")
        return None
    identity, samples = found.get("id"), found.get("samples")
    if not isinstance(identity, str | int) or isinstance(identity, bool):
        complain(f"line {number} has no `id`")
        return None
    if not isinstance(samples, list):
        complain(f"line {number} ({identity}): `samples` is not a list")
        return None
    for place, sample in enumerate(samples):
        if not isinstance(sample, str):
            complain(f"line {number} ({identity}): sample {place} is not a text but {type(sample).__name__}")
    label = found.get("label")
    verdict = label_of(label)
    if label is not None and verdict is None:
        complain(f"line {number} ({identity}): the label {label!r} is none of True, False, Uncertain; not scored")
    return Record(str(identity), tuple(samples), verdict, _logs(found, len(samples), number, complain))


def _logs(found: dict[str, Any], count: int, number: int, complain: Callable[[str], None]) -> tuple[float, ...] | None:
    logs = found.get("log_probabilities")
    if logs is None:
        return None
    good = isinstance(logs, list) and len(logs) == count
    if not good or not all(isinstance(x, int | float) and math.isfinite(x) for x in logs):
        complain(f"line {number}: `log_probabilities` is not a list of one number for each sample; left out")
        return None
    return tuple(float(value) for value in logs)


def replay(
    records: Iterable[Record],
    vote: str = "meaning",
    threshold: float = 0.0,
    decider: Decider | None = None,
    stated: bool = False,
) -> Iterator[Replayed]:
    """The records decided and voted on, in order, each as soon as its chunk is done.

    Args:
        vote: one of `VOTES`. "rpc" falls on `InputError` where a record has no log-probabilities.
        threshold: abstain where the confidence is below it.
        stated: the samples state an answer in words (the baselines); no formula is read.

    Raises:
        InputError: no such vote, or one that needs what a record lacks.
        SolverMissing: a solver isn't installed.
    """
    if vote not in VOTES:
        raise InputError(f"there is no vote {vote!r}; there are {', '.join(VOTES)}")
    decider = decider or Decider()
    chunk: list[Record] = []
    for record in records:
        if vote == "rpc" and record.log_probabilities is None:
            raise InputError(f"the rpc vote needs `log_probabilities`, and {record.id} has none")
        chunk.append(record)
        if len(chunk) == CHUNK:
            yield from _chunk(chunk, vote, threshold, decider, stated)
            chunk = []
    yield from _chunk(chunk, vote, threshold, decider, stated)


def _chunk(
    records: Sequence[Record], vote: str, threshold: float, decider: Decider, stated: bool
) -> Iterator[Replayed]:
    taken = stated_samples if stated else translate_samples
    decided = decider.decide([taken(record.samples) for record in records])
    for record, samples in zip(records, decided, strict=True):
        cast = ballots(samples, record)
        outcome = VOTES[vote](cast).or_abstain(threshold)
        yield Replayed(record, tuple(samples), outcome, majority(cast))


def ballots(samples: Sequence[Sample], record: Record | None = None) -> list[Ballot]:
    """The samples as a vote sees them."""
    supports = support(meanings(samples))
    logs = record.log_probabilities if record is not None else None
    texts = record.samples if record is not None else range(len(samples))
    return [
        Ballot(sample.verdict, sample.charitable, weight, logs[index] if logs else None, text)
        for index, (sample, weight, text) in enumerate(zip(samples, supports, texts, strict=True))
    ]


def run(
    path: Path,
    write: Callable[[dict[str, Any]], None],
    complain: Callable[[str], None],
    vote: str = "meaning",
    threshold: float = 0.0,
    decider: Decider | None = None,
    stated: bool = False,
) -> Report:
    """Replay a file: `write` gets the row of each question as soon as it is there."""
    report = Report()
    started = time.monotonic()

    def noted(problem: str) -> None:
        report.problems.append(problem)
        complain(problem)

    for replayed in replay(read_records(path, noted), vote, threshold, decider, stated):
        report.add(replayed)
        report.seconds = time.monotonic() - started
        write(replayed.row())
    report.seconds = time.monotonic() - started
    return report
