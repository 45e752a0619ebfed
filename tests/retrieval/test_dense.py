import builtins
import json

import numpy as np
import pytest

from retrieval.corpus import Corpus
from retrieval.encoder import load_encoder
from retrieval.errors import EncoderError, IndexStale, MissingExtra
from retrieval.rankers import dense
from retrieval.rankers.dense import INDEXES, Dense
from retrieval.records import At, Everywhere, Importing, Module, Premise, Query
from retrieval.serialize import augmented_state, reprover_premise

pytest.importorskip("faiss", reason="pip install 'entails[retrieval]'")


@pytest.fixture(scope="module")
def wide() -> Corpus:
    """2,400 premises in 24 modules, each importing the one before."""
    return Corpus.of(
        Module(
            f"M{i:02}",
            (f"M{i - 1:02}",) if i else (),
            tuple(Premise(f"p{i}_{j}", "x = x") for j in range(100)),
        )
        for i in range(24)
    )


def near(centres, noise, share):
    vectors = centres + share * noise
    return vectors / np.linalg.norm(vectors, axis=1, keepdims=True)


@pytest.mark.parametrize("kind", INDEXES)
def test_every_kind_of_index_finds_the_nearest_accessible(wide, unit, kind):
    # in clusters, as encoders place texts (in uniform noise no approximate index finds anything)
    vectors = near(unit(60, 32)[np.arange(len(wide)) % 60], unit(len(wide), 32, seed=1), 0.5)
    ranker = Dense.from_vectors(wide, vectors, kind=kind)
    right = total = 0
    for n, vector in enumerate(near(vectors[::60], unit(40, 32, seed=7), 0.3)):
        position = At(f"M{10 + n % 14:02}", 50)
        allowed = np.flatnonzero(wide.accessible.mask(position).allowed)
        want = allowed[np.argsort(-(vectors[allowed] @ vector))[:10]]
        numbers, scores = ranker.top(Query("", position, vector=vector), 10)
        assert len(numbers) == 10 and set(numbers) <= set(allowed)
        np.testing.assert_allclose(scores, vectors[numbers] @ vector, atol=2e-3)  # half precision in the lists
        right += len(set(want) & set(numbers))
        total += 10
    assert right == total if kind == "flat" else right / total > 0.9


@pytest.mark.parametrize("kind", INDEXES)
def test_few_accessible_premises_are_all_found(wide, unit, monkeypatch, kind):
    monkeypatch.setattr(dense, "EXACT_UP_TO", 0)  # so that the approximate indexes have to answer
    ranker = Dense.from_vectors(wide, unit(len(wide), 32), kind=kind)
    numbers, _ = ranker.top(Query("", At("M00", 5), vector=unit(1, 32, seed=3)[0]), 10)
    assert sorted(numbers) == [0, 1, 2, 3, 4]
    assert len(ranker.top(Query("", At("M00", 0), vector=unit(1, 32)[0]), 10)[0]) == 0


def test_a_batch_over_many_positions_gives_what_single_queries_give(wide, unit):
    ranker = Dense.from_vectors(wide, unit(len(wide), 32), kind="flat")
    places = [At("M03", 7), Everywhere(), Importing(("M05",)), At("M23", 99)]
    queries = [
        Query("", places[i % 4], vector=v, exclude=("p0_1",) if i % 3 else ())
        for i, v in enumerate(unit(20, 32, seed=9))
    ]
    for many, query in zip(ranker.top_batch(queries, 6), queries, strict=True):
        np.testing.assert_array_equal(many[0], ranker.top(query, 6)[0])


@pytest.mark.parametrize("kind", INDEXES)
def test_a_saved_index_answers_alike(tmp_path, wide, unit, kind):
    made = Dense.from_vectors(wide, unit(len(wide), 32), kind=kind)
    made.save(tmp_path / "d")
    opened = Dense.open(tmp_path / "d", wide)
    queries = [Query("", At("M20", 3), vector=v) for v in unit(5, 32, seed=2)]
    assert opened.rank_batch(queries, 5) == made.rank_batch(queries, 5)


def test_wrong_shapes_are_errors(wide, unit):
    ranker = Dense.from_vectors(wide, unit(len(wide), 32))
    with pytest.raises(EncoderError, match=r"shape \(16,\); the index has dimension 32"):
        ranker.rank(Query("", vector=unit(1, 16)[0]), 3)
    with pytest.raises(EncoderError, match="without its encoder"):
        ranker.rank(Query("text"), 3)
    with pytest.raises(EncoderError, match="3 vectors for 2400 premises"):
        Dense.from_vectors(wide, unit(3, 32))
    with pytest.raises(ValueError, match="no index kind 'tree'"):
        Dense.from_vectors(wide, unit(len(wide), 32), kind="tree")


def test_missing_faiss_is_one_sentence_with_the_command(monkeypatch, corpus, unit):
    real = builtins.__import__
    monkeypatch.setattr(
        builtins,
        "__import__",
        lambda name, *a, **k: (_ for _ in ()).throw(ImportError(name)) if name == "faiss" else real(name, *a, **k),
    )
    with pytest.raises(
        MissingExtra,
        match=r"needs the package faiss-cpu; install it with `pip install 'entails\[retrieval\]'`",
    ):
        Dense.from_vectors(corpus, unit(len(corpus), 8))


# encoders


def test_a_sentence_encoder_finds_by_meaning(corpus, minilm):
    ranker = Dense.build(corpus, load_encoder(minilm, device="cpu"))
    assert ranker.dimension == 384 and ranker.encoder.max_length == 256
    assert ranker.rank(Query("the size of two concatenated lists"), 3)[0].name == "List.length_append"
    assert ranker.rank(Query("addition of numbers commutes"), 3)[0].name == "Nat.add_comm"


def test_vectors_do_not_depend_on_the_batch(minilm):
    encoder = load_encoder(minilm, device="cpu", batch_size=3)
    texts = ["a", "Nat.add_comm : n + m = m + n", "list " * 50, "x", "∀ x, x ∈ l"]
    together = encoder.encode(texts)
    np.testing.assert_allclose(np.linalg.norm(together, axis=1), 1, atol=1e-5)
    for row, text in zip(together, texts, strict=True):
        np.testing.assert_allclose(encoder.encode([text])[0], row, atol=1e-5)


def test_mean_pooling_agrees_with_sentence_transformers(minilm):
    library = pytest.importorskip("sentence_transformers", reason="pip install 'entails[retrieval]'")
    texts = ["the length of a list", "n + m = m + n"]
    theirs = library.SentenceTransformer(minilm, device="cpu").encode(texts, normalize_embeddings=True)
    np.testing.assert_allclose(load_encoder(minilm, device="cpu").encode(texts), theirs, atol=1e-5)


def test_a_checkpoint_with_another_pooling_is_run_by_its_own_library(tmp_path, minilm):
    import shutil

    pytest.importorskip("sentence_transformers", reason="pip install 'entails[retrieval]'")
    folder = tmp_path / "cls"
    shutil.copytree(minilm, folder)
    path = folder / "1_Pooling" / "config.json"
    pooling = json.loads(path.read_text()) | {
        "pooling_mode_cls_token": True,
        "pooling_mode_mean_tokens": False,
    }
    path.write_text(json.dumps(pooling))
    ours, plain = load_encoder(str(folder), device="cpu"), load_encoder(minilm, device="cpu")
    assert ours.dimension == 384
    assert not np.allclose(ours.encode(["a list"]), plain.encode(["a list"]), atol=1e-2)


def test_a_byt5_checkpoint_uses_reprovers_format(byt5, corpus):
    encoder = load_encoder(byt5, device="cpu")
    assert encoder.form == "reprover" and encoder.dimension == 32
    assert encoder.format.premise(corpus[corpus.find("Nat.add_comm")]) == (
        "theorem <a>Nat.add_comm</a> : ∀ (n m : Nat), n + m = m + n"
    )
    assert Dense.build(corpus, encoder).rank(Query("⊢ a = b"), 3)


def test_an_encoder_of_another_dimension_or_other_weights_is_an_error(tmp_path, corpus, minilm, byt5):
    small = load_encoder(byt5, device="cpu")
    Dense.build(corpus, small).save(tmp_path / "d")
    with pytest.raises(EncoderError, match=r"dimension 384, the index .* has 32; .*--rebuild"):
        Dense.open(tmp_path / "d", corpus, load_encoder(minilm, device="cpu"))
    other = load_encoder(byt5, device="cpu")
    next(other.model.parameters()).data.add_(1.0)
    with pytest.raises(IndexStale, match="built with another encoder"):
        Dense.open(tmp_path / "d", corpus, other)
    assert Dense.open(tmp_path / "d", corpus, small).rank(Query("⊢ a = b"), 3)


def test_vectors_of_unchanged_premises_are_taken_over(tmp_path, modules, byt5):
    encoder = load_encoder(byt5, device="cpu")
    Dense.build(Corpus.of(modules[:3]), encoder).save(tmp_path / "d")
    encoded = []
    real = encoder.encode
    encoder.encode = lambda texts, progress=None: (encoded.extend(texts), real(texts, progress))[1]
    whole = Corpus.of(modules)
    built = Dense.build(whole, encoder, old=tmp_path / "d")
    known = {p.name for m in modules[:3] for p in m.premises}
    assert len(encoded) == len(whole) - len(known)
    np.testing.assert_allclose(built.vectors, Dense.build(whole, encoder).vectors, atol=1e-5)


@pytest.mark.parametrize("name", ["/no/such/folder", "nobody/no-such-model"])
def test_a_checkpoint_that_is_not_there_is_one_sentence(name):
    pytest.importorskip("torch")
    with pytest.raises(EncoderError, match="cannot be loaded") as error:
        load_encoder(name, local_only=True)
    assert "\n" not in str(error.value)


def test_an_empty_folder_and_broken_weights_are_errors(tmp_path, minilm):
    import shutil

    (tmp_path / "empty").mkdir()
    with pytest.raises(EncoderError, match="cannot be loaded"):
        load_encoder(str(tmp_path / "empty"))
    shutil.copytree(minilm, tmp_path / "broken")
    (tmp_path / "broken" / "model.safetensors").write_bytes(b"no weights")
    with pytest.raises(EncoderError, match="cannot be loaded"):
        load_encoder(str(tmp_path / "broken"))


# text formats


@pytest.mark.parametrize(
    ("name", "code", "text"),
    [
        (
            "Nat.add_comm",
            "theorem add_comm (n m) : n + m = m + n",
            "theorem <a>Nat.add_comm</a> (n m) : n + m = m + n",
        ),
        ("Nat.add_comm", "theorem Nat.add_comm : True", "theorem <a>Nat.add_comm</a> : True"),
        ("A.b", "def _root_.A.b := 1", "def <a>A.b</a> := 1"),
        ("f", "def «f» := f 1", "def <a>f</a> := <a>f</a> 1"),
        ("Nat.pos", "0 < n", "theorem <a>Nat.pos</a> : 0 < n"),
    ],
)
def test_premises_are_marked_as_reprover_does(name, code, text):
    assert reprover_premise(Premise(name, code)) == text


def test_a_state_is_augmented_with_the_best_premise_last_and_within_its_bytes():
    premises = [Premise(f"P{i}", "α = α") for i in range(3)]
    one = "theorem <a>P{}</a> : α = α\n\n"
    assert augmented_state("⊢ g", premises) == "".join(one.format(i) for i in (2, 1, 0)) + "⊢ g"
    room = len((one.format(0) * 2 + "⊢ g").encode())
    assert augmented_state("⊢ g", premises, room) == one.format(1) + one.format(0) + "⊢ g"


def test_missing_torch_is_one_sentence_with_the_command(monkeypatch):
    import sys

    monkeypatch.setitem(sys.modules, "torch", None)
    with pytest.raises(MissingExtra, match=r"needs the package torch with transformers; .*'entails\[models\]'"):
        load_encoder("anything")
