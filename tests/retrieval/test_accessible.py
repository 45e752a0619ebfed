import networkx as nx
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from retrieval.corpus import Corpus
from retrieval.errors import UnknownModule
from retrieval.library import Library
from retrieval.rankers import RANKERS, SINGLE
from retrieval.rankers.dense import Dense
from retrieval.rankers.features import FIELDS
from retrieval.rankers.fusion import Fusion
from retrieval.rankers.rerank import Model, Reranked
from retrieval.records import At, Everywhere, Importing, Module, Premise, Query

WORDS = ["add", "mul", "length", "reverse", "append"]


@st.composite
def libraries(draw):
    """Random import graphs, modules in a random order, every statement alike so that all premises compete."""
    count = draw(st.integers(1, 8))
    names = [f"M{i}" for i in range(count)]
    modules = []
    for i, name in enumerate(names):
        imports = draw(st.lists(st.sampled_from(names[:i]), unique=True)) if i else []
        premises = tuple(
            Premise(f"{name}.{draw(st.sampled_from(WORDS))}_{j}", "∀ (a b : Nat), a + b = b + a")
            for j in range(draw(st.integers(0, 5)))
        )
        modules.append(Module(name, tuple(imports), premises))
    return draw(st.permutations(modules))


def expected(modules, name, declaration):
    """Accessible names, from the graph as networkx walks it."""
    graph = nx.DiGraph([(m.name, i) for m in modules for i in m.imports])
    graph.add_nodes_from(m.name for m in modules)
    by_name = {m.name: m for m in modules}
    seen = {p.name for m in nx.descendants(graph, name) for p in by_name[m].premises}
    return seen | {p.name for p in by_name[name].premises[:declaration]}


@settings(max_examples=60, deadline=None)
@given(libraries(), st.data())
def test_the_mask_is_the_closure_of_the_imports_and_what_stands_before(modules, data):
    corpus = Corpus.of(modules)
    module = data.draw(st.sampled_from(modules))
    declaration = data.draw(st.integers(0, len(module.premises)))
    mask = corpus.accessible.mask(At(module.name, declaration))
    want = expected(modules, module.name, declaration)
    assert {corpus.names[i] for i in np.flatnonzero(mask.allowed)} == want
    assert mask.count == len(want)
    bits = np.unpackbits(mask.packed, bitorder="little", count=len(corpus)).astype(bool)
    np.testing.assert_array_equal(bits, mask.allowed)


def random_model():
    rng = np.random.default_rng(5)
    vector = lambda *shape: rng.standard_normal(shape).astype(np.float32)  # noqa: E731
    n = len(FIELDS)
    return Model(vector(n), np.ones(n, np.float32), vector(n), vector(3, n), vector(3), vector(3), {})


@settings(max_examples=40, deadline=None)
@given(libraries(), st.data())
def test_no_ranker_ever_shows_what_is_not_accessible_and_filters_take_no_places(unit, modules, data):
    pytest.importorskip("faiss", reason="pip install 'entails[retrieval]'")
    corpus = Corpus.of(modules)
    module = data.draw(st.sampled_from(modules))
    position = At(module.name, data.draw(st.integers(0, len(module.premises))))
    want = expected(modules, module.name, position.declaration)
    vectors = unit(len(corpus), 16)
    library = Library.of(corpus)
    rankers = {**library.rankers, "dense": Dense.from_vectors(corpus, vectors)}
    rankers["fusion"] = Fusion(tuple(rankers.values()))
    rankers["rerank"] = Reranked(rankers["fusion"], library.structural, random_model())
    assert rankers.keys() == RANKERS.keys()
    query = Query("x y : Nat\n⊢ x + y = y + x", position, vector=unit(1, 16, seed=1)[0])
    for k in (1, 3, len(corpus) + 1):
        for name, ranker in rankers.items():
            hits = ranker.rank(query, k)
            assert {h.name for h in hits} <= want, name
            # All premises match this query, so a filter inside the search fills the k as far as it can.
            assert len(hits) == len({h.name for h in hits}) == min(k, len(want)), name


def test_the_positions_of_a_library(corpus):
    seen = lambda position: {corpus.names[i] for i in np.flatnonzero(corpus.accessible.mask(position).allowed)}  # noqa: E731
    prelude = {"Eq.symm", "And.intro", "Nat.succ_ne_zero"}
    assert seen(At("Init.Prelude", 1)) == {"Eq.symm"}
    assert seen(At("Init.Data.Option.Lemmas", 0)) == prelude
    assert seen(Importing(())) == set()
    assert seen(Importing(("Init.Prelude",))) == prelude
    assert seen(Importing(("Init.Data.Option.Lemmas", "Init.Prelude"))) == prelude | {"Option.map_some"}
    assert len(seen(Everywhere())) == len(corpus)
    assert corpus.accessible.imports("Init.Data.List.Lemmas") == (
        "Init.Prelude", "Init.Data.List.Basic", "Init.Data.Nat.Basic",
    )  # fmt: skip


def test_module_prefixes_narrow_at_component_boundaries(corpus):
    mask = corpus.accessible.mask(Everywhere(), ("Init.Data.List", "Init.Prelude"))
    modules = {corpus.module_of(i) for i in np.flatnonzero(mask.allowed)}
    assert modules == {"Init.Data.List.Basic", "Init.Data.List.Lemmas", "Init.Prelude"}
    with pytest.raises(UnknownModule, match=r"no module 'Init\.Dat'"):
        corpus.accessible.mask(Everywhere(), ("Init.Dat",))


@pytest.mark.parametrize("position", [At("Nowhere", 0), Importing(("Init.Prelude", "Nowhere"))])
def test_an_unknown_module_is_an_error_and_not_an_empty_answer(corpus, position):
    with pytest.raises(UnknownModule, match="no module 'Nowhere'"):
        corpus.accessible.mask(position)


@pytest.mark.parametrize("declaration", [-1, 4])
def test_a_position_outside_its_module_is_an_error(corpus, declaration):
    with pytest.raises(UnknownModule, match="has 3 premises"):
        corpus.accessible.mask(At("Init.Prelude", declaration))


def test_the_rankers_with_an_index_of_their_own_are_in_the_table():
    assert set(SINGLE) < set(RANKERS)


def test_a_module_without_a_known_order_shows_nothing_of_itself(modules):
    from dataclasses import replace

    corpus = Corpus.of([replace(m, ordered="Option" not in m.name) for m in modules])
    inside, after = At("Init.Data.Option.Lemmas", 1), Importing(("Init.Data.Option.Lemmas",))
    number = corpus.find("Option.map_some")
    assert not corpus.accessible.mask(inside).allowed[number] and corpus.accessible.mask(after).allowed[number]
    assert corpus.accessible.mask(At("Init.Prelude", 1)).count == 1
    assert not corpus.record("Init.Data.Option.Lemmas").ordered


def test_threads_share_a_corpus(corpus):
    """Masks and scratch space are per thread or locked: answers do not depend on who else asks."""
    from concurrent.futures import ThreadPoolExecutor

    library = Library.of(corpus)
    queries = [
        Query(text, At(m, d))
        for text in ("x y : Nat\n⊢ x + y = y + x", "l : List α\n⊢ l.reverse.length = l.length")
        for m in corpus.modules
        for d in range(int(corpus.starts[corpus.module(m) + 1] - corpus.starts[corpus.module(m)]) + 1)
    ] * 10
    alone = [library.rank(q, 5) for q in queries]
    with ThreadPoolExecutor(8) as pool:
        assert list(pool.map(lambda q: library.rank(q, 5), queries)) == alone
