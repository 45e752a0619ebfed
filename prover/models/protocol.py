"""What every language model of the product is asked and answers: requests, completions, usage.

Not here: any model. `open_model` (in `registry.py`) makes one from its specification. Nothing in this
package knows Lean or logic.

A model is asked in batches. The reply to each request is one of two values, `Answered` or `Failed`, in the order of
the requests, so that one bad request never costs the rest of a batch.
"""

from __future__ import annotations

import time
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, fields
from typing import Literal, Protocol, TypeAlias, runtime_checkable

from prover.models.errors import BadRequest

Role: TypeAlias = Literal["system", "user", "assistant"]
Finish: TypeAlias = Literal["stop", "length"]


@dataclass(frozen=True, slots=True)
class Message:
    """One turn of a chat."""

    role: Role
    content: str


@dataclass(frozen=True, slots=True)
class Request:
    """`n` completions of one prompt.

    prompt: text to be continued, or the messages of a chat (a backend applies the model's own chat template).
    n: how many completions.
    temperature: 0 is greedy.
    top_p: nucleus; 1 is off.
    max_tokens: at most so many tokens are generated.
    stop: strings that end a completion; they are not part of its text.
    seed: the same seed gives the same completions where the backend can keep that promise.
    beams: 0 is no beam search, otherwise the number of beams (at least `n`, at temperature 0); the
        completions then come best first.
    logprobs: whether log-probabilities are wanted.
    id: the caller's name for the question, not shown to the model and no part of the cache's key;
        recordings may be looked up by it.
    deadline: of `time.monotonic()`; what is not written by then is not waited for. No part of the cache's key either.

    Raises:
        BadRequest: the fields contradict each other.
    """

    prompt: str | tuple[Message, ...]
    n: int = 1
    temperature: float = 0.0
    top_p: float = 1.0
    max_tokens: int = 256
    stop: tuple[str, ...] = ()
    seed: int | None = None
    beams: int = 0
    logprobs: bool = True
    id: str = ""
    deadline: float | None = None

    @property
    def late(self) -> bool:
        """Whether its deadline has passed."""
        return self.deadline is not None and time.monotonic() >= self.deadline

    def __post_init__(self) -> None:
        if not self.prompt:
            raise BadRequest("The prompt is empty.")
        if not isinstance(self.prompt, str | tuple):
            raise BadRequest(f"A prompt is a text or a tuple of messages, not {type(self.prompt).__name__}.")
        if isinstance(self.stop, str) or not all(self.stop):
            raise BadRequest("`stop` is a tuple of non-empty strings.")
        if self.n < 1 or self.max_tokens < 1:
            raise BadRequest("`n` and `max_tokens` must be at least 1.")
        if not self.temperature >= 0:
            raise BadRequest(f"The temperature must not be negative (it is {self.temperature}).")
        if not 0 < self.top_p <= 1:
            raise BadRequest(f"`top_p` must lie in (0, 1] (it is {self.top_p}).")
        if self.beams and (self.beams < self.n or self.temperature > 0):
            raise BadRequest("Beam search needs at least as many beams as completions, and temperature 0.")
        if self.n > 1 and not self.beams and self.temperature == 0:
            raise BadRequest(
                f"{self.n} samples at temperature 0 would all be the same: raise the temperature or set `beams`."
            )


@dataclass(frozen=True, slots=True)
class Completion:
    """One text a model wrote.

    tokens: how many tokens were generated, the end token included; None where the backend does not say.
    logprob: sum of the natural log-probabilities of those tokens under the model's own distribution
        (temperature 1, no nucleus), the end token included; None where the backend does not give it.
    token_logprobs: the summands, `[tokens]`.
    finish: "stop" for an end token or stop string, "length" where `max_tokens` cut it.
    """

    text: str
    tokens: int | None = None
    logprob: float | None = None
    token_logprobs: tuple[float, ...] | None = None
    finish: Finish = "stop"

    @property
    def mean_logprob(self) -> float | None:
        """Log-probability per token: comparable between completions of different length."""
        return None if self.logprob is None or not self.tokens else self.logprob / self.tokens


@dataclass(frozen=True, slots=True)
class Usage:
    """What was spent. cost is in the currency of the prices given to the endpoint; None: no prices known.

    requests counts prompts sent to the model, cached those the cache answered (they cost nothing).
    """

    prompt_tokens: int = 0
    completion_tokens: int = 0
    requests: int = 0
    cached: int = 0
    failed: int = 0
    cost: float | None = None

    def __add__(self, other: Usage) -> Usage:
        counts = [f.name for f in fields(self) if f.name != "cost"]
        summed = {name: getattr(self, name) + getattr(other, name) for name in counts}
        costs = [c for c in (self.cost, other.cost) if c is not None]
        return Usage(**summed, cost=sum(costs) if costs else None)


@dataclass(frozen=True, slots=True)
class Answered:
    """The completions of one request (`n` of them, fewer only where `notes` says why).

    notes: what the user should know, such as a prompt that had to be cut; one sentence each. late: the deadline came
        first, so that asking again may give more; never kept in a cache.
    """

    completions: tuple[Completion, ...]
    usage: Usage = field(default_factory=Usage)
    notes: tuple[str, ...] = ()
    cached: bool = False
    late: bool = False


@dataclass(frozen=True, slots=True)
class Failed:
    """One request came to nothing; `reason` is one sentence. transient: another try may succeed."""

    reason: str
    transient: bool = False
    usage: Usage = field(default_factory=Usage)


Reply: TypeAlias = Answered | Failed


@dataclass(frozen=True, slots=True)
class Score:
    """Log-probability of one given continuation, and of each of its tokens."""

    logprob: float
    token_logprobs: tuple[float, ...]

    @property
    def tokens(self) -> int:
        return len(self.token_logprobs)


@runtime_checkable
class Model(Protocol):
    """A language model. `name` is what reports and cache keys call it, with all that changes answers."""

    name: str

    @property
    def usage(self) -> Usage:
        """What was spent since the model was opened."""
        ...

    def generate(self, requests: Sequence[Request]) -> list[Reply]:
        """One reply per request, in order.

        Raises:
            ModelError: nothing at all can be generated (missing package, key or checkpoint).
        """
        ...

    async def agenerate(self, requests: Sequence[Request]) -> list[Reply]:
        """The same, without blocking the event loop."""
        ...

    def close(self) -> None:
        """Give back memory and connections; the model is not used afterwards."""
        ...


@runtime_checkable
class Scorer(Protocol):
    """A model that can also say how probable given continuations are (checkpoints can, endpoints cannot)."""

    def score(self, prompt: str | tuple[Message, ...], continuations: Sequence[str]) -> list[Score]:
        """Score all `continuations` of one prompt in one pass that shares the prompt's work, in order."""
        ...


LATE = "The time was up before the model had written anything."


def total(replies: Iterable[Reply]) -> Usage:
    """What these replies cost together."""
    usage = Usage()
    for reply in replies:
        usage += reply.usage
    return usage
