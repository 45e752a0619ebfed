"""The search for one hole's proof, in stages; each candidate goes through the gate.

One-line proofs under growing limits come first, then whole proofs where there is a model for them, then a tree search
for what is left of the budget.

Not here: sources and theorems (`prover.prove`), tactics (`prover.generators`), the search itself (`search`).
"""

from __future__ import annotations

import re
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import zip_longest
from typing import TYPE_CHECKING, TypeAlias

from prover import automation, forms, guidance, openings, script
from prover.events import OneLinerTried, ProveEvent
from prover.generators.protocol import Position
from prover.lean import protocol as lean_protocol
from prover.lean.protocol import Hole, Lean, Limits, Opened, Verification
from prover.lean_search import SLOW, LeanChecker, LeanGenerator, LeanState
from prover.minimise import SECONDS as MINIMISE_SECONDS
from prover.minimise import can_be_shorter, shorter_proof
from prover.results import ProofStep, ProveStatistics
from prover.settings import Settings
from prover.sources import declared, imported
from search import Budget, Options, Proof, Search, Step, Stop
from search.protocols import Advanced, Outcome, Rejected, Solved, TimedOut

if TYPE_CHECKING:
    from prover.whole import WholeProofs

#: Whole proofs are tried in rounds: limits of a tactic, and the share of the time at which the round ends. Most that
#: are going to succeed do so at once; the last round is for finite searches, and leaves the tree its time.
ROUNDS = ((Limits(2_000, 1.5), 0.25), (Limits(12_000, 5.0), 0.5), (Limits(80_000, 20.0), 0.8))
#: Where there are premises, there are many more to try. Nine in ten of the tactics that solve a theorem need less than
#: the first limits, and most that fail go on to the end of any. The last round is longer where the theorem suggests
#: something of its own, as is the rule in arithmetic.
BRISK_ROUNDS = (
    (Limits(120, 0.5), 0.35), (Limits(500, 1.0), 0.5), (Limits(3_000, 2.0), 0.6), (Limits(80_000, 20.0), 0.65),
)  # fmt: skip
_SPECIAL_SHARE = ROUNDS[-1][1]
INTRODUCE = "unhygienic intros"
Openings: TypeAlias = tuple[list[str], list[str]]
Rounds: TypeAlias = Sequence[tuple[Limits, float]]
_VERIFY_SECONDS = 120.0
_STOPPED = {
    Stop.EXHAUSTED: "nothing was left to try",
    Stop.EXPANSIONS: "the number of states allowed was used up",
    Stop.CHECKS: "the number of tactics allowed was used up",
    Stop.TOKENS: "the number of tokens allowed was used up",
    Stop.SECONDS: "the time was up",
}
_BATCH = 2
#: So many of the one-line proofs are tried before premises are looked up.
_QUICK = 9
_DECLARATION = re.compile(
    r"^\s*(?:@\[[^\]]*\]\s*)?(?:private |protected |noncomputable )*"
    r"(?:theorem|lemma|def|abbrev|inductive|structure|class)\s+([^\s:({\[]+)",
    re.MULTILINE,
)


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
        local_names = _declared(opened.source[: hole.start])
        assert not isinstance(settings.premises, int)  # `prove` has opened them
        local = declared(opened.source[: hole.start], hole.theorem)
        self.premises = settings.premises.at(imported(opened.source), hole.theorem, local)
        self.missing = automation.missing(lean, hole.state)
        self.generator = LeanGenerator(
            settings.generator, local_names, settings.candidates, self.premises, self.checker.failed_on, self.missing
        )
        self.reason = ""
        self.refused = ""
        self._tokens = self._tried = self._checks = self._expansions = self._nodes = self._timed_out = self._crashed = 0
        self._lean_seconds = self._verify_seconds = self._minimise_seconds = 0.0

    def statistics(self) -> ProveStatistics:
        return ProveStatistics(time.monotonic() - self.started, self._tried, self._expansions, self._nodes,
                               self._timed_out, self._crashed, self._lean_seconds, self._verify_seconds,
                               self._minimise_seconds)  # fmt: skip

    def search(self) -> tuple[Found | None, Verification | None]:
        """The first candidate that the gate accepts."""
        for found in self._candidates():
            if not self.whole:
                return self._shorter(found) or found, None
            found, verification = self._judged(found)
            if verification.accepted:
                shorter = self._shorter(found)
                if shorter is not None and (again := self._verify(shorter)).accepted:
                    return shorter, again
                return found, verification
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
        # A proof of merged states may name hypotheses that another way to the state calls otherwise; then the
        # search is repeated with states kept apart by their text.
        for exact in (False, True):
            if time.monotonic() >= self.deadline:
                self.reason = f"No proof was found in {self.settings.seconds:g} s."
                return
            found = self._tree(exact)
            if found is None:
                return
            yield found

    def _openings(self) -> Iterator[Found]:
        """Whole proofs, cheap ones first; onlookers are told of them as of a search."""
        opening = getattr(self.settings.generator, "opening", None)
        if opening is None or not self.settings.openings or self.settings.expansions == 0:
            return
        root = LeanState(self.lean, self.hole.state)
        tried: dict[str, Outcome] = {}
        for found in self._one_liners(root, opening, tried):
            self._tell_openings(root, tried)
            yield found
        self._tell_openings(root, tried)

    def _tell_openings(self, root: LeanState, tried: dict[str, Outcome]) -> None:
        """Tell what was tried since the last time."""
        if tried:
            for event in openings.as_search(root, tried, time.monotonic() - self.started, self.settings.seed):
                self.tell(event)
            tried.clear()

    def _one_liners(
        self, root: LeanState, opening: Callable[[Position], Openings], tried: dict[str, Outcome]
    ) -> Iterator[Found]:
        """Under growing limits, see `ROUNDS`; outcomes go into `tried`, the latest last."""
        rounds: Rounds = BRISK_ROUNDS if self.premises else ROUNDS
        again: dict[str, bool] = {}
        quick = list(getattr(self.settings.generator, "quick", ()))
        if not hasattr(self.settings.generator, "arrange"):
            quick = opening(self.generator.position(root, retrieve=False))[0][:_QUICK]
        # The library is opened only for theorems that the quickest proofs leave open.
        yield from self._round(root, self._possible(quick), *rounds[0], again, tried)
        arranged = self._arranged([("", self._position(root)), *self._introduced(root)], opening)
        general, special = (self._possible(group) for group in arranged)
        general = [tactic for tactic in general if tactic not in quick or tactic in again]
        rounds_of = getattr(self.settings.generator, "rounds", None)
        if rounds_of is not None:
            rounds = rounds_of(bool(special))
        for number, (limits, share) in enumerate(rounds):
            # A search through the library takes seconds to begin with: not under the first limits, and last. Where
            # premises were retrieved, it seldom finds what these do not.
            slow = [tactic for tactic in general if SLOW.search(tactic)]
            fast = [tactic for tactic in general if not SLOW.search(tactic)]
            # What the goal itself suggests (a finite search, say) needs more than the first round gives, too.
            last = number == len(rounds) - 1
            now = [*(special if number else []), *fast, *(slow if number and (last or not self.premises) else [])]
            again = {tactic: False for tactic in (*special, *slow) if tactic not in now}
            if special and last:
                share = max(share, _SPECIAL_SHARE)
            yield from self._round(root, now, limits, share, again, tried)
            general, special = (_in_turn(group, again) for group in (general, special))
        self.checker.limits = self.settings.limits

    def _possible(self, tactics: Sequence[str]) -> list[str]:
        """Those that can work with the theorem's imports, each once."""
        found = (automation.without(tactic, self.missing) for tactic in tactics)
        return list(dict.fromkeys(tactic for tactic in found if tactic is not None))

    def _round(
        self, root: LeanState, order: Sequence[str], limits: Limits, share: float, again: dict[str, bool],
        tried: dict[str, Outcome],
    ) -> Iterator[Found]:  # fmt: skip
        """One round of `ROUNDS`; what is left to try goes into `again`, with whether it ran out of its limits."""
        self.checker.limits = limits
        until = self.started + share * self.settings.seconds
        for at, tactic in enumerate(order):
            started = time.monotonic()
            if started >= until:
                again.update(dict.fromkeys(order[at:], False))
                return
            outcome = self.checker.attempt(root, tactic, until)
            spent = time.monotonic() - started
            self._tried += 1
            self._lean_seconds += spent
            tried.pop(tactic, None)
            tried[tactic] = outcome
            self.tell(OneLinerTried(tactic, isinstance(outcome, Solved), spent))
            if isinstance(outcome, Solved):
                yield Found(_whole(tactic, root), "one-liner", limits, spent)
            if isinstance(outcome, TimedOut):
                self._timed_out += 1
                again[tactic] = True

    def _introduced(self, root: LeanState) -> list[tuple[str, Position]]:
        """The theorem once its variables and premises have names, and the tactic for that; nothing where none have."""
        if not root.lean_goals or root.lean_goals[0].head != "∀":
            return []
        outcome = self.checker.attempt(root, INTRODUCE, self.deadline)
        if not isinstance(outcome, Advanced) or len(outcome.states) != 1:
            return []
        return [(INTRODUCE, self._position(outcome.states[0]))]

    def _position(self, state: LeanState) -> Position:
        return forms.position(self.generator, self.checker, state, self.deadline)

    def _arranged(self, places: list[tuple[str, Position]], opening: Callable[[Position], Openings]) -> Openings:
        """Whole proofs of the theorem in all its forms; a generator with an order of its own has them in that."""
        arrange = getattr(self.settings.generator, "arrange", None)
        if arrange is not None:
            return arrange(places)
        general: list[str] = []
        special: list[str] = []
        for lead, position in places:
            for group, tactics in zip((general, special), opening(position), strict=True):
                group += [f"{lead}\n{tactic}" if lead else tactic for tactic in tactics]
        return general, special

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
                yield Found(_whole(attempt.body, root), "whole proof", ROUNDS[-1][0])
            if attempt.refused is not None:
                # Where the tree comes to this state, the model is told.
                state = LeanState(self.lean, attempt.refused.state.split()[0])
                self.checker.note(state, attempt.refused.tactic, Rejected(attempt.refused.message), WHOLE_LIMITS)

    def _tree(self, exact: bool) -> Found | None:
        settings = self.settings
        root = LeanState(self.lean, self.hole.state, exact)
        left = max(self.deadline - time.monotonic(), 0.0)
        budget = Budget(
            expansions=_less(settings.expansions, self._expansions), seconds=left,
            checks=_less(settings.checks, self._checks), tokens=_less(settings.tokens, self._tokens),
        )  # fmt: skip
        search = Search(
            root,
            generator=self.generator,
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
        if result.proof is None:
            why = _STOPPED.get(result.stop, result.stop.value)
            tried = f"{s.expansions} state{'s' if s.expansions != 1 else ''} and {s.checks} tactics"
            self.reason = result.detail or f"No proof was found: {why} after {tried}."
            return None
        return Found(result.proof, settings.strategy, settings.limits)


def _less(allowed: int | None, spent: int) -> int | None:
    return None if allowed is None else max(allowed - spent, 0)


def _in_turn(tactics: Sequence[str], again: Mapping[str, bool]) -> list[str]:
    """Those left to try: what was not reached and what ran out of its limits (`again` says which), in turn."""
    late, unreached = ([t for t in tactics if again.get(t) is which] for which in (True, False))
    return [tactic for pair in zip_longest(unreached, late) for tactic in pair if tactic is not None]


def _declared(source: str) -> tuple[str, ...]:
    """Names that the source itself declares so far, as it writes them: what no library tactic knows of."""
    return tuple(dict.fromkeys(_DECLARATION.findall(source)))
