"""Whether formulas of different samples say the same: a normal form, cheap and sound, not complete.

Two formulas get one number if they are equal up to the names of bound variables, the endings of names, the
order of ∧, ∨, ↔, ⊕ and =, double negations, De Morgan's laws, duals of quantifiers and a → b for ¬a ∨ b. For
a vote that is enough; what solvers would find equivalent beyond that stays apart.
"""

from __future__ import annotations

from collections.abc import Sequence

from logic.spelling import root_key
from logic.syntax.formula import Binary, Equal, Formula, Not, Quantified, Truth
from logic.syntax.walk import canonical, fold, rename

# Each form is a kind with the numbers of its parts, so that no form nests and depth costs nothing.
_Form = tuple[object, ...]
_DUAL = {"and": "or", "or": "and", "forall": "exists", "exists": "forall"}


class Meanings:
    """Numbers for formulas: equal ones for formulas that say the same. Comparable within one instance
    only."""

    def __init__(self) -> None:
        self._numbers: dict[_Form, int] = {}
        self._sets: dict[tuple[str, int], frozenset[int]] = {}  # what ∧ and ∨ join

    def of(self, formula: Formula) -> int:
        """The number of a formula."""

        def key(name: str, _: int) -> str:
            return root_key(name)

        positive, _ = fold(canonical(rename(formula, key, key)), self._both)
        return positive

    def all(self, formulas: Sequence[Formula]) -> tuple[int, ...]:
        """The numbers of several."""
        return tuple(self.of(formula) for formula in formulas)

    def _number(self, *form: object) -> int:
        return self._numbers.setdefault(form, len(self._numbers))

    def _both(self, node, below: tuple) -> tuple[int, int]:
        """A node's number and its negation's."""
        match node:
            case Not():
                ((positive, negative),) = below
                return negative, positive
            case Truth():
                return self._number("truth", node.value), self._number("truth", not node.value)
            case Quantified():
                ((positive, negative),) = below
                dual = _DUAL[node.quantifier]
                return (
                    self._number(node.quantifier, node.variable, positive),
                    self._number(dual, node.variable, negative),
                )
            case Binary():
                return self._binary(node.operator, *below)
            case Equal():
                sides = frozenset(side for side, _ in below)
                return self._number("equal", sides), self._number("unequal", sides)
        # a term or an atom: what it is, and its parts in order
        parts = tuple(part for part, _ in below)
        name = getattr(node, "name", None) or getattr(node, "text", "")
        return self._number(type(node).__name__, name, parts), self._number("not", type(node).__name__, name, parts)

    def _binary(self, operator: str, left: tuple[int, int], right: tuple[int, int]) -> tuple[int, int]:
        if operator == "implies":
            operator, left = "or", (left[1], left[0])
        if operator in _DUAL:
            return (
                self._joined(operator, left[0], right[0]),
                self._joined(_DUAL[operator], left[1], right[1]),
            )
        same = self._number("iff", frozenset([frozenset([left[0], right[0]]), frozenset([left[1], right[1]])]))
        other = self._number("iff", frozenset([frozenset([left[0], right[1]]), frozenset([left[1], right[0]])]))
        return (same, other) if operator == "iff" else (other, same)

    def _joined(self, operator: str, left: int, right: int) -> int:
        """∧ and ∨ of sets: the parts of a part with the same operator are taken out of it."""
        parts: frozenset[int] = self._sets.get((operator, left), frozenset([left]))
        parts |= self._sets.get((operator, right), frozenset([right]))
        if len(parts) == 1:
            return left
        number = self._number(operator, parts)
        self._sets[operator, number] = parts
        return number
