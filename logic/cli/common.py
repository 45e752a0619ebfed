"""What the commands of the logic half share: errors as one sentence, files of questions, exit codes.

Exit codes: 0 the answer is True (or the work is done), 1 any other answer, 2 bad input, 3 a missing tool.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import typer

from logic.errors import InputError, LogicError, reading
from prover.models.errors import ModelError

NEGATIVE = 1
MAX_BYTES = 256 * 1024 * 1024


@contextmanager
def reporting() -> Iterator[None]:
    """Turn a `LogicError` or `ModelError` into its sentence on standard error and its exit code."""
    try:
        yield
    except (LogicError, ModelError) as error:
        print(f"entails: {error}", file=sys.stderr)
        raise typer.Exit(error.exit_code) from None


def read_text(path: str) -> str:
    """The text of a file, or of standard input for “-”.

    Raises:
        InputError: no such file, no text, or far too long.
    """
    with reading(path):
        if path == "-":
            return sys.stdin.read()
        file = Path(path)
        if file.stat().st_size > MAX_BYTES:
            raise InputError(f"{path} is larger than {MAX_BYTES // 2**20} MiB")
        return file.read_text(encoding="utf-8")


def read_json(path: str) -> list[Any]:
    """The values of a JSON file: those of a list, the one object, or one from each line (JSON Lines).

    Raises:
        InputError: as `read_text`, or where it is no JSON.
    """
    text = read_text(path)
    try:
        value = json.loads(text)
    except RecursionError:
        raise InputError(f"{path} is nested too deeply") from None
    except ValueError as error:
        lines = [line for line in text.splitlines() if line.strip()]
        if len(lines) < 2:
            raise InputError(f"{path} is not JSON: {error}") from None
        return [_line(line, number, path) for number, line in enumerate(lines, 1)]
    return value if isinstance(value, list) else [value]


def _line(line: str, number: int, path: str) -> Any:
    """One line's value; a line that is no JSON is an error in its place, so that the others are answered."""
    try:
        return json.loads(line)
    except (ValueError, RecursionError) as error:
        return InputError(f"line {number} of {path} is not JSON: {error}")
