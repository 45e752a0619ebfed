"""The figures' script runs, and what it prints agrees with itself; no figure is asserted."""

from __future__ import annotations

import re

import pytest

pytest.importorskip("torch")
pytest.importorskip("transformers")

from prover.models.bench import TABLES, main


def test_every_table_is_printed(llama, capsys):
    main(["--model", str(llama), "--tokens", "4", "--repeats", "1"])
    out = capsys.readouterr().out
    assert out.count(" tokens/s ") == 3
    differences = [float(value) for value in re.findall(r"largest difference (\S+)", out)]
    assert len(differences) == 3
    assert max(differences) < 1e-3
    # The FP32 mode changes nothing with the batch, whatever BF16 does.
    assert re.search(r"BF16 weights, FP32 computation\s+0$", out, re.MULTILINE)


@pytest.mark.parametrize("name", TABLES)
def test_one_table_can_be_asked_for(llama, capsys, name):
    main(["--model", str(llama), "--tokens", "2", "--repeats", "1", "--only", name])
    assert len(capsys.readouterr().out.strip().split("\n\n")) == 2
