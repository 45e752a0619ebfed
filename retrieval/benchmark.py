"""A folder of LeanDojo Benchmark, of Lean 3 or 4, as it is: its splits, its corpus, its theorems.

Not here: examples of premise use and the corpus itself (leandojo.py), proving the theorems. Layout (Yang et al. 2023,
appendix A): `random/` and `novel_premises/` with `train.json`, `val.json`, `test.json`; beside them `corpus.jsonl` and
`metadata.json`.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from retrieval.errors import CorpusError

SPLITS = ("train", "val", "test")


@dataclass(frozen=True, slots=True)
class TracedTheorem:
    """A theorem of a split. `start`, `end`: (line, column) from 1; `tactics`: (state before, tactic, state after)."""

    url: str
    commit: str
    file_path: str
    full_name: str
    start: tuple[int, int]
    end: tuple[int, int]
    tactics: tuple[tuple[str, str, str], ...]

    @property
    def order(self) -> str:
        """ReProver's order (prover/evaluate.py): by the MD5 of path and name, so that the first n are a sample."""
        return _md5(f"{self.file_path}:{self.full_name}")


def _md5(text: str) -> str:
    return hashlib.md5(text.encode("utf-8", "surrogatepass"), usedforsecurity=False).hexdigest()


class Benchmark:
    """One way of splitting, in `folder`; the corpus and the metadata lie in it or in the folder above."""

    def __init__(self, folder: Path) -> None:
        """Raises CorpusError for what is no folder of splits."""
        if not folder.is_dir():
            raise CorpusError(f"there is no folder {folder}")
        self.folder = folder
        if not self.splits:
            below = [f.name for f in sorted(folder.iterdir()) if any((f / f"{s}.json").is_file() for s in SPLITS)]
            if below:
                names = " and ".join(below)
                example = folder / below[-1]
                raise CorpusError(f"the folder {folder} holds the splits {names}: name one of them, such as {example}")
            raise CorpusError(f"the folder {folder} is none of LeanDojo Benchmark: it has no train, val or test.json")

    @property
    def splits(self) -> tuple[str, ...]:
        """The splits that are there."""
        return tuple(s for s in SPLITS if (self.folder / f"{s}.json").is_file())

    def split(self, name: str) -> Path:
        """The file of a split. Raises CorpusError where it is not there."""
        if name not in SPLITS:
            raise CorpusError(f"there is no split {name!r}: choose from {', '.join(SPLITS)}")
        if name not in self.splits:
            there = ", ".join(self.splits)
            raise CorpusError(f"the folder {self.folder} has no split {name} ({name}.json); it has {there}")
        return self.folder / f"{name}.json"

    @property
    def corpus(self) -> Path:
        """The file of the corpus. Raises CorpusError where it is not there."""
        found = self._beside("corpus.jsonl")
        if found is None:
            raise CorpusError(f"there is no corpus.jsonl in {self.folder}, and none in the folder above it")
        return found

    @property
    def metadata(self) -> dict[str, Any]:
        """What `metadata.json` says; nothing where there is none. Raises CorpusError."""
        found = self._beside("metadata.json")
        if found is None:
            return {}
        try:
            value = json.loads(found.read_text(encoding="utf-8"))
        except (OSError, ValueError) as error:
            raise CorpusError(f"the metadata {found} cannot be read: {error}") from None
        if not isinstance(value, dict):
            raise CorpusError(f"the file {found} is no metadata of a benchmark")
        return value

    def _beside(self, name: str) -> Path | None:
        return next((p for f in (self.folder, self.folder.absolute().parent) if (p := f / name).is_file()), None)

    def theorems(self, split: str) -> list[TracedTheorem]:
        """The theorems of a split, in the file's order. Raises CorpusError."""
        path = self.split(split)
        try:
            rows = json.loads(path.read_text(encoding="utf-8"))
            if not isinstance(rows, list):
                raise ValueError("no list")
        except (OSError, ValueError, RecursionError) as error:
            raise CorpusError(f"the file {path} is no LeanDojo split: {error}") from None
        out = []
        for number, row in enumerate(rows):
            try:
                out.append(_theorem(row))
            except (KeyError, TypeError, ValueError, AttributeError) as error:
                raise CorpusError(f"theorem {number} of {path} is not in LeanDojo's form "
                                  f"({type(error).__name__}: {error})") from None  # fmt: skip
        return out


def _theorem(row: Mapping[str, Any]) -> TracedTheorem:
    url, commit, file_path, full_name = (row[name] for name in ("url", "commit", "file_path", "full_name"))
    if not all(isinstance(text, str) for text in (url, commit, file_path, full_name)):
        raise TypeError("url, commit, file_path and full_name are texts")
    (a, b), (c, d) = row["start"], row["end"]
    tactics = tuple((str(t["state_before"]), str(t["tactic"]), str(t["state_after"])) for t in row["traced_tactics"])
    return TracedTheorem(url, commit, file_path, full_name, (int(a), int(b)), (int(c), int(d)), tactics)


def chosen(
    theorems: list[TracedTheorem],
    *,
    file_path: str | None = None,
    full_name: str | None = None,
    name_filter: str | None = None,
    number: int | None = None,
) -> list[TracedTheorem]:
    """ReProver's choice: of a file, of a name, with a name whose MD5 begins so; in its order, the first `number`."""
    found = [
        t for t in theorems
        if (file_path is None or t.file_path == file_path)
        and (full_name is None or t.full_name == full_name)
        and (name_filter is None or _md5(t.full_name).startswith(name_filter))
    ]  # fmt: skip
    return sorted(found, key=lambda t: t.order)[:number]


def unique_names(theorems: list[TracedTheorem]) -> Iterator[tuple[str, TracedTheorem]]:
    """Each theorem with a name that no other has: its own; with its file, or its place, where that is shared."""
    names: dict[str, int] = {}
    files: dict[tuple[str, str], int] = {}
    for t in theorems:
        names[t.full_name] = names.get(t.full_name, 0) + 1
        files[t.full_name, t.file_path] = files.get((t.full_name, t.file_path), 0) + 1
    for t in theorems:
        name = t.full_name
        if names[name] > 1:
            name += f" ({t.file_path})"
        if files[t.full_name, t.file_path] > 1:
            name = f"{t.full_name} ({t.file_path}:{t.start[0]}:{t.start[1]})"
        yield name, t
