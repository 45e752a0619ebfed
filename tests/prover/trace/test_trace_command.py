"""`entails trace` as a user meets it: files, folders, projects, going on, exit codes, Ctrl-C."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import psutil
import pytest

from prover.trace.sources import NothingToTrace, find

GOOD = "theorem one (a b : Nat) : a + b = b + a := by\n  have h := Nat.add_comm a b\n  exact h\n"
# 2^40 failures one after another: time, and next to no memory, whose limit a fast machine would reach first.
SLOW = 'macro "t0" : tactic => `(tactic| fail)\n' + "".join(
    f'macro "t{n + 1}" : tactic => `(tactic| first | t{n} | t{n})\n' for n in range(40)
) + "set_option maxHeartbeats 0 in\ntheorem slow : True := by t40\n"  # fmt: skip
ROOT = Path(__file__).parents[3]


def command(*arguments: str) -> list[str]:
    return [sys.executable, "-m", "logic.main", "trace", *arguments]


def entails(*arguments: str, cwd: Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        command(*arguments), capture_output=True, text=True, timeout=250, cwd=cwd,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
    )  # fmt: skip


def one_sentence(result: subprocess.CompletedProcess[str]) -> str:
    assert result.returncode == 2 and "Traceback" not in result.stderr, result
    [line] = result.stderr.strip().splitlines()
    assert line.startswith("entails: ")
    return line


@pytest.fixture(autouse=True)
def ready(prepared):
    """Lean is prepared before the first process asks for it."""


@pytest.fixture
def project(tmp_path):
    folder = tmp_path / "project"
    (folder / "My").mkdir(parents=True)
    (folder / ".lake" / "packages").mkdir(parents=True)
    (folder / ".lake" / "packages" / "Other.lean").write_text(GOOD)
    (folder / "lakefile.toml").write_text('name = "my"\n')
    (folder / "lakefile.lean").write_text("import Lake\n")
    (folder / "My" / "A.lean").write_text(GOOD)
    (folder / "My" / "B.lean").write_text("import My.A\ntheorem two : 1 + 2 = 2 + 1 := by\n  exact one 1 2\n")
    (folder / "My.lean").write_text("import Mathlib\n")
    (folder / "Bad.lean").write_bytes(b"\xff\xfe")
    return folder


def test_sources_of_a_file_a_folder_and_a_project(project, tmp_path):
    assert find(project).files == ("Bad.lean", "My.lean", "My/A.lean", "My/B.lean") and find(project).lake
    inside = find(project / "My" / "A.lean")
    assert (inside.root, inside.files) == (project.resolve(), ("My/A.lean",))
    assert inside.around == ("Bad.lean", "My.lean", "My/B.lean")
    (tmp_path / "Lone.lean").write_text(GOOD)
    lone = find(tmp_path / "Lone.lean")
    assert (lone.root, lone.files, lone.lake) == (tmp_path.resolve(), ("Lone.lean",), False)
    (tmp_path / "empty").mkdir()
    for path, reason in ((tmp_path / "none", "There is no file"), (tmp_path / "empty", "has no Lean file"),
                         (project / "lakefile.toml", "is no Lean file")):  # fmt: skip
        with pytest.raises(NothingToTrace, match=reason):
            find(path)


def test_a_project_is_traced_and_goes_on_where_it_was(project, tmp_path):
    arguments = ("project", "--out", "out", "--json", "--workers", "2")
    first = entails(*arguments, "--check", cwd=tmp_path)
    assert first.returncode == 0, first
    said = json.loads(first.stdout)
    assert (said["files"], said["earlier"], said["theorems"], said["steps"]) == (4, 0, 2, 3)
    assert said["checked"] == {"steps": 3, "repeated": 3} and 0 < said["worker_memory"] < 1 << 30
    assert "My.lean: not traced: The embedded Lean has no module Mathlib" in first.stderr
    assert "Bad.lean: not traced: it is no UTF-8 text" in first.stderr
    listed = json.loads((tmp_path / "out" / "not_traced.json").read_text())
    assert {n["file"] for n in listed} == {"My.lean", "Bad.lean"}
    rows = json.loads((tmp_path / "out" / "random" / "train.json").read_text())
    assert {(r["file_path"], r["url"]) for r in rows} == {(f"My/{f}.lean", str(project.resolve())) for f in "AB"}

    (project / "My" / "B.lean").write_text("import My.A\ntheorem three : 3 = 3 := by rfl\n")
    [kept] = [p for p in (tmp_path / "out" / "traced").iterdir() if "Mathlib" in p.read_text()]
    kept.write_text(kept.read_text()[:20])  # as a power failure may leave it
    second = json.loads(entails(*arguments, cwd=tmp_path).stdout)
    assert (second["earlier"], second["theorems"]) == (2, 2)
    (project / "My" / "A.lean").write_text(GOOD + "theorem four : 4 = 4 := by rfl\n")
    again = json.loads(entails(*arguments, cwd=tmp_path).stdout)
    assert (again["earlier"], again["theorems"]) == (2, 3)  # what imports it is traced anew, too
    third = json.loads(entails(*arguments, cwd=tmp_path).stdout)
    assert (third["earlier"], third["theorems"]) == (4, 3)


def test_a_file_of_a_project_finds_what_it_imports(project, tmp_path):
    from prover.trace.run import trace

    done = trace(find(project / "My" / "B.lean"), tmp_path / "out", workers=1)
    [file] = done.files
    assert (file.path, file.steps, [n for n, _ in file.needs]) == ("My/B.lean", 1, ["My/A.lean"])
    assert trace(find(project / "My" / "B.lean"), tmp_path / "out", workers=1).earlier == 1


def test_one_theorem_and_those_that_are_not_there(tmp_path):
    (tmp_path / "F.lean").write_text(GOOD + "theorem open_ : 1 = 1 := by sorry\n")
    assert one_sentence(entails("F.lean", "--out", "o", "--theorem", "ones", cwd=tmp_path)) == (
        "entails: There is no theorem ones (near: one)."
    )
    assert "was not traced: its proof uses sorry" in one_sentence(
        entails("F.lean", "--out", "o", "--theorem", "open_", cwd=tmp_path)
    )
    found = entails("F.lean", "--out", "o", "--theorem", "one", cwd=tmp_path)
    assert found.returncode == 0 and found.stdout == "1 theorems with 2 steps of 1 files (1 from an earlier run): o\n"


def test_a_file_that_takes_too_long_is_listed(tmp_path):
    (tmp_path / "F.lean").write_text(SLOW)
    result = entails("F.lean", "--out", "o", "--seconds", "2", cwd=tmp_path)
    assert result.returncode == 1 and "The source did not elaborate within 2 s" in result.stderr


def test_nothing_to_trace_is_an_exit_code(tmp_path):
    (tmp_path / "F.lean").write_text("def f := 1\n")
    result = entails("F.lean", "--out", "o", cwd=tmp_path)
    assert result.returncode == 1 and "0 theorems" in result.stdout and "Traceback" not in result.stderr


def test_bad_input_is_one_sentence(tmp_path):
    (tmp_path / "F.lean").write_text(GOOD)
    (tmp_path / "full").mkdir()
    (tmp_path / "full" / "letter.txt").write_text("mine")
    assert "There is no file" in one_sentence(entails("None.lean", "--out", "o", cwd=tmp_path))
    assert "holds something else" in one_sentence(entails("F.lean", "--out", "full", cwd=tmp_path))
    assert "is no folder" in one_sentence(entails("F.lean", "--out", "F.lean", cwd=tmp_path))
    assert [p.name for p in (tmp_path / "full").iterdir()] == ["letter.txt"]


def test_ctrl_c_ends_the_workers_and_the_run_goes_on(tmp_path):
    (tmp_path / "A.lean").write_text(GOOD)
    (tmp_path / "Z.lean").write_text(SLOW)
    process = subprocess.Popen(
        command(".", "--out", "o", "--workers", "1"), stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
        cwd=tmp_path, env={**os.environ, "PYTHONPATH": str(ROOT)},
    )  # fmt: skip
    deadline = time.monotonic() + 120
    while not list((tmp_path / "o").glob("traced/*.json")) and time.monotonic() < deadline:
        time.sleep(0.1)
    children = psutil.Process(process.pid).children(recursive=True)
    process.send_signal(signal.SIGINT)
    _, said = process.communicate(timeout=60)
    assert process.returncode == 130 and said.endswith("the same command goes on (o)\n") and "Traceback" not in said
    assert children and not psutil.wait_procs(children, timeout=20)[1]
    (tmp_path / "Z.lean").unlink()
    again = entails(".", "--out", "o", cwd=tmp_path)
    assert again.returncode == 0 and "(1 from an earlier run)" in again.stdout


def test_the_figures_of_a_folder(tmp_path):
    from prover.trace.bench import figures

    (tmp_path / "A.lean").write_text(GOOD + "theorem term : 1 = 1 := rfl\n")
    found = {f.what: f for f in figures(tmp_path)}
    assert found["theorems traced"].value == 2 and found["of these with tactics"].value == 1
    assert (found["steps run again that gave their states"].value, found["the same"].value) == (2, 100)
    assert found["steps run again that gave their states"].unit == "of 2"
    assert all(f.value > 0 for f in found.values() if f.what != "not traced, with a reason")
    assert [p.name for p in tmp_path.iterdir()] == ["A.lean"]


def test_the_repositorys_examples_elaborate_without_an_error(trace):
    from prover.trace.bench import EXAMPLES

    # The whole is traced and run again by `entails bench trace`; here the file that has a form of each kind.
    traced = trace((EXAMPLES / "Forms.lean").read_bytes(), "Forms.lean")
    assert len(traced.theorems) > 50 and traced.steps > 150 and not traced.skipped
    assert all(n.tactic and n.reason.startswith("inside ") for n in traced.not_traced)


def test_a_worker_that_hangs_or_breaks_costs_its_file_alone(tmp_path, monkeypatch):
    from prover.trace import run

    monkeypatch.setattr(run, "GRACE", 1.0)
    (tmp_path / "A.lean").write_text(GOOD)
    good = {"do": "trace", "path": "A.lean", "root": str(tmp_path), "needs": [], "seconds": 60.0}
    missing = {**good, "path": "none.lean"}
    os.mkfifo(tmp_path / "pipe")  # reading it never ends
    late = {**good, "path": "pipe"}
    answers = {a.number: a for a in run.answers([missing, late, good], 1, 14.0)}
    assert "FileNotFoundError" in answers[0].problem
    assert "did not answer within 15 s" in answers[1].problem
    assert answers[2].value["theorems"][0]["name"] == "one"
