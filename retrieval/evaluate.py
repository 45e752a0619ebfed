"""R@1, R@10, R@50 and MRR of rankers over examples, as LeanDojo defines them, and the split by module.

Not here: reading examples (leandojo.py, examples.py). Definitions (Yang et al. 2023, section 4.2, and
ReProver's evaluation): for an example with the set P of premises used, R@k = |P ∩ first k| / |P|, the
reciprocal rank is 1 / (rank of the first of P), 0 if none is retrieved; all are means over the examples.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

from retrieval.examples import Example
from retrieval.rankers.base import Ranker
from retrieval.records import Query

DEPTH = 100  # premises retrieved for each example (ReProver's num_retrieved)
BATCH = 256


@dataclass(frozen=True, slots=True)
class Score:
    """Figures of one ranker in percent (R@1, R@10, R@50) and as a fraction (MRR), as the papers print them."""

    ranker: str
    examples: int
    recall_1: float
    recall_10: float
    mrr: float
    recall_50: float = 0.0


def evaluate(
    ranker: Ranker, examples: Sequence[Example], progress: Callable[[int], None] | None = None, named: bool = False
) -> Score:
    """Score a ranker. Each query stands at its example's position and does not see the theorem itself.

    `named`: the theorem's name is given as a hint.
    """
    first, ten, fifty, reciprocal, scored = 0.0, 0.0, 0.0, 0.0, 0
    for start in range(0, len(examples), BATCH):
        batch = [e for e in examples[start : start + BATCH] if e.positives]
        queries = [query_of(e, named) for e in batch]
        for example, (numbers, _) in zip(batch, ranker.top_batch(queries, DEPTH), strict=True):
            used, found = set(example.positives), numbers.tolist()
            first += len(used.intersection(found[:1])) / len(used)
            ten += len(used.intersection(found[:10])) / len(used)
            fifty += len(used.intersection(found[:50])) / len(used)
            reciprocal += next((1 / rank for rank, i in enumerate(found, 1) if i in used), 0.0)
            scored += 1
        if progress is not None:
            progress(len(examples[start : start + BATCH]))
    count = max(scored, 1)
    return Score(
        ranker.name, scored, 100 * first / count, 100 * ten / count, reciprocal / count, 100 * fifty / count
    )


def query_of(example: Example, named: bool = False) -> Query:
    """The query of an example: at its position, without the theorem itself; `named`: its name is given as a hint."""
    exclude = (example.theorem,) if example.theorem else ()
    return Query(example.state, example.position, exclude=exclude, theorem=example.theorem if named else "")


def split_by_module(
    examples: Iterable[Example], validation: float = 0.1, test: float = 0.1, seed: int = 0
) -> dict[str, list[Example]]:
    """The parts "train", "validation" and "test"; a module's examples stay together, wherever the module is listed.

    A hash of the module's name and the seed decides, so that adding modules moves no other module.
    """
    parts: dict[str, list[Example]] = {"train": [], "validation": [], "test": []}
    for example in examples:
        digest = hashlib.blake2b(f"{seed}:{example.position.module}".encode(), digest_size=8).digest()
        place = int.from_bytes(digest, "big") / 2**64
        part = "test" if place < test else "validation" if place < test + validation else "train"
        parts[part].append(example)
    return parts
