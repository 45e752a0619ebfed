"""A question as it is given, turned into formulas: English or formulas, told apart, checked and read.

Answering is in `qa.py`; what a language model translates isn't read here.
"""

from __future__ import annotations

import re
import time
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Literal, TypeAlias

from logic.answer import Sentence
from logic.english import Read, Unread, read_problem
from logic.errors import InputError, LogicError
from logic.repair import Repair, repair
from logic.syntax.formula import Formula
from logic.syntax.write import write

Language: TypeAlias = Literal["auto", "english", "formulas"]
LANGUAGES: tuple[Language, ...] = ("auto", "english", "formulas")
Question: TypeAlias = tuple[Sequence[str], str]

# What only a formula has: a symbol of logic, a quantifier with its variable, a predicate with its bracket.
_FORMAL = re.compile(
    r"[∀∃¬∧∨→↔⊕⇒⇔⊤⊥&|~=]|->|\b\w+\(|\b(?:all|exists|forall)\s+[a-z]\d*\s*[.(]|^\s*-\s*\w+\s*$|^\s*(?:fof|cnf|tff)\("
)
_ONE_NAME = re.compile(r"\s*\w+\s*\.?\s*")


class UnreadableQuestion(LogicError):
    """Sentences that can't be read; `errors` has one error for each of them."""

    def __init__(self, errors: Sequence[LogicError]) -> None:
        self.errors = tuple(errors)
        super().__init__("\n".join(str(error) for error in errors))


@dataclass(frozen=True, slots=True)
class Posed:
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

    @property
    def goal(self) -> Formula:
        """The conclusion's formula."""
        assert self.conclusion.formula is not None
        return self.conclusion.formula


def pose(premises: Sequence[str], conclusion: str, language: Language = "auto") -> Posed:
    """Read a question.

    Raises:
        InputError: a value that is no text, or an empty one; English and formulas in one question.
        UnreadableQuestion: sentences that the controlled English doesn't cover.
        UnrepairableFormula: a formula that can't be read.
    """
    started = time.perf_counter()
    texts = texts_of(premises, conclusion)
    chosen = language if language != "auto" else _language(texts)
    posed = _english(texts) if chosen == "english" else _formulas(texts)
    return replace(posed, seconds=time.perf_counter() - started)


def pair_of(question: object) -> Question:
    if isinstance(question, LogicError):
        raise question
    if not isinstance(question, Sequence) or isinstance(question, str) or len(question) != 2:
        raise InputError("a question is a pair of premises and a conclusion")
    return question[0], question[1]


def texts_of(premises: object, conclusion: object) -> list[str]:
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


def _english(texts: Sequence[str]) -> Posed:
    problem = read_problem(texts[:-1], texts[-1])
    if problem.errors:
        raise UnreadableQuestion(problem.errors)
    return Posed(
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


def _formulas(texts: Sequence[str]) -> Posed:
    problem = repair(texts[:-1], texts[-1])
    return Posed(
        tuple(Sentence(text, formula) for text, formula in zip(texts[:-1], problem.premises, strict=True)),
        tuple(Sentence(write(formula), formula) for formula in problem.assumed),
        Sentence(texts[-1], problem.conclusion),
        problem.repairs,
        (),
        False,
        0.0,
    )
