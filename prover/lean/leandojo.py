"""The package lean-dojo as a `Lean`: tactics run through its REPL, in a repository that it traced.

What lean-dojo does not do (opening any text, whole sources, declarations, the gate) the native backend does, in the
same traced repository. As in lean-dojo, each theorem has a Lean process of its own, so that only the last few are
kept; a process that is lost is started again, and the state's tactics are run in it once more. Nothing is traced or
fetched here: that takes hours, and is the user's to start.
"""

from __future__ import annotations

import importlib
import threading
from collections import OrderedDict
from collections.abc import Callable, Sequence
from pathlib import Path
from types import SimpleNamespace
from typing import Any

from prover.lean.leandojo_traces import package, said, traced
from prover.lean.native import printed
from prover.lean.native.lean import VERIFY_SECONDS, NativeLean
from prover.lean.native.session import Root
from prover.lean.native.sources import SOURCE_SECONDS
from prover.lean.protocol import (
    Advanced,
    Crashed,
    Declaration,
    LeanError,
    LeanInfo,
    Limits,
    Opened,
    Outcome,
    Rejected,
    Solved,
    SourceReport,
    TimedOut,
    Verification,
)
from prover.lean.state import Goal, ProofState

_REPL = "\n  lean_dojo_repl\n  sorry\n"
#: A process has a gigabyte or more with Mathlib.
_PROCESSES = 2
#: What a terminal, through which lean-dojo writes, takes in a line.
_LONGEST_LINE = 4000
_LIMIT_WORDS = ("maximum number of heartbeats", "(deterministic) timeout")
#: lean-dojo changes the process's working directory while it starts Lean.
_starting = threading.Lock()


class _Gone(Exception):
    """A state that cannot be reached; the sentence says why."""


class LeanDojoLean:
    """See `prover.lean.protocol.Lean`. One request at a time."""

    def __init__(self, repo: Any, folder: Path) -> None:
        """`folder`: of the trace. Raises LeanMissing where there is no native Lean."""
        self.repo, self.folder = repo, folder
        self._native = NativeLean.start(folder)
        self._dojos: OrderedDict[str, _Process] = OrderedDict()

    @classmethod
    def start(cls, project: Path | None) -> LeanDojoLean:
        """For the repository that `project` lies in. Raises LeanMissing with what is missing."""
        return cls(*traced(project))

    @property
    def info(self) -> LeanInfo:
        return LeanInfo(self._native.info.version, "leandojo")

    # The native backend's part

    def open(self, source: str) -> Opened:
        return self._native.open(source)

    def check(self, source: str, seconds: float = SOURCE_SECONDS) -> SourceReport:
        return self._native.check(source, seconds)

    def declaration(self, name: str, source: str = "") -> Declaration | None:
        return self._native.declaration(name, source)

    def verify(
        self,
        proof: str,
        statement: str,
        theorem: str | Sequence[str] | None = None,
        seconds: float = VERIFY_SECONDS,
    ) -> Verification:
        return self._native.verify(proof, statement, theorem, seconds)

    # Lean-dojo's part

    def run(
        self, state: ProofState, tactics: Sequence[str], limits: Limits = Limits(), explain: bool = True
    ) -> list[Outcome]:
        """See `Lean.run`. Heartbeats are limited by wrapping the tactic; lean-dojo itself has no such limit."""
        return [self._run_one(state, tactic, limits) for tactic in tactics]

    def _run_one(self, state: ProofState, tactic: str, limits: Limits) -> Outcome:
        root = self._native.root(state.root)
        text = f"set_option maxHeartbeats {limits.heartbeats} in\n{_step(tactic)}" if tactic.strip() else ""
        if len(text.encode()) * 2 > _LONGEST_LINE:
            return Rejected("The tactic is too long for lean-dojo, which sends it through a terminal.")
        try:
            process, before = self._reach(state, root)
        except _Gone as gone:
            return Crashed(f"the state could not be replayed: {gone}")
        lean_dojo = process.package
        try:
            answer = process.run(before, text, limits.seconds)
        except lean_dojo.DojoTacticTimeoutError:
            self._drop(state.root)
            return TimedOut(f"stopped after {limits.seconds:g} s")
        except lean_dojo.DojoCrashError as crash:
            self._drop(state.root)
            return Crashed("Lean ran out of memory" if crash.is_out_of_memory else f"Lean stopped: {crash}")
        steps = (*state.steps, tactic)
        if isinstance(answer, lean_dojo.LeanError):
            limit = any(words in answer.error for words in _LIMIT_WORDS)
            return TimedOut(answer.error) if limit else Rejected(answer.error)
        if not isinstance(answer, lean_dojo.TacticState):  # finished, or given up: the gate tells the two apart
            return Solved(tuple(s for s in steps if isinstance(s, str)))
        process.states[steps] = answer
        return Advanced(_state(state.root, steps, answer.pp))

    def goals(self, state: ProofState) -> tuple[Goal, ...]:
        """See `Lean.goals`. Raises LeanError for a state that cannot be reached any more."""
        try:
            answer = self._reach(state, self._native.root(state.root))[1]
        except _Gone as gone:
            raise LeanError(f"The state cannot be reached again: {gone}.") from None
        return tuple(printed.goal(text) for text in _goals(answer.pp))

    def _reach(self, state: ProofState, root: Root) -> tuple[_Process, Any]:
        """The process of the state's theorem, and lean-dojo's state there. Raises _Gone."""
        process = self._dojos.get(state.root)
        if process is None:
            try:
                process = _Process(self.repo, self.folder, root)
            except Exception as error:
                raise _Gone(said(error)) from None
            self._dojos[state.root] = process
            while len(self._dojos) > _PROCESSES:
                self._dojos.popitem(last=False)[1].close()
        self._dojos.move_to_end(state.root)
        known = max(n for n in range(len(state.steps) + 1) if state.steps[:n] in process.states)
        answer = process.states[state.steps[:known]]
        for n in range(known, len(state.steps)):
            step = state.steps[n]
            text = _focus(step, answer.num_goals) if isinstance(step, int) else _step(step)
            try:
                answer = process.run(answer, text, SOURCE_SECONDS) if text else answer
            except (process.package.DojoCrashError, process.package.DojoTacticTimeoutError) as error:
                self._drop(state.root)
                raise _Gone(said(error)) from None
            if not isinstance(answer, process.package.TacticState):
                raise _Gone(f"a tactic does not repeat: {step!r}: {answer}")
            process.states[state.steps[: n + 1]] = answer
        return process, answer

    def _drop(self, root_id: str) -> None:
        process = self._dojos.pop(root_id, None)
        if process is not None:
            process.close()

    def interrupt(self) -> None:
        """From any thread: stop what Lean is doing; processes are started again when they are needed."""
        self._native.interrupt()
        for process in list(self._dojos.values()):
            process.kill()

    def close(self) -> None:
        for root_id in list(self._dojos):
            self._drop(root_id)
        self._native.close()

    def __enter__(self) -> LeanDojoLean:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


class _Process:
    """One `lean_dojo.Dojo`, at work in a hole of a text. `states`: lean-dojo's state by the steps that lead to it."""

    def __init__(self, repo: Any, folder: Path, root: Root) -> None:
        """Raises what lean-dojo raises."""
        self.package = lean_dojo = package()
        module = importlib.import_module("lean_dojo.interaction.dojo")
        hole = root.form.fill(root.source, root.start, root.end, _REPL)
        text = f"{root.source[: root.start]}{hole}{root.source[root.end :]}"

        class OfText(lean_dojo.Dojo):  # type: ignore[misc, name-defined]
            """A Dojo whose file is this text, and not one of the repository's."""

            def _locate_traced_file(self, traced_repo_path: Path) -> Any:
                return SimpleNamespace(abs_path=traced_repo_path / self.file_path, has_prelude=False)

            def _get_modified_proof(self, traced_file: Any) -> str:
                return f"import Lean4Repl\n{text}"

        theorem = lean_dojo.Theorem(repo, "Entails.lean", "entails")
        with _starting:
            self._dojo = OfText(theorem, SOURCE_SECONDS)
            try:
                first = self._dojo.__enter__()[1]
            except BaseException:
                if hasattr(self._dojo, "proc"):
                    self._dojo.__exit__(None, None, None)
                raise
        self._kill: Callable[[int], None] = module.kill_descendants
        self.states: dict[tuple[str | int, ...], Any] = {(): first}

    def run(self, state: Any, tactic: str, seconds: float) -> Any:
        """lean-dojo's answer. Raises its time-out and its crash."""
        self._dojo.proc.timeout = max(seconds, 0.05)
        return self._dojo.run_tac(state, tactic)

    def kill(self) -> None:
        self._kill(self._dojo.proc.pid)

    def close(self) -> None:
        self._dojo.__exit__(None, None, None)
        self._dojo.proc.close(force=True)


def _step(tactic: str) -> str:
    """A tactic, or several, as one: by itself a text is read without regard to its lines."""
    inner = tactic.replace("\n", "\n ")
    return f"(\n {inner}\n)"


def _focus(index: int, goals: int) -> str:
    """The tactic that leaves of so many goals only the one of that number; the others are left to `sorry`."""
    if goals < 2:
        return ""
    return f"(rotate_left {(index + 1) % goals}\n " + "\n ".join(["sorry"] * (goals - 1)) + ")"


def _goals(pp: str) -> list[str]:
    return [goal for goal in pp.split("\n\n") if "⊢" in goal]


def _state(root_id: str, steps: tuple[str | int, ...], pp: str) -> ProofState:
    goals = _goals(pp)
    independent = len(goals) < 2 or not any(printed.has_metavariable(g) for g in goals)
    return ProofState(root_id, tuple(map(printed.key, goals)), steps, independent, tuple(map(printed.size, goals)))
