"""Makes a found proof shorter: steps dropped, premises and parts of tactics left out, while Lean still accepts it.

Not here: the order of the attempts (search/minimise.py), and the gate, which judges the result again (`prover.hole`).
"""

from __future__ import annotations

from collections.abc import Iterator

from prover.brackets import split
from prover.lean.protocol import Hole, Lean, Limits
from prover.lean_search import LeanChecker, LeanState
from search import Budget
from search.minimise import Minimised, minimise, without_arguments
from search.proof import Proof

CHECKS = 100
SECONDS = 2.0
_MOST = 40  # shorter versions of one tactic
_SEPARATORS = (" <;> ", "; ", " | ", "\n")


def shorter_proof(lean: Lean, hole: Hole, proof: Proof, limits: Limits, seconds: float = SECONDS) -> Minimised:
    """The proof with fewer steps and shorter tactics, run once more from the first step to the last.

    At most `CHECKS` attempts and `seconds`. States are kept apart by their text, since the tactics may name hypotheses.
    """
    root = LeanState(lean, hole.state, exact=True)
    budget = Budget(seconds=seconds, checks=CHECKS)
    return minimise(root, proof, LeanChecker(lean, limits), shorten=shorter_tactics, budget=budget)


def can_be_shorter(proof: Proof) -> bool:
    """Whether there is anything to leave out."""
    return len(proof) > 1 or any(shorter_tactics(action) for action in proof.actions)


def shorter_tactics(tactic: str) -> list[str]:
    """Versions of a tactic to try in its place, the shortest first; many will not even parse, which costs little."""
    found = dict.fromkeys([*without_arguments(tactic), *_without_parts(tactic)])
    return sorted((t for t in found if 0 < len(t) < len(tactic)), key=len)[:_MOST]


def _without_parts(tactic: str) -> Iterator[str]:
    """One part left out of `a <;> b`, `a; b`, `first | a | b` and lines, in brackets or not; one alternative alone."""
    for start, end in _groups(tactic):
        inner = tactic[start:end]
        for separator in _SEPARATORS:
            parts = split(inner, separator)
            if len(parts) < 2:
                continue
            for gone in range(len(parts)):
                kept = separator.join(part for at, part in enumerate(parts) if at != gone)
                yield (tactic[:start] + kept + tactic[end:]).strip()
            if separator == " | ":
                for part in parts[1:]:
                    yield (tactic[:start] + part + tactic[end:]).strip()


def _groups(tactic: str) -> Iterator[tuple[int, int]]:
    """The whole text, and the inside of each pair of round brackets."""
    yield 0, len(tactic)
    opened: list[int] = []
    for at, char in enumerate(tactic):
        if char == "(":
            opened.append(at + 1)
        elif char == ")" and opened:
            yield opened.pop(), at
