"""Which files a path means: a Lean file, every one in a folder, or those of a Lake project; each with its path in it.

Not here: reading or tracing them. What Lake fetched (`.lake`) and hidden folders are no sources of the project.
"""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path

_LAKE_FILES = ("lakefile.toml", "lakefile.lean")
_NOT_SOURCES = {"lake-packages", "build", "node_modules"}


class NothingToTrace(ValueError):
    """The path is none, or has no Lean file in it; one sentence."""


@dataclass(frozen=True, slots=True)
class Sources:
    """The folder that paths are relative to, and the files to trace, sorted. `lake`: whether it is a Lake project.

    `around`: other files of the project, which these may import.
    """

    root: Path
    files: tuple[str, ...]
    lake: bool
    around: tuple[str, ...] = ()


def modules_of(path: str) -> list[str]:
    """The modules that a file may be: `src/My/A.lean` is `My.A`, or `src.My.A`; `Other/My/A.lean` is no `My.A`.

    Folders of sources have names in small letters, modules seldom have.
    """
    parts = path.removesuffix(".lean").split("/")
    small = next((i for i, part in enumerate(parts[:-1]) if part != part.lower()), len(parts) - 1)
    return [".".join(parts[i:]) for i in range(small + 1)]


def find(target: Path) -> Sources:
    """The sources that a path means. Raises NothingToTrace."""
    if target.is_dir():
        root = target.resolve()
        files = tuple(sorted(_walk(root)))
        if not files:
            raise NothingToTrace(f"The folder {target} has no Lean file.")
        return Sources(root, files, _is_lake(root))
    if not target.exists():
        raise NothingToTrace(f"There is no file or folder {target}.")
    if target.suffix != ".lean":
        raise NothingToTrace(f"{target} is no Lean file (.lean) and no folder.")
    file = target.resolve()
    root = next((p for p in file.parents if _is_lake(p)), file.parent)
    path, lake = file.relative_to(root).as_posix(), _is_lake(root)
    return Sources(root, (path,), lake, tuple(f for f in sorted(_walk(root)) if f != path) if lake else ())


def _is_lake(folder: Path) -> bool:
    return any((folder / name).is_file() for name in _LAKE_FILES)


def _walk(root: Path) -> list[str]:
    found = []
    for folder, folders, files in os.walk(root):
        folders[:] = [f for f in folders if not f.startswith(".") and f not in _NOT_SOURCES]
        for name in files:
            if name.endswith(".lean") and not name.startswith(".") and name != "lakefile.lean":
                found.append((Path(folder) / name).relative_to(root).as_posix())
    return found
