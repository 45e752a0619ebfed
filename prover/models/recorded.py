"""Generations from a file: replaying what a model once wrote, and writing such a file.

A recording is JSON lines. A line answers a request by its `prompt` (text, or the list of messages) or by its `id`:

    {"prompt": "...", "completions": [{"text": "...", "tokens": 7, "logprob": -3.2, "token_logprobs": [...]}]}
    {"id": "folio-000", "samples": ["...", "..."]}

A request for `n` completions gets the first `n` of its line. Not here: the cache (`cache.py`), which asks a model for
what it does not have; a recording never does.
"""

from __future__ import annotations

import gzip
import json
import math
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

from prover.models.errors import BadRequest, ModelMissing
from prover.models.protocol import Answered, Completion, Failed, Message, Model, Reply, Request, Usage


class RecordedModel:
    """Answers out of a recording; a prompt that is not in it is a `Failed` reply.

    Raises:
        ModelMissing: there is no such file.
        BadRequest: a line is no recording; the sentence says which and why.
    """

    def __init__(self, path: str | Path) -> None:
        self.path = Path(path).expanduser()
        self.name = f"recorded:{self.path}"
        self._usage = Usage()
        self._by_prompt: dict[str, list[Completion]] = {}
        self._by_id: dict[str, list[Completion]] = {}
        try:
            opened = gzip.open if self.path.suffix == ".gz" else open
            with opened(self.path, "rt", encoding="utf-8") as lines:
                for number, line in enumerate(lines, 1):
                    if line.strip():
                        self._read(line, f"{self.path}, line {number}")
        except (OSError, EOFError, UnicodeDecodeError) as error:
            reason = getattr(error, "strerror", None) or error
            raise ModelMissing(f"The recording {self.path} cannot be read: {reason}.") from error

    @property
    def usage(self) -> Usage:
        return self._usage

    def generate(self, requests: Sequence[Request]) -> list[Reply]:
        replies = [self._reply(request) for request in requests]
        self._usage = sum((reply.usage for reply in replies), self._usage)
        return replies

    async def agenerate(self, requests: Sequence[Request]) -> list[Reply]:
        return self.generate(requests)

    def close(self) -> None:
        self._by_prompt.clear()
        self._by_id.clear()

    def _reply(self, request: Request) -> Reply:
        found = self._by_prompt.get(_key(_plain(request.prompt)))
        if found is None:
            found = self._by_id.get(request.id)
        if found is None:
            named = f" (id {request.id!r})" if request.id else ""
            reason = f"The recording {self.path} has no answer to this prompt{named}."
            return Failed(reason, usage=Usage(failed=1))
        notes: tuple[str, ...] = ()
        if len(found) < request.n:
            notes = (f"The recording has {len(found)} completions where {request.n} were wanted.",)
        taken = tuple(found[: request.n])
        written = sum(c.tokens or 0 for c in taken)
        return Answered(taken, Usage(completion_tokens=written, requests=1), notes)

    def _read(self, line: str, where: str) -> None:
        try:
            body = json.loads(line)
        except ValueError as error:
            raise BadRequest(f"{where} is not JSON: {error}.") from error
        if not isinstance(body, dict) or not ("prompt" in body or "id" in body):
            raise BadRequest(f"{where} has neither `prompt` nor `id`.")
        samples = body.get("completions", body.get("samples"))
        if not isinstance(samples, list):
            raise BadRequest(f"{where} has no list `completions` or `samples`.")
        completions = [_completion(sample, where) for sample in samples]
        # Two lines with the same prompt are more completions of it.
        if "prompt" in body:
            self._by_prompt.setdefault(_key(body["prompt"]), []).extend(completions)
        if "id" in body:
            self._by_id.setdefault(str(body["id"]), []).extend(completions)


class Recorder:
    """`model`, with every answer appended to a recording that `RecordedModel` reads."""

    def __init__(self, model: Model, path: str | Path) -> None:
        self.model = model
        self.name = model.name
        self.path = Path(path).expanduser()

    @property
    def usage(self) -> Usage:
        return self.model.usage

    def generate(self, requests: Sequence[Request]) -> list[Reply]:
        return self._record(requests, self.model.generate(requests))

    async def agenerate(self, requests: Sequence[Request]) -> list[Reply]:
        return self._record(requests, await self.model.agenerate(requests))

    def close(self) -> None:
        self.model.close()

    def _record(self, requests: Sequence[Request], replies: list[Reply]) -> list[Reply]:
        with self.path.open("a", encoding="utf-8") as out:
            for request, reply in zip(requests, replies, strict=True):
                if isinstance(reply, Answered):
                    line: dict[str, Any] = {"id": request.id} if request.id else {}
                    line["prompt"] = _plain(request.prompt)
                    line["completions"] = [asdict(c) for c in reply.completions]
                    out.write(json.dumps(line, ensure_ascii=False) + "\n")
        return replies


def _plain(prompt: str | tuple[Message, ...]) -> Any:
    """The prompt as JSON has it."""
    return prompt if isinstance(prompt, str) else [asdict(message) for message in prompt]


def _key(plain: Any) -> str:
    return plain if isinstance(plain, str) else json.dumps(plain, sort_keys=True)


def _completion(sample: Any, where: str) -> Completion:
    if isinstance(sample, str):
        return Completion(sample)
    if not isinstance(sample, dict) or not isinstance(sample.get("text"), str):
        raise BadRequest(f"{where}: a completion is a text, or an object with `text`.")
    each, logprob, tokens = sample.get("token_logprobs"), sample.get("logprob"), sample.get("tokens")
    if each is not None and not (isinstance(each, list) and all(isinstance(x, int | float) for x in each)):
        raise BadRequest(f"{where}: `token_logprobs` is a list of numbers.")
    if logprob is None and each is not None:
        logprob = math.fsum(each)
    if not isinstance(logprob, int | float | None) or not isinstance(tokens, int | None):
        raise BadRequest(f"{where}: `logprob` and `tokens` are numbers.")
    return Completion(
        text=sample["text"],
        tokens=len(each) if tokens is None and each is not None else tokens,
        logprob=logprob,
        token_logprobs=None if each is None else tuple(each),
        finish="length" if sample.get("finish") == "length" else "stop",
    )
