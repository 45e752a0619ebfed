"""`LogicQA`: does a conclusion follow from premises, in controlled English or in formulas?

This file joins the parts: the reading (`english/`, or `repair.py` for formulas), the solvers and the rules
read one way. With a language model the sentences are translated instead (`translate.py`). It decides nothing
itself.
"""

from __future__ import annotations

import re
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any, Literal, TypeAlias

from logic.answer import Answer, Sentence
from logic.english import Read, Unread, read_problem
from logic.errors import InputError, LogicError
from logic.repair import Repair, repair
from logic.rules import Chained, chain
from logic.solvers import portfolio
from logic.solvers.decision import Decision
from logic.solvers.proof import Proof, Step
from logic.syntax.formula import Formula
from logic.syntax.write import write
from logic.verdict import Verdict

Language: TypeAlias = Literal["auto", "english", "formulas"]
Semantics: TypeAlias = Literal["classical", "rules"]
LANGUAGES: tuple[Language, ...] = ("auto", "english", "formulas")
SEMANTICS: tuple[Semantics, ...] = ("classical", "rules")
Question: TypeAlias = tuple[Sequence[str], str]

# What only a formula has: a symbol of logic, a quantifier with its variable, a predicate with its bracket.
_FORMAL = re.compile(
    r"[∀∃¬∧∨→↔⊕⇒⇔⊤⊥&|~=]|->|\b\w+\(|\b(?:all|exists|forall)\s+\w+\s*[.(]|^\s*-\s*\w|^\s*(?:fof|cnf|tff)\("
)
_ONE_NAME = re.compile(r"\s*\w+\s*\.?\s*")
_FORWARDS = "with rules read forwards only,"
CHUNK = 64  # questions of a batch that are read and decided together


class UnreadableQuestion(LogicError):
    """Sentences that can't be read; `errors` has one error for each of them."""

    def __init__(self, errors: Sequence[LogicError]) -> None:
        self.errors = tuple(errors)
        super().__init__("\n".join(str(error) for error in errors))


@dataclass(frozen=True, slots=True)
class _Posed:
    """A question that was read: the formulas of `given` are the premises' and then the assumed ones."""

    premises: tuple[Sentence, ...]
    assumed: tuple[Sentence, ...]
    conclusion: Sentence
    repairs: tuple[Repair, ...]
    warnings: tuple[str, ...]
    english: bool
    seconds: float

    @property
    def given(self) -> list[Formula]:
        return [s.formula for s in (*self.premises, *self.assumed) if s.formula is not None]


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

    def ask(self, premises: Sequence[str], conclusion: str) -> Answer:
        """Whether `conclusion` follows from `premises`, which may be none.

        Raises:
            InputError: a value that is no text, or an empty one.
            UnreadableQuestion: sentences that the controlled English doesn't cover.
            UnrepairableFormula: a formula that can't be read.
            SolverMissing, SolverDisagreement: as for `logic.solvers.decide`.
        """
        posed = self._pose(premises, conclusion)
        decision = portfolio.decide(posed.given, _formula(posed), **self._options())
        return self._answer(posed, decision)

    async def ask_async(self, premises: Sequence[str], conclusion: str) -> Answer:
        """As `ask`; a cancelled call stops its solvers."""
        posed = self._pose(premises, conclusion)
        decision = await portfolio.decide_async(posed.given, _formula(posed), **self._options())
        return self._answer(posed, decision)

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
    ) -> list[Answer | LogicError]:
        """Answer many (premises, conclusion), in order; a question that fails has its error in its place.

        An error may also stand among the questions (a line that couldn't be read), and is passed on.
        `on_answer(index, answer)` is called as soon as each is there.

        Raises:
            SolverMissing: nothing can be answered at all.
        """
        answers: list[Answer | LogicError | None] = [None] * len(questions)

        def give(index: int, answer: Answer | LogicError) -> None:
            answers[index] = answer
            if on_answer is not None:
                on_answer(index, answer)

        for start in range(0, len(questions), CHUNK):
            posed: dict[int, _Posed] = {}
            for index in range(start, min(start + CHUNK, len(questions))):
                try:
                    premises, conclusion = _pair(questions[index])
                    posed[index] = self._pose(premises, conclusion)
                except LogicError as error:
                    give(index, error)
            indices = list(posed)

            def take(
                place: int, decided: Decision | LogicError, indices: list[int] = indices, posed: dict = posed
            ) -> None:
                index = indices[place]
                try:
                    found = (
                        decided if isinstance(decided, LogicError) else self._answer(posed[index], decided)
                    )
                except LogicError as error:
                    found = error
                give(index, found)

            portfolio.decide_many(
                [(posed[index].given, _formula(posed[index])) for index in indices],
                workers=workers,
                explain=True,
                on_answer=take,
                **self._options(),
            )
        return answers

    async def ask_many_async(
        self, questions: Sequence[Question | LogicError], *, workers: int | None = None
    ) -> list[Answer | LogicError]:
        """As `ask_many`, in another thread."""
        import asyncio

        return await asyncio.to_thread(self.ask_many, questions, workers=workers)

    # ── reading ─────────────────────────────────────────────────────────────────────────────────────────────

    def _pose(self, premises: Sequence[str], conclusion: str) -> _Posed:
        started = time.perf_counter()
        texts = _texts(premises, conclusion)
        language = self.language if self.language != "auto" else _language(texts)
        posed = _english(texts) if language == "english" else _formulas(texts)
        return replace(posed, seconds=time.perf_counter() - started)

    # ── answering ───────────────────────────────────────────────────────────────────────────────────────────

    def _answer(self, posed: _Posed, decision: Decision) -> Answer:
        chained = chain(posed.given, _formula(posed))
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
            minimal=_minimal(decision),
            consistent=decision.consistent,
            proof=proof,
            countermodels=decision.countermodels,
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
                "read as rules, every premise must be a fact or an “if” between facts, "
                "and the conclusion a fact"
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


def _formula(posed: _Posed) -> Formula:
    assert posed.conclusion.formula is not None
    return posed.conclusion.formula


def _minimal(decision: Decision) -> bool:
    match decision.verdict:
        case Verdict.TRUE:
            return decision.conclusion.minimal
        case Verdict.FALSE:
            return decision.negation.minimal
        case Verdict.CONTRADICTORY:
            return decision.contradiction.minimal
    return False


def _pair(question: object) -> Question:
    if isinstance(question, LogicError):
        raise question
    if not isinstance(question, Sequence) or isinstance(question, str) or len(question) != 2:
        raise InputError("a question is a pair of premises and a conclusion")
    return question[0], question[1]


def _texts(premises: object, conclusion: object) -> list[str]:
    """Premises and conclusion, the conclusion last, or one sentence about what is wrong with them."""
    if isinstance(premises, str) or not isinstance(premises, Sequence):
        raise InputError(f"the premises must be a list of texts, not {_kind(premises)}")
    for number, premise in enumerate(premises, 1):
        if not isinstance(premise, str):
            raise InputError(f"premise {number} must be a text, not {_kind(premise)}")
        if not premise.strip():
            raise InputError(f"premise {number} is empty")
    if not isinstance(conclusion, str):
        raise InputError(f"the conclusion must be a text, not {_kind(conclusion)}")
    if not conclusion.strip():
        raise InputError("the conclusion is empty")
    return [*premises, conclusion]


_KINDS = {"str": "a text", "int": "a number", "float": "a number", "NoneType": "nothing", "dict": "an object"}


def _kind(value: object) -> str:
    name = type(value).__name__
    return _KINDS.get(name, f"a {name}")


def _language(texts: Sequence[str]) -> Language:
    """English or formulas; a single name could be either and goes with the rest."""
    formal = [bool(_FORMAL.search(text)) for text in texts]
    names = [bool(_ONE_NAME.fullmatch(text)) for text in texts]
    if all(f or n for f, n in zip(formal, names, strict=True)):
        return "formulas"
    if any(formal):
        english = next(i for i, f in enumerate(formal) if not f and not names[i])
        formula = formal.index(True)
        raise InputError(
            f"“{_short(texts[formula])}” is a formula and “{_short(texts[english])}” isn't: "
            "write all in formulas or all in English"
        )
    return "english"


def _short(text: str) -> str:
    text = " ".join(text.split())
    return text if len(text) <= 60 else text[:57] + "..."


def _english(texts: Sequence[str]) -> _Posed:
    problem = read_problem(texts[:-1], texts[-1])
    if problem.errors:
        raise UnreadableQuestion(problem.errors)
    return _Posed(
        tuple(_sentence(item) for item in problem.premises),
        tuple(_sentence(item) for item in problem.assumed),
        _sentence(problem.conclusion),
        (),
        problem.warnings,
        True,
        0.0,
    )


def _sentence(item: Read | Unread) -> Sentence:
    return Sentence(item.text, item.formula if isinstance(item, Read) else None)


def _formulas(texts: Sequence[str]) -> _Posed:
    problem = repair(texts[:-1], texts[-1])
    return _Posed(
        tuple(Sentence(text, formula) for text, formula in zip(texts[:-1], problem.premises, strict=True)),
        tuple(Sentence(write(formula), formula) for formula in problem.assumed),
        Sentence(texts[-1], problem.conclusion),
        problem.repairs,
        (),
        False,
        0.0,
    )
