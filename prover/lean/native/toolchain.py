"""Finds the Lean on the PATH, and the Lake project that a folder belongs to.

Only looking and naming commands; nothing is installed, built or written.
"""

from __future__ import annotations

import contextlib
import os
import re
import shutil
import signal
import subprocess
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from prover.lean.native.project import wanted_version
from prover.lean.protocol import LeanMissing

GET_LEAN = (
    "install elan, Lean's version manager, with `curl https://elan.lean-lang.org/elan-init.sh -sSf | sh`, "
    "and open a new terminal; --lean embedded needs no installation"
)
#: elan may fetch the project's toolchain at its first use.
_FIRST_USE_SECONDS = 600.0
_VERSION = re.compile(r"version (\d+\.\d+\.\d+[\w.-]*)")
_LAKE_FILES = ("lakefile.toml", "lakefile.lean")


@dataclass(frozen=True, slots=True)
class Toolchain:
    """A Lean that answered. `prefix` runs a command in the project's environment; `project` is its root."""

    lean: str
    prefix: tuple[str, ...]
    version: str
    folder: Path
    project: Path | None

    def command(self, *arguments: str) -> list[str]:
        """The command line of `lean` with these arguments."""
        return [*self.prefix, "lean" if self.prefix else self.lean, *arguments]


def project_root(folder: Path) -> Path | None:
    """The Lake project that a folder (or file) lies in."""
    folder = folder.resolve()
    return next((f for f in (folder, *folder.parents) if any((f / name).is_file() for name in _LAKE_FILES)), None)


def find(project: Path | None) -> Toolchain:
    """The Lean for a project, or for none. Raises LeanMissing with the way to get it."""
    lean, lake = shutil.which("lean"), shutil.which("lake")
    if lean is None or lake is None:
        missing = " and no ".join(f"`{name}`" for name, at in (("lean", lean), ("lake", lake)) if at is None)
        raise LeanMissing(f"There is no {missing} on the PATH, which the native backend needs: {GET_LEAN}.")
    root = project_root(project) if project is not None else None
    if root is not None and _lacks_manifest(root):
        raise LeanMissing(f"The Lake project {root} has dependencies but no lake-manifest.json: run `lake update` "
                          "there; nothing is fetched into a project unasked.")  # fmt: skip
    prefix = (lake, "env") if root is not None else ()
    # Outside a project nothing of the working directory may matter, a `lean-toolchain` in it say.
    folder = root or Path(tempfile.gettempdir()).resolve()
    found = Toolchain(lean, prefix, "", folder, root)
    status, output = execute(found.command("--version"), folder, _FIRST_USE_SECONDS)
    version = _VERSION.search(output)
    if status != 0 or version is None or not version[1].startswith("4."):
        lines = output.strip().splitlines()
        said = lines[-1].strip() if lines else "nothing"
        where = f" in the project {root}" if root is not None else ""
        why = "did not answer in time" if status is None else f"does not run as Lean 4{where}; it said: {said}"
        raise LeanMissing(f"The `lean` on the PATH {why}. To mend it, {GET_LEAN}.")
    wanted = wanted_version(root) if root is not None else None
    # ELAN_TOOLCHAIN is how a user asks elan for another one.
    if wanted is not None and wanted != version[1] and not os.environ.get("ELAN_TOOLCHAIN"):
        raise LeanMissing(
            f"The Lake project {root} wants Lean {wanted} (its lean-toolchain), but the `lean` on the PATH is "
            f"{version[1]} and does not change with the project, as elan's does: {GET_LEAN}."
        )
    return Toolchain(lean, prefix, version[1], folder, root)


def _lacks_manifest(root: Path) -> bool:
    """Whether Lake would resolve and fetch the project's dependencies at its next call, whatever it is called for."""
    if (root / "lake-manifest.json").exists():
        return False
    files = [root / name for name in _LAKE_FILES if (root / name).is_file()]
    return any(re.search(r"^\s*(?:require\b|\[\[require\]\])", f.read_text("utf-8", "replace"), re.M) for f in files)


def execute(command: Sequence[str], folder: Path, seconds: float) -> tuple[int | None, str]:
    """Run a command to its end: its exit status (None when it ran out of time) and all that it wrote.

    It runs in a process group of its own, which is killed whole whatever happens. Raises LeanMissing where it does not
    start.
    """
    with tempfile.TemporaryFile() as output:  # not a pipe: a child that lives on would hold it open
        try:
            process = subprocess.Popen(
                command, cwd=folder, stdin=subprocess.DEVNULL, stdout=output, stderr=output, start_new_session=True
            )
        except OSError as error:
            raise LeanMissing(f"`{command[0]}` does not start: {error.strerror}; {GET_LEAN}.") from None
        status: int | None = None
        try:
            with contextlib.suppress(subprocess.TimeoutExpired):
                status = process.wait(max(seconds, 0.01))
        finally:
            with contextlib.suppress(ProcessLookupError, PermissionError):
                os.killpg(process.pid, signal.SIGKILL)
            process.wait()
        output.seek(0)
        return status, output.read(4 << 20).decode("utf-8", errors="replace")
