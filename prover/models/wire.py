"""What goes over the wire to an OpenAI-compatible endpoint, and what its answers mean.

Servers differ in which fields they take; `Dialect` holds what was learnt about one. Not here: HTTP (`endpoint.py`).
"""

from __future__ import annotations

import email.utils
import json
import math
import time
from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from typing import Any

from prover.models.protocol import Completion, Request, Usage

# OpenAI's limit; what is more is cut off here.
MAX_STOPS = 4


class Trouble(Exception):
    """A request came to nothing; the message is one sentence."""


class Refused(Trouble):
    """The server will not do it, however often it is asked. reason: what it said."""

    def __init__(self, sentence: str, status: int = 0, reason: str = "") -> None:
        super().__init__(sentence)
        self.status = status
        self.reason = reason


class Transient(Trouble):
    """Another attempt may succeed, not before `retry_after` seconds if the server said so."""

    def __init__(self, sentence: str, retry_after: float | None = None) -> None:
        super().__init__(sentence)
        self.retry_after = retry_after


class Unreachable(Transient):
    """Nobody is listening there."""


@dataclass(frozen=True, slots=True)
class Dialect:
    """Which fields a server takes; starts with all, and `adapted` drops what it refuses."""

    completions: bool = True
    logprobs: bool = True
    seed: bool = True
    several: bool = True
    limit_field: str = "max_tokens"

    def body(self, model: str, request: Request, n: int, before: int) -> tuple[str, dict[str, Any]]:
        """Path and JSON body that ask for `n` completions; `before` were had already."""
        body: dict[str, Any] = {
            "model": model,
            "temperature": request.temperature,
            "top_p": request.top_p,
            self.limit_field: request.max_tokens,
        }
        if request.stop:
            body["stop"] = list(request.stop[:MAX_STOPS])
        if n > 1 and self.several:
            body["n"] = n
        if request.seed is not None and self.seed:
            # Asked again with the same seed, a server would write the same completion again.
            body["seed"] = request.seed + before
        chat = not isinstance(request.prompt, str) or not self.completions
        if request.logprobs and self.logprobs:
            body["logprobs"] = True if chat else 1
        if not chat:
            return "completions", body | {"prompt": request.prompt}
        if isinstance(request.prompt, str):
            turns = [{"role": "user", "content": request.prompt}]
        else:
            turns = [asdict(message) for message in request.prompt]
        return "chat/completions", body | {"messages": turns}

    def adapted(self, refused: Refused, path: str) -> Dialect | None:
        """The dialect without what the server refused; None where it refused the request itself."""
        said = refused.reason.lower()
        if self.completions and path == "completions" and (refused.status in (404, 405) or "chat model" in said):
            # A model that does not exist is a 404 too: then the chat path says so next.
            return replace(self, completions=False)
        if refused.status not in (400, 422):
            return None
        if self.limit_field == "max_tokens" and "max_completion_tokens" in said:
            return replace(self, limit_field="max_completion_tokens")
        if self.logprobs and "logprobs" in said:
            return replace(self, logprobs=False)
        if self.seed and "seed" in said:
            return replace(self, seed=False)
        if self.several and ("'n'" in said or '"n"' in said or "n > 1" in said or "n must be" in said):
            return replace(self, several=False)
        return None

    def note(self, request: Request) -> str:
        """What the user should know about an answer in this dialect; "" for nothing."""
        said = []
        if isinstance(request.prompt, str) and not self.completions:
            said.append("the prompt was sent as a chat message")
        if request.seed is not None and not self.seed:
            said.append("the seed was not used")
        if request.logprobs and not self.logprobs:
            said.append("there are no log-probabilities")
        return f"The endpoint does not do all that was asked: {', '.join(said)}." if said else ""


def checked(status: int, headers: Mapping[str, str], content: bytes, where: str, keyed: bool) -> Any:
    """The JSON of a good answer.

    Raises:
        Refused, Transient: a status other than 200, or no JSON.
    """
    text = content.decode("utf-8", "replace")
    try:
        parsed = json.loads(text)
    except (ValueError, RecursionError):
        parsed = None
    said = _reason(parsed, text)
    if status == 200:
        if parsed is None:
            what = f"something that is not JSON ({text[:60]!r})" if text.strip() else "nothing"
            raise Transient(f"The endpoint {where} answered {what}.")
        return parsed
    detail = f": {said}" if said else ""
    if status in (401, 403):
        hint = "refused the key" if keyed else "wants a key: export OPENAI_API_KEY=…"
        raise Refused(f"The endpoint {where} {hint} ({status}{detail}).", status, said)
    if status == 429 and "quota" in said.lower():
        raise Refused(f"The quota at {where} is used up (429{detail}).", status, said)
    if status in (408, 409, 425, 429) or status >= 500:
        what = "has too many requests" if status == 429 else "has a problem"
        raise Transient(f"The endpoint {where} {what} ({status}{detail}).", _retry_after(headers))
    raise Refused(f"The endpoint {where} refused the request ({status}{detail}).", status, said)


def read(parsed: Any, request: Request) -> tuple[list[Completion], Usage]:
    """Completions and usage of an answer.

    Raises:
        Refused: the JSON is no answer, or has no completion in it.
    """
    choices = parsed.get("choices") if isinstance(parsed, dict) else None
    if not isinstance(choices, list):
        raise Refused(f"The endpoint answered JSON without `choices`: {json.dumps(parsed)[:80]}")
    found = [c for choice in choices if (c := _completion(choice, request)) is not None]
    if not found:
        raise Refused("The endpoint answered without any text.")
    counts = parsed.get("usage")
    counts = counts if isinstance(counts, dict) else {}
    usage = Usage(_count(counts, "prompt_tokens"), _count(counts, "completion_tokens"), requests=1)
    if len(found) == 1 and found[0].tokens is None and usage.completion_tokens:
        found = [replace(found[0], tokens=usage.completion_tokens)]
    return found, usage


def _completion(choice: Any, request: Request) -> Completion | None:
    if not isinstance(choice, dict):
        return None
    message = choice.get("message")
    text = message.get("content") if isinstance(message, dict) else choice.get("text")
    if not isinstance(text, str):
        return None
    each = _logprobs(choice.get("logprobs")) if request.logprobs else None
    cut = min((at for stop in request.stop if (at := text.find(stop)) >= 0), default=None)
    if cut is not None:
        # The server did not stop there: its log-probabilities belong to a longer text.
        text, each = text[:cut], None
    return Completion(
        text=text,
        tokens=None if each is None else len(each),
        logprob=None if each is None else math.fsum(each),
        token_logprobs=each,
        finish="length" if choice.get("finish_reason") == "length" and cut is None else "stop",
    )


def _logprobs(value: Any) -> tuple[float, ...] | None:
    if not isinstance(value, dict):
        return None
    if isinstance(value.get("content"), list):  # chat
        each: Any = [token.get("logprob") if isinstance(token, dict) else None for token in value["content"]]
    else:
        each = value.get("token_logprobs")
    if not isinstance(each, list) or not each:
        return None
    if not all(isinstance(x, int | float) and math.isfinite(x) for x in each):
        return None
    return tuple(float(x) for x in each)


def _count(counts: dict[str, Any], name: str) -> int:
    value = counts.get(name)
    return value if isinstance(value, int) and value > 0 else 0


def _reason(parsed: Any, text: str) -> str:
    """What the server says went wrong, in one line."""
    error = parsed.get("error", parsed.get("detail", parsed.get("message"))) if isinstance(parsed, dict) else text
    if isinstance(error, dict):
        error = " ".join(str(error[key]) for key in ("message", "code") if error.get(key))
    return " ".join(str(error or "").split())[:200]


def _retry_after(headers: Mapping[str, str]) -> float | None:
    """Seconds of a Retry-After header, which has seconds or a date (RFC 9110, section 10.2.3)."""
    value = headers.get("retry-after")
    if not value:
        return None
    try:
        seconds = float(value)
    except ValueError:
        try:
            seconds = email.utils.parsedate_to_datetime(value).timestamp() - time.time()
        except (TypeError, ValueError):
            return None
    return max(0.0, seconds) if math.isfinite(seconds) else None
