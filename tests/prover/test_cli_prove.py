"""`entails prove` and `entails verify` as a user meets them: inputs, outputs, exit codes, Ctrl-C."""

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

FILE = """namespace Foo
variable {α : Type u}
theorem one (xs : List α) : xs ++ [] = xs := by
  sorry

theorem two (p q : Prop) : p ∧ q → q ∧ p
end Foo
"""


def entails(*arguments: str, text: str | None = None, cwd: Path | None = None) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "logic.main", *arguments], input=text, capture_output=True, text=True, timeout=200,
        cwd=cwd, env={**os.environ, "PYTHONPATH": str(Path(__file__).parents[2])},
    )  # fmt: skip


def one_sentence(result: subprocess.CompletedProcess[str], code: int) -> str:
    assert result.returncode == code, result
    assert "Traceback" not in result.stderr
    [line] = result.stderr.strip().splitlines()
    assert line.startswith("entails: ")
    return line


@pytest.fixture(autouse=True)
def ready(prepared):
    """Lean is prepared before the first process asks for it."""


def test_a_theorem_is_proved_and_printed():
    result = entails("prove", "theorem t (a b : Nat) : a + b = b + a")
    assert result.returncode == 0
    assert result.stdout.startswith("theorem t (a b : Nat) : a + b = b + a := by ")
    assert "sorry" not in result.stdout


def test_a_file_gives_a_patch_that_applies(tmp_path):
    path = tmp_path / "F.lean"
    path.write_text(FILE)
    result = entails("prove", "F.lean", cwd=tmp_path)
    assert result.returncode == 0, result.stderr
    assert path.read_text() == FILE
    (tmp_path / "p.diff").write_text(result.stdout)
    subprocess.run(["patch", "-p0", "-i", "p.diff"], cwd=tmp_path, check=True, capture_output=True)
    assert "sorry" not in path.read_text()
    assert "two (p q : Prop) : p ∧ q → q ∧ p := by" in path.read_text()


def test_write_puts_proofs_in_place_and_keeps_the_rest(tmp_path):
    path = tmp_path / "F.lean"
    path.write_bytes(FILE.replace("\n", "\r\n").encode())
    path.chmod(0o640)
    result = entails("prove", str(path), "--write", "--theorem", "one")
    assert result.returncode == 0, result.stderr
    content = path.read_bytes().decode()
    assert content.count("\r\n") == content.count("\n")
    assert "sorry" not in content
    assert content.endswith("p ∧ q → q ∧ p\r\nend Foo\r\n")
    assert path.stat().st_mode & 0o777 == 0o640
    assert [p.name for p in tmp_path.iterdir()] == ["F.lean"]


def test_standard_input_and_json():
    result = entails(
        "prove", "-", "--json", "--seconds", "5", text="theorem t (n : Nat) : n ≤ n + 1\ntheorem f : 1 = 2\n"
    )
    assert result.returncode == 1
    data = json.loads(result.stdout)
    assert data["schema"] == 1
    assert [h["status"] for h in data["holes"]] == ["proved", "not proved"]
    assert data["proved"] is False


def test_a_false_theorem_is_not_proved():
    result = entails("prove", "theorem t : 1 = 2", "--seconds", "2")
    assert result.returncode == 1
    assert "not proved" in result.stderr
    assert result.stdout == ""


@pytest.mark.parametrize(
    ("content", "says"),
    [
        ("", "empty"),
        ("hello, this is not Lean\n", "does not elaborate"),
        ("theorem t : foo.bar = 1 := by sorry\n", "foo.bar"),
        ("theorem t : 1 = 1 := by omegaa\n", "unknown tactic"),
        ("import Mathlib.Tactic\ntheorem t : 1 = 1 := by sorry\n", "Mathlib.Tactic"),
        ("theorem t : " + "(" * 10_000 + "1 = 1" + ")" * 10_000 + "\n", ""),
        ('import Lean\nopen Lean Elab Tactic\nelab "go" : tactic => do\n  (← getMainGoal).assumption\n'
         "theorem t (p : Prop) (h : p) : p := by sorry\n", "native"),
    ],
    ids=["empty", "no Lean", "unknown name", "unknown tactic", "unknown import", "10,000 brackets", "elab"],
)  # fmt: skip
def test_bad_files_get_one_sentence_and_exit_code_2(tmp_path, content, says):
    path = tmp_path / "Bad.lean"
    path.write_text(content)
    assert says in one_sentence(entails("prove", str(path), "--write"), 2)
    assert path.read_text() == content


def test_ten_megabytes_of_garbage_and_bytes_that_are_no_text(tmp_path):
    path = tmp_path / "Bad.lean"
    path.write_text("garbage " * 1_300_000)
    assert "larger" in one_sentence(entails("prove", str(path)), 2)
    path.write_bytes(os.urandom(10_000))
    assert "UTF-8" in one_sentence(entails("prove", str(path)), 2)
    path.write_bytes(b"theorem t : 1 = 1\0")
    assert "NUL" in one_sentence(entails("prove", str(path)), 2)


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (["nothing-here.lean"], "no file"),
        (["theorem t : 1 = 1", "--theorem", "u"], "'u'"),
        (["theorem t : 1 = 1", "--write"], "file"),
        (["theorem t : 1 = 1", "--generator", "oracle"], "oracle"),
        (["theorem t : 1 = 1", "--strategy", "luck"], "luck"),
        (["theorem t : 1 = 1", "--lean", "coq"], "coq"),
    ],
)
def test_bad_arguments_get_one_sentence(arguments, says):
    assert says in one_sentence(entails("prove", *arguments), 2)


def test_a_lean_that_is_not_there_is_exit_code_3(monkeypatch, tmp_path):
    monkeypatch.setenv("PATH", str(tmp_path))
    assert "native" in one_sentence(entails("prove", "theorem t : 1 = 1", "--lean", "native"), 3).lower()


def test_control_c_stops_at_once_reports_and_leaves_no_process(tmp_path):
    path = tmp_path / "F.lean"
    hard = "theorem hard (n : Nat) (h : 2 < n) : ∀ a b c : Nat, 0 < a → 0 < b → a ^ n + b ^ n ≠ c ^ n\n"
    path.write_text("theorem easy (n : Nat) : n ≤ n + 1\n" + hard)
    process = subprocess.Popen(
        [sys.executable, "-m", "logic.main", "prove", str(path), "--workers", "2", "--seconds", "300"],
        stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, start_new_session=True,
    )  # fmt: skip
    deadline = time.monotonic() + 100
    while len(psutil.Process(process.pid).children()) < 2 and time.monotonic() < deadline:
        time.sleep(0.05)
    children = psutil.Process(process.pid).children(recursive=True)
    assert len(children) >= 2
    time.sleep(12)
    os.killpg(process.pid, signal.SIGINT)
    _, errors = process.communicate(timeout=30)
    assert process.returncode == 130
    assert "easy" in errors
    assert "interrupted" in errors
    assert "Traceback" not in errors
    assert psutil.wait_procs(children, timeout=10)[1] == []


def test_verify_accepts_refuses_and_complains(tmp_path):
    proof, statement = tmp_path / "Proof.lean", tmp_path / "Statement.lean"
    statement.write_text("theorem t : 1 + 1 = 2 := by sorry\n")
    proof.write_text("theorem t : 1 + 1 = 2 := rfl\n")
    accepted = entails("verify", str(proof), "--statement", str(statement), "--json")
    assert accepted.returncode == 0
    assert json.loads(accepted.stdout)["accepted"] is True
    proof.write_text("axiom a : 1 + 1 = 2\ntheorem t : 1 + 1 = 2 := a\n")
    refused = entails("verify", str(proof), "--statement", str(statement))
    assert refused.returncode == 1
    assert "axiom" in refused.stderr
    assert "no theorem u" in one_sentence(
        entails("verify", str(proof), "--statement", str(statement), "--theorem", "u"), 2
    )
    assert "no file" in one_sentence(entails("verify", "gone.lean", "--statement", str(statement)), 2)


def test_help_lists_the_commands_without_loading_them():
    result = entails("--help")
    assert result.returncode == 0
    assert "prove" in result.stdout and "ask" in result.stdout
    loaded = subprocess.run(
        [sys.executable, "-c", "import sys, logic.main; print(sorted(m for m in sys.modules if m in "
         "('typer', 'rich', 'wasmtime', 'z3', 'torch', 'numpy', 'pydantic')))"],
        capture_output=True, text=True, check=True, cwd=Path(__file__).parents[2],
    )  # fmt: skip
    assert loaded.stdout.strip() == "[]"
