"""Which steps are worth learning from: MPS-Prover's curation (Liang et al., 2025, section 3.2).

Proofs of one step and steps that hardly change the state are many and teach little; up to 40 % of the steps are pruned
for that. Not here: where steps come from (`steps.py`).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from prover.generators.answers import normalise
from prover.train.steps import Step
from search.critic.samples import MOST_PRUNED, TRIVIAL, nearly_the_same, prune


def ineffective(step: Step) -> bool:
    """The only state it leaves has nearly the same words."""
    return step.after is not None and len(step.after) == 1 and nearly_the_same(step.state, step.after[0])


def trivial(step: Step) -> bool:
    """It is the whole proof."""
    return 0 < step.length <= TRIVIAL


#: In the order in which they are applied.
RULES: dict[str, Callable[[Step], bool]] = {"ineffective step": ineffective, "trivial proof": trivial}


@dataclass(frozen=True, slots=True)
class Curated:
    """What is left, in its order; `pruned`: how many each rule took; `repeated`: how many were there already."""

    kept: list[Step]
    pruned: dict[str, int]
    repeated: int

    def __str__(self) -> str:
        whole = len(self.kept) + sum(self.pruned.values())
        share = 100 * (1 - len(self.kept) / whole) if whole else 0.0
        by = ", ".join(f"{count} {rule}s" for rule, count in self.pruned.items() if count)
        return (
            f"{whole + self.repeated} steps, {self.repeated} of them repeated; {share:.0f} % of the others pruned"
            + (f" ({by})" if by else "")
            + f": {len(self.kept)} pairs"
        )


def curate(steps: Sequence[Step], seed: int = 0, most: float = MOST_PRUNED) -> Curated:
    """Each pair of state and tactic once, then pruned by `RULES` until a share `most` of them is gone (`prune`)."""
    first: dict[tuple[str, str], Step] = {}
    for step in steps:
        first.setdefault((step.state, normalise(step.tactic)), step)
    unique = list(first.values())
    repeated = len(steps) - len(unique)
    kept, pruned = prune(unique, RULES, seed, most)
    return Curated(kept, pruned, repeated)
