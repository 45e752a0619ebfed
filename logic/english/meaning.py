"""What phrases mean while a sentence is read: noun phrases and predicates as functions, referents as
variables.

The treatment follows discourse representation (Kamp & Reyle 1993, chapter 1) as far as the grammar needs it:
an indefinite leaves its variable open, so that an `if` can bind it universally and a pronoun can reach it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from functools import reduce

from logic.syntax.formula import Binary, Connective, Formula, Not, Predicate, Quantified, Term

Predicated = Callable[[Term], Formula]


@dataclass(frozen=True, slots=True)
class Context:
    """What a pronoun may stand for at this point.

    `indefinites`: open variables, oldest first. `names`: constants mentioned. `hidden`: something was
    mentioned that no pronoun may reach (inside a negation or under a quantifier), so a pronoun can't be
    resolved safely. `conditional`: inside the antecedent of an `if`, where indefinites stay open. `subject`:
    the noun phrase being read is a subject.
    """

    indefinites: tuple[str, ...] = ()
    names: tuple[Term, ...] = ()
    hidden: bool = False
    conditional: bool = False
    subject: bool = False

    def with_name(self, name: Term) -> Context:
        return self if name in self.names else replace(self, names=(*self.names, name))

    def with_indefinite(self, variable: str) -> Context:
        return replace(self, indefinites=(*self.indefinites, variable))


@dataclass(frozen=True, slots=True)
class NounPhrase:
    """`wrap(p)` says that the phrase has property p. `open` are variables that it leaves free in there.

    `scopal`: a quantifier of its own, which takes scope over all that follows. `number` is for agreement.
    `constant` is what a name or definite description denotes. `bare_a`: a subject “a …”, which is universal
    or existential depending on what follows. `condition` is what an indefinite requires of its variable.
    `conjoined`: “Ann and Bob”, which a “not” before it may mean together or each.
    """

    wrap: Callable[[Predicated], Formula]
    number: str
    open: tuple[str, ...] = ()
    scopal: bool = False
    constant: Term | None = None
    bare_a: bool = False
    condition: Formula | None = None
    conjoined: bool = False


@dataclass(frozen=True, slots=True)
class VerbPhrase:
    """`says(t)` is what the phrase says of t, with the variables `open` free in it.

    `nominal`: “is a …”. `conjoined`: its object is.
    """

    says: Predicated
    open: tuple[str, ...] = ()
    nominal: bool = False
    conjoined: bool = False

    def closed(self) -> Predicated:
        """Its saying with the open variables bound by ∃."""
        return lambda term: bind("exists", self.open, self.says(term))

    def negated(self) -> VerbPhrase:
        closed = self.closed()
        return VerbPhrase(lambda term: Not(closed(term)), nominal=self.nominal)


@dataclass(frozen=True, slots=True)
class Clause:
    """A statement whose variables `open` are still free."""

    formula: Formula
    open: tuple[str, ...] = ()

    def closed(self) -> Formula:
        return bind("exists", self.open, self.formula)


def bind(quantifier: str, variables: Iterable[str], formula: Formula) -> Formula:
    """`formula` under one quantifier for each variable."""
    for variable in reversed(tuple(variables)):
        formula = Quantified(quantifier, variable, formula)
    return formula


def join(operator: Connective, parts: Iterable[Formula]) -> Formula:
    """The parts joined from the left."""
    return reduce(lambda left, right: Binary(operator, left, right), parts)


def implies(condition: Formula | None, consequence: Formula) -> Formula:
    """The implication, or the consequence alone where nothing is required."""
    return consequence if condition is None else Binary("implies", condition, consequence)


def both(first: Formula | None, second: Formula) -> Formula:
    """The conjunction, or the second alone where there is no first."""
    return second if first is None else Binary("and", first, second)


# Kinds of symbols keep apart what is spelled alike (a fly, to fly); `reader.py` makes names of them.
IS, DOES, CAN = "is", "does", "can"


def symbol(kind: str, *words: str) -> str:
    """An inner name of a predicate."""
    return f"{kind}:{'_'.join(words)}"


def related(name: str, object_: NounPhrase) -> VerbPhrase:
    return VerbPhrase(
        lambda term: object_.wrap(lambda other: Predicate(name, (term, other))),
        open=object_.open,
        conjoined=object_.conjoined,
    )
