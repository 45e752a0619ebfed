"""First-order formulas and terms: immutable nodes, and nothing else.

Reading is in `read.py`, printing in `write.py`, traversals that do not recurse in `walk.py`, truth in a finite
model in `evaluate.py`. A formula may be deeper than Python's stack: use `walk` and never recurse.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, TypeAlias


@dataclass(frozen=True, slots=True)
class Variable:
    name: str


@dataclass(frozen=True, slots=True)
class Function:
    """`name` applied to `arguments`; a constant is a function of no arguments."""

    name: str
    arguments: tuple[Term, ...] = ()


@dataclass(frozen=True, slots=True)
class Numeral:
    """A number written in the text; distinct numerals are not assumed to denote distinct things."""

    text: str


Term: TypeAlias = Variable | Function | Numeral


@dataclass(frozen=True, slots=True)
class Predicate:
    """`name` applied to `arguments`; a proposition is a predicate of no arguments."""

    name: str
    arguments: tuple[Term, ...] = ()


@dataclass(frozen=True, slots=True)
class Equal:
    left: Term
    right: Term


@dataclass(frozen=True, slots=True)
class Truth:
    """⊤ or ⊥."""

    value: bool


@dataclass(frozen=True, slots=True)
class Not:
    body: Formula


Connective: TypeAlias = Literal["and", "or", "xor", "implies", "iff"]


@dataclass(frozen=True, slots=True)
class Binary:
    """`left ∧ right`, and so on. n-ary input is read left-associated; implication is right-associated."""

    operator: Connective
    left: Formula
    right: Formula


@dataclass(frozen=True, slots=True)
class Quantified:
    """∀ or ∃ over one variable, which ranges over a non-empty domain."""

    quantifier: Literal["forall", "exists"]
    variable: str
    body: Formula


Formula: TypeAlias = Predicate | Equal | Truth | Not | Binary | Quantified
