/-! Arithmetic expressions: an evaluator, an optimiser, a compiler to a stack machine, and that they agree. -/

namespace Examples.Expressions

inductive Expr where
  | num (n : Nat) : Expr
  | var (x : Nat) : Expr
  | add (a b : Expr) : Expr
  | mul (a b : Expr) : Expr

open Expr

def eval (env : Nat → Nat) : Expr → Nat
  | num n => n
  | var x => env x
  | add a b => eval env a + eval env b
  | mul a b => eval env a * eval env b

def Closed : Expr → Prop
  | num _ => True
  | var _ => False
  | add a b => Closed a ∧ Closed b
  | mul a b => Closed a ∧ Closed b

def size : Expr → Nat
  | num _ => 1
  | var _ => 1
  | add a b => size a + size b + 1
  | mul a b => size a + size b + 1

def subst (s : Nat → Expr) : Expr → Expr
  | num n => num n
  | var x => s x
  | add a b => add (subst s a) (subst s b)
  | mul a b => mul (subst s a) (subst s b)

def flip : Expr → Expr
  | num n => num n
  | var x => var x
  | add a b => add (flip b) (flip a)
  | mul a b => mul (flip b) (flip a)

def addZero : Expr → Expr → Expr
  | num 0, b => b
  | a, b => add a b

def simplify : Expr → Expr
  | num n => num n
  | var x => var x
  | add a b => addZero (simplify a) (simplify b)
  | mul a b => mul (simplify a) (simplify b)

inductive Instr where
  | push (n : Nat)
  | load (x : Nat)
  | plus
  | times

def exec (env : Nat → Nat) : Instr → List Nat → List Nat
  | .push n, st => n :: st
  | .load x, st => env x :: st
  | .plus, b :: a :: st => (a + b) :: st
  | .times, b :: a :: st => (a * b) :: st
  | _, st => st

def run (env : Nat → Nat) : List Instr → List Nat → List Nat
  | [], st => st
  | i :: is, st => run env is (exec env i st)

noncomputable def compile : Expr → List Instr
  | num n => [.push n]
  | var x => [.load x]
  | add a b => compile a ++ (compile b ++ [.plus])
  | mul a b => compile a ++ (compile b ++ [.times])

theorem size_pos (e : Expr) : 0 < size e := by
  cases e with
  | num n => exact Nat.one_pos
  | var x => exact Nat.one_pos
  | add a b => exact Nat.succ_pos _
  | mul a b => exact Nat.succ_pos _

theorem flip_flip (e : Expr) : flip (flip e) = e := by
  induction e with
  | num n => rfl
  | var x => rfl
  | add a b iha ihb =>
    simp only [flip]
    rw [iha, ihb]
  | mul a b iha ihb =>
    simp only [flip]
    rw [iha, ihb]

theorem eval_flip (env : Nat → Nat) (e : Expr) : eval env (flip e) = eval env e := by
  induction e with
  | num n => rfl
  | var x => rfl
  | add a b iha ihb =>
    simp only [flip, eval]
    rw [iha, ihb]
    exact Nat.add_comm _ _
  | mul a b iha ihb =>
    simp only [flip, eval]
    rw [iha, ihb]
    apply Nat.mul_comm

theorem size_flip (e : Expr) : size (flip e) = size e := by
  induction e with
  | num n => rfl
  | var x => rfl
  | add a b iha ihb =>
    simp only [flip, size]
    omega
  | mul a b iha ihb =>
    simp only [flip, size]
    omega

theorem eval_closed {e : Expr} (h : Closed e) (env env' : Nat → Nat) : eval env e = eval env' e := by
  induction e with
  | num n => rfl
  | var x => cases h
  | add a b iha ihb =>
    obtain ⟨ha, hb⟩ := h
    unfold eval
    rw [iha ha, ihb hb]
  | mul a b iha ihb =>
    obtain ⟨ha, hb⟩ := h
    unfold eval
    rw [iha ha, ihb hb]

theorem eval_congr {env env' : Nat → Nat} (h : ∀ x, env x = env' x) (e : Expr) : eval env e = eval env' e := by
  have he : env = env' := by
    funext x
    exact h x
  rw [he]

theorem eval_subst (env : Nat → Nat) (s : Nat → Expr) (e : Expr) :
    eval env (subst s e) = eval (fun x => eval env (s x)) e := by
  induction e with
  | num n => rfl
  | var x => rfl
  | add a b iha ihb =>
    simp only [subst, eval]
    rw [iha, ihb]
  | mul a b iha ihb =>
    simp only [subst, eval]
    rw [iha, ihb]

theorem subst_var (e : Expr) : subst var e = e := by
  induction e with
  | num n => rfl
  | var x => rfl
  | add a b iha ihb => simp only [subst, iha, ihb]
  | mul a b iha ihb => simp only [subst, iha, ihb]

theorem subst_subst (s t : Nat → Expr) (e : Expr) : subst t (subst s e) = subst (fun x => subst t (s x)) e := by
  induction e with
  | num n => rfl
  | var x => rfl
  | add a b iha ihb =>
    simp only [subst]
    rw [iha, ihb]
  | mul a b iha ihb =>
    simp only [subst]
    rw [iha, ihb]

theorem subst_closed {e : Expr} (h : Closed e) (s : Nat → Expr) : subst s e = e := by
  induction e with
  | num n => rfl
  | var x => exact h.elim
  | add a b iha ihb =>
    have ha := iha h.1
    have hb := ihb h.2
    simp only [subst, ha, hb]
  | mul a b iha ihb =>
    have ha := iha h.1
    have hb := ihb h.2
    simp only [subst, ha, hb]

theorem eval_addZero (env : Nat → Nat) (a b : Expr) : eval env (addZero a b) = eval env a + eval env b := by
  unfold addZero
  split
  · show eval env b = 0 + eval env b
    rw [Nat.zero_add]
  · rfl

theorem eval_simplify (env : Nat → Nat) (e : Expr) : eval env (simplify e) = eval env e := by
  induction e with
  | num n => rfl
  | var x => rfl
  | add a b iha ihb =>
    unfold simplify
    rw [eval_addZero, iha, ihb]
    rfl
  | mul a b iha ihb =>
    unfold simplify eval
    rw [iha, ihb]

theorem run_append (env : Nat → Nat) (is js : List Instr) (st : List Nat) :
    run env (is ++ js) st = run env js (run env is st) := by
  induction is generalizing st with
  | nil => rfl
  | cons i is ih =>
    show run env (is ++ js) (exec env i st) = run env js (run env is (exec env i st))
    rw [ih]

theorem run_compile (env : Nat → Nat) (e : Expr) (st : List Nat) : run env (compile e) st = eval env e :: st := by
  induction e generalizing st with
  | num n => rfl
  | var x => rfl
  | add a b iha ihb =>
    unfold compile
    rw [run_append, iha]
    rw [run_append, ihb]
    rfl
  | mul a b iha ihb =>
    unfold compile
    rw [run_append, iha]
    rw [run_append, ihb]
    rfl

theorem compile_correct (env : Nat → Nat) (e : Expr) : run env (compile e) [] = [eval env e] := by
  exact run_compile env e []

theorem length_compile (e : Expr) : (compile e).length = size e := by
  induction e with
  | num n => rfl
  | var x => rfl
  | add a b iha ihb =>
    unfold compile size
    rw [List.length_append, List.length_append, iha, ihb]
    rfl
  | mul a b iha ihb =>
    unfold compile size
    rw [List.length_append, List.length_append, iha, ihb]
    rfl

end Examples.Expressions
