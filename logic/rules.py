"""Rules read in one direction: what forward chaining derives, with the steps. Not classical entailment.

ProofWriter (Tafjord et al. 2021, section 3, open world) defines its labels so: a rule yields its head when
its body has been derived, a negated literal is derived like any other, and nothing follows by contraposition
or by cases. All that is derived here also follows classically; the reverse does not hold, and where it
matters `logic/qa.py` says so in a warning.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from logic.syntax.formula import Binary, Formula, Function, Not, Predicate, Quantified, Term, Variable
from logic.verdict import Verdict


@dataclass(frozen=True, slots=True)
class Literal:
    """A predicate or its negation."""

    predicate: Predicate
    positive: bool = True

    def opposite(self) -> Literal:
        return Literal(self.predicate, not self.positive)

    def formula(self) -> Formula:
        return self.predicate if self.positive else Not(self.predicate)


@dataclass(frozen=True, slots=True)
class Firing:
    """`literal` came out of premise `premise`, whose body was met by `parents`."""

    literal: Literal
    premise: int
    parents: tuple[Literal, ...]


@dataclass(frozen=True, slots=True)
class Rule:
    """body → head, for all values of the variables in it."""

    body: tuple[Literal, ...]
    head: Literal
    premise: int


@dataclass(frozen=True, slots=True)
class Chained:
    """The answer to one conclusion; `steps` lead to what decided it, each after its parents."""

    verdict: Verdict
    steps: tuple[Firing, ...] = ()

    @property
    def premises(self) -> tuple[int, ...]:
        """Indices of the premises used."""
        return tuple(sorted({step.premise for step in self.steps}))


def chain(premises: Sequence[Formula], conclusion: Formula) -> Chained | None:
    """What the rules say of a ground literal; None where a premise is no rule or the goal no literal."""
    goal = _literal(conclusion)
    if goal is None or not _ground(goal):
        return None
    rules: list[Rule] = []
    for index, premise in enumerate(premises):
        found = _rules(premise, index)
        if found is None:
            return None
        rules += found
    derived = _saturate(rules)
    yes, no = derived.get(goal), derived.get(goal.opposite())
    if yes and no:
        return Chained(Verdict.CONTRADICTORY, _steps(derived, [goal, goal.opposite()]))
    if yes:
        return Chained(Verdict.TRUE, _steps(derived, [goal]))
    if no:
        return Chained(Verdict.FALSE, _steps(derived, [goal.opposite()]))
    return Chained(Verdict.UNCERTAIN)


def _literal(formula: Formula) -> Literal | None:
    positive = True
    while isinstance(formula, Not):
        formula, positive = formula.body, not positive
    if not isinstance(formula, Predicate):
        return None
    flat = all(not isinstance(a, Function) or not a.arguments for a in formula.arguments)
    return Literal(formula, positive) if flat else None


def _ground(literal: Literal) -> bool:
    return not any(isinstance(argument, Variable) for argument in literal.predicate.arguments)


def _literals(formula: Formula) -> list[Literal] | None:
    """The literals of a conjunction."""
    found: list[Literal] = []
    stack = [formula]
    while stack:
        part = stack.pop()
        if isinstance(part, Binary) and part.operator == "and":
            stack += [part.right, part.left]
            continue
        literal = _literal(part)
        if literal is None:
            return None
        found.append(literal)
    return found


def _rules(premise: Formula, index: int) -> list[Rule] | None:
    rules: list[Rule] = []
    parts = [premise]
    while parts:
        part = parts.pop()
        if isinstance(part, Binary) and part.operator == "and":
            parts += [part.right, part.left]
            continue
        while isinstance(part, Quantified) and part.quantifier == "forall":
            part = part.body
        body: list[Literal] | None = []
        if isinstance(part, Binary) and part.operator == "implies":
            body, part = _literals(part.left), part.right
        heads = _literals(part)
        if body is None or heads is None:
            return None
        rules += [Rule(tuple(body), head, index) for head in heads]
    return rules


def _saturate(rules: list[Rule]) -> dict[Literal, Firing]:
    constants = sorted(
        {
            argument
            for rule in rules
            for literal in (*rule.body, rule.head)
            for argument in literal.predicate.arguments
            if not isinstance(argument, Variable)
        },
        key=repr,
    )
    derived: dict[Literal, Firing] = {}
    by_symbol: dict[tuple[str, int, bool], list[Literal]] = defaultdict(list)
    news = True
    while news:
        news = False
        for rule in rules:
            for values, parents in list(_matches(rule.body, {}, by_symbol)):
                for full in _completed(rule.head, values, constants):
                    head = _instance(rule.head, full)
                    if head not in derived:
                        derived[head] = Firing(head, rule.premise, parents)
                        by_symbol[_symbol(head)].append(head)
                        news = True
    return derived


def _symbol(literal: Literal) -> tuple[str, int, bool]:
    return literal.predicate.name, len(literal.predicate.arguments), literal.positive


def _matches(
    body: tuple[Literal, ...], values: dict[str, Term], facts: dict[tuple[str, int, bool], list[Literal]]
) -> Iterator[tuple[dict[str, Term], tuple[Literal, ...]]]:
    """Every way to meet the body with what is derived."""
    if not body:
        yield values, ()
        return
    for fact in facts.get(_symbol(body[0]), ()):
        extended = _unified(body[0], fact, values)
        if extended is not None:
            for final, parents in _matches(body[1:], extended, facts):
                yield final, (fact, *parents)


def _unified(pattern: Literal, fact: Literal, values: dict[str, Term]) -> dict[str, Term] | None:
    extended = values
    for asked, given in zip(pattern.predicate.arguments, fact.predicate.arguments, strict=True):
        if isinstance(asked, Variable):
            known = extended.get(asked.name)
            if known is None:
                extended = {**extended, asked.name: given}
            elif known != given:
                return None
        elif asked != given:
            return None
    return extended


def _completed(
    head: Literal, values: dict[str, Term], constants: Sequence[Term]
) -> Iterator[dict[str, Term]]:
    """Values for the head's variables that no body literal binds: anything there is."""
    open_ = [a.name for a in head.predicate.arguments if isinstance(a, Variable) and a.name not in values]
    if not open_:
        yield values
        return
    for constant in constants:
        yield from _completed(head, {**values, open_[0]: constant}, constants)


def _instance(literal: Literal, values: dict[str, Term]) -> Literal:
    arguments = tuple(values[a.name] if isinstance(a, Variable) else a for a in literal.predicate.arguments)
    return Literal(Predicate(literal.predicate.name, arguments), literal.positive)


def _steps(derived: dict[Literal, Firing], goals: list[Literal]) -> tuple[Firing, ...]:
    ordered: list[Firing] = []
    done: set[Literal] = set()
    stack = [(goal, False) for goal in reversed(goals)]
    while stack:
        literal, ready = stack.pop()
        if literal in done:
            continue
        if ready:
            done.add(literal)
            ordered.append(derived[literal])
        else:
            stack.append((literal, True))
            stack += [(parent, False) for parent in reversed(derived[literal].parents)]
    return tuple(ordered)
