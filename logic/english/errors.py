"""The error of the controlled English: which sentence, which word, and what is the matter with it."""

from __future__ import annotations

from logic.errors import LogicError


class EnglishError(LogicError):
    """A sentence that the grammar doesn't cover, or that it can read in two ways.

    `sentence` is the text as given, `problem` what is the matter, `position` where (characters from 0).
    """

    def __init__(self, sentence: str, problem: str, position: int = 0) -> None:
        self.sentence = sentence
        self.problem = problem
        self.position = position
        super().__init__(f"can't read “{sentence.strip()}”: {problem}")
