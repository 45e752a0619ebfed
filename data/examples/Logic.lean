/-! Propositional and predicate logic, by hand. -/

namespace Examples.Logic

variable {p q r s : Prop}

theorem and_swap (h : p ∧ q) : q ∧ p := by
  constructor
  · exact h.right
  · exact h.left

theorem and_assoc_right (h : (p ∧ q) ∧ r) : p ∧ q ∧ r := by
  cases h with
  | intro hpq hr =>
    cases hpq with
    | intro hp hq =>
      exact ⟨hp, hq, hr⟩

theorem and_assoc_left (h : p ∧ q ∧ r) : (p ∧ q) ∧ r := by
  obtain ⟨hp, hq, hr⟩ := h
  refine ⟨⟨?_, ?_⟩, ?_⟩
  · exact hp
  · exact hq
  · exact hr

theorem or_swap (h : p ∨ q) : q ∨ p := by
  cases h with
  | inl hp =>
    right
    exact hp
  | inr hq =>
    left
    exact hq

theorem or_assoc_right (h : (p ∨ q) ∨ r) : p ∨ q ∨ r := by
  rcases h with (hp | hq) | hr
  · exact Or.inl hp
  · exact Or.inr (Or.inl hq)
  · exact Or.inr (Or.inr hr)

theorem and_or_distrib (h : p ∧ (q ∨ r)) : (p ∧ q) ∨ (p ∧ r) := by
  obtain ⟨hp, hq | hr⟩ := h
  · left
    exact ⟨hp, hq⟩
  · right
    exact ⟨hp, hr⟩

theorem or_and_distrib (h : p ∨ (q ∧ r)) : (p ∨ q) ∧ (p ∨ r) := by
  constructor
  · rcases h with hp | ⟨hq, _⟩
    · exact Or.inl hp
    · exact Or.inr hq
  · rcases h with hp | ⟨_, hr⟩
    · exact Or.inl hp
    · exact Or.inr hr

theorem and_or_iff : p ∧ (q ∨ r) ↔ (p ∧ q) ∨ (p ∧ r) := by
  constructor
  · exact and_or_distrib
  · intro h
    rcases h with ⟨hp, hq⟩ | ⟨hp, hr⟩
    · exact ⟨hp, Or.inl hq⟩
    · exact ⟨hp, Or.inr hr⟩

theorem imp_trans (hpq : p → q) (hqr : q → r) : p → r := by
  intro hp
  apply hqr
  apply hpq
  exact hp

theorem curry (h : p ∧ q → r) : p → q → r := by
  intro hp hq
  apply h
  constructor
  · assumption
  · assumption

theorem uncurry (h : p → q → r) : p ∧ q → r := by
  rintro ⟨hp, hq⟩
  exact h hp hq

theorem contrapositive (h : p → q) : ¬q → ¬p := by
  intro hnq hp
  apply hnq
  exact h hp

theorem not_not_intro (hp : p) : ¬¬p := by
  intro hn
  contradiction

theorem triple_not (h : ¬¬¬p) : ¬p := by
  intro hp
  apply h
  intro hn
  exact hn hp

theorem not_or_left (h : ¬(p ∨ q)) : ¬p := by
  intro hp
  exact h (Or.inl hp)

theorem not_or_both (h : ¬(p ∨ q)) : ¬p ∧ ¬q := by
  have hp : ¬p := not_or_left h
  have hq : ¬q := by
    intro hq
    apply h
    right
    exact hq
  exact ⟨hp, hq⟩

theorem not_and_of_or (h : ¬p ∨ ¬q) : ¬(p ∧ q) := by
  rintro ⟨hp, hq⟩
  cases h with
  | inl hn => exact hn hp
  | inr hn => exact hn hq

theorem or_of_not_and (h : ¬(p ∧ q)) : ¬p ∨ ¬q := by
  by_cases hp : p
  · right
    intro hq
    exact h ⟨hp, hq⟩
  · left
    exact hp

theorem double_negation (h : ¬¬p) : p := by
  by_cases hp : p
  · exact hp
  · exfalso
    exact h hp

theorem excluded_middle_not_false : ¬¬(p ∨ ¬p) := by
  intro h
  have hn : ¬p := by
    intro hp
    exact h (Or.inl hp)
  exact h (Or.inr hn)

theorem peirce (h : (p → q) → p) : p := by
  by_cases hp : p
  · exact hp
  · apply h
    intro hp'
    exact absurd hp' hp

theorem imp_or_of_classical (h : p → q ∨ r) : (p → q) ∨ (p → r) := by
  by_cases hp : p
  · cases h hp with
    | inl hq =>
      left
      intro _
      exact hq
    | inr hr =>
      right
      intro _
      exact hr
  · left
    intro hp'
    contradiction

theorem iff_swap (h : p ↔ q) : q ↔ p := by
  constructor
  · exact h.mpr
  · exact h.mp

theorem iff_trans' (hpq : p ↔ q) (hqr : q ↔ r) : p ↔ r := by
  constructor
  · intro hp
    exact hqr.mp (hpq.mp hp)
  · intro hr
    apply hpq.mpr
    apply hqr.mpr
    exact hr

theorem iff_and_congr (h₁ : p ↔ q) (h₂ : r ↔ s) : p ∧ r ↔ q ∧ s := by
  rw [h₁, h₂]

theorem and_iff_of_imp (h : p → q) : p ∧ q ↔ p := by
  constructor
  · intro hpq
    exact hpq.1
  · intro hp
    have hq := h hp
    exact ⟨hp, hq⟩

theorem not_iff_not_self : ¬(p ↔ ¬p) := by
  intro h
  have hn : ¬p := by
    intro hp
    have := h.mp hp
    exact this hp
  apply hn
  exact h.mpr hn

variable {α β : Type} {P Q : α → Prop}

theorem forall_and_split (h : ∀ x, P x ∧ Q x) : (∀ x, P x) ∧ (∀ x, Q x) := by
  constructor
  · intro x
    exact (h x).left
  · intro x
    exact (h x).right

theorem exists_or_split (h : ∃ x, P x ∨ Q x) : (∃ x, P x) ∨ (∃ x, Q x) := by
  obtain ⟨x, hP | hQ⟩ := h
  · left
    exact ⟨x, hP⟩
  · right
    exact ⟨x, hQ⟩

theorem exists_and_left (h : ∃ x, P x ∧ Q x) : ∃ x, P x := by
  rcases h with ⟨x, hP, _⟩
  exists x

theorem not_exists_of_forall_not (h : ∀ x, ¬P x) : ¬∃ x, P x := by
  rintro ⟨x, hx⟩
  exact h x hx

theorem forall_not_of_not_exists (h : ¬∃ x, P x) : ∀ x, ¬P x := by
  intro x hx
  apply h
  exact ⟨x, hx⟩

theorem exists_not_of_not_forall (h : ¬∀ x, P x) : ∃ x, ¬P x := by
  apply Classical.byContradiction
  intro hne
  apply h
  intro x
  apply Classical.byContradiction
  intro hx
  exact hne ⟨x, hx⟩

theorem exists_swap {R : α → β → Prop} (h : ∃ x, ∀ y, R x y) : ∀ y, ∃ x, R x y := by
  obtain ⟨x, hx⟩ := h
  intro y
  refine ⟨x, ?_⟩
  exact hx y

theorem exists_imp_of_forall {c : Prop} (h : ∀ x, P x → c) : (∃ x, P x) → c := by
  intro he
  cases he with
  | intro x hx => exact h x hx

theorem drinker [Inhabited α] : ∃ x, P x → ∀ y, P y := by
  by_cases h : ∀ y, P y
  · exact ⟨default, fun _ => h⟩
  · have ⟨x, hx⟩ := exists_not_of_not_forall h
    refine ⟨x, ?_⟩
    intro hP
    exact absurd hP hx

theorem unique_of_subsingleton {a : α} (ha : P a) (h : ∀ x y, P x → P y → x = y) :
    ∃ x, P x ∧ ∀ y, P y → y = x := by
  refine ⟨a, ha, ?_⟩
  intro y hy
  exact h y a hy ha

end Examples.Logic
