from dataclasses import replace

import pytest

from retrieval.corpus import Corpus
from retrieval.errors import IndexDamaged, IndexStale
from retrieval.library import Library, build, build_corpus, cache_folder
from retrieval.records import Query

STATE = Query("a b : Nat\n⊢ a + b = b + a")


def source(modules):
    asked = []

    def extract(names):
        asked.append(tuple(names))
        return [m for m in modules if m.name in names]

    return {m.name: m.fingerprint for m in modules}, extract, asked


def test_a_folder_is_built_once_and_opened_again(tmp_path, modules):
    prints, extract, asked = source(modules)
    stages = []
    built = build(tmp_path / "x", prints, extract, "4.28.0", progress=lambda *s: stages.append(s))
    assert (built.premises, built.modules) == (19, 5) and len(built.extracted) == 5
    assert {s for s, _, _ in stages} == {"extract", "bm25", "structural"}
    assert all(done == total for s, done, total in [stages[-1]])
    library = Library.open(tmp_path / "x", "4.28.0")
    assert library.rank(STATE, 3)[0].name == "Nat.add_comm"
    assert library.fusion.took_part == ("bm25", "structural") and "no encoder" in library.left_out["dense"]
    before = {p.name: p.stat().st_mtime_ns for p in (tmp_path / "x").glob("*.index")}
    assert build(tmp_path / "x", prints, extract, "4.28.0").extracted == () and len(asked) == 1
    assert before == {p.name: p.stat().st_mtime_ns for p in (tmp_path / "x").glob("*.index")}


def test_a_changed_module_brings_every_index_up_to_date(tmp_path, modules):
    prints, extract, _ = source(modules)
    build(tmp_path, prints, extract, "4.28.0")
    modules[1] = replace(modules[1], premises=modules[1].premises[1:], fingerprint="2")
    prints, extract, asked = source(modules)
    assert build(tmp_path, prints, extract, "4.28.0").extracted == ("Init.Data.Nat.Basic",)
    assert asked == [("Init.Data.Nat.Basic",)]
    names = {h.name for h in Library.open(tmp_path).rank(STATE, 20)}
    assert "Nat.add_comm" not in names and "Nat.add_assoc" in names


def test_a_build_cut_off_between_its_files_is_an_error_and_the_next_build_repairs_it(tmp_path, modules):
    prints, extract, _ = source(modules)
    build(tmp_path, prints, extract, "4.28.0")
    Corpus.of(modules[:2], "4.28.0").save(tmp_path / "corpus.index")
    with pytest.raises(IndexStale, match="another corpus"):
        Library.open(tmp_path)
    build(tmp_path, prints, extract, "4.28.0")
    assert len(Library.open(tmp_path).corpus) == 19


@pytest.mark.parametrize("name", ["corpus.index", "bm25.index", "structural.index"])
def test_a_truncated_file_is_an_error_and_a_build_repairs_it(tmp_path, modules, name):
    prints, extract, _ = source(modules)
    build(tmp_path, prints, extract, "4.28.0")
    whole = (tmp_path / name).read_bytes()
    (tmp_path / name).write_bytes(whole[: len(whole) // 2])
    with pytest.raises(IndexDamaged, match=rf"{name}.*build it again with `entails index --rebuild`"):
        Library.open(tmp_path)
    build(tmp_path, prints, extract, "4.28.0")
    assert Library.open(tmp_path).rank(STATE, 3)[0].name == "Nat.add_comm"


def test_another_lean_is_an_error_and_a_missing_index_names_the_command(tmp_path, modules):
    prints, extract, _ = source(modules)
    build(tmp_path, prints, extract, "4.28.0")
    with pytest.raises(IndexStale, match=r"4\.28\.0, the Lean at hand is 4\.31\.0"):
        Library.open(tmp_path, "4.31.0")
    with pytest.raises(IndexDamaged, match="build one with `entails index`"):
        Library.open(tmp_path / "none")


def test_an_extraction_that_fails_leaves_the_index_as_it_was(tmp_path, modules):
    prints, extract, _ = source(modules)
    build(tmp_path, prints, extract, "4.28.0")

    def failing(names):
        yield modules[0]
        raise RuntimeError("Lean died")

    with pytest.raises(RuntimeError, match="Lean died"):
        build(tmp_path, {m: "new" for m in prints}, failing, "4.28.0")
    assert Library.open(tmp_path, "4.28.0").rank(STATE, 3)[0].name == "Nat.add_comm"
    assert [p for p in tmp_path.iterdir() if p.name.startswith(".") and p.name != ".lock"] == []


def test_an_encoder_joins_the_fusion_once_its_index_is_built(tmp_path, modules, byt5):
    pytest.importorskip("faiss", reason="pip install 'entails[retrieval]'")
    prints, extract, _ = source(modules)
    build(tmp_path, prints, extract, "4.28.0")
    with pytest.raises(IndexDamaged, match=r"no dense index for the encoder .*entails index --encoder"):
        Library.open(tmp_path, encoder=byt5)
    build(tmp_path, prints, extract, "4.28.0", encoder=byt5)
    library = Library.open(tmp_path, encoder=byt5)
    hit = library.rank(STATE, 3)[0]
    assert library.left_out == {} and library.fusion.took_part == ("bm25", "structural", "dense")
    assert set(hit.ranks) == {"bm25", "structural", "dense"}


def test_a_corpus_at_hand_is_indexed_alike(tmp_path, corpus):
    build_corpus(tmp_path, corpus)
    assert Library.open(tmp_path).rank(STATE, 3)[0].name == "Nat.add_comm"


def test_the_cache_is_the_users(monkeypatch):
    monkeypatch.setenv("XDG_CACHE_HOME", "/somewhere")
    assert cache_folder("lean-4.28.0").parts[-3:] == ("entails", "retrieval", "lean-4.28.0")
