"""The normal form that compares samples: what it unites is equivalent, and it unites what people write differently."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from logic.equivalent import Meanings
from logic.samples import meanings, translate_samples
from logic.solvers.portfolio import decide
from logic.syntax.formula import Binary, Formula, Not, Predicate, Quantified, Variable
from logic.syntax.read import read
from logic.syntax.walk import closed
from logic.verdict import Verdict


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("-exists x. (P(x) & Q(x))", "all y. (Q(y) -> -P(y))"),
        ("all x. (P(x) -> Q(x))", "all x. (-Q(x) -> -P(x))"),
        ("(P(a) & Q(a)) & R(a)", "R(a) & (Q(a) & P(a))"),
        ("P(a) ⊕ Q(a)", "-(Q(a) <-> P(a))"),
        ("P(a) <-> -Q(a)", "Q(a) ⊕ P(a)"),
        ("a = b", "b = a"),
        ("Studies(ann)", "Study(Ann)"),
        ("P(a) & P(a)", "P(a)"),
    ],
)
def test_formulas_that_say_the_same_have_one_number(one: str, other: str) -> None:
    numbers = Meanings()
    assert numbers.of(read(one)) == numbers.of(read(other))
    assert numbers.of(Not(read(one))) == numbers.of(Not(read(other))) != numbers.of(read(one))


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("all x. (P(x) -> Q(x))", "all x. (Q(x) -> P(x))"),
        ("R(a, b)", "R(b, a)"),
        ("all x. exists y. R(x, y)", "exists y. all x. R(x, y)"),
        ("P(a) & Q(a)", "P(a) | Q(a)"),
        ("P(f(a))", "P(a)"),
        ("P(3)", "P(4)"),
    ],
)
def test_formulas_that_say_different_things_have_different_numbers(one: str, other: str) -> None:
    numbers = Meanings()
    assert numbers.of(read(one)) != numbers.of(read(other))


ATOMS = st.builds(Predicate, st.sampled_from("PQ"), st.just((Variable("x"),)))
FORMULAS = st.recursive(
    ATOMS,
    lambda inner: (
        st.builds(Not, inner)
        | st.builds(Binary, st.sampled_from(["and", "or", "xor", "implies", "iff"]), inner, inner)
        | st.builds(Quantified, st.sampled_from(["forall", "exists"]), st.just("x"), inner)
    ),
    max_leaves=4,
)


@given(st.lists(FORMULAS.map(closed), min_size=8, max_size=30))
@settings(max_examples=25, deadline=None)
def test_what_has_one_number_is_equivalent(formulas: list[Formula]) -> None:
    numbers = Meanings()
    first: dict[int, Formula] = {}
    for formula in formulas:
        other = first.setdefault(numbers.of(formula), formula)
        if other != formula:
            assert decide([], Binary("iff", other, formula), explain=False).verdict is Verdict.TRUE


def test_depth_costs_no_stack() -> None:
    numbers = Meanings()
    text = "-" * 5000 + "(P(a) & " * 5000 + "P(a)" + ")" * 5000
    assert numbers.of(read(text)) == numbers.of(read("P(a)"))


def test_samples_are_compared_by_what_they_say() -> None:
    texts = [
        "TEXT: a\nFOL: P(a) & Q(a)\nTEXT: b\nFOL: R(a)",
        "TEXT: a\nFOL: Q(a) & P(a)\nTEXT: b\nFOL: R(a)",
        "nothing",
    ]
    one, other, none = meanings(translate_samples(texts))
    assert one == other != () == none
