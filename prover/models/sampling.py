"""Greedy decoding and sampling of many completions at once, each with its own settings.

A completion depends on its request, its seed and its number alone, never on the batch it is in: its random
numbers are drawn before, one per token, and turned into tokens by inverting the distribution. Not here:
beams, padding, caches, text.
"""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

from prover.models.protocol import Request
from prover.models.stream import Stream

# Rows that have ended are dropped once they are so large a part of the batch: dropping copies the cache.
DROP_AT = 0.25


@dataclass(slots=True)
class Row:
    """One completion in the making. ended_by: None while it goes on."""

    request: Request
    number: int
    room: int
    tokens: list[int] = field(default_factory=list)
    logprobs: list[float] = field(default_factory=list)
    ended_by: Literal["end", "stop", "length", "nan", "late"] | None = None


def sample(stream: Stream, rows: Sequence[Row], end_ids: frozenset[int], stopped: Callable[[Row], bool]) -> None:
    """Fill `rows` (one per row of `stream`) with tokens, in place.

    Args:
        stopped: whether a row's text now contains one of its stop strings.
    """
    import torch

    if not rows:
        return
    device = stream.logits.device
    steps = max(row.room for row in rows)
    uniform = torch.zeros(len(rows), steps)
    for number, row in enumerate(rows):
        uniform[number, : row.room] = _uniform(row)
    uniform = uniform.to(device)
    temperature = torch.tensor([row.request.temperature for row in rows], device=device)
    top_p = torch.tensor([row.request.top_p for row in rows], device=device)
    live = list(rows)  # the rows of the stream, ended ones that are not dropped yet included
    for step in range(steps):
        for row in live:
            if row.ended_by is None and row.request.late:
                row.ended_by = "late"
        if all(row.ended_by for row in live):
            return
        logprobs = stream.logits.log_softmax(-1)
        chosen = pick(logprobs, temperature, top_p, uniform[:, step])
        values = logprobs.gather(1, chosen[:, None])[:, 0]
        # The largest log-probability is NaN if any is: then nothing of this row can be believed.
        broken = logprobs.amax(-1).isnan().tolist()
        for row, token, value, nan in zip(live, chosen.tolist(), values.tolist(), broken, strict=True):
            if row.ended_by is None:
                _append(row, token, value, nan, end_ids, stopped)
        going = [index for index, row in enumerate(live) if row.ended_by is None]
        if not going:
            return
        if len(going) <= len(live) * (1 - DROP_AT):
            kept = torch.tensor(going, device=device)
            stream.select(kept)
            chosen, uniform = chosen[kept], uniform[kept]
            temperature, top_p = temperature[kept], top_p[kept]
            live = [live[index] for index in going]
        stream.advance(chosen)


def pick(logprobs: Any, temperature: Any, top_p: Any, uniform: Any) -> Any:
    """Choose a token per row by inverting the cumulative distribution at `uniform`.

    Args:
        logprobs: `[rows, vocabulary]`.
        temperature: `[rows]`; 0 is the most probable token.
        top_p: `[rows]`; keeps the smallest set of most probable tokens that holds at least so much probability
            (nucleus sampling: Holtzman et al., 2020).
        uniform: `[rows]`, in [0, 1).

    Returns:
        Token ids `[rows]`.
    """
    import torch

    greedy = logprobs.argmax(-1)
    if not bool((temperature > 0).any()):
        return greedy
    # Double: a sum over 50,000 probabilities in single precision misses its end by more than rare tokens have.
    heat = torch.where(temperature > 0, temperature, torch.ones_like(temperature))
    wide = torch.float32 if logprobs.device.type == "mps" else torch.float64
    probs = (logprobs.to(wide) / heat[:, None]).softmax(-1)
    order = None
    if bool((top_p < 1).any()):
        probs, order = probs.sort(dim=-1, descending=True, stable=True)
        before = probs.cumsum(-1) - probs
        probs = probs.masked_fill(before >= top_p[:, None], 0.0)
    cumulative = probs.cumsum(-1)
    target = uniform[:, None].to(wide) * cumulative[:, -1:]
    index = (cumulative <= target).sum(-1).clamp(max=probs.shape[-1] - 1)
    drawn = index if order is None else order.gather(1, index[:, None])[:, 0]
    return torch.where(temperature > 0, drawn, greedy)


def _append(
    row: Row, token: int, value: float, nan: bool, end_ids: frozenset[int], stopped: Callable[[Row], bool]
) -> None:
    if nan:
        row.ended_by = "nan"
        return
    row.tokens.append(token)
    row.logprobs.append(value)
    if token in end_ids:
        row.ended_by = "end"
    elif row.request.stop and stopped(row):
        row.ended_by = "stop"
    elif len(row.tokens) >= row.room:
        row.ended_by = "length"


def _uniform(row: Row) -> Any:
    """The random numbers of one completion: its own, whatever else is in the batch. `[room]` in [0, 1)."""
    import torch

    if row.request.temperature == 0:
        return torch.zeros(row.room)
    seed = secrets.randbits(63) if row.request.seed is None else row.request.seed
    digest = hashlib.sha256(f"{seed}:{row.number}".encode()).digest()
    generator = torch.Generator().manual_seed(int.from_bytes(digest[:8], "big") >> 1)
    return torch.rand(row.room, generator=generator)
