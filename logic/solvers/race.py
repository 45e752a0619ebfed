"""One race: the jobs of one problem on one lane, until its questions are settled or the deadline passes.

Who may race, when, and what the outcomes amount to is in `portfolio.py`.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field

from logic.solvers import disagreement
from logic.solvers.decision import SolverReport
from logic.solvers.encode import Encoded
from logic.solvers.jobs import QUESTIONS, GaveUp, Job, Message, Question, Satisfiable, Unsatisfiable
from logic.solvers.process import Lane, Process, remaining

POLL_SECONDS = 0.05  # how soon a cancelled race notices


class Cancelled(Exception):
    """The caller doesn't want the answer any more."""


@dataclass(slots=True)
class _Running:
    solver: str
    questions: tuple[Question, ...]
    improves: bool = False


@dataclass(slots=True)
class Race:
    """`settled[question]` is the winner's name and latest message; `reports` says how far everyone got.

    `accept(solver, message)` returns the reason why an answer isn't to be believed, or None.
    """

    lane: Lane
    encoded: Encoded
    deadline: float  # on the monotonic clock
    accept: Callable[[str, Satisfiable], str | None]
    keep_all: bool = False  # let everyone finish, to compare
    cancelled: threading.Event | None = None
    settled: dict[Question, tuple[str, Unsatisfiable | Satisfiable]] = field(default_factory=dict)
    reports: list[SolverReport] = field(default_factory=list)
    _running: dict[tuple[Process, int], _Running] = field(default_factory=dict)
    _heard: dict[Question, list[tuple[str, Unsatisfiable | Satisfiable]]] = field(
        default_factory=lambda: {question: [] for question in QUESTIONS}
    )
    _started: float = field(default_factory=time.monotonic)

    @property
    def open(self) -> tuple[Question, ...]:
        """The questions that nobody has settled."""
        return tuple(question for question in QUESTIONS if question not in self.settled)

    @property
    def idle(self) -> bool:
        """Whether no job runs."""
        return not self._running

    @property
    def improving(self) -> bool:
        """Whether a job that explains another solver's answer runs."""
        return any(running.improves for running in self._running.values())

    def start(self, solver: str, questions: tuple[Question, ...], explain: bool, max_domain: int) -> None:
        """Send `solver` a job on `questions`."""
        if not questions:
            return
        job = Job(self.encoded, questions, remaining(self.deadline), explain, max_domain)
        process = self.lane.process(solver)
        self._running[process, process.submit(solver, job)] = _Running(solver, questions)

    def improve(self, solver: str, question: Question, known: tuple, max_domain: int) -> None:
        """Ask `solver` to explain what another has settled: its answer then takes the place of that one."""
        job = Job(self.encoded, (question,), remaining(self.deadline), True, max_domain, known)
        process = self.lane.process(solver)
        self._running[process, process.submit(solver, job)] = _Running(solver, (question,), improves=True)

    def listen(self, until: float) -> None:
        """Take what is said until `until` or the deadline, whichever is first; returns at the first words."""
        seconds = remaining(min(until, self.deadline))
        if self.cancelled is not None:
            if self.cancelled.is_set():
                raise Cancelled
            seconds = min(seconds, POLL_SECONDS)
        for process, number, message in self.lane.listen(seconds):
            running = self._running.get((process, number))
            if running is None:
                continue
            if message is None:
                del self._running[process, number]
                self._ended(running, "ended without an answer")
            else:
                self._take(running, message)
        if not self.keep_all:
            self._stop_losers()

    def finish(self) -> None:
        """Stop whatever still runs, and say so in the reports."""
        for (process, number), running in list(self._running.items()):
            process.stop(number)
            self._ended(running, "deadline" if remaining(self.deadline) == 0 else "stopped")
        self._running.clear()

    def explaining(self, solver: str) -> bool:
        """Whether `solver` still works on the explanation of something it has settled."""
        return any(running.solver == solver for running in self._running.values()) and any(
            winner == solver and not message.final for winner, message in self.settled.values()
        )

    def _take(self, running: _Running, message: Message) -> None:
        solver, question = running.solver, message.question
        if isinstance(message, GaveUp):
            self._report(solver, question, message.reason)
            return
        if isinstance(message, Satisfiable) and (doubt := self.accept(solver, message)):
            self._report(solver, question, doubt)
            return
        for other, earlier in self._heard[question]:
            if isinstance(earlier, Satisfiable) and isinstance(message, Unsatisfiable):
                raise disagreement.report(self.encoded, question, (solver, message), (other, earlier))
            if isinstance(earlier, Unsatisfiable) and isinstance(message, Satisfiable):
                raise disagreement.report(self.encoded, question, (other, earlier), (solver, message))
        self._heard[question].append((solver, message))
        winner = self.settled.get(question, (solver, message))[0]
        if winner == solver or running.improves:
            self.settled[question] = (winner, message)
        self._report(solver, question, "derived" if isinstance(message, Unsatisfiable) else "counterexample")

    def _stop_losers(self) -> None:
        for (process, number), running in list(self._running.items()):
            working = running.improves or any(
                question not in self.settled or self.settled[question][0] == running.solver
                for question in running.questions
            )
            if not working:
                process.stop(number)
                del self._running[process, number]
                self._ended(running, "stopped")

    def _ended(self, running: _Running, said: str) -> None:
        reported = {(report.solver, report.question) for report in self.reports}
        for question in running.questions:
            if (running.solver, question) not in reported:
                self._report(running.solver, question, said)

    def _report(self, solver: str, question: Question, said: str) -> None:
        if any((r.solver, r.question, r.said) == (solver, question, said) for r in self.reports):
            return
        self.reports.append(SolverReport(solver, question, said, time.monotonic() - self._started))
