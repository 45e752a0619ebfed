"""`entails bench lean`: the speed and size of the embedded Lean on this machine, as a table.

Wall clock, best of several rounds where a rate is asked for, since other work on the machine only ever slows it.
"""

from __future__ import annotations

import statistics
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass

import psutil

from prover.lean.embedded.install import ensure
from prover.lean.embedded.lean import EmbeddedLean
from prover.lean.embedded.session import Session
from prover.lean.embedded.workers import LeanWorkers
from prover.lean.protocol import Limits, TimedOut

COMMUTATIVITY = "theorem t (a b : Nat) : a + b = b + a"
TACTICS = ("exact Nat.add_comm a b", "intro x", "simp", "rfl", "omega", "grind")
MIXED = ("omega", "intro x", "simp", "exact Nat.add_comm a b", "rfl", "induction a", "exact foo", "cases b")
RUNAWAY = "set_option maxRecDepth 100000000 in set_option maxHeartbeats 0 in decide"
_LONG = "theorem long : ∀ n : Fin 20000, n.val < 20000"


@dataclass(frozen=True, slots=True)
class Figure:
    """One line of the table."""

    what: str
    value: float
    unit: str


def _seconds(work: Callable[[], object]) -> float:
    started = time.perf_counter()
    work()
    return time.perf_counter() - started


def _best(rounds: int, work: Callable[[], object]) -> float:
    return min(_seconds(work) for _ in range(rounds))


def _process(*arguments: str) -> float:
    """Seconds of a whole process, best of five."""
    command = [sys.executable, "-m", "logic.main", *arguments]
    return _best(5, lambda: subprocess.run(command, check=True, capture_output=True))


def processes() -> Iterator[Figure]:
    """Whole processes, as a person starts them."""
    yield Figure("entails --help", _process("--help"), "s")
    yield Figure(f'entails prove "{COMMUTATIVITY}"', _process("prove", COMMUTATIVITY), "s")


def opening() -> Iterator[Figure]:
    prepared = ensure()
    yield Figure("open_lean()", _best(5, lambda: EmbeddedLean(prepared).close()), "s")


def steps(lean: EmbeddedLean, seconds: float = 1.0) -> Iterator[Figure]:
    """Steps a second on one worker, and what of a step is Python's."""
    state = lean.open(COMMUTATIVITY).holes[0].state
    for tactic in TACTICS:
        lean.run(state, [tactic])
        once = _best(3, lambda tactic=tactic: lean.run(state, [tactic]))
        n = max(5, int(seconds / 4 / once))
        best = _best(4, lambda tactic=tactic, n=n: lean.run(state, [tactic] * n))
        yield Figure(f"`{tactic}`", n / best, "steps/s")

    def overhead(session: Session) -> float:
        """A step's time less the time inside Lean's code, for the cheapest tactic."""
        inside = 0.0
        evaluate = "l_Lean_Elab_Tactic_evalTactic"
        real, boxed = session.o._callable(evaluate)

        def timed(*arguments: int) -> int:
            nonlocal inside
            started = time.perf_counter()
            try:
                return real(*arguments)
            finally:
                inside += time.perf_counter() - started

        session.o._callables[evaluate] = (timed, boxed)
        try:
            n = 500
            whole = _seconds(lambda: session.run(state, ["exact Nat.add_comm a b"] * n))
        finally:
            session.o._callables[evaluate] = (real, boxed)
        return (whole - inside) / n * 1000

    yield Figure("Python's part of a step", lean.ask(overhead), "ms")


def long_session(lean: EmbeddedLean, count: int) -> Iterator[Figure]:
    """Many mixed steps in one session: speed and memory at its end against its beginning."""
    state = lean.open(COMMUTATIVITY).holes[0].state
    process = psutil.Process()
    batch = [MIXED[i % len(MIXED)] for i in range(400)]
    lean.run(state, batch)
    times, memory = [], []
    for _ in range(max(count // len(batch), 4)):
        times.append(_seconds(lambda: lean.run(state, batch)))
        memory.append(process.memory_info().rss / 2**20)
    quarter = max(len(times) // 4, 1)
    yield Figure(f"{len(times) * len(batch)} mixed steps: first quarter",
                 len(batch) / statistics.median(times[:quarter]), "steps/s")  # fmt: skip
    yield Figure("  … last quarter", len(batch) / statistics.median(times[-quarter:]), "steps/s")
    yield Figure("  … memory after the first quarter", memory[quarter], "MB")
    yield Figure("  … memory at the end", memory[-1], "MB")


def stopping(lean: EmbeddedLean) -> Iterator[Figure]:
    """A runaway tactic, and going on after it."""
    state = lean.open(_LONG).holes[0].state
    other = lean.open(COMMUTATIVITY).holes[0].state
    over, after = [], []
    for _ in range(5):
        limits = Limits(heartbeats=0, seconds=0.5)
        started = time.perf_counter()
        [outcome] = lean.run(state, [RUNAWAY], limits)
        over.append(time.perf_counter() - started - limits.seconds)
        if not isinstance(outcome, TimedOut):
            raise RuntimeError(f"the runaway tactic was not stopped: {outcome}")
        after.append(_seconds(lambda: lean.run(other, ["exact Nat.add_comm a b"])))
    yield Figure("a runaway tactic, past its limit", statistics.median(over), "s")
    yield Figure("  … until the next step is done, replay included", statistics.median(after), "s")

    def restores(session: Session) -> float:
        session.restore()
        return _best(20, session.restore) * 1000

    yield Figure("restore, little dirty", lean.ask(restores), "ms")


def workers() -> Iterator[Figure]:
    """Two workers against one, and what one more costs."""
    with LeanWorkers(ensure(), 2) as pool:
        state = pool.open(COMMUTATIVITY).holes[0].state
        n = 40

        def run(threads: int) -> float:
            jobs = [threading.Thread(target=pool.run, args=(state, ["omega"] * n)) for _ in range(threads)]

            def work() -> None:
                for job in jobs:
                    job.start()
                for job in jobs:
                    job.join()

            return threads * n / _seconds(work)

        for threads in (1, 2):
            run(threads)
        rates = {threads: max(run(threads) for _ in range(4)) for threads in (1, 2)}
        yield Figure("two workers, times one", rates[2] / rates[1], "×")
        private = [psutil.Process(w.process.pid).memory_full_info().uss / 2**20 for w in pool._all]
        yield Figure("private memory of a worker", max(private), "MB")


def figures(mixed: int = 100_000) -> Iterator[Figure]:
    """All of it; takes about five minutes with 100,000 mixed steps."""
    yield from processes()
    yield from opening()
    with EmbeddedLean(ensure()) as lean:
        yield from steps(lean)
        yield from stopping(lean)
        yield from long_session(lean, mixed)
    yield from workers()
