"""Ground instances behind a derivation: which premise, with which terms, until propositional logic is enough.

Herbrand's theorem: premises that entail a conclusion have finitely many ground instances that contradict its
negation. They are made level by level from the constants, functions and Skolem functions at hand, and the portfolio
says which of them are needed. For certificates (a `have` each) and for explanations; deciding needs none of this.
"""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from dataclasses import dataclass

from logic.solvers.portfolio import decide
from logic.syntax.formula import (
    Binary,
    Formula,
    Function,
    Not,
    Numeral,
    Quantified,
    Term,
    Truth,
    Variable,
)
from logic.syntax.walk import fold, fresh_name, nodes, signature, substitute
from logic.verdict import Verdict

MAX_INSTANCES = 4_000
MAX_LEVELS = 3
MAX_DEPTH = 200
MAX_NODES = 20_000


@dataclass(frozen=True, slots=True)
class Skolem:
    """`function` of `variables` names what an ∃ of `source` promises; `witnessed` is what holds of it."""

    function: str
    variables: tuple[str, ...]
    source: int | None
    witnessed: Formula


@dataclass(frozen=True, slots=True)
class Instance:
    """`formula` is premise `source` (None: the negated goal) with `terms` for its variables; no quantifier in it."""

    source: int | None
    terms: tuple[tuple[str, Term], ...]
    formula: Formula


@dataclass(frozen=True, slots=True)
class Instances:
    """Instances that contradict each other propositionally (up to equality), and the Skolem functions in them."""

    instances: tuple[Instance, ...]
    skolems: tuple[Skolem, ...]


def instances(
    premises: Sequence[Formula],
    conclusion: Formula,
    core: Sequence[int],
    *,
    negated: bool = False,
    deadline: float = 5.0,
) -> Instances | None:
    """Instances of the core premises and of the goal that show what was derived, or None where none were found.

    Args:
        core: indices of the premises to use.
        negated: the negation of the conclusion was derived (verdict FALSE).
        deadline: seconds for each level of terms.
    """
    sources: list[tuple[int | None, Formula]] = [(i, premises[i]) for i in core]
    sources.append((None, conclusion if negated else Not(conclusion)))
    if any(_depth(formula) > MAX_DEPTH for _, formula in sources):
        return None
    named = signature(formula for _, formula in sources)
    taken = {name for name, _ in named.functions}
    opened: list[tuple[int | None, list[str], Formula]] = []
    skolems: list[Skolem] = []
    try:
        for source, formula in sources:
            variables, matrix = _skolemised(formula, source, taken, skolems)
            opened.append((source, variables, matrix))
    except OverflowError:
        return None
    for level in range(MAX_LEVELS):
        terms = _terms([matrix for _, _, matrix in opened], level)
        found = _ground(opened, terms)
        if found is None:
            return None
        decision = decide([i.formula for i in found], Truth(False), deadline=deadline)
        if decision.verdict in (Verdict.TRUE, Verdict.CONTRADICTORY):
            used = tuple(found[i] for i in decision.core)
            mentioned = {n.name for i in used for n in nodes(i.formula) if isinstance(n, Function)}
            return Instances(used, tuple(s for s in skolems if s.function in mentioned))
    return None


def _depth(formula: Formula) -> int:
    return fold(formula, lambda _, below: 1 + max(below, default=0))


def _skolemised(
    formula: Formula, source: int | None, taken: set[str], skolems: list[Skolem]
) -> tuple[list[str], Formula]:
    """The formula in negation normal form with Skolem functions and without its ∀: (variables, matrix)."""
    variables: list[str] = []
    left_over = MAX_NODES

    def go(node: Formula, positive: bool, scope: tuple[str, ...], renamed: dict[str, Term]) -> Formula:
        nonlocal left_over
        left_over -= 1
        if left_over < 0:
            raise OverflowError  # each ↔ doubles what is in it
        match node:
            case Not(body):
                return go(body, not positive, scope, renamed)
            case Binary("and" | "or" as operator, left, right):
                flipped = operator if positive else {"and": "or", "or": "and"}[operator]
                return Binary(flipped, go(left, positive, scope, renamed), go(right, positive, scope, renamed))
            case Binary("implies", left, right):
                return Binary(
                    "or" if positive else "and",
                    go(left, not positive, scope, renamed),
                    go(right, positive, scope, renamed),
                )
            case Binary("iff" | "xor" as operator, left, right):
                same = (operator == "iff") == positive
                both = Binary("and", go(left, True, scope, renamed), go(right, same, scope, renamed))
                neither = Binary("and", go(left, False, scope, renamed), go(right, not same, scope, renamed))
                return Binary("or", both, neither)
            case Quantified(quantifier, variable, body):
                if (quantifier == "forall") == positive:
                    name = fresh_name(variable, variables)
                    variables.append(name)
                    return go(body, positive, (*scope, name), {**renamed, variable: Variable(name)})
                name = fresh_name(f"sk_{variable}", taken)
                taken.add(name)
                witness = Function(name, tuple(Variable(v) for v in scope))
                inside = {**renamed, variable: witness}
                promised = substitute(body, inside)
                skolems.append(Skolem(name, scope, source, promised if positive else Not(promised)))
                return go(body, positive, scope, inside)
        atom = substitute(node, renamed)
        return atom if positive else Not(atom)

    matrix = go(formula, True, (), {})
    return variables, matrix


def _terms(matrices: Sequence[Formula], level: int) -> list[Term]:
    """Ground terms over the symbols of the matrices, with functions nested `level` deep."""
    functions: dict[tuple[str, int], None] = {}
    found: dict[Term, None] = {}
    for matrix in matrices:
        for node in nodes(matrix):
            if isinstance(node, Numeral) or (isinstance(node, Function) and not node.arguments):
                found[node] = None
            elif isinstance(node, Function):
                functions[node.name, len(node.arguments)] = None
    if not found:
        found[Function("anything")] = None  # a domain is not empty
    for _ in range(level):
        below = list(found)
        for name, arity in functions:
            if len(below) ** arity > MAX_INSTANCES:
                return list(found)
            for arguments in itertools.product(below, repeat=arity):
                found[Function(name, arguments)] = None
    return list(found)


def _ground(opened: Sequence[tuple[int | None, list[str], Formula]], terms: Sequence[Term]) -> list[Instance] | None:
    if sum(len(terms) ** len(variables) for _, variables, _ in opened) > MAX_INSTANCES:
        return None
    found = []
    for source, variables, matrix in opened:
        for chosen in itertools.product(terms, repeat=len(variables)):
            values = dict(zip(variables, chosen, strict=True))
            found.append(Instance(source, tuple(values.items()), substitute(matrix, values)))
    return found
