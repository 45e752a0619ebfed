"""In a Lake project: a theorem found by its name and proved in place, the project's toolchain, nothing written unasked.

Over the stand-in of `native_stand_in.py`.
"""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from prover.lean.native import NativeLean
from prover.lean.native.project import find_theorem, lean_files, wanted_version
from prover.lean.open import open_lean
from prover.lean.protocol import BadSource, LeanError, LeanMissing, Solved
from tests.prover import native_stand_in as stand_in

BASIC = """import Init.Data.List.Lemmas
namespace P.Basic
/-- theorem not_this : 1 = 2 -/
theorem one (n : Nat) : n + 0 = n := by
  sorry
theorem two (p q : Prop) (h : p ∧ q) : q ∧ p := by
  sorry
end P.Basic
"""
MORE = """import Init.Data.List.Lemmas
theorem P.two : 2 + 2 = 4 := by
  sorry
theorem «odd name» : 1 = 1 := by sorry
"""


@pytest.fixture
def project(tmp_path) -> Path:
    root = tmp_path / "project"
    (root / "P").mkdir(parents=True)
    (root / ".lake/packages/other").mkdir(parents=True)
    (root / "lakefile.toml").write_text('name = "p"\n')
    (root / "lean-toolchain").write_text(f"leanprover/lean4:v{stand_in.VERSION}\n")
    (root / "P/Basic.lean").write_text(BASIC)
    (root / "P/More.lean").write_text(MORE)
    (root / "P/Latin.lean").write_bytes(b"theorem one : \xff = 1")
    (root / ".lake/packages/other/Other.lean").write_text("theorem one : 1 = 1 := rfl\n")
    return root


@pytest.fixture
def log(prepared, tmp_path, monkeypatch) -> Path:
    folder = tmp_path / "bin"
    stand_in.install(folder)
    monkeypatch.setenv("PATH", f"{folder}{os.pathsep}{os.environ['PATH']}")
    monkeypatch.setenv(stand_in.LOG, str(folder / "log"))
    return folder / "log"


def _state(root: Path) -> list[tuple[str, int, bytes]]:
    return sorted((str(f), f.stat().st_mtime_ns, f.read_bytes() if f.is_file() else b"") for f in root.rglob("*"))


def _prove(*arguments):
    command = [sys.executable, "-m", "logic.main", "prove", *map(str, arguments), "--quiet"]
    return subprocess.run(command, capture_output=True, text=True, stdin=subprocess.DEVNULL)


# Finding


def test_a_theorem_is_found_by_its_name_or_the_end_of_it(project):
    assert find_theorem(project, "P.Basic.one") == (project / "P/Basic.lean", "P.Basic.one")
    assert find_theorem(project, "one") == (project / "P/Basic.lean", "P.Basic.one")
    assert find_theorem(project, "P.two") == (project / "P/More.lean", "P.two")
    assert find_theorem(project, "odd name")[1] == "«odd name»"
    assert [f.name for f in lean_files(project)] == ["Basic.lean", "Latin.lean", "More.lean"]


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("two", r"several theorems two in .*: P\.Basic\.two in P/Basic\.lean, P\.two in P/More\.lean"),
        ("P.Basic.ones", r"no theorem P\.Basic\.ones in the Lean files of"),
        ("P.Basik.one", r"there are P\.Basic\.one\."),
        ("not_this", "no theorem not_this"),
    ],
)
def test_a_name_of_none_or_of_several_is_said(project, name, words):
    with pytest.raises(BadSource, match=words):
        find_theorem(project, name)
    with pytest.raises(BadSource, match="no folder"):
        find_theorem(project / "nowhere", name)


# Proving in place


def test_a_theorem_is_proved_in_place_and_nothing_is_written_unasked(log, project):
    before = _state(project)
    done = _prove("--project", project, "--theorem", "P.Basic.two", "--seconds", 30)
    assert done.returncode == 0, done.stderr
    assert "✓ P.Basic.two" in done.stderr
    assert f"--- {project}/P/Basic.lean" in done.stdout
    assert _state(project) == before
    assert any(line.startswith("lake env lean --server") for line in log.read_text().splitlines())


def test_the_proof_is_put_into_the_file_when_asked(log, project):
    done = _prove("--project", project, "--theorem", "P.two", "--write", "--seconds", 30)
    assert done.returncode == 0, done.stderr
    text = (project / "P/More.lean").read_text()
    assert text.count("sorry") == 1 and text.endswith("theorem «odd name» : 1 = 1 := by sorry\n")
    assert (project / "P/Basic.lean").read_text() == BASIC


def test_without_a_lake_the_embedded_lean_proves_it(prepared, project):
    done = _prove("--project", project, "--theorem", "P.Basic.one", "--seconds", 30)
    assert (done.returncode, "✓ P.Basic.one" in done.stderr) == (0, True)


@pytest.mark.parametrize(
    ("name", "words"),
    [("nobody", "There is no theorem nobody"), ("two", "several"), ("done", "it has a proof without a `sorry`")],
)
def test_the_command_says_what_is_wrong(prepared, project, name, words):
    (project / "P/Done.lean").write_text("theorem P.done : 1 = 1 := rfl\ntheorem P.other : 1 = 1 := by sorry\n")
    done = _prove("--project", project, "--theorem", name)
    assert done.returncode == 2
    assert words in done.stderr and "Traceback" not in done.stderr


# The environment and the toolchain


def test_theorems_of_files_with_the_same_imports_share_an_environment(log, project):
    with open_lean("auto", project=project) as lean:
        assert lean.info.backend == "native"
        for path in (project / "P/Basic.lean", project / "P/More.lean"):
            opened = lean.open(path.read_text())
            for hole in opened.holes:
                [outcome] = lean.run(hole.state, ["simp_all"])
                assert isinstance(outcome, Solved)
    messages = log.read_text().split()
    assert messages.count("initialize") == 1
    assert messages.count("textDocument/didOpen") == 1


@pytest.mark.parametrize(
    ("text", "version"),
    [("leanprover/lean4:v4.9.0\n", "4.9.0"), ("leanprover/lean4:4.10.0-rc2", "4.10.0-rc2"), ("v4.11.0", "4.11.0"),
     ("leanprover/lean4:nightly-2024-01-01", None), ("stable", None), ("", None), (None, None)],
)  # fmt: skip
def test_the_release_that_a_project_wants(tmp_path, text, version):
    if text is not None:
        (tmp_path / "lean-toolchain").write_text(text)
    assert wanted_version(tmp_path) == version


def test_a_lean_that_is_not_the_project_s_is_not_used(log, project, monkeypatch):
    (project / "lean-toolchain").write_text("leanprover/lean4:v4.9.0\n")
    with pytest.raises(LeanMissing, match=r"wants Lean 4\.9\.0 .* is 4\.28\.0-pre .* elan"):
        NativeLean.start(project)
    monkeypatch.setenv("ELAN_TOOLCHAIN", "leanprover/lean4:v4.28.0-pre")
    with NativeLean.start(project) as lean:
        assert lean.info.version == stand_in.VERSION


def test_several_theorems_are_verified_together(log):
    statement = "theorem a (n : Nat) : n + 0 = n := by sorry\ntheorem b : 1 + 1 = 2 := by sorry\n"
    with NativeLean.start() as lean:
        answer = lean.verify(statement.replace("sorry", "simp"), statement, ["a", "b"])
        assert (answer.accepted, answer.theorem) == (True, "a, b")
        half = lean.verify(statement.replace("sorry", "simp", 1), statement, ["a", "b"])
        assert (half.accepted, "sorry" in half.reason) == (False, True)


@pytest.mark.parametrize("how", ["die", "cut", "malformed"])
def test_a_server_lost_in_a_project_leaves_it_as_it_was(log, project, how):
    (project / "P/Bad.lean").write_text(f"-- {stand_in.HOSTILE} {how}\ntheorem bad : 1 = 1 := by sorry\n")
    before = _state(project)
    with NativeLean.start(project) as lean:
        with pytest.raises(LeanError):
            lean.open((project / "P/Bad.lean").read_text())
        assert lean.open((project / "P/Basic.lean").read_text()).holes
    assert _state(project) == before
