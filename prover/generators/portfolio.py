"""The symbolic portfolio: the generator that needs no model. Joins the rules and makes their weights probabilities.

Not here: the rules themselves (`rules/`). General rules only: nothing in them knows a theorem or a data set.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from itertools import islice
from pathlib import Path

from prover.generators.protocol import Position, TacticGenerator
from prover.generators.rules import (
    algebra,
    between_squares,
    bounded,
    casts,
    closed_forms,
    closing,
    coprime,
    counting,
    diophantine,
    exponents,
    gcds,
    huge_exponents,
    induction_steps,
    inequalities,
    instances,
    integer_sequences,
    modular,
    polynomial_values,
    power_residues,
    premises,
    programs,
    quotients,
    rewriting,
    sequences,
    structural,
    witnesses,
)
from prover.generators.rules.base import Rule, Suggestion
from search.protocols import Candidate

_ARITHMETIC_STEPS = range(1, 4)
_SEARCHES = 6
_TURN = 4


def arithmetic(position: Position) -> Iterator[Suggestion]:
    """The arithmetic rules near the theorem, which itself has them as openings; only the cheapest finite searches."""
    if len(position.steps) in _ARITHMETIC_STEPS:
        yield from modular.modular(position)
        yield from gcds.gcds(position)
        yield from algebra.algebra(position)
        yield from casts.casts(position)
        yield from inequalities.inequalities(position)
        yield from islice(bounded.bounded(position), _SEARCHES)


#: In the order in which their tactics are tried on a state: what closes goals first, then what is cheap.
RULES: Mapping[str, Rule] = {
    "closing": closing.closing,
    "introduction": structural.introduction,
    "construction": structural.construction,
    "elimination": structural.elimination,
    "extensionality": closing.extensionality,
    "unfolding": closing.unfolding_closers,
    "simplification": rewriting.simplification,
    "rewriting": rewriting.rewriting,
    "application": rewriting.application,
    "premises": premises.premises,
    "cases": structural.cases,
    "induction": structural.induction,
    "arithmetic": arithmetic,
}


#: Rules whose tactics are whole proofs, too dear for every state of a search: the surest and quickest first.
OPENING_RULES: Sequence[Rule] = (
    closing.evaluation, programs.programs, gcds.gcds, coprime.coprime, quotients.quotients, exponents.exponents,
    huge_exponents.huge_exponents, witnesses.witnesses, power_residues.power_residues,
    polynomial_values.polynomial_values, between_squares.between_squares, algebra.algebra, casts.casts,
    closed_forms.closed_forms, sequences.sequences, integer_sequences.integer_sequences, counting.counting,
    induction_steps.induction_steps, diophantine.diophantine, instances.instances, modular.modular, bounded.bounded,
    inequalities.inequalities,
)  # fmt: skip


class UnknownGenerator(Exception):
    """There is no generator of that name, the message lists those there are; or it lacks something, `exit_code` 3."""

    exit_code = 2


class Portfolio:
    """Candidates of all rules for the first goal, each once, with log-probabilities that sum to one.

    `rules`: name → rule, `RULES` by default; the order of the candidates is that of the rules.
    """

    #: See `TacticGenerator`.
    few = 36
    #: Tried before the rules for theorems, some of which search for numbers, are asked.
    quick = closing.QUICK

    def __init__(self, rules: Mapping[str, Rule] = RULES) -> None:
        self.rules = dict(rules)

    def propose(self, positions: Sequence[Position]) -> list[list[Candidate]]:
        """See `TacticGenerator`; the order is that of the rules, as it is the cheapest to try."""
        return [self._propose(position) for position in positions]

    def _propose(self, position: Position) -> list[Candidate]:
        if not position.goals:
            return []
        weights: dict[str, float] = {}
        for rule in self.rules.values():
            for weight, tactic in rule(position):
                weights[tactic] = max(weight, weights.get(tactic, 0.0))
        total = math.fsum(weights.values())
        return [Candidate(tactic, math.log(weight / total)) for tactic, weight in weights.items()]

    def opening(self, position: Position) -> tuple[list[str], list[str]]:
        """Whole proofs of the theorem, in the order to try them: for any goal, and what this goal suggests."""
        general = dict.fromkeys(_interleaved(closing.openings(position), premises.openings(position)))
        special = dict.fromkeys(tactic for rule in OPENING_RULES for _, tactic in rule(position))
        return [tactic for tactic in general if tactic not in special], list(special)


def _interleaved(plain: Iterator[str], retrieved: Iterator[str]) -> Iterator[str]:
    """The quickest that need no premises, then `_TURN` with premises for each without."""
    yield from islice(plain, len(closing.QUICK))
    for tactic in plain:
        yield from islice(retrieved, _TURN)
        yield tactic
    yield from retrieved


def _portfolio(file: str) -> TacticGenerator:
    if file:
        raise UnknownGenerator("the portfolio takes no file of weights; `policy:FILE` does.")
    return Portfolio()


def _policy(file: str) -> TacticGenerator:
    from prover.policy.generator import PolicyGenerator, loaded

    return PolicyGenerator(loaded(Path(file)) if file else None)


#: name → how to make one, from the file of weights that may follow the name after a colon.
GENERATORS: dict[str, Callable[[str], TacticGenerator]] = {"portfolio": _portfolio, "policy": _policy}


def make_generator(name: str) -> TacticGenerator:
    """A fresh generator by its name: `portfolio`, `policy`, or `policy:FILE` for weights of one's own.

    Raises UnknownGenerator; `BadWeights`, one of these, for a file that holds no weights.
    """
    kind, _, file = name.partition(":")
    try:
        make = GENERATORS[kind]
    except KeyError:
        raise UnknownGenerator(f"there is no generator {name!r}; there are {', '.join(GENERATORS)}") from None
    return make(file)
