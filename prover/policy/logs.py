"""Logs of searches as outcome tables: what was tried on each state, and where it led; times are not in a log.

Only logs that hold states taken apart (`entails prove --log`, `bench prove --logs`) can be used. Premises are not in a
log either: they are read off the tactics that only premises give rise to. Not here: the format (`search/log.py`).
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from prover.models.errors import BadRequest
from search.errors import LogError
from search.log import Log, read_logs

_CODES = {"solved": "s", "advanced": "a", "loop": "r", "rejected": "r", "timed out": "t", "crashed": "c"}
_USE = re.compile(r"^(?:apply|rw \[(?:← )?|exact) ?([^\W\d][\w'!?₀-₉]*(?:\.[^\W\d][\w'!?₀-₉]*)+)[\] ]?")


def read(path: Path) -> Iterator[dict[str, Any]]:
    """A table for each search of a file.

    Raises:
        BadRequest: the file is no log, or its states are not taken apart.
    """
    try:
        for log in read_logs(path):
            yield _table(log, path)
    except LogError as error:
        raise BadRequest(f"{str(error)[:1].upper()}{str(error)[1:]}.") from error


def _table(log: Log, path: Path) -> dict[str, Any]:
    states = [log.header["root"]]
    tried: dict[tuple[int, str], list[Any]] = {}
    for expansion in log.expansions:
        states += expansion["new"]
        for action, _, outcome, *more in expansion["tried"]:
            if outcome in _CODES:
                kids = more[0] if outcome == "advanced" else []
                tried[expansion["node"], action] = [expansion["node"], action, _CODES[outcome], None, kids]
    if any("details" not in state for state in states):
        raise BadRequest(f"{path} has states that are not taken apart: log the searches again with this version.")
    nodes = [[_goal(goal) for goal in state["details"]] for state in states]
    names = dict.fromkeys(m.group(1) for node, action in tried if node == 0 and (m := _USE.match(action)))
    premises = [{"name": name, "statement": "", "kind": "theorem", "attributes": []} for name in names]
    return {"version": 1, "name": str(log.header.get("name", path.stem)), "start": 0, "premises": premises,
            "nodes": nodes, "tried": list(tried.values()), "proof": "", "seconds": 0.0}  # fmt: skip


def _goal(details: Mapping[str, Any]) -> dict[str, Any]:
    """As `explore.goal_data`."""
    return {
        "target": details["target"], "head": details["head"], "constants": details["constants"],
        "hypotheses": [[h["name"], h["type"], "p" if h["is_prop"] else "i" if h["is_instance"] else "", h["head"]]
                       for h in details["hypotheses"]],
    }  # fmt: skip
