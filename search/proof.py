"""A proof as steps. Not here: finding it (search/shortest.py) or making it shorter (search/minimise.py)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Step:
    """One action and how many states it left, each of which is solved by the steps that follow."""

    action: str
    arity: int
    node: int = -1  # in the search graph; -1 where the step did not come from it
    text: str = ""  # the state on which the action is used
    chosen_by: str = ""  # the perspective that had the state expanded


@dataclass(frozen=True, slots=True)
class Proof:
    """A tree of steps in preorder: a step, then the whole proofs of its `arity` states one after the other.

    That is also the order in which a script runs whose actions always work on the first open goal, so
    `actions` is such a script. Flat, so that a proof of 100,000 steps can be compared, copied and printed.
    """

    steps: tuple[Step, ...]

    def __len__(self) -> int:
        return len(self.steps)

    @property
    def actions(self) -> tuple[str, ...]:
        return tuple(step.action for step in self.steps)

    def parents(self) -> list[int]:
        """For each step the index of the step whose state it works on, -1 for the first."""
        parents: list[int] = []
        waiting: list[list[int]] = []  # [step, states still without proof]
        for index, step in enumerate(self.steps):
            while waiting and not waiting[-1][1]:
                waiting.pop()
            parents.append(waiting[-1][0] if waiting else -1)
            if waiting:
                waiting[-1][1] -= 1
            waiting.append([index, step.arity])
        return parents

    def children(self) -> list[list[int]]:
        """For each step the indices of the steps on its states."""
        children: list[list[int]] = [[] for _ in self.steps]
        for index, parent in enumerate(self.parents()):
            if parent >= 0:
                children[parent].append(index)
        return children

    def depths(self) -> list[int]:
        """For each step the number of branchings (steps of arity over 1) above it: a script's indentation."""
        depths: list[int] = []
        for index, parent in enumerate(self.parents()):
            depths.append(0 if index == 0 else depths[parent] + (self.steps[parent].arity > 1))
        return depths

    def script(self, indent: str = "  ", bullet: str = "· ") -> str:
        """The steps as lines; each state of a branching is a block that begins with `bullet`, as in Lean."""
        lines: list[str] = []
        parents = self.parents()
        for step, depth, parent in zip(self.steps, self.depths(), parents, strict=True):
            begins = parent >= 0 and self.steps[parent].arity > 1
            inner = indent * depth
            first, *rest = step.action.split("\n")
            lines.append((indent * (depth - 1) + bullet if begins else inner) + first)
            lines += [inner + line for line in rest]
        return "\n".join(lines)


def subtree_end(arities: Sequence[int], start: int) -> int:
    """One past the last step of the subtree at `start`, for arities in preorder."""
    missing = 1
    at = start
    while missing:
        missing += arities[at] - 1
        at += 1
    return at
