"""The errors of `logic`: each message is one sentence for the person who gave the input."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


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


class SolverMissing(LogicError):
    """A solver's package is not installed; the message has the one command that brings it."""

    exit_code = 3

    def __init__(self, solver: str, install: str) -> None:
        self.solver = solver
        self.install = install
        super().__init__(f"the solver {solver} is not installed; run: {install}")


class SolverDisagreement(LogicError):
    """Two solvers answered the same question differently. `path` is the file that keeps the problem."""

    exit_code = 3

    def __init__(self, sure: str, against: str, path: str) -> None:
        self.path = path
        super().__init__(
            f"{sure} found a proof where {against} found a countermodel: one of the two is wrong. "
            f"The problem is kept in {path}; please report it"
        )


@contextmanager
def reading(path: Path | str) -> Iterator[None]:
    """What goes wrong while the text of `path` is read, as an InputError."""
    try:
        yield
    except FileNotFoundError:
        raise InputError(f"there is no file {path}") from None
    except IsADirectoryError:
        raise InputError(f"{path} is a directory, not a file") from None
    except PermissionError:
        raise InputError(f"{path} may not be read") from None
    except UnicodeDecodeError as error:
        raise InputError(f"{path} is not UTF-8 text (byte {error.start})") from None
