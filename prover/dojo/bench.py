"""`python -m prover.dojo.bench`: what a step costs through LeanDojo's interface, above the protocol below it.

A step of the face runs a tactic and prints the goals, as lean-dojo does. Its share is the step's time less what passes
inside the protocol's `run` and `goals`, on one embedded Lean; medians, since other work on the machine only adds.
"""

from __future__ import annotations

import statistics
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from prover.dojo import Dojo, theorem_in
from prover.dojo.classes import OWN
from prover.lean.open import open_lean
from prover.lean.protocol import Lean, Limits, Outcome
from prover.lean.state import Goal, ProofState

SOURCE = "theorem t (a b : Nat) (h : a = b) : a + b = b + a"
#: Steps that go on, with few goals and many, and steps that fail.
TACTICS = ("have h2 := h", "induction a", "constructor", "rcases b with _ | _ | _ | _ | b", "exact foo", "intro x")


@dataclass(frozen=True, slots=True)
class Figure:
    """One tactic: milliseconds a step inside the protocol, and what the face adds to that."""

    tactic: str
    protocol: float
    face: float


class _Timed:
    """A Lean that counts the seconds spent in it."""

    def __init__(self, lean: Lean) -> None:
        self._lean = lean
        self.seconds = 0.0

    def run(self, state: ProofState, tactics: Sequence[str], limits: Limits, explain: bool) -> list[Outcome]:
        started = time.perf_counter()
        try:
            return self._lean.run(state, tactics, limits, explain)
        finally:
            self.seconds += time.perf_counter() - started

    def goals(self, state: ProofState) -> tuple[Goal, ...]:
        started = time.perf_counter()
        try:
            return self._lean.goals(state)
        finally:
            self.seconds += time.perf_counter() - started

    def __getattr__(self, name: str) -> Any:
        return getattr(self._lean, name)


def figures(rounds: int = 100) -> Iterator[Figure]:
    """Each tactic `rounds` times."""
    lean = open_lean("embedded")
    try:
        timed: Any = _Timed(lean)
        with Dojo(theorem_in(SOURCE), lean=timed) as (dojo, first):
            for tactic in TACTICS:
                inside, outside = [], []
                for _ in range(rounds):
                    timed.seconds = 0.0
                    started = time.perf_counter()
                    dojo.run_tac(first, tactic)
                    whole = time.perf_counter() - started
                    inside.append(timed.seconds * 1000)
                    outside.append((whole - timed.seconds) * 1000)
                yield Figure(tactic, statistics.median(inside), statistics.median(outside))
    finally:
        lean.close()


def main() -> None:
    print(f"classes: {'our own' if OWN else 'those of lean-dojo'}")
    print(f"{'':34} {'protocol ms':>11} {'face ms':>9}")
    found = []
    for figure in figures():
        found.append(figure)
        print(f"{figure.tactic:34} {figure.protocol:11.3f} {figure.face:9.4f}", flush=True)
    print(f"the most that the face adds to a step: {max(f.face for f in found):.4f} ms")


if __name__ == "__main__":
    main()
