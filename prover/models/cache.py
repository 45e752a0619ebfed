"""The exact response cache on disk: a repeated run is free and gives the same answers.

Exact means: the key holds everything that can change the reply (the model's name with its settings, the request but for
`id` and `deadline`), and sampled completions are kept as well as greedy ones: at temperature 0.8 a second
run gets the first run's samples. Two requests that differ only in `seed` are different requests. Failures
are never kept, nor is what a deadline cut short.

Not here: similarity of prompts, expiry. Delete the folder to forget.
"""

from __future__ import annotations

import asyncio
import hashlib
import json
from collections.abc import Iterator, Sequence
from dataclasses import asdict, replace
from itertools import islice
from pathlib import Path

from prover.models.errors import BadRequest, ModelMissing
from prover.models.protocol import Answered, Completion, Message, Model, Reply, Request, Score, Scorer, Usage

# Part of every key: raise it when the meaning of a stored answer changes.
FORMAT = 1
SIZE_LIMIT_BYTES = 8 << 30


def request_key(model_name: str, request: Request) -> str:
    """SHA-256 over everything that can change the reply to `request`."""
    fields = asdict(request)
    del fields["id"], fields["deadline"]
    body = json.dumps([FORMAT, model_name, fields], sort_keys=True, ensure_ascii=False)
    return hashlib.sha256(body.encode("utf-8", "surrogatepass")).hexdigest()


class CachedModel:
    """`model`, asked only what it was never asked before.

    Requests of one batch with the same key are asked once. A batch is sent in slices of `slice_size` and each is
    stored when the backend returns it, so that a run that is stopped loses at most one slice.

    Raises:
        ModelMissing: the cache folder cannot be opened.
    """

    def __init__(self, model: Model, folder: Path | None = None, slice_size: int = 32) -> None:
        import diskcache

        if folder is None:
            import platformdirs

            folder = Path(platformdirs.user_cache_dir("entails")) / "models"
        self.name = model.name
        self.model = model
        self._slice = slice_size
        self._usage = Usage()
        try:
            self._store = diskcache.Cache(str(folder), size_limit=SIZE_LIMIT_BYTES, eviction_policy="none")
        except Exception as error:  # sqlite and OS errors alike
            raise ModelMissing(f"The response cache {folder} cannot be opened: {error}.") from error

    @property
    def usage(self) -> Usage:
        """What the model behind the cache spent, and how many requests the cache answered."""
        return self.model.usage + self._usage

    @property
    def prompt_format(self) -> str | None:
        """As of the model behind the cache."""
        return getattr(self.model, "prompt_format", None)

    def generate(self, requests: Sequence[Request]) -> list[Reply]:
        keys, known, ask = self._look_up(requests)
        for slice_ in self._slices(ask):
            self._keep(slice_, self.model.generate(list(slice_.values())), known)
        return self._replies(keys, known, ask)

    async def agenerate(self, requests: Sequence[Request]) -> list[Reply]:
        keys, known, ask = await asyncio.to_thread(self._look_up, requests)
        for slice_ in self._slices(ask):
            self._keep(slice_, await self.model.agenerate(list(slice_.values())), known)
        return self._replies(keys, known, ask)

    def score(self, prompt: str | tuple[Message, ...], continuations: Sequence[str]) -> list[Score]:
        """The backend's scores (not cached: they cost one pass).

        Raises:
            BadRequest: the backend gives none.
        """
        if not isinstance(self.model, Scorer):
            raise BadRequest(f"{self.name} cannot score given texts: that takes a checkpoint.")
        return self.model.score(prompt, continuations)

    def _look_up(self, requests: Sequence[Request]) -> tuple[list[str], dict[str, Reply], dict[str, Request]]:
        """The key of each request, the replies that are stored, and what is to be asked (each key once)."""
        keys = [request_key(self.name, request) for request in requests]
        known: dict[str, Reply] = {}
        ask: dict[str, Request] = {}
        for key, request in zip(keys, requests, strict=True):
            if key in known or key in ask:
                continue
            stored = self._store.get(key)
            reply = None if stored is None else _read(stored)
            if reply is None:
                ask[key] = request
            else:
                known[key] = reply
        return keys, known, ask

    def _slices(self, ask: dict[str, Request]) -> Iterator[dict[str, Request]]:
        pairs = iter(ask.items())
        while slice_ := dict(islice(pairs, self._slice)):
            yield slice_

    def _keep(self, asked: dict[str, Request], replies: list[Reply], known: dict[str, Reply]) -> None:
        for key, reply in zip(asked, replies, strict=True):
            known[key] = reply
            if isinstance(reply, Answered) and not reply.late:
                self._store.set(key, _written(reply))

    def _replies(self, keys: list[str], known: dict[str, Reply], asked: dict[str, Request]) -> list[Reply]:
        """In the order of the requests; what was not paid for in this call has no tokens in its usage."""
        replies: list[Reply] = []
        paid: set[str] = set()
        for key in keys:
            reply = known[key]
            if key not in asked or key in paid:
                if isinstance(reply, Answered):
                    reply = replace(reply, usage=Usage(cached=1), cached=True)
                    self._usage += reply.usage
                else:
                    reply = replace(reply, usage=Usage())
            paid.add(key)
            replies.append(reply)
        return replies

    def close(self) -> None:
        self._store.close()
        self.model.close()


def _written(reply: Answered) -> str:
    return json.dumps({"completions": [asdict(c) for c in reply.completions], "notes": reply.notes})


def _read(stored: object) -> Answered | None:
    """None where the entry is not one of ours (cut off, or of another version): it is asked again."""
    try:
        body = json.loads(stored if isinstance(stored, str) else "")
        completions = []
        for fields in body["completions"]:
            each = fields["token_logprobs"]
            fields["token_logprobs"] = None if each is None else tuple(each)
            completions.append(Completion(**fields))
        return Answered(tuple(completions), notes=tuple(body["notes"]))
    except (ValueError, KeyError, TypeError):
        return None
