"""The bench runs and reports on what it says it does; its figures are nobody's business here."""

from __future__ import annotations

import re

import pytest

from search import STRATEGIES
from search.bench import main


def test_the_bench_prints_each_table_with_all_its_rows(capsys):
    main(["--nodes", "2000", "--expansions", "60"])
    shown = capsys.readouterr().out
    for strategy in STRATEGIES:
        assert len(re.findall(rf"^\| {strategy} \| \d+ \| \d \| [\d,]+ \|", shown, re.M)) == 3
    sizes = [int(row.replace(",", "")) for row in re.findall(r"^\| ([\d,]+) \| [\d.]+ \| \d+ \|$", shown, re.M)]
    assert len(sizes) >= 20 and sizes[9] == 2001
    assert "2,000 states" in shown


@pytest.mark.parametrize("wrong", [["--nodes", "1"], ["--expansions", "0"], ["--nodes", "many"]])
def test_impossible_sizes_are_refused(wrong, capsys):
    with pytest.raises(SystemExit) as stop:
        main(wrong)
    assert stop.value.code == 2
