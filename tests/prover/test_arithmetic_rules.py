"""The portfolio's rules for arithmetic: what they read off a goal, and that Lean accepts what they propose."""

from __future__ import annotations

import pytest

from prover.generators.portfolio import make_generator
from prover.generators.protocol import Position
from prover.generators.rules import (
    algebra,
    between_squares,
    bounded,
    bounds,
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
    quotients,
    witnesses,
)
from prover.lean.protocol import Limits, Solved
from prover.lean.state import Goal, Hypothesis


@pytest.mark.parametrize(
    "statement",
    [
        "(x y : Int) : x ^ 2 - 2 * y ^ 2 ≠ 1",  # 3, 2
        "(x y : Nat) : x - y ≠ 7 * x + 3",  # subtraction of natural numbers has no residues
        "(x y : Rat) : x ^ 2 - 3 * y ^ 2 ≠ 2",
        "(x y : Int) (h : 3 ∣ x) : x ^ 2 + y ^ 2 = 5",
    ],
)
def test_equations_that_no_modulus_refutes_are_left_to_others(lean, state_of, statement):
    position = Position(lean.goals(state_of(statement)))
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
        ("(x + y) ^ 6 ∣ (x - y) ^ 6 * (x + 1) ^ 6", "(x + y) ^ 6 ∣ x ^ 6 + y ^ 6"),
        (f"{10**40} ∣ x ^ 2 * (x + 1)", f"{10**40} ^ x = 8 ^ y ∧ {10**40} = 2 ^ x"),
        ("x.Coprime y", "Nat.gcd x y = 1"),
        ("x - y ∣ x ^ (n * n) - y ^ (2 - n)", "x ^ n = n ^ x"),
        ("3 ∣ x ^ n + x ^ (n * x)", "¬3 ∣ x ^ (x + 1)"),
        ("x ^ 2 + y ^ 2 ≤ x * y", f"{10**40} * x ^ 2 = y ^ 2 + {10**40}"),
    ],
)
@pytest.mark.parametrize("kind", ["Nat", "Int", "Rat"])
def test_whatever_a_goal_says_the_rules_for_theorems_come_to_an_end(target, fact, kind):
    hypotheses = (
        Hypothesis("x", kind, head=kind), Hypothesis("y", kind, head=kind), Hypothesis("f", f"Nat → {kind}"),
        Hypothesis("n", "Nat", head="Nat"), Hypothesis("z", "f 0 = 2", is_prop=True),
        Hypothesis("h", fact, is_prop=True),
    )  # fmt: skip
    goal = Goal("", target, hypotheses, head="Eq", constants=(kind, "Int"))
    general, special = make_generator("portfolio").opening(Position((goal,)))
    assert general and all(isinstance(tactic, str) for tactic in special)


def test_no_witness_is_guessed_where_none_is_near(lean, state_of):
    for body in ("n ^ 2 = 7", "n + n = 3", "n = 1 ∨ n = 2"):
        statement = f"(k : Nat) : ∃ n : Nat, {body}"
        assert not list(witnesses.witnesses(Position(lean.goals(state_of(statement)))))


@pytest.mark.parametrize("statement", [
    "(a b : Nat) (h : 3 * a + b = 17) (g : a < b) : a ≤ 4",  # linear arithmetic has no use for it
    "(p x : Nat) (h : ∀ a b, p ∣ a * b → p ∣ a ∨ p ∣ b) (g : p ∣ x ^ 2) : p ∣ x",
])  # fmt: skip
def test_induction_is_left_out_where_it_says_nothing_more(lean, state_of, statement):
    assert not list(counting.counting(Position(lean.goals(state_of(statement)))))


def test_stated_bounds_are_read_from_hypotheses():
    hypotheses = (
        Hypothesis("h", "10 ≤ m ∧ m ≤ 99", is_prop=True), Hypothesis("g", "n < 5", is_prop=True),
        Hypothesis("k", "a ≤ 3 ∨ a ≤ 9", is_prop=True),
    )  # fmt: skip
    assert bounds.stated(Goal("", "True", hypotheses)) == {"m": (10, 99), "n": (None, 4)}


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
        (algebra.algebra, "(r : Rat) (h : r ≠ 1) (g : (1 - r ^ 3) / (1 - r) = 7) (e : 0 < r) : r = 2"),
        (algebra.algebra, "(x : Rat) (h : 0 < x) (g : 1 / x + 1 / (x + 1) = 3 / 2) : x = 1"),
        (gcds.gcds, "(n : Nat) (h : n ^ 2 + 1 ∣ n + 3) : n ≤ 2"),
        (gcds.gcds, "(n : Int) (h : n - 2 ∣ n + 5) : n = 1 ∨ n = 3 ∨ n = 9 ∨ n = -5"),
        (gcds.gcds, "(m x : Int) (h : 10 ≤ m ∧ m ≤ 99) (g : 5 * x % m = 2) (e : (x - 8) % m = 0) : m = 19 ∨ m = 38"),
        (gcds.gcds, "(n : Nat) (h : n % 2 = 1) : Nat.gcd n (n + 2) = 1"),
        (bounded.bounded, "(a b : Nat) (h : a * b ∣ 6) (g : 2 < a) (e : 1 < b) : a = 3 ∧ b = 2"),
        (bounded.bounded, "(p q r : Nat) (h : p * q * r = 105) (g : 1 < p) (e : p < q) (f : q < r) : p = 3 ∧ q = 5"),
        (coprime.coprime, "(a b c : Nat) (h : Nat.gcd a c = 1) (g : c ∣ a * b) : c ∣ b"),
        (coprime.coprime, "(a b n : Nat) (h : a.Coprime b) (g : a ∣ n) (e : b ∣ n) : b * a ∣ n"),
        (coprime.coprime, "(a b : Nat) (h : Nat.Coprime a b) : Nat.Coprime (3 * a + 2 * b) (a + b)"),
        (coprime.coprime, "(a b : Nat) (h : a ^ 2 = 3 * b ^ 2) (g : Nat.gcd a b = 1) : False"),
        (quotients.quotients, "(x y : Int) : x + y ∣ x ^ 3 + y ^ 3"),
        (quotients.quotients, "(a b c : Nat) (h : a ∣ b) : a ∣ b ^ 2 + a * c"),
        (quotients.quotients, "(a b c d n : Int) (h : n ∣ a - b) (g : n ∣ c - d) : n ∣ a * c - b * d"),
        (quotients.quotients, "(x y : Int) (h : x ^ 2 + y ^ 2 = 3 * x * y) : x + y ∣ 5 * x * y"),
        (exponents.exponents, "(x y : Nat) (h : 9 ^ x * 3 = 27 ^ y) : 2 * x + 1 = 3 * y"),
        (exponents.exponents, "(x : Nat) (h : 2 ^ (x + 3) = 8 ^ (x - 1)) (g : 1 ≤ x) : x = 3"),
        (between_squares.between_squares, "(n m : Nat) (h : m ^ 2 = n ^ 2 + 2 * n + 2) : False"),
        (between_squares.between_squares, "(n m : Nat) (h : 0 < n) (g : 4 * n ^ 2 + 3 * n = m ^ 2) : n = 1"),
        (power_residues.power_residues, "(n : Nat) : 30 ∣ n ^ 5 - n"),
        (power_residues.power_residues, "(n : Nat) (h : n ^ 2 % 100 = 1) : n % 10 = 1 ∨ n % 10 = 9"),
        (power_residues.power_residues, "(n : Nat) (a b : Int) (h : n % 4 = 2) (g : a ^ 2 - b ^ 2 = n) : False"),
        (power_residues.power_residues, "(a b c : Int) (h : a ^ 2 + b ^ 2 = c ^ 2) : 3 ∣ a * b"),
        (polynomial_values.polynomial_values, "(n : Int) : 120 ∣ n * (n ^ 2 - 1) * (n ^ 2 - 4)"),
        (polynomial_values.polynomial_values, "(n : Nat) (h : n % 6 = 5) : (n ^ 2 + 3 * n) % 9 ≠ 2"),
        (quotients.quotients, "(x y : Int) (n : Nat) : x + y ∣ x ^ (2 * n + 1) + y ^ (2 * n + 1)"),
        (inequalities.inequalities, "(a b c : Nat) : a * b + b * c + c * a ≤ a ^ 2 + b ^ 2 + c ^ 2"),
        (inequalities.inequalities, "(x y z : Rat) (h : x + 2 * y + 3 * z = 14) : 14 ≤ x ^ 2 + y ^ 2 + z ^ 2"),
        (inequalities.inequalities, "(x y : Int) (h : x ^ 2 - 4 * x + y ^ 2 + 6 * y + 13 = 0) : x = 2 ∧ y = -3"),
        (inequalities.inequalities, "(x y z : Rat) (h : x ^ 2 + y ^ 2 + z ^ 2 ≤ x * y + y * z + z * x) : x = z"),
        (inequalities.inequalities, "(x : Rat) (h : x ^ 2 - 4 * x + 3 ≤ 0) : 1 ≤ x ∧ x ≤ 3"),
        (inequalities.inequalities, "(a b c d : Rat) (h : 0 < b) (g : 0 < d) (e : a / b < c / d) : a * d < b * c"),
        (inequalities.inequalities, "(x y : Rat) (h : 0 < x) (g : 0 < y) (e : x * y = 1) : 2 ≤ x + y"),
        (inequalities.inequalities, "(a b : Rat) : a ^ 3 * b + a * b ^ 3 ≤ a ^ 4 + b ^ 4"),
        (counting.counting, "(n : Nat) : 2 * (List.range (n + 1)).sum = n * (n + 1)"),
        (counting.counting, "(n : Nat) (h : 1 ≤ n) : n ^ 2 ≤ 3 ^ n"),
        (counting.counting, "(F : Nat → Nat) (a : F 0 = 0) (b : F 1 = 1) (h : ∀ n, F (n + 2) = F (n + 1) + F n) "
                            "(n : Nat) : Nat.gcd (F n) (F (n + 1)) = 1"),
        (induction_steps.induction_steps, "(x : Int) (h : 1 + x ≥ 0) (n : Nat) : 1 + n * x ≤ (1 + x) ^ n"),
        (induction_steps.induction_steps, "(a b : Rat) (h : 0 ≤ a) (g : a ≤ b) (n : Nat) : a ^ n ≤ b ^ n"),
        (induction_steps.induction_steps, "(a : Nat → Rat) (h : a 0 = 1) (n : Nat) "
                                          "(g : ∀ n, a (n + 1) = a n + 1 / 2 ^ (n + 1)) : a n = 2 - 1 / 2 ^ n"),
        (induction_steps.induction_steps, "(a : Nat → Rat) (h : a 0 = 0) (n : Nat) (g : ∀ n : Nat, "
                                          "a (n + 1) = a n + 1 / ((n + 1) * (n + 2))) : a n = n / (n + 1)"),
        (witnesses.witnesses, "(n : Int) : ∃ k, n ^ 2 = 8 * k ∨ n ^ 2 = 8 * k + 1 ∨ n ^ 2 = 8 * k + 4"),
        (witnesses.witnesses, "(x y : Rat) (h : x < y) : ∃ z, x < z ∧ z < y"),
        (instances.instances, "(f : Rat → Rat) (h : ∀ x y, f (x * y) = f x * f y) (g : f 2 = 3) (e : f 5 = 7) : "
                              "f 20 = 63"),
        (instances.instances, "(f : Nat → Nat) (h : ∀ m n, m < n → f m < f n) (g : f 3 = 3) : f 0 = 0"),
        (instances.instances, "(f : Rat → Rat) (h : ∀ x, f (3 * x - 2) = 6 * x + 1) : f 4 = 13"),
        (instances.instances, "(f g : Rat → Rat) (h : ∀ x, f x = 3 * x - 4) (e : ∀ x, g (f x) = x) : g 5 = 3"),
        (modular.modular, "(n : Nat) (h : n % 2 = 1) : 5 ∣ 2 ^ n + 3 ^ n"),
        (modular.modular, "(n : Nat) (h : 2 ≤ n) : (2 ^ n + 5 ^ n) % 4 = 1"),
        (huge_exponents.huge_exponents, "(k : Nat) (h : k = 1789 ^ 2 + 2 ^ 1789) : (k ^ 3 + 2 ^ k) % 10 = 9"),
        (huge_exponents.huge_exponents, ": (2 ^ (3 ^ 50) - 1) % 7 = 0"),
        (huge_exponents.huge_exponents, "(k : Nat) (h : 6 ^ 300 = k) (g : k = 6 ^ 300) : 8 ∣ 6 ^ k + 12 * k * 5 ^ k"),
        (huge_exponents.huge_exponents, "(k : Nat) (h : k = 7 ^ 300) : k ^ k % 10 = 1"),
        (closed_forms.closed_forms, "(a : Nat → Rat) (h : a 0 = 1) (g : ∀ n, a (n + 1) = a n / (1 + 3 * a n)) : "
                                    "a 2000 = 1 / 6001"),
        (closed_forms.closed_forms, "(a : Nat → Rat) (h : a 1 = 2) (g : a 2 = 1) (n : Nat) (e : 0 < n) "
                                    "(f : ∀ n ≥ 1, a (n + 2) = a n * a (n + 1) / (2 * a n - a (n + 1))) : 0 < a n"),
        (closed_forms.closed_forms, "(a : Nat → Nat) (h : a 1 = 1) (g : ∀ n ≥ 1, a (n + 1) = a n + n + 1) : "
                                    "a 100000 = 5000050000"),
        (closed_forms.closed_forms, "(u : Nat → Int) (h : u 0 = 0) (g : u 1 = 1) "
                                    "(e : ∀ n, u (n + 2) = 5 * u (n + 1) - 6 * u n) : u 90 = 3 ^ 90 - 2 ^ 90"),
        (closed_forms.closed_forms, "(u : Nat → Int) (h : u 0 = 1) (g : ∀ n, u (n + 1) = 3 * u n + 2) (n : Nat) : "
                                    "u n % 2 = 1"),
        (closing.evaluation, ": ((List.range 400).filter fun k => k % 3 = 0 ∨ k % 5 = 0).sum = 37268"),
        (instances.instances, "(p q r : Rat) (h : ∀ x, p * x ^ 2 + q * x + r = (2 * x - 3) * (x + 4)) : p + q = 7"),
        (instances.instances, "(a b : Rat) (h : ∀ x : Rat, x ≠ 3 → x ≠ -1 → "
                              "4 * x / ((x - 3) * (x + 1)) = a / (x - 3) + b / (x + 1)) : a = 3"),
        (instances.instances, "(p : Nat) (h : 3 < p) (g : ∀ d, d ∣ p → d = 1 ∨ d = p) : p % 6 = 1 ∨ p % 6 = 5"),
        (instances.instances, "(f : Int → Int) (h : ∀ x y, f (x - f y) = f x - y) : f 0 = 0"),
        (witnesses.witnesses, "(x y : Int) (h : 3 * x + 5 * y = 1) : ∃ k : Int, x = 2 + 5 * k"),
        (witnesses.witnesses, "(n : Nat) : ∃ m : Nat, n < m ∧ m % 5 = 2"),
        (witnesses.witnesses, "(n : Nat) : ∃ m : Nat, m ^ 2 ≤ n ∧ n < (m + 1) ^ 2"),
        (quotients.quotients, "(a b c d : Int) (h : a ∣ b) (g : a ∣ c) (e : d ∣ a) : d ^ 2 ∣ b ^ 2 + a * c"),
        (inequalities.inequalities, "(a b c : Rat) (h : 0 < a) (g : 0 < b) (e : 0 < c) : "
                                    "3 / 2 ≤ a / (b + c) + b / (c + a) + c / (a + b)"),
        (inequalities.inequalities, "(x : Rat) (h : (x - 1) / (x + 2) > 0) (g : x > -2) : x > 1"),
        (inequalities.inequalities, "(x y z : Rat) (h : 2 * x + y + 2 * z = 9) (g : x ^ 2 + y ^ 2 + z ^ 2 = 9) : "
                                    "y = 1"),
        (integer_sequences.integer_sequences, "(f : Int → Int) (h : ∀ n, f (n + 2) = f n + 3) (g : f 0 = 1) : "
                                              "f 100 = 151"),
        (integer_sequences.integer_sequences, "(f : Int → Int) (h : ∀ x, f x + f (x - 1) = x ^ 3) (g : f 10 = 3) : "
                                              "f 60 % 100 = 28"),
        (integer_sequences.integer_sequences, "(f : Int → Int) (h : ∀ n, f (n + 2) = f (n + 1) - f n) (g : f 1 = 2) "
                                              "(e : f 2 = 5) : f 2026 = -2"),
        (inequalities.inequalities, "(a b c : Rat) (h : a + b + c = 1) (g : 0 < a) (e : 0 < b) (f : 0 < c) : "
                                    "9 ≤ 1 / a + 1 / b + 1 / c"),
        (inequalities.inequalities, "(a b : Rat) (h : a > 0) (g : b > 0) : (a + b) / 2 ≥ 2 / (1 / a + 1 / b)"),
        (inequalities.inequalities, "(x : Int) (h : x ^ 2 + 4 * x + 3 < 0) : x = -2"),
        (inequalities.inequalities, "(a b c : Rat) (h : 0 < a) (g : 0 < b) (e : 0 < c) (f : a * b * c = 8) : "
                                    "6 ≤ a + b + c"),
        (inequalities.inequalities, "(a b c : Rat) (h : 0 ≤ a) (g : 0 ≤ b) (e : 0 ≤ c) (f : a + b + c = 3) : "
                                    "a * b * c ≤ 1"),
        (induction_steps.induction_steps, "(a : Nat → Rat) (h : a 0 = 2) (g : ∀ n, a (n + 1) = a n ^ 2 - a n + 1) "
                                          "(n : Nat) : 2 ≤ a n"),
        (bounded.bounded, "(x y : Int) (h : x ^ 2 = 2 * y ^ 2 + 1) (g : 0 < y) (e : y < 10) : y = 2"),
        (witnesses.witnesses, "(n : Nat) (h : 12 ≤ n) : ∃ a b : Nat, 4 * a + 5 * b = n"),
        (witnesses.witnesses, "(x : Rat) : ∃ n : Int, (n : Rat) ≤ x ∧ x < n + 1"),
        (witnesses.witnesses, "(x : Rat) : ∃ n : Nat, x < n"),
        (instances.instances, "(p x : Nat) (h : ∀ a b, p ∣ a * b → p ∣ a ∨ p ∣ b) (g : p ∣ x ^ 3) : p ∣ x"),
        (modular.modular, "(x y z : Int) (h : x ^ 2 + y ^ 2 + z ^ 2 = 2 * x * y * z) : 2 ∣ x * y * z"),
        (bounded.bounded, "(x y z : Nat) (h : 3 * x + 5 * y + 7 * z = 30) (g : x * y * z = 8) : y = 2 ∧ z = 2"),
        (closed_forms.closed_forms, "(u : Nat → Int) (h : u 0 = 5) (g : ∀ n, u n = u (n + 1) - 4) : u 500 = 2005"),
    ],
)  # fmt: skip
def test_a_rule_s_tactic_proves_what_it_is_for(lean, state_of, rule, statement):
    state = state_of(statement)
    position = Position(lean.goals(state))
    tactics = [tactic for _, tactic in rule(position)]
    assert tactics
    outcomes = (lean.run(state, [tactic], Limits(400_000, 20.0))[0] for tactic in tactics)
    assert any(isinstance(outcome, Solved) for outcome in outcomes)
