"""What happens to a batch of chosen nodes away from the graph: candidates, and their checks.

Not here: choosing the nodes and inserting the outcomes (search/drive.py).
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, field

from search.budget import Budget
from search.calls import Calls
from search.options import Options
from search.protocols import Outcome, Request, State


@dataclass(slots=True)
class Batch:
    """Nodes expanded together, and what has come of them so far."""

    picks: list[tuple[int, int]]  # (node, perspective)
    states: list[State]
    spent_before: int  # checks in the graph when the batch was chosen
    before: list[Batch]  # batches under way then
    proposals: list[list[tuple[str, float]]] = field(default_factory=list)
    outcomes: list[Sequence[Outcome]] = field(default_factory=list)
    tokens: int = 0
    reserved: int = 0  # checks it will make at most
    cut: set[int] = field(default_factory=set)  # nodes that lost candidates to the budget


class Workshop:
    """Works on the batches of one search, several at a time where the options say so."""

    def __init__(self, calls: Calls, options: Options, budget: Budget) -> None:
        self._calls = calls
        self._workers = options.workers
        self._budget = budget
        self._generating = asyncio.Lock()  # first come, first served: in the order of the batches
        self._checking = asyncio.Semaphore(options.workers)

    async def work(self, batch: Batch, deadline: float | None) -> None:
        """Fill in a batch's proposals and outcomes."""
        async with self._generating:
            batch.proposals, batch.tokens = await self._calls.propose(batch.states)
            self._keep_to_checks(batch)
        batch.before = []  # or each batch would keep all earlier ones alive
        requests = [
            Request(state, [action for action, _ in proposals])
            for state, proposals in zip(batch.states, batch.proposals, strict=True)
        ]
        asked = [request for request in requests if request.actions]
        given = iter(await self._check_all(asked, deadline) if asked else ())
        batch.outcomes = [next(given) if request.actions else () for request in requests]

    def _keep_to_checks(self, batch: Batch) -> None:
        """Cut the candidates to the checks that are left, those of the last states, the least probable
        first.
        """
        batch.reserved = sum(map(len, batch.proposals))
        if self._budget.checks is None:
            return
        left = self._budget.checks - batch.spent_before - sum(other.reserved for other in batch.before)
        for at, proposals in enumerate(batch.proposals):
            if len(proposals) > left:
                proposals.sort(key=lambda pair: -pair[1])
                del proposals[max(left, 0) :]
                batch.cut.add(batch.picks[at][0])
            left -= len(proposals)
        batch.reserved = sum(map(len, batch.proposals))

    async def _check_all(self, asked: list[Request], deadline: float | None) -> list[Sequence[Outcome]]:
        if self._workers == 1:
            return await self._check(asked, deadline)
        size = -(-len(asked) // self._workers)
        parts = [
            asyncio.create_task(self._check(asked[at : at + size], deadline))
            for at in range(0, len(asked), size)
        ]
        try:
            return [answer for part in await asyncio.gather(*parts) for answer in part]
        finally:
            for part in parts:  # of a batch that failed or was cancelled; done ones do not mind
                part.cancel()

    async def _check(self, part: Sequence[Request], deadline: float | None) -> list[Sequence[Outcome]]:
        async with self._checking:
            return await self._calls.check(part, deadline)
