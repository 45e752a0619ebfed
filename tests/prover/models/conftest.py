"""Tiny random checkpoints, made here and saved to a temporary folder; nothing is fetched."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

os.environ["HF_HUB_OFFLINE"] = "1"

torch = pytest.importorskip("torch")
transformers = pytest.importorskip("transformers")

SMALL = {
    "hidden_size": 32,
    "intermediate_size": 64,
    "num_hidden_layers": 2,
    "num_attention_heads": 4,
    "max_position_embeddings": 512,
    # Wide, so that the logits of a random model differ clearly and greedy choices are no ties.
    "initializer_range": 0.6,
}


def byte_tokenizer(pad: bool = False):
    """One token a byte, `<s>` before, `</s>` at the end; without a pad token unless asked."""
    from tokenizers import Tokenizer, decoders, models, pre_tokenizers, processors

    alphabet = sorted(pre_tokenizers.ByteLevel.alphabet())
    vocabulary = {token: index for index, token in enumerate(["<s>", "</s>", *alphabet])}
    tokenizer = Tokenizer(models.BPE(vocab=vocabulary, merges=[]))
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    tokenizer.decoder = decoders.ByteLevel()
    tokenizer.post_processor = processors.TemplateProcessing(single="<s> $A", special_tokens=[("<s>", 0)])
    special = {"bos_token": "<s>", "eos_token": "</s>"}
    if pad:
        special["pad_token"] = "</s>"
    return transformers.PreTrainedTokenizerFast(tokenizer_object=tokenizer, **special)


def causal(kind: str):
    """A random model of an architecture, two layers."""
    torch.manual_seed(7)
    words = {"vocab_size": 258, "bos_token_id": 0, "eos_token_id": 1}
    if kind == "gpt2":
        config = transformers.GPT2Config(
            n_embd=32, n_layer=2, n_head=4, n_positions=512, initializer_range=0.6, **words
        )
    else:
        grouped = {} if kind == "gpt_neox" else {"num_key_value_heads": 2}
        config = transformers.AutoConfig.for_model(kind, **SMALL, **grouped, **words)
        if getattr(config, "head_dim", None):
            config.head_dim = 8
        config.pad_token_id = None
    return transformers.AutoModelForCausalLM.from_config(config).eval()


def save(model, tokenizer, folder: Path) -> Path:
    model.save_pretrained(folder)
    tokenizer.save_pretrained(folder)
    return folder


@pytest.fixture(scope="session")
def llama(tmp_path_factory) -> Path:
    return save(causal("llama"), byte_tokenizer(), tmp_path_factory.mktemp("llama"))


@pytest.fixture(scope="session")
def gpt2(tmp_path_factory) -> Path:
    return save(causal("gpt2"), byte_tokenizer(), tmp_path_factory.mktemp("gpt2"))


@pytest.fixture(scope="session")
def byt5(tmp_path_factory) -> Path:
    """As ReProver's: a T5 with gated GELU over bytes."""
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
        initializer_factor=2.0,
    )
    model = transformers.T5ForConditionalGeneration(config).eval()
    return save(model, transformers.ByT5Tokenizer(), tmp_path_factory.mktemp("byt5"))
