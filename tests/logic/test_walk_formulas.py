"""Traversals and the nodes' own equality, hash and repr: against plain recursive definitions, and at any depth."""

from __future__ import annotations

import pickle

from hypothesis import given, settings
from hypothesis import strategies as st

from logic.syntax.formula import Binary, Equal, Formula, Function, Not, Predicate, Quantified, Variable
from logic.syntax.read import read
from logic.syntax.walk import (
    alpha_equivalent,
    children,
    closed,
    fold,
    free_variables,
    fresh_name,
    joined,
    nodes,
    rename,
    signature,
    substitute,
)

VARIABLES = st.sampled_from(["x", "y", "z"])
TERMS = st.recursive(
    st.builds(Variable, VARIABLES) | st.builds(Function, st.sampled_from("ab")),
    lambda inner: st.builds(Function, st.just("f"), st.tuples(inner)),
    max_leaves=3,
)
FORMULAS = st.recursive(
    st.builds(Predicate, st.sampled_from("PQ"), st.lists(TERMS, max_size=2).map(tuple))
    | st.builds(Equal, TERMS, TERMS),
    lambda inner: (
        st.builds(Not, inner)
        | st.builds(Binary, st.sampled_from(["and", "or", "implies"]), inner, inner)
        | st.builds(Quantified, st.sampled_from(["forall", "exists"]), VARIABLES, inner)
    ),
    max_leaves=6,
)


def free(node) -> set[str]:
    if isinstance(node, Variable):
        return {node.name}
    below = set().union(*(free(child) for child in children(node)))
    return below - {node.variable} if isinstance(node, Quantified) else below


@given(FORMULAS)
@settings(max_examples=150, deadline=None)
def test_free_variables_are_those_of_the_recursive_definition(formula: Formula) -> None:
    assert free_variables(formula) == free(formula)
    assert free_variables(closed(formula)) == frozenset()


@given(FORMULAS, FORMULAS)
@settings(max_examples=150, deadline=None)
def test_equality_and_hash_agree_with_repr(left: Formula, right: Formula) -> None:
    assert (left == right) == (repr(left) == repr(right))
    assert left != right or hash(left) == hash(right)
    assert pickle.loads(pickle.dumps(left)) == left


@given(FORMULAS, VARIABLES, TERMS)
@settings(max_examples=200, deadline=None)
def test_substitution_captures_nothing(formula: Formula, variable: str, term) -> None:
    result = substitute(formula, {variable: term})
    expected = free(formula) if variable not in free(formula) else (free(formula) - {variable}) | free(term)
    assert free_variables(result) == expected


@given(FORMULAS, VARIABLES)
@settings(max_examples=100, deadline=None)
def test_renaming_a_bound_variable_to_a_new_one_is_alpha_equivalent(formula: Formula, variable: str) -> None:
    bound = Quantified("forall", variable, formula)
    again = Quantified("forall", "new", substitute(formula, {variable: Variable("new")}))
    assert alpha_equivalent(bound, again)
    assert alpha_equivalent(bound, Quantified("exists", variable, formula)) is False


def test_substitution_renames_a_quantifier_in_the_way() -> None:
    result = substitute(read("∀y R(x, y)"), {"x": Variable("y")})
    assert alpha_equivalent(result, Quantified("forall", "z", Predicate("R", (Variable("y"), Variable("z")))))


def test_alpha_equivalence_tells_variables_apart() -> None:
    assert alpha_equivalent(read("∀x ∃y R(x, y)"), read("∀u ∃v R(u, v)"))
    assert not alpha_equivalent(read("∀x ∃y R(x, y)"), read("∀x ∃y R(y, x)"))
    assert not alpha_equivalent(read("∀x R(x, y)"), read("∀x R(x, z)"))


def test_signature_lists_symbols_with_their_arities() -> None:
    found = signature([read("P(a) & P(a, f(b)) & x = 3"), read("P")])
    assert found.predicates == {("P", 0), ("P", 1), ("P", 2)}
    assert found.functions == {("a", 0), ("b", 0), ("f", 1)}
    assert found.numerals == {"3"}
    assert found.equality


def test_rename_changes_predicates_and_functions_apart() -> None:
    assert rename(read("P(P) & Q(a)"), lambda n, _: n.lower(), lambda n, _: n * 2) == read("p(PP) & q(aa)")


def test_joined_of_nothing_is_neutral() -> None:
    assert str(joined("and", [])) == "Truth(True)"
    assert str(joined("or", [])) == "Truth(False)"
    assert joined("or", [read("P"), read("Q"), read("R")]) == read("P | Q | R")


def test_a_fresh_name_is_none_of_those_taken() -> None:
    assert fresh_name("x", {"y"}) == "x"
    assert fresh_name("x", {"x", "x1"}) == "x2"
    assert fresh_name("x1", {"x1", "x2"}) == "x3"


def test_depth_of_a_hundred_thousand_costs_no_stack() -> None:
    def deep() -> Formula:
        formula: Formula = Predicate("P", (Variable("x"),))
        for index in range(100_000):
            formula = Not(formula) if index % 2 else Quantified("forall", f"y{index % 7}", formula)
        return formula

    one, other = deep(), deep()
    assert one == other and hash(one) == hash(other)
    assert free_variables(one) == {"x"}
    assert sum(1 for _ in nodes(one)) == 100_002
    assert fold(one, lambda node, below: 1 + max(below, default=0)) == 100_002
    assert free_variables(substitute(one, {"x": Variable("y1")})) == {"y1"}
    assert repr(one).count("Not(") == 50_000
