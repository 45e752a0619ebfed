"""Search for proofs, knowing states, actions, costs and critics only through `search.protocols`.

Not here: Lean, models, anything of the other packages. `search.run(root, generator=..., checker=...)` is the
whole of it for most callers; `search.toy` shows the protocols at work on a puzzle.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from search.budget import Budget
    from search.drive import Search, arun, run
    from search.errors import LogError, ProofTooLong, ProtocolError, SearchError, UnknownName
    from search.events import Event, Expanded, Finished, Scored, Started, Tried
    from search.graph import FAILED, OPEN, PROVED, Graph
    from search.options import Options
    from search.proof import Proof, Step
    from search.protocols import (
        Advanced,
        Candidate,
        Checker,
        Crashed,
        Critic,
        Generator,
        Outcome,
        Rejected,
        Request,
        Skipped,
        Solved,
        State,
        TimedOut,
    )
    from search.results import Result, Statistics, Stop
    from search.strategies import STRATEGIES, Strategy, make_strategy

_EXPORTS = {
    "search.budget": ("Budget",),
    "search.drive": ("Search", "arun", "run"),
    "search.errors": ("LogError", "ProofTooLong", "ProtocolError", "SearchError", "UnknownName"),
    "search.events": ("Event", "Expanded", "Finished", "Scored", "Started", "Tried"),
    "search.graph": ("FAILED", "OPEN", "PROVED", "Graph"),
    "search.options": ("Options",),
    "search.proof": ("Proof", "Step"),
    "search.protocols": (
        "Advanced",
        "Candidate",
        "Checker",
        "Crashed",
        "Critic",
        "Generator",
        "Outcome",
        "Rejected",
        "Request",
        "Skipped",
        "Solved",
        "State",
        "TimedOut",
    ),
    "search.results": ("Result", "Statistics", "Stop"),
    "search.strategies": ("STRATEGIES", "Strategy", "make_strategy"),
}
_HOME = {name: module for module, names in _EXPORTS.items() for name in names}

__all__ = [
    "FAILED",
    "OPEN",
    "PROVED",
    "STRATEGIES",
    "Advanced",
    "Budget",
    "Candidate",
    "Checker",
    "Crashed",
    "Critic",
    "Event",
    "Expanded",
    "Finished",
    "Generator",
    "Graph",
    "LogError",
    "Options",
    "Outcome",
    "Proof",
    "ProofTooLong",
    "ProtocolError",
    "Rejected",
    "Request",
    "Result",
    "Scored",
    "Search",
    "SearchError",
    "Skipped",
    "Solved",
    "Started",
    "State",
    "Statistics",
    "Step",
    "Stop",
    "Strategy",
    "TimedOut",
    "Tried",
    "UnknownName",
    "arun",
    "make_strategy",
    "run",
]


def __getattr__(name: str) -> object:
    if name not in _HOME:
        raise AttributeError(f"module 'search' has no attribute {name!r}")
    return getattr(importlib.import_module(_HOME[name]), name)
