"""Beam search over a batch of prompts; a hypothesis is worth the sum of its log-probabilities.

No length penalty: that is what ReProver's search uses, and the sums compare with those of sampled
completions. Not here: sampling (`sampling.py`).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Literal

from prover.models.sampling import Row
from prover.models.stream import Stream


@dataclass(slots=True)
class _Search:
    """One prompt's beams. done: hypotheses that ended, best first, at most `row.request.beams`."""

    row: Row
    live: list[tuple[list[int], list[float]]]
    done: list[Row] = field(default_factory=list)
    over: bool = False
    trouble: Literal["nan", "late"] | None = None


def beam_search(
    stream: Stream, rows: Sequence[Row], end_ids: frozenset[int], stopped: Callable[[Row], bool]
) -> list[list[Row]]:
    """The best `request.n` completions of each row's prompt, best first.

    Args:
        stream: one row per prompt. rows: one per prompt, all with the same number of beams.
        stopped: whether a row's text now contains one of its stop strings.
    """
    import torch

    device = stream.logits.device
    beams = rows[0].request.beams
    searches = [_Search(row, [([], [])]) for row in rows]
    vocabulary = stream.logits.shape[-1]
    stream_rows = {index: index for index in range(len(searches))}  # search → its first row in the stream
    for _step in range(max(row.room for row in rows)):
        logprobs = stream.logits.log_softmax(-1)
        sources: list[int] = []
        tokens: list[int] = []
        following: dict[int, int] = {}
        for number, first in stream_rows.items():
            search = searches[number]
            count = len(search.live)
            if search.row.request.late:
                # The best of all may be among those that go on: nothing can be said of the others.
                search.trouble, search.over = "late", True
                continue
            own = logprobs[first : first + count]
            if bool(own.amax(-1).isnan().any()):
                search.trouble, search.over = "nan", True
                continue
            sums = torch.tensor([sum(values) for _, values in search.live], device=device, dtype=own.dtype)
            # Each beam can end in at most `len(end_ids)` ways, so this many are enough to refill the beams.
            width = min(beams * (1 + len(end_ids)), count * vocabulary)
            best = (sums[:, None] + own).flatten().topk(width)
            flat = best.indices.tolist()
            each = own.flatten()[best.indices].tolist()
            kept = _extend(search, flat, each, vocabulary, beams, end_ids, stopped)
            if not search.over:
                following[number] = len(sources)
                sources += [first + beam for beam in kept]
                tokens += [beam_tokens[-1] for beam_tokens, _ in search.live]
        stream_rows = following
        if not sources:
            break
        stream.select(torch.tensor(sources, device=device))
        stream.advance(torch.tensor(tokens, device=device))
    return [_results(search) for search in searches]


def _extend(
    search: _Search,
    flat: list[int],
    each: list[float],
    vocabulary: int,
    beams: int,
    end_ids: frozenset[int],
    stopped: Callable[[Row], bool],
) -> list[int]:
    """Take the next tokens, best first; returns which old beam each new one continues."""
    kept: list[int] = []
    live: list[tuple[list[int], list[float]]] = []
    for index, value in zip(flat, each, strict=True):
        if len(live) == beams or value == float("-inf"):
            break
        beam, token = divmod(index, vocabulary)
        old_tokens, old_values = search.live[beam]
        row = Row(search.row.request, 0, search.row.room, [*old_tokens, token], [*old_values, value])
        ended: Literal["end", "stop", "length"] | None = None
        if token in end_ids:
            ended = "end"
        elif row.request.stop and stopped(row):
            ended = "stop"
        elif len(row.tokens) >= row.room:
            ended = "length"
        if ended is None:
            live.append((row.tokens, row.logprobs))
            kept.append(beam)
        else:
            row.ended_by = ended
            search.done.append(row)
    search.done.sort(key=lambda row: -sum(row.logprobs))
    del search.done[beams:]
    search.live = live
    # Log-probabilities are never positive: no live beam can overtake the last of a full list that is better now.
    full = len(search.done) == beams
    search.over = not live or (full and sum(search.done[-1].logprobs) >= max(sum(v) for _, v in live))
    return kept


def _results(search: _Search) -> list[Row]:
    if search.trouble:
        return [Row(search.row.request, 0, search.row.room, ended_by=search.trouble)]
    return search.done[: search.row.request.n]
