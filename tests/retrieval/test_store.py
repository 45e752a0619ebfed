import struct

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from retrieval import store
from retrieval.errors import IndexDamaged
from retrieval.store import Lists, Strings

ARRAYS = {
    "a": np.arange(10, dtype=np.int32),
    "empty": np.empty((0, 3), np.float32),
    "b": np.eye(3, dtype=np.float32),
}


@pytest.fixture
def file(tmp_path):
    path = tmp_path / "x.index"
    store.write(path, "test", 3, {"lean": "4"}, ARRAYS)
    return path


def test_what_is_written_is_read_back(file):
    stored = store.read(file, "test", 3)
    assert stored.meta == {"lean": "4"}
    assert list(stored.arrays) == list(ARRAYS)
    for name, array in ARRAYS.items():
        assert stored.arrays[name].dtype == array.dtype
        np.testing.assert_array_equal(stored.arrays[name], array)


def test_arrays_are_views_of_the_file_and_cannot_be_written(file):
    array = store.read(file, "test", 3).arrays["a"]
    assert not array.flags.owndata
    with pytest.raises(ValueError, match="read-only"):
        array[0] = 1


def test_a_file_cut_anywhere_is_an_error_that_says_how_to_rebuild(file):
    whole = file.read_bytes()
    for length in [*range(0, len(whole), 7), len(whole) - 1]:
        file.write_bytes(whole[:length])
        with pytest.raises(IndexDamaged, match="entails index"):
            store.read(file, "test", 3)


@settings(max_examples=150, deadline=None)
@given(st.data())
def test_a_changed_byte_never_goes_unnoticed(tmp_path_factory, data):
    path = tmp_path_factory.mktemp("damage") / "x.index"
    store.write(path, "test", 3, {"lean": "4"}, ARRAYS)
    whole = bytearray(path.read_bytes())
    at = data.draw(st.integers(0, len(whole) - 1))
    whole[at] ^= data.draw(st.integers(1, 255))
    path.write_bytes(whole)
    try:
        stored = store.read(path, "test", 3)
    except IndexDamaged:
        return
    # Only the padding between arrays may change unseen: what is read is what was written.
    for name, array in ARRAYS.items():
        np.testing.assert_array_equal(stored.arrays[name], array)


@pytest.mark.parametrize(
    ("kind", "version", "message"), [("other", 3, "holds a test index"), ("test", 4, "has format 3")]
)
def test_another_kind_or_version_is_an_error(file, kind, version, message):
    with pytest.raises(IndexDamaged, match=message):
        store.read(file, kind, version)


def test_a_missing_file_and_a_foreign_file_are_errors(tmp_path):
    with pytest.raises(IndexDamaged, match="there is no index"):
        store.read(tmp_path / "none", "test", 1)
    (tmp_path / "text").write_text("hello " * 100)
    with pytest.raises(IndexDamaged, match="not an index of entails"):
        store.read(tmp_path / "text", "test", 1)


def test_a_header_that_claims_terabytes_is_an_error(tmp_path):
    path = tmp_path / "x.index"
    path.write_bytes(struct.pack("<8sQI", store.MAGIC, 1 << 60, 0) + b"{}")
    with pytest.raises(IndexDamaged, match="damaged"):
        store.read(path, "test", 1)


def test_a_write_that_fails_leaves_the_old_file_and_nothing_else(file):
    before = file.read_bytes()
    with pytest.raises(TypeError):
        store.write(file, "test", 3, {"lean": object()}, ARRAYS)
    assert file.read_bytes() == before
    assert [p.name for p in file.parent.iterdir()] == [file.name]


def test_an_open_index_survives_its_replacement(file):
    old = store.read(file, "test", 3).arrays["a"]
    store.write(file, "test", 3, {}, {"a": np.zeros(10, np.int32)})
    np.testing.assert_array_equal(old, ARRAYS["a"])
    assert not store.read(file, "test", 3).arrays["a"].any()


@given(st.lists(st.text(st.characters(exclude_categories=()), max_size=8), max_size=8))
def test_strings_round_trip_even_with_lone_surrogates(strings):
    packed = Strings.pack(strings)
    assert list(packed) == strings == [packed[i] for i in range(len(packed))]


@given(st.lists(st.lists(st.integers(0, 2**31 - 1), max_size=5), max_size=8))
def test_lists_round_trip(lists):
    packed = Lists.pack(lists)
    assert [packed[i].tolist() for i in range(len(packed))] == lists
