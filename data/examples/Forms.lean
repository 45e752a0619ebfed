/-! Every form that a proof can take: `calc`, `conv`, `match`, `if`, nested `by`, combinators, macros, odd layout. -/

namespace Examples.Forms

-- `calc`

theorem calc_trans {a b c d : Nat} (h₁ : a = b) (h₂ : b ≤ c) (h₃ : c + 1 = d) : a < d := by
  calc
    a = b := h₁
    _ ≤ c := by exact h₂
    _ < c + 1 := Nat.lt_succ_self c
    _ = d := by rw [h₃]

theorem calc_square (a b : Nat) : (a + b) * (a + b) = a * a + 2 * (a * b) + b * b := by
  have h : b * a = a * b := Nat.mul_comm b a
  calc (a + b) * (a + b)
    _ = a * (a + b) + b * (a + b) := by rw [Nat.add_mul]
    _ = a * a + a * b + (b * a + b * b) := by
      rw [Nat.mul_add]
      rw [Nat.mul_add]
    _ = a * a + 2 * (a * b) + b * b := by
      rw [h]
      omega

theorem calc_term (a b c : Nat) : a + b + c = c + b + a :=
  calc
    a + b + c = c + (a + b) := by rw [Nat.add_comm]
    _ = c + (b + a) := by rw [Nat.add_comm a b]
    _ = c + b + a := by rw [Nat.add_assoc]

theorem calc_iff {p q r : Prop} (h₁ : p ↔ q) (h₂ : q ↔ r) : p ↔ r := by
  calc
    p ↔ q := h₁
    _ ↔ r := h₂

-- `conv`

theorem conv_left (a b : Nat) : a + b + 0 = b + a := by
  conv =>
    lhs
    rw [Nat.add_zero, Nat.add_comm]

theorem conv_right (f : Nat → Nat) (h : ∀ x, f x = x) (a : Nat) : a + 1 = f a + 1 := by
  conv => rhs; arg 1; rw [h]

theorem conv_enter (a b c : Nat) (h : b = c) : a + (b + b) = a + (c + c) := by
  conv in b + b => rw [h]

theorem conv_hypothesis {a b c : Nat} (h : a + 0 = b) (h' : b = c) : a = c := by
  conv at h => lhs; rw [Nat.add_zero]
  rw [h]
  exact h'

-- `match` and `if`

theorem match_nat (n : Nat) : n = 0 ∨ ∃ m, n = m + 1 := by
  match n with
  | 0 =>
    left
    rfl
  | m + 1 =>
    right
    exact ⟨m, rfl⟩

theorem match_and {p q r : Prop} (h : p ∧ (q ∨ r)) : (q ∧ p) ∨ (r ∧ p) := by
  match h with
  | ⟨hp, .inl hq⟩ => exact .inl ⟨hq, hp⟩
  | ⟨hp, .inr hr⟩ =>
    right
    constructor
    · exact hr
    · exact hp

theorem match_bool (b : Bool) : (b && b) = b := by
  match b with
  | true => rfl
  | false => rfl

theorem match_exists {P : Nat → Prop} (h : ∃ n, P (n + 1)) : ∃ n, 0 < n ∧ P n := by
  match h with
  | ⟨n, hn⟩ =>
    refine ⟨n + 1, ?_, hn⟩
    exact Nat.succ_pos n

theorem if_tactic (n : Nat) : (if n = 0 then 1 else n) ≠ 0 := by
  if h : n = 0 then
    rw [if_pos h]
    decide
  else
    rw [if_neg h]
    exact h

theorem by_equations : (n : Nat) → n ≤ n * n
  | 0 => by
    exact Nat.le_refl 0
  | n + 1 => by
    have h : 1 ≤ n + 1 := by omega
    exact Nat.le_mul_of_pos_left (n + 1) h

theorem recursive : (xs : List Nat) → xs.length = (xs.map (· + 1)).length
  | [] => by rfl
  | x :: xs => by
    have ih := recursive xs
    simp

-- `by` within terms

theorem nested_in_pair (a b : Nat) (h : a = b) : b = a ∧ a + 0 = b := by
  exact ⟨by rw [h], by
    rw [Nat.add_zero]
    exact h⟩

theorem nested_in_application {P : Nat → Prop} (h : ∀ n, 0 < n → P n) : P 5 := by
  apply h 5 (by decide)

theorem nested_in_rewrite (a b : Nat) (h : 0 < b) : a * b / b = a := by
  rw [Nat.mul_div_cancel a (by exact h)]

theorem nested_in_have (a b : Nat) (h : a ≤ b) : a ≤ b + 1 := by
  have h₁ : b ≤ b + 1 := by
    have h₂ : 0 ≤ 1 := by
      decide
    exact Nat.add_le_add_left h₂ b
  exact Nat.le_trans h h₁

theorem nested_in_show (p q : Prop) (hp : p) (hq : q) : q ∧ p := by
  show q ∧ p
  exact And.intro (show q by assumption) (show p from hp)

theorem nested_in_suffices (a b : Nat) (h : a = b + 1) : 0 < a := by
  suffices h' : 0 < b + 1 by
    rw [h]
    exact h'
  exact Nat.succ_pos b

theorem nested_in_obtain {P : Nat → Prop} (h : P 2) : ∃ n, P n := by
  obtain ⟨n, hn⟩ : ∃ n, n = 2 := ⟨2, by rfl⟩
  refine ⟨n, ?_⟩
  rw [hn]
  exact h

theorem nested_in_function : ∃ f : Nat → Nat, ∀ n, f n = n + n := by
  refine ⟨fun n => n * 2, fun n => ?_⟩
  show n * 2 = n + n
  omega

theorem term_proof (p q : Prop) (hp : p) : q → p := fun _ => hp

theorem term_with_by (a b : Nat) (h : a < b) : ∃ c, a + c = b :=
  ⟨b - a, by
    have h' := Nat.le_of_lt h
    omega⟩

-- combinators: each is one step

theorem andThen (a b : Bool) : (a && b) = (b && a) := by
  cases a <;> cases b <;> rfl

theorem andThen_block (p q : Prop) (hp : p) (hq : q) : p ∧ q := by
  constructor <;> (try exact hp) <;> exact hq

theorem all_goals_block (a b : Nat) (h : a = b) : a = b ∧ b = a := by
  constructor
  all_goals
    first
      | exact h
      | exact h.symm

theorem any_goals_block (p q : Prop) (hp : p) (hq : q) : p ∧ q := by
  refine ⟨?_, ?_⟩
  any_goals assumption

theorem first_block (p q : Prop) (hq : q) : p ∨ q := by
  first
    | left; assumption
    | right; assumption

theorem repeat_block (p q r : Prop) (hp : p) (hq : q) (hr : r) : p ∧ q ∧ r := by
  repeat' constructor
  · exact hp
  · exact hq
  · exact hr

theorem try_block (a b : Nat) (h : a = b) : a + 0 = b := by
  try rw [Nat.zero_add]
  rw [Nat.add_zero]
  exact h

theorem iterate_block (n : Nat) (h : 3 ≤ n) : 0 < n := by
  iterate 2 apply Nat.lt_of_succ_lt
  exact h

-- goals by name and by position

theorem case_names (p q : Prop) (hp : p) (hq : q) : p ∧ q := by
  constructor
  case right => exact hq
  case left =>
    exact hp

theorem case_binders {p q : Prop} (h : p ∨ q) : q ∨ p := by
  cases h
  case inl hp => exact Or.inr hp
  case inr hq =>
    left
    exact hq

theorem next_goals {p q : Prop} (h : p ∨ q) : q ∨ p := by
  rcases h with _ | _
  next hp => exact Or.inr hp
  next hq => exact Or.inl hq

theorem rename_goal {p q : Prop} (h : p ∨ q) : q ∨ p := by
  cases h
  · rename_i hp
    right
    exact hp
  · rename_i hq
    left
    exact hq

theorem rotate_goals (p q : Prop) (hp : p) (hq : q) : p ∧ q := by
  constructor
  rotate_left
  · exact hq
  · exact hp

theorem focus_goal (p q : Prop) (hp : p) (hq : q) : p ∧ q := by
  constructor
  focus
    exact hp
  exact hq

theorem brackets (p q r : Prop) (hp : p) (hq : q) (hr : r) : p ∧ q ∧ r := by
  constructor
  { exact hp }
  (constructor
   · exact hq
   · exact hr)

theorem metavariable_goals : ∃ n : Nat, n + 2 = 5 := by
  constructor
  case h => exact (rfl : 3 + 2 = 5)

-- layout

theorem one_line (p q : Prop) (hp : p) (hq : q) : p ∧ q := by constructor; exact hp; exact hq

theorem semicolons (a b c : Nat) (h₁ : a = b) (h₂ : b = c) : a = c := by
  subst h₁; subst h₂
  rfl

theorem broken_lines (a b c d : Nat) (h : a + b + c + d = 10) :
    d + (c + (b + a)) =
      10 := by
  have h' :
      d + (c + (b + a)) = a + b + c + d := by
    omega
  exact
    h'.trans
      h

theorem comments (a b : Nat) -- two numbers
    (h : a = b) /- that are equal -/ : b = a := by
  -- turn it round
  have h' /- the same -/ : a = b := h -- kept
  /- and
     use it -/
  exact h'.symm

theorem letters (𝕜 : Type) (𝓐 : 𝕜 → Prop) (α₁ : 𝕜) (h : ∀ «the x», 𝓐 «the x») : 𝓐 α₁ ∧ True := by
  constructor; exact h α₁; trivial

theorem dashes : "a -- b /- c -/" = "a " ++ "-- b /- c -/" := by
  show "a -- b /- c -/" = "a -- b /- c -/"
  rfl

-- options, name spaces, transparency

theorem with_open (a : Nat) : 0 < a + 1 := by
  open Nat in
  exact zero_lt_succ a

theorem with_option (a b : Nat) (h : a = b) : b = a := by
  set_option pp.explicit true in
  symm
  exact h

theorem with_reducible_block (p : Prop) (hp : p) : p ∧ True := by
  with_reducible
    constructor
    · exact hp
    · trivial

set_option pp.funBinderTypes true in
theorem option_before : ∃ f : Nat → Nat, f = fun n => n + 1 := by
  exists fun n => n + 1

open Nat in
theorem open_before (a b : Nat) (h : a ≤ b) : a + 1 ≤ b + 1 := by
  apply succ_le_succ
  exact h

section
variable (n : Nat) (hn : 0 < n)
include hn

theorem with_variables : n ≠ 0 := by
  intro h
  rw [h] at hn
  exact absurd hn (Nat.lt_irrefl 0)

end

-- macros

macro "split_and" : tactic => `(tactic| refine ⟨?_, ?_⟩)
macro "done_by " t:term : tactic => `(tactic| exact $t)

theorem macro_plain (p q : Prop) (hp : p) (hq : q) : p ∧ q := by
  split_and
  · done_by hp
  · done_by hq

local notation:50 a " ≼ " b => a ≤ b

theorem with_notation (a b c : Nat) (h₁ : a ≼ b) (h₂ : b ≼ c) : a ≼ c := by
  apply Nat.le_trans
  · exact h₁
  · exact h₂

theorem classical_block (p : Prop) : p ∨ ¬p := by
  classical
  by_cases h : p
  · exact Or.inl h
  · exact Or.inr h

end Examples.Forms
