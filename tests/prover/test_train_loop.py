"""Expert iteration: what a round reports, runs that are killed in each phase and go on, folders of other runs."""

from __future__ import annotations

import json
import signal
import subprocess
import sys

import pytest

from prover.data.rows import Row, write_rows
from prover.models.errors import BadRequest
from prover.policy.collect import read
from prover.policy.model import load
from prover.policy.train import train
from prover.train.learners import PolicyLearner
from prover.train.loop import LoopSettings, Proof, entropy, run

ROWS = [Row("easy", "theorem easy (a b : Nat) : a + b = b + a"), Row("false", "theorem false : 1 = 2")]
SETTINGS = LoopSettings(rounds=2, seconds=0.2)

# The run of the tests below in a process of its own, which kills itself at one place.
KILLED = """
import os, signal, sys
from pathlib import Path
from prover.data.rows import read_rows
from prover.policy import train as policy_train
from prover.policy.model import Policy
from prover.train import loop
from prover.train.learners import PolicyLearner

where, rows, out = sys.argv[1:]
end = lambda *_: os.kill(os.getpid(), signal.SIGKILL)
count = 0
def on_proof(number, proof):
    global count
    count += 1
    if where == "prove" and count == 1 or where == "second round" and count == 3:
        with next(Path(out).glob(f"round-{number}/tables.jsonl")).open("a") as file:
            file.write('{"name": "cut of')
        end()
if where == "learn":
    os_replace = Path.replace
    Path.replace = lambda self, target: end() if target.name.startswith("weights") else os_replace(self, target)
if where == "report":
    loop._report = end
settings = loop.LoopSettings(rounds=2, seconds=0.2)
loop.run(list(read_rows(Path(rows))), Path(out), PolicyLearner(settings), settings, on_proof)
"""


@pytest.mark.parametrize("where", ["prove", "learn", "report", "second round"])
def test_a_run_killed_anywhere_goes_on_and_loses_nothing(prepared, tmp_path, where):
    write_rows(tmp_path / "rows.jsonl", ROWS)
    out = tmp_path / "run"
    killed = subprocess.run([sys.executable, "-c", KILLED, where, tmp_path / "rows.jsonl", out], timeout=200)
    assert killed.returncode == -signal.SIGKILL
    before = {path: [r["name"] for r in whole(path)] for path in out.glob("round-*/tables.jsonl")}
    assert before
    again: list[str] = []
    reports = run(ROWS, out, PolicyLearner(SETTINGS), SETTINGS, lambda number, proof: again.append(proof.name))
    assert [(r.round, r.theorems) for r in reports] == [(1, 2), (2, 2)]
    assert len(again) == 4 - sum(map(len, before.values()))
    for path in out.glob("round-*/tables.jsonl"):
        names = [record["name"] for record in read(path)]
        assert sorted(names) == ["easy", "false"]
        assert names[: len(before.get(path, []))] == before.get(path, [])
    train([out / f"round-{n}" / "tables.jsonl" for n in (1, 2)], tmp_path / "w.npz", seed=0)
    assert (load(tmp_path / "w.npz").weights == load(out / "round-2" / "weights.npz").weights).all()


def whole(path) -> list[dict]:
    return [json.loads(line) for line in path.read_text().splitlines() if line.endswith("}")]


def test_a_round_reports_what_was_proved_and_how(prepared, tmp_path):
    settings = LoopSettings(rounds=1, seconds=0.4)
    [report] = run(ROWS, tmp_path / "run", PolicyLearner(settings), settings)
    assert report.proved == report.new == 1
    proofs = {r["name"]: r["proof"] for r in read(tmp_path / "run" / "round-1" / "tables.jsonl")}
    assert proofs["false"] == "" and sum(map(bool, proofs.values())) == report.proved
    assert report.length >= 1 and report.entropy >= 0
    assert 0 < report.interval[0] < 0.5 < report.interval[1] < 1 and "to" in str(report)
    assert json.loads((tmp_path / "run" / "round-1" / "report.json").read_text()) == report.to_dict()
    [same] = run(ROWS, tmp_path / "run", PolicyLearner(settings), settings)
    assert same == report


def test_entropy_is_shannons():
    assert entropy([1, 1]) == 1.0 and entropy([5]) == 0.0 and entropy([]) == 0.0
    assert entropy([1, 1, 2]) == pytest.approx(1.5)


class Untouched:
    """A learner that must not be asked."""

    def prove(self, *_: object) -> list[Proof]:
        raise AssertionError

    def learn(self, *_: object) -> str:
        raise AssertionError


@pytest.mark.parametrize("rows, settings, said", [
    ([], SETTINGS, "no theorems"), (ROWS, LoopSettings(rounds=0), "at least 1"),
    (ROWS, LoopSettings(sample=0), "at least 1"), (ROWS, LoopSettings(seconds=-1), "must be positive"),
])  # fmt: skip
def test_settings_that_make_no_sense_are_one_sentence(tmp_path, rows, settings, said):
    with pytest.raises(BadRequest, match=said):
        run(rows, tmp_path / "run", Untouched(), settings)
    assert not (tmp_path / "run").exists()


def test_a_folder_of_something_else_is_left_alone(tmp_path):
    (tmp_path / "letter.txt").write_text("dear")
    with pytest.raises(BadRequest, match="not empty and holds no run"):
        run(ROWS, tmp_path, Untouched(), SETTINGS)
    (tmp_path / "run.json").write_text("{")
    with pytest.raises(BadRequest, match=r"run\.json is damaged"):
        run(ROWS, tmp_path, Untouched(), SETTINGS)
    (tmp_path / "run.json").write_text(json.dumps({"seconds": 9.0}))
    with pytest.raises(BadRequest, match=r"cannot go on with another .*seconds"):
        run(ROWS, tmp_path, Untouched(), SETTINGS)
    assert sorted(p.name for p in tmp_path.iterdir()) == ["letter.txt", "run.json"]


def test_the_command_says_what_is_wrong_in_one_sentence(tmp_path):
    def entails(*arguments: object) -> subprocess.CompletedProcess:
        command = [sys.executable, "-m", "logic.main", "train", *map(str, arguments)]
        return subprocess.run(command, capture_output=True, text=True, timeout=100)

    for arguments, said in (
        (("loop", tmp_path / "none.jsonl", "--out", tmp_path / "a"), "none.jsonl cannot be used"),
        (("policy", tmp_path / "none.jsonl", "--out", tmp_path / "w.npz"), "cannot be read"),
    ):
        done = entails(*arguments)
        assert done.returncode == 2 and said in done.stderr
        assert done.stderr.count("\n") == 1
