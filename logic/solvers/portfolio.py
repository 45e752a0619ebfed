"""All solvers side by side on one problem, with one deadline: `decide`, `decide_many` and their async forms.

The rule. The first solver of the list (Z3) starts at once; the others start `head_start` seconds later on
what is then still open, each question of a problem in a race of its own. The first definite answer to a
question wins, and whatever else runs on it is stopped. A question is settled by a proof (with its core), a
model, or saturation; a solver's `unknown` settles nothing. Where one question is derived and the other stays
open, the other gets at most `CONSISTENCY_SECONDS` more: that the conclusion follows needs no second answer,
but premises that contradict each other shouldn't pass for a True.

Batches (`decide_many`) differ only in a longer head start, because Z3 alone settles nearly everything and the
cores are better spent on the next problem; what counts as an answer is the same.

Two solvers that answer one question differently raise `SolverDisagreement`. With `cross_check=True` nobody is
stopped early, so that every solver that can answer is compared.
"""

from __future__ import annotations

import asyncio
import os
import threading
import time
from collections.abc import Callable, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from dataclasses import dataclass, replace
from typing import TypeAlias

from logic.countermodel import FiniteModel, checked
from logic.errors import LogicError
from logic.solvers.decision import Counterexample, Decision, Derived, Outcome, Undecided
from logic.solvers.encode import Encoded, encode
from logic.solvers.explain import contradiction, explain, with_proof
from logic.solvers.jobs import CONCLUSION, NEGATION, Question, Satisfiable, Unsatisfiable
from logic.solvers.process import LANES
from logic.solvers.race import Race
from logic.solvers.table import SOLVERS, require
from logic.syntax.evaluate import TooManySteps
from logic.syntax.formula import Formula, Not
from logic.verdict import Verdict

ALL = tuple(SOLVERS)
DEADLINE_SECONDS = 5.0
HEAD_START_SECONDS = 0.0
BATCH_HEAD_START_SECONDS = 0.5
CONSISTENCY_SECONDS = 1.0
MAX_DOMAIN = 6
MAX_WORKERS = 16  # unless more are asked for: each has two processes of some 80 MB

Problem: TypeAlias = tuple[Sequence[Formula], Formula]
Answer: TypeAlias = Decision | LogicError


@dataclass(frozen=True, slots=True)
class _Options:
    deadline: float
    solvers: tuple[str, ...]
    explain: bool
    proof: bool
    head_start: float
    cross_check: bool
    max_domain: int


def decide(
    premises: Sequence[Formula],
    conclusion: Formula,
    *,
    deadline: float = DEADLINE_SECONDS,
    solvers: Sequence[str] = ALL,
    explain: bool = True,
    proof: bool = False,
    head_start: float = HEAD_START_SECONDS,
    cross_check: bool = False,
    max_domain: int = MAX_DOMAIN,
) -> Decision:
    """Whether `conclusion`, its negation, or neither follows from `premises` (which may be none).

    Args:
        deadline: seconds for everything, explanations included; only `proof` may take `explain.PROOF_SECONDS` more.
        solvers: names out of `SOLVERS`; the first starts first.
        explain: also make cores minimal and look for small finite models.
        proof: also ask E for a proof from the core.
        head_start: seconds before the solvers after the first start; 0 starts all at once.
        cross_check: let every solver finish and compare them.
        max_domain: the largest domain that is searched for a finite model.

    Raises:
        InputError: a variable that no quantifier binds, or something that is no formula.
        SolverMissing: a named solver isn't installed.
        SolverDisagreement: two solvers contradict each other.
    """
    options = _Options(deadline, tuple(solvers), explain, proof, head_start, cross_check, max_domain)
    return _decide(tuple(premises), conclusion, encode(premises, conclusion), options, None)


async def decide_async(premises: Sequence[Formula], conclusion: Formula, **options: object) -> Decision:
    """As `decide`; a cancelled call stops its solvers."""
    return await _in_thread(
        lambda cancelled: _decide(
            tuple(premises), conclusion, encode(premises, conclusion), _single(options), cancelled
        )
    )


def decide_many(
    problems: Sequence[Problem],
    *,
    workers: int | None = None,
    deadline: float = DEADLINE_SECONDS,
    solvers: Sequence[str] = ALL,
    explain: bool = False,
    proof: bool = False,
    head_start: float = BATCH_HEAD_START_SECONDS,
    cross_check: bool = False,
    max_domain: int = MAX_DOMAIN,
    on_answer: Callable[[int, Answer], None] | None = None,
) -> list[Answer]:
    """Decide each (premises, conclusion), in the order given, each within `deadline` seconds.

    A problem that can't be decided at all (`InputError`, `SolverDisagreement`) has its error in its place,
    and the rest goes on. Equal problems are decided once. `workers` problems run at a time (default: one for
    each core, up to `MAX_WORKERS`). `on_answer(index, answer)` is called in this thread as soon as an answer is
    there, so that nothing is lost when the run is interrupted.

    Raises:
        SolverMissing: a named solver isn't installed.
    """
    options = _Options(deadline, tuple(solvers), explain, proof, head_start, cross_check, max_domain)
    return _decide_many(problems, workers, options, on_answer, threading.Event())


async def decide_many_async(problems: Sequence[Problem], **options: object) -> list[Answer]:
    """As `decide_many`; `on_answer` is called in another thread, and a cancelled call stops its solvers."""
    workers, on_answer = options.pop("workers", None), options.pop("on_answer", None)
    settings = _single({"explain": False, "head_start": BATCH_HEAD_START_SECONDS, **options})
    return await _in_thread(lambda cancelled: _decide_many(problems, workers, settings, on_answer, cancelled))


def warm(solvers: Sequence[str] = ALL) -> None:
    """Start one set of solver processes and wait for it, so that the next `decide` finds it loaded."""
    require(tuple(solvers))
    with LANES.borrow() as lane:
        lane.warm(tuple(solvers))


def _single(options: dict[str, object]) -> _Options:
    given: dict[str, object] = {
        "deadline": DEADLINE_SECONDS,
        "solvers": ALL,
        "explain": True,
        "proof": False,
        "head_start": HEAD_START_SECONDS,
        "cross_check": False,
        "max_domain": MAX_DOMAIN,
        **options,
    }
    given["solvers"] = tuple(given["solvers"])
    return _Options(**given)


async def _in_thread(work: Callable[[threading.Event], object]) -> object:
    cancelled = threading.Event()
    try:
        return await asyncio.to_thread(work, cancelled)
    except asyncio.CancelledError:
        cancelled.set()
        raise


def _decide_many(
    problems: Sequence[Problem],
    workers: int | None,
    options: _Options,
    on_answer: Callable[[int, Answer], None] | None,
    cancelled: threading.Event,
) -> list[Answer]:
    require(options.solvers)
    answers: list[Answer | None] = [None] * len(problems)

    def give(index: int, answer: Answer) -> None:
        answers[index] = answer
        if on_answer is not None:
            on_answer(index, answer)

    same: dict[object, list[int]] = {}
    running: dict[Future[Decision], object] = {}
    with ThreadPoolExecutor(workers or min(os.cpu_count() or 1, MAX_WORKERS), thread_name_prefix="decide") as pool:
        try:
            for index, (premises, conclusion) in enumerate(problems):
                try:
                    encoded = encode(premises, conclusion)
                except LogicError as error:
                    give(index, error)
                    continue
                # Models and proofs speak in the user's names; without them two problems are equal up to
                # those.
                key = encoded if options.explain or options.proof else _anonymous(encoded)
                if key in same:
                    same[key].append(index)
                    continue
                same[key] = [index]
                task = pool.submit(_decide, tuple(premises), conclusion, encoded, options, cancelled)
                running[task] = key
            while running:
                done, _ = wait(running, return_when=FIRST_COMPLETED)
                for task in done:
                    answer = _result(task)
                    for index in same[running.pop(task)]:
                        give(index, answer)
        except BaseException:
            cancelled.set()
            for task in running:
                task.cancel()
            raise
    return answers


def _anonymous(encoded: Encoded) -> object:
    return encoded.smt_premises, encoded.smt_conclusion


def _result(task: Future[Decision]) -> Answer:
    try:
        return task.result()
    except LogicError as error:
        return error


def _decide(
    premises: tuple[Formula, ...],
    conclusion: Formula,
    encoded: Encoded,
    options: _Options,
    cancelled: threading.Event | None,
) -> Decision:
    require(options.solvers if not options.proof else (*options.solvers, "eprover"))
    started = time.monotonic()
    models: dict[Question, FiniteModel] = {}

    def accept(solver: str, message: Satisfiable) -> str | None:
        if message.tables is None:
            return None
        model = FiniteModel.from_tables(message.tables, encoded.vocabulary)
        goal = conclusion if message.question == NEGATION else Not(conclusion)
        try:
            fault = checked(model, (*premises, goal))
        except TooManySteps:
            return None  # the answer stands on the solver's word, and no model is shown
        if fault is None:
            models[message.question] = model
        return fault

    with LANES.borrow() as lane:
        race = Race(lane, encoded, started + options.deadline, accept, options.cross_check, cancelled)
        try:
            _run(race, options, started)
            if options.explain and not options.cross_check:
                explain(race, options.solvers, options.max_domain)
        finally:
            race.finish()
        outcomes = {question: _outcome(race, question, models) for question in (CONCLUSION, NEGATION)}
        verdict = _verdict(outcomes[CONCLUSION], outcomes[NEGATION])
        found = None
        if verdict is Verdict.CONTRADICTORY:
            found = contradiction(
                lane,
                encoded,
                outcomes,
                options.explain and "z3" in options.solvers,
                options.max_domain,
                race.deadline,
            )
        decision = Decision(
            verdict,
            outcomes[CONCLUSION],
            outcomes[NEGATION],
            tuple(race.reports),
            time.monotonic() - started,
            found,
        )
        if options.proof and verdict in (Verdict.TRUE, Verdict.FALSE, Verdict.CONTRADICTORY):
            decision = with_proof(lane, encoded, decision)
    return replace(decision, seconds=time.monotonic() - started)


def _run(race: Race, options: _Options, started: float) -> None:
    """Race until both questions are settled, nobody runs any more, or the time is over."""
    first, others = options.solvers[0], options.solvers[1:]
    race.start(first, race.open, options.explain, options.max_domain)
    join = started + (0.0 if options.cross_check else options.head_start)
    joined = not others
    give_up_on_rest: float | None = None
    while race.open or options.cross_check:
        now = time.monotonic()
        if now >= race.deadline or (joined and race.idle):
            return
        if not joined and (now >= join or race.idle):
            for solver in others:
                for question in race.open:
                    race.start(solver, (question,), options.explain, options.max_domain)
            joined = True
        if give_up_on_rest is None and any(isinstance(m, Unsatisfiable) for _, m in race.settled.values()):
            give_up_on_rest = now + CONSISTENCY_SECONDS
        if give_up_on_rest is not None and now >= give_up_on_rest and not options.cross_check:
            return
        until = race.deadline if joined else join
        race.listen(until if give_up_on_rest is None else min(until, give_up_on_rest))


def _outcome(race: Race, question: Question, models: dict[Question, FiniteModel]) -> Outcome:
    match race.settled.get(question):
        case (solver, Unsatisfiable(core=core, minimal=minimal)):
            return Derived(solver, core, minimal)
        case (solver, Satisfiable(by=by)):
            return Counterexample(solver, by, models.get(question))
    return Undecided()


def _verdict(conclusion: Outcome, negation: Outcome) -> Verdict:
    match conclusion, negation:
        case Derived(), Derived():
            return Verdict.CONTRADICTORY
        case Derived(), _:
            return Verdict.TRUE
        case _, Derived():
            return Verdict.FALSE
        case Counterexample(), Counterexample():
            return Verdict.UNCERTAIN
    return Verdict.UNKNOWN
