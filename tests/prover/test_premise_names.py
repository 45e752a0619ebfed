"""Premises by their names: the same theorem of another type, and equations that say what a function does."""

from __future__ import annotations

import numpy as np

from prover import forms
from prover.generators.names import NameIndex
from prover.generators.portfolio import Portfolio
from prover.generators.protocol import Position, Premise
from prover.generators.rules import premises as rules
from prover.lean.protocol import Limits
from prover.lean.state import Goal
from prover.lean_search import LeanChecker, LeanGenerator, LeanState

NAMES = [
    "Bool.and_assoc", "BitVec.and_assoc", "and_assoc", "UInt16.and_assoc", "Int16.and_assoc", "Int16.and_comm",
    "Raw₀.erase_eq", "Lib.Internal.Raw.erase_eq", "Lib.Internal.Raw.Const.erase_eq", "Other.erase_eq", "Nat.max_def",
    "Rat.max_def",
]  # fmt: skip
ALL = np.ones(len(NAMES), bool)


def named(numbers: list[int]) -> list[str]:
    return [NAMES[i] for i in numbers]


def test_the_same_theorem_of_what_the_type_is_made_of_comes_first():
    found = named(NameIndex(NAMES).analogues("Int16.and_assoc", ALL, 10))
    assert found[:2] == ["BitVec.and_assoc", "UInt16.and_assoc"]
    assert set(found[2:]) == {"Bool.and_assoc", "and_assoc"}
    assert named(NameIndex(NAMES).analogues("Int16.and_assoc", ALL, 1)) == ["BitVec.and_assoc"]
    assert NameIndex(NAMES).analogues("Int16.nothing_like_it", ALL, 10) == []


def test_what_is_not_accessible_is_not_found_by_its_name():
    allowed = ALL.copy()
    allowed[NAMES.index("BitVec.and_assoc")] = allowed[NAMES.index("Nat.max_def")] = False
    index = NameIndex(NAMES)
    assert named(index.analogues("Int16.and_assoc", allowed, 10))[0] == "UInt16.and_assoc"
    assert index.equations(["Max.max"], ["Nat"], allowed, 4) == []


def test_equations_are_those_of_the_function_s_own_library_or_of_the_goal_s_types():
    index = NameIndex(NAMES)
    assert named(index.equations(["Lib.Raw.erase"], ["Lib.Raw"], ALL, 4)) == [
        "Lib.Internal.Raw.erase_eq", "Lib.Internal.Raw.Const.erase_eq",
    ]  # fmt: skip
    assert named(index.equations(["Max.max"], ["Max.max", "Nat"], ALL, 4)) == ["Nat.max_def"]
    assert named(index.equations(["Lib.Raw.erase"], [], ALL, 1)) == ["Lib.Internal.Raw.erase_eq"]


def test_a_definition_is_told_from_other_equations_by_its_left_side():
    def is_definition(name: str, statement: str) -> bool:
        return rules.use(Premise(name, statement)).definition

    assert is_definition("Raw.modify_eq", "∀ {m : Raw α} (h : m.WF) {k : α}, m.modify k f = Raw₀.modify ⟨m, h⟩ k f")
    assert is_definition("Nat.max_def", "∀ {n m : Nat}, max n m = if n ≤ m then m else n")
    assert is_definition("Array.mem_def", "∀ {a : α} {as : Array α}, a ∈ as ↔ a ∈ as.toList")
    assert not is_definition("List.get_cons_eq", "∀ {a : α}, (a :: l).get 0 = a")
    assert not is_definition("Nat.add_comm", "∀ (n m : Nat), n + m = m + n")


def test_a_theorem_is_carried_to_another_type_by_definitions():
    goal = Goal("h : m.WF\n⊢ (m.modify k f).size = m.size", "(m.modify k f).size = m.size", head="Eq")
    definition = Premise("Raw.modify_eq", "∀ {m : Raw α} (h : m.WF) {k : α}, m.modify k f = Raw₀.modify ⟨m, h⟩ k f")
    fact = Premise("Raw₀.size_modify", "∀ (m : Lib.Raw₀ α), (m.modify k f).size = m.size")
    position = Position((goal,), premises=(definition, fact))
    offered = list(rules.openings(position))
    assert "simp only [*, Raw.modify_eq] <;> apply Raw₀.size_modify <;> assumption" in offered
    assert "exact congrArg _ (Raw₀.size_modify ..)" in offered and "solve_by_elim [Raw₀.size_modify]" in offered
    steps = [s.tactic for s in rules.premises(position)]
    assert "apply Raw₀.size_modify ⟨_, ?_⟩" in steps and "solve_by_elim [Raw₀.size_modify]" in steps
    without = list(rules.openings(Position((goal,), premises=(fact,))))
    assert not [t for t in without if t.startswith("simp only [*")]


def test_premises_are_looked_up_for_what_a_definition_says_too(lean):
    state = lean.open("def twice (n : Nat) := n + n\ntheorem t (n : Nat) : twice n = 2 * n").holes[0].state
    asked = []

    def finder(position: Position):
        asked.append(position.goals[0].target)
        return (Premise(f"P{len(asked)}", "∀ (n : Nat), n + n = 2 * n"), Premise("Q", "∀ (n : Nat), n = n"))

    generator = LeanGenerator(Portfolio(), premises=finder)
    found = forms.position(generator, LeanChecker(lean, Limits()), LeanState(lean, state), 1e12)
    assert asked == ["twice n = 2 * n", "n + n = 2 * n"]
    assert [p.name for p in found.premises] == ["P1", "P2", "Q"] and found.goals[0].target == "twice n = 2 * n"
    nothing = LeanGenerator(Portfolio())
    assert forms.position(nothing, LeanChecker(lean, Limits()), LeanState(lean, state), 1e12).premises == ()
