"""Which steps are worth learning from: MPS-Prover's curation (Liang et al., 2025, section 3.2).

Proofs of one step and steps that hardly change the state are many and teach little; up to 40 % of the steps are pruned
for that. Not here: where steps come from (`steps.py`).
"""

from __future__ import annotations

import random
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from prover.generators.answers import normalise
from prover.train.steps import Step
from search.critic.samples import MOST_PRUNED, TRIVIAL, nearly_the_same


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
    """Each pair of state and tactic once, then pruned by `RULES` until a share `most` of them is gone.

    Where a rule names more steps than may still go, a random part of them goes.
    """
    first: dict[tuple[str, str], Step] = {}
    for step in steps:
        first.setdefault((step.state, normalise(step.tactic)), step)
    kept = list(first.values())
    repeated = len(steps) - len(kept)
    rng = random.Random(seed)
    left = int(most * len(kept))
    pruned: dict[str, int] = {}
    for name, rule in RULES.items():
        named = [at for at, step in enumerate(kept) if rule(step)]
        drop = set(named if len(named) <= left else rng.sample(named, left))
        kept = [step for at, step in enumerate(kept) if at not in drop]
        pruned[name] = len(drop)
        left -= len(drop)
    return Curated(kept, pruned, repeated)
