"""A theorem in other words, for the premises that these find: what it says of what its values are made of.

What is true of one type by definition (`HashSet.get`) often is a lemma on another (`HashMap.getKey`), and an equation
of machine integers one of bit vectors. So premises are looked up also for what the theorem says once a definition is
unfolded, or once a lemma such as `Int16.toBitVec_inj` has been applied.

Not here: retrieval (`prover.generators.premises`), the search (`prover.hole`).
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from itertools import zip_longest

from prover.generators.protocol import Position, Premise
from prover.generators.rules.base import defined
from prover.generators.rules.closing import equivalences, injections
from prover.lean.state import Goal
from prover.lean_search import LeanChecker, LeanGenerator, LeanState
from search.protocols import Advanced

#: Constants of the theorem that are tried to be definitions.
_UNFOLDED = 3


def position(generator: LeanGenerator, checker: LeanChecker, state: LeanState, deadline: float) -> Position:
    """The state's position; where it has premises, with those of its other forms between them."""
    plain = generator.position(state)
    if not plain.premises:
        return plain
    lists: list[tuple[Premise, ...]] = [plain.premises]
    for ways in _ways(plain.goals[0]):
        for way in ways:
            outcome = checker.attempt(state, way, deadline)
            if isinstance(outcome, Advanced) and len(outcome.states) == 1:
                more = generator.position(outcome.states[0]).premises
                lists.append(more[: len(plain.premises) // 2])
                break
    merged = dict.fromkeys(premise for row in zip_longest(*lists) for premise in row if premise is not None)
    return replace(plain, premises=tuple(merged))


def _ways(goal: Goal) -> Iterator[list[str]]:
    """Tactics that say the goal in other words; of each group, the first that works is enough."""
    yield [f"unfold {name}" for name in defined(goal)[:_UNFOLDED]]
    lemmas = injections(goal)[:1]
    yield [f"apply {lemma} <;> simp" for lemma in lemmas] + [f"apply {lemma}" for lemma in lemmas]
    if not lemmas:
        yield [f"simp only [{lemma}]" for lemma in equivalences(goal)[:1]]
