"""`python -m prover.policy.bench`: the policy's latency a state, and the size of its weights.

The states are those of theorems of a file of rows: each as it is and, where it begins with binders, after
introductions. Latency is processor time, portfolio included. Not here: what the policy proves (`entails bench prove`).
"""

from __future__ import annotations

import argparse
import statistics
import time
from collections.abc import Callable
from pathlib import Path

from prover.data.rows import read_rows
from prover.generators.portfolio import Portfolio
from prover.generators.premises import LibraryPremises, open_index
from prover.generators.protocol import Position
from prover.lean.open import open_lean
from prover.lean_search import LeanGenerator, LeanState
from prover.policy.generator import WEIGHTS, PolicyGenerator

_ROUNDS = 5


def positions(rows: Path, most: int) -> list[Position]:
    """The first states of theorems, with premises where there is an index."""
    premises = LibraryPremises(open_index, optional=True)
    found = []
    with open_lean("embedded") as lean:
        for row in list(read_rows(rows))[:most]:
            state = LeanState(lean, lean.open(row.source(" := by sorry")).holes[0].state)
            found.append(LeanGenerator(Portfolio(), premises=premises.at(row.imports, row.name)).position(state))
    return found


def _milliseconds(work: object, position: Position) -> float:
    times = []
    for _ in range(_ROUNDS):
        started = time.process_time()
        work(position)  # type: ignore[operator]
        times.append(1000 * (time.process_time() - started))
    return min(times)


def main() -> None:
    parser = argparse.ArgumentParser(description="Latency of the policy a state, and the size of its weights.")
    parser.add_argument("--rows", type=Path, default=Path("data/library/validation.jsonl"))
    parser.add_argument("--limit", type=int, default=30)
    arguments = parser.parse_args()
    policy = PolicyGenerator()
    alone = Portfolio()
    states = positions(arguments.rows, arguments.limit)
    lines = {
        "portfolio: steps": lambda p: alone.propose([p]),
        "policy: scores of the portfolio's whole proofs": _scores(policy, alone),
        "policy with portfolio: whole proofs, once a theorem": lambda p: policy.opening(p),
    }
    print(f"{len(states)} states of {arguments.rows}; milliseconds of processor time, best of {_ROUNDS}")
    for name, work in lines.items():
        taken = sorted(_milliseconds(work, p) for p in states)
        print(f"{name:52}  median {statistics.median(taken):6.2f}  largest {taken[-1]:6.2f}")
    print(f"{'weights':52}  {WEIGHTS.stat().st_size / 1e6:.2f} MB")


def _scores(policy: PolicyGenerator, portfolio: Portfolio) -> Callable[[Position], None]:
    known: dict[int, list[str]] = {}

    def work(position: Position) -> None:
        if id(position) not in known:
            known[id(position)] = portfolio.opening(position)[0]
        encoded = policy.policy.encoder.encode(position, known[id(position)])
        policy.policy.logits(encoded)
        policy.policy.seconds(encoded)

    return work


if __name__ == "__main__":
    main()
