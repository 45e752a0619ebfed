"""A transformers checkpoint as a `Model`: text in, completions with log-probabilities out.

Requests are cut into rows (one per completion), rows of similar length share a batch, and a batch that does not fit
into memory is halved and tried again. Calls that come while another is at work, or at the same time, are answered
together in one batch. Not here: loading (`checkpoint.py`), the loop over tokens (`sampling.py`,
`beams.py`), scoring of given continuations (`scoring.py`).
"""

from __future__ import annotations

import asyncio
import math
import threading
from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import Any

from prover.models.checkpoint import Checkpoint, Compute, free_memory, is_out_of_memory, load
from prover.models.errors import BadRequest
from prover.models.prefix import PrefixTrie
from prover.models.protocol import LATE, Answered, Completion, Failed, Message, Reply, Request, Score, Usage, total
from prover.models.sampling import Row, sample
from prover.models.stream import open_stream
from prover.models.tokens import encode, encode_continuation

NAN = "The model's logits are not numbers (NaN): its weights are damaged, or dtype='float32' is needed."


@dataclass(slots=True)
class _Call:
    """What one caller asks. replies: None until they are there; error: instead of them."""

    requests: list[Request]
    replies: list[Reply] | None = None
    error: Exception | None = None
    given_up: bool = False

    @property
    def over(self) -> bool:
        return self.replies is not None or self.error is not None


class TransformersModel:
    """A checkpoint by folder, `.gguf` file or hub id; see `checkpoint.load` for the options and errors.

    Args:
        batch_size: most rows (completions) at a time; halved for good after an out-of-memory.
        prefix_bytes: memory for keys and values of prompts already read.
    """

    def __init__(
        self,
        source: str,
        *,
        device: str = "auto",
        dtype: str = "auto",
        compute: Compute = "native",
        limit: int | None = None,
        batch_size: int = 32,
        prefix_bytes: int = 256 << 20,
    ) -> None:
        if batch_size < 1:
            raise BadRequest("`batch_size` must be at least 1.")
        self._setup(load(source, device=device, dtype=dtype, compute=compute, limit=limit), batch_size, prefix_bytes)

    @classmethod
    def of(cls, checkpoint: Checkpoint, batch_size: int = 32, prefix_bytes: int = 256 << 20) -> TransformersModel:
        """A model over a checkpoint that is loaded already."""
        model = cls.__new__(cls)
        model._setup(checkpoint, batch_size, prefix_bytes)
        return model

    def _setup(self, checkpoint: Checkpoint, batch_size: int, prefix_bytes: int) -> None:
        self.checkpoint = checkpoint
        self.name = checkpoint.name
        self.batch_size = batch_size
        self.prefixes = PrefixTrie(prefix_bytes)
        self._usage = Usage()
        # One batch at a time: two would only fight for the same cores and memory.
        self._lock = threading.Lock()
        self._waiting: deque[_Call] = deque()

    @property
    def usage(self) -> Usage:
        return self._usage

    @property
    def prompt_format(self) -> str | None:
        """The format the checkpoint was trained on here, if it was."""
        return self.checkpoint.prompt_format

    def generate(self, requests: Sequence[Request]) -> list[Reply]:
        call = _Call(list(requests))
        self._waiting.append(call)
        return self._answer(call)

    async def agenerate(self, requests: Sequence[Request]) -> list[Reply]:
        call = _Call(list(requests))
        self._waiting.append(call)
        try:
            # Whoever else is about to ask gets to, before the batch begins.
            await asyncio.sleep(0)
            return await asyncio.to_thread(self._answer, call)
        except asyncio.CancelledError:
            call.given_up = True
            raise

    def _answer(self, call: _Call) -> list[Reply]:
        """The replies to a waiting call. Whoever gets the lock first answers all that wait, in one batch."""
        import torch

        with self._lock, torch.inference_mode():
            if not call.over:
                together = [call]
                while self._waiting:
                    waiting = self._waiting.popleft()
                    if waiting is not call and not waiting.given_up:
                        together.append(waiting)
                self._answer_together(together)
        if call.error is not None:
            raise call.error
        assert call.replies is not None
        return call.replies

    def _answer_together(self, calls: Sequence[_Call]) -> None:
        try:
            replies = self._generate([request for call in calls for request in call.requests])
        except Exception as error:
            if len(calls) == 1:
                calls[0].error = error
                return
            # One caller's trouble is not the others': each by itself.
            for call in calls:
                self._answer_together([call])
            return
        self._usage += total(replies)
        start = 0
        for call in calls:
            call.replies = replies[start : start + len(call.requests)]
            start += len(call.requests)

    def score(self, prompt: str | tuple[Message, ...], continuations: Sequence[str]) -> list[Score]:
        """Log-probabilities of whole continuations (the end token included) behind one prompt, in one pass.

        Raises:
            BadRequest: the prompt cannot be encoded, or the logits are NaN.
        """
        import torch

        from prover.models.scoring import score

        with self._lock, torch.inference_mode():
            prompt_ids, _ = encode(self.checkpoint, prompt, room=1)
            encoded = [encode_continuation(self.checkpoint, text) for text in continuations]
            scores: list[Score] = []

            def run(batch: list[tuple[int, ...]]) -> None:
                scores.extend(score(self.checkpoint, prompt_ids, batch, self.prefixes))

            self._in_batches(encoded, len(encoded), run)
        if any(math.isnan(value.logprob) for value in scores):
            raise BadRequest(NAN)
        return scores

    def close(self) -> None:
        self.prefixes.clear()
        self.checkpoint.model = None
        free_memory()

    def _generate(self, requests: list[Request]) -> list[Reply]:
        failed: dict[int, Failed] = {}
        prompts: dict[int, tuple[int, ...]] = {}
        notes: dict[int, list[str]] = {}
        for index, request in enumerate(requests):
            try:
                prompts[index], notes[index] = encode(self.checkpoint, request.prompt, request.max_tokens)
            except BadRequest as error:
                failed[index] = Failed(str(error), usage=Usage(failed=1))
        rows: dict[int, list[Row]] = {index: [] for index in prompts}
        # Neighbours share a batch: similar length means little padding, the same prompt is read once.
        order = sorted(prompts, key=lambda index: (len(prompts[index]), prompts[index]))
        sampled = [
            (i, Row(requests[i], k, self._room(requests[i], prompts[i])))
            for i in order
            if not requests[i].beams
            for k in range(requests[i].n)
        ]
        beamed = sorted((i for i in order if requests[i].beams), key=lambda i: requests[i].beams)

        def run_samples(batch: list[tuple[int, Row]]) -> None:
            fresh = [Row(row.request, row.number, row.room) for _, row in batch]
            if all(row.request.late for row in fresh):
                for row in fresh:
                    row.ended_by = "late"
            else:
                self._sample([prompts[i] for i, _ in batch], fresh)
            for (i, _), row in zip(batch, fresh, strict=True):
                rows[i].append(row)

        def run_beams(batch: list[int]) -> None:
            for i, found in zip(batch, self._search(batch, requests, prompts), strict=True):
                rows[i] += found

        lost = self._in_batches(sampled, self.batch_size, run_samples)
        too_large = {index for index, _ in lost}
        for beams, group in groupby(beamed, key=lambda i: requests[i].beams):
            too_large |= set(self._in_batches(list(group), max(1, self.batch_size // beams), run_beams))
        for index in too_large:
            failed[index] = Failed(
                "One completion of this prompt alone does not fit into memory.", usage=Usage(failed=1)
            )
        return [
            failed[i] if i in failed else self._reply(request, prompts[i], rows[i], notes[i])
            for i, request in enumerate(requests)
        ]

    def _in_batches(self, items: list[Any], size: int, run: Callable[[list[Any]], None]) -> list[Any]:
        """Call `run` on slices of `items`; returns those that do not fit into memory even alone."""
        lost: list[Any] = []
        start = 0
        while start < len(items):
            batch = items[start : start + size]
            try:
                run(batch)
            except (RuntimeError, MemoryError) as error:
                if not is_out_of_memory(error):
                    raise
                full = True
            else:
                full = False
            # Outside the handler: the error's traceback would keep the tensors alive that filled the memory.
            if not full:
                start += size
                continue
            self.prefixes.clear()
            free_memory()
            if len(batch) == 1:
                lost += batch
                start += 1
            else:
                size = len(batch) // 2
                self.batch_size = min(self.batch_size, max(1, size))
        return lost

    def _sample(self, prompts: list[tuple[int, ...]], rows: list[Row]) -> None:
        import torch

        distinct = list(dict.fromkeys(prompts))
        stream = open_stream(self.checkpoint, distinct, self.prefixes)
        if len(distinct) < len(prompts):
            place = {prompt: index for index, prompt in enumerate(distinct)}
            stream.select(torch.tensor([place[p] for p in prompts], device=self.checkpoint.device))
        sample(stream, rows, self.checkpoint.end_ids, self._stopped)

    def _search(
        self, batch: list[int], requests: list[Request], prompts: dict[int, tuple[int, ...]]
    ) -> list[list[Row]]:
        from prover.models.beams import beam_search

        stream = open_stream(self.checkpoint, [prompts[i] for i in batch], self.prefixes)
        rows = [Row(requests[i], 0, self._room(requests[i], prompts[i])) for i in batch]
        return beam_search(stream, rows, self.checkpoint.end_ids, self._stopped)

    def _room(self, request: Request, prompt: tuple[int, ...]) -> int:
        if self.checkpoint.encoder_decoder:
            return request.max_tokens
        return min(request.max_tokens, self.checkpoint.limit - len(prompt))

    def _text(self, tokens: Sequence[int]) -> str:
        decoded: str = self.checkpoint.tokenizer.decode(
            list(tokens), skip_special_tokens=True, clean_up_tokenization_spaces=False
        )
        return decoded

    def _stopped(self, row: Row) -> bool:
        # A character is at most four tokens (bytes): a stop string that has just been completed lies in this tail.
        tail = self._text(row.tokens[-(4 * max(map(len, row.request.stop)) + 8) :])
        return any(stop in tail for stop in row.request.stop)

    def _reply(self, request: Request, prompt: tuple[int, ...], rows: list[Row], notes: list[str]) -> Reply:
        written = sum(len(row.tokens) for row in rows)
        usage = Usage(len(prompt), written, requests=1)
        good = [row for row in rows if row.ended_by not in ("nan", "late")]
        nan, late = (sum(row.ended_by == why for row in rows) for why in ("nan", "late"))
        if not good:
            return Failed(NAN if nan else LATE, transient=not nan, usage=usage + Usage(failed=1))
        if nan:
            notes = [*notes, f"{nan} completions were dropped. {NAN}"]
        if late:
            notes = [*notes, "The time was up before all completions were written."]
        elif not nan and len(good) < request.n:
            notes = [*notes, f"The beams found {len(good)} completions where {request.n} were wanted."]
        if not request.beams:
            good.sort(key=lambda row: row.number)
        return Answered(tuple(self._completion(row) for row in good), usage, tuple(notes), late=late > 0)

    def _completion(self, row: Row) -> Completion:
        text = self._text(row.tokens)
        if row.ended_by == "stop":
            found = [text.find(stop) for stop in row.request.stop]
            text = text[: min((at for at in found if at >= 0), default=len(text))]
        return Completion(
            text=text,
            tokens=len(row.tokens),
            logprob=math.fsum(row.logprobs) if row.request.logprobs else None,
            token_logprobs=tuple(row.logprobs) if row.request.logprobs else None,
            finish="length" if row.ended_by == "length" else "stop",
        )
