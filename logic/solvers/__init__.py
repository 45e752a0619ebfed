"""Solvers that say whether a conclusion follows: `decide` and `decide_many` are the whole way in.

What a solver has to offer, and how to add one, is in `README.md` beside this file.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from logic.solvers.decision import Counterexample, Decision, Derived, Outcome, SolverReport, Undecided
    from logic.solvers.portfolio import decide, decide_async, decide_many, decide_many_async, warm
    from logic.solvers.table import SOLVERS

_HOME = {
    "Counterexample": "decision",
    "Decision": "decision",
    "Derived": "decision",
    "Outcome": "decision",
    "SolverReport": "decision",
    "Undecided": "decision",
    "decide": "portfolio",
    "decide_async": "portfolio",
    "decide_many": "portfolio",
    "decide_many_async": "portfolio",
    "warm": "portfolio",
    "SOLVERS": "table",
}

__all__ = [
    "SOLVERS",
    "Counterexample",
    "Decision",
    "Derived",
    "Outcome",
    "SolverReport",
    "Undecided",
    "decide",
    "decide_async",
    "decide_many",
    "decide_many_async",
    "warm",
]


def __getattr__(name: str) -> Any:
    if name not in _HOME:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(importlib.import_module(f"logic.solvers.{_HOME[name]}"), name)
