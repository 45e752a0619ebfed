"""Automation that a theorem's imports do not hold is not tried; everything else is."""

from __future__ import annotations

import pytest

from prover import automation
from prover.generators.portfolio import Portfolio
from prover.lean_search import LeanGenerator, LeanState
from prover.prove import prove

HIGHER = frozenset({"grind", "omega"})


def opened(lean, source: str):
    return lean.open(source).holes[0].state


def test_an_early_module_lacks_what_its_imports_lack_and_a_late_one_nothing(lean):
    assert automation.missing(lean, opened(lean, "theorem t (a b : Nat) : a * b = b * a + 1 - 1")) == frozenset()
    early = opened(lean, "prelude\nimport Init.Core\ntheorem t (n m : Nat) (h : n = m) : m = n + 1")
    assert {"grind", "omega", "bv_omega"} <= automation.missing(lean, early)


def test_a_tactic_that_fails_for_another_reason_is_not_missing(lean):
    state = opened(lean, "theorem t (f : Nat → Nat) (h : f 1 = f 2) : f 3 = f 4")
    assert automation.missing(lean, state) == frozenset()


@pytest.mark.parametrize(
    ("tactic", "left"),
    [
        ("simp", "simp"),
        ("grind [List.map]", None),
        ("exact Foo.grind h", "exact Foo.grind h"),
        ("cases x <;> omega", None),
        ("first | omega | simp_all | grind", "simp_all"),
        ("cases x <;> first | rfl | (simp; done) | grind [b]", "cases x <;> first | rfl | (simp; done)"),
        ("cases x <;> (first | rfl | grind) <;> simp", "cases x <;> (rfl) <;> simp"),
        ("(first | rfl | simp); grind", None),
        ("first | grind | omega", None),
    ],
)
def test_alternatives_that_cannot_work_are_left_out(tactic, left):
    assert automation.without(tactic, HIGHER) == left
    assert automation.without(tactic, frozenset()) == tactic


def test_a_generator_proposes_nothing_that_cannot_work(lean):
    state = LeanState(lean, opened(lean, "theorem t (a b : Nat) (h : a < b) : a ≠ b"))
    everything = [c.action for c in LeanGenerator(Portfolio()).propose([state])[0]]
    possible = [c.action for c in LeanGenerator(Portfolio(), missing=HIGHER).propose([state])[0]]
    assert {"grind", "omega"} <= set(everything) and not [t for t in possible if "grind" in t or t == "omega"]
    assert set(possible) == {t for t in everything if automation.without(t, HIGHER) == t}


def test_a_theorem_of_an_early_module_is_proved_without_them(lean):
    tried = []
    source = "prelude\nimport Init.Core\ntheorem t (p q : Prop) (h : p ∧ q) : q ∧ p := by sorry"
    result = prove(source, lean=lean, seconds=20, on_event=lambda e: tried.append(getattr(e, "tactic", "")))
    assert result.proved and not [t for t in tried if "grind" in t]
