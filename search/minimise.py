"""Makes a found proof shorter while the checker still accepts it, then has it checked once more.

Not here: choosing the shortest proof of a graph (search/shortest.py), and what an action's arguments are:
the caller's `shorten` knows, `without_arguments` is one for bracketed lists. Greedy, like delta debugging
(Zeller and Hildebrandt, 2002) over the tree of steps; no claim that nothing shorter exists.
"""

from __future__ import annotations

import asyncio
import inspect
import time
from collections.abc import Callable, Hashable, Iterator, Sequence
from dataclasses import dataclass

from search.budget import Budget
from search.proof import Proof, Step, subtree_end
from search.protocols import Advanced, Checker, Outcome, Request, Solved, State

Shorten = Callable[[str], Sequence[str]]
JUMP = 12  # how many steps below a step are tried in its place: reaches over detours, keeps the cost linear


@dataclass(frozen=True, slots=True)
class Minimised:
    """`proof` is the shortest found that was accepted; None where the given one was not."""

    proof: Proof | None
    steps_before: int
    dropped: int  # steps that are gone
    shortened: int  # actions that were replaced by shorter ones
    checks: int  # calls of the checker for one action, the confirmation included
    stop: str  # "done", "checks", "seconds", "interrupted", or why there is no proof


class _OutOfBudget(Exception):
    pass


@dataclass(frozen=True, slots=True)
class _Step:
    state: State
    action: str
    arity: int


class _Minimiser:
    def __init__(self, root: State, checker: Checker, shorten: Shorten | None, budget: Budget) -> None:
        self.root = root
        self.checker = checker
        self.shorten = shorten
        self.budget = budget
        self.started = time.monotonic()
        self.checks = 0
        self.attempts = 0  # checks that count against the budget
        self.shortened = 0
        self.steps: list[_Step] = []
        self._known: dict[tuple[Hashable, str], Outcome] = {}
        self._failed: set[tuple[Hashable, tuple[str, ...]]] = set()

    def refused(self, proof: Proof, why: str) -> Minimised:
        return Minimised(None, len(proof), 0, 0, self.checks, why)

    async def attempt(self, state: State, action: str, fresh: bool = False) -> Outcome:
        known = None if fresh else self._known.get((state.key, action))
        if known is not None:
            return known
        if not fresh:
            if spent := self.budget.spent(0, time.monotonic() - self.started, self.attempts, 0):
                raise _OutOfBudget(spent)
            self.attempts += 1
        self.checks += 1
        deadline = None if fresh or self.budget.seconds is None else self.started + self.budget.seconds
        answer = self.checker.check([Request(state, [action])], deadline)
        answers = await answer if inspect.isawaitable(answer) else answer
        outcome = answers[0][0]
        self._known[state.key, action] = outcome
        return outcome

    async def play(self, state: State, actions: Sequence[str], fresh: bool = False) -> list[_Step] | None:
        """Run a script on a state; its steps, without those after the end, or None where it does not solve
        it.
        """
        if not fresh and (state.key, tuple(actions)) in self._failed:
            return None
        waiting = [state]
        steps: list[_Step] = []
        for action in actions:
            if not waiting:
                break
            at = waiting.pop()
            outcome = await self.attempt(at, action, fresh)
            if isinstance(outcome, Solved):
                left: tuple[State, ...] = ()
            elif isinstance(outcome, Advanced):
                left = outcome.states
            else:
                waiting.append(at)
                break
            steps.append(_Step(at, action, len(left)))
            waiting.extend(reversed(left))
        if waiting:
            self._failed.add((state.key, tuple(actions)))
            return None
        return steps

    def _end(self, at: int) -> int:
        return subtree_end([step.arity for step in self.steps], at)

    def _actions(self, start: int, end: int) -> list[str]:
        return [step.action for step in self.steps[start:end]]

    def reuse(self) -> bool:
        """Use the shortest proof of a state wherever the state occurs (a detour comes back to it); no
        checks.
        """
        changed = False
        while True:
            sizes = [self._end(at) - at for at in range(len(self.steps))]
            best: dict[Hashable, int] = {}
            for at, step in enumerate(self.steps):
                if step.state.key not in best or sizes[at] < sizes[best[step.state.key]]:
                    best[step.state.key] = at
            for at, step in enumerate(self.steps):
                other = best[step.state.key]
                if sizes[other] < sizes[at]:
                    self.steps[at : at + sizes[at]] = self.steps[other : other + sizes[other]]
                    changed = True
                    break
            else:
                return changed

    async def drop(self) -> bool:
        """Try the proof of a state further down on a state further up; True where one fitted."""
        changed = False
        at = 0
        while at < len(self.steps):
            end = self._end(at)
            for below in range(at + 1, min(end, at + 1 + JUMP)):
                script = self._actions(below, self._end(below))
                shorter = await self.play(self.steps[at].state, script)
                if shorter is not None and len(shorter) < end - at:
                    self.steps[at:end] = shorter
                    changed = True
                    break
            else:
                at += 1
        return changed

    async def shorten_actions(self) -> bool:
        """Replace actions by what `shorten` offers, as long as their proofs still hold."""
        changed = False
        for at in range(len(self.steps)):
            if at >= len(self.steps):
                break
            while await self._shorten_at(at):
                changed = True
        return changed

    async def _shorten_at(self, at: int) -> bool:
        assert self.shorten is not None
        step = self.steps[at]
        for action in self.shorten(step.action):
            if len(action) >= len(step.action):
                continue  # only ever shorter: so it ends
            end = self._end(at)
            replaced = await self.play(step.state, [action, *self._actions(at + 1, end)])
            if replaced is not None:
                self.steps[at:end] = replaced
                self.shortened += 1
                return True
        return False


async def aminimise(
    root: State,
    proof: Proof,
    checker: Checker,
    shorten: Shorten | None = None,
    budget: Budget | None = None,
) -> Minimised:
    """As `minimise`, in a running event loop."""
    work = _Minimiser(root, checker, shorten, budget or Budget())
    stop = "done"
    try:
        first = await work.play(root, proof.actions, fresh=True)
        if first is None:
            return work.refused(proof, "the checker does not accept the given proof")
        work.steps = list(first)
        changed = True
        while changed:
            changed = work.reuse()
            changed = await work.drop() or changed
            if work.shorten is not None:
                changed = await work.shorten_actions() or changed
    except _OutOfBudget as spent:
        stop = str(spent)
    except KeyboardInterrupt:
        stop = "interrupted"
    if not work.steps:
        return work.refused(proof, stop)
    confirmed: list[_Step] | None = first
    if work.steps != first:
        try:
            confirmed = await work.play(root, [step.action for step in work.steps], fresh=True)
        except KeyboardInterrupt:
            return work.refused(proof, "interrupted")
    if confirmed is None:
        return work.refused(proof, "the checker no longer accepts what it accepted")
    steps = tuple(Step(step.action, step.arity, text=step.state.text) for step in confirmed)
    dropped = len(proof) - len(steps)
    return Minimised(Proof(steps), len(proof), dropped, work.shortened, work.checks, stop)


def minimise(
    root: State,
    proof: Proof,
    checker: Checker,
    shorten: Shorten | None = None,
    budget: Budget | None = None,
) -> Minimised:
    """A proof of `root` with fewer steps and shorter actions, accepted by `checker` from the first to the
    last step.

    `shorten` offers shorter versions of an action, the most wanted first. Of `budget`, `checks` and
    `seconds` count; when they are spent (and after Ctrl-C) the best so far is confirmed and returned: the
    replays of the given proof and of a shorter result, one check a step, are not limited. Errors of the
    checker are not caught.
    """
    # Not asyncio.run: it keeps Ctrl-C from code that never waits.
    loop = asyncio.new_event_loop()
    try:
        return loop.run_until_complete(aminimise(root, proof, checker, shorten, budget))
    finally:
        loop.close()


def without_arguments(action: str) -> list[str]:
    """The action with one bracketed list, `[a, b, c]`, left out or shorter by one element: fewest elements
    first.
    """
    shorter: list[str] = []
    for start, end in _lists(action):
        elements = _elements(action[start + 1 : end])
        shorter.append((action[:start].rstrip() + action[end + 1 :]).strip())
        if len(elements) > 1:
            for gone in range(len(elements)):
                rest = ", ".join(element for at, element in enumerate(elements) if at != gone)
                shorter.append(f"{action[: start + 1]}{rest}{action[end:]}")
    return sorted(dict.fromkeys(shorter), key=len)


def _lists(action: str) -> Iterator[tuple[int, int]]:
    """Positions of `[` and `]` of each outermost list."""
    depth = start = 0
    for at, char in enumerate(action):
        if char == "[":
            if not depth:
                start = at
            depth += 1
        elif char == "]" and depth:
            depth -= 1
            if not depth:
                yield start, at


def _elements(inner: str) -> list[str]:
    """The elements of a list, split at its own commas only."""
    elements: list[str] = []
    depth = start = 0
    for at, char in enumerate(inner):
        if char in "([{⟨":
            depth += 1
        elif char in ")]}⟩":
            depth -= 1
        elif char == "," and not depth:
            elements.append(inner[start:at].strip())
            start = at + 1
    elements.append(inner[start:].strip())
    return [element for element in elements if element]
