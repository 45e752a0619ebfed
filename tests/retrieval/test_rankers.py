from bisect import bisect_left
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from retrieval import synthetic
from retrieval.corpus import Corpus
from retrieval.errors import IndexStale
from retrieval.library import Library
from retrieval.rankers import RANKERS, ranker
from retrieval.rankers.base import Ranking
from retrieval.rankers.bm25 import BM25
from retrieval.rankers.flat import CONCLUSION, HYPOTHESIS, SIDE, after, parts, renumbered
from retrieval.rankers.fusion import Fusion
from retrieval.rankers.impact import ImpactIndex
from retrieval.rankers.structural import Structural, _paths
from retrieval.rankers.tree import ANONYMOUS, VARIABLES, DiscriminationTree
from retrieval.records import At, Everywhere, Importing, Query
from retrieval.statements import read_state
from retrieval.terms import LOCAL, Statement, Term
from retrieval.tokens import query_weights


@pytest.fixture(scope="module")
def lib(corpus):
    return Library.of(corpus)


STATES = [
    ("α : Type u\nl₁ l₂ : List α\n⊢ (l₁ ++ l₂).length = l₂.length + l₁.length", "List.length_append"),
    ("a b : Nat\n⊢ a + b = b + a", "Nat.add_comm"),
    ("a b c : Nat\nh : a ≤ b\n⊢ a * c ≤ b * c", "Nat.mul_le_mul_right"),
    (
        "α : Type u\nf : α → Nat\nxs ys : List α\n⊢ List.map f (xs ++ ys) = List.map f xs ++ List.map f ys",
        "List.map_append",
    ),
]


@pytest.mark.parametrize(("state", "wanted"), STATES)
def test_the_lemma_that_proves_a_goal_comes_first(lib, state, wanted):
    assert lib.structural.rank(Query(state), 3)[0].name == wanted
    assert lib.rank(Query(state), 3)[0].name == wanted
    assert wanted in {h.name for h in lib.rankers["bm25"].rank(Query(state), 3)}  # words alone know no shape


def test_the_table_names_classes_with_the_protocol():
    for name in RANKERS:
        made = ranker(name)
        assert made.name == name and issubclass(made, Ranking)
    with pytest.raises(KeyError):
        ranker("none")


@pytest.mark.parametrize("name", ["bm25", "structural", "fusion"])
def test_a_batch_gives_what_single_queries_give(lib, name):
    chosen = lib.fusion if name == "fusion" else lib.rankers[name]
    queries = [Query(s, p) for s, _ in STATES for p in (Everywhere(), Importing(("Init.Data.Nat.Basic",)))]
    assert chosen.rank_batch(queries, 4) == [chosen.rank(q, 4) for q in queries]


def test_excluded_names_take_no_place(lib):
    for chosen in (*lib.rankers.values(), lib.fusion):
        hits = chosen.rank(Query(STATES[1][0], exclude=("Nat.add_comm", "No.such_name")), 4)
        assert "Nat.add_comm" not in {h.name for h in hits} and len(hits) == 4


def test_hits_come_best_first_with_their_ranks(lib):
    for chosen in lib.rankers.values():
        hits = chosen.rank(Query(STATES[0][0]), 6)
        assert [h.ranks for h in hits] == [{chosen.name: i} for i in range(1, len(hits) + 1)]
        assert all(a.score >= b.score for a, b in pairwise(hits))


def test_k_below_one_is_an_error(lib):
    for chosen in (*lib.rankers.values(), lib.fusion):
        with pytest.raises(ValueError, match="at least 1"):
            chosen.rank(Query("x"), 0)


@pytest.mark.parametrize("text", ["", "⊢", "🙂", "a" * 100_000, "(" * 5000, "⊢ " + "x + " * 5000, "zzzz qqqq"])
def test_odd_queries_are_answered(lib, text):
    for chosen in (*lib.rankers.values(), lib.fusion):
        assert len(chosen.rank(Query(text), 5)) <= 5


@pytest.mark.parametrize("made", [BM25, Structural])
def test_an_index_is_the_same_when_opened_and_stale_for_another_corpus(tmp_path, corpus, modules, made):
    built = made.build(corpus)
    built.save(tmp_path / "i")
    opened = made.open(tmp_path / "i", corpus)
    for state, _ in STATES:
        assert opened.rank(Query(state), 5) == built.rank(Query(state), 5)
    with pytest.raises(IndexStale, match=r"another corpus; .*--rebuild"):
        made.open(tmp_path / "i", Corpus.of(modules[:-1], "4.28.0"))


def test_a_structural_index_built_from_an_older_one_is_the_same(corpus, modules):
    older = Structural.build(Corpus.of(modules[:2], "4.28.0"))
    fresh, incremental = Structural.build(corpus), Structural.build(corpus, older)
    for state, _ in STATES:
        assert [h.name for h in incremental.rank(Query(state), 5)] == [h.name for h in fresh.rank(Query(state), 5)]


def test_a_state_given_as_terms_is_used_instead_of_the_text(lib):
    x, y = Term(f"{LOCAL}x"), Term(f"{LOCAL}y")
    state = Statement((Term("Nat"),), Term("=", (Term("*", (x, y)), Term("*", (y, x)))))
    assert lib.structural.rank(Query("not read", state=state), 1)[0].name == "Nat.mul_comm"


# the inverted index


@st.composite
def sparse(draw):
    features = draw(st.integers(1, 6))
    row = st.dictionaries(st.integers(0, features - 1), st.floats(0.125, 8, width=16), max_size=features)
    rows = draw(st.lists(row, min_size=1, max_size=30))
    query = draw(
        st.dictionaries(st.sampled_from([f"f{i}" for i in range(features + 1)]), st.floats(0.125, 4, width=16))
    )
    return features, rows, query


class All:
    def __init__(self, allowed):
        self.allowed, self.count, self.narrowed = allowed, int(allowed.sum()), not allowed.all()


@settings(max_examples=150, deadline=None)
@given(sparse(), st.integers(1, 40), st.integers(0, 2**30), st.booleans())
def test_the_inverted_index_gives_the_largest_sums(case, k, seed, budgeted):
    features, rows, query = case
    index = ImpactIndex.build(rows, [f"f{i}" for i in range(features)])
    allowed = np.random.default_rng(seed).random(len(rows)) < 0.7
    want = {
        i: sum(w * row.get(int(f[1:]), 0.0) for f, w in query.items())
        for i, row in enumerate(rows)
        if allowed[i] and any(int(f[1:]) in row for f in query)
    }
    numbers, scores = index.top(query, k, All(allowed), budget=10_000 if budgeted else None)
    best = sorted(want.values(), reverse=True)[:k]
    np.testing.assert_allclose(scores, best, rtol=1e-4)
    np.testing.assert_allclose(scores, [want[i] for i in numbers.tolist()], rtol=1e-4)


def test_a_budget_of_postings_still_finds_the_best_of_many():
    rng = np.random.default_rng(0)
    rows = [{0: 1.0, 1: float(rng.random()), 2 + i % 50: 3.0} for i in range(20_000)]
    index = ImpactIndex.build(rows, [f"f{i}" for i in range(60)])
    query = {"f0": 1.0, "f1": 1.0, "f7": 1.0}
    everything = All(np.ones(len(rows), bool))
    exact, _ = index.top(query, 10, everything, budget=None)
    assert set(index.top(query, 10, everything, budget=2_000)[0]) == set(exact)


# the discrimination tree

ARITY = {VARIABLES: 2, VARIABLES + 1: 1, VARIABLES + 2: 0, VARIABLES + 3: 0}


@st.composite
def term(draw, variables, depth=3):
    if depth == 0 or draw(st.booleans()):
        return [draw(st.sampled_from([*variables, VARIABLES + 2, VARIABLES + 3]))]
    head = draw(st.sampled_from([VARIABLES, VARIABLES + 1]))
    return [head, *(t for _ in range(ARITY[head]) for t in draw(term(variables, depth - 1)))]


def matches(pattern, subject, skip):
    """One-sided matching as the textbook has it."""
    i, bound = 0, {}
    for token in pattern:
        if token == ANONYMOUS:
            i = skip[i]
        elif token < VARIABLES:
            part = tuple(subject[i : skip[i]])
            if bound.setdefault(token, part) != part:
                return False
            i = skip[i]
        elif i < len(subject) and subject[i] == token:
            i += 1
        else:
            return False
    return i == len(subject)


@settings(max_examples=200, deadline=None)
@given(st.lists(term([0, 1, 2, ANONYMOUS]), min_size=1, max_size=12), term([-2, -3]))
def test_the_tree_finds_exactly_the_generalisations(patterns, subject):
    role = VARIABLES + 9
    paths = [(role, *renumbered(p)) for p in patterns]
    tree = DiscriminationTree.build(paths)
    skip = after([ARITY.get(t, 0) for t in subject])
    found = [int(e) for a, b in tree.generalisations(subject, skip, role) for e in tree.entry[a:b]]
    assert sorted(found) == [i for i, p in enumerate(patterns) if matches(renumbered(p), subject, skip)]
    assert tree.generalisations(subject, skip, role + 1) == []


def test_the_edges_of_every_node_are_sorted_as_the_look_up_needs():
    tree = DiscriminationTree.build([(20, 5), (20, 3), (20, 30, 1), (20, 3)])
    at = tree.arrays["edges_at"]
    for a, b in pairwise(at.tolist()):
        tokens = tree.arrays["edge_token"][a:b].tolist()
        assert tokens == sorted(set(tokens)) and all(bisect_left(tokens, t) == i for i, t in enumerate(tokens))


# the quick ways against plain ones


@pytest.fixture(scope="module")
def synthetic_lib():
    return Library.of(Corpus.of(synthetic.modules(400, size=40)))


def summed(index, weights, allowed):
    """Accessible premise → its sum of weight · impact, premise by premise, if it has any of the features."""
    vocabulary, scores = list(index.vocabulary), {}
    for premise in np.flatnonzero(allowed).tolist():
        own = slice(int(index.from_[premise]), int(index.from_[premise + 1]))
        row = {vocabulary[f]: impact for f, impact in zip(index.features[own], index.weights[own], strict=True)}
        if common := [f for f in row if f in weights]:
            scores[premise] = np.float32(sum(float(np.float32(weights[f]) * row[f]) for f in common))
    return scores


def matched(structural, query):
    """Premise → worth of its best match with the query, every pattern tried on every part of the state."""
    state, tokens = read_state(query.text), structural.tokens
    goal, skip = tokens.query(state.conclusion)
    subjects = [(CONCLUSION, goal, skip)]
    subjects += [(SIDE, goal[i:end], [s - i for s in skip[i:end]]) for i, end in enumerate(skip) if end - i > 1]
    subjects += [(HYPOTHESIS, *tokens.query(h)) for h in state.hypotheses]
    best, worths = {}, iter(structural._worth)
    for premise in range(len(structural.corpus)):
        for role, term in parts(structural.flat[premise].tolist()):
            for _, path in _paths(tokens, role, term, after([tokens.arity[t] for t in term])):
                worth = next(worths)
                if any(role == path[0] and matches(path[1:], *subject) for role, *subject in subjects):
                    best[premise] = max(best.get(premise, worth), worth)
    return best


@pytest.mark.parametrize("name", ["bm25", "structural"])
def test_rankers_find_what_going_through_all_premises_finds(synthetic_lib, name):
    chosen, rng, helped = synthetic_lib.rankers[name], np.random.default_rng(2), 0
    for number in range(8):
        query = Query(synthetic.state(rng), At(f"Synthetic.M{number + 2:04}", 20))
        allowed = chosen.corpus.accessible.mask(query.position).allowed
        if name == "bm25":
            want = summed(chosen.index, query_weights(query.text, plain=False), allowed)
        else:
            want = summed(chosen.features, chosen.prepare(query).wanted, allowed)
            for premise, worth in matched(chosen, query).items():
                if allowed[premise]:
                    want[premise] = want.get(premise, np.float32(0)) + worth
                    helped += 1
        best = sorted(want.items(), key=lambda found: (-found[1], found[0]))
        for k in (1, 10, len(chosen.corpus)):
            numbers, scores = chosen.top(query, k)
            assert list(zip(numbers.tolist(), scores, strict=True)) == best[:k]
    assert helped or name == "bm25"


def test_what_was_looked_up_before_changes_no_answer(synthetic_lib):
    rng = np.random.default_rng(3)
    texts = [synthetic.state(rng) for _ in range(3)]
    texts += [f"{a.rpartition('⊢')[0]}⊢{b.rpartition('⊢')[2]}" for a, b in pairwise(texts)]  # known lines, new states
    alone = [Library.of(synthetic_lib.corpus).fusion.rank(Query(t), 10) for t in texts]
    for _ in range(2):
        assert [synthetic_lib.fusion.rank(Query(t), 10) for t in texts] == alone


# fusion


class Fixed(Ranking):
    def __init__(self, name, corpus, order):
        self.name, self.corpus, self.order = name, corpus, order

    def top(self, query, k):
        return np.array(self.order[:k], np.int64), np.arange(len(self.order[:k]), 0, -1, dtype=np.float32)


def test_fusion_adds_reciprocal_ranks_and_says_who_took_part(corpus):
    fused = Fusion([Fixed("a", corpus, [4, 2, 7]), Fixed("b", corpus, [2, 9])], left_out={"dense": "no encoder"})
    hits = fused.rank(Query(""), 3)
    assert [h.index for h in hits] == [2, 4, 9]
    assert hits[0].score == pytest.approx(1 / 62 + 1 / 61) and hits[1].score == pytest.approx(1 / 61)
    assert [h.ranks for h in hits] == [{"a": 2, "b": 1}, {"a": 1}, {"b": 2}]
    assert fused.took_part == ("a", "b") and fused.left_out == {"dense": "no encoder"}


@settings(max_examples=60, deadline=None)
@given(st.lists(st.lists(st.integers(0, 15), unique=True, max_size=12), min_size=1, max_size=3), st.integers(1, 20))
def test_fusion_orders_as_adding_rank_by_rank_does(corpus, lists, k):
    names = ["bm25", "structural", "dense"][: len(lists)]
    fused = Fusion([Fixed(n, corpus, order) for n, order in zip(names, lists, strict=True)])
    scores = {}
    for name, order in zip(names, lists, strict=True):
        for rank, i in enumerate(order, 1):
            scores[i] = scores.get(i, 0.0) + fused.weights[name] / (60 + rank)
    best = sorted(scores, key=lambda i: (-scores[i], i))[:k]
    numbers, found = fused.fuse([np.array(order, np.int64) for order in lists], k)
    assert numbers.tolist() == best
    np.testing.assert_array_equal(found, np.array([scores[i] for i in best], np.float32))


def test_fusion_weighs_rankers_and_refuses_other_corpora(corpus, modules):
    a, b = Fixed("a", corpus, [1]), Fixed("b", corpus, [2])
    assert Fusion([a, b], {"b": 2.0}).rank(Query(""), 2)[0].index == 2
    with pytest.raises(ValueError, match="different corpora"):
        Fusion([a, Fixed("c", Corpus.of(modules[:1]), [0])])
    with pytest.raises(ValueError, match="at least one"):
        Fusion([])


def test_the_position_of_a_query_is_respected_by_its_fusion(lib):
    names = {h.name for h in lib.rank(Query(STATES[0][0], At("Init.Data.List.Lemmas", 0)), 20)}
    assert names and not names & {"List.length_append", "List.map_append"}
