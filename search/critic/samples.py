"""Training data for a critic from search logs, and its curation.

Not here: training (search/critic/train.py). A sample is a state with the number of steps of its shortest
proof, or that no proof was found from it (a dead end). Curation follows MPS-Prover (Liang et al., 2025,
section 3.2), which prunes about 40 % of its data: trivial proofs and ineffective steps teach a critic
little and crowd out the rest.
"""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TypeVar

from search.graph import DONE, PROVED, ROOT, Graph
from search.results import Result
from search.shortest import costs

DEAD_END = 30.0  # the distance that stands for "no proof was found": beyond nearly all real ones
TRIVIAL = 1  # a proof of so few steps is trivial
SAME_WORDS = 0.05  # share of words that differ, below which two states are nearly the same
MOST_PRUNED = 0.4  # share of the samples that curation takes: MPS-Prover's

Item = TypeVar("Item")


@dataclass(frozen=True, slots=True)
class Sample:
    """One state. `parent` is the state it came from on its best way ("" for a root)."""

    text: str
    goals: int
    distance: float  # steps to a proof, or DEAD_END
    search: int  # which search it is from: held-out data is split by this
    proof_steps: int  # of its search's root; 0 where that was not proved
    parent: str = ""
    parent_distance: float = DEAD_END
    solved: bool = True


def samples_of(result: Result, search: int) -> list[Sample]:
    """The samples of one search: proved states, and those expanded without success, dead ends.

    Those of a search without a proof may just have been too far from one; but a critic trained without them
    knows little but searches that went well (held out, it put 7 pairs of 10 in order, and with them 9).
    States that were never expanded are left out: nobody tried.
    """
    graph = result.graph
    best, _ = costs(graph)
    steps = best.get(ROOT, 0)
    samples: list[Sample] = []
    for node in range(len(graph)):
        solved = graph.status[node] == PROVED
        if not (solved or graph.expanded[node] == DONE):
            continue
        parent = _parent(graph, node)
        samples.append(
            Sample(
                graph.states[node].text,
                len(graph.states[node].goals),
                float(best[node]) if solved else DEAD_END,
                search,
                steps,
                graph.states[parent].text if parent >= 0 else "",
                float(best.get(parent, DEAD_END)),
                solved,
            )
        )
    return samples


def _parent(graph: Graph, node: int) -> int:
    edge = graph.origin[node]
    return graph.edge_parent[edge] if edge >= 0 else -1


def gather(results: Iterable[Result]) -> list[Sample]:
    """The samples of many searches; the same text met again keeps its smallest distance."""
    known: dict[str, Sample] = {}
    for number, result in enumerate(results):
        for sample in samples_of(result, number):
            before = known.get(sample.text)
            if before is None or sample.distance < before.distance:
                # The first search keeps the text, so that it cannot be on both sides of a split.
                known[sample.text] = replace(sample, search=before.search if before else number)
    return list(known.values())


def ineffective(sample: Sample) -> bool:
    """The step to this state left nearly the same words: a rewriting to and fro, a hypothesis named anew."""
    return bool(sample.parent) and nearly_the_same(sample.parent, sample.text)


def nearly_the_same(left: str, right: str) -> bool:
    """Whether two states have the same words but for a share `SAME_WORDS`."""
    before, after = Counter(left.split()), Counter(right.split())
    differing = ((before - after) + (after - before)).total()
    return differing <= SAME_WORDS * (before.total() + after.total())


def detour(sample: Sample) -> bool:
    """The state has a proof, but its step brought it no nearer."""
    return sample.solved and bool(sample.parent) and sample.distance >= sample.parent_distance


RULES: dict[str, Callable[[Sample], bool]] = {
    "trivial proof": lambda sample: 0 < sample.proof_steps <= TRIVIAL,
    "ineffective step": ineffective,
    "dead end": lambda sample: not sample.solved,
    "detour": detour,
}


@dataclass(frozen=True, slots=True)
class Curation:
    """What is left, and how many samples each rule took."""

    kept: list[Sample]
    pruned: dict[str, int]

    @property
    def share_pruned(self) -> float:
        whole = len(self.kept) + sum(self.pruned.values())
        return 1.0 - len(self.kept) / whole if whole else 0.0


def curate(samples: Sequence[Sample], seed: int = 0, most: float = MOST_PRUNED) -> Curation:
    """Prune by the rules of `RULES`, see `prune`."""
    return Curation(*prune(samples, RULES, seed, most))


def prune(
    items: Sequence[Item], rules: Mapping[str, Callable[[Item], bool]], seed: int, most: float
) -> tuple[list[Item], dict[str, int]]:
    """What is left after the rules, in their order, until a share `most` is gone, and how many each took.

    A rule that names more than may still go loses a random part of them: what is left stays a fair picture of
    what a search meets.
    """
    rng = random.Random(seed)
    kept = list(items)
    left = int(most * len(kept))
    pruned: dict[str, int] = {}
    for name, rule in rules.items():
        named = [at for at, item in enumerate(kept) if rule(item)]
        drop = set(named if len(named) <= left else rng.sample(named, left))
        kept = [item for at, item in enumerate(kept) if at not in drop]
        pruned[name] = len(drop)
        left -= len(drop)
    return kept, pruned
