"""`LogicQA`: does a conclusion follow from premises, in controlled English or in formulas?

This file joins the parts: the reading (`english/`, or `repair.py` for formulas), the solvers and the rules
read one way. With a language model the sentences are translated instead (`translate.py`). It decides nothing
itself.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any, Literal, TypeAlias

from logic.answer import Answer
from logic.certify.batch import CertifyingBatch
from logic.certify.certificate import Certifier
from logic.errors import InputError, LogicError
from logic.posing import LANGUAGES, Language, Posed, Question, pair_of, pose, texts_of
from logic.rules import Chained, chain
from logic.solvers import portfolio
from logic.solvers.decision import Decision
from logic.solvers.proof import Proof, Step
from logic.syntax.formula import Formula
from logic.verdict import Verdict

if TYPE_CHECKING:
    from logic.sampled import Sampling
    from prover.models.protocol import Model

Semantics: TypeAlias = Literal["classical", "rules"]
SEMANTICS: tuple[Semantics, ...] = ("classical", "rules")

_FORWARDS = "with rules read forwards only,"
CHUNK = 64  # questions of a batch that are read and decided together


class LogicQA:
    """Answers questions. Stateless but for its settings; solver processes are shared and stay warm.

    Args:
        language: what texts are; "auto" takes those with logical symbols for formulas, others for English.
        semantics: "classical" entailment, or "rules": what forward chaining derives, which reads an `if` in
            one direction only (ProofWriter's labels are defined so). "rules" is refused where a premise is
            no rule.
        deadline: seconds for the solvers, for each question.
        proof: also ask for a proof of True, False and Contradictory.
        threshold: withhold an answer whose confidence is lower.
        solvers: names out of `logic.solvers.SOLVERS`.
        cross_check: let every solver finish, and raise `SolverDisagreement` where two contradict each other.
        model: a language model that translates the sentences, or its specification (`openai:NAME`, a checkpoint's
            path or hub id, a recording). None: controlled English, which needs none.
        samples, temperature, shots, mode, seed: how the model is asked (`logic/translate.py`).
        vote: over the samples (`logic/vote.py`).
        cache: keep a model's answers on disk, so that a second run is free; for a specification only.

    Raises:
        InputError: a setting makes no sense.
        prover.models.errors.ModelError: the model can't be opened.
    """

    def __init__(
        self,
        *,
        language: Language = "auto",
        semantics: Semantics = "classical",
        deadline: float = portfolio.DEADLINE_SECONDS,
        proof: bool = False,
        threshold: float = 0.0,
        solvers: Sequence[str] = portfolio.ALL,
        cross_check: bool = False,
        model: Model | str | None = None,
        samples: int = 10,
        temperature: float = 0.8,
        shots: int = 8,
        mode: str = "neurosymbolic",
        vote: str = "meaning",
        seed: int | None = 0,
        cache: bool = True,
    ) -> None:
        if language not in LANGUAGES:
            raise InputError(f"there is no language {language!r}; there are {', '.join(LANGUAGES)}")
        if semantics not in SEMANTICS:
            raise InputError(f"there is no semantics {semantics!r}; there are {', '.join(SEMANTICS)}")
        if not deadline > 0:
            raise InputError(f"the deadline must be more than 0 seconds, not {deadline}")
        if not 0 <= threshold <= 1:
            raise InputError(f"the threshold must be between 0 and 1, not {threshold}")
        self.language = language
        self.semantics = semantics
        self.deadline = deadline
        self.proof = proof
        self.threshold = threshold
        self.solvers = tuple(solvers)
        self.cross_check = cross_check
        unknown = [name for name in self.solvers if name not in portfolio.ALL]
        if unknown or not self.solvers:
            raise InputError(
                f"there is no solver {', '.join(unknown) or 'named'}; there are {', '.join(portfolio.ALL)}"
            )
        self._certifier: Certifier | None = None
        self._sampling: Sampling | None = None
        if model is not None:
            if semantics == "rules":
                raise InputError("rules read forwards are for controlled English and formulas, not for a model")
            self._sampling = _sampling(model, samples, temperature, shots, mode, vote, seed, cache, threshold)

    def ask(self, premises: Sequence[str], conclusion: str, *, certify: bool = False) -> Answer:
        """Whether `conclusion` follows from `premises`, which may be none.

        `certify`: also have Lean's kernel check the answer; the result's `certificate` says what came of it.

        Raises:
            InputError: a value that is no text, or an empty one.
            UnreadableQuestion: sentences that the controlled English doesn't cover.
            UnrepairableFormula: a formula that can't be read.
            NotTranslated: with a model, which gave nothing.
            SolverMissing, SolverDisagreement: as for `logic.solvers.decide`.
            LeanUnavailable, VerdictContradicted: while certifying.
        """
        answer = self._ask(premises, conclusion)
        return self._certified(answer) if certify else answer

    def _ask(self, premises: Sequence[str], conclusion: str) -> Answer:
        if self._sampling is not None:
            *texts, goal = texts_of(premises, conclusion)
            return self._sampling.ask(texts, goal, self._options())
        posed = pose(premises, conclusion, self.language)
        decision = portfolio.decide(posed.given, posed.goal, **self._options())
        return self._answer(posed, decision)

    async def ask_async(self, premises: Sequence[str], conclusion: str, *, certify: bool = False) -> Answer:
        """As `ask`; a cancelled call stops its solvers."""
        import asyncio

        answer = await self._ask_async(premises, conclusion)
        return await asyncio.to_thread(self._certified, answer) if certify else answer

    async def _ask_async(self, premises: Sequence[str], conclusion: str) -> Answer:
        if self._sampling is not None:
            *texts, goal = texts_of(premises, conclusion)
            return await self._sampling.ask_async(texts, goal, self._options())
        posed = pose(premises, conclusion, self.language)
        decision = await portfolio.decide_async(posed.given, posed.goal, **self._options())
        return self._answer(posed, decision)

    def _certified(self, answer: Answer) -> Answer:
        if self._certifier is None:
            self._certifier = Certifier()
        return replace(answer, certificate=self._certifier.certify(answer))

    def close(self) -> None:
        """Give back the Lean that certified, if one was opened; the next certificate opens another."""
        if self._certifier is not None:
            self._certifier.close()

    def _options(self) -> dict[str, Any]:
        return {
            "deadline": self.deadline,
            "solvers": self.solvers,
            "proof": self.proof,
            "cross_check": self.cross_check,
        }

    def ask_many(
        self,
        questions: Sequence[Question | LogicError],
        *,
        workers: int | None = None,
        on_answer: Callable[[int, Answer | LogicError], None] | None = None,
        certify: bool = False,
    ) -> list[Answer | LogicError]:
        """Answer many (premises, conclusion), in order; a question that fails has its error in its place.

        An error may also stand among the questions (a line that couldn't be read), and is passed on.
        `on_answer(index, answer)` is called as soon as each is there. `certify`: as for `ask`; the answers are
        certified in worker processes while the solvers go on.

        Raises:
            SolverMissing, LeanUnavailable: nothing can be answered at all.
        """
        if certify:
            certified: list[Answer | LogicError] = [InputError("not answered")] * len(questions)

            def keep(index: int, answer: Answer | LogicError) -> None:
                certified[index] = answer
                if on_answer is not None:
                    on_answer(index, answer)

            with CertifyingBatch(keep, workers) as batch:
                self.ask_many(questions, workers=workers, on_answer=batch.take)
            return certified
        answers: list[Answer | LogicError | None] = [None] * len(questions)

        def give(index: int, answer: Answer | LogicError) -> None:
            answers[index] = answer
            if on_answer is not None:
                on_answer(index, answer)

        if self._sampling is not None:
            good: dict[int, Question] = {}
            for index, question in enumerate(questions):
                try:
                    *texts, goal = texts_of(*pair_of(question))
                    good[index] = (texts, goal)
                except LogicError as error:
                    give(index, error)
            self._sampling.ask_many(good, self._options(), give)
            return answers
        for start in range(0, len(questions), CHUNK):
            posed: dict[int, Posed] = {}
            for index in range(start, min(start + CHUNK, len(questions))):
                try:
                    premises, conclusion = pair_of(questions[index])
                    posed[index] = pose(premises, conclusion, self.language)
                except LogicError as error:
                    give(index, error)
            indices = list(posed)

            def take(
                place: int, decided: Decision | LogicError, indices: list[int] = indices, posed: dict = posed
            ) -> None:
                index = indices[place]
                try:
                    found = decided if isinstance(decided, LogicError) else self._answer(posed[index], decided)
                except LogicError as error:
                    found = error
                give(index, found)

            portfolio.decide_many(
                [(posed[index].given, posed[index].goal) for index in indices],
                workers=workers,
                explain=True,
                on_answer=take,
                **self._options(),
            )
        return answers

    async def ask_many_async(
        self, questions: Sequence[Question | LogicError], *, workers: int | None = None, certify: bool = False
    ) -> list[Answer | LogicError]:
        """As `ask_many`, in another thread."""
        import asyncio

        return await asyncio.to_thread(self.ask_many, questions, workers=workers, certify=certify)

    # ── answering ───────────────────────────────────────────────────────────────────────────────────────────

    def _answer(self, posed: Posed, decision: Decision) -> Answer:
        chained = chain(posed.given, posed.goal)
        verdict, used = decision.verdict, decision.core
        warnings = list(posed.warnings)
        confidence = 0.0 if verdict is Verdict.UNKNOWN else 1.0
        if self.semantics == "classical" and posed.english and chained and chained.verdict is not verdict:
            confidence = min(confidence, 0.5)
            why = "this needs an “if” read backwards, or a case split"
            if verdict is Verdict.CONTRADICTORY:
                why = "the premises contradict each other"
            warnings.append(f"{why}; {_FORWARDS} the answer is {chained.verdict.value}")
        proof = decision.proof
        if proof is None and chained is not None and chained.verdict is verdict and chained.steps:
            proof, used = chain_proof(chained, posed.given), used or chained.premises
        answer = Answer(
            answer=verdict,
            confidence=confidence,
            premises=posed.premises,
            conclusion=posed.conclusion,
            assumed=posed.assumed,
            used=used,
            minimal=decision.minimal,
            consistent=decision.consistent,
            proof=proof,
            countermodels=decision.countermodels,
            by_rules=None if chained is None else chained.verdict,
            repairs=posed.repairs,
            warnings=tuple(warnings),
            reports=decision.reports,
            timings={"read": posed.seconds, "decide": decision.seconds},
        )
        if self.semantics == "rules":
            answer = self.read_by_rules(answer)
        return answer if answer.confidence >= self.threshold else replace(answer, answer=None)

    def read_by_rules(self, answer: Answer) -> Answer:
        """A classical answer as the rules read forwards have it.

        Raises:
            InputError: a premise is no rule or fact, or the conclusion no fact.
        """
        given = [s.formula for s in (*answer.premises, *answer.assumed) if s.formula is not None]
        assert answer.conclusion.formula is not None
        chained = chain(given, answer.conclusion.formula)
        if chained is None:
            raise InputError(
                "read as rules, every premise must be a fact or an “if” between facts, and the conclusion a fact"
            )
        if chained.verdict is answer.answer:
            return replace(answer, confidence=1.0)
        classical = "Unknown" if answer.answer is None else answer.answer.value
        return replace(
            answer,
            answer=chained.verdict,
            confidence=1.0,
            used=chained.premises,
            minimal=False,
            proof=chain_proof(chained, given) if chained.steps else None,
            countermodels=(),
            warnings=(
                *(w for w in answer.warnings if _FORWARDS not in w),
                f"classically the answer is {classical}",
            ),
        )


def _sampling(
    model: Model | str,
    samples: int,
    temperature: float,
    shots: int,
    mode: str,
    vote: str,
    seed: int | None,
    cache: bool,
    threshold: float,
) -> Sampling:
    from logic.sampled import Sampling
    from logic.translate import Question as Asked
    from logic.translate import Translator, prompt
    from logic.vote import VOTES
    from prover.models.registry import open_model

    if vote not in VOTES:
        raise InputError(f"there is no vote {vote!r}; there are {', '.join(VOTES)}")
    if samples < 1:
        raise InputError(f"there must be at least one sample, not {samples}")
    prompt(Asked((), "-"), mode, shots)  # says at once if there is no such mode or example
    opened = open_model(model, cache=cache) if isinstance(model, str) else model
    return Sampling(
        Translator(opened, mode, shots, samples, temperature, seed=seed),
        vote,
        threshold,
    )


def chain_proof(chained: Chained, premises: Sequence[Formula]) -> Proof:
    """The steps of forward chaining as a proof: each fact from its premise and the facts that one needs."""
    steps: list[Step] = []
    places: dict[object, int] = {}

    def place(key: object, step: Step) -> int:
        if key not in places:
            places[key] = len(steps)
            steps.append(step)
        return places[key]

    for firing in chained.steps:
        formula = firing.literal.formula()
        source = place(firing.premise, Step(premises[firing.premise], (), (), premise=firing.premise))
        if premises[firing.premise] == formula:
            places[firing.literal] = source
            continue
        parents = (source, *(places[parent] for parent in firing.parents))
        place(firing.literal, Step(formula, ("apply",), parents))
    return Proof(tuple(steps))
