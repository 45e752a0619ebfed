"""Rules for theorems about a source's own functions: what they read off a goal, and that Lean accepts it."""

from __future__ import annotations

import pytest

from prover.generators.portfolio import make_generator
from prover.generators.protocol import LocalDeclaration, Position
from prover.generators.rules.own import applications, own
from prover.lean.protocol import Limits, Solved
from prover.lean.state import Goal
from prover.sources import declared

LISTS = """
def sumTR : List Nat → Nat → Nat
  | [], acc => acc
  | x :: xs, acc => sumTR xs (acc + x)
def lenTR {α : Type} (l : List α) (n : Nat) : Nat :=
  match l with
  | [] => n
  | _ :: t => lenTR t (n + 1)
def revTR {α : Type} : List α → List α → List α
  | [], acc => acc
  | x :: xs, acc => revTR xs (x :: acc)
def insert (x : Nat) : List Nat → List Nat
  | [] => [x]
  | y :: ys => if x ≤ y then x :: y :: ys else y :: insert x ys
def isort : List Nat → List Nat
  | [] => []
  | x :: xs => insert x (isort xs)
inductive Sorted : List Nat → Prop where
  | nil : Sorted []
  | one (x : Nat) : Sorted [x]
  | cons (x y : Nat) (l : List Nat) : x ≤ y → Sorted (y :: l) → Sorted (x :: y :: l)
"""
INSERT_SORTED = """theorem insert_sorted (x : Nat) (l : List Nat) (h : Sorted l) : Sorted (insert x l) := by
  induction h <;> grind [_root_.insert, Sorted]
"""
MORE_LISTS = """
def count (x : Nat) : List Nat → Nat
  | [] => 0
  | y :: ys => if x = y then count x ys + 1 else count x ys
def zipAdd : List Nat → List Nat → List Nat
  | x :: xs, y :: ys => (x + y) :: zipAdd xs ys
  | _, _ => []
def split : List Nat → List Nat × List Nat
  | [] => ([], [])
  | x :: xs =>
    let r := split xs
    if x % 2 = 0 then (x :: r.1, r.2) else (r.1, x :: r.2)
def shift : List Bool → Int → Int
  | [], n => n
  | true :: w, n => shift w (n + 1)
  | false :: w, n => shift w (n - 1)
def sumTo (n : Nat) : Nat := go n 0
where
  go : Nat → Nat → Nat
    | 0, acc => acc
    | n + 1, acc => go n (acc + (n + 1))
inductive Star {α : Type} (r : α → α → Prop) : α → α → Prop where
  | refl (a : α) : Star r a a
  | head {a b c : α} : r a b → Star r b c → Star r a c
"""
NUMBERS = """
def fact : Nat → Nat
  | 0 => 1
  | n + 1 => (n + 1) * fact n
def factTR : Nat → Nat → Nat
  | 0, acc => acc
  | n + 1, acc => factTR n (acc * (n + 1))
def fib : Nat → Nat
  | 0 => 0
  | 1 => 1
  | n + 2 => fib n + fib (n + 1)
def fibTR : Nat → Nat → Nat → Nat
  | 0, a, _ => a
  | n + 1, a, b => fibTR n b (a + b)
inductive Even : Nat → Prop where
  | zero : Even 0
  | step (n : Nat) : Even n → Even (n + 2)
"""
TREES = """
inductive Tree (α : Type) where
  | leaf : Tree α
  | node : Tree α → α → Tree α → Tree α
namespace Tree
def mirror {α : Type} : Tree α → Tree α
  | leaf => leaf
  | node l x r => node r.mirror x l.mirror
def size {α : Type} : Tree α → Nat
  | leaf => 0
  | node l _ r => l.size + 1 + r.size
def flatten {α : Type} : Tree α → List α
  | leaf => []
  | node l x r => l.flatten ++ x :: r.flatten
def flattenTR {α : Type} : Tree α → List α → List α
  | leaf, acc => acc
  | node l x r, acc => l.flattenTR (x :: r.flattenTR acc)
"""


def special(lean, source: str):
    """The state of a source's last theorem with its variables named, and what its goal suggests."""
    opened = lean.open(f"{source} := by sorry")
    assert not [m for m in opened.messages if m.severity == "error"]
    hole = opened.holes[-1]
    goals = lean.goals(hole.state)
    local = declared(opened.source[: hole.start], {hole.theorem})
    return hole.state, make_generator("portfolio").opening(Position(goals, local=local))[1]


@pytest.mark.parametrize(
    ("source", "statement"),
    [
        (LISTS, "(l : List Nat) : sumTR l 0 = l.sum"),
        (LISTS, "(l : List Nat) : l.sum = sumTR l 0"),
        (LISTS, "{α : Type} (l : List α) : revTR l [] = l.reverse"),
        (LISTS, "{α : Type} (xs ys : List α) : lenTR (xs ++ ys) 0 = lenTR xs 0 + lenTR ys 0"),
        (LISTS, "(x : Nat) (l : List Nat) : (insert x l).length = l.length + 1"),
        (LISTS, "(x : Nat) (l : List Nat) : (insert x l).Perm (x :: l)"),
        (LISTS, "(x : Nat) (l : List Nat) (h : Sorted l) : Sorted (insert x l)"),
        (LISTS + INSERT_SORTED, "(l : List Nat) : Sorted (isort l)"),
        (LISTS, "(l : List Nat) : Sorted (isort l)"),  # without the lemma
        (LISTS, "(l : List Nat) : (isort l).length = l.length"),
        (LISTS, "{α : Type} (l : List α) : revTR (revTR l []) [] = l"),
        (MORE_LISTS, "(x : Nat) (xs : List Nat) : count x xs.reverse = count x xs"),
        (MORE_LISTS, "(xs ys : List Nat) : zipAdd xs ys = zipAdd ys xs"),
        (MORE_LISTS, "(xs ys : List Nat) : zipAdd xs ys = List.zipWith (· + ·) xs ys"),
        (MORE_LISTS, "(xs : List Nat) (x : Nat) (h : x ∈ (split xs).1) : x % 2 = 0"),
        (MORE_LISTS, "(v w : List Bool) (n : Int) : shift (v ++ w) n = shift w (shift v n)"),
        (MORE_LISTS, "(n : Nat) : 2 * sumTo n = n * (n + 1)"),
        (MORE_LISTS, "{α : Type} (r : α → α → Prop) (a b c : α) (h : Star r a b) (g : r b c) : Star r a c"),
        (NUMBERS, "(n : Nat) : factTR n 1 = fact n"),
        (NUMBERS, "(n : Nat) : fibTR n 0 1 = fib n"),
        (NUMBERS, "(m n : Nat) (h : Even m) (g : Even n) : Even (m + n)"),
        (NUMBERS, ": ¬ Even 1"),
        (TREES, "{α : Type} (t : Tree α) : t.mirror.size = t.size"),
        (TREES, "{α : Type} (t : Tree α) : t.mirror.flatten = t.flatten.reverse"),
        (TREES, "{α : Type} (t : Tree α) : t.flattenTR [] = t.flatten"),
    ],
)
def test_a_theorem_about_own_functions_is_proved_by_what_its_goal_suggests(lean, source, statement):
    state, tactics = special(lean, f"{source}theorem t {statement}")
    tried = []
    for tactic in tactics:
        [outcome] = lean.run(state, [tactic], Limits(200_000, 20.0))
        tried.append(tactic)
        if isinstance(outcome, Solved):
            return
    pytest.fail("\n----\n".join(tried))


def test_nothing_is_suggested_where_the_goal_is_about_the_library_alone(lean):
    _, tactics = special(lean, f"{TREES}theorem t (xs : List Nat) : xs ++ [] = xs")
    assert not [tactic for tactic in tactics if "grind" in tactic]


def test_what_a_source_declares_is_read_with_its_definition():
    source = """namespace A
inductive Even : Nat → Prop where
  | zero : Even 0
def f (n : Nat := 3) : Nat :=
  n -- g
def h : Nat → Nat
  | 0 => 0 | n + 1 => let m := n; h m
theorem a : f 1 = 1 := rfl
theorem b : f 2 = 2 := by sorry
"""
    assert declared(source, {"A.b"}) == (
        LocalDeclaration("A.Even", "inductive", ": Nat → Prop", "where\n  | zero : Even 0\n"),
        LocalDeclaration("A.f", "def", "(n : Nat := 3) : Nat", "\n  n     \n"),
        LocalDeclaration("A.h", "def", ": Nat → Nat", "| 0 => 0 | n + 1 => let m := n; h m\n"),
        LocalDeclaration("A.a", "theorem", ": f 1 = 1", " rfl\n"),
    )


def goal_of(lean, source: str) -> Position:
    opened = lean.open(f"{source} := by sorry")
    hole = opened.holes[-1]
    return Position(lean.goals(hole.state), local=declared(opened.source[: hole.start], {hole.theorem}))


def test_definitions_are_named_with_what_they_are_made_of(lean):
    found = own(goal_of(lean, f"{LISTS}{INSERT_SORTED}theorem t (l : List Nat) : Sorted (isort l)"))
    assert found is not None
    assert found.functions == ("isort", "_root_.insert")  # `insert` alone is also the library's
    assert found.predicates == ("Sorted",) and found.theorems == ("insert_sorted",)
    assert found.recursive == found.functions and not found.inside
    assert found.results == {"isort": "List Nat", "_root_.insert": "List Nat"}
    assert found.constructors == ("Sorted.nil", "Sorted.one", "Sorted.cons")
    assert own(goal_of(lean, f"{LISTS}theorem t (n : Nat) : n = n")) is None


def test_a_function_that_calls_one_inside_it_is_unfolded(lean):
    found = own(goal_of(lean, f"{MORE_LISTS}theorem t (n : Nat) : 2 * sumTo (n + 1) = (n + 1) * (n + 2)"))
    assert found is not None and found.recursive == ("sumTo.go",)
    assert found.inside == "2 * (sumTo.go (n + 1) 0) = (n + 1) * (n + 2)"


@pytest.mark.parametrize(
    ("text", "function", "expected"),
    [
        ("sumTR l 0 = l.sum", "sumTR", [("", ["l", "0"])]),
        ("f (sumTR (x :: xs) (0 + 1)) = 3", "A.sumTR", [("", ["(x :: xs)", "(0 + 1)"])]),
        ("t.flattenTR [] = [x, y]", "Tree.flattenTR", [("t", ["[]"])]),
        ("Tree.flattenTR t #[] = a", "Tree.flattenTR", [("", ["t", "#[]"])]),
        ('exec env e.compile [] "a b"', "Expr.compile", [("e", [])]),  # what follows belongs to `exec`
        ("_root_.insert x l", "_root_.insert", [("", ["x", "l"])]),
        ("resumTR l + sumTR' l + x.sumTRx", "sumTR", []),
        ("sumTR", "sumTR", []),
        ("sumTR (l", "sumTR", []),
    ],
)
def test_applications_are_read_as_lean_prints_them(text, function, expected):
    found = [(a.receiver, [text[slice(*span)] for span in a.arguments]) for a in applications(text, function)]
    assert found == expected


@pytest.mark.parametrize(
    "target",
    ["", "f", "f ", "f (", "f 0 = ", " = f 0", "f 0 = g = h", "x.f 0 = (", "∀ x, f x 0 = x", "f [] [] [] = []"],
)
def test_whatever_the_target_looks_like_the_rules_come_to_an_end(target):
    local = declared("def f : Nat → Nat\n  | 0 => 0\n  | n + 1 => f n\ntheorem u : f 0 = 0 := rfl\n", ())
    position = Position((Goal(text=f"⊢ {target}", target=target, constants=("f",)),), local=local)
    general, tactics = make_generator("portfolio").opening(position)
    assert tactics and not set(general) & set(tactics)
