"""Terms and statements as shapes: symbols applied to explicit arguments.

Not here: reading them from text (statements.py). A caller that has Lean's own expressions can make `Term`s
of them and give a query its `Statement`.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

VARIABLE, LOCAL, BOUND = "?", "%", "&"  # first character of a head that is not a constant
OPAQUE = "…"  # what could not be read


class Term(NamedTuple):
    """A head applied to its explicit arguments.

    `head` is a constant or notation (`List.map`, `+`), `?x` a variable that a premise can be instantiated
    at (or a hole of a search pattern), `%x` a local hypothesis, `&` a bound variable.
    """

    head: str
    args: tuple[Term, ...] = ()


@dataclass(frozen=True, slots=True)
class Statement:
    """∀ binders, hypotheses → conclusion, with the quantified variables as `?x`."""

    hypotheses: tuple[Term, ...]
    conclusion: Term
