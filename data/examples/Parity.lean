/-! Even and odd numbers, as inductive predicates and as existential statements. -/

namespace Examples.Parity

inductive Even : Nat → Prop where
  | zero : Even 0
  | step (n : Nat) : Even n → Even (n + 2)

inductive Odd : Nat → Prop where
  | one : Odd 1
  | step (n : Nat) : Odd n → Odd (n + 2)

def IsEven (n : Nat) : Prop := ∃ k, n = 2 * k
def IsOdd (n : Nat) : Prop := ∃ k, n = 2 * k + 1

theorem even_four : Even 4 := by
  apply Even.step
  apply Even.step
  exact Even.zero

theorem odd_three : Odd 3 := by
  constructor
  constructor

theorem not_even_one : ¬Even 1 := by
  intro h
  cases h

theorem not_odd_zero : ¬Odd 0 := by
  intro h
  cases h

theorem even_of_even_step {n : Nat} (h : Even (n + 2)) : Even n := by
  cases h with
  | step _ h => exact h

theorem even_double (n : Nat) : Even (2 * n) := by
  induction n with
  | zero => exact Even.zero
  | succ n ih =>
    have h : 2 * (n + 1) = 2 * n + 2 := by omega
    rw [h]
    exact Even.step _ ih

theorem odd_double_succ (n : Nat) : Odd (2 * n + 1) := by
  induction n with
  | zero => exact Odd.one
  | succ n ih =>
    have h : 2 * (n + 1) + 1 = 2 * n + 1 + 2 := by omega
    rw [h]
    exact Odd.step _ ih

theorem isEven_of_even {n : Nat} (h : Even n) : IsEven n := by
  induction h with
  | zero => exact ⟨0, rfl⟩
  | step n _ ih =>
    obtain ⟨k, hk⟩ := ih
    refine ⟨k + 1, ?_⟩
    omega

theorem even_of_isEven {n : Nat} (h : IsEven n) : Even n := by
  obtain ⟨k, rfl⟩ := h
  exact even_double k

theorem even_iff {n : Nat} : Even n ↔ IsEven n := by
  constructor
  · exact isEven_of_even
  · exact even_of_isEven

theorem isOdd_of_odd {n : Nat} (h : Odd n) : IsOdd n := by
  induction h with
  | one => exact ⟨0, rfl⟩
  | step n _ ih =>
    rcases ih with ⟨k, hk⟩
    exact ⟨k + 1, by omega⟩

theorem odd_iff {n : Nat} : Odd n ↔ IsOdd n := by
  refine ⟨isOdd_of_odd, ?_⟩
  rintro ⟨k, rfl⟩
  exact odd_double_succ k

theorem odd_succ_of_even {n : Nat} (h : Even n) : Odd (n + 1) := by
  induction h with
  | zero => exact Odd.one
  | step n _ ih =>
    apply Odd.step
    exact ih

theorem even_succ_of_odd {n : Nat} (h : Odd n) : Even (n + 1) := by
  induction h with
  | one =>
    apply Even.step
    exact Even.zero
  | step n _ ih =>
    apply Even.step
    exact ih

theorem even_or_odd (n : Nat) : Even n ∨ Odd n := by
  induction n with
  | zero =>
    left
    exact Even.zero
  | succ n ih =>
    cases ih with
    | inl h =>
      right
      exact odd_succ_of_even h
    | inr h =>
      left
      exact even_succ_of_odd h

theorem not_even_and_odd (n : Nat) : ¬(Even n ∧ Odd n) := by
  rintro ⟨he, ho⟩
  obtain ⟨a, ha⟩ := isEven_of_even he
  obtain ⟨b, hb⟩ := isOdd_of_odd ho
  omega

theorem even_add {m n : Nat} (hm : Even m) (hn : Even n) : Even (m + n) := by
  induction hn with
  | zero => exact hm
  | step n _ ih =>
    rw [← Nat.add_assoc]
    exact Even.step _ ih

theorem odd_add_odd {m n : Nat} (hm : Odd m) (hn : Odd n) : Even (m + n) := by
  rw [even_iff]
  have ⟨a, ha⟩ := isOdd_of_odd hm
  have ⟨b, hb⟩ := isOdd_of_odd hn
  exact ⟨a + b + 1, by omega⟩

theorem odd_add_even {m n : Nat} (hm : Odd m) (hn : Even n) : Odd (m + n) := by
  induction hn with
  | zero => exact hm
  | step n _ ih =>
    show Odd (m + n + 2)
    apply Odd.step
    assumption

theorem even_mul_left {m : Nat} (n : Nat) (h : Even m) : Even (m * n) := by
  induction n with
  | zero => exact Even.zero
  | succ n ih =>
    rw [Nat.mul_succ]
    exact even_add ih h

theorem odd_mul_odd {m n : Nat} (hm : Odd m) (hn : Odd n) : Odd (m * n) := by
  induction hn with
  | one =>
    rw [Nat.mul_one]
    exact hm
  | step n _ ih =>
    rw [Nat.mul_add, Nat.mul_comm m 2]
    exact odd_add_even ih (even_double m)

theorem even_square {n : Nat} (h : Even n) : Even (n * n) := by
  apply even_mul_left
  exact h

theorem even_of_even_square {n : Nat} (h : Even (n * n)) : Even n := by
  rcases even_or_odd n with he | ho
  · exact he
  · exfalso
    exact not_even_and_odd (n * n) ⟨h, odd_mul_odd ho ho⟩

theorem even_mod (n : Nat) : Even n ↔ n % 2 = 0 := by
  rw [even_iff]
  constructor
  · rintro ⟨k, rfl⟩
    omega
  · intro h
    refine ⟨n / 2, ?_⟩
    omega

theorem consecutive_product (n : Nat) : Even (n * (n + 1)) := by
  rcases even_or_odd n with h | h
  · exact even_mul_left _ h
  · rw [Nat.mul_comm]
    apply even_mul_left
    exact even_succ_of_odd h

end Examples.Parity
