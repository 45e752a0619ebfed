"""The symbolic portfolio: what its rules read off a goal, and that Lean accepts what they propose."""

from __future__ import annotations

import math
from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from prover.generators.portfolio import GENERATORS, UnknownGenerator, make_generator
from prover.generators.protocol import Position
from prover.generators.rules import (
    algebra,
    bounded,
    bounds,
    casts,
    counting,
    diophantine,
    gcds,
    inequalities,
    instances,
    modular,
    power_residues,
    structural,
    witnesses,
)
from prover.generators.rules.implications import conclusion, demand
from prover.generators.rules.polynomials import bezout, monomials, polynomial
from prover.generators.rules.terms import compare, divisors, linear, read, read_term, value
from prover.lean.protocol import Advanced, Limits, Solved
from prover.lean.state import Goal, Hypothesis
from prover.policy.model import BITS, COST_BITS, Policy


def state_of(lean, statement: str):
    opened = lean.open(f"set_option autoImplicit false\ntheorem t {statement} := by sorry")
    assert not [m for m in opened.messages if m.severity == "error"]
    return opened.holes[0].state


def proposed(lean, statement: str) -> list[str]:
    position = Position(lean.goals(state_of(lean, statement)))
    return [c.action for c in make_generator("portfolio").propose([position])[0]]


# Values


def test_candidates_are_distinct_and_their_probabilities_sum_to_one():
    goal = Goal(
        "", "xs ++ [] = xs ∨ p", (Hypothesis("xs", "List Nat", head="List"), Hypothesis("h", "p", is_prop=True)),
        head="Or", constants=("Or", "Eq", "List.append"),
    )  # fmt: skip
    candidates = make_generator("portfolio").propose([Position((goal,))])[0]
    assert len({c.action for c in candidates}) == len(candidates) > 20
    assert math.fsum(math.exp(c.log_probability) for c in candidates) == pytest.approx(1.0)


def test_a_state_without_goals_has_no_candidates():
    assert make_generator("portfolio").propose([Position(())]) == [[]]


def test_an_unknown_generator_is_named_with_those_there_are():
    with pytest.raises(UnknownGenerator, match=r"'oracle'.*portfolio"):
        make_generator("oracle")
    assert "portfolio" in GENERATORS
    with pytest.raises(UnknownGenerator, match="no file"):
        make_generator("portfolio:x.npz")


def test_the_policy_takes_weights_of_one_s_own(tmp_path):
    with pytest.raises(UnknownGenerator, match="there is no") as missing:
        make_generator(f"policy:{tmp_path / 'weights.npz'}")
    assert missing.value.exit_code == 3
    zero = Policy(np.zeros(1 << BITS, np.float32), np.zeros(1 << COST_BITS, np.float32), {})
    zero.save(tmp_path / "zero.npz")
    mine = make_generator(f"policy:{tmp_path / 'zero.npz'}")
    assert not mine.policy.weights.any() and make_generator("policy").policy.weights.any()


def test_inaccessible_hypotheses_are_never_named():
    goal = Goal("", "q", (Hypothesis("h✝", "p ∧ q", is_prop=True, head="And"),), head="")
    actions = [c.action for c in make_generator("portfolio").propose([Position((goal,))])[0]]
    assert not [a for a in actions if "✝" in a]
    assert "rename_i a1" in actions


def test_fresh_names_avoid_those_in_use():
    goal = Goal("", "¬p", (Hypothesis("h", "q", is_prop=True),), head="Not")
    assert structural.fresh("h", Position((goal,))) == "h1"


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
    assert monomials(read_term("(x + 1 / y) * y"), inverses=True) == {("x", "y"): 1, (): 1}
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


@pytest.mark.parametrize(
    "statement",
    [
        "(x y : Int) : x ^ 2 - 2 * y ^ 2 ≠ 1",  # 3, 2
        "(x y : Nat) : x - y ≠ 7 * x + 3",  # subtraction of natural numbers has no residues
        "(x y : Rat) : x ^ 2 - 3 * y ^ 2 ≠ 2",
        "(x y : Int) (h : 3 ∣ x) : x ^ 2 + y ^ 2 = 5",
    ],
)
def test_equations_that_no_modulus_refutes_are_left_to_others(lean, statement):
    position = Position(lean.goals(state_of(lean, statement)))
    assert not list(diophantine.diophantine(position)) and not list(power_residues.power_residues(position))


@pytest.mark.parametrize(
    ("target", "fact"),
    [
        ("x ^ 2 = 1", f"x ^ 2 - {10**4000} = 0"),  # more digits than Python turns into text
        ("x ^ 2 = 1", f"x ^ 2 - 3 * x + {10**40} = 0"),  # a constant with too many divisors to look for
        (f"x = {'9' * 5000}", f"f {'9' * 5000} = x"),
        (f"∃ n, n ^ 2 = {'7' * 600}", "x = 0"),
        ("x = 9 ^ 9 ^ 9 ^ 9", "2 ^ x = 9 ^ 9 ^ 9"),
        (f"{'(' * 500}x{')' * 500} = 1", f"x = {'-' * 500}1"),
        ("f 999999999999999999999 = 1", "∀ (n : Nat), f (n + 1) = f n ^ 99999"),
        ("x ∣ 0 ∧ 0 ∣ x", "x % 0 = 1"),
        ("x = y", f"x * y + x + y = {10**40}"),  # a number with too many divisors to look for
        ("x * y = 0", f"(x + y) * (x - {10**30}) = {10**30} ∧ y ∣ {10**50} ∧ y ≤ {10**30}"),
        ("1 / x ≤ 1 / (x * y) ^ 6", "(x + y + 1) ^ 6 * (x - y) ^ 6 ≤ 3 ^ 6 ^ 6"),
        ("Nat.gcd (x ^ 6 + 3 * x) (x ^ 5 + 7) = 1", "Nat.gcd x y = 6 ∧ Nat.lcm x y = 0"),
        (f"x ^ 2 + y ^ 2 ≠ {10**40}", "x ^ 9999 + y ^ 64 = 3"),
    ],
)
@pytest.mark.parametrize("kind", ["Nat", "Int", "Rat"])
def test_whatever_a_goal_says_the_rules_for_theorems_come_to_an_end(target, fact, kind):
    hypotheses = (
        Hypothesis("x", kind, head=kind), Hypothesis("y", kind, head=kind), Hypothesis("f", f"Nat → {kind}"),
        Hypothesis("z", "f 0 = 2", is_prop=True), Hypothesis("h", fact, is_prop=True),
    )  # fmt: skip
    goal = Goal("", target, hypotheses, head="Eq", constants=(kind, "Int"))
    general, special = make_generator("portfolio").opening(Position((goal,)))
    assert general and all(isinstance(tactic, str) for tactic in special)


def test_no_witness_is_guessed_where_none_is_near(lean):
    for body in ("n ^ 2 = 7", "n + n = 3", "n = 1 ∨ n = 2"):
        statement = f"(k : Nat) : ∃ n : Nat, {body}"
        assert not list(witnesses.witnesses(Position(lean.goals(state_of(lean, statement)))))


@pytest.mark.parametrize(
    ("implication", "explicit", "fits", "does_not"),
    [
        ("p → q", 0, "p", "q"),
        ("¬p x", 0, "p x", "p y"),
        ("a ≠ b → q", 0, "¬a = b", "a < b"),
        ("(p → q) → r", 0, "p → q", "p"),
        ("∀ (a : Nat) {b : Nat}, a < b → p b", 1, "x + 1 < y", "x = y"),
        ("∀ x ∈ s, p x", 1, "y ∈ s", "y ∈ t"),
        ("∀ (x y : α), r x y → r y x", 2, "r a (f b)", "p a"),
        ("∀ x, (∃ y, r x y) → q", 1, "∃ z, r a z", "r a b"),
    ],
)
def test_an_implication_is_given_only_hypotheses_that_may_fit(implication, explicit, fits, does_not):
    asked = demand(implication)
    assert asked.variables == explicit and asked.met_by(fits) and not asked.met_by(does_not)


@pytest.mark.parametrize("no_implication", ["a = b", "∀ x, p x", "", "∀ ", "(", "∀ (x"])
def test_what_is_no_implication_is_given_none(no_implication):
    assert not demand(no_implication).met_by("a = b")


@given(st.text("∀∃→(){},: xPv0.'∈<", max_size=40))
def test_implications_are_read_without_raising(text):
    assert demand(text).variables >= 0 and conclusion(text) in text


def test_stated_bounds_are_read_from_hypotheses():
    hypotheses = (
        Hypothesis("h", "10 ≤ m ∧ m ≤ 99", is_prop=True), Hypothesis("g", "n < 5", is_prop=True),
        Hypothesis("k", "a ≤ 3 ∨ a ≤ 9", is_prop=True),
    )  # fmt: skip
    assert bounds.stated(Goal("", "True", hypotheses)) == {"m": (10, 99), "n": (None, 4)}


# Against Lean: each tactic below is one that the rules wrote


@pytest.mark.parametrize(
    ("rule", "statement"),
    [
        (modular.modular, "(a : Int) : a ^ 2 % 5 = 0 ∨ a ^ 2 % 5 = 1 ∨ a ^ 2 % 5 = 4"),
        (modular.modular, "(x : Int) (h : x % 11 = 3) : (x ^ 2 + 1) % 11 = 10"),
        (modular.modular, "(n : Nat) : 5 ∣ 6 ^ n - 1"),
        (gcds.gcds, "(n : Nat) : Nat.gcd (3 * n + 2) (2 * n + 1) ≤ 1"),
        (inequalities.inequalities, "(x y : Int) : 2 * x * y ≤ x ^ 2 + y ^ 2"),
        (casts.casts, "(a : Nat) (h : (3 : Rat) / 4 * a = 6) : a = 8"),
        (algebra.algebra, "(x : Int) (h : x ^ 3 - 6 * x ^ 2 + 11 * x = 6) (g : 2 < x) : x = 3"),
        (algebra.algebra, "(x : Int) (h : x ^ 3 = 27) : x = 3"),
        (algebra.algebra, "(x : Rat) (h : x ^ 2 / 2 = 9 / 8) (g : 0 < x) : x = 3 / 2"),
        (algebra.algebra, "(x : Rat) (h : 2 * x ^ 2 - 7 * x + 3 = 0) : x = 3 ∨ x = 1 / 2"),
        (inequalities.inequalities, "(x y : Rat) (h : 0 < x) (g : x < y) : x ^ 2 < y ^ 2"),
        (inequalities.inequalities, "(a b c d : Rat) : (a * c + b * d) ^ 2 ≤ (a ^ 2 + b ^ 2) * (c ^ 2 + d ^ 2)"),
        (inequalities.inequalities, "(a b : Rat) (h : 0 ≤ a) (g : 0 ≤ b) (e : a ^ 2 ≤ b ^ 2) : a ≤ b"),
        (inequalities.inequalities, "(a b c : Rat) (h : a + b + c = 1) : 1 / 3 ≤ a ^ 2 + b ^ 2 + c ^ 2"),
        (inequalities.inequalities, "(x y : Rat) (h : (x - 1) ^ 2 + y ^ 2 = 0) : x = 1"),
        (inequalities.inequalities, "(x : Rat) : 0 < x ^ 2 + x + 1"),
        (algebra.algebra, "(n : Nat) (u : Nat → Nat) (h : u 0 = 1) (g : ∀ k, u (k + 1) = 3 * u k + 2) : "
                          "u n = 2 * 3 ^ n - 1"),
        (modular.modular, "(n : Nat) (h : n % 2 = 1) : 8 ∣ n ^ 2 - 1"),
        (modular.modular, "(n : Nat) : (n ^ 5 - n) % 5 = 0"),
        (gcds.gcds, "(a b : Nat) (h : Nat.gcd a b = 4) : 4 ∣ 3 * a + b"),
        (gcds.gcds, "(n : Nat) : Nat.gcd (n ^ 2 + 1) ((n + 1) ^ 2 + 1) ∣ 5"),
        (gcds.gcds, "(n : Nat) : Nat.Coprime (n ^ 2 + n + 1) (n + 1)"),
        (gcds.gcds, "(n d : Nat) (h : d ∣ n ^ 2 + 3) (g : d ∣ (n + 1) ^ 2 + 3) : d ∣ 13"),
        (gcds.gcds, "(a b : Nat) (h : Nat.gcd a b = 3) (g : a.lcm b = 18) (e : a < b) : b ≤ 18 ∧ 15 ≤ a + b"),
        (power_residues.power_residues, "(x y z : Int) (h : x ^ 2 + y ^ 2 + z ^ 2 = 8 * 12 + 7) : x = 1"),
        (power_residues.power_residues, "(a b c : Int) (h : a ^ 2 + b ^ 2 = c ^ 2) : 3 ∣ a ∨ 3 ∣ b"),
        (power_residues.power_residues, "(x y : Int) (h : 7 ∣ x ^ 2 + y ^ 2) : 7 ∣ x ∧ 7 ∣ y"),
        (power_residues.power_residues, "(p : Nat) (h : p % 2 = 1) (g : ¬3 ∣ p) : 24 ∣ p ^ 2 - 1"),
        (power_residues.power_residues, "(n : Nat) : 6 ∣ n * (n + 1) * (2 * n + 1)"),
        (power_residues.power_residues, "(x y : Int) : 15 * x ^ 2 - 7 * y ^ 2 ≠ 9"),
        (algebra.algebra, "(n : Nat) : 64 ∣ 3 ^ (2 * n + 2) - 8 * n - 9"),
        (algebra.algebra, "(a r : Rat) (h : a * r = 6) (g : a * r ^ 4 = 48) (e : a ≠ 0) : r = 2"),
        (algebra.algebra, "(x y z : Rat) (h : x * y = 6) (g : y * z = 12) (e : x * z = 8) (f : 0 < x) : x = 2"),
        (algebra.algebra, "(a b : Int) (h : a ^ 2 = b ^ 2) : a = b ∨ a = -b"),
        (algebra.algebra, "(x y : Rat) (h : (x - 2) * (y + 3) = 0) (g : x ≠ 2) : y = -3"),
        (algebra.algebra, "(n : Nat) (h : n ^ 2 = 2 * n + 8) : n = 4"),
        (casts.casts, "(a b : Nat) (h : 0 < a ∧ 0 < b) (g : 1 / (a : Rat) + 1 / b = 1) : a = 2"),
        (casts.casts, "(n : Nat) (h : 0 < n) (g : (n : Rat) / 3 + 12 / n = 5) : n = 3 ∨ n = 12"),
        (casts.casts, "(x y : Nat) (h : (x : Rat) / y = 3 / 4) (g : y ≠ 0) (e : x + y = 28) : x = 12"),
        (inequalities.inequalities, "(a b : Rat) (h : 0 < a) (g : 0 < b) (e : a + b = 1) : 4 ≤ 1 / a + 1 / b"),
        (inequalities.inequalities, "(x : Rat) : x ^ 4 + 1 ≥ 2 * x ^ 2"),
        (inequalities.inequalities, "(a b : Rat) (h : 0 < a) (g : 0 < b) : 4 ≤ (a + b) * (1 / a + 1 / b)"),
        (inequalities.inequalities, "(x : Rat) (h : 0 < x) : 3 ≤ x + 4 / x"),
        (inequalities.inequalities, "(a b : Rat) (h : 0 < a) (g : a < b) : 1 / b < 1 / a"),
        (inequalities.inequalities, "(a b : Int) (h : a < b) : a ^ 3 < b ^ 3"),
        (inequalities.inequalities, "(x : Rat) (h : 0 ≤ x) (g : x ≤ 1) : x ^ 3 ≤ x"),
        (bounded.bounded, "(n : Nat) (h : n ^ 2 + n = 30) : n = 5"),
        (bounded.bounded, "(a b : Nat) (h : a * b = a + b + 11) (g : a ≤ b) : b = 13 ∨ b = 7 ∨ b = 5 ∨ a = 0"),
        (bounded.bounded, "(p q : Int) (h : p * q = 36) (g : p + q = 13) : p = 4 ∨ p = 9"),
        (bounded.bounded, "(a b c : Nat) (h : a + b + c = 30) (g : a ^ 2 + b ^ 2 = c ^ 2) (e : a ≤ b) (f : 0 < a) : "
                          "a = 5 ∧ b = 12 ∧ c = 13"),
        (bounded.bounded, "(x y : Nat) (h : 3 ^ x = 2 ^ y + 1) (g : y < 10) (e : 1 < y) : x = 2"),
        (bounded.bounded, "(n : Nat) (h : n * (n + 1) / 2 = 55) : n = 10"),
        (bounded.bounded, "(x y : Nat) (h : x ^ 2 = y ^ 2 + 21) : x = 5 ∨ x = 11"),
        (bounded.bounded, "(x y : Nat) (h : 0 < x) (g : x ^ 3 + y ^ 3 = 91) (e : x ≤ y) : x = 3 ∧ y = 4"),
        (bounded.bounded, "(x y : Int) (h : x ^ 2 + y ^ 2 = 13) (g : 0 < x) (e : x < y) : x = 2"),
        (bounded.bounded, "(a d : Int) (h : a + (a + d) + (a + 2 * d) = 21) (g : a * (a + d) * (a + 2 * d) = 280) : "
                          "a = 4 ∨ a = 10"),
        (bounded.bounded, "(r s : Nat) (h : r * s = 450) (g : (r + 5) * (s - 3) = 450) : r = 25"),
        (gcds.gcds, "(a n : Nat) (h : a ∣ 2 * n + 1) (g : a ∣ 3 * n) : a = 1 ∨ a = 3"),
        (bounded.bounded, "(x : Nat) (h : 3 ^ (x + 1) = 81) : x = 3"),
        (bounded.bounded, "(m n : Int) (h : m ^ 2 - n ^ 2 = 7) (g : 0 < n) (e : n < m) : m = 4"),
        (bounded.bounded, "(n : Nat) (h : n ∣ 30) (g : n % 4 = 3) : n = 3 ∨ n = 15"),
        (bounded.bounded, "(n : Int) (h : (n - 1) * n * (n + 1) = 210) : n = 6"),
        (bounded.bounded, "(x y : Nat) (h : 2 ^ x * 3 ^ y = 432) : x + y = 7"),
        (bounded.bounded, "(x y : Nat) (h : (x + 1) * (y + 2) = 6) (g : x < y) : x = 0 ∨ x = 1"),
        (bounded.bounded, "(x y : Int) (h : 0 < x) (g : 0 < y) (e : x * y + x + y = 5) : x + y = 3"),
        (counting.counting, "(n : Nat) (h : 4 ≤ n) : n ^ 2 ≤ 2 ^ n"),
        (counting.counting, "(n : Nat) (f : Nat → Nat) (h : f 0 = 0) (g : ∀ k, f (k + 1) = f k + k + 1) : "
                            "2 * f n = n * (n + 1)"),
        (counting.counting, "(f : Nat → Int) (a : f 0 = 3) (b : f 1 = 5) (n : Nat) "
                            "(h : ∀ n, f (n + 2) = 3 * f (n + 1) - 2 * f n) : f n = 2 ^ (n + 1) + 1"),
        (witnesses.witnesses, ": ∃ n : Nat, 0 < n ∧ n ^ 2 % 17 = 13"),
        (witnesses.witnesses, ": ∃ x y : Int, 7 * x + 5 * y = 1 ∧ x ≠ 3 ∧ ¬ 2 ∣ x"),
        (witnesses.witnesses, ": ∃ a b c : Nat, 10 < a ∧ a < b ∧ a ^ 2 + b ^ 2 = c ^ 2"),
        (witnesses.witnesses, "(n : Nat) : ∃ m, m > n ∧ m % 2 = 0"),
        (witnesses.witnesses, ": ∃ x : Rat, 2 * x + 3 = 10"),
        (diophantine.diophantine, "(x y : Int) (h : x ^ 2 - 3 * y ^ 2 = 2) : False"),
        (diophantine.diophantine, "(x y : Int) : x ^ 2 - 5 * y ^ 2 ≠ 3"),
        (diophantine.diophantine, "(x y z : Nat) (h : x ^ 2 + y ^ 2 = 4 * z + 3) : x = 7"),
        (diophantine.diophantine, "(n a b : Nat) (h : n % 4 = 3) : a ^ 2 + b ^ 2 ≠ n"),
        (instances.instances, "(f : Rat → Rat) (h : ∀ x y, f (x + y) = f x + f y) : f 0 = 0"),
        (instances.instances, "(f : Nat → Nat) (h : ∀ x y, f (x + y) = f x + f y) (g : f 1 = 3) : f 10 = 30"),
        (instances.instances, "(f : Int → Int) (h : ∀ x, f (x + 1) = f x + 2) (g : f 0 = 1) : f 10 = 21"),
    ],
)  # fmt: skip
def test_a_rule_s_tactic_proves_what_it_is_for(lean, rule, statement):
    state = state_of(lean, statement)
    position = Position(lean.goals(state))
    tactics = [tactic for _, tactic in rule(position)]
    assert tactics
    outcomes = (lean.run(state, [tactic], Limits(400_000, 20.0))[0] for tactic in tactics)
    assert any(isinstance(outcome, Solved) for outcome in outcomes)


@pytest.mark.parametrize(
    ("statement", "tactic"),
    [
        ("(p q : Prop) (h : p ∧ q) : q", "unhygienic cases h"),
        ("(xs ys : List Nat) : xs ++ ys = ys", "unhygienic induction xs generalizing ys"),
        ("(n : Nat) : ∃ m, m = n", "refine ⟨n, ?_⟩"),
        ("(p q : Prop) : p ∨ q", "right"),
        ("(a b : Nat) (h : a = b) : b = 3", "rw [← h]"),
        ("(p q : Prop) (h : p → q) : q", "apply h"),
        ("(p q r : Prop) (h : p → q) (g : p) : r", "replace h := h g"),
        ("(p q : Nat → Prop) (r : Prop) (h : ∀ n, p n → q n) (g : p 3) : r", "have := h _ g"),
        ("(b : Bool) : (if b then 1 else 2) > 0", "unhygienic split"),
        ("(p q : Prop) : p → q → p", "unhygienic intros"),
        ("(a b : Nat) (h : a ∣ b) : a * a ∣ b * a", "unhygienic cases h; subst_vars"),
        ("(a b : Int) : a ∣ a * b * 1", "refine ⟨b, ?_⟩"),
    ],
)
def test_a_structural_tactic_is_proposed_and_applies(lean, statement, tactic):
    assert tactic in proposed(lean, statement)
    assert isinstance(lean.run(state_of(lean, statement), [tactic])[0], Advanced)
