"""Charitable readings: what a translation most likely meant, where as it stands nothing follows from it.

A language model's formulas lose what people leave unsaid, and then neither the conclusion nor its negation
follows (the first kind of failure in LINC's error analysis). Each reading here adds something unsaid.
None of them is harmless, so they are used only to weigh a vote, never for a sample's own verdict, and each is
recorded.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import replace

from logic.repair import Problem, Repair
from logic.spelling import kinds_named, parts, stem, stem_key
from logic.syntax.formula import Binary, Formula, Function, Not, Predicate, Quantified, Variable
from logic.syntax.walk import fold, fresh_name, nodes, with_children

# Nouns for whatever one talks about; as a predicate they only say what a variable ranges over.
EVERYTHING = {
    "person", "people", "human", "man", "woman", "individual", "someone", "somebody", "everyone", "thing",
    "something", "everything", "object", "entity", "being",
}  # fmt: skip
# After one of these the last word of a name is not what the name is a kind of.
_PREPOSITIONS = {
    "of", "in", "on", "at", "by", "for", "from", "to", "with", "than", "as", "and", "or", "not", "no", "non",
}  # fmt: skip
_EITHER = re.compile(r"\beither\b", re.I)


def charitable(problem: Problem, sentences: Sequence[str] = ()) -> Problem | None:
    """The problem with all readings applied that apply, or None where none does.

    Args:
        sentences: what the premises and the conclusion translate, the conclusion last; may be empty.
    """
    read = problem
    for reading in READINGS.values():
        read = reading(read, sentences)
    return read if read is not problem else None


def exclusive_either(problem: Problem, sentences: Sequence[str]) -> Problem:
    """“Either A or B” excludes both, so its ∨ is ⊕."""
    formulas = [*problem.premises, problem.conclusion]
    if len(sentences) != len(formulas):
        return problem

    def exclusive(node, kids):
        node = with_children(node, kids)
        return Binary("xor", node.left, node.right) if isinstance(node, Binary) and node.operator == "or" else node

    repairs: list[Repair] = []
    for index, (sentence, formula) in enumerate(zip(sentences, formulas, strict=True)):
        if _EITHER.search(sentence):
            formulas[index] = fold(formula, exclusive)
            if formulas[index] != formula:
                repairs.append(Repair("either excludes both", sentence[:80], index))
    return _changed(problem, formulas, repairs)


def one_of_the_kind(problem: Problem, sentences: Sequence[str]) -> Problem:
    """A constant that is also a predicate stands for one of the kind: `Cancer(Cancer)`."""
    named = kinds_named([*problem.given, problem.conclusion])
    added = [Predicate(kind, (Function(name),)) for name, kind in named]
    return _added(problem, list(added), [Repair("one of the kind", f"{kind}({name})") for name, kind in named])


def kinds_in_general(problem: Problem, sentences: Sequence[str]) -> Problem:
    """A fact about a kind, `Deadly(Cancer)`, is about all of the kind where Cancer is a predicate too."""
    kinds = {stem_key(name): name for name, arity in _predicates([*problem.given, problem.conclusion]) if arity == 1}
    added: list[Formula] = []
    repairs: list[Repair] = []
    for index, premise in enumerate(problem.premises):
        if not isinstance(premise, Predicate):
            continue
        for argument in premise.arguments:
            kind = kinds.get(stem_key(argument.name)) if isinstance(argument, Function) else None
            if kind is None or argument.arguments or kind == premise.name:
                continue
            variable = fresh_name("x", {n.name for n in nodes(premise) if isinstance(n, Variable)})
            about = tuple(Variable(variable) if a == argument else a for a in premise.arguments)
            body = Binary("implies", Predicate(kind, (Variable(variable),)), Predicate(premise.name, about))
            added.append(Quantified("forall", variable, body))
            repairs.append(Repair("fact about a kind", f"{premise.name} holds of every {kind}", index))
    return _added(problem, added, repairs)


def head_nouns(problem: Problem, sentences: Sequence[str]) -> Problem:
    """Who is named after a kind is of the kind: `Island(SnowIsland)` where Island is a predicate."""
    formulas = [*problem.given, problem.conclusion]
    kinds = {tuple(map(stem, parts(name))): name for name, arity in _predicates(formulas) if arity == 1}
    added: list[Formula] = []
    repairs: list[Repair] = []
    for name in _constants(formulas):
        words = tuple(map(stem, parts(name)))
        if set(words) & _PREPOSITIONS:
            continue
        for start in range(1, len(words)):
            if (kind := kinds.get(words[start:])) is not None:
                added.append(Predicate(kind, (Function(name),)))
                repairs.append(Repair("named after its kind", f"{kind}({name})"))
    return _added(problem, added, repairs)


def presupposed_guards(problem: Problem, sentences: Sequence[str]) -> Problem:
    """Whoever is named is one of those the premises talk about: `Person(Ann)`.

    A one-place predicate is taken to be presupposed where the premises only ever ask for it and never say it
    of anything, the conclusion is not about it, and it either is a noun for everything (person, thing) or is
    all that a premise of the form “every G is A or B” asks for, which sorts the things under discussion.
    """
    asserted = _asserted(problem.given)
    asked = {(n.name, len(n.arguments)) for n in nodes(problem.conclusion) if isinstance(n, Predicate)}
    sorting = {
        premise.body.left.name
        for premise in problem.premises
        if isinstance(premise, Quantified)
        and premise.quantifier == "forall"
        and isinstance(premise.body, Binary)
        and premise.body.operator == "implies"
        and isinstance(premise.body.left, Predicate)
        and any(isinstance(n, Binary) and n.operator in ("or", "xor") for n in nodes(premise.body.right))
    }
    guards = [
        name
        for name, arity in _predicates(problem.given)
        if arity == 1 and (name, arity) not in asserted | asked and (name in sorting or name.lower() in EVERYTHING)
    ]
    individuals = _constants([*problem.given, problem.conclusion])
    added = [Predicate(guard, (Function(name),)) for guard in guards for name in individuals]
    repairs = [Repair("presupposed", f"{guard} holds of {', '.join(individuals)[:80]}") for guard in guards]
    return _added(problem, list(added), repairs if individuals else [])


# In the order they are applied; each sees what the ones before it made.
READINGS: dict[str, Callable[[Problem, Sequence[str]], Problem]] = {
    "either excludes both": exclusive_either,
    "one of the kind": one_of_the_kind,
    "fact about a kind": kinds_in_general,
    "named after its kind": head_nouns,
    "presupposed": presupposed_guards,
}


def _changed(problem: Problem, formulas: Sequence[Formula], repairs: Sequence[Repair]) -> Problem:
    if not repairs:
        return problem
    return replace(
        problem, premises=tuple(formulas[:-1]), conclusion=formulas[-1], repairs=(*problem.repairs, *repairs)
    )


def _added(problem: Problem, formulas: Sequence[Formula], repairs: Sequence[Repair]) -> Problem:
    known = set(problem.given)
    fresh = [formula for formula in formulas if formula not in known]
    if not fresh:
        return problem
    return replace(problem, assumed=(*problem.assumed, *fresh), repairs=(*problem.repairs, *repairs))


def _predicates(formulas: Sequence[Formula]) -> list[tuple[str, int]]:
    return sorted({(n.name, len(n.arguments)) for f in formulas for n in nodes(f) if isinstance(n, Predicate)})


def _constants(formulas: Sequence[Formula]) -> list[str]:
    return sorted({n.name for f in formulas for n in nodes(f) if isinstance(n, Function) and not n.arguments})


def _asserted(formulas: Sequence[Formula]) -> set[tuple[str, int]]:
    """The predicates with an occurrence that is not in the scope of a negation or an antecedent alone."""
    found: set[tuple[str, int]] = set()
    stack: list[tuple[Formula, int]] = [(formula, 1) for formula in formulas]
    while stack:
        node, polarity = stack.pop()
        match node:
            case Predicate():
                if polarity >= 0:
                    found.add((node.name, len(node.arguments)))
            case Not():
                stack.append((node.body, -polarity))
            case Quantified():
                stack.append((node.body, polarity))
            case Binary():
                left = {"implies": -polarity, "and": polarity, "or": polarity}.get(node.operator, 0)
                right = polarity if node.operator in ("implies", "and", "or") else 0
                stack += [(node.left, left), (node.right, right)]
    return found
