from dataclasses import replace

import pytest

from retrieval.corpus import Corpus, update
from retrieval.errors import CorpusError, IndexStale, UnknownModule
from retrieval.records import Module, Premise


def simple(name, *imports, premises=(), fingerprint="1"):
    return Module(name, imports, tuple(Premise(p, f"{p} = 0") for p in premises), fingerprint)


def test_a_saved_corpus_is_the_same_when_opened(tmp_path, modules):
    rich = replace(
        modules[0].premises[0],
        attributes=("simp", "symm"),
        constants=("Eq", "Nat"),
        docstring="A docstring.",
        span=(3, 1, 4, 20),
    )
    modules[0] = replace(modules[0], premises=(rich, *modules[0].premises[1:]))
    made = Corpus.of(modules, "4.28.0")
    made.save(tmp_path / "corpus.index")
    opened = Corpus.open(tmp_path / "corpus.index", "4.28.0")
    assert list(opened) == list(made)
    assert opened[opened.find("Eq.symm")] == rich
    assert {opened.record(m.name) for m in modules} == set(modules)
    assert opened.fingerprint == made.fingerprint


def test_modules_come_after_their_imports_whatever_the_order_given(modules):
    for given in (modules, modules[::-1]):
        corpus = Corpus.of(given)
        place = {name: i for i, name in enumerate(corpus.modules)}
        assert all(place[i] < place[m.name] for m in given for i in m.imports)
        assert corpus.modules == Corpus.of(modules).modules


def test_every_premise_knows_its_module(corpus, modules):
    owner = {p.name: m.name for m in modules for p in m.premises}
    assert {corpus.names[i]: corpus.module_of(i) for i in range(len(corpus))} == owner


def test_a_cycle_of_imports_is_named():
    with pytest.raises(CorpusError, match=r"circle: .*A.* → .*B"):
        Corpus.of([simple("A", "B"), simple("B", "C"), simple("C", "A")])
    with pytest.raises(CorpusError, match="circle: A → A"):
        Corpus.of([simple("A", "A")])


def test_an_unknown_import_is_named():
    with pytest.raises(CorpusError, match="'A' imports 'Missing'"):
        Corpus.of([simple("A", "Missing")])


def test_duplicate_names_and_modules_are_errors():
    with pytest.raises(CorpusError, match=r"'x' of B is there twice \(also in A\)"):
        Corpus.of([simple("A", premises="x"), simple("B", premises="x")])
    with pytest.raises(CorpusError, match="'x' of A is there twice"):
        Corpus.of([simple("A", premises="xx")])
    with pytest.raises(CorpusError, match="module 'A' is there twice"):
        Corpus.of([simple("A"), simple("A")])


def test_duplicates_can_be_allowed_and_stay_apart_by_module():
    corpus = Corpus.of([simple("A", premises="xyx"), simple("B", premises="x")], duplicates="allow")
    assert [(corpus.module_of(i), corpus.names[i]) for i in range(len(corpus))] == [
        ("A", "y"),
        ("A", "x"),
        ("B", "x"),
    ]


def test_an_index_of_another_lean_is_an_error_that_says_how_to_rebuild(tmp_path, corpus):
    corpus.save(tmp_path / "c")
    with pytest.raises(IndexStale, match=r"built from Lean 4\.28\.0, the Lean at hand is 4\.30\.0; .*--rebuild"):
        Corpus.open(tmp_path / "c", "4.30.0")
    assert len(Corpus.open(tmp_path / "c")) == len(corpus)


def test_an_unknown_module_is_an_error_with_a_suggestion(corpus):
    with pytest.raises(UnknownModule, match=r"did you mean 'Init\.Data\.List\.Lemmas'"):
        corpus.module("Init.Data.List.Lemma")


def test_an_update_extracts_only_what_is_new_or_changed(modules):
    asked = []

    def extract(names):
        asked.append(tuple(names))
        return [m for m in modules if m.name in names]

    prints = {m.name: m.fingerprint for m in modules}
    first, changed = update(None, prints, extract, "4.28.0")
    assert set(changed) == set(prints) and set(asked[0]) == set(prints)
    assert update(first, prints, extract, "4.28.0") == (first, ()) and len(asked) == 1

    modules[3] = replace(modules[3], premises=modules[3].premises[:2], fingerprint="changed")
    second, changed = update(first, {m.name: m.fingerprint for m in modules}, extract, "4.28.0")
    assert changed == (modules[3].name,) == asked[1]
    assert list(second) == list(Corpus.of(modules, "4.28.0")) and second.fingerprint != first.fingerprint


def test_an_update_drops_modules_and_reuses_nothing_of_another_lean(modules):
    prints = {m.name: m.fingerprint for m in modules}
    extract = lambda names: [m for m in modules if m.name in names]  # noqa: E731
    first, _ = update(None, prints, extract, "4.28.0")
    without = {k: v for k, v in prints.items() if "Option" not in k}
    second, changed = update(first, without, extract, "4.28.0")
    assert changed == () and second.find("Option.map_some") is None and len(second) == len(first) - 1
    assert set(update(first, prints, extract, "4.29.0")[1]) == set(prints)


def test_an_extraction_that_forgets_a_module_is_an_error(modules):
    with pytest.raises(CorpusError, match=r"no record for the module 'Init\.Prelude'"):
        update(None, {"Init.Prelude": "1"}, lambda names: [], "4.28.0")


def test_an_empty_corpus_can_be_made_saved_and_opened(tmp_path):
    Corpus.of([]).save(tmp_path / "c")
    assert len(Corpus.open(tmp_path / "c")) == 0
