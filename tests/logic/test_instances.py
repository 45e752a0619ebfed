"""Ground instances: they contradict each other without a quantifier, and each is an instance of its premise."""

from __future__ import annotations

import pytest

from logic.solvers import decide
from logic.solvers.instances import instances
from logic.syntax.formula import Function, Quantified, Truth
from logic.syntax.read import read
from logic.syntax.walk import free_variables, nodes
from logic.verdict import Verdict

PROBLEMS = {
    "syllogism": (["∀x (Man(x) → Mortal(x))", "Man(a)", "Man(b)"], "Mortal(a)", False),
    "refuted": (["∀x (Man(x) → Mortal(x))", "Man(a)"], "¬Mortal(a)", True),
    "witness": (["∃x P(x)", "∀x (P(x) → Q(x))"], "∃y Q(y)", False),
    "witness of each": (["∀x ∃y R(x, y)", "∀x ∀y (R(x, y) → S(y))"], "∃z S(z)", False),
    "function": (["P(a)", "∀x (P(x) → P(f(x)))"], "P(f(f(a)))", False),
    "equality": (["a = b", "∀x (x = b → P(x))"], "P(a)", False),
    "equivalence": (["∀x (P(x) ↔ Q(x))", "P(a) ⊕ R(a)", "¬R(a)"], "Q(a)", False),
    "drinker": ([], "∃x (D(x) → ∀y D(y))", False),
}


@pytest.mark.parametrize("name", PROBLEMS)
def test_the_instances_contradict_each_other_and_each_is_entailed_by_its_source(name):
    texts, goal, negated = PROBLEMS[name]
    premises, conclusion = [read(text) for text in texts], read(goal)
    decision = decide(premises, conclusion, deadline=20)
    found = instances(premises, conclusion, decision.core, negated=negated, deadline=20)
    assert found is not None
    formulas = [item.formula for item in found.instances]
    assert decide(formulas, Truth(False), deadline=20).verdict is Verdict.CONTRADICTORY
    introduced = {skolem.function for skolem in found.skolems}
    for item in found.instances:
        assert not any(isinstance(node, Quantified) for node in nodes(item.formula))
        assert not free_variables(item.formula)
        assert item.source is None or item.source in decision.core
        mentioned = {n.name for n in nodes(item.formula) if isinstance(n, Function)}
        if item.source is not None and not mentioned & introduced:
            assert decide([premises[item.source]], item.formula, deadline=20).verdict is Verdict.TRUE


def test_skolem_functions_do_not_take_the_users_names():
    premises, conclusion = [read("∃x P(x)"), read("∀x (P(x) → Q(x, sk_x))")], read("∃y Q(y, sk_x)")
    found = instances(premises, conclusion, (0, 1), deadline=20)
    assert "sk_x" not in {skolem.function for skolem in found.skolems}


def test_what_does_not_follow_or_is_too_large_has_no_instances():
    assert instances([read("P(a)")], read("Q(a)"), (0,), deadline=5) is None
    chain = "P(a)"
    for _ in range(60):
        chain = f"({chain} ↔ P(a))"
    assert instances([read(chain)], read("P(a)"), (0,), deadline=5) is None
