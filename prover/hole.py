"""The search for one hole's proof, in stages; each candidate goes through the gate.

One-line proofs (`prover.one_liners`) come first, then whole proofs where there is a model for them, then a tree search
for what is left of the budget.

Not here: sources and theorems (`prover.prove`), tactics (`prover.generators`), the search itself (`search`).
"""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from prover import automation, guidance, one_liners, openings, script
from prover.events import OneLinerTried, ProveEvent
from prover.lean import protocol as lean_protocol
from prover.lean.protocol import Hole, Lean, Limits, Opened, Verification
from prover.lean_search import LeanChecker, LeanGenerator, LeanState
from prover.minimise import SECONDS as MINIMISE_SECONDS
from prover.minimise import can_be_shorter, shorter_proof
from prover.one_liners import OneLiners
from prover.results import ProofStep, ProveStatistics
from prover.settings import Settings
from prover.sources import declared, imported, usable
from search import Budget, Options, Proof, Search, Step, Stop
from search.protocols import Outcome, Rejected, Solved, TimedOut

if TYPE_CHECKING:
    from prover.whole import WholeProofs

_VERIFY_SECONDS = 120.0
_STOPPED = {
    Stop.EXHAUSTED: "nothing was left to try",
    Stop.EXPANSIONS: "the number of states allowed was used up",
    Stop.CHECKS: "the number of tactics allowed was used up",
    Stop.TOKENS: "the number of tokens allowed was used up",
    Stop.SECONDS: "the time was up",
}
_BATCH = 2
#: A narrow tree has few candidates, under limits that are this part of the others.
_NARROW = 0.3
#: What the tree without premises gets of the budget: with them a state takes some five times as long. On 98 training
#: theorems of logic 86 are proved so in 10 s, 85 with a quarter and 80 with none. It finds most within a few seconds,
#: so that it has no more where there is much time.
_BARE, _BARE_SECONDS = 0.4, 6.0


@dataclass(frozen=True, slots=True)
class Found:
    """A candidate for a proof, before the gate.

    `limits`: those Lean took it under; `seconds`: of a one-liner; `flat`: written without bullets.
    """

    proof: Proof
    stage: str
    limits: Limits
    seconds: float = 0.0
    flat: bool = False

    @property
    def block(self) -> str:
        return script.flat(self.proof) if self.flat else script.block(self.proof)

    @property
    def steps(self) -> tuple[ProofStep, ...]:
        depths = [0] * len(self.proof) if self.flat else self.proof.depths()
        pairs = zip(self.proof.steps, depths, strict=True)
        return tuple(ProofStep(step.action, step.text, depth) for step, depth in pairs)


@dataclass(frozen=True, slots=True)
class _Tree:
    """A tree to search; `share`: of what is left of the budget, `seconds`: at most."""

    generator: LeanGenerator
    limits: Limits
    share: float = 1.0
    seconds: float = math.inf


def _whole(tactics: str, root: LeanState) -> Proof:
    """A proof that is one action."""
    return Proof((Step(tactics, 0, text=root.text),))


class HoleSearch:
    """The search for one hole's proof.

    `before`: edits that other holes of the source were filled with; `whole`: whether a proof of this hole completes
    its theorem, so that the gate can be asked.
    """

    def __init__(
        self,
        lean: Lean,
        settings: Settings,
        opened: Opened,
        hole: Hole,
        before: Sequence[script.Edit],
        whole: bool,
        tell: Callable[[ProveEvent], None],
    ) -> None:
        self.lean = lean
        self.settings = settings
        self.tell = tell
        self.opened = opened
        self.hole = hole
        self.before = before
        self.whole = whole
        self.started = time.monotonic()
        self.deadline = self.started + settings.seconds
        until = getattr(settings.generator, "until", None)
        if until is not None:
            until(self.deadline)
        reads_failed = bool(getattr(settings.generator, "reads_failed", False))
        self.checker = LeanChecker(lean, settings.limits, settings.critic is not None, reads_failed)
        filled = {edit.end for edit in before}
        unproved = {h.theorem for h in opened.holes if h.start < hole.start and h.end not in filled}
        local = declared(opened.source[: hole.start], {hole.theorem, *unproved})
        assert not isinstance(settings.premises, int)  # `prove` has opened them
        self.premises = settings.premises.at(imported(opened.source), hole.theorem, usable(local))
        self.generator = LeanGenerator(
            settings.generator, local, settings.candidates, self.premises, self.checker.failed_on,
            automation.missing(lean, hole.state),
        )  # fmt: skip
        self.reason = ""
        self.refused = ""
        self._stop: Stop | None = None  # why the last tree ended
        self._tokens = self._tried = self._checks = self._expansions = self._nodes = self._timed_out = self._crashed = 0
        self._lean_seconds = self._verify_seconds = self._minimise_seconds = 0.0

    def statistics(self) -> ProveStatistics:
        return ProveStatistics(time.monotonic() - self.started, self._tried, self._expansions, self._nodes,
                               self._timed_out, self._crashed, self._lean_seconds, self._verify_seconds,
                               self._minimise_seconds)  # fmt: skip

    def search(self) -> tuple[Found | None, Verification | None]:
        """The first candidate that the gate accepts."""
        for found in self._candidates():
            # Minimised first: the gate elaborates the source anew, and Lean would have to open it again afterwards.
            shorter = self._shorter(found)
            if not self.whole:
                return shorter or found, None
            for candidate in (shorter, found) if shorter is not None else (found,):
                judged, verification = self._judged(candidate)
                if verification.accepted:
                    return judged, verification
                self.refused = verification.reason
        if self.refused:
            self.reason = f"A proof was found and refused by the gate: {self.refused}"
        return None, None

    def _shorter(self, found: Found) -> Found | None:
        """The same proof minimised, where that is asked for, worth its time, and makes a difference."""
        left = min(MINIMISE_SECONDS, self.deadline - time.monotonic())
        if not self.settings.minimise or left <= 0 or found.seconds > left / 2 or not can_be_shorter(found.proof):
            return None
        started = time.monotonic()
        done = shorter_proof(self.lean, self.hole, found.proof, found.limits, left)
        self._minimise_seconds += time.monotonic() - started
        if done.proof is None or not (done.dropped or done.shortened):
            return None
        return replace(found, proof=done.proof)

    def _judged(self, found: Found) -> tuple[Found, Verification]:
        """The gate's answer, on the layout that it accepts."""
        verification = self._verify(found)
        if not verification.accepted and any(step.arity > 1 for step in found.proof.steps):
            flat = replace(found, flat=True)
            again = self._verify(flat)
            if again.accepted:
                return flat, again
        return found, verification

    def _verify(self, found: Found) -> Verification:
        started = time.monotonic()
        edit = script.fill(self.opened.source, self.hole, found.block)
        proof = script.apply(self.opened.source, [*self.before, edit])
        try:
            return self.lean.verify(proof, self.opened.source, self.hole.theorem, _VERIFY_SECONDS)
        finally:
            self._verify_seconds += time.monotonic() - started

    def _candidates(self) -> Iterator[Found]:
        yield from self._openings()
        yield from self._whole_proofs()
        for tree in self._trees():
            self.checker.limits = tree.limits
            now = time.monotonic()
            until = now + min(tree.share * (self.deadline - now), tree.seconds)
            # A proof of merged states may name hypotheses that another way to the state calls otherwise; then the
            # search is repeated with states kept apart by their text.
            for exact in (False, True):
                if time.monotonic() >= self.deadline:
                    self.reason = f"No proof was found in {self.settings.seconds:g} s."
                    return
                found = self._in_tree(tree, exact, until)
                if found is None:
                    break
                yield found
            if tree.share == 1 and self._stop is not Stop.EXHAUSTED:
                return

    def _trees(self) -> Iterator[_Tree]:
        """The trees to search, one after the other: most proofs are made of what is likely and quick, many without
        premises.

        What one has tried, the next does not try again, unless it ran out of smaller limits.
        """
        limits, few = self.settings.limits, getattr(self.settings.generator, "few", None)
        if self.settings.candidates is None and few is not None:
            narrow = self.generator.keeping(few)
            if self.premises.at_hand():
                yield _Tree(narrow.without_premises(), limits.times(_NARROW), _BARE, _BARE_SECONDS)
            yield _Tree(narrow, limits.times(_NARROW))
        yield _Tree(self.generator, limits)

    def _openings(self) -> Iterator[Found]:
        """Whole proofs of one action; onlookers are told of them as of a search."""
        if not self.settings.openings or self.settings.expansions == 0:
            return
        root = LeanState(self.lean, self.hole.state)
        stage = OneLiners(self.generator, self.checker, self.started, self.deadline)
        tried: dict[str, Outcome] = {}
        for attempt in stage.attempts(root):
            self._tried += 1
            self._lean_seconds += attempt.seconds
            self._timed_out += isinstance(attempt.outcome, TimedOut)
            tried.pop(attempt.tactic, None)  # the latest last
            tried[attempt.tactic] = attempt.outcome
            solved = isinstance(attempt.outcome, Solved)
            self.tell(OneLinerTried(attempt.tactic, solved, attempt.seconds))
            if solved:
                self._tell_openings(root, tried)
                yield Found(_whole(attempt.tactic, root), "one-liner", attempt.limits, attempt.seconds)
        self._tell_openings(root, tried)

    def _tell_openings(self, root: LeanState, tried: dict[str, Outcome]) -> None:
        """Tell what was tried since the last time."""
        if tried:
            for event in openings.as_search(root, tried, time.monotonic() - self.started, self.settings.seed):
                self.tell(event)
            tried.clear()

    def _whole_proofs(self) -> Iterator[Found]:
        """Whole proofs of a model, where the generator has one for them (`prover.whole`)."""
        stage: WholeProofs | None = getattr(self.settings.generator, "whole_proofs", None)
        if stage is None:
            return
        from prover.whole import WHOLE_LIMITS

        root = LeanState(self.lean, self.hole.state)
        premises = self.generator.position(root).premises
        attempts = stage.attempts(self.lean, self.opened.source, self.hole, self.deadline, premises=premises)
        for attempt in attempts:
            self._tried += 1
            if isinstance(attempt.outcome, lean_protocol.Solved):
                yield Found(_whole(attempt.body, root), "whole proof", one_liners.ROUNDS[-1][0])
            if attempt.refused is not None:
                # Where the tree comes to this state, the model is told.
                state = LeanState(self.lean, attempt.refused.state.split()[0])
                self.checker.note(state, attempt.refused.tactic, Rejected(attempt.refused.message), WHOLE_LIMITS)

    def _in_tree(self, tree: _Tree, exact: bool, until: float) -> Found | None:
        settings = self.settings
        root = LeanState(self.lean, self.hole.state, exact)
        budget = Budget(
            expansions=_part(tree.share, settings.expansions, self._expansions),
            seconds=max(until - time.monotonic(), 0.0),
            checks=_part(tree.share, settings.checks, self._checks),
            tokens=_part(tree.share, settings.tokens, self._tokens),
        )
        search = Search(
            root,
            generator=tree.generator,
            checker=self.checker,
            critic=settings.critic,
            strategy=guidance.make(settings.strategy, settings.perspectives, settings.quotas),
            budget=budget,
            seed=settings.seed,
            # The batch is fixed, so that the tree does not depend on the number of workers.
            options=Options(workers=settings.workers, batch=_BATCH),
            on_event=self.tell,
        )
        result = search.run()
        s = result.statistics
        self._tried += s.checks
        self._checks += s.checks
        self._tokens += s.tokens
        self._expansions += s.expansions
        self._nodes += s.nodes
        self._timed_out += s.timed_out
        self._crashed += s.crashed
        self._lean_seconds += s.checker_seconds
        if search.interrupted:
            raise KeyboardInterrupt
        self._stop = result.stop
        if result.proof is None:
            why = _STOPPED.get(result.stop, result.stop.value)
            states = f"{self._expansions} state{'s' if self._expansions != 1 else ''}"
            tried = f"{states} and {self._checks} tactics"
            self.reason = result.detail or f"No proof was found: {why} after {tried}."
            return None
        return Found(result.proof, settings.strategy, self.checker.limits)


def _part(share: float, allowed: int | None, spent: int) -> int | None:
    """Of what is left, rounded down."""
    return None if allowed is None else int(share * max(allowed - spent, 0))
