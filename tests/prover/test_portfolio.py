"""The symbolic portfolio: what its rules read off a goal, and that Lean accepts what they propose."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from prover.generators.portfolio import GENERATORS, UnknownGenerator, make_generator
from prover.generators.protocol import Position
from prover.generators.rules import structural
from prover.generators.rules.implications import conclusion, demand
from prover.lean.protocol import Advanced
from prover.lean.state import Goal, Hypothesis
from prover.policy.model import BITS, COST_BITS, Policy

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


# Against Lean: each tactic below is one that the rules wrote


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
def test_a_structural_tactic_is_proposed_and_applies(lean, state_of, statement, tactic):
    state = state_of(statement)
    [proposed] = make_generator("portfolio").propose([Position(lean.goals(state))])
    assert tactic in [c.action for c in proposed]
    assert isinstance(lean.run(state, [tactic])[0], Advanced)
