"""Printed arithmetic read back: terms, relations, and polynomials over the rationals."""

from __future__ import annotations

from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from prover.generators.rules.polynomials import bezout, fraction, monomials, polynomial
from prover.generators.rules.quadratics import sum_of_squares
from prover.generators.rules.terms import compare, divisors, linear, read, read_term, substituted, value


def test_arithmetic_is_read_with_lean_s_precedences():
    (relation,) = read("(x + 1) ^ 2 * y % 19 = 13")
    assert (relation.left.op, relation.sign, relation.right.value) == ("%", "=", 13)
    assert [f.text for f in relation.left.args[0].factors()] == ["(x + 1) ^ 2", "y"]
    (divides,) = read("¬7 ∣ 2 ^ n + 1")
    assert divides.sign == "∣" and divides.negated and divides.right.op == "+"


UNREADABLE = ("", "x +", "∀ n, n = n", "f ∘ g = h", "((((", "x = [1, 2]", "(" * 500 + "x" + ")" * 500)


@pytest.mark.parametrize("text", UNREADABLE)
def test_what_is_no_arithmetic_is_not_read(text):
    assert read(text) == [] and read_term(text) is None


@given(st.text(alphabet="xyn0123 +-*/%^()=≤<∣∧¬↑,:", max_size=60))
def test_reading_never_raises(text):
    read(text)
    read_term(text)


@given(st.integers(0, 50), st.integers(0, 50), st.integers(0, 6))
def test_closed_terms_have_the_value_that_lean_gives_them(a, b, k):
    term = read_term(f"({a} + {b}) * {a} ^ {k} - {b} % 7")
    assert term is not None and value(term) == (a + b) * a**k - b % 7


def test_a_tower_of_powers_is_not_evaluated():
    term = read_term("2 ^ 10000000000")
    assert term is not None and value(term) is None


def test_linear_terms_give_coefficients():
    term = read_term("2 * (n + 3) - 5 * m + 1")
    assert term is not None and linear(term) == {"n": 2, "m": -5, "": 7}
    product = read_term("n * m")
    assert product is not None and linear(product) is None


@given(st.integers(1, 3000))
def test_divisors_are_all_of_them(n):
    assert divisors(n) == [d for d in range(1, n + 1) if n % d == 0]


@given(st.lists(st.integers(-9, 9), min_size=1, max_size=4), st.integers(-20, 20))
def test_a_polynomial_s_coefficients_give_its_value(coefficients, x):
    text = " + ".join(f"({a}) * x ^ {i}" for i, a in enumerate(coefficients)) + " - (x - 2) * (x + -3) * 4 / 2"
    found = polynomial(read_term(text), "x")
    assert sum(a * x**i for i, a in enumerate(found)) == value(read_term(text), known={"x": x})


@given(st.lists(st.integers(-9, 9), min_size=1, max_size=5), st.lists(st.integers(-9, 9), min_size=1, max_size=5))
def test_a_combination_of_two_polynomials_is_the_number_it_is_said_to_be(left, right):
    found = bezout([Fraction(c) for c in left], [Fraction(c) for c in right])
    if found is None:  # they have a root in common, or all is zero
        return
    a, b, c = found
    assert c > 0
    for x in range(-3, 4):
        one, other, p, q = (sum(k * x**i for i, k in enumerate(of)) for of in (a, b, left, right))
        assert one * p + other * q == c


def test_polynomials_in_several_variables_are_multiplied_out():
    found = monomials(read_term("(x + y) ^ 2 - (x - 2) * y"))
    assert found == {("x", "x"): 1, ("x", "y"): 1, ("y", "y"): 1, ("y",): 2}
    for text in ("x / y", "2 ^ x", "x % 2", "(a + b + c + d + e) ^ 6"):
        assert monomials(read_term(text)) is None


@pytest.mark.parametrize("text", ["x * y", "2 / x", "x / 0", "2 ^ x", "x ^ 40", "f x", "x % 2"])
def test_what_is_no_polynomial_in_one_variable_has_no_coefficients(text):
    assert polynomial(read_term(text), "x") is None


@pytest.mark.parametrize(
    ("relation", "holds"),
    [("x ^ 2 = 9", True), ("x ≠ 3", False), ("¬x = 4", True), ("2 ∣ x + 1", True), ("0 ∣ x", False), ("x < 3", False),
     ("x ≥ 3", True), ("3 ≤ x", True), ("x > 3", False), ("x + z = 3", None)],
)  # fmt: skip
def test_relations_of_numbers(relation, holds):
    assert compare(read(relation)[0], {"x": 3, "y": 0}) is holds


@given(st.integers(-6, 6), st.integers(-6, 6), st.integers(1, 5))
def test_a_rational_function_has_one_numerator_and_denominator(a, b, x):
    text = f"(x ^ 2 - {a}) / (x + 1) - 3 / (x ^ 2 + 2) * (x - {b}) + (1 / x) ^ 2"
    numerator, denominator = (sum(c * x**k for k, c in enumerate(part)) for part in fraction(read_term(text), "x"))
    expected = Fraction(x**2 - a, x + 1) - Fraction(3 * (x - b), x**2 + 2) + Fraction(1, x**2)
    assert Fraction(numerator) / denominator == expected


@pytest.mark.parametrize("text", ["1 / 0", "x / (x - x)", "x / y", "2 ^ x", "1 / x ^ 40"])
def test_what_is_no_rational_function_has_none(text):
    assert fraction(read_term(text), "x") is None


SQUARES = st.lists(st.tuples(*[st.integers(-5, 5)] * 4), min_size=1, max_size=4)


@given(SQUARES, st.integers(0, 5))
def test_a_sum_of_squares_is_found_to_be_one(squares, rest):
    text = " + ".join(f"({a} * x + {b} * y + {c} * z + {d}) ^ 2" for a, b, c, d in squares) + f" + {rest}"
    found, least = sum_of_squares(monomials(read_term(text)))
    assert least >= rest and len(found) <= 3 and all(set(linear(read_term(s))) - {""} for s in found)
    for x, y, z in ((0, 0, 0), (1, -2, 3), (-1, 0, 2)):
        known = {"x": x, "y": y, "z": z}
        here = value(read_term(text), known=known)
        # It is larger than at its least just where one of the squares is not zero.
        assert (here > least) == any(value(read_term(s), known=known) for s in found) and here >= least


@pytest.mark.parametrize("text", ["x * y", "x ^ 2 - 3 * x * y + y ^ 2", "x", "x ^ 2 - 1", "x ^ 4", "x ^ 2 + y"])
def test_what_may_be_negative_is_no_sum_of_squares(text):
    assert sum_of_squares(monomials(read_term(text))) is None


def test_a_term_in_a_variable_s_place():
    term = substituted(read_term("x * y + 2 ^ x"), {"x": read_term("y + 1")})
    assert value(term, known={"y": 3}) == 28
