from retrieval.alike import alike, state_of
from retrieval.corpus import Corpus
from retrieval.records import Module, Premise
from retrieval.statements import read_state


def test_a_statement_is_the_state_its_proof_begins_with():
    code = "∀ {α : Type u} [BEq α] (a b : α) {l : List α}, a ∈ l → (∀ (x : α), x ∈ l → x = b) → "
    code += "∀ {n : Nat}, n < 1 → a = b"
    assert state_of(code).split("\n") == [
        "α : Type u", "inst✝ : BEq α", "a b : α", "l : List α", "a✝ : a ∈ l", "a✝ : (∀ (x : α), x ∈ l → x = b)",
        "n : Nat", "a✝ : n < 1", "⊢ a = b",
    ]  # fmt: skip
    assert state_of("∃ x, p x → q x") == "⊢ ∃ x, p x → q x"
    assert state_of("True") == "⊢ True"
    assert read_state(state_of(code)).conclusion.head == "="


def test_namesakes_that_stand_before_a_theorem_are_its_weak_examples():
    first = tuple(Premise(n, "∀ (a b : Nat), a + b = b + a") for n in ("Nat.add_comm", "Int.add_comm", "Nat.mul_comm"))
    second = (Premise("Rat.add_comm", "∀ (a b : Rat), a + b = b + a"), Premise("Rat.own", "True"))
    third = (Premise("Real.add_comm", "∀ (a b : Real), a + b = b + a"),)
    data = (Premise("Bit.add_comm", "Nat", kind="definition"),)
    corpus = Corpus.of([Module("A", (), (*first, *data)), Module("B", ("A",), second), Module("C", (), third)])
    [example] = alike(corpus, ["Rat.add_comm", "Rat.own", "Nat.mul_comm", "Real.add_comm", "No.such"])
    assert example.theorem == "Rat.add_comm" and example.state == "a b : Rat\n⊢ a + b = b + a"
    assert [corpus.names[i] for i in example.positives] == ["Nat.add_comm", "Int.add_comm"]
    assert example.position.module == "B"


def test_a_name_that_many_share_tells_nothing():
    many = tuple(Premise(f"T{i}.ext", "True") for i in range(20))
    corpus = Corpus.of([Module("A", (), many), Module("B", ("A",), (Premise("U.ext", "True"),))])
    assert list(alike(corpus, ["U.ext"])) == []
