/-! Functions: injective, surjective, inverse to one another, iterated. -/

namespace Examples.Functions

variable {α β γ : Type}

def Injective (f : α → β) : Prop := ∀ x y, f x = f y → x = y
def Surjective (f : α → β) : Prop := ∀ y, ∃ x, f x = y
def LeftInverse (g : β → α) (f : α → β) : Prop := ∀ x, g (f x) = x

def iter (f : α → α) : Nat → α → α
  | 0, x => x
  | n + 1, x => iter f n (f x)

theorem id_injective : Injective (id : α → α) := by
  intro x y h
  exact h

theorem id_surjective : Surjective (id : α → α) := by
  intro y
  exact ⟨y, rfl⟩

theorem comp_injective {g : β → γ} {f : α → β} (hg : Injective g) (hf : Injective f) : Injective (g ∘ f) := by
  intro x y h
  apply hf
  apply hg
  exact h

theorem comp_surjective {g : β → γ} {f : α → β} (hg : Surjective g) (hf : Surjective f) : Surjective (g ∘ f) := by
  intro z
  obtain ⟨y, hy⟩ := hg z
  obtain ⟨x, hx⟩ := hf y
  refine ⟨x, ?_⟩
  show g (f x) = z
  rw [hx, hy]

theorem injective_of_comp {g : β → γ} {f : α → β} (h : Injective (g ∘ f)) : Injective f := by
  intro x y hxy
  apply h
  show g (f x) = g (f y)
  rw [hxy]

theorem surjective_of_comp {g : β → γ} {f : α → β} (h : Surjective (g ∘ f)) : Surjective g := by
  intro z
  cases h z with
  | intro x hx => exact ⟨f x, hx⟩

theorem injective_of_leftInverse {g : β → α} {f : α → β} (h : LeftInverse g f) : Injective f := by
  intro x y hxy
  have hx := h x
  have hy := h y
  rw [← hx, hxy]
  exact hy

theorem surjective_of_leftInverse {g : β → α} {f : α → β} (h : LeftInverse g f) : Surjective g := by
  intro x
  exact ⟨f x, h x⟩

theorem leftInverse_comp {f : α → β} {f' : β → α} {g : β → γ} {g' : γ → β} (hf : LeftInverse f' f)
    (hg : LeftInverse g' g) : LeftInverse (f' ∘ g') (g ∘ f) := by
  intro x
  show f' (g' (g (f x))) = x
  rw [hg]
  rw [hf]

theorem inverse_unique {f : α → β} {g h : β → α} (hg : LeftInverse g f) (hh : LeftInverse f h) : g = h := by
  funext y
  have h₁ := hg (h y)
  rw [hh] at h₁
  exact h₁

theorem cantor (f : α → α → Prop) : ¬Surjective f := by
  intro hs
  obtain ⟨x, hx⟩ := hs (fun y => ¬f y y)
  have h : f x x ↔ ¬f x x := by
    constructor
    · intro hxx
      rw [hx] at hxx
      exact hxx
    · intro hn
      rw [hx]
      exact hn
  have hn : ¬f x x := fun hxx => h.mp hxx hxx
  exact hn (h.mpr hn)

theorem succ_injective : Injective Nat.succ := by
  intro m n h
  cases h
  rfl

theorem succ_not_surjective : ¬Surjective Nat.succ := by
  intro h
  obtain ⟨n, hn⟩ := h 0
  cases hn

theorem iter_add (f : α → α) (m n : Nat) (x : α) : iter f (m + n) x = iter f n (iter f m x) := by
  induction m generalizing x with
  | zero =>
    rw [Nat.zero_add]
    rfl
  | succ m ih =>
    rw [Nat.succ_add]
    show iter f (m + n) (f x) = iter f n (iter f m (f x))
    exact ih (f x)

theorem iter_succ (f : α → α) (n : Nat) (x : α) : iter f (n + 1) x = f (iter f n x) := by
  rw [iter_add]
  rfl

theorem iter_id (n : Nat) (x : α) : iter id n x = x := by
  induction n with
  | zero => rfl
  | succ n ih =>
    unfold iter
    exact ih

theorem iter_fixed {f : α → α} {x : α} (h : f x = x) (n : Nat) : iter f n x = x := by
  induction n with
  | zero => rfl
  | succ n ih =>
    unfold iter
    rw [h, ih]

theorem iter_injective {f : α → α} (h : Injective f) (n : Nat) : Injective (iter f n) := by
  induction n with
  | zero =>
    intro x y hxy
    exact hxy
  | succ n ih =>
    intro x y hxy
    apply h
    apply ih
    exact hxy

theorem iter_comm {f g : α → α} (h : ∀ x, f (g x) = g (f x)) (n : Nat) (x : α) : iter f n (g x) = g (iter f n x) := by
  induction n generalizing x with
  | zero => rfl
  | succ n ih =>
    unfold iter
    rw [h]
    exact ih (f x)

theorem const_comp (c : γ) (f : α → β) : (fun _ : β => c) ∘ f = fun _ : α => c := by
  funext x
  rfl

end Examples.Functions
