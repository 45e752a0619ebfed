"""Logic questions, from natural language or formulas to a decided, explained answer.

    from logic import LogicQA
    answer = LogicQA().ask(["All men are mortal.", "Socrates is a man."], "Socrates is mortal.")

The names below are the public ones; each is imported when it is first used.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from logic.answer import Answer
    from logic.countermodel import FiniteModel
    from logic.errors import LogicError
    from logic.qa import LogicQA
    from logic.solvers.decision import Decision
    from logic.solvers.portfolio import decide, decide_async, decide_many, decide_many_async
    from logic.syntax.read import read
    from logic.syntax.write import write
    from logic.verdict import Verdict

_HOME = {
    "Answer": "logic.answer",
    "Decision": "logic.solvers.decision",
    "FiniteModel": "logic.countermodel",
    "LogicError": "logic.errors",
    "LogicQA": "logic.qa",
    "Verdict": "logic.verdict",
    "decide": "logic.solvers.portfolio",
    "decide_async": "logic.solvers.portfolio",
    "decide_many": "logic.solvers.portfolio",
    "decide_many_async": "logic.solvers.portfolio",
    "read": "logic.syntax.read",
    "write": "logic.syntax.write",
}

__all__ = [
    "Answer",
    "Decision",
    "FiniteModel",
    "LogicError",
    "LogicQA",
    "Verdict",
    "decide",
    "decide_async",
    "decide_many",
    "decide_many_async",
    "read",
    "write",
]


def __getattr__(name: str) -> Any:
    if name not in _HOME:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(importlib.import_module(_HOME[name]), name)
