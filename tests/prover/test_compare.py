"""Two runs side by side: intervals, the paired test, and the command that prints them."""

from __future__ import annotations

import json
import math
from dataclasses import asdict

import pytest
from hypothesis import given
from hypothesis import strategies as st

from logic.main import COMMANDS
from prover.bench import BenchResult
from prover.cli.lazy import run
from prover.compare import compare, mcnemar, wilson
from prover.data.rows import Row, sampled


def results(proved: str, seconds: float = 1.0) -> dict[str, BenchResult]:
    """One theorem for each character; "1" is a proved one."""
    return {f"t{i}": BenchResult(f"t{i}", c == "1", seconds=seconds) for i, c in enumerate(proved)}


def test_wilson_s_interval_is_the_one_of_the_tables():
    share = wilson(7, 60)
    assert (share.low, share.high) == (pytest.approx(0.0577, abs=1e-4), pytest.approx(0.2218, abs=1e-4))
    assert wilson(0, 10).low == 0.0 and wilson(10, 10).high == 1.0
    assert wilson(0, 0).low == 0.0 and wilson(0, 0).high == 1.0


@given(st.integers(0, 300), st.integers(0, 300))
def test_an_interval_holds_its_share(proved, rest):
    share = wilson(proved, proved + rest)
    assert 0 <= share.low <= (proved / (proved + rest) if proved + rest else 0) <= share.high <= 1


def test_mcnemar_s_p_value_is_that_of_a_fair_coin():
    assert mcnemar(0, 0) == 1.0
    assert mcnemar(0, 5) == pytest.approx(2 / 32)
    assert mcnemar(1, 9) == pytest.approx(2 * 11 / 1024)
    assert mcnemar(4, 4) == 1.0


def test_a_comparison_counts_pairs_and_brackets_the_ratio():
    found = compare(results("1111000000" * 10), results("1110111000" * 10))
    assert (found.a.proved, found.b.proved, found.both) == (40, 60, 30)
    assert len(found.only_a) == 10 and len(found.only_b) == 30
    assert found.only_a[0] == "t3"
    middle, low, high = found.difference
    assert middle == pytest.approx(0.2) and 0 < low < middle < high < 0.4
    middle, low, high = found.ratio
    assert middle == pytest.approx(1.5) and 1 < low < middle < high < 2.2
    assert found.p < 0.01
    assert compare(results("10"), results("01")) == compare(results("10"), results("01"))


def test_only_common_theorems_count_and_slow_proofs_can_be_left_out():
    a, b = results("110"), results("1111", seconds=9.0)
    assert compare(a, b).b.proved == 3
    assert compare(a, b, seconds=5.0).b.proved == 0
    assert compare(a, b, seconds=5.0).a.proved == 2


def test_a_run_that_proves_nothing_has_no_ratio():
    found = compare(results("000"), results("010"))
    assert math.isinf(found.ratio[0])
    assert math.isnan(compare(results("00"), results("00")).ratio[0])


def test_the_command_prints_both_shares_and_what_only_one_run_proves(tmp_path, capsys):
    a, b = tmp_path / "a.jsonl", tmp_path / "b.jsonl"
    for path, run_ in ((a, results("1100")), (b, results("0111"))):
        path.write_text("".join(json.dumps(asdict(r)) + "\n" for r in run_.values()))
    assert run(COMMANDS, ["bench", "compare", str(a), str(b), "--names"]) == 0
    said = capsys.readouterr().out
    assert "A  2 of 4, 50.0 %" in said and "B  3 of 4, 75.0 %" in said
    assert "both 1, only A 1, only B 2" in said and "only A: t0" in said and "only B: t3" in said
    assert run(COMMANDS, ["bench", "compare", str(a), str(b), "--json"]) == 0
    value = json.loads(capsys.readouterr().out)
    assert value["schema"] == 1 and value["only_a"] == ["t0"] and value["ratio"][0] == 1.5


def test_the_command_says_what_is_wrong_with_a_file(tmp_path, capsys):
    good, bad = tmp_path / "a.jsonl", tmp_path / "b.jsonl"
    good.write_text(json.dumps(asdict(BenchResult("t", True))) + "\n")
    bad.write_text("no results\n")
    other = tmp_path / "c.jsonl"
    other.write_text(json.dumps(asdict(BenchResult("u", True))) + "\n")
    for path, word in ((bad, "line 1"), (tmp_path / "none", "cannot be read"), (other, "in common")):
        assert run(COMMANDS, ["bench", "compare", str(good), str(path)]) == 2
        assert word in capsys.readouterr().err
    assert bad.read_text() == "no results\n"


def test_a_sample_is_the_same_for_the_same_seed():
    rows = [Row(str(i), f"theorem t{i} : True") for i in range(50)]
    assert sampled(rows, 10, 3) == sampled(rows, 10, 3) != sampled(rows, 10, 4)
    chosen = sampled(rows, 10, 3)
    assert len(chosen) == 10 and chosen == sorted(chosen, key=rows.index)
    assert sampled(rows, None, 3) == rows == sampled(rows, 99, 3)
