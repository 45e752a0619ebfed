"""Calls of generator, checker and critic, whatever they answer: nothing they do ends a search unasked.

Not here: what the answers mean for the graph (search/drive.py). A call that raises, or answers with the wrong
shape, is tried again one state at a time, so that one bad state does not cost its whole batch; what raises
again is counted and taken as "no candidates", `Crashed` or "no opinion". A part that fails
`Options.max_failures` times in a row has failed for good: `PartFailed` for generator and checker, while a
search without its critic goes on.
"""

from __future__ import annotations

import asyncio
import inspect
import math
import threading
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from search.errors import ProtocolError
from search.options import Options
from search.protocols import Checker, Crashed, Critic, Generator, Outcome, Request, State
from search.results import Statistics, Stop

MAX_DISTANCE = 1e6  # keeps sums of distances finite
GRACE_SECONDS = 2.0  # for a checker to return after `interrupt`


class PartFailed(Exception):
    """A part of the search gave up; carries the reason to stop."""

    def __init__(self, stop: Stop, detail: str) -> None:
        super().__init__(detail)
        self.stop = stop


class Interrupted(Exception):
    """Ctrl-C arrived in a call; an Exception, as asyncio lets a KeyboardInterrupt tear down its loop."""


class Calls:
    """The three parts of one search behind guarded calls."""

    def __init__(
        self,
        generator: Generator,
        checker: Checker,
        critic: Critic | None,
        options: Options,
        statistics: Statistics,
        warn: Callable[[str], None],
    ) -> None:
        self.generator = generator
        self.checker = checker
        self.critic = critic
        self.options = options
        self.statistics = statistics
        self.warn = warn
        # A coroutine is stopped by cancelling it; only a plain method needs to be told, and so to be watched.
        waits = inspect.iscoroutinefunction(checker.check)
        self._check_call: Callable[..., Any] = checker.check if waits else self._run_check
        self._checking = 0  # plain calls of the checker that have not returned
        self._lock = threading.Lock()
        self.in_call = False  # a part runs in this thread: Ctrl-C may raise there without harm to the graph
        self._failures = {"generator": 0, "checker": 0, "critic": 0}
        self._reasons: dict[str, str] = {}  # of the latest failure
        self._tokens = 0
        self._opinions = 0
        self._mean = 0.0
        self._executor: ThreadPoolExecutor | None = None
        threads = options.overlapping if options.threads is None else options.threads
        parts = (generator.propose, checker.check, *([critic.score] if critic is not None else []))
        # Whether calls give the event loop a turn, so that others can work, or stop the search, meanwhile.
        self.waits = threads or any(map(inspect.iscoroutinefunction, parts))
        if threads:
            self._executor = ThreadPoolExecutor(options.workers + 2, thread_name_prefix="search")

    def interrupt_checks(self) -> None:
        """Tell the checker to return, where it is at work (an idle one could take it for its next call)."""
        interrupt = getattr(self.checker, "interrupt", None)
        if interrupt is not None and self._checking:
            interrupt()

    async def shut_down(self) -> None:
        """Let go of calls that still run in threads.

        A checker that can be interrupted is given a moment to return, since whoever uses it next must not
        meet it at work; other calls end by themselves.
        """
        if self._executor is None:
            return
        self._executor.shutdown(wait=False, cancel_futures=True)
        if hasattr(self.checker, "interrupt"):
            until = time.monotonic() + GRACE_SECONDS
            while self._checking and time.monotonic() < until:
                await asyncio.sleep(0.002)

    async def _call(self, function: Callable[..., Any], *arguments: Any) -> Any:
        if self._executor is not None and not inspect.iscoroutinefunction(function):
            loop = asyncio.get_running_loop()
            try:
                answer = await loop.run_in_executor(self._executor, function, *arguments)
            except KeyboardInterrupt:
                raise Interrupted from None
        else:
            try:
                self.in_call = True
                answer = function(*arguments)
            except KeyboardInterrupt:
                raise Interrupted from None
            finally:
                self.in_call = False
        # A plain list is the usual answer, and `isawaitable` costs as much as inserting a node.
        return await answer if type(answer) is not list and inspect.isawaitable(answer) else answer

    def _failed(self, part: str, error: Exception, give_up: Stop | None) -> None:
        """Count a failed call; raises `PartFailed` when it was one too many."""
        count = f"{part}_errors"
        setattr(self.statistics, count, getattr(self.statistics, count) + 1)
        self._failures[part] += 1
        reason = f"{type(error).__name__}: {error}".strip()[:500]
        self._reasons[part] = reason
        self.warn(f"the {part} failed: {reason}")
        if self._failures[part] >= self.options.max_failures and give_up is not None:
            raise PartFailed(give_up, f"the {part} failed {self._failures[part]} times in a row: {reason}")

    def failing(self) -> PartFailed | None:
        """The part whose last call failed, if any: with it, a search that finds nothing has not found out."""
        for part, stop in (("generator", Stop.GENERATOR_FAILED), ("checker", Stop.CHECKER_FAILED)):
            if self._failures[part]:
                reason = self._reasons[part]
                return PartFailed(stop, f"the {part} failed on the last states it was asked about: {reason}")
        return None

    async def propose(self, states: Sequence[State]) -> tuple[list[list[tuple[str, float]]], int]:
        """Candidates for each state, made fit for use (valid, each action once, at most `max_actions`), and
        the tokens they cost.
        """
        began = time.perf_counter()
        try:
            answers = await self._propose(states)
        finally:
            self.statistics.generator_seconds += time.perf_counter() - began
        self._tokens = 0
        return [self._clean(answer) for answer in answers], self._tokens

    async def _propose(self, states: Sequence[State], again: bool = True) -> Sequence[Sequence[Any]]:
        try:
            answers = _as_many(await self._call(self.generator.propose, states), states, "generator")
            self._failures["generator"] = 0
            return answers
        except Interrupted:
            raise
        except Exception as error:
            self._failed("generator", error, Stop.GENERATOR_FAILED)
        if not again:
            return [()]
        return [(await self._propose([state], False))[0] for state in states]

    def _clean(self, proposed: Any) -> list[tuple[str, float]]:
        statistics = self.statistics
        limit = self.options.max_action_chars
        kept: list[tuple[str, float]] = []
        seen: dict[str, int] = {}
        try:
            candidates = list(proposed)
        except TypeError:
            statistics.invalid += 1
            candidates = []
        if not candidates:
            statistics.silent += 1
        for candidate in candidates:
            statistics.candidates += 1
            try:
                action = candidate[0]
                log_probability = float(candidate[1])
                if len(candidate) > 2:
                    self._tokens += int(candidate[2])
                usable = isinstance(action, str) and action != "" and math.isfinite(log_probability)
            except (TypeError, ValueError, IndexError, KeyError):
                usable = False
            if not usable:
                statistics.invalid += 1
                continue
            if len(action) > limit:
                statistics.oversized += 1
                continue
            # no probability is above 1; unbounded, one such action would rule a search
            if log_probability > 0.0:
                log_probability = 0.0
            known = seen.setdefault(action, len(kept))
            if known < len(kept):
                statistics.duplicates += 1
                if log_probability > kept[known][1]:
                    kept[known] = (action, log_probability)
                continue
            kept.append((action, log_probability))
        most = self.options.max_actions
        if most is not None and len(kept) > most:
            kept.sort(key=lambda pair: -pair[1])
            del kept[most:]
        return kept

    def _run_check(self, requests: Sequence[Request], deadline: float | None) -> Any:
        """The checker's `check`, counted while it runs, in whatever thread that is."""
        with self._lock:
            self._checking += 1
        try:
            return self.checker.check(requests, deadline)
        finally:
            with self._lock:
                self._checking -= 1

    async def check(self, requests: Sequence[Request], deadline: float | None) -> list[Sequence[Outcome]]:
        """One outcome for each action of each request."""
        began = time.perf_counter()
        try:
            return await self._check(requests, deadline)
        finally:
            self.statistics.checker_seconds += time.perf_counter() - began

    async def _check(
        self, requests: Sequence[Request], deadline: float | None, again: bool = True
    ) -> list[Sequence[Outcome]]:
        try:
            answers = _as_many(await self._call(self._check_call, requests, deadline), requests, "checker")
            for request, answer in zip(requests, answers, strict=True):
                if type(answer) is not list or len(answer) != len(request.actions):
                    _as_many(answer, request.actions, "checker")
            self._failures["checker"] = 0
            return list(answers)
        except Interrupted:
            raise
        except Exception as error:
            self._failed("checker", error, Stop.CHECKER_FAILED)
            if not again:
                crashed = Crashed(f"{type(error).__name__}: {error}"[:500])
                return [[crashed] * len(requests[0].actions)]
        return [(await self._check([request], deadline, False))[0] for request in requests]

    async def score(self, states: Sequence[State]) -> list[float]:
        """A finite distance ≥ 0 for each state, in one call of the critic; without one, the mean so far."""
        if self.critic is None or not states:
            return [self._mean] * len(states)
        began = time.perf_counter()
        try:
            answers = _as_many(await self._call(self.critic.score, states), states, "critic")
            scores = [self._opinion(answer) for answer in answers]
            self._failures["critic"] = 0
            return scores
        except Interrupted:
            raise
        except Exception as error:
            self._failed("critic", error, None)
            if self._failures["critic"] >= self.options.max_failures:
                self.warn("the search goes on without the critic")
                self.critic = None
            return [self._mean] * len(states)
        finally:
            self.statistics.critic_seconds += time.perf_counter() - began

    def _opinion(self, answer: Any) -> float:
        score = float(answer)
        if not math.isfinite(score) or score < 0.0:
            self.statistics.critic_invalid += 1
            self.warn("the critic gave a score that is no distance (NaN, infinite or negative)")
            return self._mean
        score = min(score, MAX_DISTANCE)
        self._opinions += 1
        self._mean += (score - self._mean) / self._opinions
        return score


def _as_many(answers: Any, asked: Sequence[Any], part: str) -> Any:
    try:
        given = len(answers)
    except TypeError:
        raise ProtocolError(f"the {part} answered with a {type(answers).__name__}, not a sequence") from None
    if given != len(asked):
        raise ProtocolError(f"the {part} gave {given} answers to {len(asked)} questions")
    return answers
