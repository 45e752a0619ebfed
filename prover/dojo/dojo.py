"""`Dojo`: LeanDojo's environment for one theorem or one place of a file, on the Lean of this package.

Behaves as lean-dojo 4.20's (Yang et al. 2023, section 4.2) but for this: a time-out or a crash leaves the environment
usable, `ProofFinished` is given only for what the soundness gate accepted, and nothing is traced. Not here: finding
the theorem (`locate.py`) and its file (`repos.py`), the classes (`values.py`).
"""

from __future__ import annotations

import re
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Any

from prover.dojo import leans, locate, repos
from prover.dojo.classes import (
    CommandState,
    DojoCrashError,
    DojoInitError,
    DojoTacticTimeoutError,
    LeanError,
    ProofFinished,
    ProofGivenUp,
    TacticState,
    Theorem,
)
from prover.lean import protocol
from prover.lean.holes import normalise
from prover.lean.native import scan
from prover.lean.protocol import Advanced, BadSource, Crashed, Lean, Limits, Rejected, Solved, TimedOut
from prover.lean.state import ProofState
from prover.script import indented

VERIFY_SECONDS = 300.0
_SORRY = re.compile(r"leans on `sorry`")
_MEMORY = re.compile(r"\bmemory\b")


@dataclass(frozen=True, slots=True)
class _Commands:
    """A command state: all that was run before it, and how many messages that has."""

    source: str
    messages: int


class Dojo:
    """An environment to prove a theorem in: `with Dojo(theorem) as (dojo, state): dojo.run_tac(state, "simp")`.

    `entry`: a `Theorem`; or (repository, file, line), for running commands before that line. `timeout`: seconds for
    one tactic or command. `additional_imports`: modules to import beside those of the file. `build_deps`:
    accepted and without meaning here. `lean`: a Lean to use, opened by the caller; otherwise one is opened as
    `backend` says ("auto": the native Lean in a Lake project where there is one, else the embedded). `start`: line and
    column (from 1) of the theorem, which tells apart several of one name.

    Entering raises DojoInitError where the theorem cannot be worked on, and LeanMissing where there is no Lean.
    """

    is_successful: bool | None = None
    is_crashed: bool = False
    has_timedout: bool = False

    def __init__(
        self,
        entry: Any,
        timeout: float = 600,
        additional_imports: Sequence[str] = (),
        build_deps: bool = True,
        *,
        lean: Lean | None = None,
        backend: str = "auto",
        start: tuple[int, int] | None = None,
    ) -> None:
        self.entry = entry
        self.timeout = timeout
        self.additional_imports = list(additional_imports)
        self.build_deps = build_deps
        self.start = start
        #: The tactics of the proof that the gate accepted, one a line.
        self.proof: str | None = None
        self._backend = backend
        self._given = lean
        self._lean: Lean | None = None
        self._limits = Limits(0, float(timeout))
        self._states: list[ProofState] = []
        self._commands: list[_Commands] = []
        self._posed: locate.Posed | None = None
        if self.uses_tactics:
            self.repo, self.file_path = entry.repo, entry.file_path
            self.is_successful = False
        elif self.uses_commands:
            self.repo, self.file_path = entry[0], Path(entry[1])
        else:
            raise TypeError(f"a Dojo is for a Theorem, or a tuple (repository, file, line), not for {entry!r}")

    @property
    def uses_tactics(self) -> bool:
        return isinstance(self.entry, Theorem)

    @property
    def uses_commands(self) -> bool:
        return isinstance(self.entry, tuple)

    # Entering and leaving

    def __enter__(self) -> tuple[Dojo, Any]:
        source = _read(self.repo, self.file_path)
        self._states, self._commands = [], []
        self._lean = self._given or leans.borrow(self._backend, self.repo)
        try:
            state = self._first_tactic(source) if self.uses_tactics else self._first_command(source)
        except BaseException:
            self._leave()
            raise
        self.start_time = time.monotonic()
        return self, state

    def _first_tactic(self, source: str) -> TacticState:
        self._posed = posed = _pose(self.lean, self.entry, source, tuple(self.additional_imports), self.start)
        self._states.append(posed.hole.state)
        return TacticState(self._printed(posed.hole.state), 0)

    def _first_command(self, source: str) -> CommandState:
        source = normalise(source)
        line = self.entry[2]
        lines = source.split("\n")
        if not isinstance(line, int) or not 1 <= line <= len(lines) + 1:
            raise DojoInitError(f"{self.file_path} has no line {line}.")
        before = "\n".join(lines[: line - 1])
        imports = "".join(f"import {name}\n" for name in self.additional_imports)
        head = scan.header(scan.blank(before)).end
        source = imports + before[:head] + locate.PREAMBLE + before[head:] + "\n"
        report = self._check(source, DojoInitError)
        wrong = next(iter(report.errors), None)
        if wrong is not None:
            raise DojoInitError(f"{self.file_path} does not elaborate before line {line}: {wrong.text}")
        self._commands.append(_Commands(source, len(report.messages)))
        return CommandState(0)

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._leave()

    def _leave(self) -> None:
        lean, self._lean = self._lean, None
        if lean is not None and lean is not self._given:
            leans.give_back(lean)

    @property
    def lean(self) -> Lean:
        """The Lean at work. Raises RuntimeError outside of the `with` block."""
        if self._lean is None:
            raise RuntimeError("the Dojo is used outside of its `with` block")
        return self._lean

    # Tactics

    def run_tac(self, state: TacticState, tactic: str) -> Any:
        """Run a tactic on a state: TacticState, ProofFinished, LeanError or ProofGivenUp.

        Where no goal is left the whole proof goes through the soundness gate: refused for a `sorry` it is
        ProofGivenUp, otherwise LeanError with the reason. Raises DojoTacticTimeoutError, DojoCrashError (the state
        stays good after either), RuntimeError for what is no state.
        """
        if not isinstance(state, TacticState):
            raise RuntimeError(f"Attempting to run a tactic on an invalid state {state}.")
        if not isinstance(tactic, str):
            raise AssertionError(f"Invalid tactic {tactic}")
        lean = self.lean
        if not 0 <= state.id < len(self._states):
            raise DojoCrashError(f"unknown tactic state {state.id}: it is of another Dojo")
        try:
            [outcome] = lean.run(self._states[state.id], (tactic,), self._limits, True)
            if type(outcome) is Advanced:
                return self._advanced(outcome.state)
        except protocol.LeanError as error:
            raise self._crash(str(error)) from None
        if type(outcome) is Rejected:
            return LeanError(outcome.message.strip() or "the tactic failed")
        if type(outcome) is Solved:
            return self._finished(outcome)
        if type(outcome) is TimedOut:
            if outcome.message.startswith("stopped after"):
                self.has_timedout = True
                raise DojoTacticTimeoutError
            return LeanError(outcome.message.strip())  # heartbeats that the tactic itself set
        assert type(outcome) is Crashed
        raise self._crash(outcome.message)

    def _advanced(self, after: ProofState) -> Any:
        printed = self._printed(after)
        number = len(self._states)
        try:
            made = TacticState(printed, number, "")
        except AssertionError:  # lean-dojo's own class cannot hold a goal with `⊢` inside
            return LeanError("lean-dojo's TacticState cannot hold the goals after this tactic")
        self._states.append(after)
        return made

    def _printed(self, state: ProofState) -> str:
        return "\n\n".join([goal.text for goal in self.lean.goals(state)])

    def _crash(self, why: str) -> DojoCrashError:
        self.is_crashed = True
        return DojoCrashError("OOM" if _MEMORY.search(why) else why)

    def _finished(self, solved: Solved) -> Any:
        assert self._posed is not None
        reason = ""
        for steps in (solved.steps, [f"(\n{indented(step, '  ')}\n)" for step in solved.steps]):
            text = "\n".join(steps)
            answer = _verify(self.lean, self._posed, f"by\n{indented(text, '  ')}", self.entry.full_name)
            if answer.accepted:
                self.is_successful = True
                self.proof = text
                self._states.append(self._posed.hole.state)  # the number is taken, though nothing is to be run on it
                return ProofFinished(len(self._states) - 1, "")
            if _SORRY.search(answer.reason):
                return ProofGivenUp()
            reason = reason or answer.reason
            if "does not elaborate" not in answer.reason:
                break  # else the steps' layout, one below the other, may be to blame
        return LeanError(f"the proof is refused by the soundness gate: {reason}")

    # Commands

    def run_cmd(self, state: CommandState, command: str) -> Any:
        """Run a command on a state: CommandState with what Lean said as its message, or LeanError.

        What came before is elaborated anew each time. Raises as `run_tac` does.
        """
        if not isinstance(state, CommandState):
            raise RuntimeError(f"Attempting to run a command on an invalid state {state}.")
        if not isinstance(command, str):
            raise AssertionError(f"Invalid command {command}")
        if not 0 <= state.id < len(self._commands):
            raise DojoCrashError(f"unknown command state {state.id}: it is of another Dojo")
        before = self._commands[state.id]
        source = f"{before.source}{normalise(command)}\n"
        report = self._check(source, DojoCrashError)
        new = report.messages[before.messages :]
        errors = [m.text.strip() for m in new if m.severity == "error"]
        if errors:
            return LeanError("\n".join(errors))
        self._commands.append(_Commands(source, len(report.messages)))
        return CommandState(len(self._commands) - 1, "\n".join(m.text.strip() for m in new))

    def _check(self, source: str, problem: type[Exception]) -> protocol.SourceReport:
        started = time.monotonic()
        try:
            return self.lean.check(source, float(self.timeout))
        except protocol.LeanError as error:
            if time.monotonic() - started >= self.timeout and problem is not DojoInitError:
                self.has_timedout = True
                raise DojoTacticTimeoutError from None
            raise problem(str(error)) from None


def check_proof(thm: Any, proof: str, *, lean: Lean | None = None, backend: str = "auto") -> bool:
    """Whether `proof` (what stands after `:=`, such as "by simp") proves the theorem, by the soundness gate.

    Raises DojoInitError where the theorem cannot be worked on.
    """
    source = _read(thm.repo, thm.file_path)
    opened = lean or leans.borrow(backend, thm.repo)
    try:
        posed = _pose(opened, thm, source, (), None)
        return _verify(opened, posed, proof, thm.full_name).accepted
    finally:
        if lean is None:
            leans.give_back(opened)


def _verify(lean: Lean, posed: locate.Posed, proof: str, full_name: str) -> protocol.Verification:
    return lean.verify(posed.with_proof(proof), posed.source, posed.hole.theorem or full_name, VERIFY_SECONDS)


def _read(repo: Any, path: Path) -> str:
    try:
        return repos.read(repo, path)
    except repos.SourceMissing as missing:
        raise DojoInitError(str(missing)) from None


def _pose(lean: Lean, thm: Any, source: str, imports: tuple[str, ...], start: tuple[int, int] | None) -> locate.Posed:
    try:
        return locate.pose(lean, source, thm.full_name, imports=imports, start=start)
    except locate.NotFound as missing:
        raise DojoInitError(
            f"Failed to locate the theorem with `{thm.full_name}` as its fully qualified name in {thm.file_path}: "
            f"{missing}"
        ) from None
    except (locate.NotUsable, BadSource) as problem:
        raise DojoInitError(f"{thm.file_path}: {problem}") from None
