"""Fine-tuning on tiny random models: what is learnt, resuming, and what can go wrong."""

from __future__ import annotations

import json
import os
import shutil
import signal
import threading

import pytest

torch = pytest.importorskip("torch")
pytest.importorskip("transformers")
pytest.importorskip("accelerate")
pytest.importorskip("peft")
pytest.importorskip("tensorboard")

from prover.generators.model import ModelGenerator  # noqa: E402
from prover.generators.prompts import StateQuestion  # noqa: E402
from prover.generators.protocol import Premise  # noqa: E402
from prover.models import BadRequest, ModelMissing, open_model  # noqa: E402
from prover.models.checkpoint import load  # noqa: E402
from prover.train import Example, Settings, finetune, read_examples  # noqa: E402
from prover.train.trainer import IGNORED, _collate, _encoded, _format  # noqa: E402

# Four states, told apart by their goal; learnt by heart within seconds.
PAIRS = [
    Example("⊢ a", "simp"),
    Example("⊢ b", "omega", (Premise("l", "theorem l : b"),)),
    Example("⊢ c", "exact h"),
    Example("⊢ d", "rfl"),
]


def settings(base, out, **changes):
    fields = {"steps": 6, "batch_size": 2, "learning_rate": 1e-3, "save_every": 2} | changes
    return Settings(base=str(base), out=str(out), **fields)


def weights(folder):
    from safetensors.torch import load_file

    return load_file(f"{folder}/model.safetensors")


def same(left, right):
    return left.keys() == right.keys() and all(torch.equal(left[name], right[name]) for name in left)


def answers(folder):
    generator = ModelGenerator(open_model(str(folder)), n=1, temperature=0, max_tokens=16)
    questions = [StateQuestion(example.state, example.premises) for example in PAIRS]
    return [[tactic.text for tactic in found.candidates] for found in generator.tactics(questions)]


@pytest.mark.parametrize(("kind", "rate", "steps"), [("llama", 3e-3, 100), ("byt5", 3e-3, 100)])
def test_pairs_are_learnt_and_the_model_opens_with_its_format(kind, rate, steps, tmp_path, request):
    base = request.getfixturevalue(kind)
    run = settings(base, tmp_path / "run", steps=steps, batch_size=4, learning_rate=rate, save_every=steps)
    trained = finetune(PAIRS, run)
    assert trained.steps == steps
    assert trained.loss < 0.1
    assert answers(trained.model) == [[example.tactic] for example in PAIRS]
    wanted = "reprover-retrieval" if kind == "byt5" else "premises-state"
    assert open_model(trained.model).prompt_format == wanted
    assert any((tmp_path / "run" / "logs").iterdir())


@pytest.mark.parametrize("kind", ["llama", "gpt2", "byt5"])
@pytest.mark.filterwarnings("ignore:fan_in_fan_out")
def test_lora_learns_and_leaves_a_whole_checkpoint(kind, tmp_path, request):
    base = request.getfixturevalue(kind)
    losses = []
    run = settings(base, tmp_path / "run", method="lora", steps=40, batch_size=4, learning_rate=1e-2, save_every=40)
    trained = finetune(PAIRS, run, report=lambda _step, _steps, loss: losses.append(loss))
    assert losses[-1] < 0.8 * losses[0]
    before, after = weights(base), weights(trained.model)
    assert before.keys() == after.keys()
    changed = {name for name in before if not torch.equal(before[name], after[name])}
    assert changed
    assert all(before[name].dim() == 2 for name in changed)
    with pytest.raises(BadRequest, match="LoRA adapter alone"):
        open_model(str(tmp_path / "run" / "checkpoint-40"))
    # The merged model scores the pairs as the adapter did: better than the base.
    old, new = (open_model(str(folder), limit=256) for folder in (base, trained.model))
    prompt = new.prompt_format and PAIRS[0].state + (":::" if kind != "byt5" else "")
    assert new.score(prompt, ["simp"])[0].logprob > old.score(prompt, ["simp"])[0].logprob


def test_the_same_seed_gives_the_same_weights(llama, tmp_path):
    models = [
        finetune(PAIRS, settings(llama, tmp_path / name, seed=seed)).model
        for name, seed in [("a", 1), ("b", 1), ("c", 2)]
    ]
    first, second, other = map(weights, models)
    assert same(first, second)
    assert not same(first, other)


class Killed(Exception):
    pass


def killed_at(step):
    def report(now, _steps, _loss):
        if now == step:
            raise Killed

    return report


@pytest.mark.parametrize("method", ["full", "lora"])
def test_a_run_that_was_killed_and_resumed_ends_as_one_that_was_not(llama, tmp_path, method):
    whole = finetune(PAIRS, settings(llama, tmp_path / "whole", method=method))
    with pytest.raises(Killed):
        finetune(PAIRS, settings(llama, tmp_path / "killed", method=method), report=killed_at(5))
    steps = []
    resumed = finetune(
        PAIRS,
        settings(llama, tmp_path / "killed", method=method),
        resume=True,
        report=lambda step, _steps, _loss: steps.append(step),
    )
    assert steps == [5, 6]
    assert same(weights(whole.model), weights(resumed.model))


def test_ctrl_c_saves_and_the_run_can_be_resumed(llama, tmp_path):
    def press(step, _steps, _loss):
        if step == 3:
            os.kill(os.getpid(), signal.SIGINT)

    stopped = finetune(PAIRS, settings(llama, tmp_path / "run", save_every=100), report=press)
    assert stopped.model is None
    assert stopped.steps in (3, 4)
    resumed = finetune(PAIRS, settings(llama, tmp_path / "run", save_every=100), resume=True)
    assert resumed.steps == 6
    assert same(weights(resumed.model), weights(finetune(PAIRS, settings(llama, tmp_path / "other")).model))


def test_it_can_run_in_a_thread(llama, tmp_path):
    results = []
    thread = threading.Thread(
        target=lambda: results.append(finetune(PAIRS, settings(llama, tmp_path / "run", steps=2)))
    )
    thread.start()
    thread.join()
    assert results[0].steps == 2


@pytest.mark.parametrize("name", ["model.safetensors", "optimizer.pt", "trainer_state.json", "rng_state.pth"])
def test_a_checkpoint_cut_in_half_is_passed_over_with_a_note(llama, tmp_path, name):
    finetune(PAIRS, settings(llama, tmp_path / "run"))
    shutil.rmtree(tmp_path / "run" / "model")
    file = tmp_path / "run" / "checkpoint-6" / name
    file.write_bytes(file.read_bytes()[: file.stat().st_size // 2])
    steps = []
    resumed = finetune(
        PAIRS, settings(llama, tmp_path / "run"), resume=True, report=lambda step, _steps, _loss: steps.append(step)
    )
    assert steps == [5, 6]
    assert resumed.notes == (f"checkpoint-6 was passed over: {name} is missing or cut off.",)


def test_a_run_that_had_ended_is_not_trained_again(llama, tmp_path):
    first = finetune(PAIRS, settings(llama, tmp_path / "run"), validation=PAIRS[:1])
    steps = []
    again = finetune(
        PAIRS, settings(llama, tmp_path / "run"), resume=True, report=lambda step, _steps, _loss: steps.append(step)
    )
    assert again == first
    assert steps == []


def test_a_run_that_was_moved_finds_its_model(llama, tmp_path):
    first = finetune(PAIRS, settings(llama, tmp_path / "run"))
    (tmp_path / "run").rename(tmp_path / "moved")
    moved = finetune(PAIRS, settings(llama, tmp_path / "moved"), resume=True)
    assert moved.model == str(tmp_path / "moved" / "model")
    assert moved.loss == first.loss


def test_no_whole_checkpoint_is_one_sentence(llama, tmp_path):
    finetune(PAIRS, settings(llama, tmp_path / "run"))
    shutil.rmtree(tmp_path / "run" / "model")
    for folder in (tmp_path / "run").glob("checkpoint-*"):
        (folder / "optimizer.pt").unlink()
    with pytest.raises(BadRequest, match=r"No checkpoint in .* is whole"):
        finetune(PAIRS, settings(llama, tmp_path / "run"), resume=True)


def test_another_run_is_neither_overwritten_nor_resumed(llama, tmp_path):
    finetune(PAIRS, settings(llama, tmp_path / "run"))
    with pytest.raises(BadRequest, match="earlier run"):
        finetune(PAIRS, settings(llama, tmp_path / "run"))
    with pytest.raises(BadRequest, match="cannot be resumed with another learning_rate, seed"):
        finetune(PAIRS, settings(llama, tmp_path / "run", seed=4, learning_rate=1e-5), resume=True)
    with pytest.raises(BadRequest, match="another data"):
        finetune(PAIRS[:3], settings(llama, tmp_path / "run"), resume=True)


@pytest.mark.parametrize(("count", "said"), [(0, "no example"), (1, "one example")])
def test_a_training_set_that_is_too_small_is_one_sentence(llama, tmp_path, count, said):
    with pytest.raises(BadRequest, match=said):
        finetune(PAIRS[:count], settings(llama, tmp_path / "run"))
    assert not (tmp_path / "run").exists()


def test_accumulation_gives_the_same_first_step_as_a_larger_batch(llama, tmp_path):
    losses = []
    for name, size, accumulate in (("a", 4, 1), ("b", 2, 2)):
        seen = []
        finetune(
            PAIRS,
            settings(llama, tmp_path / name, steps=1, batch_size=size, accumulate=accumulate),
            report=lambda _step, _steps, loss, seen=seen: seen.append(loss),
        )
        losses.append(seen[0])
    assert losses[0] == pytest.approx(losses[1], rel=1e-4)


def test_mixed_precision_trains(llama, tmp_path):
    trained = finetune(PAIRS, settings(llama, tmp_path / "run", precision="bf16", steps=3))
    assert weights(trained.model)["model.norm.weight"].dtype == torch.float32


def test_validation_pairs_are_scored_and_not_learnt(llama, tmp_path):
    held_out = [Example("⊢ e", "trivial")]
    with_them = finetune(PAIRS, settings(llama, tmp_path / "a"), validation=held_out)
    without = finetune(PAIRS, settings(llama, tmp_path / "b"))
    assert with_them.validation_loss > 0
    assert without.validation_loss is None
    assert same(weights(with_them.model), weights(without.model))


def test_a_loss_that_is_not_a_number_ends_the_run_and_keeps_the_checkpoints(llama, tmp_path):
    with pytest.raises(BadRequest, match="not a number at step"):
        finetune(PAIRS, settings(llama, tmp_path / "run", learning_rate=1e18, steps=50, save_every=1))
    assert list((tmp_path / "run").glob("checkpoint-*"))


def test_too_little_memory_is_one_sentence(llama, tmp_path, monkeypatch):
    import transformers

    def full(*_args, **_kwargs):
        raise torch.OutOfMemoryError("CUDA out of memory")

    monkeypatch.setattr(transformers.Trainer, "training_step", full)
    with pytest.raises(BadRequest, match="halve `batch_size`"):
        finetune(PAIRS, settings(llama, tmp_path / "run"))


@pytest.mark.parametrize(
    "changes",
    [
        {"method": "half"},
        {"precision": "int8"},
        {"batch_size": 0},
        {"learning_rate": 0.0},
        {"epochs": float("nan")},
        {"max_length": 2},
        {"format": "chat"},
        {"format": "nothing"},
        {"precision": "fp16", "device": "cpu"},
    ],
)
def test_settings_that_make_no_sense_are_refused(llama, tmp_path, changes):
    with pytest.raises(BadRequest):
        finetune(PAIRS, settings(llama, tmp_path / "run", **changes))


def test_a_base_that_cannot_be_trained_is_refused(tmp_path):
    with pytest.raises(BadRequest, match="Only a transformers checkpoint"):
        finetune(PAIRS, settings("openai:m", tmp_path / "run"))
    with pytest.raises(ModelMissing):
        finetune(PAIRS, settings("nobody/nothing", tmp_path / "run"))


@pytest.mark.parametrize("kind", ["llama", "byt5"])
def test_only_the_tactic_counts_and_long_states_keep_their_goal(kind, request):
    checkpoint = load(str(request.getfixturevalue(kind)), limit=64)
    form = _format(None, checkpoint)
    pair = _encoded(Example("h : x = y\n" * 40 + "⊢ goal", "simp"), form, checkpoint)
    counted = [label for label in pair["labels"] if label != IGNORED]
    assert checkpoint.tokenizer.decode(counted, skip_special_tokens=True) == "simp"
    assert counted[-1] in checkpoint.end_ids
    assert len(pair["input_ids"]) <= 64
    assert "⊢ goal" in checkpoint.tokenizer.decode(pair["input_ids"], skip_special_tokens=True)
    batch = _collate([pair, _encoded(PAIRS[0], form, checkpoint)])
    assert batch["input_ids"].shape == batch["attention_mask"].shape
    assert batch["attention_mask"].sum(1).tolist() == [64, len(_encoded(PAIRS[0], form, checkpoint)["input_ids"])]


def test_pairs_are_read_once_each_without_those_that_give_up(tmp_path):
    path = tmp_path / "pairs.jsonl"
    lines = [
        {"state": "⊢ a", "tactic": " simp "},
        {"state": "⊢ a", "tactic": "simp"},
        {"state": "⊢ b", "tactic": "sorry"},
        {"state": "⊢ b", "tactic": "omega", "premises": [{"name": "l", "statement": "theorem l : b"}]},
    ]
    path.write_text("\n".join(json.dumps(line) for line in lines) + "\n\n")
    assert read_examples(path) == PAIRS[:2]


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("{", "line 1 is not JSON"),
        ("[]", "is no object"),
        ('{"state": "⊢ a"}', "has no 'tactic'"),
        ('{"state": "", "tactic": "x"}', "has no 'state'"),
        ('{"state": "s", "tactic": "x", "premises": ["l"]}', "`premises` is a list of objects"),
        ('{"state": "s", "tactic": "x", "premises": 3}', "`premises` is a list of objects"),
    ],
)
def test_a_line_that_is_no_pair_is_named(tmp_path, line, said):
    path = tmp_path / "pairs.jsonl"
    path.write_text(line)
    with pytest.raises(BadRequest, match="line 1") as caught:
        read_examples(path)
    assert said in str(caught.value)


def test_a_training_set_that_is_not_there_is_one_sentence(tmp_path):
    with pytest.raises(BadRequest, match="cannot be read"):
        read_examples(tmp_path / "nothing.jsonl")
