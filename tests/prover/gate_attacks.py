"""Texts that try to get a false or other proof past the gate; `test_gate.py` runs them.

Each is (name, statement, proof, words that the reason for the refusal has to contain).
"""

from __future__ import annotations

FALSE = "theorem t : 1 = 2 := by sorry"
TRUE = "theorem t (a b : Nat) : a + b = b + a := by sorry"
T = "theorem t : 1 = 2 := "
C = "theorem t (a b : Nat) : a + b = b + a := "

SORRY = [
    ("sorry, tactic", FALSE, T + "by sorry", "sorry"),
    ("sorry, term", FALSE, T + "sorry", "sorry"),
    ("admit", FALSE, T + "by admit", "sorry"),
    ("sorryAx by name", FALSE, T + "sorryAx _ false", "sorry"),
    ("sorryAx, synthetic", FALSE, T + "sorryAx _ true", "sorry"),
    ("sorry in a have", FALSE, T + "by\n  have h : False := sorry\n  exact h.elim", "sorry"),
    ("sorry in a lemma", FALSE, "theorem aux : 1 = 2 := sorry\n" + T + "aux", "sorry"),
    ("sorry in a private lemma", FALSE, "private theorem aux : False := by sorry\n" + T + "aux.elim", "sorry"),
    ("sorry in a definition", FALSE, "def aux : PLift (1 = 2) := sorry\n" + T + "aux.down", "sorry"),
    (
        "sorry in an instance",
        FALSE,
        "instance : Inhabited (PLift (1 = 2)) := ⟨sorry⟩\n" + T + "(default : PLift (1 = 2)).down",
        "sorry",
    ),
    ("sorry by macro", FALSE, 'macro "honest" : tactic => `(tactic| sorry)\n' + T + "by honest", "sorry"),
    ("sorry by term macro", FALSE, 'macro "honest" : term => `(sorry)\n' + T + "honest", "sorry"),
    ("sorry by notation", FALSE, 'notation "qed" => sorryAx _\n' + T + "qed true", "sorry"),
    ("sorry through calc", FALSE, T + "calc 1 = 3 := sorry\n  _ = 2 := sorry", "sorry"),
    ("sorry with warnings off", FALSE, "set_option warn.sorry false in\n" + T + "by sorry", "sorry"),
    ("stop", FALSE, T + "by\n  stop\n  rfl", "sorry"),
    ("a lemma that is an error", FALSE, "theorem aux : 1 = 2 := by decide\n" + T + "aux", "elaborate"),
    ("recovered term error", FALSE, T + "by exact foo", "elaborate"),
    ("lcProof", FALSE, T + "lcProof", "lcProof"),
]

AXIOMS = [
    ("axiom", FALSE, "axiom magic : 1 = 2\n" + T + "magic", "axiom"),
    ("axiom False", FALSE, "axiom magic : False\n" + T + "magic.elim", "axiom"),
    (
        "axiom in a namespace",
        FALSE,
        "namespace Classical\naxiom choice2 : False\nend Classical\n" + T + "Classical.choice2.elim",
        "axiom",
    ),
    (
        "axiom behind a lemma",
        FALSE,
        "axiom magic : ∀ p : Prop, p\ntheorem aux (p : Prop) : p := magic p\n" + T + "aux _",
        "axiom",
    ),
    ("axiom behind a definition", FALSE, "axiom magic : Nat → False\ndef aux := magic 0\n" + T + "aux.elim", "axiom"),
    (
        "axiom behind an instance",
        FALSE,
        "axiom magic : Nonempty (PLift (1 = 2))\n"
        "instance : Nonempty (PLift (1 = 2)) := magic\n" + T + "(Classical.ofNonempty (α := PLift (1 = 2))).down",
        "axiom",
    ),
    ("axiom as variable's type", FALSE, "axiom T : Type\naxiom x : T → 1 = 2\naxiom y : T\n" + T + "x y", "axiom"),
    ("axiom with an attribute", FALSE, "@[simp] axiom magic : (1 = 2) = True\n" + T + "by simp [magic]", "axiom"),
    ("axiom declared by the theorem's own name", FALSE, "axiom t : 1 = 2", "kind axiom"),
    ("unsafe axiom", FALSE, "unsafe axiom magic : False\n" + T + "by exact magic.elim", "unsafe"),
]

COMPILER = [
    (
        "native_decide",
        "theorem t : 2 ^ 10 = 1024 := by sorry",
        "theorem t : 2 ^ 10 = 1024 := by native_decide",
        "compiler",
    ),
    (
        "decide +native",
        "theorem t : 2 ^ 10 = 1024 := by sorry",
        "theorem t : 2 ^ 10 = 1024 := by decide +native",
        "compiler",
    ),
    (
        "native_decide on a false claim by implemented_by",
        "theorem t : (0 == 1) = true := by sorry",
        "def f (b : Bool) : Bool := true\n@[implemented_by f] def g (b : Bool) : Bool := b\n"
        "theorem aux : g false = true := by native_decide\ntheorem t : (0 == 1) = true := by simpa [g] using aux",
        "implemented_by",
    ),
    (
        "ofReduceBool by hand",
        FALSE,
        "theorem aux : (true = true) := Lean.ofReduceBool true true rfl\n"
        + "theorem t : 1 = 2 := by have := aux; exact absurd this (by simp)",
        "elaborate",
    ),
    (
        "reduceBool in the kernel",
        "theorem t : Lean.reduceBool true = true := by sorry",
        "theorem t : Lean.reduceBool true = true := rfl",
        "elaborate",
    ),
    ("extern", FALSE, '@[extern "lean_nat_add"] def f (a b : Nat) : Nat := 0\n' + T + "by sorry", "extern"),
    (
        "implemented_by alone",
        TRUE,
        "def f : Nat := 1\n@[implemented_by f] def g : Nat := 0\n" + C + "by omega",
        "implemented_by",
    ),
    ("unsafe definition", TRUE, "unsafe def f : Nat := unsafeCast 3\n" + C + "by omega", "unsafe"),
    ("unsafe proof", FALSE, "unsafe def magic : 1 = 2 := unsafeCast ()\n" + T + "magic", "unsafe"),
    (
        "opaque by unsafe",
        FALSE,
        "unsafe def bad : PLift (1 = 2) := unsafeCast ()\n@[implemented_by bad] opaque good : "
        "PLift (1 = 2)\n" + T + "good.down",
        "unsafe",
    ),
    ("opaque of an empty type", FALSE, "opaque good : PLift (1 = 2)\n" + T + "good.down", "elaborate"),
    (
        "partial",
        FALSE,
        "partial def loop (n : Nat) : PLift (1 = 2) := loop (n + 1)\n" + T + "(loop 0).down",
        "elaborate",
    ),
    (
        "partial, inhabited by sorry",
        FALSE,
        "instance : Inhabited (PLift (1 = 2)) := ⟨sorry⟩\n"
        "partial def loop (n : Nat) : PLift (1 = 2) := loop (n + 1)\n" + T + "(loop 0).down",
        "sorry",
    ),
    (
        "csimp",
        TRUE,
        "def f (n : Nat) := n\ndef g (n : Nat) := n\n@[csimp] theorem fg : @f = @g := rfl\n" + C + "by omega",
        "csimp",
    ),
    ("run_cmd", TRUE, "run_cmd pure ()\n" + C + "by omega", "run_cmd"),
    ("#eval", TRUE, "#eval 1\n" + C + "by omega", "#eval"),
    ("initialize", TRUE, "initialize x : Nat ← pure 1\n" + C + "by omega", "initialize"),
]

KERNEL = [
    ("skipKernelTC", FALSE, "set_option debug.skipKernelTC true in\ntheorem t : 1 = 2 := by decide +kernel", "kernel"),
    (
        "skipKernelTC for the whole file",
        FALSE,
        "set_option debug.skipKernelTC true\ntheorem t : 1 = 2 := by decide +kernel",
        "kernel",
    ),
    (
        "skipKernelTC in a lemma",
        FALSE,
        "set_option debug.skipKernelTC true in\ntheorem aux : 1 = 2 := by decide +kernel\n" + T + "aux",
        "kernel",
    ),
    (
        "skipKernelTC False",
        "theorem t : False := by sorry",
        "set_option debug.skipKernelTC true in\ntheorem aux : 1 = 2 := by decide +kernel\n"
        "theorem t : False := absurd aux (by decide)",
        "kernel",
    ),
    (
        "the machine has 32 bits",
        "theorem t : System.Platform.numBits = 32 := by sorry",
        "theorem t : System.Platform.numBits = 32 := by decide",
        "elaborate",
    ),
    (
        "the machine has 32 bits, rfl",
        "theorem t : System.Platform.numBits = 32 := by sorry",
        "theorem t : System.Platform.numBits = 32 := rfl",
        "elaborate",
    ),
    (
        "the machine has 32 bits, simp",
        "theorem t : System.Platform.numBits = 32 := by sorry",
        "theorem t : System.Platform.numBits = 32 := by simp",
        "elaborate",
    ),
    (
        "USize.size",
        "theorem t : USize.size = 4294967296 := by sorry",
        "theorem t : USize.size = 4294967296 := by decide",
        "elaborate",
    ),
]

ANOTHER_STATEMENT = [
    ("a weaker statement", FALSE, "theorem t : 1 = 1 := rfl", "another type"),
    ("an extra hypothesis", FALSE, "theorem t (h : False) : 1 = 2 := h.elim", "another type"),
    ("fewer variables", TRUE, "theorem t (a : Nat) : a + a = a + a := rfl", "another type"),
    ("other order", TRUE, "theorem t (b a : Nat) : a + b = b + a := by omega", "another type"),
    ("another type of numbers", TRUE, "theorem t (a b : Int) : a + b = b + a := by omega", "another type"),
    ("another name", FALSE, "theorem u : 1 = 1 := rfl", "no theorem t"),
    ("inside a namespace", FALSE, "namespace A\ntheorem t : 1 = 1 := rfl\nend A", "no theorem t"),
    ("left in a namespace", TRUE, "namespace A\n" + C + "by omega", "no theorem t"),
    ("variables added", TRUE, "variable (h : False)\ninclude h\n" + C + "by omega", "another type"),
    (
        "variable of instance",
        "theorem t (a b : Nat) : (a = b) ∨ ¬ (a = b) := by sorry",
        "variable (p : Prop) [inst : Decidable p]\ninclude p\ninclude inst\n"
        "theorem t (a b : Nat) : (a = b) ∨ ¬ (a = b) := by omega",
        "another type",
    ),
    (
        "section variable shadows a constant",
        "def k : Nat := 2\ntheorem t : k = 2 := by sorry",
        "def k : Nat := 2\nsection\nvariable (k : Nat) (h : k = 2)\ninclude h\ntheorem t : k = 2 := h\nend",
        "another type",
    ),
    (
        "notation for =",
        FALSE,
        'local infix:50 " = " => fun (a b : Nat) => a ≤ b\ntheorem t : 1 = 2 := by decide',
        "elaborate",
    ),
    ("notation for 2", FALSE, 'local notation "2" => 1\ntheorem t : 1 = 2 := rfl', "elaborate"),
    (
        "macro_rules on terms",
        FALSE,
        "macro_rules | `($a = $b) => `(True)\ntheorem t : 1 = 2 := trivial",
        "another type",
    ),
    (
        "macro_rules for +",
        TRUE,
        "local macro_rules | `($a + $b) => `(0)\ntheorem t (a b : Nat) : a + b = b + a := rfl",
        "another type",
    ),
    (
        "instance of OfNat",
        "theorem t : (1 : Nat) = 2 := by sorry",
        "instance (priority := 10000) bad (n : Nat) : OfNat Nat n := ⟨0⟩\ntheorem t : (1 : Nat) = 2 := rfl",
        "another type",
    ),
    (
        "instance of Add",
        "theorem t (a b : Nat) : a + b = 0 := by sorry",
        "instance (priority := 10000) : Add Nat := ⟨fun _ _ => 0⟩\ntheorem t (a b : Nat) : a + b = 0 := rfl",
        "another type",
    ),
    (
        "instance of LT",
        "theorem t : 2 < 1 := by sorry",
        "instance (priority := 10000) : LT Nat := ⟨fun _ _ => True⟩\ntheorem t : 2 < 1 := trivial",
        "another type",
    ),
    (
        "coercion",
        "theorem t (n : Nat) : (n : Int) = 0 := by sorry",
        "instance (priority := 10000) : NatCast Int := ⟨fun _ => 0⟩\ntheorem t (n : Nat) : (n : Int) = 0 := rfl",
        "another type",
    ),
    (
        "default instance",
        "theorem t : 1 / 2 = 1 := by sorry",
        "local instance (priority := 10000) : Div Nat := ⟨fun _ _ => 1⟩\ntheorem t : 1 / 2 = 1 := rfl",
        "another type",
    ),
    (
        "definition redefined",
        "def k : Nat := 2\ntheorem t : k = 3 := by sorry",
        "def k : Nat := 3\ntheorem t : k = 3 := rfl",
        "another k",
    ),
    (
        "structure redefined",
        "structure S where\n  x : Nat\n  h : x = 0\ntheorem t (s : S) : s.x = 1 := by sorry",
        "structure S where\n  x : Nat\n  h : x = 1\ntheorem t (s : S) : s.x = 1 := s.h",
        "another",
    ),
    (
        "inductive redefined",
        "inductive P : Nat → Prop | a : P 0\ntheorem t : P 1 := by sorry",
        "inductive P : Nat → Prop | a : P 1\ntheorem t : P 1 := .a",
        "another",
    ),
    (
        "inductive with one more constructor",
        "inductive P : Nat → Prop | a : P 0\ntheorem t : P 1 := by sorry",
        "inductive P : Nat → Prop | a : P 0 | b : P 1\ntheorem t : P 1 := .b",
        "another",
    ),
    (
        "class instance redefined",
        "class C (n : Nat) : Prop where\n  p : n = 0\ninstance : C 0 := ⟨rfl⟩\ntheorem t : C 1 := by sorry",
        "class C (n : Nat) : Prop where\n  p : n = n\ninstance : C 0 := ⟨rfl⟩\ntheorem t : C 1 := ⟨rfl⟩",
        "another",
    ),
    (
        "opaque value swapped",
        "def k : Nat := 2\ndef l : Nat := k\ntheorem t : l = 3 := by sorry",
        "def k : Nat := 3\ndef l : Nat := k\ntheorem t : l = 3 := rfl",
        "another k",
    ),
    ("theorem turned into a definition", TRUE, "def t (a b : Nat) : a + b = b + a := by omega", "kind definition"),
    (
        "theorem turned into an abbreviation",
        TRUE,
        "abbrev t (a b : Nat) : a + b = b + a := Nat.add_comm a b",
        "kind definition",
    ),
    (
        "auto-bound typo",
        "theorem t (xs : List Nat) : xs.length = xs.length + 0 := by sorry",
        "set_option autoImplicit true\ntheorem t : xs = xs := rfl",
        "another type",
    ),
    (
        "auto-bound variable swallows a constant",
        "def two : Nat := 2\ntheorem t : two = 2 := by sorry",
        "set_option autoImplicit true\ntheorem t {two : Nat} (h : two = 2) : two = 2 := h",
        "another type",
    ),
    (
        "universe fixed",
        "theorem t {α : Type u} (x : α) : x = x := by sorry",
        "theorem t {α : Type} (x : α) : x = x := rfl",
        "another type",
    ),
    (
        "universe swapped",
        "theorem t {α : Type u} {β : Type v} (x : α × β) : x = x := by sorry",
        "theorem t.{v, u} {α : Type u} {β : Type v} (x : α × β) : x = x := rfl",
        "another type",
    ),
    ("look-alike name", TRUE, "theorem tt (a b : Nat) : a + b = b + a := by omega", "no theorem t"),
    ("look-alike letter", "theorem tο : 1 = 1 := by sorry", "theorem too : 1 = 1 := rfl", "no theorem"),
    (
        "look-alike variable in the statement",
        "theorem t (o ο : Nat) (h : o = 1) : ο = 1 := by sorry",
        "theorem t (o ο : Nat) (h : o = 1) : o = 1 := h",
        "another type",
    ),
    (
        "look-alike ∀ by notation",
        "theorem t : ∀ n : Nat, n = 0 := by sorry",
        'local notation "∀ n : Nat, n = 0" => True\ntheorem t : ∀ n : Nat, n = 0 := trivial',
        "elaborate",
    ),
    ("commented out", FALSE, "/- theorem t : 1 = 2 := by omega -/", "no theorem t"),
    ("in a string", FALSE, 'def s := "theorem t : 1 = 2 := rfl"', "no theorem t"),
    ("after #exit", FALSE, "#exit\ntheorem t : 1 = 2 := rfl", "no theorem t"),
    ("block comment hides the goal", FALSE, "theorem t : 1 = /- 2 := by sorry\n-/ 1 := rfl", "another type"),
    ("nothing", FALSE, "-- nothing here", "no theorem t"),
    ("syntax error after", FALSE, "theorem t : 1 = 1 := rfl\nn ! < 3", "elaborate"),
    ("only a syntax error", FALSE, "n ! < 3", "elaborate"),
    ("the theorem twice", FALSE, "theorem t : 1 = 1 := rfl\ntheorem t : 1 = 2 := by decide", "elaborate"),
    (
        "end of a namespace that is the statement's",
        "namespace A\ntheorem t : 1 = 2 := by sorry\nend A",
        "namespace A\nend A\ntheorem t : 1 = 1 := rfl",
        "no theorem",
    ),
    (
        "section tricks",
        "section\nvariable (p : Prop)\ntheorem t : p → p := by sorry\nend",
        "section\nvariable (p : Prop)\nend\ntheorem t (p q : Prop) : p → p := id",
        "another type",
    ),
    (
        "local instance of Decidable",
        "theorem t (n : Nat) : decide (n = n) = true := by sorry",
        "local instance (priority := 10000) (n : Nat) : Decidable (n = n) := .isTrue rfl\n"
        "theorem t (n : Nat) : decide (n = n) = true := rfl",
        "another type",
    ),
    ("private theorem of the same name", FALSE, "private theorem t : 1 = 1 := rfl", "no theorem t"),
    ("protected in another place", FALSE, "protected theorem Nat.t : 1 = 1 := rfl", "no theorem t"),
    ("another import", TRUE, "import Std\n" + C + "by omega", "imports"),
    ("prelude", TRUE, "prelude\nimport Init.Prelude\ntheorem t : True := trivial", "imports"),
    ("an import that is not there", TRUE, "import Mathlib\n" + C + "by omega", "imports"),
    (
        "binder type changed by open",
        "theorem t (x : Nat) : x.succ = x.succ := by sorry",
        "namespace B\nabbrev Nat := Int\nend B\nopen B in\ntheorem t (x : B.Nat) : x = x := rfl",
        "another type",
    ),
    ("statement as an example", FALSE, "example : 1 = 1 := rfl", "no theorem t"),
    (
        "theorem of a mutual block with a loop",
        FALSE,
        "mutual\ntheorem t : 1 = 2 := u\ntheorem u : 1 = 2 := t\nend",
        "elaborate",
    ),
    ("recursion without decrease", FALSE, "theorem t : 1 = 2 := t", "elaborate"),
    (
        "decreasing_by sorry",
        "theorem t (n : Nat) : n = n + 1 := by sorry",
        "theorem t (n : Nat) : n = n + 1 := absurd (t (n + 1)) (by omega)\ntermination_by n\ndecreasing_by sorry",
        "sorry",
    ),
]

ATTACKS = [*SORRY, *AXIOMS, *COMPILER, *KERNEL, *ANOTHER_STATEMENT]
