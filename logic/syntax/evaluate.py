"""Truth of a formula in a finite model. Loops, so a formula may be as deep as it likes.

The model is any value with a `size`, and tables of predicates and functions by name and arity; finding and
printing models is elsewhere (`logic/countermodel.py`).
"""

from __future__ import annotations

from collections.abc import Generator, Mapping, Set
from typing import Protocol

from logic.errors import LogicError
from logic.syntax.formula import (
    Binary,
    Equal,
    Formula,
    Not,
    Numeral,
    Predicate,
    Quantified,
    Term,
    Truth,
    Variable,
)

Symbol = tuple[str, int]
Point = tuple[int, ...]


class Structure(Protocol):
    """A model whose domain is 0 … size-1; a constant, and a numeral under its text, is a function of ()."""

    @property
    def size(self) -> int: ...
    @property
    def predicates(self) -> Mapping[Symbol, Set[Point]]: ...
    @property
    def functions(self) -> Mapping[Symbol, Mapping[Point, int]]: ...


class TooManySteps(LogicError):
    """The formula has too many instances in the model to be evaluated."""


class NotInterpreted(LogicError):
    """The model says nothing of a symbol of the formula, or a variable is bound by no quantifier."""


_Evaluation = Generator[Formula, bool, bool]


def holds(formula: Formula, model: Structure, steps: int = 1_000_000) -> bool:
    """Whether `formula` is true in `model`.

    Args:
        steps: the most connectives, quantifiers and atoms that are looked at.

    Raises:
        NotInterpreted: for a symbol that the model has no table of, and for a free variable.
        TooManySteps: after `steps` steps.
    """
    values: dict[str, int] = {}
    stack: list[_Evaluation] = [_evaluate(formula, model, values)]
    result: bool | None = None
    while stack:
        try:
            below = stack[-1].send(result)  # type: ignore[arg-type]
        except StopIteration as done:
            stack.pop()
            result = done.value
            continue
        steps -= 1
        if steps < 0:
            raise TooManySteps("the formula has too many instances to be evaluated in this model")
        stack.append(_evaluate(below, model, values))
        result = None
    assert result is not None
    return result


def _evaluate(formula: Formula, model: Structure, values: dict[str, int]) -> _Evaluation:
    """Yields the formulas below whose truth it needs, and returns its own."""
    match formula:
        case Predicate(name, arguments):
            table = model.predicates.get((name, len(arguments)))
            if table is None:
                raise NotInterpreted(f"the model has no table of the predicate {name}/{len(arguments)}")
            return tuple(_value(argument, model, values) for argument in arguments) in table
        case Equal(left, right):
            return _value(left, model, values) == _value(right, model, values)
        case Truth(value):
            return value
        case Not(body):
            return not (yield body)
        case Binary(operator, left, right):
            first = yield left
            if operator == "and":
                return first and (yield right)
            if operator == "or":
                return first or (yield right)
            if operator == "implies":
                return not first or (yield right)
            second = yield right
            return first == second if operator == "iff" else first != second
        case Quantified(quantifier, variable, body):
            outer = values.get(variable)
            decisive = quantifier == "exists"
            result = not decisive
            for element in range(model.size):
                values[variable] = element
                if (yield body) == decisive:
                    result = decisive
                    break
            if outer is None:
                values.pop(variable, None)
            else:
                values[variable] = outer
            return result
    raise TypeError(f"{formula!r} is no formula")


def _value(term: Term, model: Structure, values: Mapping[str, int]) -> int:
    """The element that a term denotes; from below, without recursion."""
    results: list[int] = []
    stack: list[tuple[Term, bool]] = [(term, False)]
    while stack:
        node, ready = stack.pop()
        if isinstance(node, Variable):
            if node.name not in values:
                raise NotInterpreted(f"no quantifier binds the variable {node.name}")
            results.append(values[node.name])
            continue
        name = node.text if isinstance(node, Numeral) else node.name
        arguments = () if isinstance(node, Numeral) else node.arguments
        if arguments and not ready:
            stack.append((node, True))
            stack.extend((argument, False) for argument in reversed(arguments))
            continue
        point = tuple(results[len(results) - len(arguments) :]) if arguments else ()
        if arguments:
            del results[len(results) - len(arguments) :]
        table = model.functions.get((name, len(point)))
        if table is None or point not in table:
            raise NotInterpreted(f"the model has no value of {name}/{len(point)} there")
        results.append(table[point])
    return results[0]
