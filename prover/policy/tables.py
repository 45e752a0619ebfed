"""Outcome tables as what a policy learns from: candidates on positions, whether they helped, and what they cost.

The candidates are for whole proofs of a theorem, also such that a table has in two steps. Not here: making tables
(`explore.py`), learning (`fit.py`).
"""

from __future__ import annotations

import gzip
import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeAlias

from prover.generators.protocol import Position, Premise
from prover.lean.state import Goal, Hypothesis
from prover.models.errors import BadRequest
from prover.policy import logs
from prover.policy.pool import BASIC, finish, listed

_FIELDS = {"name", "start", "premises", "nodes", "tried"}


@dataclass(slots=True)
class Tried:
    """One candidate's outcome on a position; `cost` in seconds, None where nobody measured."""

    tactic: str
    helped: bool
    cost: float | None


@dataclass(slots=True)
class Case:
    """A theorem, in one of its forms, and what was tried on it."""

    position: Position
    tried: list[Tried] = field(default_factory=list)


#: (state, tactic) → the outcome's letter, seconds, the states that it led to.
Outcomes: TypeAlias = Mapping[tuple[int, str], tuple[str, float | None, list[int]]]


def goal_of(value: Mapping[str, Any]) -> Goal:
    """A goal as `explore.goal_data` writes it, without its full text."""
    hypotheses = tuple(
        Hypothesis(name, type_, is_prop=kind == "p", is_instance=kind == "i", head=head)
        for name, type_, kind, head in value["hypotheses"]
    )
    return Goal(value["target"], value["target"], hypotheses, None, value["head"], tuple(value["constants"]))


def cases(record: Mapping[str, Any]) -> Iterator[Case]:
    """The cases of one theorem's table: the theorem as it stands, and with names for what it is about."""
    if not record["tried"]:
        return
    outcome: Outcomes = {
        (node, tactic): (code, None if ms is None else ms / 1000, kids)
        for node, tactic, code, ms, kids in record["tried"]
    }
    steps: dict[int, tuple[str, ...]] = {0: ()}
    for (node, tactic), (_, _, kids) in outcome.items():
        for kid in kids:
            steps.setdefault(kid, (*steps.get(node, ()), tactic))
    goals = [tuple(goal_of(g) for g in goals) for goals in record["nodes"]]
    premises = tuple(Premise(p["name"], p["statement"], p["kind"], tuple(p["attributes"])) for p in record["premises"])
    start = record["start"]
    for node in dict.fromkeys((0, start)):
        here = [(tactic, *found) for (at, tactic), found in outcome.items() if at == node]
        if not here or not goals[node]:
            continue
        whole = Case(Position(goals[node], steps.get(node, ("?",)), (), premises))
        whole.tried += [Tried(tactic, code == "s", cost) for tactic, code, cost, _ in here]
        for tactic, _, cost, kids in here:
            if node == start and kids and cost is not None:
                whole.tried += _pairs(goals[node][0], tactic, cost, kids, outcome)
        yield without_news(whole)


def without_news(whole: Case) -> Case:
    """Of a theorem that a basic tactic solves, only those: that others solve it, too, does not speak for them."""
    if any(t.helped and t.tactic in BASIC for t in whole.tried):
        whole.tried = [t for t in whole.tried if t.tactic in BASIC]
    return whole


def _pairs(goal: Goal, move: str, cost: float, kids: Sequence[int], outcome: Outcomes) -> Iterator[Tried]:
    """What `move <;> closer` would have done, from what the closer did on the states that the move left."""
    told = listed(goal)
    tried = {t for kid in kids for (node, t) in outcome if node == kid}
    for closer in sorted(tried):
        spent, helped, known = cost, True, True
        for kid in kids:
            found = outcome.get((kid, closer))
            if found is None or found[1] is None:
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
            if answer is not None and answer[1] is not None:
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
    """Records of several files, in the order of the names, those of one name as they come.

    A file holds tables (JSON lines, also gzipped) or is the log of a search; a folder is all files in it.

    Raises:
        BadRequest: a file cannot be read or holds something else; a last line that was cut off is left out.
    """
    found: list[dict[str, Any]] = []
    for path in _files(paths):
        if _is_log(path):
            found += logs.read(path)
            continue
        try:
            with (gzip.open if path.suffix == ".gz" else open)(path, "rt", encoding="utf-8") as lines:
                for number, line in enumerate(lines, 1):
                    if line.endswith("\n"):
                        found.append(_record(line, f"{path}, line {number}"))
        except (OSError, EOFError, UnicodeDecodeError) as error:
            reason = getattr(error, "strerror", None) or error
            raise BadRequest(f"The table {path} cannot be read: {reason}.") from error
    return sorted(found, key=lambda record: record["name"])


def write_tables(records: Iterable[Mapping[str, Any]], path: Path) -> None:
    """All in one gzipped file; the same records give the same bytes."""
    with path.open("wb") as raw, gzip.GzipFile(filename="", fileobj=raw, mode="wb", mtime=0) as packed:
        for record in records:
            packed.write(json.dumps(record, ensure_ascii=False, sort_keys=True).encode() + b"\n")


def _files(paths: Iterable[Path]) -> Iterator[Path]:
    for path in paths:
        yield from sorted(path.iterdir()) if path.is_dir() else [path]


def _is_log(path: Path) -> bool:
    try:
        with path.open("rb") as file:
            return file.read(16).replace(b" ", b"").startswith(b'{"kind":"search"'[:14])
    except OSError:
        return False


def _record(line: str, where: str) -> dict[str, Any]:
    try:
        record = json.loads(line)
    except (ValueError, RecursionError):
        raise BadRequest(f"{where} is not JSON.") from None
    if not isinstance(record, dict) or (record.get("tried") != [] and not _FIELDS.issubset(record)):
        raise BadRequest(f"{where} is no outcome table, as `entails train loop` makes them.")
    return record
