"""A repository that lean-dojo seems to have traced, for the real package over the stand-in of a native Lean.

The package is the real one, with its files, its processes and its messages; the Lean at the other end of its pipe is
`native_stand_in.py`. Nothing is traced: a Dojo that is given its text needs no more of a trace than the folder.
"""

from __future__ import annotations

import contextlib
import importlib
import os
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.prover import native_stand_in

_GIT = ("-c", "user.name=a", "-c", "user.email=a@a")


def need_the_package() -> None:
    """Skip, with the reason, where the package cannot be used."""
    from prover.lean.leandojo_traces import package
    from prover.lean.protocol import LeanMissing

    if shutil.which("git") is None:
        pytest.skip("lean-dojo needs git")
    try:
        package()
    except LeanMissing as missing:
        pytest.skip(str(missing))


def repository(folder: Path, toolchain: str = f"leanprover/lean4:v{native_stand_in.VERSION}") -> Path:
    """A git repository with a Lake project in it."""
    folder.mkdir(parents=True)
    (folder / "lakefile.toml").write_text('name = "p"\n')
    (folder / "lean-toolchain").write_text(toolchain + "\n")
    (folder / "P.lean").write_text("theorem t (a b : Nat) : a + b = b + a := by omega\n")
    for command in (["init", "-q"], ["add", "."], ["commit", "-qm", "m"]):
        subprocess.run(["git", *_GIT, *command], cwd=folder, check=True)
    return folder


@contextlib.contextmanager
def cache_in(folder: Path) -> Iterator[Path]:
    """lean-dojo's cache in a folder of its own."""
    cache = importlib.import_module("lean_dojo.data_extraction.cache").cache
    before = cache.cache_dir
    folder.mkdir(exist_ok=True)
    object.__setattr__(cache, "cache_dir", folder)
    try:
        yield folder
    finally:
        object.__setattr__(cache, "cache_dir", before)


def trace(repo: Path, cache: Path) -> Path:
    """The folder of a trace of the repository, as far as a Dojo needs it."""
    commit = subprocess.run(["git", "rev-parse", "HEAD"], cwd=repo, capture_output=True, text=True, check=True)
    at = cache / f"gitpython-{repo.name}-{commit.stdout.strip()}" / repo.name
    shutil.copytree(repo, at)
    (at / "Lean4Repl.lean").write_text("-- stands for lean-dojo's\n")
    return at


@contextlib.contextmanager
def traced_repository(folder: Path) -> Iterator[Path]:
    """A repository with its trace, and the stand-in's commands on the PATH."""
    native_stand_in.install(folder / "bin")
    with pytest.MonkeyPatch.context() as patch, cache_in(folder / "cache") as cache:
        patch.setenv("PATH", f"{folder / 'bin'}{os.pathsep}{os.environ['PATH']}")
        repo = repository(folder / "repo")
        trace(repo, cache)
        yield repo
