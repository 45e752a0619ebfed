"""Runs over many theorems: results on disk at once, resumed after a kill, workers that die or hang are replaced."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import threading
import time
from dataclasses import asdict

import psutil
import pytest

from prover import crew
from prover.bench import BadResults, BenchResult, Summary, resume, run
from prover.data.rows import Row

EASY = Row("easy", "theorem easy (a b : Nat) : a + b = b + a")
FALSE = Row("false", "theorem false : 1 = 2")
# Its search goes on for minutes.
HARD = Row("hard", "theorem hard (n : Nat) (h : 2 < n) : ∀ a b c : Nat, 0 < a → 0 < b → a ^ n + b ^ n ≠ c ^ n")
BROKEN = Row("broken", "theorem broken : no_such_thing = 2")
EARLY = Row("early", "theorem early (p q : Prop) (h : p ∧ q) : q", imports=("Init.Core",))


def lines(path) -> list[dict]:
    return [json.loads(line) for line in path.read_text().splitlines()]


def children() -> set[int]:
    """Workers of this process."""
    return {
        p.pid for p in psutil.Process().children(recursive=True)
        if p.status() != psutil.STATUS_ZOMBIE and p.cmdline()[1:3] == ["-m", "prover.crew"]
    }  # fmt: skip


def test_each_row_has_a_result_and_proofs_are_whole_sources(prepared, lean, tmp_path):
    out = tmp_path / "out.jsonl"
    seen: list[BenchResult] = []
    summary = run([EASY, FALSE, BROKEN, EARLY], out, seconds=12, workers=2, on_result=seen.append)
    assert (summary.total, summary.proved, summary.earlier) == (4, 2, 0)
    results = {r["name"]: r for r in lines(out)}
    assert {name: r["proved"] for name, r in results.items()} == {
        "easy": True, "false": False, "broken": False, "early": True,
    }  # fmt: skip
    assert len(seen) == 4
    for row in (EASY, EARLY):
        proof = results[row.name]["proof"]
        assert proof.startswith(row.header) and lean.verify(proof, row.source(" := by sorry"), row.name).accepted
    assert results["false"]["proof"] == "" and results["false"]["reason"]
    assert "no_such_thing" in results["broken"]["reason"]


def test_a_second_run_does_only_what_is_missing(prepared, tmp_path):
    out = tmp_path / "out.jsonl"
    earlier = BenchResult("easy", True, "the proof of an earlier run")
    out.write_text(json.dumps(asdict(earlier)) + "\n" + '{"name": "fal')
    summary = run([EASY, FALSE], out, seconds=1)
    assert summary.earlier == 1 and summary.proved == 1
    assert [r["name"] for r in lines(out)] == ["easy", "false"]
    assert lines(out)[0]["proof"] == "the proof of an earlier run"


def test_a_file_of_something_else_is_left_alone(tmp_path):
    out = tmp_path / "notes.txt"
    out.write_text("my notes\nmore notes")
    with pytest.raises(BadResults, match="line 1"):
        resume(out)
    assert out.read_text() == "my notes\nmore notes"


def test_a_worker_that_dies_costs_its_theorem_only(prepared, tmp_path, monkeypatch):
    monkeypatch.setattr(crew, "GRACE", 60.0)
    out = tmp_path / "out.jsonl"
    before = children()
    killed = []

    def kill_the_first() -> None:
        while not (mine := children() - before):
            time.sleep(0.1)
        time.sleep(2.0)
        for pid in mine:
            os.kill(pid, signal.SIGKILL)
            killed.append(pid)

    thread = threading.Thread(target=kill_the_first)
    thread.start()
    summary = run([HARD, EASY], out, seconds=30)
    thread.join()
    assert killed and summary.proved == 1
    assert "died" in lines(out)[0]["reason"] and lines(out)[1]["proved"]
    assert not children() - before


def test_a_worker_that_hangs_is_replaced(prepared, tmp_path, monkeypatch):
    monkeypatch.setattr(crew, "GRACE", -28.0)  # answers are waited for 2 s
    out = tmp_path / "out.jsonl"
    before = children()
    summary = run([HARD], out, seconds=30)
    assert summary.proved == 0 and "did not answer within 2 s" in lines(out)[0]["reason"]
    assert not children() - before


def test_workers_end_with_a_killed_parent(prepared, tmp_path):
    out, rows = tmp_path / "out.jsonl", tmp_path / "rows.jsonl"
    rows.write_text(json.dumps(EASY.to_json()) + "\n" + json.dumps(HARD.to_json()) + "\n")
    before = children()
    parent = subprocess.Popen(
        [sys.executable, "-m", "logic.main", "bench", "prove", str(rows), "--seconds", "60", "--out", str(out)],
        stdout=subprocess.PIPE, stderr=subprocess.DEVNULL,
    )  # fmt: skip
    try:
        deadline = time.monotonic() + 60
        while not (out.exists() and out.read_text().count("\n") == 1) and time.monotonic() < deadline:
            time.sleep(0.1)
    finally:
        parent.kill()
        parent.communicate()
    assert [r["name"] for r in lines(out)] == ["easy"]
    deadline = time.monotonic() + 10
    while children() - before and time.monotonic() < deadline:
        time.sleep(0.1)
    assert not children() - before


def test_the_command_says_what_is_wrong_with_its_input(tmp_path):
    def command(*arguments: str) -> subprocess.CompletedProcess:
        return subprocess.run(
            [sys.executable, "-m", "logic.main", "bench", "prove", *arguments],
            capture_output=True, text=True, check=False,
        )  # fmt: skip

    out = str(tmp_path / "out.jsonl")
    missing = command(str(tmp_path / "none.jsonl"), "--out", out)
    bad = tmp_path / "bad.jsonl"
    bad.write_text('{"name": "x"}\n')
    wrong = command(str(bad), "--out", out)
    empty = tmp_path / "empty.jsonl"
    empty.write_text("")
    nothing = command(str(empty), "--out", out)
    unknown = command(str(bad), "--out", out, "--strategy", "nonsense")
    for done, word in ((missing, "cannot be read"), (wrong, "line 1"), (nothing, "no theorem"), (unknown, "nonsense")):
        assert done.returncode == 2 and word in done.stderr and "Traceback" not in done.stderr


def test_the_summary_counts():
    assert str(Summary(60, 45, 10, 12.3)) == "45 of 60 proved, 75.0 % (10 from an earlier run), in 12 s"
