"""LeanDojo's two ways to split theorems into train, val and test: at random, and so that what is tested needs premises
that training never used (Yang et al. 2023, section 4.1). The same seed gives the same splits.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Hashable, Iterable, Sequence
from typing import TypeVar

T = TypeVar("T")
SPLITS = ("train", "val", "test")
#: LeanDojo Benchmark's seed, and the sizes of its val and test.
SEED = 3407
LARGEST = 2000
_SHARE = 50


def size(theorems: int) -> int:
    """How many theorems val and test each get: one in fifty, at least one, at most LeanDojo's 2,000."""
    return min(LARGEST, max(1, theorems // _SHARE), max(0, (theorems - 1) // 2))


def at_random(theorems: Sequence[T], seed: int = SEED) -> dict[str, list[T]]:
    """Shuffled, then cut."""
    shuffled = list(theorems)
    random.Random(seed).shuffle(shuffled)
    n = size(len(shuffled))
    train = len(shuffled) - 2 * n
    return {"train": shuffled[:train], "val": shuffled[train : train + n], "test": shuffled[train + n :]}


def novel_premises(
    theorems: Sequence[T], premises: Callable[[T], Iterable[Hashable]], seed: int = SEED
) -> dict[str, list[T]]:
    """Every theorem of val and test uses a premise that none of train uses.

    As LeanDojo's script does it: premise by premise, the rarest first, all theorems that use it leave train, until
    there are enough. Fewer than wanted (none, even) where the theorems use too few premises.
    """
    users: dict[Hashable, list[int]] = {}
    for i, theorem in enumerate(theorems):
        for premise in dict.fromkeys(premises(theorem)):
            users.setdefault(premise, []).append(i)
    n = size(len(theorems))
    held: dict[int, None] = {}
    for _, using in sorted(users.items(), key=lambda u: (len(u[1]), str(u[0]))):
        if len(held) >= 2 * n:
            break
        if len(held.keys() | set(using)) < len(theorems):  # something is left to train on
            held.update(dict.fromkeys(using))
    chosen = list(held)
    random.Random(seed).shuffle(chosen)
    half = min(n, (len(chosen) + 1) // 2)
    return {
        "train": [t for i, t in enumerate(theorems) if i not in held],
        "val": [theorems[i] for i in chosen[:half]],
        "test": [theorems[i] for i in chosen[half:]],
    }
