"""`entails train tactic`, and the model beside the portfolio in `entails prove --model`."""

from __future__ import annotations

import json

import pytest

from logic.main import COMMANDS
from prover.cli.lazy import run
from prover.cli.with_model import with_model
from prover.generators.neural import Mixture
from prover.generators.portfolio import Portfolio
from prover.generators.prompts import FORMATS
from prover.generators.protocol import Position
from prover.lean.state import Goal
from prover.models import open_model

POSITION = Position((Goal("⊢ a", "a"),))


def test_without_the_model_the_portfolio_goes_on_and_it_is_said(capsys):
    joined = with_model("nobody/nothing", "portfolio", seed=0, samples=2)
    joined.say()
    said = capsys.readouterr().err.splitlines()
    assert isinstance(joined.generator, Portfolio)
    assert said[0].startswith("entails: The checkpoint nobody/nothing is not on this machine")
    assert said[1] == "entails: going on with the portfolio alone."
    assert len(said) == 2


def test_a_specification_that_is_no_model_is_said(capsys):
    joined = with_model("what is this", "portfolio", seed=0, samples=2)
    assert isinstance(joined.generator, Portfolio)
    assert "'what is this' is no model" in capsys.readouterr().err


def test_the_models_tactics_join_the_portfolios_and_its_troubles_are_said(llama, monkeypatch, tmp_path, capsys):
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    joined = with_model(str(llama), "portfolio", seed=0, samples=4)
    generator = joined.generator
    assert isinstance(generator, Mixture)
    [found] = generator.propose([POSITION])
    [again] = generator.propose([POSITION])
    assert found == again
    assert {c.action for c in Portfolio().propose([POSITION])[0]} <= {c.action for c in found}
    joined.say()
    said = capsys.readouterr().err
    assert "model: 1 questions asked, 1 answered by the cache" in said
    # A checkpoint without a chat template, asked in the chat format: the user hears of it.
    assert "model, 2 times: This checkpoint has no chat template" in said


@pytest.mark.parametrize("mode", ["search", "whole", "hybrid"])
def test_a_recorded_whole_proof_is_used_in_the_modes_that_have_one(mode, monkeypatch, tmp_path, capsys):
    """A statement that the portfolio is not let search for: no expansions, no one-liners."""
    from prover.prove import prove

    # Not the user's cache of answers; that of Lean, which is in the same folder, is wanted.
    monkeypatch.setattr("prover.with_model.open_model", lambda spec, cache: open_model(spec))
    path = tmp_path / "proofs.jsonl"
    samples = ["```lean4\ntheorem t : True ∧ True := by\n  constructor\n  · trivial\n  · trivial\n```"]
    path.write_text(json.dumps({"id": "t", "samples": samples}))
    joined = with_model(str(path), "portfolio", seed=0, samples=1, mode=mode)
    result = prove("theorem t : True ∧ True := by sorry", generator=joined.generator, expansions=0, seconds=30)
    assert result.proved == (mode != "search")
    if result.proved:
        assert result.holes[0].stage == "whole proof"
        assert "· trivial" in result.source
    joined.say()
    assert "questions asked" in capsys.readouterr().err


def test_a_mode_that_is_none_is_one_sentence(capsys):
    assert run(COMMANDS, ["prove", "theorem t : True := by sorry", "--mode", "guess"]) == 2
    assert "There is no mode 'guess'" in capsys.readouterr().err


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


def test_a_log_of_a_search_is_trained_on_and_its_pairs_are_written(llama, lean, tmp_path, capsys):
    pytest.importorskip("accelerate")
    from prover.prove import prove

    log, pairs, out = tmp_path / "log.jsonl", tmp_path / "pairs.jsonl", tmp_path / "run"
    source = "theorem t (p q : Prop) (hp : p) (hq : q) : q ∧ p := by sorry\ntheorem u (n : Nat) : n + 0 = n := by sorry"
    assert prove(source, lean=lean, openings=False, seconds=60, log=log).proved
    command = ["train", "tactic", str(log), "--base", str(llama), "--out", str(out), "--pairs", str(pairs)]
    assert run(COMMANDS, [*command, "--steps", "2", "--lora"]) == 0
    said = capsys.readouterr()
    assert "pairs" in said.err
    assert f"use it with: entails prove --model {out / 'model'}" in said.out
    written = [json.loads(line) for line in pairs.read_text().splitlines()]
    assert written[0]["state"].endswith("⊢ q ∧ p")
    assert all(pair.keys() == {"state", "tactic"} for pair in written)

    missing = tmp_path / "no" / "pairs.jsonl"
    assert run(COMMANDS, ["train", "tactic", str(log), "--base", str(llama), "-o", "x", "--pairs", str(missing)]) == 2
    assert "cannot be written" in capsys.readouterr().err


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


def test_a_checkpoint_judges_the_portfolios_tactics_and_a_recording_cannot(llama, lean, monkeypatch, tmp_path, capsys):
    from prover.prove import prove
    from prover.with_model import beside

    monkeypatch.setattr("prover.with_model.open_model", lambda spec, cache: open_model(spec))
    monkeypatch.setattr("prover.generators.model.format_for", lambda _name, level, wanted: _format(level))
    joined = beside(str(llama), "portfolio", seed=0, samples=1, judge=8)
    source = "theorem t (p q : Prop) (hp : p) (hq : q) : q ∧ p := by sorry"
    assert prove(source, lean=lean, generator=joined.generator, openings=False, premises=0, seconds=60).proved
    path = tmp_path / "proofs.jsonl"
    path.write_text("")
    alone = with_model(str(path), "portfolio", seed=0, samples=1, judge=8)
    assert isinstance(alone.generator, Portfolio)
    assert "cannot score given tactics" in capsys.readouterr().err


def _format(level):
    return FORMATS["bfs-prover" if level == "tactic" else "chat-proof"]


def test_bench_prove_with_a_model_proves_by_it_and_says_what_went_wrong(prepared, monkeypatch, tmp_path, capfd):
    rows, proofs, out = tmp_path / "rows.jsonl", tmp_path / "proofs.jsonl", tmp_path / "out.jsonl"
    rows.write_text(
        "\n".join(json.dumps({"name": n, "statement": f"theorem {n} : True ∧ True"}) for n in ("known", "unknown"))
    )
    proof = "```lean4\ntheorem known : True ∧ True := by\n  exact And.intro True.intro True.intro\n```"
    proofs.write_text(json.dumps({"id": "known", "samples": [proof]}))
    command = ["bench", "prove", str(rows), "--out", str(out), "--seconds", "5", "--workers", "1", "--no-openings"]
    options = ["--expansions", "0", "--premises", "0", "--no-minimise", "--model", str(proofs), "--mode", "whole"]
    assert run(COMMANDS, [*command, *options]) == 0
    found = [json.loads(line) for line in out.read_text().splitlines()]
    assert [(row["name"], row["proved"], row["stage"]) for row in found] == [
        ("known", True, "whole proof"),
        ("unknown", False, ""),
    ]
    said = capfd.readouterr()
    assert "1 of 2 proved" in said.out
    assert "the model: The recording" in said.err
    assert "has no answer to this prompt (id 'unknown')" in said.err

    out.unlink()
    assert run(COMMANDS, [*command, "--model", "nobody/nothing"]) == 3
    assert "hf download" in capfd.readouterr().err
    assert run(COMMANDS, [*command, "--model", str(proofs), "--mode", "guess"]) == 2
    assert not out.exists()
