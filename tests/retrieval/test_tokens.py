import pytest
from hypothesis import given
from hypothesis import strategies as st

from retrieval.tokens import name_words, query_weights, tokens


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("List.map_getElem", ("list", "map", "get", "elem")),
        ("UInt8.toNat_ofNat'", ("u", "int8", "to", "nat", "of", "nat")),
        ("Std.HTTPServer.getURL", ("std", "http", "server", "get", "url")),
        ("Nat.add_comm", ("nat", "add", "comm")),
    ],
)
def test_names_split_at_dots_underscores_and_camel_case(name, words):
    assert name_words(name) == words


def test_symbols_and_numbers_are_kept_and_local_names_are_not():
    assert tokens("a ++ b₁ = 0 ∧ x ∈ l₂") == ["++", "=", "0", "∧", "∈"]
    assert {"list", "length", "list.length"} <= set(tokens("List.length xs"))


def test_plain_words_reach_the_naming_convention():
    weights = query_weights("commutativity of list append", plain=True)
    assert {"comm", "list", "append"} <= weights.keys() and "the" not in query_weights("the list", plain=True)


@pytest.mark.parametrize(
    ("text", "words", "without"),
    [
        ("less than or equal", {"le"}, {"less", "than", "equal"}),
        ("hash map", {"hash", "map", "hashmap", "hash_map"}, set()),
        ("the length of a reverse", {"length_reverse", "reverse_length", "size_reverse"}, {"the", "of", "a"}),
        ("reverse of reverse", {"reverse_reverse"}, {"of"}),
    ],
)
def test_phrases_and_neighbours_are_put_as_names_put_them(text, words, without):
    weights = query_weights(text, plain=True)
    assert words <= weights.keys() and not without & weights.keys()


def test_an_english_word_weighs_less_than_what_names_say_for_it():
    weights = query_weights("distributes", plain=True)
    assert weights["distributes"] < weights["distrib"]


def test_a_symbol_of_a_state_brings_its_name():
    assert query_weights("⊢ a ++ b = c", plain=False)["append"] < query_weights("⊢ a ++ b = c", plain=False)["++"]


@given(st.text())
def test_any_text_has_tokens(text):
    assert all(isinstance(t, str) and t for t in tokens(text))


@given(st.text(st.sampled_from("aB1._ \n\t⊢+=≤'✝(")))
def test_no_token_goes_beyond_its_line(text):
    assert tokens(text) == [token for line in text.split("\n") for token in tokens(line)]
