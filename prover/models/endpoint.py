"""Models behind an OpenAI-compatible HTTP endpoint: OpenAI, vLLM, Ollama, llama.cpp, TGI and others.

Requests of a batch run side by side up to a limit, each with its own retries; what fails is a `Failed` with one
sentence, and the rest goes on. Not here: streaming, tools, images; what goes over the wire (`wire.py`).
"""

from __future__ import annotations

import asyncio
import os
import threading
import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from typing import Any
from urllib.parse import urlsplit, urlunsplit

from prover.models import wire
from prover.models.errors import BadRequest, ModelMissing
from prover.models.protocol import LATE, Answered, Completion, Failed, Reply, Request, Usage, total

DEFAULT_URL = "https://api.openai.com/v1"
URL_VARIABLES = ("ENTAILS_BASE_URL", "OPENAI_BASE_URL")
KEY_VARIABLES = ("ENTAILS_API_KEY", "OPENAI_API_KEY")

# An answer longer than this is no answer.
MAX_BYTES = 64 << 20
CONNECT_SECONDS = 10.0


@dataclass(slots=True)
class _Batch:
    """What the requests of one call share."""

    client: Any
    slots: asyncio.Semaphore
    # Set once the endpoint could not be reached for all attempts: the others then try once, not six times.
    down: bool = False


@dataclass(slots=True)
class _Gathered:
    completions: list[Completion] = field(default_factory=list)
    usage: Usage = field(default_factory=Usage)
    notes: list[str] = field(default_factory=list)


class EndpointModel:
    """The model `MODEL` of an endpoint; `MODEL@URL` names the endpoint too.

    Args:
        base_url: with the version, such as `http://localhost:8000/v1`; None reads ENTAILS_BASE_URL, then
            OPENAI_BASE_URL, and is OpenAI's otherwise.
        api_key: None reads ENTAILS_API_KEY, then OPENAI_API_KEY. Servers of one's own may need none.
        concurrency: most requests under way at a time.
        timeout: seconds for one attempt.
        attempts: tries per request.
        longest_wait: seconds; a server that asks to wait for longer is not waited for.
        prices: of a million prompt and completion tokens, for `Usage.cost`.

    Raises:
        ModelMissing: no key where OpenAI itself is asked.
        BadRequest: an option makes no sense.
    """

    def __init__(
        self,
        model: str,
        *,
        base_url: str | None = None,
        api_key: str | None = None,
        concurrency: int = 8,
        timeout: float = 120.0,
        attempts: int = 6,
        longest_wait: float = 120.0,
        prices: tuple[float, float] | None = None,
    ) -> None:
        self.model, at, url = model.partition("@http")
        base_url = (at[1:] + url if at else base_url) or _first(URL_VARIABLES) or DEFAULT_URL
        self.base_url = base_url.rstrip("/")
        parts = urlsplit(self.base_url)
        if parts.scheme not in ("http", "https") or not parts.hostname:
            raise BadRequest(f"The base URL {base_url!r} is no address: it looks like http://localhost:8000/v1.")
        if concurrency < 1 or attempts < 1 or timeout <= 0:
            raise BadRequest("`concurrency`, `attempts` and `timeout` must be positive.")
        self._key = api_key or _first(KEY_VARIABLES)
        if not self._key and self.base_url == DEFAULT_URL:
            raise ModelMissing(
                f"No key for {DEFAULT_URL}: export OPENAI_API_KEY=…, or OPENAI_BASE_URL=… for another server."
            )
        host = parts.hostname + (f":{parts.port}" if parts.port else "")
        # Without user and password, which a URL may hold: names go into logs and cache keys.
        self._where = urlunsplit((parts.scheme, host, parts.path, "", ""))
        self.name = f"openai:{self.model}@{self._where}"
        self.concurrency = concurrency
        self.timeout = timeout
        self.attempts = attempts
        self.longest_wait = longest_wait
        self.prices = prices
        self._usage = Usage()
        self._counting = threading.Lock()
        self._dialect = wire.Dialect()

    @property
    def usage(self) -> Usage:
        return self._usage

    def generate(self, requests: Sequence[Request]) -> list[Reply]:
        try:
            asyncio.get_running_loop()
        except RuntimeError:
            return asyncio.run(self.agenerate(requests))
        # Called from a coroutine or a notebook, whose loop cannot be entered twice.
        with ThreadPoolExecutor(1) as pool:
            return pool.submit(asyncio.run, self.agenerate(requests)).result()

    async def agenerate(self, requests: Sequence[Request]) -> list[Reply]:
        import httpx

        headers = {"Authorization": f"Bearer {self._key}"} if self._key else {}
        limits = httpx.Limits(max_connections=self.concurrency)
        timeout = httpx.Timeout(self.timeout, connect=min(self.timeout, CONNECT_SECONDS))
        async with httpx.AsyncClient(headers=headers, timeout=timeout, limits=limits) as client:
            batch = _Batch(client, asyncio.Semaphore(self.concurrency))
            replies = await asyncio.gather(*(self._answer(request, batch) for request in requests))
        with self._counting:
            self._usage += total(replies)
        return list(replies)

    def close(self) -> None:
        """Nothing is kept open between calls."""

    async def _answer(self, request: Request, batch: _Batch) -> Reply:
        gathered = _Gathered()
        try:
            if request.beams:
                raise wire.Refused("An endpoint has no beam search: sample at a temperature above 0 instead.")
            async with batch.slots:
                # Ollama and llama.cpp return one completion whatever `n` says: the rest is asked for again.
                while len(gathered.completions) < request.n:
                    if request.late:
                        raise wire.Transient(LATE)
                    await self._ask(request, batch, gathered)
        except wire.Trouble as trouble:
            if not gathered.completions:
                usage = gathered.usage + Usage(failed=1)
                return Failed(str(trouble), transient=isinstance(trouble, wire.Transient), usage=usage)
            gathered.notes.append(f"Only {len(gathered.completions)} of {request.n} completions came: {trouble}")
        usage = gathered.usage
        if self.prices:
            cost = (usage.prompt_tokens * self.prices[0] + usage.completion_tokens * self.prices[1]) / 1e6
            usage = replace(usage, cost=cost)
        late = request.late and len(gathered.completions) < request.n
        return Answered(tuple(gathered.completions[: request.n]), usage, tuple(gathered.notes), late=late)

    async def _ask(self, request: Request, batch: _Batch, gathered: _Gathered) -> None:
        """One exchange, with retries; adapts the dialect where the server refuses a field."""
        missing = request.n - len(gathered.completions)
        while True:
            asked = self._dialect
            path, body = asked.body(self.model, request, missing, len(gathered.completions))
            try:
                parsed = await self._with_retries(path, body, batch, request)
                found, usage = wire.read(parsed, request)
            except wire.Refused as refused:
                # Another request of the batch may have adapted it in the meantime: then just ask again.
                changed = self._dialect if self._dialect != asked else asked.adapted(refused, path)
                if changed is None:
                    raise
                self._dialect = changed
                continue
            gathered.completions += found
            gathered.usage += usage
            if note := asked.note(request):
                gathered.notes = [note]
            return

    async def _with_retries(self, path: str, body: dict[str, Any], batch: _Batch, request: Request) -> Any:
        import tenacity

        backoff = tenacity.wait_random_exponential(multiplier=0.5, max=30)

        def wait(state: tenacity.RetryCallState) -> float:
            trouble = state.outcome.exception() if state.outcome else None
            asked = getattr(trouble, "retry_after", None)
            return backoff(state) if asked is None else asked

        def stop(state: tenacity.RetryCallState) -> bool:
            # With no time left for another attempt, the trouble that was met is the answer.
            next_try = time.monotonic() + state.upcoming_sleep
            spent = request.deadline is not None and next_try >= request.deadline
            return state.attempt_number >= self.attempts or batch.down or spent

        def worth_it(error: BaseException) -> bool:
            return isinstance(error, wire.Transient) and (error.retry_after or 0) <= self.longest_wait

        retrying = tenacity.AsyncRetrying(
            wait=wait, stop=stop, retry=tenacity.retry_if_exception(worth_it), reraise=True
        )
        try:
            return await retrying(self._post, path, body, batch, request)
        except wire.Unreachable:
            batch.down = True
            raise

    async def _post(self, path: str, body: dict[str, Any], batch: _Batch, request: Request) -> Any:
        """One attempt.

        Raises:
            wire.Trouble: it came to nothing; `Transient` where another attempt may succeed.
        """
        import httpx

        url = f"{self.base_url}/{path}"
        seconds = self.timeout
        if request.deadline is not None:
            seconds = max(0.01, min(seconds, request.deadline - time.monotonic()))

        async def exchange() -> tuple[int, Any, bytes]:
            async with batch.client.stream("POST", url, json=body) as response:
                received = bytearray()
                async for chunk in response.aiter_bytes():
                    received += chunk
                    if len(received) > MAX_BYTES:
                        raise wire.Transient(f"The endpoint {self._where} sent more than {MAX_BYTES >> 20} MB.")
                return response.status_code, response.headers, bytes(received)

        try:
            # A limit on the whole: a server that sends a byte now and then would never time out otherwise.
            status, headers, content = await asyncio.wait_for(exchange(), seconds)
        except (asyncio.TimeoutError, httpx.ReadTimeout, httpx.WriteTimeout, httpx.PoolTimeout) as error:
            raise wire.Transient(f"The endpoint {self._where} did not answer within {seconds:.3g} s.") from error
        except (httpx.ConnectError, httpx.ConnectTimeout) as error:
            raise wire.Unreachable(f"The endpoint {self._where} cannot be reached: {error}.") from error
        except UnicodeError as error:
            raise wire.Refused("The prompt holds half a surrogate pair, which cannot be sent.") from error
        except (httpx.HTTPError, httpx.InvalidURL) as error:
            detail = str(error) or type(error).__name__
            raise wire.Transient(f"The connection to {self._where} broke off: {detail}.") from error
        return wire.checked(status, headers, content, self._where, keyed=bool(self._key))


def _first(variables: Sequence[str]) -> str | None:
    return next((value for name in variables if (value := os.environ.get(name))), None)
