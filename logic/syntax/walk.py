"""Traversals of formulas that loop instead of recursing; no reading, printing or logic here."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import reduce
from itertools import count
from typing import Any, TypeVar

from logic.syntax.formula import (
    Binary,
    Connective,
    Equal,
    Formula,
    Function,
    Not,
    Numeral,
    Predicate,
    Quantified,
    Term,
    Truth,
    Variable,
)

Result = TypeVar("Result")


def children(node: Formula | Term) -> tuple[Formula | Term, ...]:
    """The formulas and terms directly below a node, from left to right."""
    match node:
        case Predicate() | Function():
            return node.arguments
        case Equal() | Binary():
            return (node.left, node.right)
        case Not() | Quantified():
            return (node.body,)
    return ()


def with_children(node: Any, kids: tuple[Any, ...]) -> Any:
    """The node with other children; the node itself where they are the same objects."""
    if all(new is old for new, old in zip(kids, children(node), strict=True)):
        return node
    match node:
        case Predicate():
            return Predicate(node.name, kids)
        case Function():
            return Function(node.name, kids)
        case Equal():
            return Equal(*kids)
        case Binary():
            return Binary(node.operator, *kids)
        case Not():
            return Not(*kids)
        case Quantified():
            return Quantified(node.quantifier, node.variable, *kids)
    return node


def nodes(formula: Formula | Term) -> Iterator[Formula | Term]:
    """Every node, the root first, from left to right."""
    stack = [formula]
    while stack:
        node = stack.pop()
        yield node
        stack.extend(reversed(children(node)))


def fold(formula: Formula | Term, combine: Callable[[Any, tuple[Result, ...]], Result]) -> Result:
    """The value of a formula computed from below: `combine(node, values of its children)`."""
    results: list[Result] = []
    stack: list[tuple[Any, bool]] = [(formula, False)]
    while stack:
        node, below_done = stack.pop()
        below = children(node)
        if below and not below_done:
            stack.append((node, True))
            stack.extend((child, False) for child in reversed(below))
            continue
        values = tuple(results[len(results) - len(below) :]) if below else ()
        if below:
            del results[len(results) - len(below) :]
        results.append(combine(node, values))
    return results[0]


def rename(
    formula: Formula,
    predicates: Callable[[str, int], str] | None = None,
    functions: Callable[[str, int], str] | None = None,
) -> Formula:
    """The formula with its predicates and functions (constants too) renamed, given name and arity."""

    def renamed(node: Any, kids: tuple[Any, ...]) -> Any:
        node = with_children(node, kids)
        if isinstance(node, Predicate) and predicates is not None:
            name = predicates(node.name, len(node.arguments))
            return node if name == node.name else Predicate(name, node.arguments)
        if isinstance(node, Function) and functions is not None:
            name = functions(node.name, len(node.arguments))
            return node if name == node.name else Function(name, node.arguments)
        return node

    return fold(formula, renamed)


def scoped(formula: Formula) -> Iterator[tuple[Formula | Term, Counter[str]]]:
    """Every node with the variables bound around it; the counter is live, so read it before going on."""
    bound: Counter[str] = Counter()
    stack: list[tuple[Any, bool]] = [(formula, False)]
    while stack:
        node, leaving = stack.pop()
        if leaving:
            bound[node.variable] -= 1
            continue
        yield node, bound
        if isinstance(node, Quantified):
            stack.append((node, True))
            bound[node.variable] += 1
        stack.extend((child, False) for child in reversed(children(node)))


def free_variables(formula: Formula | Term) -> frozenset[str]:
    """The names of the variables that no quantifier binds."""
    return frozenset(
        node.name for node, bound in scoped(formula) if isinstance(node, Variable) and bound[node.name] == 0
    )


@dataclass(frozen=True, slots=True)
class Signature:
    """The symbols of formulas, each with its arity; a constant is a function of arity 0."""

    predicates: frozenset[tuple[str, int]]
    functions: frozenset[tuple[str, int]]
    numerals: frozenset[str]
    equality: bool


def signature(formulas: Iterable[Formula]) -> Signature:
    """All symbols that occur in the formulas."""
    predicates, functions, numerals, equality = set(), set(), set(), False
    for formula in formulas:
        for node in nodes(formula):
            match node:
                case Predicate():
                    predicates.add((node.name, len(node.arguments)))
                case Function():
                    functions.add((node.name, len(node.arguments)))
                case Numeral():
                    numerals.add(node.text)
                case Equal():
                    equality = True
    return Signature(frozenset(predicates), frozenset(functions), frozenset(numerals), equality)


def fresh_name(stem: str, taken: Collection[str]) -> str:
    """`stem`, or `stem` with the first number that makes it a name not taken."""
    if stem not in taken:
        return stem
    stem = stem.rstrip("0123456789") or "x"
    return next(name for number in count(1) if (name := f"{stem}{number}") not in taken)


def substitute(formula: Formula, values: Mapping[str, Term]) -> Formula:
    """The formula with terms for free variables; bound variables that would capture one are renamed."""
    entering = {name for value in values.values() for name in free_variables(value)}
    taken = entering | {n.name for n in nodes(formula) if isinstance(n, Variable)}
    taken |= {n.variable for n in nodes(formula) if isinstance(n, Quantified)}
    renamed: dict[str, str] = {}  # one new name for all binders of a name: new ones for each take quadratic time
    bound: dict[str, list[str]] = {}  # what each variable is called here, innermost last
    results: list[Any] = []
    stack: list[tuple[Any, bool]] = [(formula, False)]
    while stack:
        node, below_done = stack.pop()
        below = children(node)
        if not below_done:
            if isinstance(node, Quantified):
                name = node.variable
                if name in entering and name not in renamed:
                    renamed[name] = fresh_name(name, taken)
                    taken.add(renamed[name])
                name = renamed.get(name, name)
                bound.setdefault(node.variable, []).append(name)
            stack.append((node, True))
            stack.extend((child, False) for child in reversed(below))
            continue
        kids = tuple(results[len(results) - len(below) :]) if below else ()
        if below:
            del results[len(results) - len(below) :]
        if isinstance(node, Variable):
            here = bound.get(node.name)
            if here:
                results.append(node if here[-1] == node.name else Variable(here[-1]))
            else:
                results.append(values.get(node.name, node))
        elif isinstance(node, Quantified):
            name = bound[node.variable].pop()
            same = name == node.variable and kids[0] is node.body
            results.append(node if same else Quantified(node.quantifier, name, kids[0]))
        else:
            results.append(with_children(node, kids))
    return results[0]


def alpha_equivalent(left: Formula, right: Formula) -> bool:
    """Whether two formulas differ in the names of bound variables only."""
    return canonical(left) == canonical(right)


def canonical(formula: Formula) -> Formula:
    """The formula with bound variables named by depth; two α-equivalent formulas have the same one."""
    free = free_variables(formula)
    bound: dict[str, list[str]] = {}
    depth = 0
    results: list[Any] = []
    stack: list[tuple[Any, bool]] = [(formula, False)]
    while stack:
        node, below_done = stack.pop()
        below = children(node)
        if not below_done:
            if isinstance(node, Quantified):
                depth += 1
                name = f"x{depth}"
                while name in free:
                    name += "_"
                bound.setdefault(node.variable, []).append(name)
            stack.append((node, True))
            stack.extend((child, False) for child in reversed(below))
            continue
        kids = tuple(results[len(results) - len(below) :]) if below else ()
        if below:
            del results[len(results) - len(below) :]
        if isinstance(node, Variable) and bound.get(node.name):
            results.append(Variable(bound[node.name][-1]))
        elif isinstance(node, Quantified):
            depth -= 1
            results.append(Quantified(node.quantifier, bound[node.variable].pop(), kids[0]))
        else:
            results.append(with_children(node, kids))
    return results[0]


def joined(operator: Connective, formulas: Iterable[Formula]) -> Formula:
    """The formulas joined from the left; of none, the connective's neutral formula (⊤ for ∧, ⊥ for ∨)."""
    parts = list(formulas)
    if not parts:
        return Truth(operator == "and")
    return reduce(lambda left, right: Binary(operator, left, right), parts)


def closed(formula: Formula) -> Formula:
    """The universal closure: free variables bound by ∀ in order of their names."""
    for name in sorted(free_variables(formula), reverse=True):
        formula = Quantified("forall", name, formula)
    return formula
