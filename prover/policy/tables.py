"""Outcome tables as what a policy learns from: candidates on positions, whether they helped, and what they cost.

Each theorem gives openings (candidates for a whole proof of it) and steps (on each state: what closed it, or left only
states that something closed). Not here: making tables (`explore.py`), learning (`fit.py`).
"""

from __future__ import annotations

import gzip
import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from prover.generators.protocol import Position, Premise
from prover.lean.state import Goal, Hypothesis
from prover.models.errors import BadRequest
from prover.policy.pool import finish, listed

_FIELDS = {"name", "start", "premises", "nodes", "tried"}


@dataclass(slots=True)
class Tried:
    """One candidate's outcome on a position; `cost` in seconds."""

    tactic: str
    helped: bool
    cost: float


@dataclass(slots=True)
class Case:
    """A position and what was tried on it, as openings of a theorem or as steps."""

    position: Position
    tried: list[Tried] = field(default_factory=list)
    opening: bool = True


def goal_of(value: Mapping[str, Any]) -> Goal:
    """A goal as `explore.goal_data` writes it, without its full text."""
    hypotheses = tuple(
        Hypothesis(name, type_, is_prop=kind == "p", is_instance=kind == "i", head=head)
        for name, type_, kind, head in value["hypotheses"]
    )
    return Goal(value["target"], value["target"], hypotheses, None, value["head"], tuple(value["constants"]))


def cases(record: Mapping[str, Any]) -> Iterator[Case]:
    """The cases of one theorem's table: its openings, and the steps on each of its states."""
    if not record["tried"]:
        return
    outcome: dict[tuple[int, str], tuple[str, float, list[int]]] = {
        (node, tactic): (code, ms / 1000, kids) for node, tactic, code, ms, kids in record["tried"]
    }
    steps: dict[int, tuple[str, ...]] = {0: ()}
    for (node, tactic), (_, _, kids) in outcome.items():
        for kid in kids:
            steps.setdefault(kid, (*steps.get(node, ()), tactic))
    goals = [tuple(goal_of(g) for g in goals) for goals in record["nodes"]]
    premises = tuple(Premise(p["name"], p["statement"], p["kind"], tuple(p["attributes"])) for p in record["premises"])
    positions = [Position(gs, steps.get(i, ("?",)), (), premises) for i, gs in enumerate(goals)]
    closed = {node for (node, _), (code, _, _) in outcome.items() if code == "s"}
    start = record["start"]
    for node, position in enumerate(positions):
        here = [(tactic, *found) for (at, tactic), found in outcome.items() if at == node]
        if not here or not position.goals:
            continue
        step = Case(position, opening=False)
        for tactic, code, cost, kids in here:
            led = bool(kids) and all(kid in closed for kid in kids)
            step.tried.append(Tried(tactic, code == "s" or led, cost))
        yield step
        if node in (0, start):
            whole = Case(position)
            whole.tried += [Tried(tactic, code == "s", cost) for tactic, code, cost, _ in here]
            for tactic, _, cost, kids in here:
                if node == start and kids:
                    whole.tried += _pairs(position.goals[0], tactic, cost, kids, outcome)
            yield whole


def _pairs(
    goal: Goal, move: str, cost: float, kids: Sequence[int], outcome: Mapping[tuple[int, str], tuple[str, float, list]]
) -> Iterator[Tried]:
    """What `move <;> closer` would have done, from what the closer did on the states that the move left."""
    told = listed(goal)
    tried = {t for kid in kids for (node, t) in outcome if node == kid}
    for closer in sorted(tried):
        spent, helped, known = cost, True, True
        for kid in kids:
            found = outcome.get((kid, closer))
            if found is None:
                known = False
                break
            spent += found[1]
            if found[0] != "s":
                helped = False
                break
        if known:
            yield Tried(f"{move} <;> {closer}", helped, spent)
    order = ["rfl", "omega", f"simp_all{told}", f"grind{told}"]
    spent = cost
    for kid in kids:
        answers = [outcome.get((kid, t)) for t in order]
        found = False
        for answer in answers:
            if answer is not None:
                spent += answer[1]
                if answer[0] == "s":
                    found = True
                    break
        if not found:
            if all(a is not None for a in answers):
                yield Tried(f"{move} <;> {finish(told)}", False, spent)
            return
    yield Tried(f"{move} <;> {finish(told)}", True, spent)


def read_tables(paths: Iterable[Path]) -> list[dict[str, Any]]:
    """Records of several files (JSON lines, also gzipped), in the order of the names, those of one name as they come.

    Raises:
        BadRequest: a file cannot be read or holds something else; a last line that was cut off is left out.
    """
    found: list[dict[str, Any]] = []
    for path in paths:
        try:
            with (gzip.open if path.suffix == ".gz" else open)(path, "rt", encoding="utf-8") as lines:
                for number, line in enumerate(lines, 1):
                    if line.endswith("\n"):
                        found.append(_record(line, f"{path}, line {number}"))
        except (OSError, EOFError, UnicodeDecodeError) as error:
            reason = getattr(error, "strerror", None) or error
            raise BadRequest(f"The table {path} cannot be read: {reason}.") from error
    return sorted(found, key=lambda record: record["name"])


def _record(line: str, where: str) -> dict[str, Any]:
    try:
        record = json.loads(line)
    except (ValueError, RecursionError):
        raise BadRequest(f"{where} is not JSON.") from None
    if not isinstance(record, dict) or (record.get("tried") != [] and not _FIELDS.issubset(record)):
        raise BadRequest(f"{where} is no outcome table, as `entails train loop` makes them.")
    return record
