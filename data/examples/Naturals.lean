/-! Natural numbers: sums, powers, inequalities, by induction and by the decision procedures. -/

namespace Examples.Naturals

def sumTo : Nat → Nat
  | 0 => 0
  | n + 1 => sumTo n + (n + 1)

def sumOdd : Nat → Nat
  | 0 => 0
  | n + 1 => sumOdd n + (2 * n + 1)

def double : Nat → Nat
  | 0 => 0
  | n + 1 => double n + 2

def fact : Nat → Nat
  | 0 => 1
  | n + 1 => (n + 1) * fact n

def power (b : Nat) : Nat → Nat
  | 0 => 1
  | n + 1 => power b n * b

def fib : Nat → Nat
  | 0 => 0
  | 1 => 1
  | n + 2 => fib n + fib (n + 1)

theorem zero_add' (n : Nat) : 0 + n = n := by
  induction n with
  | zero => rfl
  | succ n ih =>
    rw [← Nat.add_assoc]
    rw [ih]

theorem succ_add' (m n : Nat) : (m + 1) + n = (m + n) + 1 := by
  induction n with
  | zero => rfl
  | succ n ih =>
    rw [← Nat.add_assoc, ih]
    rfl

theorem add_comm' (m n : Nat) : m + n = n + m := by
  induction m with
  | zero =>
    rw [zero_add']
    rfl
  | succ m ih =>
    rw [succ_add', ih]
    rfl

theorem add_left_comm' (a b c : Nat) : a + (b + c) = b + (a + c) := by
  rw [← Nat.add_assoc]
  rw [Nat.add_comm a b]
  rw [Nat.add_assoc]

theorem mul_two (n : Nat) : n * 2 = n + n := by
  induction n with
  | zero => rfl
  | succ n ih =>
    rw [Nat.succ_mul, ih]
    omega

theorem double_eq (n : Nat) : double n = 2 * n := by
  induction n with
  | zero => rfl
  | succ n ih =>
    unfold double
    rw [ih]
    omega

theorem double_add (m n : Nat) : double (m + n) = double m + double n := by
  simp only [double_eq]
  omega

theorem double_injective {m n : Nat} (h : double m = double n) : m = n := by
  rw [double_eq, double_eq] at h
  omega

theorem double_le_double {m n : Nat} (h : m ≤ n) : double m ≤ double n := by
  have hm := double_eq m
  have hn := double_eq n
  omega

theorem sumTo_formula (n : Nat) : 2 * sumTo n = n * (n + 1) := by
  induction n with
  | zero => rfl
  | succ n ih =>
    unfold sumTo
    rw [Nat.mul_add, ih]
    rw [← Nat.add_mul]
    rw [Nat.mul_comm]

theorem sumTo_ge (n : Nat) : n ≤ sumTo n := by
  induction n with
  | zero => exact Nat.le_refl 0
  | succ n ih =>
    unfold sumTo
    omega

theorem sumOdd_square (n : Nat) : sumOdd n = n * n := by
  induction n with
  | zero => rfl
  | succ n ih =>
    have h : (n + 1) * (n + 1) = n * n + (2 * n + 1) := by
      rw [Nat.add_mul, Nat.mul_add]
      omega
    rw [h]
    unfold sumOdd
    rw [ih]

theorem fact_pos (n : Nat) : 0 < fact n := by
  induction n with
  | zero =>
    show 0 < 1
    decide
  | succ n ih =>
    unfold fact
    apply Nat.mul_pos
    · exact Nat.succ_pos n
    · exact ih

theorem fact_ge_self (n : Nat) (h : 0 < n) : n ≤ fact n := by
  cases n with
  | zero => contradiction
  | succ n =>
    unfold fact
    have hp := fact_pos n
    exact Nat.le_mul_of_pos_right (n + 1) hp

theorem fact_le_succ (n : Nat) : fact n ≤ fact (n + 1) := by
  show fact n ≤ (n + 1) * fact n
  apply Nat.le_mul_of_pos_left
  omega

theorem power_zero (b : Nat) : power b 0 = 1 := by
  rfl

theorem power_one (b : Nat) : power b 1 = b := by
  unfold power
  rw [power_zero, Nat.one_mul]

theorem power_add (b m n : Nat) : power b (m + n) = power b m * power b n := by
  induction n with
  | zero =>
    rw [power_zero, Nat.mul_one]
    rfl
  | succ n ih =>
    show power b (m + n) * b = power b m * (power b n * b)
    rw [ih]
    rw [Nat.mul_assoc]

theorem power_eq_pow (b n : Nat) : power b n = b ^ n := by
  induction n with
  | zero => simp [power]
  | succ n ih =>
    rw [Nat.pow_succ, ← ih]
    rfl

theorem one_power (n : Nat) : power 1 n = 1 := by
  induction n with
  | zero => rfl
  | succ n ih =>
    unfold power
    simp [ih]

theorem power_pos {b : Nat} (n : Nat) (hb : 0 < b) : 0 < power b n := by
  induction n with
  | zero => simp [power]
  | succ n ih =>
    unfold power
    exact Nat.mul_pos ih hb

theorem mul_power (a b n : Nat) : power (a * b) n = power a n * power b n := by
  induction n with
  | zero => rfl
  | succ n ih =>
    unfold power
    rw [ih]
    ac_rfl

theorem fib_step (n : Nat) : fib (n + 2) = fib n + fib (n + 1) := by
  rfl

theorem fib_pos (n : Nat) : 0 < fib (n + 1) := by
  induction n with
  | zero => decide
  | succ n ih =>
    rw [fib_step]
    omega

theorem fib_le_succ (n : Nat) : fib n ≤ fib (n + 1) := by
  cases n with
  | zero => decide
  | succ n =>
    rw [fib_step n]
    omega

theorem fib_lt_two_power (n : Nat) : fib n < 2 ^ n ∧ fib (n + 1) < 2 ^ (n + 1) := by
  induction n with
  | zero => decide
  | succ n ih =>
    obtain ⟨h₁, h₂⟩ := ih
    refine ⟨h₂, ?_⟩
    rw [fib_step]
    have h₃ : 2 ^ (n + 1 + 1) = 2 ^ (n + 1) + 2 ^ (n + 1) := by omega
    have h₄ : 2 ^ n ≤ 2 ^ (n + 1) := by omega
    omega

theorem le_of_add {a b c : Nat} (h : a + b ≤ c) : a ≤ c := by
  apply Nat.le_trans _ h
  exact Nat.le_add_right a b

theorem lt_or_ge' (m n : Nat) : m < n ∨ n ≤ m := by
  by_cases h : m < n
  · left
    exact h
  · right
    omega

theorem max_cases (m n : Nat) : max m n = m ∨ max m n = n := by
  rcases Nat.le_total m n with h | h
  · right
    exact Nat.max_eq_right h
  · left
    exact Nat.max_eq_left h

theorem min_le_max (m n : Nat) : min m n ≤ max m n := by
  apply Nat.le_trans (Nat.min_le_left m n)
  exact Nat.le_max_left m n

theorem sub_add_cancel' {m n : Nat} (h : n ≤ m) : m - n + n = m := by
  obtain ⟨k, hk⟩ := Nat.exists_eq_add_of_le h
  subst hk
  omega

theorem square_le_square {m n : Nat} (h : m ≤ n) : m * m ≤ n * n := by
  apply Nat.mul_le_mul
  · exact h
  · exact h

theorem no_between (m n : Nat) (h₁ : m < n) (h₂ : n < m + 1) : False := by
  have h₃ : m + 1 ≤ n := h₁
  have h₄ := Nat.lt_of_lt_of_le h₂ h₃
  exact Nat.lt_irrefl n h₄

theorem strong_induction {P : Nat → Prop} (h : ∀ n, (∀ m, m < n → P m) → P n) (n : Nat) : P n := by
  have all : ∀ k, ∀ m, m < k → P m := by
    intro k
    induction k with
    | zero =>
      intro m hm
      exact absurd hm (Nat.not_lt_zero m)
    | succ k ih =>
      intro m hm
      apply h
      intro i hi
      apply ih
      omega
  exact all (n + 1) n (Nat.lt_succ_self n)

end Examples.Naturals
