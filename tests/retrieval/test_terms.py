import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from retrieval.statements import read_state, read_statement
from retrieval.terms import OPAQUE, Term


def show(term: Term) -> str:
    return term.head if not term.args else f"({' '.join([term.head, *map(show, term.args)])})"


@pytest.mark.parametrize(
    ("text", "hypotheses", "conclusion"),
    [
        ("∀ (n m : Nat), n + m = m + n", ["Nat"], "(= (+ ?n ?m) (+ ?m ?n))"),
        ("∀ {α : Type u_1} {l : List α}, l.reverse.length = l.length", ["(List ?α)"],
         "(= (.length (List.reverse ?l)) (List.length ?l))"),
        ("∀ {m n : Nat} (k : Nat), m ≤ n → m * k ≤ n * k", ["Nat", "Nat", "(≤ ?m ?n)"], "(≤ (* ?m ?k) (* ?n ?k))"),
        ("∀ {p q : Prop}, p → (q → p) → p ∧ q ↔ p", ["?p", "(→ ?q ?p)"], "(↔ (∧ ?p ?q) ?p)"),
        ("{α : Type u} → (l : List α) → l ≠ [] → α", ["(List ?α)", "(≠ ?l [])"], "?α"),
        ("∀ {xs : Array α} (h : i < xs.size), xs[i]? = some xs[i]", ["(Array ?α)", "(< ?i (Array.size ?xs))"],
         "(= (getElem? ?xs ?i) (some (getElem ?xs ?i)))"),
        ("∀ (f : Nat → Nat), (fun x => f x) = f", ["(→ Nat Nat)"], "(= (fun (?f &)) ?f)"),
        ("∀ {a b : Nat}, ¬a = b ↔ a ≠ b", ["Nat"], "(↔ (¬ (= ?a ?b)) (≠ ?a ?b))"),
        ("a - b - c = a - (b + c)", [], "(= (- (- ?a ?b) ?c) (- ?a (+ ?b ?c)))"),
        ("a ^ b ^ c = -a * b⁻¹", [], "(= (^ ?a (^ ?b ?c)) (* (- ?a) (⁻¹ ?b)))"),
        ("a :: l ++ m = [a, 1] ++ (l, m).1", [], "(= (++ (:: ?a ?l) ?m) (++ ([] ?a 1) (.1 ((,) ?l ?m))))"),
        ("∃ x, x ∈ l ∧ p x", [], "(∃ (∧ (∈ & ?l) (?p &)))"),
        ("(if h : c then a else b) = a", [], "(= (if ?c ?a ?b) ?a)"),
        ("Nat.foldl (init := 0) f n = ↑n", [], "(= (Nat.foldl ?f ?n) (↑ ?n))"),
        ("∀ (a : UInt32), { toBitVec := a.toBitVec } = a", ["UInt32"], "(= ({} (UInt32.toBitVec ?a)) ?a)"),
        ("∀ (a b : Bool), (!a && b) = (a == false && b)", ["Bool"],
         "(= (&& (! ?a) ?b) (&& (== ?a false) ?b))"),
        ("∀ (x : α × β), x.fst = (match x with | (a, b) => a)", ["(× ?α ?β)"], "(= (Prod.fst ?x) (match ?x))"),
        ("theorem List.foo {α} (l : List α) (h : l ≠ []) : l.length ≠ 0 := by simp", ["(List ?α)", "(≠ ?l [])"],
         "(≠ (List.length ?l) 0)"),
        ("f ↑n (~~~x) = ~~~y + ↑m", [], "(= (?f (↑ ?n) (~~~ ?x)) (+ (~~~ ?y) (↑ ?m)))"),
        ("@[simp] protected lemma Nat.bar : 1 + 1 = 2", [], "(= (+ 1 1) 2)"),
    ],
)  # fmt: skip
def test_statements_are_read_as_lean_means_them(text, hypotheses, conclusion):
    statement = read_statement(text)
    assert show(statement.conclusion) == conclusion
    assert [show(h) for h in statement.hypotheses] == hypotheses


def test_a_state_is_its_first_goal_with_local_names():
    state = read_state(
        "case inl\nα : Type u\nl₁ l₂ : List α\nh : l₁.length =\n    l₂.length\n⊢ (l₁ ++ l₂).length =\n  "
        "2 * l₂.length\n\n"
        "case inr\n⊢ False"
    )
    assert show(state.conclusion) == "(= (.length (++ %l₁ %l₂)) (* 2 (List.length %l₂)))"
    assert [show(h) for h in state.hypotheses] == ["(List %α)", "(= (List.length %l₁) (List.length %l₂))"]


def test_holes_of_a_pattern_are_one_term_where_they_have_one_name():
    assert show(read_statement("?a + _ = ?a", holes=True).conclusion) == "(= (+ ?a ?_4) ?a)"
    first, second = read_statement("_ + _", holes=True).conclusion.args
    assert first != second


@settings(max_examples=300, deadline=None)
@given(
    st.text(st.sampled_from("()[]{}⟨⟩∀∃λ,.:=→↔+*-_ ?'\"xl₁ fun if then match with | ⊢\n"), max_size=60)
    | st.text(max_size=40)
)
def test_reading_never_fails(text):
    for read in (read_statement, read_state, lambda t: read_statement(t, holes=True)):
        assert read(text).conclusion.head is not None


@pytest.mark.parametrize(
    "text", ["(" * 10_000, "¬" * 10_000 + "p", "a → " * 10_000, "f (" * 5_000 + ")" * 5_000, "x + " * 10_000]
)
def test_deep_nesting_is_opaque_and_not_a_crash(text):
    assert read_statement(text).conclusion.head
    assert read_state("h : " + text + "\n⊢ " + text).conclusion.head


def test_what_is_empty_is_opaque():
    assert read_statement("").conclusion.head == OPAQUE == read_state("").conclusion.head
