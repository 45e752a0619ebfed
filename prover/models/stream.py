"""A batch of token sequences that a checkpoint reads one token at a time.

This is all that sampling (`sampling.py`), beam search (`beams.py`) and scoring (`scoring.py`) know of a
transformer: `logits`, `advance`, `select`. Padding, positions, masks and the cache of keys and values are
dealt with here, and what the prompts of a batch have in common is read once. Not here: choosing tokens.
"""

from __future__ import annotations

import inspect
from collections.abc import Sequence
from typing import Any, Protocol

from prover.models.checkpoint import Checkpoint
from prover.models.prefix import PrefixTrie, shared_length

# A common beginning shorter than this is not worth a pass of its own.
MIN_SHARED = 16


class Stream(Protocol):
    """logits: `[rows, vocabulary]` in FP32, for the token after what each row has read."""

    logits: Any

    def advance(self, tokens: Any) -> None:
        """Read one more token per row; tokens: `[rows]`."""
        ...

    def select(self, rows: Any) -> None:
        """Keep these rows, in this order, repetitions allowed; rows: `[new rows]` indices."""
        ...


def open_stream(checkpoint: Checkpoint, prompts: Sequence[Sequence[int]], prefixes: PrefixTrie) -> Stream:
    """One row per prompt, with the prompt read. Call it under `torch.inference_mode()`."""
    if checkpoint.encoder_decoder:
        return EncoderDecoderStream(checkpoint, prompts)
    return CausalStream(checkpoint, prompts, prefixes)


class CausalStream:
    """Rows of a decoder-only model: `[common prefix | padding | rest of the prompt | generated]`."""

    def __init__(self, checkpoint: Checkpoint, prompts: Sequence[Sequence[int]], prefixes: PrefixTrie) -> None:
        import torch
        import transformers

        self._model = checkpoint.model
        self._device = checkpoint.device
        self.cache: Any = transformers.DynamicCache(config=checkpoint.config)
        trie = prefixes if keeps_plain_keys(self.cache) else None
        shared = self._read_shared(prompts, trie)
        rows, width = len(prompts), max(map(len, prompts)) - shared
        rest = torch.zeros(rows, width, dtype=torch.long)
        mask = torch.ones(rows, shared + width, dtype=torch.long)
        for row, prompt in enumerate(prompts):
            pad = width - (len(prompt) - shared)
            rest[row, pad:] = torch.tensor(prompt[shared:])
            mask[row, shared : shared + pad] = 0
        if rows > 1 and shared:
            self.cache.batch_repeat_interleave(rows)
        self._mask = mask.to(self._device)
        # A pad's position does not matter, but must be one the model has.
        positions = (self._mask.cumsum(1) - 1).clamp(min=0)
        self._next = positions[:, -1] + 1
        self.logits = self._read(rest.to(self._device), self._mask, positions[:, shared:])
        if rows == 1 and trie is not None:
            trie.add(prompts[0], layers_of(self.cache))

    def _read_shared(self, prompts: Sequence[Sequence[int]], trie: PrefixTrie | None) -> int:
        """Fill the cache with what all prompts begin with (never the whole of one); returns its length."""
        import torch

        first = prompts[0]
        # At least one token of each prompt is left over, whose logits are wanted.
        shared = min(min(shared_length(first, prompt) for prompt in prompts), min(map(len, prompts)) - 1)
        known = 0
        if trie is not None:
            known, layers = trie.find(first[:shared])
            for index, (keys, values) in enumerate(layers):
                self.cache.update(keys, values, index)
        if len(prompts) == 1 or shared - known < MIN_SHARED:
            return known
        fresh = torch.tensor([first[known:shared]], device=self._device)
        mask = torch.ones(1, shared, dtype=torch.long, device=self._device)
        self._read(fresh, mask, torch.arange(known, shared, device=self._device)[None])
        if trie is not None:
            trie.add(first[:shared], layers_of(self.cache))
        return shared

    def _read(self, tokens: Any, mask: Any, positions: Any) -> Any:
        output = self._model(
            input_ids=tokens,
            attention_mask=mask,
            **holding(self._model, self.cache),
            use_cache=True,
            **accepted(self._model, position_ids=positions, logits_to_keep=1),
        )
        return output.logits[:, -1].float()

    def advance(self, tokens: Any) -> None:
        self._mask = _grown(self._mask)
        self.logits = self._read(tokens[:, None], self._mask, self._next[:, None])
        self._next = self._next + 1

    def select(self, rows: Any) -> None:
        self.cache.batch_select_indices(rows)
        self._mask, self._next, self.logits = self._mask[rows], self._next[rows], self.logits[rows]


class EncoderDecoderStream:
    """Rows of an encoder-decoder: the prompt in the encoder (padded on the right), the completion in the decoder."""

    def __init__(self, checkpoint: Checkpoint, prompts: Sequence[Sequence[int]]) -> None:
        import torch
        import transformers

        self._model = checkpoint.model
        width = max(map(len, prompts))
        tokens = torch.zeros(len(prompts), width, dtype=torch.long)
        mask = torch.zeros(len(prompts), width, dtype=torch.long)
        for row, prompt in enumerate(prompts):
            tokens[row, : len(prompt)] = torch.tensor(prompt)
            mask[row, : len(prompt)] = 1
        self._mask = mask.to(checkpoint.device)
        encoder = self._model.get_encoder()
        self.encoded = encoder(input_ids=tokens.to(checkpoint.device), attention_mask=self._mask)
        config = checkpoint.config
        self.cache = transformers.EncoderDecoderCache(
            transformers.DynamicCache(config=config), transformers.DynamicCache(config=config)
        )
        self.advance(torch.full((len(prompts),), checkpoint.start_id, device=checkpoint.device))

    def advance(self, tokens: Any) -> None:
        output = self._model(
            decoder_input_ids=tokens[:, None],
            encoder_outputs=self.encoded,
            attention_mask=self._mask,
            **holding(self._model, self.cache),
            use_cache=True,
        )
        self.logits = output.logits[:, -1].float()

    def select(self, rows: Any) -> None:
        self.cache.batch_select_indices(rows)
        self.encoded.last_hidden_state = self.encoded.last_hidden_state[rows]
        self._mask, self.logits = self._mask[rows], self.logits[rows]


def keeps_plain_keys(cache: Any) -> bool:
    """Whether a prefix of the cache is the cache of the prefix (not so with a sliding window)."""
    from transformers.cache_utils import DynamicLayer

    return all(type(layer) is DynamicLayer for layer in cache.layers)


def layers_of(cache: Any) -> list[tuple[Any, Any]]:
    """Keys and values per layer, `[rows, heads, tokens, width]`."""
    return [(layer.keys, layer.values) for layer in cache.layers]


def _grown(mask: Any) -> Any:
    import torch

    return torch.cat([mask, mask.new_ones(len(mask), 1)], 1)


def accepted(model: Any, **options: Any) -> dict[str, Any]:
    """Those of `options` that the architecture's `forward` knows."""
    known = inspect.signature(model.forward).parameters
    return {name: value for name, value in options.items() if name in known}


def holding(model: Any, cache: Any) -> dict[str, Any]:
    """The cache under the name that `forward` has for it: newer releases of transformers renamed it."""
    return accepted(model, cache=cache) or {"past_key_values": cache}
