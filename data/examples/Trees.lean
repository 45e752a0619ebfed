/-! Binary trees: sizes, mirror images, traversals, search trees. -/

namespace Examples.Trees

inductive Tree (α : Type) where
  | leaf : Tree α
  | node (left : Tree α) (value : α) (right : Tree α) : Tree α

namespace Tree

variable {α β : Type}

def size : Tree α → Nat
  | leaf => 0
  | node l _ r => size l + 1 + size r

def leaves : Tree α → Nat
  | leaf => 1
  | node l _ r => leaves l + leaves r

def depth : Tree α → Nat
  | leaf => 0
  | node l _ r => max (depth l) (depth r) + 1

def mirror : Tree α → Tree α
  | leaf => leaf
  | node l x r => node (mirror r) x (mirror l)

def map (f : α → β) : Tree α → Tree β
  | leaf => leaf
  | node l x r => node (map f l) (f x) (map f r)

noncomputable def toList : Tree α → List α
  | leaf => []
  | node l x r => toList l ++ x :: toList r

def onto : Tree α → List α → List α
  | leaf, acc => acc
  | node l x r, acc => onto l (x :: onto r acc)

inductive Contains (a : α) : Tree α → Prop where
  | here (l r : Tree α) : Contains a (node l a r)
  | left {l : Tree α} (x : α) (r : Tree α) : Contains a l → Contains a (node l x r)
  | right (l : Tree α) (x : α) {r : Tree α} : Contains a r → Contains a (node l x r)

def All (p : α → Prop) : Tree α → Prop
  | leaf => True
  | node l x r => All p l ∧ p x ∧ All p r

def insert (k : Nat) : Tree Nat → Tree Nat
  | leaf => node leaf k leaf
  | node l x r => if k < x then node (insert k l) x r else if x < k then node l x (insert k r) else node l x r

theorem leaves_eq_size_succ (t : Tree α) : leaves t = size t + 1 := by
  induction t with
  | leaf => rfl
  | node l x r ihl ihr =>
    simp only [leaves, size]
    omega

theorem depth_le_size (t : Tree α) : depth t ≤ size t := by
  induction t with
  | leaf => exact Nat.le_refl 0
  | node l x r ihl ihr =>
    simp only [depth, size]
    omega

theorem leaves_pos (t : Tree α) : 0 < leaves t := by
  rw [leaves_eq_size_succ]
  exact Nat.succ_pos _

theorem leaves_le_two_pow_depth (t : Tree α) : leaves t ≤ 2 ^ depth t := by
  induction t with
  | leaf => exact Nat.le_refl 1
  | node l x r ihl ihr =>
    simp only [leaves, depth]
    have hl : 2 ^ depth l ≤ 2 ^ max (depth l) (depth r) := by
      apply Nat.pow_le_pow_right
      · decide
      · exact Nat.le_max_left _ _
    have hr : 2 ^ depth r ≤ 2 ^ max (depth l) (depth r) := by
      apply Nat.pow_le_pow_right
      · decide
      · exact Nat.le_max_right _ _
    rw [Nat.pow_succ]
    omega

theorem mirror_mirror (t : Tree α) : mirror (mirror t) = t := by
  induction t with
  | leaf => rfl
  | node l x r ihl ihr =>
    simp only [mirror]
    rw [ihl, ihr]

theorem size_mirror (t : Tree α) : size (mirror t) = size t := by
  induction t with
  | leaf => rfl
  | node l x r ihl ihr =>
    simp only [mirror, size]
    rw [ihl, ihr]
    omega

theorem depth_mirror (t : Tree α) : depth (mirror t) = depth t := by
  induction t with
  | leaf => rfl
  | node l x r ihl ihr =>
    simp only [mirror, depth, ihl, ihr]
    rw [Nat.max_comm]

theorem mirror_injective {s t : Tree α} (h : mirror s = mirror t) : s = t := by
  rw [← mirror_mirror s, h, mirror_mirror]

theorem map_id (t : Tree α) : map id t = t := by
  induction t with
  | leaf => rfl
  | node l x r ihl ihr =>
    unfold map
    rw [ihl, ihr]
    rfl

theorem map_map {γ : Type} (g : β → γ) (f : α → β) (t : Tree α) : map g (map f t) = map (fun x => g (f x)) t := by
  induction t with
  | leaf => rfl
  | node l x r ihl ihr => simp [map, ihl, ihr]

theorem size_map (f : α → β) (t : Tree α) : size (map f t) = size t := by
  induction t with
  | leaf => rfl
  | node l x r ihl ihr =>
    unfold map size
    rw [ihl, ihr]

theorem map_mirror (f : α → β) (t : Tree α) : map f (mirror t) = mirror (map f t) := by
  induction t with
  | leaf => rfl
  | node l x r ihl ihr =>
    simp only [mirror, map]
    rw [ihl, ihr]

theorem length_toList (t : Tree α) : (toList t).length = size t := by
  induction t with
  | leaf => rfl
  | node l x r ihl ihr =>
    simp only [toList, size, List.length_append, List.length_cons]
    omega

theorem toList_mirror (t : Tree α) : toList (mirror t) = (toList t).reverse := by
  induction t with
  | leaf => rfl
  | node l x r ihl ihr =>
    simp only [mirror, toList]
    rw [ihl, ihr]
    simp

theorem toList_map (f : α → β) (t : Tree α) : toList (map f t) = (toList t).map f := by
  induction t with
  | leaf => rfl
  | node l x r ihl ihr =>
    simp only [map, toList, List.map_append, List.map_cons]
    rw [ihl, ihr]

theorem onto_eq (t : Tree α) (acc : List α) : onto t acc = toList t ++ acc := by
  induction t generalizing acc with
  | leaf => rfl
  | node l x r ihl ihr =>
    unfold onto toList
    rw [ihr, ihl]
    simp

theorem onto_nil (t : Tree α) : onto t [] = toList t := by
  rw [onto_eq]
  exact List.append_nil _

theorem contains_mirror {a : α} {t : Tree α} (h : Contains a t) : Contains a (mirror t) := by
  induction h with
  | here l r => exact Contains.here _ _
  | left x r _ ih => exact Contains.right _ _ ih
  | right l x _ ih => exact Contains.left _ _ ih

theorem contains_mirror_iff {a : α} {t : Tree α} : Contains a (mirror t) ↔ Contains a t := by
  constructor
  · intro h
    have h' := contains_mirror h
    rw [mirror_mirror] at h'
    exact h'
  · exact contains_mirror

theorem contains_map {a : α} (f : α → β) {t : Tree α} (h : Contains a t) : Contains (f a) (map f t) := by
  induction h with
  | here l r => constructor
  | left x r _ ih =>
    unfold map
    exact Contains.left _ _ ih
  | right l x _ ih =>
    unfold map
    exact Contains.right _ _ ih

theorem not_contains_leaf (a : α) : ¬Contains a leaf := by
  intro h
  cases h

theorem mem_toList_of_contains {a : α} {t : Tree α} (h : Contains a t) : a ∈ toList t := by
  induction h with
  | here l r =>
    unfold toList
    simp
  | left x r _ ih =>
    unfold toList
    rw [List.mem_append]
    left
    exact ih
  | right l x _ ih =>
    unfold toList
    rw [List.mem_append]
    right
    exact List.mem_cons_of_mem _ ih

theorem contains_of_mem_toList {a : α} {t : Tree α} (h : a ∈ toList t) : Contains a t := by
  induction t with
  | leaf => cases h
  | node l x r ihl ihr =>
    unfold toList at h
    rw [List.mem_append, List.mem_cons] at h
    rcases h with h | rfl | h
    · exact Contains.left _ _ (ihl h)
    · exact Contains.here _ _
    · exact Contains.right _ _ (ihr h)

theorem all_of_forall {p : α → Prop} {t : Tree α} (h : ∀ a, Contains a t → p a) : All p t := by
  induction t with
  | leaf => trivial
  | node l x r ihl ihr =>
    refine ⟨?_, ?_, ?_⟩
    · apply ihl
      intro a ha
      exact h a (Contains.left _ _ ha)
    · exact h x (Contains.here _ _)
    · apply ihr
      intro a ha
      exact h a (Contains.right _ _ ha)

theorem forall_of_all {p : α → Prop} {t : Tree α} (h : All p t) (a : α) (ha : Contains a t) : p a := by
  induction ha with
  | here l r => exact h.2.1
  | left x r _ ih =>
    apply ih
    exact h.1
  | right l x _ ih =>
    apply ih
    exact h.2.2

theorem all_mirror {p : α → Prop} {t : Tree α} (h : All p t) : All p (mirror t) := by
  induction t with
  | leaf => trivial
  | node l x r ihl ihr =>
    obtain ⟨hl, hx, hr⟩ := h
    exact ⟨ihr hr, hx, ihl hl⟩

theorem all_and {p q : α → Prop} {t : Tree α} (hp : All p t) (hq : All q t) : All (fun a => p a ∧ q a) t := by
  induction t with
  | leaf => trivial
  | node l x r ihl ihr =>
    cases hp with
    | intro hpl hp =>
      cases hq with
      | intro hql hq =>
        exact ⟨ihl hpl hql, ⟨hp.1, hq.1⟩, ihr hp.2 hq.2⟩

theorem contains_insert_self (k : Nat) (t : Tree Nat) : Contains k (insert k t) := by
  induction t with
  | leaf =>
    unfold insert
    exact Contains.here _ _
  | node l x r ihl ihr =>
    unfold insert
    split
    · exact Contains.left _ _ ihl
    · split
      · exact Contains.right _ _ ihr
      · have h : k = x := by omega
        subst h
        exact Contains.here _ _

theorem size_insert_le (k : Nat) (t : Tree Nat) : size (insert k t) ≤ size t + 1 := by
  induction t with
  | leaf => exact Nat.le_refl 1
  | node l x r ihl ihr =>
    unfold insert
    split
    · simp only [size]
      omega
    · split
      · simp only [size]
        omega
      · omega

end Tree

end Examples.Trees
