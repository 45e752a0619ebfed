"""The errors of `logic`: each message is one sentence for the person who gave the input."""

from __future__ import annotations


class LogicError(Exception):
    """Anything `logic` refuses; `exit_code` is what a command ends with (2 bad input, 3 missing tool)."""

    exit_code = 2


class ReadError(LogicError):
    """A text that is no formula. `position` counts characters from 0; `text` is the whole input."""

    def __init__(self, problem: str, text: str = "", position: int = 0) -> None:
        self.problem = problem
        self.text = text
        self.position = position
        line = text.count("\n", 0, position) + 1
        column = position - (text.rfind("\n", 0, position) + 1) + 1
        start, end = max(0, position - 20), position + 20
        near = text[start:end].replace("\n", " ")
        where = f"line {line}, column {column}" if line > 1 else f"column {column}"
        super().__init__(f"{problem} at {where}" + (f", near {near!r}" if near.strip() else ""))


class InputError(LogicError):
    """A file or value that is not what the command or function needs."""
