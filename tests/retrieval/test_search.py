import pytest

from retrieval.corpus import Corpus
from retrieval.errors import RetrievalError, UnknownModule
from retrieval.library import Library
from retrieval.records import Module, Premise


@pytest.fixture(scope="module")
def lib(corpus):
    return Library.of(corpus)


def names(results):
    return [f.premise.name for f in results.found]


@pytest.mark.parametrize(
    ("text", "first"),
    [
        ("commutativity of list append", "List.perm_append_comm"),
        ("multiplication is commutative", "Nat.mul_comm"),
        ("divisibility is transitive", "Nat.dvd_trans"),
        ("reverse a list", "List.reverse"),
        ("List.map_append", "List.map_append"),
    ],
)
def test_plain_words_find_by_lean_names(lib, text, first):
    assert names(lib.search(text, 5))[0] == first


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("_ + _ = _ + _", {"Nat.add_comm", "Nat.add_assoc"}),
        ("?a + ?b = ?b + ?a", {"Nat.add_comm"}),
        ("a + b = b + a", {"Nat.add_comm"}),
        ("List.map _ (_ ++ _)", {"List.map_append"}),
        ("(_ ++ _).length", {"List.length_append"}),
        ("_ ++ _ ++ _", {"List.append_assoc"}),
        ("a ∣ b → b ∣ c → a ∣ c", {"Nat.dvd_trans"}),
        ("b ∣ c → a ∣ b → a ∣ c", {"Nat.dvd_trans"}),
        ("_ ≤ _ → _ * _ ≤ _ * _", {"Nat.mul_le_mul_right"}),
        ("_ ∈ List.reverse _", {"List.mem_reverse"}),
        ("HAdd.hAdd _ _ = _", {"Nat.add_comm", "Nat.add_assoc"}),
        ("_ ≤ _", {"Nat.le_trans", "Nat.mul_le_mul_right"}),
    ],
)
def test_patterns_find_exactly_the_statements_that_contain_them(lib, text, found):
    results = lib.search(text)
    assert set(names(results)) == found and results.total == len(found) and not results.note


def test_a_turnstile_asks_for_the_conclusion(lib):
    assert set(names(lib.search("⊢ _ * _ ≤ _"))) == {"Nat.mul_le_mul_right"}
    assert set(names(lib.search('⊢ _ = _, "symm"'))) == {"Eq.symm"}


def test_parts_are_all_met(lib):
    assert names(lib.search('"comm", _ * _')) == ["Nat.mul_comm"]
    assert names(lib.search("_ ++ _, length of a list"))[0] == "List.length_append"
    assert names(lib.search('"no such name"')) == []


def test_the_better_match_comes_first_then_the_shorter(lib):
    assert names(lib.search("_ = _ + _"))[:2] == ["Nat.add_comm", "Nat.add_assoc"]


def test_a_pattern_without_a_match_says_so_and_gives_the_nearest(lib):
    results = lib.search("_ * _ = _ + _ * _ * _")
    assert results.note == "no statement matches this pattern; these come nearest" and results.found


def test_module_filters_hold_for_every_kind_of_search(lib):
    for text in ("comm", "_ = _", "a = b * 7 * 7 * 7"):
        found = lib.search(text, within=("Init.Data.List",)).found
        assert found and all(f.module.startswith("Init.Data.List.") for f in found)
    with pytest.raises(UnknownModule, match="Mathlib"):
        lib.search("comm", within=("Mathlib",))


@pytest.mark.parametrize("text", ["", "  \n"])
def test_an_empty_search_is_an_error(lib, text):
    with pytest.raises(RetrievalError, match="nothing to search"):
        lib.search(text)


def test_a_misspelt_name_is_an_error_with_a_suggestion(lib):
    with pytest.raises(RetrievalError, match=r"no 'List\.lenght_append'; did you mean 'List\.length_append'"):
        lib.search("List.lenght_append")


def test_a_pattern_that_is_all_hole_is_not_everything(lib):
    assert lib.search("_").note


@pytest.mark.parametrize(
    "text",
    ["(((", ")", "∀", "λ", "_ = ", '"', ",,,", "a" * 50_000, "_ + " * 3000, "?x ?y", "List.map (", "🙂 = 🙂"],
)
def test_odd_searches_are_answered_or_refused_with_a_sentence(lib, text):
    try:
        assert len(lib.search(text, 3).found) <= 3
    except RetrievalError as error:
        assert str(error)


def test_who_took_part_is_said(lib):
    assert lib.search("commutative").rankers == ("bm25",) and lib.search("_ + _").rankers == ("pattern",)


def test_symbols_may_be_written_in_ascii(lib):
    assert names(lib.search("?a <= ?b -> ?b <= ?c -> ?a <= ?c")) == names(lib.search("?a ≤ ?b → ?b ≤ ?c → ?a ≤ ?c"))


def test_what_people_seldom_look_for_comes_later():
    statement = "∀ (a b : Nat), a + b = b + a"
    found = ("Nat.add_comm", "Lean.Nat.add_comm", "Nat.Internal.add_comm", "Nat.instAdd_comm")
    old = Premise("Int.add_comm", statement, attributes=("deprecated",))
    made = Library.of(Corpus.of([Module("M", (), (old, *(Premise(n, statement) for n in found)))]))
    shown = names(made.search("comm add"))
    assert shown[0] == "Nat.add_comm" and shown.index("Int.add_comm") > shown.index("Lean.Nat.add_comm")
