"""Scores the controlled English on data sets: ProofWriter, ProntoQA and any file of labelled questions.

Two formats are read: Logic-LLM's (`context`, `question`, `options`, `answer` as a letter) and objects with
`premises`, `conclusion` and `label`. The label is read for scoring only. Every question is answered
classically and, from the same reading, by the rules read forwards: ProofWriter's labels are defined so.
"""

from __future__ import annotations

import re
import statistics
import time
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

from logic.answer import Answer
from logic.english.reader import split_sentences
from logic.errors import InputError, LogicError
from logic.qa import LogicQA
from logic.verdict import Verdict

_LABELS = {
    "true": Verdict.TRUE,
    "false": Verdict.FALSE,
    "unknown": Verdict.UNCERTAIN,
    "uncertain": Verdict.UNCERTAIN,
}
_OPTION = re.compile(r"\s*\(?([A-Z])[).:]\s*(.+?)\s*$")


@dataclass(frozen=True, slots=True)
class Item:
    """One question of a data set; `label` is None where the file has none."""

    id: str
    premises: tuple[str, ...]
    conclusion: str
    label: Verdict | None


@dataclass(frozen=True, slots=True)
class Scored:
    """One question with its answers, or the error instead of both."""

    item: Item
    classical: Answer | LogicError
    rules: Answer | LogicError

    def right(self, semantics: str) -> bool:
        answer = getattr(self, semantics)
        return isinstance(answer, Answer) and answer.answer is self.item.label


@dataclass(slots=True)
class Score:
    """Counts of one file. `milliseconds`: of each question, reading and deciding together."""

    questions: list[Scored] = field(default_factory=list)
    troubles: list[str] = field(default_factory=list)  # of lines that are no question
    milliseconds: list[float] = field(default_factory=list)
    seconds: float = 0.0

    @property
    def labelled(self) -> list[Scored]:
        return [q for q in self.questions if q.item.label is not None]

    def right(self, semantics: str) -> int:
        return sum(q.right(semantics) for q in self.labelled)

    @property
    def unread(self) -> list[Scored]:
        return [q for q in self.questions if isinstance(q.classical, LogicError)]

    @property
    def wrong_without_warning(self) -> list[Scored]:
        """Answered classically, wrong, and nothing in the answer says that it may be."""
        return [
            q
            for q in self.labelled
            if isinstance(q.classical, Answer) and not q.right("classical") and not q.classical.warnings
        ]

    def confusion(self, semantics: str) -> Counter[tuple[str, str]]:
        """(label, answer) → count."""
        counted: Counter[tuple[str, str]] = Counter()
        for q in self.labelled:
            answer = getattr(q, semantics)
            said = answer.answer.value if isinstance(answer, Answer) and answer.answer else "unread"
            counted[q.item.label.value, said] += 1
        return counted

    def json(self) -> dict[str, Any]:
        """The figures, with the schema's version."""
        total = len(self.labelled)
        return {
            "schema": 1,
            "questions": len(self.questions),
            "labelled": total,
            "unread": len(self.unread),
            "accuracy_classical": round(self.right("classical") / total, 4) if total else None,
            "accuracy_rules": round(self.right("rules") / total, 4) if total else None,
            "wrong_without_warning": len(self.wrong_without_warning),
            "median_milliseconds": round(statistics.median(self.milliseconds), 2) if self.milliseconds else None,
            "seconds": round(self.seconds, 2),
        }


def score(
    values: Sequence[object],
    deadline: float,
    workers: int | None = None,
    on_answer: Callable[[Scored], None] | None = None,
) -> Score:
    """Answer and score all questions of a file; `on_answer` hears of each as soon as it is there."""
    started = time.perf_counter()
    found = Score()
    items: list[Item] = []
    for place, value in enumerate(values):
        try:
            items.append(item(value, place))
        except LogicError as error:
            found.troubles.append(str(error))
    classical, rules = LogicQA(language="english", deadline=deadline), LogicQA(semantics="rules")

    def take(index: int, answer: Answer | LogicError) -> None:
        scored = Scored(items[index], answer, _by_rules(rules, answer))
        found.questions.append(scored)
        if isinstance(answer, Answer):
            found.milliseconds.append(1000 * sum(answer.timings.values()))
        if on_answer is not None:
            on_answer(scored)

    classical.ask_many([(i.premises, i.conclusion) for i in items], workers=workers, on_answer=take)
    found.seconds = time.perf_counter() - started
    return found


def _by_rules(qa: LogicQA, answer: Answer | LogicError) -> Answer | LogicError:
    try:
        return answer if isinstance(answer, LogicError) else qa.read_by_rules(answer)
    except LogicError as error:
        return error


def item(value: object, place: int) -> Item:
    """The question of one JSON value.

    Raises:
        InputError: it has neither format.
    """
    if isinstance(value, LogicError):
        raise value
    if not isinstance(value, dict):
        raise InputError(f"question {place + 1} is not an object")
    identity = str(value.get("id", place))
    if isinstance(value.get("context"), str) and isinstance(value.get("question"), str):
        return Item(identity, tuple(split_sentences(value["context"])), _statement(value["question"]), _letter(value))
    premises, conclusion = value.get("premises"), value.get("conclusion")
    if isinstance(premises, list) and isinstance(conclusion, str):
        return Item(identity, tuple(premises), conclusion, _LABELS.get(str(value.get("label")).lower()))
    raise InputError(f"question {identity} has neither `context` and `question` nor `premises` and `conclusion`")


def _statement(question: str) -> str:
    """What is asked about: the statement behind “…, true or false?”, or the question itself."""
    _, mark, behind = question.partition("?")
    return behind.strip() if mark and behind.strip() else question.strip()


def _letter(value: dict[str, Any]) -> Verdict | None:
    """The label that `answer` points at among `options`."""
    answer = str(value.get("answer", "")).strip()
    for option in value.get("options") or ():
        match = _OPTION.match(str(option))
        if match and match[1] == answer:
            return _LABELS.get(match[2].lower())
    return _LABELS.get(answer.lower())
