"""What was written when Lean was prepared: sizes and hashes of files, and whether they are still so.

A manifest is a JSON file: `about` says what the files were made with, `files` maps each name (relative to a folder)
to its size in bytes and its SHA-256. Checking sizes costs a few microseconds a file; hashes are for `--check` and
for whatever is about to be used again. Not here: which files there are, and what follows from damage (`install.py`).
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

SCHEMA = 1
_CHUNK = 1 << 20


@dataclass(frozen=True, slots=True)
class Entry:
    """A file as it was written."""

    size: int  # bytes
    sha256: str


@dataclass(frozen=True, slots=True)
class Manifest:
    about: Mapping[str, str]
    files: Mapping[str, Entry]

    @property
    def size(self) -> int:
        """Bytes of all files together."""
        return sum(entry.size for entry in self.files.values())

    def write(self, path: Path) -> None:
        files = {name: [entry.size, entry.sha256] for name, entry in sorted(self.files.items())}
        path.write_text(json.dumps({"schema": SCHEMA, "about": dict(self.about), "files": files}, indent=0))


def read(path: Path) -> Manifest | None:
    """The manifest at `path`, or None where there is none that can be read."""
    try:
        said = json.loads(path.read_bytes())
        if said["schema"] != SCHEMA:
            return None
        files = {name: Entry(int(size), str(digest)) for name, (size, digest) in said["files"].items()}
        return Manifest(dict(said["about"]), files)
    except (OSError, ValueError, KeyError, TypeError, AttributeError):
        return None


def entry_of(path: Path) -> Entry:
    """Size and hash of a file."""
    digest, size = hashlib.sha256(), 0
    with path.open("rb") as file:
        while chunk := file.read(_CHUNK):
            digest.update(chunk)
            size += len(chunk)
    return Entry(size, digest.hexdigest())


def entries_of(folder: Path, names: Iterable[str]) -> dict[str, Entry]:
    return {name: entry_of(folder / name) for name in names}


def damage(folder: Path, files: Mapping[str, Entry], *, hashes: bool = False) -> str | None:
    """What is wrong with the files of a folder, as the end of a sentence; None if they are as they were written."""
    for name, entry in files.items():
        path = folder / name
        try:
            size = path.stat().st_size
            if size != entry.size:
                return f"{path} has {size} bytes instead of {entry.size}"
            if hashes and entry_of(path) != entry:
                return f"{path} is not what was written there"
        except OSError as error:
            return f"{path} cannot be read ({error.strerror})"
    return None
