"""Sources with definitions of their own: which of them the embedded Lean keeps, and how long their equations take."""

from __future__ import annotations

import pytest

from prover import prove
from prover.lean.holes import cannot_run
from prover.lean.protocol import Limits, Solved

STACK_MACHINE = """
inductive Expr where
  | num : Int → Expr
  | add : Expr → Expr → Expr
  | mul : Expr → Expr → Expr
inductive Instr where
  | push : Int → Instr
  | add : Instr
  | mul : Instr
def Expr.eval : Expr → Int
  | num n => n
  | add a b => a.eval + b.eval
  | mul a b => a.eval * b.eval
def exec : List Instr → List Int → List Int
  | [], s => s
  | .push n :: is, s => exec is (n :: s)
  | .add :: is, a :: b :: s => exec is ((b + a) :: s)
  | .mul :: is, a :: b :: s => exec is ((b * a) :: s)
  | _ :: is, s => exec is s
def Expr.compile : Expr → List Instr
  | num n => [.push n]
  | add a b => a.compile ++ b.compile ++ [.add]
  | mul a b => a.compile ++ b.compile ++ [.mul]
"""


def errors(lean, source: str) -> list[str]:
    return [m.text for m in lean.open(source).messages if m.severity == "error"]


@pytest.mark.parametrize(
    "source",
    [
        "def twice (xs : List Nat) : List Nat := xs ++ xs\ndef four (xs : List Nat) := twice (twice xs)",
        "def f : Nat → List Nat\n  | 0 => []\n  | n + 1 => f n ++ f n",  # found to terminate, which needs it compiled
        "def f (n : Nat) (l : List Nat) : List Nat := if n = 0 then l else f (n / 2) (l ++ l)",
        "partial def f (n : Nat) (l : List Nat) : List Nat := if n = 0 then l else f (n - 1) (l ++ [n])",
        "mutual\ndef f : Nat → List Nat → Bool\n  | 0, _ => true\n  | n + 1, l => g n (l ++ l)\n"
        "def g : Nat → List Nat → Bool\n  | 0, _ => false\n  | n + 1, l => f n (l ++ l)\nend",
        "structure P where\n  x : Nat\n  y : List Nat\nderiving Repr, DecidableEq",
        "def f (xs : Array Nat) : Nat := Id.run do\n  let mut s := 0\n  for x in xs do\n    s := s + x\n  return s",
        "def f : StateM Nat (List Nat) := do\n  modify (· + 1)\n  return [← get] ++ [1]",
        "instance : Append (Nat → List Nat) := ⟨fun f g n => f n ++ g n⟩",
    ],
)
def test_definitions_that_lack_nothing_but_code_are_kept(lean, source):
    assert errors(lean, f"{source}\ntheorem t : True := by sorry") == []


@pytest.mark.parametrize(
    ("source", "said"),
    [
        ("def f (p : Nat → Prop) (h : ∃ n, p n) : Nat := h.choose", "marking it as 'noncomputable'"),
        ("axiom k : Nat\ndef f (x : List Nat) : List Nat := k :: x", "`k` not supported by code generator"),
        ("inductive T where\n  | l\n  | n (a b : T)\ndef f (t : T) : Nat := T.rec 0 (fun _ _ x y => x + y) t",
         "code generator does not support recursor"),
        ("def f (x : List Nat) : List Nat := f (x ++ x)", "fail to show termination"),
    ],
)  # fmt: skip
def test_what_lean_refuses_to_compile_anywhere_is_still_refused(lean, source, said):
    assert any(said in text for text in errors(lean, f"{source}\ntheorem t : True := by sorry"))


@pytest.mark.parametrize(
    "source",
    [
        # Left out silently, the first meaning of the notation would be that of the theorem.
        'syntax "two" : term\nmacro_rules | `(two) => `(2)\nmacro_rules\n  | `(two) => do\n'
        "    let xs := #[1] ++ #[3]\n    return Lean.Syntax.mkNatLit xs[1]!",
        'import Lean\nopen Lean Elab Tactic\nelab "mine" : tactic => do\n  (← getMainGoal).assumption',
        "import Lean\nsimproc one (1 + 1) := fun e => do\n  let xs := #[e] ++ #[e]\n  return .done { expr := xs[0]! }",
        "import Lean\nrun_meta Lean.logInfo \"a\"",
        "def f (x : List Nat) : List Nat := x ++ x\n#eval f [1]",
        "def f (x : List Nat) : List Nat := x ++ x\nexample : f [1] = [1, 1] := by native_decide",
    ],
)
def test_what_would_run_while_the_rest_is_read_is_refused_without_its_code(lean, source):
    said = errors(lean, f"{source}\ntheorem t : True := by sorry")
    assert any(cannot_run(text) for text in said), said


def test_a_kept_definition_is_what_it_says(lean):
    source = "def twice (xs : List Nat) : List Nat := xs ++ xs\n"
    statement = f"{source}theorem t : twice [1] = [1, 1]"
    assert lean.verify(f"{statement} := by decide", statement, "t").accepted
    assert not lean.verify(f"{source}theorem t : twice [1] = [1] := by decide", f"{source}theorem t : twice [1] = [1]",
                           "t").accepted  # fmt: skip
    other = "def twice (xs : List Nat) : List Nat := xs\ntheorem t : twice [1] = [1] := rfl"
    assert not lean.verify(other, f"{source}theorem t : twice [1] = [1]", "t").accepted


def test_tasks_do_not_count_heartbeats_twice(lean):
    """The equations of a function are derived in tasks; each had begun with what was spent before, added once more."""
    source = f"{STACK_MACHINE}theorem t (e : Expr) : exec e.compile [] = [e.eval] := by sorry"
    [hole] = lean.open(source).holes
    simplified = "induction e <;> simp only [Expr.compile, Expr.eval, exec]"
    [outcome] = lean.run(hole.state, [f"{simplified} <;> exact test_sorry"], Limits(200_000, 30.0), explain=True)
    assert "test_sorry" in outcome.message  # reached, and not the end of the heartbeats


def test_a_compiler_is_proved_correct_by_a_theorem_about_any_stack(lean):
    source = f"""{STACK_MACHINE}
theorem exec_append (p q : List Instr) (s : List Int) : exec (p ++ q) s = exec q (exec p s) := by sorry
theorem compile_correct (e : Expr) : exec e.compile [] = [e.eval] := by sorry"""
    result = prove(source, lean=lean, seconds=60, premises=0)
    assert [hole.proved for hole in result.holes] == [True, True], result.holes
    assert "exec_append" in (result.holes[1].proof or "")


def test_an_unproved_theorem_is_not_leaned_on(lean):
    source = """def f : Nat → Nat
  | 0 => 0
  | n + 1 => f n + 2
theorem false_one (n : Nat) : f n = 3 * n := by sorry
theorem t : f 1 = 3 := by sorry
theorem true_one (n : Nat) : f n = 2 * n := by sorry"""
    result = prove(source, lean=lean, seconds=8, premises=0)
    assert [hole.proved for hole in result.holes] == [False, False, True]
    assert all("sorry" not in hole.reason for hole in result.holes)


@pytest.mark.parametrize("solved", ["exact Nat.add_comm a b", "grind"])
def test_ordinary_tactics_are_as_before(lean, state_of, solved):
    [outcome] = lean.run(state_of("(a b : Nat) : a + b = b + a"), [solved], Limits(200_000, 10.0))
    assert isinstance(outcome, Solved)
