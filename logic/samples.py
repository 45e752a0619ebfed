"""Samples of one question, from a model's text to verdicts: taken apart, repaired, decided; no vote here.

Equal texts, and texts whose formulas are equal, are decided once.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field, replace

from logic.equivalent import Meanings
from logic.errors import LogicError
from logic.generations import Generation, same_sentence, take_apart
from logic.readings import charitable
from logic.repair import Problem, UnrepairableFormula, repair
from logic.syntax.formula import Formula
from logic.syntax.loose import Note
from logic.verdict import Verdict


@dataclass(frozen=True, slots=True)
class Sample:
    """One sample, decided.

    charitable: where the verdict is UNCERTAIN, what a charitable reading (`readings.py`) gives, if one
    applies. problem: None for an ERROR; `trouble` says then, and for UNKNOWN, what was wrong. notes: what was
    left out of the text. assumed: what the charitable reading added.
    """

    verdict: Verdict
    charitable: Verdict | None = None
    problem: Problem | None = None
    sentences: tuple[str, ...] = ()
    trouble: str | None = None
    notes: tuple[Note, ...] = ()
    read_charitably: Problem | None = None


def meanings(samples: Sequence[Sample]) -> list[tuple[int, ...]]:
    """What the formulas of each sample say, the conclusion last: equal numbers say the same. Empty for an ERROR."""
    numbers = Meanings()
    return [
        () if sample.problem is None else numbers.all([*sample.problem.premises, sample.problem.conclusion])
        for sample in samples
    ]


def translate_samples(texts: Sequence[object]) -> list[Sample]:
    """Problems out of the texts of one question's samples; verdict UNKNOWN until decided, ERROR where there
    is none."""
    generations = [take_apart(text) if isinstance(text, str) else None for text in texts]
    goal = common_goal([generation for generation in generations if generation is not None])
    known: dict[str, Sample] = {}
    samples: list[Sample] = []
    for text, generation in zip(texts, generations, strict=True):
        if generation is None or not isinstance(text, str):
            samples.append(Sample(Verdict.ERROR, trouble=f"a sample must be a text, not {type(text).__name__}"))
            continue
        if text not in known:
            known[text] = _translated(generation, goal)
        samples.append(known[text])
    return samples


_ANSWER = re.compile(r"answer\W{0,6}\s*(?:is\W*)?(true|false|uncertain|unknown)\b", re.I)
_WORD = re.compile(r"\b(true|false|uncertain|unknown)\b", re.I)
_SAID = {
    "true": Verdict.TRUE, "false": Verdict.FALSE, "uncertain": Verdict.UNCERTAIN, "unknown": Verdict.UNCERTAIN,
}  # fmt: skip


def said(text: str) -> Verdict:
    """The answer a model states in words (for the baselines): behind the last `ANSWER:`, else its only such word.

    ERROR where it states none, or several different ones without saying which is the answer.
    """
    stated = _ANSWER.findall(text)
    if stated:
        return _SAID[stated[-1].lower()]
    words = {_SAID[word.lower()] for word in _WORD.findall(text)}
    return words.pop() if len(words) == 1 else Verdict.ERROR


def stated_samples(texts: Sequence[object]) -> list[Sample]:
    """For the baselines: samples whose verdict is what the model itself says."""
    samples: list[Sample] = []
    for text in texts:
        if not isinstance(text, str):
            samples.append(Sample(Verdict.ERROR, trouble=f"a sample must be a text, not {type(text).__name__}"))
            continue
        verdict = said(text)
        trouble = "the text states no answer" if verdict is Verdict.ERROR else None
        samples.append(Sample(verdict, trouble=trouble))
    return samples


def common_goal(generations: Sequence[Generation]) -> str | None:
    """The sentence at least half of the samples end with, which then is the conclusion's."""
    last = Counter(_key(generation.pairs[-1].sentence) for generation in generations if generation.pairs)
    if not last:
        return None
    sentence, count = last.most_common(1)[0]
    return sentence if sentence and 2 * count >= len(generations) and count > 1 else None


def _key(sentence: str) -> str:
    return "".join(character for character in sentence.lower() if character.isalnum())


def _translated(generation: Generation, goal: str | None) -> Sample:
    pairs, notes = list(generation.pairs), list(generation.notes)
    keys = [_key(pair.sentence) for pair in pairs]
    if goal is not None and pairs and keys[-1] != goal:
        if goal in keys:
            # the model went on behind the conclusion
            end = keys.index(goal) + 1
            notes.append(Note("went on", f"{len(pairs) - end} formulas behind the conclusion left out"))
            pairs = pairs[:end]
        elif not same_sentence(keys[-1], goal):
            return Sample(
                Verdict.ERROR,
                trouble="the text ends before the conclusion that the other samples have",
                notes=tuple(notes),
            )
    if not pairs:
        return Sample(Verdict.ERROR, trouble="the text has no formulas", notes=tuple(notes))
    sentences = tuple(pair.sentence for pair in pairs)
    try:
        problem = repair([pair.formula for pair in pairs[:-1]], pairs[-1].formula)
    except UnrepairableFormula as error:
        return Sample(Verdict.ERROR, sentences=sentences, trouble=str(error), notes=tuple(notes))
    return Sample(Verdict.UNKNOWN, problem=problem, sentences=sentences, notes=tuple(notes))


@dataclass(slots=True)
class Decider:
    """Decides samples through the solver portfolio and remembers every problem it has decided."""

    deadline: float = 5.0
    workers: int | None = None
    charitable: bool = True
    _known: dict[tuple[tuple[Formula, ...], Formula], Verdict | str] = field(default_factory=dict)

    def decide(self, questions: Sequence[Sequence[Sample]]) -> list[list[Sample]]:
        """The samples of some questions with their verdicts.

        Raises:
            SolverMissing: a solver isn't installed.
        """
        flat = [sample for samples in questions for sample in samples]
        self._decide([s.problem for s in flat if s.problem is not None])
        flat = [self._with_verdict(sample) for sample in flat]
        if self.charitable:
            read: dict[int, Problem | None] = {}
            for sample in flat:
                if sample.verdict is Verdict.UNCERTAIN and sample.problem and id(sample.problem) not in read:
                    read[id(sample.problem)] = charitable(sample.problem, sample.sentences)
            self._decide([problem for problem in read.values() if problem is not None])
            flat = [self._with_charitable(sample, read.get(id(sample.problem))) for sample in flat]
        decided = iter(flat)
        return [[next(decided) for _ in samples] for samples in questions]

    def _decide(self, problems: Sequence[Problem]) -> None:
        from logic.solvers.portfolio import decide_many

        wanted = list(dict.fromkeys((p.given, p.conclusion) for p in problems))
        wanted = [problem for problem in wanted if problem not in self._known]
        if not wanted:
            return
        for problem, answer in zip(
            wanted, decide_many(wanted, workers=self.workers, deadline=self.deadline), strict=True
        ):
            self._known[problem] = str(answer) if isinstance(answer, LogicError) else answer.verdict

    def _with_verdict(self, sample: Sample) -> Sample:
        if sample.problem is None:
            return sample
        answer = self._known[sample.problem.given, sample.problem.conclusion]
        if not isinstance(answer, Verdict):  # a Verdict is a str too
            return replace(sample, verdict=Verdict.UNKNOWN, trouble=answer)
        trouble = f"not decided within {self.deadline:g} s" if answer is Verdict.UNKNOWN else None
        return replace(sample, verdict=answer, trouble=trouble)

    def _with_charitable(self, sample: Sample, problem: Problem | None) -> Sample:
        if problem is None or sample.verdict is not Verdict.UNCERTAIN:
            return sample
        answer = self._known[problem.given, problem.conclusion]
        return replace(sample, charitable=answer if isinstance(answer, Verdict) else None, read_charitably=problem)
