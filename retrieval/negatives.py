"""Batches for training: which premises an example is contrasted with, and the labels of all pairs.

Not here: encoding and the loss (train.py). As in ReProver: each example brings one premise that was used
and `negatives` that were not, `in_file` of them from the module of the used one (the hard ones), all
accessible; every example is contrasted with the premises of the whole batch.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from retrieval.corpus import Corpus
from retrieval.examples import Example


@dataclass(frozen=True, slots=True)
class Batch:
    """`states` [batch]; `premises` numbers [batch · (1 + negatives)], the positives first.

    `label` float32 [batch, premises]: 1 where the example used the premise; `weight` float32, same shape: 0
    where the premise is not accessible to the example (another example's), so that it teaches nothing.
    """

    states: tuple[str, ...]
    premises: np.ndarray
    label: np.ndarray
    weight: np.ndarray


class Sampler:
    """Batches by number: `batch(step)` depends on the seed and the step alone, so that a run can resume."""

    def __init__(
        self, corpus: Corpus, examples: Sequence[Example], size: int, negatives: int, in_file: int, seed: int
    ) -> None:
        self.corpus, self.negatives, self.in_file, self.seed = corpus, negatives, in_file, seed
        self._rows = [(e, p) for e in examples for p in e.positives]
        self.size = min(size, len(self._rows))
        self.batches = len(self._rows) // self.size if self.size else 0  # in an epoch; the rest waits for the next

    def batch(self, step: int) -> Batch:
        """The batch of a step, counted from 0 through all epochs."""
        epoch, place = divmod(step, self.batches)
        order = np.random.default_rng((self.seed, 1, epoch)).permutation(len(self._rows))
        rows = [self._rows[i] for i in order[place * self.size : (place + 1) * self.size]]
        rng = np.random.default_rng((self.seed, 2, step))
        masks = [self.corpus.accessible.mask(e.position).allowed for e, _ in rows]
        contrast = [self._negatives(e, p, m, rng) for (e, p), m in zip(rows, masks, strict=True)]
        # Positives first, then each example's first negative, then the second, …
        premises = np.array([p for _, p in rows] + [c[j] for j in range(self.negatives) for c in contrast], np.int64)
        label = np.array([np.isin(premises, e.positives) for e, _ in rows], np.float32)
        weight = np.array([m[premises] for m in masks], np.float32)
        return Batch(tuple(e.state for e, _ in rows), premises, label, weight)

    def _negatives(self, example: Example, positive: int, allowed: np.ndarray, rng: np.random.Generator) -> list[int]:
        starts = self.corpus.starts
        m = int(np.searchsorted(starts, positive, "right")) - 1
        first, last = int(starts[m]), int(starts[m + 1])
        used = np.array(example.positives)
        near = first + np.flatnonzero(allowed[first:last])
        near = near[~np.isin(near, used)]
        chosen = rng.choice(near, min(self.in_file, len(near), self.negatives), replace=False).tolist()
        far = np.flatnonzero(allowed)
        far = far[((far < first) | (far >= last)) & ~np.isin(far, used)]
        pool = far if len(far) else near
        if not len(pool):  # nothing else is accessible: the positive itself, whose label says so
            pool = np.array([positive])
        missing = self.negatives - len(chosen)
        return chosen + rng.choice(pool, missing, replace=len(pool) < missing).tolist()
