"""Proves the holes of a source: opens it in Lean, searches, puts proofs in place, and asks the gate.

Not here: tactics (`prover.generators`), the search (`search`), what counts as a proof (`prover.lean.gate`). Each hole
is searched in stages: one-line proofs under growing limits, whole proofs where there is a model for them, then a tree
search for what is left of the budget.
"""

from __future__ import annotations

import re
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, TypeAlias

from prover import script
from prover.generators.portfolio import GENERATORS, make_generator
from prover.generators.protocol import Position, TacticGenerator
from prover.lean import protocol as lean_protocol
from prover.lean.holes import MISSING, cannot_run, completions, normalise
from prover.lean.protocol import BadSource, Hole, Lean, Limits, Opened, Verification
from prover.lean_search import LeanChecker, LeanGenerator, LeanState
from prover.results import HoleResult, ProofResult, ProofStep, ProveStatistics, Status
from search import Budget, Options, Search, Stop
from search import events as search_events
from search.protocols import Advanced, Solved, TimedOut
from search.strategies import DEFAULT_STRATEGY, make_strategy

if TYPE_CHECKING:
    from prover.whole import WholeProofs

DEFAULT_SECONDS = 60.0
#: Whole proofs are tried in rounds: limits of a tactic, and the share of the time at which the round ends. Most that
#: are going to succeed do so at once; the last round is for finite searches, and leaves the tree its time.
ROUNDS = ((Limits(2_000, 1.5), 0.25), (Limits(12_000, 5.0), 0.5), (Limits(80_000, 20.0), 0.8))
#: 4,000 heartbeats are about a second. Time is the second line: to stop at it, the instance has to be restored.
TACTIC_LIMITS = Limits(heartbeats=4_000, seconds=3.0)
INTRODUCE = "unhygienic intros"
Openings: TypeAlias = tuple[list[str], list[str]]
_VERIFY_SECONDS = 120.0
NEEDS_NATIVE = (
    "The embedded Lean cannot run code that is written against Lean's own library (`elab`, `run_meta`, many `#eval`): "
    "a native Lean can (--lean native)."
)
_STOPPED = {
    Stop.EXHAUSTED: "nothing was left to try",
    Stop.EXPANSIONS: "the number of states allowed was used up",
    Stop.SECONDS: "the time was up",
}
_FRESH = "entails_example"
_BATCH = 2
_DECLARATION = re.compile(
    r"^\s*(?:@\[[^\]]*\]\s*)?(?:private |protected |noncomputable )*"
    r"(?:theorem|lemma|def|abbrev|inductive|structure|class)\s+([^\s:({\[]+)",
    re.MULTILINE,
)


@dataclass(frozen=True, slots=True)
class HoleStarted:
    """Work on a hole begins."""

    index: int
    hole: Hole


@dataclass(frozen=True, slots=True)
class OneLinerTried:
    """A one-line proof was tried on the hole."""

    tactic: str
    solved: bool
    seconds: float


@dataclass(frozen=True, slots=True)
class HoleFinished:
    """Work on a hole is over."""

    index: int
    result: HoleResult


ProveEvent: TypeAlias = HoleStarted | OneLinerTried | HoleFinished | search_events.Event


@dataclass(frozen=True, slots=True)
class _Found:
    """A candidate for a proof, before the gate."""

    block: str
    steps: tuple[ProofStep, ...]
    stage: str


def prove(
    source: str,
    *,
    lean: Lean | None = None,
    theorem: str | None = None,
    seconds: float = DEFAULT_SECONDS,
    expansions: int | None = None,
    generator: str | TacticGenerator = "portfolio",
    strategy: str = DEFAULT_STRATEGY,
    candidates: int | None = None,
    seed: int = 0,
    workers: int = 1,
    limits: Limits = TACTIC_LIMITS,
    on_event: Callable[[ProveEvent], None] | None = None,
) -> ProofResult:
    """Prove every `sorry` and every statement without a proof in `source`, or those of `theorem`.

    `lean`: opened and closed here when not given. `seconds`, `expansions`: for each hole. `generator`: a name in
    `GENERATORS`, or one made elsewhere. `candidates`: tactics kept for a state. `workers`: how many tactics `lean`
    can run at once. `limits`: of one tactic in the tree search.

    Raises BadSource (the source cannot be used, or has no such theorem), UnknownImport, LeanMissing,
    search.UnknownName, UnknownGenerator.
    """
    made = make_generator(generator, seed) if isinstance(generator, str) else generator
    make_strategy(strategy)  # a wrong name is said before any work
    if lean is not None:
        work = _Prover(lean, made, seconds, expansions, strategy, candidates, seed, workers, limits, on_event)
        return work.prove(source, theorem)
    from prover import open_lean

    with open_lean() as own:
        work = _Prover(own, made, seconds, expansions, strategy, candidates, seed, workers, limits, on_event)
        return work.prove(source, theorem)


@dataclass(slots=True)
class _Prover:
    """The settings of one call, and what it found so far."""

    lean: Lean
    generator: TacticGenerator
    seconds: float
    expansions: int | None
    strategy: str
    candidates: int | None
    seed: int
    workers: int
    limits: Limits
    on_event: Callable[[ProveEvent], None] | None

    def prove(self, source: str, theorem: str | None) -> ProofResult:
        started = time.monotonic()
        opened, examples = self._open(source)
        holes = list(enumerate(opened.holes))
        if theorem is not None:
            holes = [(i, h) for i, h in holes if _names(h.theorem, theorem)]
            if not holes:
                raise BadSource(self._no_such(opened, theorem))
        accepted: list[script.Edit] = []
        results: list[HoleResult] = []
        for group in _by_theorem(holes):
            group_results, edits = self._theorem(opened, group, accepted)
            results += group_results
            accepted += edits
        original = opened.source
        final = script.apply(original, [*accepted, *self._uncompleted(source, opened, accepted)])
        for fresh in examples:
            original, final = (text.replace(f"theorem {fresh}", "example") for text in (original, final))
        fresh_names = tuple(f".{fresh}" for fresh in examples)
        of_examples = [r.theorem in examples or r.theorem.endswith(fresh_names or ("?",)) for r in results]
        if any(of_examples) and any(r.proved for r in results) and self.lean.check(final).errors:
            why = "The proof works for a theorem of that statement, but not in the example's place."
            results = [replace(r, status=Status.NOT_PROVED, reason=why) if mine and r.proved else r
                       for r, mine in zip(results, of_examples, strict=True)]  # fmt: skip
            final = original
        shown = tuple(replace(r, theorem="example") if mine else r
                      for r, mine in zip(results, of_examples, strict=True))  # fmt: skip
        info = self.lean.info
        return ProofResult(original, final, shown, info.version, info.backend, self.strategy, self.seed,
                           time.monotonic() - started)  # fmt: skip

    def _uncompleted(self, source: str, opened: Opened, accepted: list[script.Edit]) -> list[script.Edit]:
        """Edits that take the `:= by sorry` away again which a statement without a proof was given, and still has."""
        filled = {edit.end for edit in accepted}
        ends = [start + len(MISSING) for start in completions(normalise(source), opened.source)]
        return [script.Edit(end - len(MISSING), end, "") for end in ends if end not in filled]

    def _tell(self, event: ProveEvent) -> None:
        if self.on_event is not None:
            self.on_event(event)

    def _open(self, source: str) -> tuple[Opened, list[str]]:
        """The opened source; an `example` has no name to verify, so those that ask for a proof are given one."""
        opened = self.lean.open(source)
        errors = [m for m in opened.messages if m.severity == "error"]
        if errors:  # the gate accepts nothing in a source with errors
            more = f" (and {len(errors) - 1} more)" if len(errors) > 1 else ""
            why = f" {NEEDS_NATIVE}" if any(cannot_run(e.text) for e in errors) else ""
            raise BadSource(f"The source does not elaborate: {errors[0]}{more}{why}")
        examples: list[str] = []
        for i, hole in enumerate(opened.holes):
            if not hole.is_prop or not _is_example(hole.theorem):
                continue
            before = list(re.finditer(r"\bexample\b", opened.source[: hole.start]))
            if not before:
                continue
            found = before[-1]
            fresh = f"{_FRESH}_{i + 1}"
            while fresh in opened.source:
                fresh += "'"
            text = f"{opened.source[: found.start()]}theorem {fresh}{opened.source[found.end() :]}"
            renamed = self.lean.open(text)
            # Section variables that only a proof mentions are an example's, and not a theorem's: what is proved
            # under the name is checked again as an example in the end.
            if len(renamed.holes) == len(opened.holes) and _names(renamed.holes[i].theorem, fresh):
                opened, examples = renamed, [*examples, fresh]
        return opened, examples

    def _no_such(self, opened: Opened, theorem: str) -> str:
        known = list(dict.fromkeys(h.theorem for h in opened.holes))
        if not known:
            return f"There is no theorem {theorem!r} to prove: the source has no `sorry` and no missing proof."
        return f"There is no theorem {theorem!r} to prove; there are {', '.join(known)}."

    # One theorem, with one hole or several

    def _theorem(
        self, opened: Opened, group: list[tuple[int, Hole]], accepted: list[script.Edit]
    ) -> tuple[list[HoleResult], list[script.Edit]]:
        """Results of the holes of one theorem, and the edits that the gate accepted."""
        edits: list[script.Edit] = []
        results: list[HoleResult] = []
        for at, (index, hole) in enumerate(group):
            self._tell(HoleStarted(index, hole))
            last = at == len(group) - 1
            whole = last and all(r.status is Status.PROVED for r in results)
            result, edit = self._hole(opened, hole, [*accepted, *edits], whole)
            if edit is not None:
                edits.append(edit)
            results.append(result)
        if not all(r.proved for r in results):
            if len(results) > 1:
                why = "Other holes of the same theorem are not proved."
                results = [replace(r, status=Status.NOT_PROVED, reason=why) if r.proved else r for r in results]
            edits = []
        else:
            axioms = results[-1].axioms
            results = [replace(r, axioms=axioms) for r in results]
        for (index, _), result in zip(group, results, strict=True):
            self._tell(HoleFinished(index, result))
        return results, edits

    def _hole(
        self, opened: Opened, hole: Hole, before: list[script.Edit], whole: bool
    ) -> tuple[HoleResult, script.Edit | None]:
        """One hole; where it is the last that its theorem lacks (`whole`), its proofs have to pass the gate."""

        def skipped(reason: str) -> tuple[HoleResult, None]:
            return HoleResult(hole.theorem, hole.line, hole.column, Status.SKIPPED, reason), None

        if not hole.is_prop:
            return skipped("The hole asks for data, not for a proof.")
        if _is_example(hole.theorem) or not hole.theorem:
            return skipped("The hole belongs to no named theorem, so that nothing could be verified.")
        run = _HoleRun(self, opened, hole, before, whole)
        found, verification = run.search()
        statistics = run.statistics()
        if found is None:
            return HoleResult(hole.theorem, hole.line, hole.column, Status.NOT_PROVED, run.reason,
                              statistics=statistics), None  # fmt: skip
        axioms = verification.axioms if verification is not None else ()
        result = HoleResult(hole.theorem, hole.line, hole.column, Status.PROVED, "", found.block, found.steps,
                            found.stage, axioms, statistics)  # fmt: skip
        return result, script.fill(opened.source, hole, found.block)


class _HoleRun:
    """The search for one hole's proof."""

    def __init__(self, prover: _Prover, opened: Opened, hole: Hole, before: list[script.Edit], whole: bool) -> None:
        self.p = prover
        self.opened = opened
        self.hole = hole
        self.before = before
        self.whole = whole
        self.started = time.monotonic()
        self.deadline = self.started + prover.seconds
        self.checker = LeanChecker(prover.lean, prover.limits)
        self.local_names = _declared(opened.source[: hole.start])
        self.reason = ""
        self.refused = ""
        self._tried = self._expansions = self._nodes = self._timed_out = self._crashed = 0
        self._lean_seconds = self._verify_seconds = 0.0

    def statistics(self) -> ProveStatistics:
        return ProveStatistics(time.monotonic() - self.started, self._tried, self._expansions, self._nodes,
                               self._timed_out, self._crashed, self._lean_seconds, self._verify_seconds)  # fmt: skip

    def search(self) -> tuple[_Found | None, Verification | None]:
        """The first candidate that the gate accepts."""
        for found in self._candidates():
            if not self.whole:
                return found, None
            verification = self._verify(found)
            if verification.accepted:
                return found, verification
            self.refused = verification.reason
        if self.refused:
            self.reason = f"A proof was found and refused by the gate: {self.refused}"
        return None, None

    def _verify(self, found: _Found) -> Verification:
        started = time.monotonic()
        edit = script.fill(self.opened.source, self.hole, found.block)
        proof = script.apply(self.opened.source, [*self.before, edit])
        try:
            return self.p.lean.verify(proof, self.opened.source, self.hole.theorem, _VERIFY_SECONDS)
        finally:
            self._verify_seconds += time.monotonic() - started

    def _candidates(self) -> Iterator[_Found]:
        yield from self._openings()
        yield from self._whole_proofs()
        # A proof of merged states may name hypotheses that another way to the state calls otherwise; then the
        # search is repeated with states kept apart by their text.
        for exact in (False, True):
            if time.monotonic() >= self.deadline:
                self.reason = f"No proof was found in {self.p.seconds:g} s."
                return
            found = self._tree(exact)
            if found is None:
                return
            yield found

    def _openings(self) -> Iterator[_Found]:
        """Whole proofs, cheap ones first, under growing limits; see `ROUNDS`."""
        opening = getattr(self.p.generator, "opening", None)
        if opening is None or self.p.expansions == 0:
            return
        root = LeanState(self.p.lean, self.hole.state)
        general, special = opening(Position(root.lean_goals, (), self.local_names))
        if root.lean_goals and root.lean_goals[0].head == "∀":
            more = self._after_intros(root, opening)
            general, special = [*general, *more[0]], [*special, *more[1]]
        for number, (limits, share) in enumerate(ROUNDS):
            self.checker.limits = limits
            until = self.started + share * self.p.seconds
            # What the goal itself suggests (a finite search, say) needs more than the first round gives.
            order = [*special, *general] if number else general
            again: set[str] = set() if number else set(special)
            for at, tactic in enumerate(order):
                started = time.monotonic()
                if started >= until:
                    again.update(order[at:])
                    break
                outcome = self.checker.attempt(root, tactic, until)
                spent = time.monotonic() - started
                self._tried += 1
                self._lean_seconds += spent
                self.p._tell(OneLinerTried(tactic, isinstance(outcome, Solved), spent))
                if isinstance(outcome, Solved):
                    yield _Found(tactic, (ProofStep(tactic, root.text),), "one-liner")
                if isinstance(outcome, TimedOut):
                    self._timed_out += 1
                    again.add(tactic)
            general, special = ([t for t in group if t in again] for group in (general, special))
        self.checker.limits = self.p.limits

    def _after_intros(self, root: LeanState, opening: Callable[[Position], Openings]) -> Openings:
        """Whole proofs that the goal suggests once its variables and premises have names."""
        outcome = self.checker.attempt(root, INTRODUCE, self.deadline)
        if not isinstance(outcome, Advanced) or len(outcome.states) != 1:
            return [], []
        general, special = opening(Position(outcome.states[0].lean_goals, (INTRODUCE,), self.local_names))
        return [f"{INTRODUCE}\n{t}" for t in general], [f"{INTRODUCE}\n{t}" for t in special]

    def _whole_proofs(self) -> Iterator[_Found]:
        """Whole proofs of a model, where the generator has one for them (`prover.whole`)."""
        stage: WholeProofs | None = getattr(self.p.generator, "whole_proofs", None)
        if stage is None:
            return
        root = LeanState(self.p.lean, self.hole.state)
        attempts = stage.attempts(self.p.lean, self.opened.source, self.hole, self.deadline)
        for attempt in attempts:
            self._tried += 1
            if isinstance(attempt.outcome, lean_protocol.Solved):
                yield _Found(attempt.body, (ProofStep(attempt.body, root.text),), "whole proof")

    def _tree(self, exact: bool) -> _Found | None:
        p = self.p
        root = LeanState(p.lean, self.hole.state, exact)
        budget = Budget(expansions=p.expansions, seconds=max(self.deadline - time.monotonic(), 0.0))
        search = Search(
            root,
            generator=LeanGenerator(p.generator, self.local_names, p.candidates),
            checker=self.checker,
            strategy=p.strategy,
            budget=budget,
            seed=p.seed,
            # The batch is fixed, so that the tree does not depend on the number of workers.
            options=Options(workers=p.workers, batch=_BATCH),
            on_event=p.on_event,
        )
        result = search.run()
        s = result.statistics
        self._tried += s.checks
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
        depths = result.proof.depths()
        steps = tuple(ProofStep(s.action, s.text, d) for s, d in zip(result.proof.steps, depths, strict=True))
        return _Found(script.block(result.proof), steps, p.strategy)


def _is_example(theorem: str) -> bool:
    return theorem.rsplit(".", 1)[-1] == "_example"


def _names(full: str, asked: str) -> bool:
    """Whether a name as the user writes it means a declaration."""
    return full == asked or full.endswith("." + asked)


def _by_theorem(holes: list[tuple[int, Hole]]) -> list[list[tuple[int, Hole]]]:
    """Neighbouring holes of one declaration together."""
    groups: list[list[tuple[int, Hole]]] = []
    for index, hole in holes:
        if groups and groups[-1][0][1].theorem == hole.theorem:
            groups[-1].append((index, hole))
        else:
            groups.append([(index, hole)])
    return groups


def _declared(source: str) -> tuple[str, ...]:
    """Names that the source itself declares so far, as it writes them: what no library tactic knows of."""
    return tuple(dict.fromkeys(_DECLARATION.findall(source)))


__all__ = ["DEFAULT_SECONDS", "GENERATORS", "HoleFinished", "HoleStarted", "OneLinerTried", "ProveEvent", "prove"]
