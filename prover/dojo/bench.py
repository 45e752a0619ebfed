"""`python -m prover.dojo.bench`: what a step costs through LeanDojo's interface, above the protocol below it.

A step of the face runs a tactic and prints the goals, as lean-dojo does; the protocol's share is the same `run` and
`goals` asked directly. Both are timed in turns, on one embedded Lean, and the medians subtracted.
"""

from __future__ import annotations

import statistics
import time
from collections.abc import Iterator
from dataclasses import dataclass

from prover.dojo import Dojo, theorem_in
from prover.dojo.classes import OWN, TacticState
from prover.lean.open import open_lean
from prover.lean.protocol import Advanced, Lean, Limits

SOURCE = "theorem t (a b : Nat) (h : a = b) : a + b = b + a"
#: Steps that go on, with few and many goals, and steps that fail.
TACTICS = ("have h2 := h", "induction a", "constructor", "rcases b with _ | _ | _ | _ | b", "exact foo", "intro x")
_MILLISECONDS = 1000


@dataclass(frozen=True, slots=True)
class Figure:
    """One tactic: milliseconds a step through the protocol, and what the face adds to that."""

    tactic: str
    protocol: float
    face: float

    @property
    def overhead(self) -> float:
        return self.face - self.protocol


def _step(lean: Lean, state: object, tactic: str, limits: Limits) -> float:
    started = time.perf_counter()
    [outcome] = lean.run(state, (tactic,), limits, True)  # type: ignore[arg-type]
    if isinstance(outcome, Advanced):
        lean.goals(outcome.state)
    return time.perf_counter() - started


def figures(rounds: int = 500) -> Iterator[Figure]:
    """Each tactic `rounds` times both ways."""
    with open_lean("embedded") as lean, Dojo(theorem_in(SOURCE), lean=lean) as (dojo, first):  # type: ignore[attr-defined]
        state = lean.open(SOURCE).holes[0].state
        limits = Limits(0, 600.0)
        assert isinstance(first, TacticState)
        for tactic in TACTICS:
            below, above = [], []
            for _ in range(rounds):
                below.append(_step(lean, state, tactic, limits))
                started = time.perf_counter()
                dojo.run_tac(first, tactic)
                above.append(time.perf_counter() - started)
            yield Figure(tactic, statistics.median(below) * _MILLISECONDS, statistics.median(above) * _MILLISECONDS)


def main() -> None:
    print(f"classes: {'our own' if OWN else 'those of lean-dojo'}")
    print(f"{'':34} {'protocol ms':>11} {'face ms':>9} {'overhead ms':>12}")
    found = []
    for figure in figures():
        found.append(figure)
        print(f"{figure.tactic:34} {figure.protocol:11.3f} {figure.face:9.3f} {figure.overhead:12.3f}", flush=True)
    print(f"the largest overhead: {max(f.overhead for f in found):.3f} ms a step")


if __name__ == "__main__":
    main()
