"""Tiny random checkpoints, made here and saved to a temporary folder; nothing is fetched."""

from __future__ import annotations

import os
from pathlib import Path
from types import SimpleNamespace

import pytest

os.environ["HF_HUB_OFFLINE"] = "1"

SMALL = {
    "hidden_size": 32,
    "intermediate_size": 64,
    "num_hidden_layers": 2,
    "num_attention_heads": 4,
    "max_position_embeddings": 512,
    # Wide, so that the logits of a random model differ clearly and greedy choices are no ties.
    "initializer_range": 0.6,
}


def byte_tokenizer():
    """One token a byte, `<s>` before a text, `</s>` at its end; no pad token, as with many checkpoints."""
    from tokenizers import Tokenizer, decoders, models, pre_tokenizers, processors
    from transformers import PreTrainedTokenizerFast

    alphabet = sorted(pre_tokenizers.ByteLevel.alphabet())
    vocabulary = {token: index for index, token in enumerate(["<s>", "</s>", *alphabet])}
    tokenizer = Tokenizer(models.BPE(vocab=vocabulary, merges=[]))
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    tokenizer.decoder = decoders.ByteLevel()
    tokenizer.post_processor = processors.TemplateProcessing(single="<s> $A", special_tokens=[("<s>", 0)])
    return PreTrainedTokenizerFast(tokenizer_object=tokenizer, bos_token="<s>", eos_token="</s>")


def causal(kind: str):
    """A random decoder-only model of an architecture, two layers."""
    import torch
    import transformers

    torch.manual_seed(7)
    words = {"vocab_size": 258, "bos_token_id": 0, "eos_token_id": 1, "pad_token_id": None}
    if kind == "gpt2":
        config = transformers.GPT2Config(
            n_embd=32, n_layer=2, n_head=4, n_positions=512, initializer_range=0.6, **words
        )
    else:
        grouped = {} if kind in ("gpt_neox", "bloom") else {"num_key_value_heads": 2}
        config = transformers.AutoConfig.for_model(kind, **SMALL, **grouped, **words)
        if getattr(config, "head_dim", None):
            config.head_dim = 8
    return transformers.AutoModelForCausalLM.from_config(config).eval()


def t5():
    """As ReProver's ByT5: gated GELU over bytes, output weights of its own."""
    import torch
    import transformers

    torch.manual_seed(7)
    config = transformers.T5Config(
        vocab_size=384,
        d_model=32,
        d_kv=8,
        d_ff=64,
        num_layers=2,
        num_heads=4,
        feed_forward_proj="gated-gelu",
        tie_word_embeddings=False,
        decoder_start_token_id=0,
        eos_token_id=1,
        pad_token_id=0,
        initializer_factor=1.5,
        dropout_rate=0.0,
    )
    return transformers.T5ForConditionalGeneration(config).eval()


def save(model, tokenizer, folder: Path) -> Path:
    model.save_pretrained(folder)
    tokenizer.save_pretrained(folder)
    return folder


def write_gguf(path: Path, model) -> Path:
    """A Llama in llama.cpp's format, its own order of the rotary dimensions included."""
    import gguf
    import numpy
    from tokenizers import pre_tokenizers

    config, weights = model.config, {name: value.numpy() for name, value in model.state_dict().items()}
    out = gguf.GGUFWriter(str(path), "llama")
    out.add_block_count(config.num_hidden_layers)
    out.add_context_length(config.max_position_embeddings)
    out.add_embedding_length(config.hidden_size)
    out.add_feed_forward_length(config.intermediate_size)
    out.add_head_count(config.num_attention_heads)
    out.add_head_count_kv(config.num_key_value_heads)
    out.add_layer_norm_rms_eps(config.rms_norm_eps)
    out.add_rope_dimension_count(config.head_dim)
    out.add_vocab_size(config.vocab_size)
    # A byte-level tokenizer is known by its merges: one, in the place of a byte that no test uses.
    out.add_tokenizer_model("gpt2")
    out.add_token_list(["<s>", "</s>", *sorted(pre_tokenizers.ByteLevel.alphabet())[:-1], "ab"])
    out.add_token_merges(["a b"])
    out.add_token_types([3, 3] + [1] * 256)
    out.add_bos_token_id(0)
    out.add_eos_token_id(1)
    for theirs, ours in (("token_embd", "model.embed_tokens"), ("output_norm", "model.norm"), ("output", "lm_head")):
        out.add_tensor(f"{theirs}.weight", weights[f"{ours}.weight"])
    names = {
        "attn_norm": "input_layernorm", "ffn_norm": "post_attention_layernorm", "attn_q": "self_attn.q_proj",
        "attn_k": "self_attn.k_proj", "attn_v": "self_attn.v_proj", "attn_output": "self_attn.o_proj",
        "ffn_gate": "mlp.gate_proj", "ffn_up": "mlp.up_proj", "ffn_down": "mlp.down_proj",
    }  # fmt: skip
    heads = {"attn_q": config.num_attention_heads, "attn_k": config.num_key_value_heads}
    for layer in range(config.num_hidden_layers):
        for theirs, ours in names.items():
            value = weights[f"model.layers.{layer}.{ours}.weight"]
            if theirs in heads:
                split = value.reshape(heads[theirs], 2, -1, value.shape[1])
                value = split.swapaxes(1, 2).reshape(value.shape)
            out.add_tensor(f"blk.{layer}.{theirs}.weight", numpy.ascontiguousarray(value))
    out.write_header_to_file()
    out.write_kv_data_to_file()
    out.write_tensors_to_file()
    out.close()
    return path


@pytest.fixture(scope="session")
def tiny():
    """The makers above."""
    torch = pytest.importorskip("torch")
    pytest.importorskip("transformers")
    # On matrices this small a second thread only waits for the first.
    torch.set_num_threads(1)
    return SimpleNamespace(causal=causal, t5=t5, tokenizer=byte_tokenizer, save=save, gguf=write_gguf)


@pytest.fixture(scope="session")
def llama(tiny, tmp_path_factory) -> Path:
    return save(causal("llama"), byte_tokenizer(), tmp_path_factory.mktemp("llama"))


@pytest.fixture(scope="session")
def gpt2(tiny, tmp_path_factory) -> Path:
    return save(causal("gpt2"), byte_tokenizer(), tmp_path_factory.mktemp("gpt2"))


@pytest.fixture(scope="session")
def byt5(tiny, tmp_path_factory) -> Path:
    import transformers

    return save(t5(), transformers.ByT5Tokenizer(), tmp_path_factory.mktemp("byt5"))
