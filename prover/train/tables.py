"""Steps out of the outcome tables of `entails train loop`: what closed a state, or left states that something closed.

A table holds all that was tried on a theorem's states; the quickest that helped on each are taken. Not here: making
tables, and their form (`prover/policy/explore.py`).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from prover.train.steps import Step

#: Many one-line proofs of a state are one proof in many words.
MOST = 2


def is_table(body: Mapping[str, Any]) -> bool:
    """Whether a line of a file is an outcome table."""
    return "nodes" in body and "tried" in body


def steps_of_table(table: Mapping[str, Any]) -> Iterator[Step]:
    """At most `MOST` steps for each state. Raises KeyError, TypeError, ValueError for what is no table."""
    texts = ["\n\n".join(goal_text(goal) for goal in goals) for goals in table["nodes"]]
    closed = {node for node, _, outcome, _, _ in table["tried"] if outcome == "s"}
    helped: dict[int, list[tuple[float, str, list[int]]]] = {}
    for node, tactic, outcome, milliseconds, left in table["tried"]:
        if outcome == "s" or (left and all(state in closed for state in left)):
            helped.setdefault(node, []).append((milliseconds, tactic, left))
    for node, found in helped.items():
        for _, tactic, left in sorted(found)[:MOST]:
            length = 1 + len(left) if node == 0 else 0
            yield Step(texts[node], tactic, tuple(texts[state] for state in left), length, theorem=table["name"])


def goal_text(goal: Mapping[str, Any]) -> str:
    """A goal as Lean prints it: hypotheses one a line, neighbours of the same type together."""
    groups: list[tuple[list[str], str]] = []
    for name, type_, *_ in goal["hypotheses"]:
        # Lean prints instances alone, each on its line.
        if groups and groups[-1][1] == type_ and "inst✝" not in name:
            groups[-1][0].append(name)
        else:
            groups.append(([name], type_))
    return "\n".join([*(f"{' '.join(names)} : {type_}" for names, type_ in groups), f"⊢ {goal['target']}"])
