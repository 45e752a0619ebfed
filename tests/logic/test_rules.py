"""Forward chaining: sound for classical logic, and no more than forward."""

from __future__ import annotations

import itertools

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from logic.qa import chain_proof
from logic.rules import chain
from logic.solvers import decide
from logic.syntax.formula import Binary, Formula, Function, Not, Predicate, Quantified, Variable
from logic.syntax.read import read
from logic.verdict import Verdict


def chained(premises: list[str], conclusion: str):
    return chain([read(text) for text in premises], read(conclusion))


@pytest.mark.parametrize(
    ("premises", "conclusion", "verdict"),
    [
        (["P(a)", "∀x (P(x) → Q(x))"], "Q(a)", Verdict.TRUE),
        (["P(a)", "∀x (P(x) → ¬Q(x))"], "Q(a)", Verdict.FALSE),
        (["¬Q(a)", "∀x (P(x) → Q(x))"], "P(a)", Verdict.UNCERTAIN),  # no contraposition
        (["P(a)", "¬P(a)"], "P(a)", Verdict.CONTRADICTORY),
        (["P(a)", "¬P(a)"], "Q(a)", Verdict.UNCERTAIN),  # and nothing follows from a contradiction
        (["∀x P(x)", "Q(b)"], "P(b)", Verdict.TRUE),
        (["R(a, b)", "R(b, c)", "∀x ∀y ∀z ((R(x, y) ∧ R(y, z)) → R(x, z))"], "R(a, c)", Verdict.TRUE),
        (["∀x ((P(x) ∧ ¬Q(x)) → R(x))", "P(a)"], "R(a)", Verdict.UNCERTAIN),  # ¬Q(a) was not derived
        (["P(a) ∧ Q(a)"], "Q(a)", Verdict.TRUE),
        (["∀x (P(x) → (Q(x) ∧ R(x)))", "P(a)"], "R(a)", Verdict.TRUE),
    ],
)
def test_rules_derive_forwards_only(premises, conclusion, verdict):
    assert chained(premises, conclusion).verdict is verdict


@pytest.mark.parametrize(
    ("premises", "conclusion"),
    [
        (["P(a) ∨ Q(a)"], "P(a)"),
        (["∃x P(x)"], "P(a)"),
        (["P(a)"], "∃x P(x)"),
        (["P(f(a))"], "P(a)"),
        (["a = b"], "P(a)"),
    ],
)
def test_what_is_no_rule_or_fact_is_not_chained(premises, conclusion):
    assert chained(premises, conclusion) is None


def test_the_steps_lead_from_the_premises_to_the_answer():
    texts = ["P(a)", "S(b)", "∀x (P(x) → Q(x))", "∀x ((P(x) ∧ Q(x)) → R(x))"]
    found = chained(texts, "R(a)")
    assert found.premises == (0, 2, 3)
    derived = set()
    for step in found.steps:
        assert set(step.parents) <= derived
        derived.add(step.literal)
    proof = chain_proof(found, [read(text) for text in texts])
    assert proof.steps[-1].formula == read("R(a)")
    for number, step in enumerate(proof.steps):
        assert all(parent < number for parent in step.parents)


_CONSTANTS = [Function("a"), Function("b")]


def _literal(terms: list) -> st.SearchStrategy[Formula]:
    atom = st.builds(lambda n, t: Predicate(n, (t,)), st.sampled_from("PQR"), st.sampled_from(terms))
    return st.builds(lambda a, positive: a if positive else Not(a), atom, st.booleans())


def _rule(body: list[Formula], head: Formula) -> Formula:
    condition = body[0]
    for literal in body[1:]:
        condition = Binary("and", condition, literal)
    return Quantified("forall", "x", Binary("implies", condition, head))


_X = [Variable("x"), *_CONSTANTS]
_THEORY = st.lists(
    st.one_of(_literal(_CONSTANTS), st.builds(_rule, st.lists(_literal(_X), min_size=1, max_size=2), _literal(_X))),
    min_size=1,
    max_size=6,
)


@settings(max_examples=60, deadline=None, suppress_health_check=list(HealthCheck))
@given(_THEORY, _literal(_CONSTANTS))
def test_whatever_is_derived_also_follows_classically(premises, conclusion):
    found = chain(premises, conclusion)
    classical = decide(premises, conclusion, deadline=20, explain=False).verdict
    allowed = {
        Verdict.TRUE: {Verdict.TRUE, Verdict.CONTRADICTORY},
        Verdict.FALSE: {Verdict.FALSE, Verdict.CONTRADICTORY},
        Verdict.CONTRADICTORY: {Verdict.CONTRADICTORY},
        Verdict.UNCERTAIN: set(Verdict) - {Verdict.UNKNOWN, Verdict.ERROR},
    }[found.verdict]
    assert classical in allowed
    if found.steps and found.verdict is Verdict.TRUE:
        used = [premises[i] for i in found.premises]
        assert decide(used, conclusion, deadline=20, explain=False).verdict in allowed


def test_a_cycle_of_rules_ends():
    texts = [f"∀x (P{i}(x) → P{(i + 1) % 20}(x))" for i in range(20)]
    assert chained([*texts, "P0(a)"], "P19(a)").verdict is Verdict.TRUE


def test_many_constants_and_a_rule_over_pairs_stay_quick_to_derive():
    facts = [f"R(c{i}, c{i + 1})" for i in range(12)]
    closure = "∀x ∀y ∀z ((R(x, y) ∧ R(y, z)) → R(x, z))"
    for i, j in itertools.combinations((0, 6, 12), 2):
        assert chained([*facts, closure], f"R(c{i}, c{j})").verdict is Verdict.TRUE
