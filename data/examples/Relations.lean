/-! Relations: closures, equivalences, orders, well-founded descent. -/

namespace Examples.Relations

variable {α β : Type} {R S : α → α → Prop}

def Reflexive (R : α → α → Prop) : Prop := ∀ x, R x x
def Symmetric (R : α → α → Prop) : Prop := ∀ x y, R x y → R y x
def Transitive (R : α → α → Prop) : Prop := ∀ x y z, R x y → R y z → R x z
def Antisymmetric (R : α → α → Prop) : Prop := ∀ x y, R x y → R y x → x = y
def Inverse (R : α → α → Prop) : α → α → Prop := fun x y => R y x
def Comp (R S : α → α → Prop) : α → α → Prop := fun x z => ∃ y, R x y ∧ S y z
def Included (R S : α → α → Prop) : Prop := ∀ x y, R x y → S x y

inductive Star (R : α → α → Prop) : α → α → Prop where
  | refl (x : α) : Star R x x
  | step {x y z : α} : R x y → Star R y z → Star R x z

inductive Plus (R : α → α → Prop) : α → α → Prop where
  | one {x y : α} : R x y → Plus R x y
  | step {x y z : α} : R x y → Plus R y z → Plus R x z

theorem eq_reflexive : Reflexive (fun x y : α => x = y) := by
  intro x
  rfl

theorem eq_symmetric : Symmetric (fun x y : α => x = y) := by
  intro x y h
  symm
  exact h

theorem eq_transitive : Transitive (fun x y : α => x = y) := by
  intro x y z hxy hyz
  subst hxy
  exact hyz

theorem le_antisymmetric : Antisymmetric (fun m n : Nat => m ≤ n) := by
  intro m n hmn hnm
  exact Nat.le_antisymm hmn hnm

theorem inverse_inverse : Inverse (Inverse R) = R := by
  funext x y
  rfl

theorem inverse_transitive (h : Transitive R) : Transitive (Inverse R) := by
  intro x y z hxy hyz
  unfold Inverse at *
  exact h z y x hyz hxy

theorem inverse_of_symmetric (h : Symmetric R) : Included (Inverse R) R := by
  intro x y hxy
  apply h
  exact hxy

theorem symmetric_of_included_inverse (h : Included R (Inverse R)) : Symmetric R := by
  intro x y hxy
  have h' := h x y hxy
  exact h'

theorem comp_assoc {T : α → α → Prop} {x w : α} : Comp (Comp R S) T x w ↔ Comp R (Comp S T) x w := by
  constructor
  · rintro ⟨z, ⟨y, hxy, hyz⟩, hzw⟩
    exact ⟨y, hxy, z, hyz, hzw⟩
  · rintro ⟨y, hxy, z, hyz, hzw⟩
    exact ⟨z, ⟨y, hxy, hyz⟩, hzw⟩

theorem transitive_iff_comp_included : Transitive R ↔ Included (Comp R R) R := by
  constructor
  · intro h x z hxz
    obtain ⟨y, hxy, hyz⟩ := hxz
    exact h x y z hxy hyz
  · intro h x y z hxy hyz
    apply h
    exact ⟨y, hxy, hyz⟩

theorem star_single {x y : α} (h : R x y) : Star R x y := by
  apply Star.step h
  exact Star.refl y

theorem star_trans {x y z : α} (hxy : Star R x y) (hyz : Star R y z) : Star R x z := by
  induction hxy with
  | refl => exact hyz
  | step h _ ih =>
    apply Star.step h
    exact ih hyz

theorem star_snoc {x y z : α} (hxy : Star R x y) (hyz : R y z) : Star R x z := by
  apply star_trans hxy
  exact star_single hyz

theorem star_reflexive : Reflexive (Star R) := by
  intro x
  constructor

theorem star_transitive : Transitive (Star R) := by
  intro x y z
  exact star_trans

theorem star_mono (h : Included R S) : Included (Star R) (Star S) := by
  intro x y hxy
  induction hxy with
  | refl x => exact Star.refl x
  | step hr _ ih =>
    refine Star.step ?_ ih
    exact h _ _ hr

theorem star_star {x y : α} (h : Star (Star R) x y) : Star R x y := by
  induction h with
  | refl x => exact Star.refl x
  | step h _ ih => exact star_trans h ih

theorem star_symmetric (h : Symmetric R) : Symmetric (Star R) := by
  intro x y hxy
  induction hxy with
  | refl x => exact Star.refl x
  | step hr _ ih =>
    apply star_snoc ih
    apply h
    exact hr

theorem star_minimal (hr : Reflexive S) (ht : Transitive S) (h : Included R S) : Included (Star R) S := by
  intro x y hxy
  induction hxy with
  | refl x => exact hr x
  | @step x y z hxy _ ih =>
    apply ht x y z
    · exact h x y hxy
    · exact ih

theorem plus_to_star {x y : α} (h : Plus R x y) : Star R x y := by
  induction h with
  | one h => exact star_single h
  | step h _ ih => exact Star.step h ih

theorem plus_of_step_star {x y z : α} (h : R x y) (hs : Star R y z) : Plus R x z := by
  induction hs generalizing x with
  | refl => exact Plus.one h
  | step h' _ ih =>
    apply Plus.step h
    exact ih h'

theorem star_cases {x y : α} (h : Star R x y) : x = y ∨ Plus R x y := by
  cases h with
  | refl => exact Or.inl rfl
  | step h hs =>
    right
    exact plus_of_step_star h hs

theorem plus_trans {x y z : α} (hxy : Plus R x y) (hyz : Plus R y z) : Plus R x z := by
  induction hxy with
  | one h => exact Plus.step h hyz
  | step h _ ih => exact Plus.step h (ih hyz)

theorem invariant_star {P : α → Prop} (h : ∀ x y, R x y → P x → P y) {x y : α} (hs : Star R x y) (hx : P x) : P y := by
  induction hs with
  | refl => exact hx
  | step hr _ ih =>
    apply ih
    exact h _ _ hr hx

theorem preimage_transitive (f : β → α) (h : Transitive R) : Transitive (fun x y => R (f x) (f y)) := by
  intro x y z hxy hyz
  exact h _ _ _ hxy hyz

theorem no_infinite_descent (f : Nat → Nat) (h : ∀ n, f (n + 1) < f n) : False := by
  have bound : ∀ n, f n + n ≤ f 0 := by
    intro n
    induction n with
    | zero => exact Nat.le_refl _
    | succ n ih =>
      have hn := h n
      omega
  have hb := bound (f 0 + 1)
  omega

end Examples.Relations
