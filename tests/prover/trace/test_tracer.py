"""What a trace holds: steps and their states, places, premises; and what is left out, with which reason."""

from __future__ import annotations

import json

import pytest

from prover.trace.records import traced_file

TEXT = """namespace A

/-- Turns it round. -/
@[simp] theorem swap (p q : Prop) (h : p ∧ q) : q ∧ p := by
  constructor
  · exact h.right -- the second
  · exact And.left h

theorem twice (p q : Prop) (h : p ∧ q) : p ∧ q :=
  swap q p (by exact swap p q h)

inductive T where
  | a
  | b (n : Nat)

end A
"""


def tactics(theorem):
    return [s.tactic for s in theorem.steps]


def reasons(traced):
    return {(n.theorem, n.tactic): n.reason for n in traced.not_traced}


def test_steps_states_and_places(trace):
    traced = trace(TEXT)
    swap, twice = traced.theorems
    assert (swap.name, swap.place, swap.end, swap.by_tactics) == ("A.swap", (4, 9), (7, 21), True)
    assert swap.statement == "theorem swap (p q : Prop) (h : p ∧ q) : q ∧ p"
    start = "p q : Prop\nh : p ∧ q\n⊢ q ∧ p"
    left, right = "case left\np q : Prop\nh : p ∧ q\n⊢ q", "case right\np q : Prop\nh : p ∧ q\n⊢ p"
    assert [(s.tactic, s.before, s.after, s.place, s.end, s.block) for s in swap.steps] == [
        ("constructor", start, f"{left}\n\n{right}", (5, 3), (5, 14), 0),
        ("· exact h.right", f"{left}\n\n{right}", right, (6, 3), (6, 18), 0),
        ("exact h.right", left, "no goals", (6, 5), (6, 18), 1),
        ("· exact And.left h", right, "no goals", (7, 3), (7, 21), 0),
        ("exact And.left h", right, "no goals", (7, 5), (7, 21), 2),
    ]
    assert not twice.by_tactics and tactics(twice) == ["exact swap p q h"]
    assert twice.steps[0].before == "p q : Prop\nh : p ∧ q\n⊢ q ∧ p"
    assert not traced.not_traced


def test_declarations_are_premises_with_their_code(trace):
    found = {d.name: d for d in trace(TEXT).declarations}
    assert list(found) == ["A.swap", "A.twice", "A.T"]
    assert found["A.swap"].code == "@[simp] theorem swap (p q : Prop) (h : p ∧ q) : q ∧ p"
    assert (found["A.swap"].place, found["A.swap"].end) == ((3, 1), (7, 21))
    assert found["A.T"].kind == "inductive" and found["A.T"].code == "inductive T where\n  | a\n  | b (n : Nat)"


def test_premises_are_named_with_modules_or_places(trace):
    swap, twice = trace(TEXT).theorems
    [right] = swap.steps[2].premises
    assert (right.name, right.module) == ("And.right", "Init.Prelude")
    assert swap.steps[2].annotated(swap.steps[2].premises) == "exact h.<a>right</a>"
    assert swap.steps[4].annotated(swap.steps[4].premises) == "exact <a>And.left</a> h"
    [own] = twice.steps[0].premises
    assert (own.name, own.module, own.start, own.end) == ("A.swap", "", (4, 17), (4, 21))


def test_premises_of_constructors_and_private_theorems_of_the_file(trace):
    traced = trace("inductive T where\n  | a\n  | b\nprivate theorem p : T.a = .a := by rfl\n"
                   "theorem t : T.a = T.a ∧ True := by\n  exact ⟨p, trivial⟩\ntheorem u : T := by exact T.b\n"
                   "theorem v : ∃ x : T, x = T.b := by\n  exists T.b\n")  # fmt: skip
    by_name = {t.name: t for t in traced.theorems}
    assert by_name["p"].private
    assert [(p.name, p.start) for p in by_name["t"].steps[0].premises] == [("p", (4, 17)), ("trivial", None)]
    assert [(p.name, p.start, p.end) for p in by_name["v"].steps[0].premises] == [("T.b", (3, 5), (3, 6))]


def test_columns_count_code_points(trace):
    traced = trace("theorem 𝕜𝕜 (𝕜 : Nat) (h : 𝕜 = 0) : 0 = 𝕜 ∧ True := by /- 𝕜 -/ constructor; exact h.symm; trivial\n")
    [theorem] = traced.theorems
    line = "theorem 𝕜𝕜 (𝕜 : Nat) (h : 𝕜 = 0) : 0 = 𝕜 ∧ True := by /- 𝕜 -/ constructor; exact h.symm; trivial"
    assert [s.place for s in theorem.steps] == [
        (1, line.index(word) + 1) for word in ("constructor", "exact", "trivial")
    ]
    assert theorem.end == (1, len(line) + 1)
    assert theorem.steps[0].before == "𝕜 : Nat\nh : 𝕜 = 0\n⊢ 0 = 𝕜 ∧ True"


def test_line_ends_and_a_byte_order_mark_change_nothing(trace):
    plain = trace(TEXT)
    marked = trace(b"\xef\xbb\xbf" + TEXT.replace("\n", "\r\n").encode())
    assert (marked.theorems, marked.declarations) == (plain.theorems, plain.declarations)
    assert marked.sha256 != plain.sha256


def test_a_trace_survives_json(trace):
    traced = trace(TEXT + "theorem bad : 1 = 2 := by rfl\ntheorem s : 1 = 1 := by first | rfl\n")
    assert traced_file(json.loads(json.dumps(traced.to_json()))) == traced


FORMS = [
    ("calc 1 = 1 := by rfl\n    _ = 1 := rfl", ["calc 1 = 1 := by rfl\n  _ = 1 := rfl", "rfl"]),
    ("conv => lhs; rw [← Nat.add_zero 1]", ["conv => lhs; rw [← Nat.add_zero 1]"]),
    ("match 1 with\n  | 0 => rfl\n  | n + 1 => skip; rfl",
     ["match 1 with\n| 0 => rfl\n| n + 1 => skip; rfl", "rfl", "skip", "rfl"]),
    ("have h : 1 = 1 := by\n    have : 0 = 0 := by rfl\n    rfl\n  exact h",
     ["have h : 1 = 1 := by\n  have : 0 = 0 := by rfl\n  rfl", "have : 0 = 0 := by rfl", "rfl", "rfl", "exact h"]),
    ("cases true <;> rfl", ["cases true <;> rfl"]),
    ("if h : 1 = 1 then exact h else exact absurd rfl h",
     ["if h : 1 = 1 then exact h else exact absurd rfl h", "exact h", "exact absurd rfl h"]),
    ("exact (fun _ => by rfl : True → 1 = 1) (by trivial)",
     ["exact (fun _ => by rfl : True → 1 = 1) (by trivial)", "rfl", "trivial"]),
    ("-- a\n  rfl /- b -/ -- c", ["rfl"]),
    ('have : "-- /-" = "-- /-" := rfl\n  rfl', ['have : "-- /-" = "-- /-" := rfl', "rfl"]),
    ("{ rfl }", ["rfl"]),
    ("skip\n  { rfl }", ["skip", "{ rfl }", "rfl"]),
    ("funext_twice", ["funext_twice"]),
]  # fmt: skip


@pytest.mark.parametrize(("proof", "expected"), FORMS)
def test_forms_of_proofs(trace, proof, expected):
    traced = trace(f'macro "funext_twice" : tactic => `(tactic| (skip; rfl))\ntheorem t : 1 = 1 := by\n  {proof}\n')
    [theorem] = traced.theorems
    assert tactics(theorem) == expected


@pytest.mark.parametrize(
    ("proof", "left_out"),
    [
        ("first | (skip; omega) | simp", {"skip": "inside `first`", "simp": "inside `first`"}),
        ("try rfl", {"rfl": "inside `try`"}),
        ("skip <;> (rfl)", {"rfl": "inside `<;>`"}),
        ("all_goals rfl", {"rfl": "inside `all_goals`"}),
        ("repeat rfl", {"rfl": "inside `repeat`"}),
        ("own rfl", {"rfl": "inside the macro `own`"}),
        ("conv =>\n    tactic => skip\n  rfl", {}),
        ("conv => lhs; tactic => rw [show 1 = 1 by rfl]", {}),
        ("first | exact (by rfl) | skip", {"rfl": "inside `first`"}),
        ("set_option pp.all true in rfl", {"rfl": "inside `set_option`"}),
        ("rcases (Or.inl rfl : 1 = 1 ∨ 1 = 1) with h | h\n  case inl | inr => rfl", {"rfl": "it is run 2 times"}),
    ],
)
def test_what_cannot_run_by_itself_is_listed(trace, proof, left_out):
    own = 'macro "own " t:tacticSeq : tactic => `(tactic| ($t:tacticSeq))\n'
    traced = trace(f"{own}theorem t : 1 = 1 := by\n  {proof}\n")
    said = {n.tactic: n.reason for n in traced.not_traced if n.theorem == "t"}
    assert left_out.items() <= said.items()
    [theorem] = traced.theorems or [None]
    if theorem is not None:
        assert not set(left_out) & set(tactics(theorem))


def test_a_macro_that_expands_to_itself_counts_once(trace):
    [theorem] = trace("theorem t : (fun a b : Nat => a + b) = fun a b => b + a := by\n  funext x y\n"
                      "  exact Nat.add_comm x y\n").theorems  # fmt: skip
    assert tactics(theorem) == ["funext x y", "exact Nat.add_comm x y"]


def test_two_theorems_of_one_name(trace):
    traced = trace("theorem t : 1 = 1 := by rfl\ntheorem t : 2 = 2 := by rfl\ntheorem u : 3 = 3 := by rfl\n")
    assert [t.name for t in traced.theorems] == ["t", "u"] and traced.theorems[0].place == (1, 1)
    [left_out] = traced.not_traced
    assert left_out.theorem == "t" and left_out.place == (2, 1) and "already been declared" in left_out.reason


def test_what_leans_on_an_error_goes_with_it(trace):
    traced = trace("def f : Nat := true + 1\ntheorem good : 1 = 1 := by rfl\ntheorem bad : f = f := by rfl\n"
                   "theorem worse : 1 = 2 := by rfl\ntheorem open_ : 1 = 1 := by sorry\n"
                   "theorem last : 1 = 1 := by exact good\n")  # fmt: skip
    assert [t.name for t in traced.theorems] == ["good", "last"]
    assert reasons(traced)["open_", ""] == "its proof uses sorry"
    assert {n.theorem for n in traced.not_traced} == {"f", "bad", "worse", "open_"}
    # Without `f`, Lean would read `f = f` as being about any f: another theorem.
    assert "changes without a command that has errors" in reasons(traced)["bad", ""]
    assert all("does not elaborate: line" in reasons(traced)[name, ""] for name in ("f", "worse"))


def test_what_leans_on_something_unproved_is_not_traced(trace):
    traced = trace("axiom ax : 1 = 2\ntheorem a : 1 = 2 := by exact ax\ntheorem s : 1 = 3 := by admit\n"
                   "def d : 1 = 3 := s\ntheorem b : 1 = 3 := by\n  have h := d\n  exact h\n"
                   "theorem c : 1 = 1 := by exact rfl\n")  # fmt: skip
    assert [t.name for t in traced.theorems] == ["c"]
    assert reasons(traced) == {
        ("a", ""): "it leans on ax, which is not proved", ("s", ""): "its proof uses sorry",
        ("b", ""): "it leans on d, which is not proved",
    }  # fmt: skip


def test_tabs_cost_the_command_that_has_them(trace):
    traced = trace("theorem a : 1 = 1 := by\n\trfl\ntheorem b : 1 = 1 := by rfl\n")
    assert [t.name for t in traced.theorems] == ["b"]
    assert "tabs are not allowed" in traced.not_traced[0].reason


def test_code_against_leans_library_is_left_to_a_native_lean(trace):
    traced = trace("def f (xs : List Nat) : List Nat := xs ++ xs\n#eval f [1]\ntheorem t : 1 = 1 := by rfl\n")
    assert [t.name for t in traced.theorems] == ["t"]
    assert any("a native Lean can" in n.reason for n in traced.not_traced)


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (b"import Mathlib\ntheorem t : 1 = 1 := by rfl\n", "has no module Mathlib"),
        (b"module\ntheorem t : 1 = 1 := by rfl\n", "does not read `module` files"),
        (b"import \n", "header does not parse"),
        (b"theorem \xff : 1 = 1 := by rfl\n", "no UTF-8 text (byte 8)"),
    ],
)
def test_files_that_are_not_traced(trace, content, reason):
    traced = trace(content)
    [left_out] = traced.not_traced
    assert reason in left_out.reason and not traced.theorems and left_out.theorem == ""


def test_imports_are_those_of_the_header(trace):
    traced = trace("import Std.Data.HashMap\ntheorem t (m : Std.HashMap Nat Nat) : m = m := by rfl\n")
    assert traced.imports == ("Init", "Std.Data.HashMap") and traced.steps == 1
    assert trace("theorem t : 1 = 1 := by exact Nat.add_comm 1 0\n").imports == ("Init",)
