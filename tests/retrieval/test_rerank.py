import json
from dataclasses import replace

import numpy as np
import pytest

from retrieval.corpus import Corpus
from retrieval.errors import RetrievalError
from retrieval.evaluate import evaluate
from retrieval.examples import Example
from retrieval.library import Library
from retrieval.rankers.features import FIELDS
from retrieval.rankers.rerank import WEIGHTS, Model, Reranked
from retrieval.records import At, Everywhere, Importing, Module, Premise, Query
from retrieval.rerank_train import Options, fit

STATE = "α : Type u\nl₁ l₂ : List α\n⊢ (l₁ ++ l₂).length = l₂.length + l₁.length"


@pytest.fixture(scope="module")
def lib(corpus):
    return Library.of(corpus)


@pytest.fixture(scope="module")
def plain(lib):
    return Reranked(lib.fusion, lib.structural, Model.zero())


@pytest.fixture(scope="module")
def generated():
    """Statements that differ in nothing but a mark that Lean's own generated names have, which fusion does not see."""
    statement = "∀ (a b : Nat), a + b = b + a"
    names = [f"Nat.add_{i}.inj" if i % 2 else f"Nat.add_{i}.fact" for i in range(24)]
    premises = tuple(Premise(n, statement) for n in names)
    return Library.of(Corpus.of([Module("M", (), premises), Module("N", ("M",), ())]))


def examples(library):
    wanted = tuple(i for i, name in enumerate(library.corpus.names) if name.endswith("fact"))
    return [Example("a b : Nat\n⊢ a + b = b + a", "", At("N", 0), (i,)) for i in wanted]


def test_features_say_what_a_premise_has_to_do_with_a_state(lib, plain):
    pool = plain.pool(Query(STATE, Importing(("Init.Data.List.Lemmas",)), theorem="List.length_append_comm"))
    rows = {lib.corpus.names[i]: x for i, x in zip(pool.numbers, pool.features, strict=False)}
    value = lambda name, of: rows[name][FIELDS.index(of)]  # noqa: E731
    assert pool.features.shape == (len(rows), len(FIELDS)) and np.isfinite(pool.features).all()
    assert value("List.length_append", "match_side") > 0 == value("Nat.mul_comm", "match_side")
    assert value("List.length_append", "conclusion_in_goal") == pytest.approx(1)
    assert value("List.length_append", "namespace") == 1 and value("Nat.mul_comm", "namespace") == 0
    assert value("List.length_append", "like_theorem") > value("List.append_assoc", "like_theorem") > 0
    assert value("List.length_append", "imported") == 1 and value("Nat.add_comm", "imported") == 0
    assert value("List.reverse", "is_theorem") == 0 and value("Nat.add_comm", "is_theorem") == 1
    assert value("Nat.add_assoc", "conclusion_in_goal") > value("Nat.mul_comm", "conclusion_in_goal") > 0


def test_a_model_that_says_nothing_keeps_the_order_of_fusion(lib, plain):
    for position in (Everywhere(), At("Init.Data.List.Lemmas", 0)):
        for k in (1, 5, 40):
            wanted = [h.index for h in lib.fusion.rank(Query(STATE, position), k)]
            assert [h.index for h in plain.rank(Query(STATE, position), k)] == wanted


@pytest.fixture(scope="module")
def common():
    """One premise whose conclusion and assumptions many have, and shorter ones with what it assumes, or concludes."""
    equal = [Premise(f"Nat.dvd_eq_{i}", f"∀ {{a b : Nat}}, Nat.f{i} a = Nat.f{i} b → a = b") for i in range(300)]
    divides = [Premise(f"Nat.a_b_dvd_{i}", f"∀ {{a b : Nat}}, a ∣ b → b ∣ a → Nat.f{i} a = b") for i in range(300)]
    one = Premise("Nat.antisymm", "∀ (_ : Type) {m n : Nat}, m ∣ n → n ∣ m → long h1 h2 h3 h4 h5 h6 → m = n")
    modules = [Module("M", (), (*equal, *divides)), Module("N", ("M",), (one,)), Module("O", ("N",), ())]
    library = Library.of(Corpus.of(modules))
    return Reranked(library.fusion, library.structural, Model.zero())


def test_what_hypotheses_make_applicable_is_a_candidate(common):
    state, name = "a b : Nat\nh₁ : a ∣ b\nh₂ : b ∣ a\n⊢ a = b", "Nat.antisymm"
    number = common.corpus.find(name)
    assert number not in common.fusion.top(Query(state), 96)[0]
    assert number in common.pool(Query(state)).numbers[:96]
    assert number in common.pool(Query("a b : Nat\nh₂ : b ∣ a\n⊢ a = b")).numbers[:96]
    for hidden in (Query(state, At("N", 0)), Query(state, exclude=(name,)), Query("a b : Nat\n⊢ a = b"),
                   Query("a b : Nat\nh₁ : a ∣ b\nh₂ : b ∣ a\n⊢ a < b")):  # fmt: skip
        assert number not in common.pool(hidden).numbers[:96]
    numbers = common.pool(Query(state)).numbers
    assert len(set(numbers.tolist())) == len(numbers)


@pytest.mark.parametrize("text", ["", "⊢", "🙂", "⊢ " + "x + " * 3000, "zzzz qqqq", "commutativity"])
def test_odd_queries_are_answered(plain, text):
    hits = plain.rank(Query(text), 5)
    assert len(hits) <= 5 and all(np.isfinite(h.score) for h in hits)


def test_hits_name_the_rankers_that_found_them_and_took_part_names_all(lib, plain):
    hits = plain.rank(Query(STATE), 4)
    assert all(h.ranks.keys() <= {"bm25", "structural"} and h.ranks for h in hits)
    assert plain.took_part == ("bm25", "structural", "rerank") and plain.left_out == lib.left_out


@pytest.mark.parametrize("hidden", [0, 4])
def test_training_learns_what_the_examples_have_in_common(generated, hidden):
    untrained = Reranked(generated.fusion, generated.structural, Model.zero())
    model = fit(untrained, examples(generated), Options(hidden=hidden, rounds=150))
    trained = Reranked(generated.fusion, generated.structural, model)
    found = [h.name for h in trained.rank(Query("a b : Nat\n⊢ a + b = b + a", At("N", 0)), 12)]
    assert all(name.endswith("fact") for name in found)
    before, after = (evaluate(r, examples(generated)).mrr for r in (generated.fusion, trained))
    assert after > before
    again = fit(untrained, examples(generated), Options(hidden=hidden, rounds=150))
    np.testing.assert_array_equal(model.linear, again.linear)


def test_nothing_to_learn_from_is_an_error(generated):
    untrained = Reranked(generated.fusion, generated.structural, Model.zero())
    with pytest.raises(ValueError, match="no example"):
        fit(untrained, [Example("⊢ x", "", At("M", 0), (1,))])


def test_a_model_is_the_same_when_opened(tmp_path, generated):
    untrained = Reranked(generated.fusion, generated.structural, Model.zero())
    model = fit(untrained, examples(generated), Options(hidden=3, rounds=20))
    model.save(tmp_path / "m.json")
    opened = Model.open(tmp_path / "m.json")
    x = np.random.default_rng(0).random((7, len(FIELDS))).astype(np.float32)
    np.testing.assert_allclose(opened(x), model(x), rtol=1e-2, atol=1e-2)
    assert opened.made == model.made


@pytest.mark.parametrize("damage", ["", "{}", "[1", '{"schema": 99, "fields": []}', None])
def test_a_file_that_is_no_model_is_an_error_that_names_the_command(tmp_path, damage):
    if damage is not None:
        (tmp_path / "m.json").write_text(damage)
    with pytest.raises(RetrievalError, match="entails train reranker"):
        Model.open(tmp_path / "m.json")


def test_without_weights_fusion_goes_on_and_says_why(monkeypatch, corpus, tmp_path):
    monkeypatch.setattr("retrieval.rankers.rerank.WEIGHTS", tmp_path / "none.json")
    library = Library.of(corpus)
    assert library.best == library.fusion and "entails train reranker" in library.left_out["rerank"]
    assert library.rank(Query(STATE), 3) == library.fusion.rank(Query(STATE), 3)
    with pytest.raises(RetrievalError, match="left out"):
        library.chosen(["rerank"])


def test_the_weights_that_are_shipped_say_how_they_were_made():
    made = json.loads(WEIGHTS.read_text(encoding="utf-8"))["made"]
    assert made["command"].startswith("entails train reranker data/premises/train.jsonl")
    assert made["examples"] > 100 and {"seed", "data", "corpus", "lean"} <= made.keys()
    assert WEIGHTS.stat().st_size < 1_000_000


def test_rankers_are_chosen_by_name(lib):
    lib = replace(lib, model=Model.zero(), left_out={"dense": "no encoder"})
    assert lib.chosen(["bm25"]) is lib.rankers["bm25"]
    assert lib.chosen(["structural", "fusion"]).name == "structural"
    assert lib.chosen(["fusion"]).took_part == ("bm25", "structural")
    assert lib.chosen(["structural", "rerank"]).took_part == ("structural", "rerank")
    with pytest.raises(RetrievalError, match="there is no ranker 'x'"):
        lib.chosen(["x"])
    with pytest.raises(RetrievalError, match="'dense' is left out"):
        lib.chosen(["dense"])
