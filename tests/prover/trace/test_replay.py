"""A trace runs again through LeanDojo's interface, and one that is not true is found out."""

from __future__ import annotations

from dataclasses import replace

import pytest

from prover.trace.replay import FileChanged, replay, same

TEXT = """theorem helper (a b : Nat) (h : a = b) : b = a := by
  symm
  exact h

theorem main (a b : Nat) (h : a = b) : (b = a ∧ ∃ n, n + 2 = 5) ∧ a + 0 = b := by
  constructor
  case right =>
    calc
      a + 0 = a := by rw [Nat.add_zero]
      _ = b := h
  constructor; exact (fun _ => by
                        have h' := helper a b
                        exact h' h : True → b = a) trivial
  constructor
  case h => exact (rfl : 3 + 2 = 5)

theorem by_cases_on : (n : Nat) → n = 0 ∨ 0 < n
  | 0 => by left; rfl
  | n + 1 => by
    right
    induction n with
    | zero => decide
    | succ n ih =>
      match ih with
      | h =>
        have h₂ : 0 < 1 := by first | omega | decide
        omega
"""


@pytest.fixture
def traced(trace):
    return trace(TEXT)


def problems(lean, traced, text=TEXT):
    return [(r.step.tactic.split("\n")[0], r.problem) for r in replay(lean, traced, text.encode()) if r.problem]


def changed(traced, old, **changes):
    """The trace with one step changed."""
    theorems = tuple(
        replace(t, steps=tuple(replace(s, **changes) if s.tactic == old else s for s in t.steps))
        for t in traced.theorems
    )
    assert theorems != traced.theorems
    return replace(traced, theorems=theorems)


def test_every_step_gives_its_state_after(lean, traced):
    done = replay(lean, traced, TEXT.encode())
    assert len(done) == traced.steps == 22
    assert [r for r in done if r.problem] == []


def test_a_wrong_state_is_found(lean, traced):
    assert problems(lean, changed(traced, "symm", after="⊢ 1 = 2")) == [
        ("symm", "its state after is now\na b : Nat\nh : a = b\n⊢ a = b"),
    ]
    [(tactic, problem), *_] = problems(lean, changed(traced, "symm", before="⊢ 1 = 2"))
    assert tactic == "symm" and problem.startswith("its state before is now")


def test_a_tactic_that_does_not_do_it_is_found(lean, traced):
    found = problems(lean, changed(traced, "symm", tactic="exact rfl"))
    assert [t for t, _ in found[:2]] == ["exact rfl", "exact h"]
    assert found[0][1].startswith("it now fails") and found[1][1] == "a step before it did not repeat"


def test_what_only_looks_like_a_proof_is_refused_by_the_gate(lean, traced):
    found = problems(lean, changed(traced, "exact h", tactic="exact sorryAx _ false"))
    assert [t for t, _ in found] == ["exact sorryAx _ false", "case h => exact (rfl : 3 + 2 = 5)"]
    assert all("leans on `sorry`" in problem for _, problem in found)  # the second theorem uses the first


def test_a_file_that_changed_is_not_run(lean, traced):
    with pytest.raises(FileChanged, match=r"F\.lean changed since it was traced"):
        replay(lean, traced, TEXT.encode() + b"\n")


def test_commands_with_errors_are_left_out_here_too(lean, trace):
    text = "theorem bad : 1 = 2 := by rfl\r\n#check nothing\r\ntheorem 𝕜 : 1 = 1 := by\r\n  show 1 = 1\r\n  rfl\r\n"
    traced = trace(text)
    assert problems(lean, traced, text) == [] and traced.steps == 2


def test_states_are_compared_up_to_numbers_of_metavariables():
    assert same("⊢ ?m.12 = ?m.7", "⊢ ?m.3 = ?m.4")
    assert not same("⊢ ?m.12 = ?m.7", "⊢ ?m.3 = ?m.3")
    assert not same("⊢ a = ?m.7", "⊢ b = ?m.7")
