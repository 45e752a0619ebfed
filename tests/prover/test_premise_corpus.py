"""Premises read out of the Lean at hand, as `entails index` takes them."""

from __future__ import annotations

import pytest

from prover.lean.corpus import extract
from prover.lean.protocol import LeanMissing, UnknownImport
from retrieval.corpus import Corpus
from retrieval.records import Importing

ROOT = "Init.Data.Bool"


@pytest.fixture(scope="module")
def extraction(prepared):
    return extract((ROOT,))


@pytest.fixture(scope="module")
def corpus(extraction):
    """Of everything that the root imports; two processes where there are modules enough."""
    return Corpus.of(extraction.records(list(extraction.fingerprints)), extraction.version)


def test_the_premises_make_a_corpus_with_the_import_graph(extraction, corpus):
    assert set(corpus.modules) == set(extraction.fingerprints) and ROOT in corpus.modules
    assert corpus.lean.startswith("4.") and corpus.fingerprints == extraction.fingerprints
    seen = corpus.accessible.mask(Importing((ROOT,))).allowed
    assert seen[corpus.find("Bool.and_comm")] and seen[corpus.find("Nat.add_comm")]
    earlier = corpus.accessible.mask(Importing(corpus.record(ROOT).imports)).allowed
    assert not earlier[corpus.find("Bool.and_comm")] and earlier[corpus.find("Nat.add_comm")]


def test_a_premise_says_what_lean_knows_of_it(corpus):
    premise = corpus[corpus.find("Bool.and_self")]
    assert (premise.kind, premise.code) == ("theorem", "∀ (b : Bool), (b && b) = b")
    assert "simp" in premise.attributes
    assert set(premise.constants) == {"Bool", "Eq", "Bool.and"}
    assert corpus[corpus.find("List.map")].kind == "definition"
    assert corpus[corpus.find("List.cons")].kind == "constructor"


def test_nothing_internal_is_a_premise(corpus):
    names = [p.name for p in corpus]
    assert len(names) > 3000
    wrong = ("_proof_", "match_", ".noConfusion", "injEq", ".casesOn", ".eq_1", "_private", "_simp_", "sizeOf_spec")
    assert [n for n in names if any(w in n for w in wrong)] == []
    assert [p.name for p in corpus if p.code in ("Lean.ParserDescr", "Lean.TrailingParserDescr", "Lean.Macro")] == []


def test_one_module_alone_reads_as_it_does_among_all(extraction, corpus):
    (alone,) = extraction.records([ROOT])
    assert alone == corpus.record(ROOT)


def test_a_lean_that_is_not_there_is_said_so(prepared, tmp_path):
    with pytest.raises(LeanMissing, match="LeanDojo"):
        extract(("Init",), lean="native")
    with pytest.raises(LeanMissing, match="entails index --corpus"):
        extract(("Init",), project=tmp_path)
    with pytest.raises(UnknownImport, match="Mathlib"):
        extract(("Mathlib",))
