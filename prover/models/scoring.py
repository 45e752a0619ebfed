"""How probable given continuations of one prompt are: all children of a proof state in one forward pass.

The prompt is read once. The continuations become a token trie, and the trie one row of tokens in which each
attends to the prompt, to its ancestors and to itself (tree attention, as in SpecInfer: Miao et al., 2024,
section 4.2); so neither the prompt's keys and values nor what tactics begin with is repeated. Where an
architecture does not take positions and masks of one's own, the continuations are rows of a padded batch
over the shared prompt instead (the batched scoring of Saffron-1: Qiu et al., 2025, with its trie cache).
Not here: text, out-of-memory.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

from prover.models.checkpoint import Checkpoint
from prover.models.prefix import PrefixTrie
from prover.models.protocol import Score
from prover.models.stream import CausalStream, EncoderDecoderStream, accepted, holding, keeps_plain_keys

# Architectures whose only positional information is `position_ids`; the tests compare each with one-by-one scoring.
TREE_ATTENTION = frozenset({"llama", "mistral", "qwen2", "qwen3", "gpt2", "gpt_neox", "gemma", "phi", "phi3"})


def score(
    checkpoint: Checkpoint,
    prompt: tuple[int, ...],
    continuations: Sequence[tuple[int, ...]],
    prefixes: PrefixTrie,
) -> list[Score]:
    """The log-probability of every token of every continuation, behind `prompt`.

    Call it under `torch.inference_mode()`. An empty continuation has log-probability 0; NaN logits give NaN.
    """
    if not any(continuations):
        return [Score(0.0, ()) for _ in continuations]
    if checkpoint.encoder_decoder:
        values = _in_decoder(checkpoint, prompt, continuations)
    else:
        stream = CausalStream(checkpoint, [prompt], prefixes)
        tree = checkpoint.config.model_type in TREE_ATTENTION and keeps_plain_keys(stream.cache)
        values = (_as_tree if tree else _as_rows)(checkpoint, len(prompt), stream, continuations)
    return [Score(math.fsum(each), tuple(each)) for each in values]


def _as_tree(
    checkpoint: Checkpoint, read: int, stream: CausalStream, continuations: Sequence[tuple[int, ...]]
) -> list[list[float]]:
    import torch

    # Node 0 is the prompt's end; a node is one token behind its parent. Last tokens need no node: nothing follows.
    tokens, parents, depths = [-1], [-1], [0]
    children: list[dict[int, int]] = [{}]
    asked: list[tuple[int, int]] = []  # (node whose logits are wanted, token they are wanted for)
    for continuation in continuations:
        node = 0
        for position, token in enumerate(continuation):
            asked.append((node, token))
            if position == len(continuation) - 1:
                break
            if token not in children[node]:
                children[node][token] = len(tokens)
                tokens.append(token)
                parents.append(node)
                depths.append(depths[node] + 1)
                children.append({})
            node = children[node][token]
    logprobs = stream.logits.log_softmax(-1)  # [1, vocabulary]
    device = checkpoint.device
    nodes = len(tokens) - 1
    if nodes:
        sees = torch.zeros(nodes + 1, nodes + 1, dtype=torch.bool)
        for node in range(1, nodes + 1):
            sees[node] = sees[parents[node]]
            sees[node, node] = True
        whole = torch.cat([torch.ones(nodes, read, dtype=torch.bool), sees[1:, 1:]], 1)
        # Additive: every attention implementation takes that.
        dtype = stream.cache.layers[0].keys.dtype
        mask = torch.zeros(whole.shape, dtype=dtype).masked_fill(~whole, torch.finfo(dtype).min)
        output = checkpoint.model(
            input_ids=torch.tensor([tokens[1:]], device=device),
            attention_mask=mask[None, None].to(device),
            position_ids=torch.tensor([depths[1:]], device=device) + read - 1,
            **holding(checkpoint.model, stream.cache),
            use_cache=True,
        )
        logprobs = torch.cat([logprobs, output.logits[0].float().log_softmax(-1)])
    where = torch.tensor(asked, device=device)
    found = iter(logprobs[where[:, 0], where[:, 1]].tolist())
    return [[next(found) for _ in continuation] for continuation in continuations]


def _as_rows(
    checkpoint: Checkpoint, read: int, stream: CausalStream, continuations: Sequence[tuple[int, ...]]
) -> list[list[float]]:
    import torch

    first = stream.logits.log_softmax(-1)[0]
    width = max(map(len, continuations)) - 1
    rows = len(continuations)
    device = checkpoint.device
    rest: Any = None
    if width:
        tokens, inside = _padded([c[:-1] for c in continuations], width)
        stream.cache.batch_repeat_interleave(rows)
        mask = torch.cat([torch.ones(rows, read, dtype=torch.long), inside], 1)
        positions = torch.arange(read, read + width)[None].expand(rows, -1)
        output = checkpoint.model(
            input_ids=tokens.to(device),
            attention_mask=mask.to(device),
            **holding(checkpoint.model, stream.cache),
            use_cache=True,
            **accepted(checkpoint.model, position_ids=positions.to(device)),
        )
        rest = output.logits.float().log_softmax(-1)
    return [
        [float((first if k == 0 else rest[row, k - 1])[token]) for k, token in enumerate(continuation)]
        for row, continuation in enumerate(continuations)
    ]


def _in_decoder(
    checkpoint: Checkpoint, prompt: tuple[int, ...], continuations: Sequence[tuple[int, ...]]
) -> list[list[float]]:
    """Encoder-decoder: the prompt is encoded once, the decoder reads all continuations side by side."""
    import torch

    encoded = EncoderDecoderStream(checkpoint, [prompt])
    rows, width = len(continuations), max(map(len, continuations))
    inputs = [(checkpoint.start_id, *continuation[:-1]) if continuation else () for continuation in continuations]
    tokens, _ = _padded(inputs, width)
    hidden = encoded.encoded
    hidden.last_hidden_state = hidden.last_hidden_state.expand(rows, -1, -1)
    # Padding on the right needs no mask: the decoder is causal, and nothing behind a continuation is looked at.
    output = checkpoint.model(
        decoder_input_ids=tokens.to(checkpoint.device),
        encoder_outputs=hidden,
        attention_mask=torch.ones(rows, len(prompt), dtype=torch.long, device=checkpoint.device),
    )
    logprobs = output.logits.float().log_softmax(-1)
    return [
        [float(logprobs[row, k, token]) for k, token in enumerate(continuation)]
        for row, continuation in enumerate(continuations)
    ]


def _padded(sequences: Sequence[Sequence[int]], width: int) -> tuple[Any, Any]:
    """Token ids and mask, padded on the right: both `[sequences, width]`."""
    import torch

    tokens = torch.zeros(len(sequences), width, dtype=torch.long)
    mask = torch.zeros(len(sequences), width, dtype=torch.long)
    for row, sequence in enumerate(sequences):
        tokens[row, : len(sequence)] = torch.tensor(sequence, dtype=torch.long)
        mask[row, : len(sequence)] = 1
    return tokens, mask
