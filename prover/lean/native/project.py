"""Finds the file of a project in which a theorem is declared, by its name; and which Lean the project asks for.

Only reading: the project's own files, not those of its dependencies.
"""

from __future__ import annotations

import difflib
import os
import re
from collections.abc import Iterator
from pathlib import Path

from prover.lean.native import scan
from prover.lean.protocol import BadSource

#: Folders with what is built or fetched.
_NOT_OWN = {".lake", "build", "lake-packages", ".git", "node_modules"}
_THEOREMS = ("theorem", "lemma")
_TOOLCHAIN = re.compile(r"(?:[\w./-]+:)?v?(\d+\.\d+\.\d+(?:-[\w.]+)?)\s*\Z")


def lean_files(root: Path) -> Iterator[Path]:
    """The Lean files of a project, in order."""
    for folder, inside, files in os.walk(root):
        inside[:] = sorted(name for name in inside if name not in _NOT_OWN)
        for name in sorted(files):
            if name.endswith(".lean"):
                yield Path(folder) / name


def find_theorem(root: Path, name: str) -> tuple[Path, str]:
    """The file that declares a theorem, and its full name. `name`: that, or its last parts where they are enough.

    Raises BadSource where there is none, or more than one.
    """
    if not root.is_dir():
        raise BadSource(f"There is no folder {root}.")
    plain = re.sub("[«»]", "", name)
    last = plain.rsplit(".", 1)[-1]
    exact: list[tuple[Path, str]] = []
    by_end: list[tuple[Path, str]] = []
    others: list[str] = []
    for path in lean_files(root):
        try:
            text = path.read_text(encoding="utf-8")
        except (OSError, UnicodeDecodeError):
            continue
        if last not in text:  # reading a file's declarations takes a hundred times as long
            continue
        for declared in scan.declarations(scan.blank(text)):
            if declared.keyword in _THEOREMS:
                full = re.sub("[«»]", "", declared.name)
                if full == plain:
                    exact.append((path, declared.name))
                elif full.endswith("." + plain):
                    by_end.append((path, declared.name))
                elif last in full:
                    others.append(full)
    found = exact or by_end
    if len(found) == 1:
        return found[0]
    if found:
        places = ", ".join(f"{full} in {path.relative_to(root)}" for path, full in found[:6])
        raise BadSource(f"There are several theorems {name} in {root}: {places}.")
    near = difflib.get_close_matches(plain, others, 3, 0.5)
    raise BadSource(f"There is no theorem {name} in the Lean files of {root}"
                    + (f"; there are {', '.join(near)}." if near else "."))  # fmt: skip


def wanted_version(root: Path) -> str | None:
    """The release that a project's `lean-toolchain` names; None where it names none, or something else (a nightly)."""
    try:
        text = (root / "lean-toolchain").read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError):
        return None
    found = _TOOLCHAIN.match(text.strip())
    return found[1] if found is not None else None
