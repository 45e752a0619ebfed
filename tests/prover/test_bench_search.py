"""Strategies compared on theorems: over a Lean that remembers, with the trials that each would have had alone."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from prover.ablation import BadFolder, Comparison, run, trials_of
from prover.data.rows import Row
from prover.guidance import WEIGHTS
from prover.lean.memo import MemoLean
from prover.lean.protocol import Advanced, Limits, Solved, TimedOut
from prover.prove import prove
from search.ablation import configurations, read_trials

AND = Row("swap", "theorem swap (p q r : Prop) (h : p ∧ q ∧ r) : (r ∧ q) ∧ p")
LIST = Row("both", "theorem both (xs : List Nat) : xs ++ [] = xs ∧ (∀ n : Nat, 0 + n = n)")
FALSE = Row("wrong", "theorem wrong (f : Nat → Nat) : f 1 = f 2")
QUICK = Comparison(checks=60, seconds=60.0)


def test_a_lean_that_remembers_answers_as_the_lean_does(lean):
    memo = MemoLean(lean)
    source = "theorem t (p q : Prop) (h : p ∧ q) : q ∧ p := by sorry"
    opened = memo.open(source)
    assert memo.open(source) is opened
    root = opened.holes[0].state
    limits = Limits(4_000, 5.0)
    for _ in range(2):
        first, second, third = memo.run(root, ["constructor", "exact ⟨h.2, h.1⟩", "exact nothing"], limits)
        assert isinstance(first, Advanced) and isinstance(second, Solved) and "nothing" in third.message
        assert [goal.target for goal in memo.goals(first.state)] == ["q", "p"]
    assert memo.asked == 6 and memo.known == 3
    for part in first.state.split():  # states of one source that differ in their way only
        [outcome] = memo.run(part, ["simp_all"], limits)
        assert isinstance(outcome, Solved)
    assert memo.known == 3
    memo.forget()
    assert memo.open(source) is not opened


def test_what_was_stopped_is_tried_again_with_more_seconds_only():
    class Slow:
        """Needs two seconds, it says."""

        calls = 0

        def run(self, state, tactics, limits, explain=True):
            self.calls += 1
            return [TimedOut("stopped") if limits.seconds < 2 else Solved(())]

    class State:
        root, steps = "root", ()

    slow = Slow()
    memo = MemoLean(slow)
    for seconds, calls in ((1.0, 1), (1.0, 1), (0.5, 1), (1.5, 2), (3.0, 3), (0.1, 3)):
        [outcome] = memo.run(State(), ["decide"], Limits(4_000, seconds))
        assert slow.calls == calls
    assert isinstance(outcome, Solved)


def test_each_configuration_gets_the_search_it_would_have_had_alone(lean):
    names = list(configurations(WEIGHTS))
    for row in (AND, LIST, FALSE):
        values = trials_of(lean, row, {"comparison": {"checks": 60, "seconds": 60.0}, "configurations": names})
        assert [value["configuration"] for value in values] == names
        for value in values:
            assert value["proved"] == (row is not FALSE) and (value["steps"] is None) == (row is FALSE)
            assert value["checks"] <= 60 and sum(value["in_proof"].values()) == (value["steps"] or 0)
        alone = {"mcts": {"strategy": "mcts"}, "best-first": {"strategy": "best-first"}}
        for name, settings in alone.items():
            [hole] = prove(row.source(" := by sorry"), lean=lean, seconds=60, checks=60, openings=False, minimise=False,
                           limits=Limits(4_000, 12.0), **settings).holes  # fmt: skip
            found = next(value for value in values if value["configuration"] == name)
            assert (found["checks"], found["expansions"]) == (hole.statistics.tried, hole.statistics.expansions)
            assert found["steps"] == (len(hole.steps) or None)


def test_a_run_goes_on_and_refuses_other_settings(prepared, tmp_path):
    chosen = ["best-first", "a-star"]
    broken = Row("broken", "theorem broken : no_such_thing = 2")
    seen = []
    trials, problems = run([AND, broken], tmp_path, QUICK, chosen, on_trial=seen.append)
    assert [t.configuration for t in trials] == chosen and trials == seen and not problems
    path = tmp_path / "trials.jsonl"
    path.write_text(path.read_text() + '{"configuration": "a-')
    seen.clear()
    again, _ = run([AND, FALSE], tmp_path, QUICK, ["best-first"], on_trial=seen.append)
    assert [(t.configuration, t.problem) for t in seen] == [("best-first", "wrong")]
    assert {(t.configuration, t.problem) for t in again} == {("best-first", "swap"), ("best-first", "wrong")}
    assert len(read_trials(path)) == 3
    with pytest.raises(BadFolder, match="other settings"):
        run([AND], tmp_path, Comparison(checks=61, seconds=60.0))


def command(*arguments: str, cwd: Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "logic.main", "bench", "search", *arguments], capture_output=True, text=True, cwd=cwd,
        timeout=200, env={**os.environ, "PYTHONPATH": str(Path(__file__).parents[2])},
    )  # fmt: skip


def test_the_command_prints_the_table(prepared, tmp_path):
    (tmp_path / "rows.jsonl").write_text("".join(json.dumps(row.to_json()) + "\n" for row in (AND, FALSE)))
    arguments = ["rows.jsonl", "--out", "out", "--checks", "40", "--only", "best-first", "--only", "mcts", "-q"]
    done = command(*arguments, cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    assert "2 theorems, 40 checks each" in done.stdout and "0 proofs were refused" in done.stdout
    rows = [line for line in done.stdout.splitlines() if line.startswith("| ")]
    assert [row.split(" | ")[0] for row in rows[2:]] == ["| best-first", "| mcts"] and "50.0 % [0.0, 100.0]" in rows[2]
    assert command(*arguments, cwd=tmp_path).stdout == done.stdout


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (["none.jsonl"], "cannot be read"),
        (["empty.jsonl"], "no theorem"),
        (["rows.jsonl", "--only", "luck"], "luck"),
        (["rows.jsonl", "--baseline", "luck"], "luck"),
        (["rows.jsonl", "--critic", "none.npz"], "none.npz"),
        (["rows.jsonl", "--perspectives", "luck=1"], "luck"),
        (["rows.jsonl", "--perspectives", "novelty=1:5"], "quotas"),
    ],
)
def test_bad_input_is_one_sentence_and_exit_code_2(prepared, tmp_path, arguments, says):
    (tmp_path / "rows.jsonl").write_text(json.dumps(AND.to_json()) + "\n")
    (tmp_path / "empty.jsonl").write_text("")
    done = command(*arguments, "--out", "out", cwd=tmp_path)
    [line] = done.stderr.strip().splitlines()
    assert done.returncode == 2 and line.startswith("entails: ") and says in line
    assert not (tmp_path / "out").exists()
