"""Strategies compared on puzzles: the table says what the trials say, and a killed run goes on."""

from __future__ import annotations

import math
import random
from dataclasses import replace

import pytest

import search
from search import Budget, LogError
from search.ablation import Trial, compare, configurations, markdown, read_trials, run_trials
from search.strategies import STRATEGIES
from search.strategies.multi_perspective import WEIGHTS
from search.toy import GOAL, Board, Sliding, move


def problems(count: int, checks: int = 600):
    puzzle = Sliding()
    made = {}
    for seed in range(count):
        board, rng = GOAL, random.Random(seed)
        for _ in range(25):
            board = move(board, rng.choice(["left", "right", "up", "down"])) or board

        def problem(strategy, board=board):
            return search.Search(
                Board(board),
                generator=puzzle,
                checker=puzzle,
                critic=puzzle,
                strategy=strategy,
                budget=Budget(checks=checks),
            )

        made[f"board {seed}"] = problem
    return made


def test_every_strategy_and_every_perspective_left_out_is_a_configuration():
    names = list(configurations())
    assert names == [*STRATEGIES, *(f"multi-perspective without {name}" for name in WEIGHTS)]


def test_the_critic_shows_in_the_table_as_what_it_is_worth(tmp_path):
    trials = run_trials(problems(30, checks=60), out=tmp_path / "trials.jsonl")
    assert len(trials) == 30 * len(configurations())
    rows = {row.configuration: row for row in compare(trials)}
    full, blind = rows["multi-perspective"], rows["best-first"]
    assert full.proved_difference.low == full.proved_difference.high == 0
    assert blind.proved_difference.high < 0
    assert rows["multi-perspective without critic"].proved.mean < full.proved.mean
    for name, row in rows.items():
        proved = [trial.proved for trial in trials if trial.configuration == name]
        assert row.proved.mean == pytest.approx(sum(proved) / len(proved))
        assert row.proved.low <= row.proved.mean <= row.proved.high
    assert read_trials(tmp_path / "trials.jsonl") == trials
    table = markdown(list(rows.values()))
    assert table.count("\n") == len(rows) + 2 and "| best-first |" in table


def test_a_killed_run_goes_on_where_it_stopped(tmp_path):
    path = tmp_path / "trials.jsonl"
    chosen = {name: configurations()[name] for name in ("best-first", "a-star")}
    whole = run_trials(problems(4), chosen, path)
    lines = path.read_text().splitlines(keepends=True)
    path.write_text("".join(lines[:3]) + lines[3][:25])
    ran = []
    again = run_trials(problems(4), chosen, path, on_trial=ran.append)
    assert len(ran) == 5
    assert [replace(trial, seconds=0.0) for trial in again] == [replace(trial, seconds=0.0) for trial in whole]
    assert read_trials(path) == again


def test_a_file_that_holds_something_else_is_refused(tmp_path):
    path = tmp_path / "notes.jsonl"
    path.write_text('{"configuration": "a"}\n')
    with pytest.raises(LogError, match="line 1"):
        run_trials(problems(1), None, path)


def trial(configuration: str, problem: int, steps: int | None) -> Trial:
    return Trial(configuration, f"p{problem}", steps is not None, steps, 10, 5, 0.1, "proved", {})


def test_differences_are_taken_problem_by_problem():
    # Hard problems have long proofs: only the pairing shows that "b" is one step shorter on each.
    trials = [trial("a", n, 10 * n + 2) for n in range(20)] + [trial("b", n, 10 * n + 1) for n in range(20)]
    _, b = compare(trials, baseline="a")
    assert (b.steps_difference.mean, b.steps_difference.low, b.steps_difference.high) == (-1, -1, -1)
    assert b.steps.high - b.steps.low > 30


def test_the_interval_of_a_share_is_that_of_the_binomial():
    trials = [trial("a", n, 3 if n % 4 == 0 else None) for n in range(400)]
    (row,) = compare(trials, baseline="a")
    spread = 1.96 * math.sqrt(0.25 * 0.75 / 400)
    assert row.proved.mean == 0.25
    assert row.proved.low == pytest.approx(0.25 - spread, abs=0.006)
    assert row.proved.high == pytest.approx(0.25 + spread, abs=0.006)


def test_only_problems_that_all_have_tried_count_and_nothing_to_compare_is_said():
    trials = [trial("a", n, None) for n in range(3)] + [trial("b", 0, 5)]
    rows = compare(trials, baseline="a")
    assert [row.problems for row in rows] == [1, 1] and rows[1].both == 0
    assert math.isnan(rows[1].steps_difference.mean) and "–" in markdown(rows)
    assert compare([]) == []
    disjoint = compare([trial("a", 0, 1), trial("b", 1, 1)], baseline="a")
    assert [row.problems for row in disjoint] == [0, 0]
