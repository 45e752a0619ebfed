"""First-order formulas and terms: immutable nodes, and nothing else.

Reading is in `read.py`, printing in `write.py`, traversals that do not recurse in `walk.py`, truth in a
finite model in `evaluate.py`. A formula may be deeper than Python's stack: use `walk` and never recurse.
Equality, hash and `repr` of the nodes keep that rule too: they loop, and a hash is computed once a node.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, fields
from functools import cache
from typing import Any, Literal, TypeAlias


class Node:
    """What formulas and terms share: equality by structure, hash and `repr`, at any depth."""

    __slots__ = ("_hash",)

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Node):
            return NotImplemented
        pairs: list[tuple[Any, Any]] = [(self, other)]
        while pairs:
            left, right = pairs.pop()
            if left is right:
                continue
            if type(left) is not type(right):
                return False
            for mine, its in zip(_values(left), _values(right), strict=True):
                if isinstance(mine, Node):
                    pairs.append((mine, its))
                elif isinstance(mine, tuple):
                    if not isinstance(its, tuple) or len(mine) != len(its):
                        return False
                    pairs.extend(zip(mine, its, strict=True))
                elif mine != its:
                    return False
        return True

    def __hash__(self) -> int:
        stack: list[Node] = [self]
        while stack:
            node = stack[-1]
            waiting = [child for child in _child_nodes(node) if not hasattr(child, "_hash")]
            if waiting and not hasattr(node, "_hash"):
                stack.extend(waiting)
                continue
            stack.pop()
            if not hasattr(node, "_hash"):
                parts = tuple(
                    tuple(child._hash for child in value) if isinstance(value, tuple)
                    else value._hash if isinstance(value, Node) else value
                    for value in _values(node)
                )  # fmt: skip
                object.__setattr__(node, "_hash", hash((type(node).__name__, parts)))
        return self._hash

    def __repr__(self) -> str:
        written: list[str] = []
        stack: list[Any] = [self]
        while stack:
            item = stack.pop()
            if isinstance(item, Node):
                pieces: list[Any] = [f"{type(item).__name__}("]
                for position, value in enumerate(_values(item)):
                    if position:
                        pieces.append(", ")
                    if isinstance(value, tuple):
                        pieces.append("(")
                        for index, child in enumerate(value):
                            pieces.extend([", ", child] if index else [child])
                        pieces.append(",)" if len(value) == 1 else ")")
                    else:
                        pieces.append(value if isinstance(value, Node) else repr(value))
                pieces.append(")")
                stack.extend(reversed(pieces))
            else:
                written.append(item)
        return "".join(written)


@cache
def _names(kind: type) -> tuple[str, ...]:
    return tuple(field.name for field in fields(kind))


def _values(node: Any) -> tuple[Any, ...]:
    return tuple(getattr(node, name) for name in _names(type(node)))


def _child_nodes(node: Node) -> Iterator[Node]:
    for value in _values(node):
        if isinstance(value, Node):
            yield value
        elif isinstance(value, tuple):
            yield from value


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class Variable(Node):
    name: str


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class Function(Node):
    """`name` applied to `arguments`; a constant is a function of no arguments."""

    name: str
    arguments: tuple[Term, ...] = ()


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class Numeral(Node):
    """A number written in the text; distinct numerals are not assumed to denote distinct things."""

    text: str


Term: TypeAlias = Variable | Function | Numeral


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class Predicate(Node):
    """`name` applied to `arguments`; a proposition is a predicate of no arguments."""

    name: str
    arguments: tuple[Term, ...] = ()


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class Equal(Node):
    left: Term
    right: Term


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class Truth(Node):
    """⊤ or ⊥."""

    value: bool


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class Not(Node):
    body: Formula


Connective: TypeAlias = Literal["and", "or", "xor", "implies", "iff"]


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class Binary(Node):
    """`left ∧ right`, and so on. n-ary input is read left-associated; implication is right-associated."""

    operator: Connective
    left: Formula
    right: Formula


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class Quantified(Node):
    """∀ or ∃ over one variable, which ranges over a non-empty domain."""

    quantifier: Literal["forall", "exists"]
    variable: str
    body: Formula


Formula: TypeAlias = Predicate | Equal | Truth | Not | Binary | Quantified
