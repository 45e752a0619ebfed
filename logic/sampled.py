"""Questions answered by a language model's translations: k samples, decided, voted on, and one of them explained.

The parts are elsewhere: prompts in `translate.py`, samples and votes in `replay.py`. Here a vote becomes an `Answer`:
the sample that speaks for it best is decided once more, with its core, proof and models.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from logic.answer import Answer, SampleVerdict, Sentence
from logic.errors import LogicError
from logic.repair import Problem
from logic.replay import Record, Replayed, ballots, replay
from logic.samples import Decider, Sample
from logic.solvers import portfolio
from logic.syntax.write import write
from logic.translate import Question, Translator, Untranslated

CHUNK = 16


class NotTranslated(LogicError):
    """The model gave nothing for a question; the reason is the model's."""


@dataclass(slots=True)
class Sampling:
    """A translator with the vote over its samples. `options` go to `logic.solvers.decide`."""

    translator: Translator
    vote: str = "meaning"
    threshold: float = 0.0

    def ask(self, premises: Sequence[str], conclusion: str, options: dict[str, Any]) -> Answer:
        """One question.

        Raises:
            NotTranslated: the model gave nothing for it.
            prover.models.errors.ModelError: the model can't be used at all.
        """
        question = Question(tuple(premises), conclusion, "question")
        started = time.perf_counter()
        (record,) = self.translator.translate([question])
        return self._answered(question, record, time.perf_counter() - started, options)

    async def ask_async(self, premises: Sequence[str], conclusion: str, options: dict[str, Any]) -> Answer:
        """As `ask`, without blocking the event loop."""
        question = Question(tuple(premises), conclusion, "question")
        started = time.perf_counter()
        (record,) = await self.translator.atranslate([question])
        seconds = time.perf_counter() - started
        return await asyncio.to_thread(self._answered, question, record, seconds, options)

    def ask_many(
        self,
        questions: dict[int, tuple[Sequence[str], str]],
        options: dict[str, Any],
        give: Callable[[int, Answer | LogicError], None],
    ) -> None:
        """Questions by their place; `give` gets each answer, or the error in its stead."""
        items = list(questions.items())
        for start in range(0, len(items), CHUNK):
            chunk = items[start : start + CHUNK]
            asked = [Question(tuple(premises), conclusion, str(place)) for place, (premises, conclusion) in chunk]
            started = time.perf_counter()
            records = self.translator.translate(asked)
            seconds = (time.perf_counter() - started) / len(chunk)
            for (place, _), question, record in zip(chunk, asked, records, strict=True):
                try:
                    answer: Answer | LogicError = self._answered(question, record, seconds, options)
                except LogicError as error:
                    answer = error
                give(place, answer)

    def _answered(
        self, question: Question, record: Record | Untranslated, translating: float, options: dict[str, Any]
    ) -> Answer:
        if isinstance(record, Untranslated):
            raise NotTranslated(f"the model gave no translation: {record.reason}")
        started = time.perf_counter()
        stated = self.translator.mode != "neurosymbolic"
        decider = Decider(deadline=options.get("deadline", portfolio.DEADLINE_SECONDS))
        (replayed,) = replay([record], self.vote, self.threshold, decider, stated)
        timings = {"translate": translating, "decide": time.perf_counter() - started}
        return _explained(question, replayed, timings, options)


def _explained(question: Question, replayed: Replayed, timings: dict[str, float], options: dict[str, Any]) -> Answer:
    outcome = replayed.outcome
    said = tuple(SampleVerdict(s.verdict, s.trouble) for s in replayed.samples)
    texts = tuple(Sentence(text, None) for text in question.premises)
    unexplained = Answer(
        outcome.answer, outcome.confidence, texts, Sentence(question.conclusion, None), samples=said, timings=timings
    )
    speaker = _speaker(replayed)
    if speaker is None:
        return unexplained
    sample, problem = speaker
    started = time.perf_counter()
    decision = portfolio.decide(problem.given, problem.conclusion, **options)
    timings = {**timings, "explain": time.perf_counter() - started}
    if decision.verdict is not outcome.answer:
        return unexplained  # a deadline was met the first time and missed the second
    return Answer(
        answer=outcome.answer,
        confidence=outcome.confidence,
        premises=_sentences(question.premises, sample, problem),
        conclusion=Sentence(question.conclusion, problem.conclusion),
        assumed=tuple(Sentence(write(formula), formula) for formula in problem.assumed),
        used=decision.core,
        minimal=decision.minimal,
        consistent=decision.consistent,
        proof=decision.proof,
        countermodels=decision.countermodels,
        repairs=problem.repairs,
        samples=said,
        reports=decision.reports,
        timings=timings,
    )


def _speaker(replayed: Replayed) -> tuple[Sample, Problem] | None:
    """The sample that has the answer, as it stands or read charitably, and that the others agree with most."""
    best: tuple[float, Sample, Problem] | None = None
    for sample, ballot in zip(replayed.samples, ballots(replayed.samples, replayed.record), strict=True):
        problem = None
        if sample.problem is not None and sample.verdict is replayed.outcome.answer:
            problem = sample.problem
        elif sample.read_charitably is not None and sample.charitable is replayed.outcome.answer:
            problem = sample.read_charitably
        if problem is not None and (best is None or ballot.support > best[0]):
            best = (ballot.support, sample, problem)
    return None if best is None else (best[1], best[2])


def _sentences(texts: Sequence[str], sample: Sample, problem: Problem) -> tuple[Sentence, ...]:
    """Premises with their formulas: by place where the sample has as many, else under the sample's own sentences."""
    given = texts if len(texts) == len(problem.premises) else sample.sentences[: len(problem.premises)]
    if len(given) != len(problem.premises):
        given = [write(formula) for formula in problem.premises]
    return tuple(Sentence(text, formula) for text, formula in zip(given, problem.premises, strict=True))
