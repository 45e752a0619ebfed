"""`entails train tactic`, and the model beside the portfolio in `entails prove --model`."""

from __future__ import annotations

import json

import pytest

from logic.main import COMMANDS
from prover.cli.lazy import run
from prover.cli.with_model import say, with_model
from prover.generators.neural import Mixture
from prover.generators.portfolio import Portfolio
from prover.generators.protocol import Position
from prover.lean.state import Goal

POSITION = Position((Goal("⊢ a", "a"),))


def test_without_the_model_the_portfolio_goes_on_and_it_is_said(capsys):
    generator, tactics = with_model("nobody/nothing", "portfolio", seed=0, samples=2)
    said = capsys.readouterr().err.splitlines()
    assert isinstance(generator, Portfolio)
    assert tactics is None
    assert said[0].startswith("entails: The checkpoint nobody/nothing is not on this machine")
    assert said[1] == "entails: going on with the portfolio alone."
    assert len(said) == 2


def test_a_specification_that_is_no_model_is_said(capsys):
    generator, _ = with_model("what is this", "portfolio", seed=0, samples=2)
    assert isinstance(generator, Portfolio)
    assert "'what is this' is no model" in capsys.readouterr().err


def test_the_models_tactics_join_the_portfolios_and_its_troubles_are_said(llama, monkeypatch, tmp_path, capsys):
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    generator, tactics = with_model(str(llama), "portfolio", seed=0, samples=4)
    assert isinstance(generator, Mixture)
    [found] = generator.propose([POSITION])
    [again] = generator.propose([POSITION])
    assert found == again
    assert {c.action for c in Portfolio().propose([POSITION])[0]} <= {c.action for c in found}
    say(tactics)
    said = capsys.readouterr().err
    assert "model: 1 states asked, 1 from the cache" in said
    # A checkpoint without a chat template, asked in the chat format: the user hears of it.
    assert "model, 2 times: This checkpoint has no chat template" in said


def test_training_from_the_command_line(llama, tmp_path, capsys):
    pytest.importorskip("accelerate")
    data, out = tmp_path / "pairs.jsonl", tmp_path / "run"
    pairs = [{"state": f"⊢ {name}", "tactic": "simp"} for name in "abc"]
    data.write_text("\n".join(map(json.dumps, pairs)))
    command = ["train", "tactic", str(data), "--base", str(llama), "--out", str(out)]
    assert run(COMMANDS, [*command, "--steps", "3", "--batch-size", "2", "--validation", str(data), "--json"]) == 0
    result = json.loads(capsys.readouterr().out)
    assert result["finished"]
    assert result["steps"] == 3
    assert result["validation_loss"] > 0
    assert (out / "model" / "config.json").exists()

    assert run(COMMANDS, command) == 2
    assert "holds checkpoints of an earlier run" in capsys.readouterr().err
    assert run(COMMANDS, [*command, "--steps", "4", "--batch-size", "2", "--resume"]) == 2
    assert "cannot be resumed with another steps" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("lines", "base", "code", "said"),
    [
        ("", "tiny", 2, "no example"),
        ('{"state": "⊢ a", "tactic": "simp"}', "tiny", 2, "one example"),
        ("{", "tiny", 2, "line 1 is not JSON"),
        (None, "tiny", 2, "cannot be read"),
        ('{"state": "⊢ a", "tactic": "simp"}\n{"state": "⊢ b", "tactic": "simp"}', "nobody/nothing", 3, "hf download"),
    ],
)
def test_bad_input_is_one_sentence_and_its_code(lines, base, code, said, llama, tmp_path, capsys):
    data = tmp_path / "pairs.jsonl"
    if lines is not None:
        data.write_text(lines)
    base = str(llama) if base == "tiny" else base
    assert run(COMMANDS, ["train", "tactic", str(data), "--base", base, "-o", str(tmp_path / "run")]) == code
    err = capsys.readouterr().err.strip()
    assert said in err
    assert len(err.splitlines()) == 1
