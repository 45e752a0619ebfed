"""The index of the embedded Lean's whole library, where `entails index` has built it."""

import networkx as nx
import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from prover.lean.embedded.engine import LEAN_VERSION
from retrieval.errors import RetrievalError
from retrieval.library import Library, cache_folder
from retrieval.records import At, Importing, Query


@pytest.fixture(scope="module")
def library():
    try:
        return Library.open(cache_folder("embedded"), LEAN_VERSION)
    except RetrievalError as error:
        pytest.skip(str(error))


@pytest.fixture(scope="module")
def graph(library):
    corpus = library.corpus
    made = nx.DiGraph((m, i) for m in corpus.modules for i in corpus.record(m).imports)
    made.add_nodes_from(corpus.modules)
    return made


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.data())
def test_no_query_in_the_whole_library_sees_what_is_not_accessible(library, graph, data):
    corpus = library.corpus
    module = data.draw(st.sampled_from(corpus.modules))
    shown = data.draw(st.integers(0, len(corpus) - 1))
    position = data.draw(st.sampled_from([At(module, 0), Importing((module,))]))
    may = nx.descendants(graph, module) | ({module} if isinstance(position, Importing) else set())
    # A statement of the library as the goal: what matches it best is often in modules that come later.
    query = Query(f"⊢ {corpus.codes[shown]}", position)
    for ranker in (*library.rankers.values(), library.fusion, library.best):
        assert {corpus.module_of(h.index) for h in ranker.rank(query, 30)} <= may


def test_masks_of_all_modules_are_the_closure(library, graph):
    corpus = library.corpus
    owner = np.repeat(np.arange(len(corpus.modules)), np.diff(corpus.starts))
    for module in corpus.modules[::9]:
        seen = {corpus.modules[m] for m in set(owner[corpus.accessible.mask(At(module, 0)).allowed].tolist())}
        want = {
            m
            for m in nx.descendants(graph, module)
            if corpus.starts[corpus.module(m) + 1] > corpus.starts[corpus.module(m)]
        }
        assert seen == want


@pytest.mark.parametrize(
    ("state", "wanted"),
    [
        ("a b : Nat\n⊢ a + b = b + a", "Nat.add_comm"),
        ("α : Type u\nxs ys : List α\n⊢ (xs ++ ys).length = xs.length + ys.length", "List.length_append"),
        ("x y : BitVec w\n⊢ (x &&& y).toNat = x.toNat &&& y.toNat", "BitVec.toNat_and"),
        ("p q : Prop\n⊢ ¬(p ∨ q) ↔ ¬p ∧ ¬q", "not_or"),
        ("a b c : Nat\nh : a ∣ b\nh' : b ∣ c\n⊢ a ∣ c", "Nat.dvd_trans"),
        ("xs : Array α\ni : Nat\nh : i < xs.size\n⊢ xs[i]? = some xs[i]", "Array.getElem?_eq_getElem"),
    ],
)
def test_the_lemma_that_states_the_goal_is_among_the_first(library, state, wanted):
    assert wanted in [h.name for h in library.rank(Query(state, Importing(("Init",))), 3)]


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("commutativity of list append", "List.perm_append_comm"),
        ("List.map _ (_ ++ _)", "List.map_append"),
        ("?a + ?b = ?b + ?a", "Nat.add_comm"),
        ("a ∣ b → b ∣ c → a ∣ c", "Nat.dvd_trans"),
        ("length of reversed list", "List.length_reverse"),
        ("map distributes over append", "List.map_append"),
        ("hash map insert then lookup", "Std.HashMap.getElem_insert_self"),
        ("transitivity of less than or equal", "Nat.le_trans"),
        ("contrapositive", "mt"),
        ("subset transitivity", "List.Subset.trans"),
        ("two mul", "Nat.two_mul"),
        ("reverse of reverse", "List.reverse_reverse"),
        ("if then else with true condition", "ite_true"),
        ("modulus is less than divisor", "Nat.mod_lt"),
        ("a <= b -> a < b + 1", "Nat.lt_add_one_of_le"),
    ],
)
def test_searches_by_hand(library, text, wanted):
    assert wanted in [f.premise.name for f in library.search(text, 3).found]
