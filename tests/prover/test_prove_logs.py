"""Logs of proof searches: what was tried on each hole, whichever stage tried it, as the search library reads it."""

from __future__ import annotations

import pytest

from prover.bench import log_name, run
from prover.data.rows import Row
from prover.prove import prove
from search import Stop
from search.log import read_logs
from search.replay import replay, rerun

TWO = "theorem one (p q : Prop) (h : p ∧ q) : q ∧ p := by sorry\n\ntheorem two (xs : List Nat) : xs ++ [] = xs\n"


def test_a_tree_search_is_logged_and_replays_without_lean(lean, tmp_path):
    path = tmp_path / "log.jsonl"
    result = prove(TWO, lean=lean, seconds=20, openings=False, log=path)
    assert result.proved
    logs = list(read_logs(path))
    assert [log.header["name"] for log in logs] == ["one", "two"]
    for log, hole in zip(logs, result.holes, strict=True):
        again = replay(log)
        assert again.solved and again.proof is not None
        assert [s.action for s in again.proof.steps] == [s.tactic for s in hole.steps]
        assert [s.text for s in again.proof.steps] == [s.state for s in hole.steps]
        # The same strategy on the recorded answers does the same.
        assert rerun(log).graph.actions == again.graph.actions
    details = logs[0].header["root"]["details"]
    assert details[0]["target"] == "q ∧ p" and details[0]["head"] == "And"
    assert {h["name"]: h["is_prop"] for h in details[0]["hypotheses"]} == {"p": False, "q": False, "h": True}


def test_one_liners_are_logged_as_a_search_of_one_expansion(lean, tmp_path):
    path = tmp_path / "log.jsonl"
    result = prove("theorem t (a b : Nat) : a + b = b + a", lean=lean, log=path)
    [log] = read_logs(path)
    again = replay(log)
    assert log.header["strategy"] == "openings" and again.stop is Stop.PROVED
    assert [s.action for s in again.proof.steps] == [result.holes[0].proof]
    assert result.holes[0].statistics.tried == again.statistics.checks


def test_unsolved_openings_leave_the_theorem_open_and_the_tree_follows(lean, tmp_path):
    path = tmp_path / "log.jsonl"
    result = prove("theorem t (p : Nat → Prop) (h : p 1) : p 2", lean=lean, seconds=3, log=path)
    assert not result.proved
    openings, *trees = read_logs(path)
    assert replay(openings).graph.status[0] == 0 and replay(openings).statistics.checks > 5
    assert trees and all(log.header["strategy"] == "multi-perspective" for log in trees)
    assert result.holes[0].statistics.expansions == sum(len(log.expansions) for log in trees)


def test_a_log_that_cannot_be_written_is_said_before_any_work(lean, tmp_path):
    with pytest.raises(FileNotFoundError):
        prove(TWO, lean=lean, log=tmp_path / "none" / "log.jsonl")


def test_a_run_logs_each_theorem_to_its_own_file(prepared, tmp_path):
    rows = [Row("A.one'", "theorem A.one' (p q : Prop) (h : p ∧ q) : q ∧ p"), Row("f", "theorem f : 1 = 2")]
    logs = tmp_path / "logs"
    run(rows, tmp_path / "out.jsonl", seconds=10, checks=40, openings=False, logs=logs)
    assert sorted(p.name for p in logs.iterdir()) == sorted(log_name(row.name) for row in rows)
    [log] = read_logs(logs / log_name("A.one'"))
    assert log.header["name"] == "A.one'" and replay(log).solved
    assert all(replay(log).statistics.checks <= 40 for log in read_logs(logs / log_name("f")))
