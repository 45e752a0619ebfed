"""The values of LeanDojo's interface, equal to those of lean-dojo 4.20: states, answers, errors, theorems, files.

Used where the package `lean-dojo` is not installed (`classes.py` chooses). Field names, defaults, what counts for
equality and what is raised are lean-dojo's (Yang et al. 2023, section 4); not here: anything that runs Lean.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any, TypeAlias

from prover.dojo.goals import Goal, parse_goals


@dataclass(frozen=True)
class TacticState:
    """A proof state. Equal to another when it prints alike, whatever path led there.

    `pp`: the goals as Lean prints them, a blank line between two. `id`: its number in the `Dojo` that made it.
    """

    pp: str
    id: int = field(compare=False)
    message: str | None = field(default=None, compare=False)

    # lean-dojo takes the goals apart at once; most states of a search are never looked at.
    @cached_property
    def goals(self) -> list[Goal]:
        """The open goals, taken apart."""
        return parse_goals(self.pp)

    @property
    def num_goals(self) -> int:
        return len(self.goals)


@dataclass(frozen=True)
class CommandState:
    """The state between two commands."""

    id: int = field(compare=False)
    message: str | None = field(default=None, compare=False)


@dataclass(frozen=True)
class ProofFinished:
    """No goal is left, and the soundness gate accepted the proof."""

    tactic_state_id: int
    message: str | None = field(default=None, compare=False)


@dataclass(frozen=True)
class ProofGivenUp:
    """No goal is left, but the proof leans on `sorry`."""


@dataclass(frozen=True)
class LeanError:
    """The tactic or command did not work."""

    error: str


TacticResult: TypeAlias = TacticState | ProofFinished | LeanError | ProofGivenUp


class DojoCrashError(Exception):
    """Lean stopped in the middle."""

    @property
    def is_out_of_memory(self) -> bool:
        return str(self) == "OOM"


class DojoTacticTimeoutError(Exception):
    """A tactic or command ran past the time-out."""


class DojoInitError(Exception):
    """The theorem cannot be worked on; the message says why."""


@dataclass(eq=True, unsafe_hash=True)
class Pos:
    """A place in a source file. Lines and columns count from 1, columns in code points."""

    line_nb: int
    column_nb: int

    @classmethod
    def from_str(cls, s: str) -> Pos:
        """The position that is printed `(line, column)`."""
        if not (s.startswith("(") and s.endswith(")")):
            raise AssertionError(f"Invalid string representation of a position: {s}")
        line, column = s[1:-1].split(",")
        return cls(int(line), int(column))

    def __iter__(self) -> Iterator[int]:
        yield self.line_nb
        yield self.column_nb

    def __repr__(self) -> str:
        return f"({self.line_nb}, {self.column_nb})"

    def __lt__(self, other: Pos) -> bool:
        return (self.line_nb, self.column_nb) < (other.line_nb, other.column_nb)

    def __le__(self, other: Pos) -> bool:
        return self < other or self == other


@dataclass(frozen=True)
class Theorem:
    """A theorem by its full name, in a file of a repository (path from the repository's root)."""

    repo: Any  # LeanGitRepo, of `repos.py` or of the package
    file_path: Path
    full_name: str

    def __post_init__(self) -> None:
        object.__setattr__(self, "file_path", Path(self.file_path))
        if self.file_path.suffix != ".lean":
            raise AssertionError(f"File extension must be .lean: {self.file_path}")

    @property
    def uid(self) -> str:
        """A name that no other theorem has."""
        parts = (self.repo.url, self.repo.commit, self.file_path, self.full_name)
        url, commit, path, name = (re.sub("[/:]", "_", str(part)) for part in parts)
        return f"{url}@{commit}:{path}:{name}"

    @property
    def uhash(self) -> str:
        return str(hash(self.uid) ** 2)


@dataclass(frozen=True)
class LeanFile:
    """A source file, by lines and by positions. `root_dir` is absolute, `path` relative to it.

    Raises RuntimeError for a file with Windows line ends, as lean-dojo does; a `Dojo` reads such files all the same.
    """

    root_dir: Path = field(repr=False)
    path: Path
    code: list[str] = field(init=False, repr=False)
    endwith_newline: bool | None = field(init=False, repr=False)
    num_bytes: list[int] = field(init=False, repr=False)

    def __post_init__(self) -> None:
        if not self.root_dir.is_absolute():
            raise AssertionError(f"Root directory must be an absolute path: {self.root_dir}")
        if self.path.suffix != ".lean" or self.path.is_absolute():
            raise AssertionError(f"Path must be a relative path that ends in .lean: {self.path}")
        data = self.abs_path.read_bytes()
        if b"\r\n" in data:
            raise RuntimeError(f"{self.abs_path} contains Windows-style line endings.")
        ends = data.endswith(b"\n")
        lines = data.split(b"\n")
        if ends or not data:
            lines.pop()
        object.__setattr__(self, "code", [line.decode("utf-8") for line in lines])
        object.__setattr__(self, "endwith_newline", ends if data else None)
        object.__setattr__(self, "num_bytes", [len(line) + 1 for line in lines])

    @property
    def abs_path(self) -> Path:
        return self.root_dir / self.path

    @property
    def num_lines(self) -> int:
        return len(self.code)

    def num_columns(self, line_nb: int) -> int:
        """How many characters the line has."""
        return len(self.get_line(line_nb))

    @property
    def start_pos(self) -> Pos:
        return Pos(1, 1)

    @property
    def end_pos(self) -> Pos:
        return self.start_pos if self.is_empty() else Pos(self.num_lines, 1 + len(self.code[-1]))

    def is_empty(self) -> bool:
        return not self.code

    def convert_pos(self, byte_idx: int) -> Pos:
        """A byte offset (UTF-8) as a position. Raises ValueError for one outside of the file."""
        start = 0
        for line_nb, size in enumerate(self.num_bytes, 1):
            last = line_nb == self.num_lines
            if byte_idx < start + size or (last and byte_idx == start + size):
                column, seen = 1, start
                for character in self.get_line(line_nb):
                    if seen >= byte_idx:
                        break
                    column, seen = column + 1, seen + len(character.encode())
                return Pos(line_nb, column)
            start += size
        raise ValueError(f"Invalid byte index {byte_idx} in {self.path}.")

    def offset(self, pos: Pos, delta: int) -> Pos:
        """The position `delta` characters further on; a line's end counts as one."""
        line_nb, column_nb = pos
        left = delta + column_nb - 1
        while line_nb <= self.num_lines:
            width = self.num_columns(line_nb)
            if left <= width:
                return Pos(line_nb, left + 1)
            left -= width + 1
            line_nb += 1
        if left == 0 and self.endwith_newline:
            return Pos(line_nb, 1)
        raise ValueError(f"Invalid offset {delta} in {self.path}: {pos}.")

    def get_line(self, line_nb: int) -> str:
        """A line by its number, from 1."""
        return self.code[line_nb - 1]

    def __getitem__(self, key: slice) -> str:
        """The text from one position up to another: `file[start:end]`."""
        if not isinstance(key, slice) or key.step is not None:
            raise AssertionError("a file is cut by two positions")
        first, column = (1, 1) if key.start is None else key.start
        last, end = (self.num_lines, 1 + self.num_columns(self.num_lines)) if key.stop is None else key.stop
        if (first, column) > (last, end):
            raise AssertionError(f"({first}, {column}) is after ({last}, {end})")
        lines = self.code[first - 1 : last]
        if not lines:
            return ""
        # A stop on the line after the last one means the final line's end.
        lines[-1] = lines[-1][: end - 1] if last <= self.num_lines else lines[-1]
        lines[0] = lines[0][column - 1 :]
        return "\n".join(lines)
