"""Honest proofs, which the gate has to accept; `test_gate.py` runs them. Each is (statement, proof's end).

The proof's text is the statement's with everything from its last `:= by sorry` on replaced.
"""

from __future__ import annotations

PLAIN = [
    ("theorem t (a b : Nat) : a + b = b + a", "by omega"),
    ("theorem t (a b : Nat) : a + b = b + a", "Nat.add_comm a b"),
    ("theorem t (a b : Nat) : a + b = b + a", "by grind"),
    ("theorem t (a b : Nat) : a + b = b + a", "by rw [Nat.add_comm]"),
    ("theorem t (a b : Nat) : a + b = b + a", "by\n  induction a with\n  | zero => simp\n  | succ n ih => omega"),
    ("theorem t : 2 ^ 10 = 1024", "by decide"),
    ("theorem t : 2 ^ 10 = 1024", "rfl"),
    ("theorem t : 2 ^ 10 = 1024", "by simp"),
    ("theorem t : 123456789 * 987654321 = 121932631112635269", "by decide"),
    ("theorem t (p q : Prop) : p ∧ q → q ∧ p", "fun ⟨a, b⟩ => ⟨b, a⟩"),
    ("theorem t (p q : Prop) : p ∧ q → q ∧ p", "by rintro ⟨a, b⟩; exact ⟨b, a⟩"),
    ("theorem t (p q : Prop) : p ∧ q → q ∧ p", "by grind"),
    (
        "theorem t (p q : Prop) : p ∨ q → q ∨ p",
        "by\n  intro h\n  cases h with\n  | inl h => exact .inr h\n  | inr h => exact .inl h",
    ),
    ("theorem t (p : Prop) : p ∨ ¬p", "Classical.em p"),
    ("theorem t (p : Prop) : ¬¬p → p", "by intro h; exact Classical.byContradiction h"),
    ("theorem t (p q : Prop) (h : p ↔ q) : p = q", "propext h"),
    ("theorem t {α : Type u} (xs : List α) : xs ++ [] = xs", "by simp"),
    ("theorem t {α : Type u} (xs ys : List α) : (xs ++ ys).length = xs.length + ys.length", "by simp"),
    (
        "theorem t {α : Type u} (xs ys : List α) : (xs ++ ys).length = xs.length + ys.length",
        "by\n  induction xs with\n  | nil => simp\n  | cons x xs ih => simp [ih]; omega",
    ),
    ("theorem t {α : Type u} (f g : Nat → α) (h : ∀ x, f x = g x) : f = g", "funext h"),
    (
        "theorem t (n : Nat) (h : n < 5) : n * n < 25",
        "by\n  have : n = 0 ∨ n = 1 ∨ n = 2 ∨ n = 3 ∨ n = 4 := by omega\n  rcases this with rfl | rfl | rfl | rfl | rfl <;> decide",
    ),
    ("theorem t : ∀ n : Fin 8, n.val < 8", "by decide"),
    ("theorem t (x : BitVec 8) : x &&& x = x", "by simp"),
    ("theorem t (x y : Int) (h : x < y) : ¬ (y ≤ x)", "by omega"),
    ("theorem t (x y : Int) : (x - y) * (x - y) = (y - x) * (y - x)", "by grind"),
    ("theorem t : ∃ n : Nat, n * n = 49", "⟨7, rfl⟩"),
    ("theorem t (D : Type) (P Q : D → Prop) (a : D) (h : ∀ x, P x → Q x) (k : P a) : Q a", "h a k"),
    ("theorem t (D : Type) (P Q : D → Prop) (a : D) (h : ∀ x, P x → Q x) (k : P a) : ∃ x, Q x", "by grind"),
    ("theorem t (n : Nat) : n = n", "by\n  show n = n\n  exact calc n = n := rfl\n    _ = n := rfl"),
    ("theorem t (a b c : Nat) (h : a = b) (k : b = c) : a = c", "h ▸ k ▸ rfl"),
    ("theorem t (a b c : Nat) (h : a = b) (k : b = c) : a = c", "by subst h k; rfl"),
    ("theorem t (b : Bool) : (b && true) = b", "by cases b <;> rfl"),
    ("theorem t (a b c : Nat) : a * (b + c) = a * b + a * c", "by rw [Nat.mul_add]"),
    ("theorem t (a b c : Nat) : a * (b + c) = a * b + a * c", "by conv => lhs; rw [Nat.mul_add]"),
    (
        "theorem t (o : Option Nat) (h : o.isSome = true) : ∃ x, o = some x",
        "by\n  match o, h with\n  | some x, _ => exact ⟨x, rfl⟩",
    ),
    ("theorem t (a b : Nat) : max a b = max b a", "by omega"),
    ("theorem t (s : String) : s = s", "rfl"),
    ("theorem t (x : Nat × Nat) : (x.1, x.2) = x", "rfl"),
    ("theorem t (a b c : Nat) : a + b + c = c + b + a", "by omega"),
    ("theorem t (a b c d : Nat) : a * b * c * d = d * c * b * a", "by ac_rfl"),
]

WITH_CONTEXT = [
    ("namespace A.B\ntheorem t (n : Nat) : n ≤ n + 1", "by omega\nend A.B"),
    ("namespace A\ntheorem t (n : Nat) : n ≤ n + 1", "by omega\nend A"),
    ("def k : Nat := 2\ntheorem t : k = 2", "rfl"),
    ("def k : Nat := 2\ntheorem t : k = 2", "by unfold k; rfl"),
    (
        "variable {α : Type u} [DecidableEq α]\ntheorem t (x y : α) : x = y ∨ x ≠ y",
        "by\n  by_cases h : x = y\n  · exact .inl h\n  · exact .inr h",
    ),
    ("open Nat in\ntheorem t (n : Nat) : succ n = n + 1", "rfl"),
    ("open Nat\ntheorem t (n : Nat) : succ n = n + 1", "by simp"),
    ("structure P where\n  x : Nat\n  y : Nat\ntheorem t (p : P) : P.mk p.x p.y = p", "by cases p; rfl"),
    (
        "inductive T | leaf | node (l r : T)\ndef T.size : T → Nat\n  | leaf => 1\n  | node l r => l.size + r.size\n"
        "theorem t (x : T) : 0 < x.size",
        "by\n  induction x with\n  | leaf => decide\n  | node l r hl hr => simp only [T.size]; omega",
    ),
    (
        "inductive Even : Nat → Prop\n  | zero : Even 0\n  | add (n : Nat) : Even n → Even (n + 2)\ntheorem t : Even 4",
        ".add 2 (.add 0 .zero)",
    ),
    (
        "def f : Nat → Nat\n  | 0 => 0\n  | n + 1 => f n + 2\ntheorem t (n : Nat) : f n = 2 * n",
        "by\n  induction n with\n  | zero => rfl\n  | succ n ih => simp only [f, ih]; omega",
    ),
    (
        "def f (n : Nat) : Nat := if h : n < 2 then n else f (n - 2)\ntermination_by n\ntheorem t : f 1 = 1",
        "by unfold f; rfl",
    ),
    (
        "class C (α : Type) where\n  e : α\n  h : e = e\ninstance : C Nat := ⟨0, rfl⟩\ntheorem t : C.e (α := Nat) = 0",
        "rfl",
    ),
    ('notation:50 a " ≼ " b => a ≤ b\ntheorem t (a : Nat) : a ≼ a', "Nat.le_refl a"),
    ("set_option autoImplicit false\ntheorem t (n : Nat) : n < n + 1", "by omega"),
    ("theorem helper (n : Nat) : n < n + 1 := by omega\ntheorem t (n : Nat) : n < n + 2", "by have := helper n; omega"),
    ("theorem other : 1 = 2 := by sorry\ntheorem t (n : Nat) : n < n + 1", "by omega"),
    ("universe u v\ntheorem t {α : Type u} {β : Type v} (x : α) (y : β) : (x, y).1 = x", "rfl"),
    ("@[simp] theorem t (n : Nat) : n + 0 = n", "rfl"),
    ("/-- A doc comment with `sorry` in it. -/\ntheorem t (n : Nat) : n + 0 = n", "rfl"),
    ("private theorem t (n : Nat) : n + 0 = n", "rfl"),
    ("protected theorem Nat.t (n : Nat) : n + 0 = n", "rfl"),
    ("import Std\ntheorem t (n : Nat) : n + 0 = n", "rfl"),
    ("theorem t (𝕜 : Type) (x : 𝕜) : x = x", "rfl"),
]

HONEST = [*PLAIN, *WITH_CONTEXT]
#: New lemmas, instances and definitions before the theorem are fine: (statement, whole proof).
WITH_HELP = [
    # An instance of a proposition is a theorem to the kernel.
    ("theorem t : Nonempty Nat := by sorry", "instance t : Nonempty Nat := ⟨0⟩"),
    (
        "theorem t (n : Nat) : n < n + 2 := by sorry",
        "theorem mine (n : Nat) : n < n + 1 := by omega\ntheorem t (n : Nat) : n < n + 2 := by have := mine n; omega",
    ),
    (
        "theorem t : ∃ f : Nat → Nat, ∀ n, f n = 2 * n := by sorry",
        "def double (n : Nat) := n + n\ntheorem t : ∃ f : Nat → Nat, ∀ n, f n = 2 * n := ⟨double, fun n => by unfold double; omega⟩",
    ),
    (
        "theorem t (a b : Nat) : a + b = b + a := by sorry",
        "inductive Tree | leaf | node (l r : Tree)\ndef Tree.size : Tree → Nat\n  | leaf => 1\n  | node l r => l.size + r.size\n"
        "theorem Tree.pos (x : Tree) : 0 < x.size := by induction x <;> simp only [Tree.size] <;> omega\n"
        "theorem t (a b : Nat) : a + b = b + a := by have := Tree.leaf.pos; omega",
    ),
    (
        "theorem t (a b : Nat) : a + b = b + a := by sorry",
        'macro "go" : tactic => `(tactic| omega)\ntheorem t (a b : Nat) : a + b = b + a := by go',
    ),
    (
        "theorem t (a b : Nat) : a + b = b + a := by sorry",
        "instance (priority := low) myInst : Inhabited Nat := ⟨7⟩\ntheorem t (a b : Nat) : a + b = b + a := by omega",
    ),
]
