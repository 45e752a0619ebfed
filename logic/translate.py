"""Sentences to formulas by a language model: LINC's prompts in four modes, k samples, as recordings.

The modes (as in LINC): "neurosymbolic" asks for formulas, which solvers then decide; the baselines ask the model
for the answer itself, "direct" at once, "chain-of-thought" after reasoning in words, "scratchpad" after formulas that
only the model looks at. Any model of `prover.models` serves: an endpoint, a checkpoint, a recording. What comes out
are `Record`s, which `replay.py` decides and votes on, live or from a file.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field

from logic.errors import InputError
from logic.replay import Record, label_of
from logic.shots import SHOTS, Shot
from logic.verdict import Verdict
from prover.models.protocol import Answered, Completion, Model, Reply, Request, Usage

STOP = ("</EVALUATE>", "<PREMISES>")
# As in LINC: ten samples at temperature 0.8, nucleus 0.95.
SAMPLES, TEMPERATURE, TOP_P, MAX_TOKENS = 10, 0.8, 0.95, 1024


@dataclass(frozen=True, slots=True)
class Question:
    """Premises and a conclusion in words; the label is kept for scoring only."""

    premises: tuple[str, ...]
    conclusion: str
    id: str = ""
    label: Verdict | None = None


def question_from(value: object, place: int) -> Question:
    """A question from parsed JSON: `premises` (a list, or a text with one a line), `conclusion`, `id`, `label`.

    Raises:
        InputError: it is none; `place` says which one of the file it is.
    """
    if isinstance(value, InputError):
        raise value
    if not isinstance(value, dict):
        raise InputError(f"question {place} is not an object with `premises` and `conclusion`")
    premises, conclusion = value.get("premises"), value.get("conclusion")
    if isinstance(premises, str):
        premises = [line for line in premises.splitlines() if line.strip()]
    if not isinstance(premises, list) or not all(isinstance(premise, str) for premise in premises):
        raise InputError(f"question {place}: `premises` is not a list of texts")
    if not isinstance(conclusion, str) or not conclusion.strip():
        raise InputError(f"question {place}: `conclusion` is not a text")
    return Question(tuple(premises), conclusion, str(value.get("id", place)), label_of(value.get("label")))


@dataclass(frozen=True, slots=True)
class Mode:
    """`task` is what the model is told to do; `show` writes a worked example as the model should."""

    task: str
    show: Callable[[Shot], str]


def _pairs(shot: Shot) -> str:
    return "".join(f"TEXT: {sentence}\nFOL: {formula}\n" for sentence, formula in (*shot.premises, shot.conclusion))


def _answer(shot: Shot) -> str:
    return f"ANSWER: {shot.label.value}\n"


_FORMULAS = (
    "Write each sentence as a formula of first-order logic. Use `all x.` and `exists x.` for the quantifiers, `-`, "
    "`&`, `|`, `->` and `<->` for the connectives, and always the same name for the same thing or property."
)
_DECIDE = (
    "Say whether the conclusion is True (it follows from the premises), False (its negation follows), or Uncertain "
    "(neither follows)."
)
MODES: dict[str, Mode] = {
    "neurosymbolic": Mode(
        f"{_FORMULAS} A solver decides from the formulas alone, so write down also what is left unsaid.",
        _pairs,
    ),
    "scratchpad": Mode(f"{_FORMULAS} Then decide: {_DECIDE}", lambda shot: _pairs(shot) + _answer(shot)),
    "chain-of-thought": Mode(
        f"Reason step by step, then decide. {_DECIDE}", lambda shot: f"{shot.reasoning}\n{_answer(shot)}"
    ),
    "direct": Mode(_DECIDE, _answer),
}


def prompt(question: Question, mode: str = "neurosymbolic", shots: int = 8) -> str:
    """The prompt for one question, with the first `shots` of the worked examples.

    Raises:
        InputError: no such mode, or not so many examples.
    """
    if mode not in MODES:
        raise InputError(f"there is no mode {mode!r}; there are {', '.join(MODES)}")
    if not 0 <= shots <= len(SHOTS):
        raise InputError(f"there are {len(SHOTS)} worked examples, so {shots} can't be shown")
    chosen = MODES[mode]
    parts = [f"You are given premises and a conclusion. {chosen.task}\n"]
    for shot in SHOTS[:shots]:
        asked = _asked([sentence for sentence, _ in shot.premises], shot.conclusion[0])
        parts.append(f"{asked}{chosen.show(shot)}</EVALUATE>\n")
    parts.append(_asked(question.premises, question.conclusion))
    return "\n".join(parts)


def _asked(premises: Sequence[str], conclusion: str) -> str:
    lines = "".join(f"{' '.join(premise.split())}\n" for premise in premises)
    return f"<PREMISES>\n{lines}</PREMISES>\n<CONCLUSION>\n{' '.join(conclusion.split())}\n</CONCLUSION>\n<EVALUATE>\n"


@dataclass(frozen=True, slots=True)
class Untranslated:
    """A question the model gave nothing for, and why, in one sentence."""

    question: Question
    reason: str


@dataclass(slots=True)
class Translator:
    """Asks a model for samples.

    samples, temperature, top_p, max_tokens: as in the paper if not given; one sample is asked for greedily.
    seed: makes a run repeatable where the model can.
    """

    model: Model
    mode: str = "neurosymbolic"
    shots: int = 8
    samples: int = SAMPLES
    temperature: float = TEMPERATURE
    top_p: float = TOP_P
    max_tokens: int = MAX_TOKENS
    seed: int | None = 0
    notes: list[str] = field(default_factory=list)

    def translate(self, questions: Iterable[Question]) -> list[Record | Untranslated]:
        """One record for each question, in order; one that failed has its reason in its place.

        Raises:
            InputError: no such mode, or not so many worked examples.
            ModelError: nothing can be generated at all.
        """
        asked = list(questions)
        replies = self.model.generate([self.request(question) for question in asked])
        return [self._recorded(question, reply) for question, reply in zip(asked, replies, strict=True)]

    async def atranslate(self, questions: Iterable[Question]) -> list[Record | Untranslated]:
        """As `translate`, without blocking the event loop."""
        asked = list(questions)
        replies = await self.model.agenerate([self.request(question) for question in asked])
        return [self._recorded(question, reply) for question, reply in zip(asked, replies, strict=True)]

    def request(self, question: Question) -> Request:
        """What the model is asked for one question."""
        greedy = self.samples == 1
        return Request(
            prompt(question, self.mode, self.shots),
            n=self.samples,
            temperature=0.0 if greedy else self.temperature,
            top_p=1.0 if greedy else self.top_p,
            max_tokens=self.max_tokens,
            stop=STOP,
            seed=self.seed,
            id=question.id,
        )

    @property
    def usage(self) -> Usage:
        """What the model has spent."""
        return self.model.usage

    def _recorded(self, question: Question, reply: Reply) -> Record | Untranslated:
        if not isinstance(reply, Answered):
            return Untranslated(question, reply.reason)
        self.notes.extend(reply.notes)
        texts = tuple(completion.text for completion in reply.completions)
        logs = [_log_probability(completion) for completion in reply.completions]
        known = tuple(log for log in logs if log is not None)
        return Record(question.id, texts, question.label, known if len(known) == len(logs) else None)


def _log_probability(completion: Completion) -> float | None:
    """Per token, so that RPC's perplexities of long and short samples compare."""
    return completion.mean_logprob if completion.mean_logprob is not None else completion.logprob
