/-! Lists: functions of our own on Lean's lists, and the library's. `noncomputable`: without compiled code of `++`. -/

namespace Examples.Lists

variable {α β γ : Type}

noncomputable def rev : List α → List α
  | [] => []
  | x :: xs => rev xs ++ [x]

def revOnto : List α → List α → List α
  | [], acc => acc
  | x :: xs, acc => revOnto xs (x :: acc)

def mapp (f : α → β) : List α → List β
  | [] => []
  | x :: xs => f x :: mapp f xs

def keep (p : α → Bool) : List α → List α
  | [] => []
  | x :: xs => if p x then x :: keep p xs else keep p xs

def count (p : α → Bool) : List α → Nat
  | [] => 0
  | x :: xs => (if p x then 1 else 0) + count p xs

def total : List Nat → Nat
  | [] => 0
  | x :: xs => x + total xs

inductive Mem (a : α) : List α → Prop where
  | head (xs : List α) : Mem a (a :: xs)
  | tail (x : α) {xs : List α} : Mem a xs → Mem a (x :: xs)

inductive Sub : List α → List α → Prop where
  | nil : Sub [] []
  | skip (y : α) {xs ys : List α} : Sub xs ys → Sub xs (y :: ys)
  | take (x : α) {xs ys : List α} : Sub xs ys → Sub (x :: xs) (x :: ys)

theorem append_nil' (xs : List α) : xs ++ [] = xs := by
  induction xs with
  | nil => rfl
  | cons x xs ih =>
    rw [List.cons_append, ih]

theorem append_assoc' (xs ys zs : List α) : (xs ++ ys) ++ zs = xs ++ (ys ++ zs) := by
  induction xs with
  | nil => rfl
  | cons x xs ih =>
    simp only [List.cons_append]
    rw [ih]

theorem length_append' (xs ys : List α) : (xs ++ ys).length = xs.length + ys.length := by
  induction xs with
  | nil => simp
  | cons x xs ih =>
    simp only [List.cons_append, List.length_cons]
    rw [ih]
    omega

theorem rev_append (xs ys : List α) : rev (xs ++ ys) = rev ys ++ rev xs := by
  induction xs with
  | nil =>
    show rev ys = rev ys ++ []
    rw [append_nil']
  | cons x xs ih =>
    show rev (xs ++ ys) ++ [x] = rev ys ++ (rev xs ++ [x])
    rw [ih, append_assoc']

theorem rev_rev (xs : List α) : rev (rev xs) = xs := by
  induction xs with
  | nil => rfl
  | cons x xs ih =>
    show rev (rev xs ++ [x]) = x :: xs
    rw [rev_append, ih]
    rfl

theorem length_rev (xs : List α) : (rev xs).length = xs.length := by
  induction xs with
  | nil => rfl
  | cons x xs ih =>
    unfold rev
    rw [length_append', ih]
    rfl

theorem rev_injective {xs ys : List α} (h : rev xs = rev ys) : xs = ys := by
  have h' : rev (rev xs) = rev (rev ys) := by
    rw [h]
  rw [rev_rev, rev_rev] at h'
  exact h'

theorem revOnto_eq (xs acc : List α) : revOnto xs acc = rev xs ++ acc := by
  induction xs generalizing acc with
  | nil => rfl
  | cons x xs ih =>
    unfold revOnto rev
    rw [ih, append_assoc']
    rfl

theorem revOnto_nil (xs : List α) : revOnto xs [] = rev xs := by
  rw [revOnto_eq]
  exact append_nil' (rev xs)

theorem rev_eq_reverse (xs : List α) : rev xs = xs.reverse := by
  induction xs with
  | nil => rfl
  | cons x xs ih =>
    unfold rev
    rw [ih]
    simp

theorem mapp_append (f : α → β) (xs ys : List α) : mapp f (xs ++ ys) = mapp f xs ++ mapp f ys := by
  induction xs with
  | nil => rfl
  | cons x xs ih =>
    show f x :: mapp f (xs ++ ys) = f x :: (mapp f xs ++ mapp f ys)
    rw [ih]

theorem mapp_id (xs : List α) : mapp id xs = xs := by
  induction xs with
  | nil => rfl
  | cons x xs ih =>
    unfold mapp
    rw [ih]
    rfl

theorem mapp_comp (g : β → γ) (f : α → β) (xs : List α) : mapp g (mapp f xs) = mapp (g ∘ f) xs := by
  induction xs with
  | nil => rfl
  | cons x xs ih =>
    simp only [mapp]
    rw [ih]
    rfl

theorem mapp_rev (f : α → β) (xs : List α) : mapp f (rev xs) = rev (mapp f xs) := by
  induction xs with
  | nil => rfl
  | cons x xs ih =>
    unfold rev
    rw [mapp_append, ih]
    rfl

theorem length_mapp (f : α → β) (xs : List α) : (mapp f xs).length = xs.length := by
  induction xs with
  | nil => rfl
  | cons x xs ih =>
    simp [mapp, ih]

theorem mapp_eq_map (f : α → β) (xs : List α) : mapp f xs = xs.map f := by
  induction xs with
  | nil => rfl
  | cons x xs ih => simp [mapp, ih]

theorem keep_append (p : α → Bool) (xs ys : List α) : keep p (xs ++ ys) = keep p xs ++ keep p ys := by
  induction xs with
  | nil => rfl
  | cons x xs ih =>
    simp only [List.cons_append, keep]
    rw [ih]
    split
    · rfl
    · rfl

theorem length_keep_le (p : α → Bool) (xs : List α) : (keep p xs).length ≤ xs.length := by
  induction xs with
  | nil => exact Nat.le_refl _
  | cons x xs ih =>
    unfold keep
    split
    · simp only [List.length_cons]
      omega
    · apply Nat.le_trans ih
      simp

theorem keep_keep (p : α → Bool) (xs : List α) : keep p (keep p xs) = keep p xs := by
  induction xs with
  | nil => rfl
  | cons x xs ih =>
    by_cases h : p x = true
    · simp [keep, h, ih]
    · simp [keep, h, ih]

theorem length_keep (p : α → Bool) (xs : List α) : (keep p xs).length = count p xs := by
  induction xs with
  | nil => rfl
  | cons x xs ih =>
    unfold keep count
    by_cases h : p x = true
    · rw [if_pos h, if_pos h]
      simp only [List.length_cons]
      omega
    · rw [if_neg h, if_neg h]
      omega

theorem count_append (p : α → Bool) (xs ys : List α) : count p (xs ++ ys) = count p xs + count p ys := by
  induction xs with
  | nil =>
    show count p ys = 0 + count p ys
    omega
  | cons x xs ih =>
    simp only [List.cons_append, count]
    rw [ih]
    omega

theorem total_append (xs ys : List Nat) : total (xs ++ ys) = total xs + total ys := by
  induction xs with
  | nil =>
    rw [List.nil_append]
    unfold total
    omega
  | cons x xs ih =>
    simp only [List.cons_append, total]
    omega

theorem total_rev (xs : List Nat) : total (rev xs) = total xs := by
  induction xs with
  | nil => rfl
  | cons x xs ih =>
    unfold rev
    rw [total_append, ih]
    simp only [total]
    omega

theorem mem_append_left {a : α} {xs : List α} (ys : List α) (h : Mem a xs) : Mem a (xs ++ ys) := by
  induction h with
  | head xs => exact Mem.head _
  | tail x _ ih =>
    apply Mem.tail
    exact ih

theorem mem_append_right {a : α} (xs : List α) {ys : List α} (h : Mem a ys) : Mem a (xs ++ ys) := by
  induction xs with
  | nil => exact h
  | cons x xs ih => exact Mem.tail x ih

theorem mem_append_iff {a : α} {xs ys : List α} : Mem a (xs ++ ys) ↔ Mem a xs ∨ Mem a ys := by
  constructor
  · intro h
    induction xs with
    | nil => exact Or.inr h
    | cons x xs ih =>
      cases h with
      | head => exact Or.inl (Mem.head xs)
      | tail _ h =>
        rcases ih h with h | h
        · exact Or.inl (Mem.tail x h)
        · exact Or.inr h
  · intro h
    cases h with
    | inl h => exact mem_append_left ys h
    | inr h => exact mem_append_right xs h

theorem mem_mapp {f : α → β} {a : α} {xs : List α} (h : Mem a xs) : Mem (f a) (mapp f xs) := by
  induction h with
  | head xs =>
    unfold mapp
    exact Mem.head _
  | tail x _ ih =>
    unfold mapp
    exact Mem.tail _ ih

theorem not_mem_nil (a : α) : ¬Mem a [] := by
  intro h
  nomatch h

theorem sub_refl (xs : List α) : Sub xs xs := by
  induction xs with
  | nil => exact Sub.nil
  | cons x xs ih => exact Sub.take x ih

theorem nil_sub (xs : List α) : Sub [] xs := by
  induction xs with
  | nil => constructor
  | cons x xs ih =>
    apply Sub.skip
    exact ih

theorem sub_length {xs ys : List α} (h : Sub xs ys) : xs.length ≤ ys.length := by
  induction h with
  | nil => exact Nat.le_refl 0
  | skip y _ ih =>
    rw [List.length_cons]
    exact Nat.le_succ_of_le ih
  | take x _ ih =>
    simp only [List.length_cons]
    exact Nat.succ_le_succ ih

theorem mem_of_sub {a : α} {xs ys : List α} (h : Sub xs ys) (hm : Mem a xs) : Mem a ys := by
  induction h with
  | nil => exact hm
  | skip y _ ih =>
    apply Mem.tail
    exact ih hm
  | take x _ ih =>
    cases hm with
    | head => exact Mem.head _
    | tail _ hm => exact Mem.tail _ (ih hm)

theorem keep_sub (p : α → Bool) (xs : List α) : Sub (keep p xs) xs := by
  induction xs with
  | nil => exact Sub.nil
  | cons x xs ih =>
    unfold keep
    split
    next => exact Sub.take x ih
    next => exact Sub.skip x ih

end Examples.Lists
