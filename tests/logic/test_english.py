"""The controlled English: what each form means, what is refused, and held-out texts with made-up words."""

from __future__ import annotations

import random
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from logic.english import EnglishError, Read, Unread, read_problem, split_sentences
from logic.english.words import FUNCTION_WORDS, bases, participle_bases, past_bases, singulars
from logic.rules import chain
from logic.syntax.read import read
from logic.syntax.walk import alpha_equivalent, free_variables
from logic.verdict import Verdict


def formula(sentence: str, *context: str):
    """What `sentence` means in a text that also has `context`."""
    found = read_problem(list(context), sentence).conclusion
    assert isinstance(found, Read), found.error
    return found.formula


def means(sentence: str, expected: str, *context: str) -> bool:
    return alpha_equivalent(formula(sentence, *context), read(expected))


def refusal(sentence: str, *context: str) -> str:
    found = read_problem(list(context), sentence).conclusion
    assert isinstance(found, Unread), found.formula
    assert found.error.sentence.strip() == sentence
    return found.error.problem


@pytest.mark.parametrize(
    ("sentence", "expected"),
    [
        # facts
        ("Socrates is a man.", "man(Socrates)"),
        ("The bald eagle chases the cat.", "chase(bald_eagle, cat)"),
        ("The bald eagle does not chase the cat.", "¬chase(bald_eagle, cat)"),
        ("The dog isn't kind.", "¬kind(dog)"),
        ("Bob is a big red dog.", "big(Bob) ∧ red(Bob) ∧ dog(Bob)"),
        ("Bob is kind, rich, and happy.", "kind(Bob) ∧ rich(Bob) ∧ happy(Bob)"),
        ("Bob is kind but not rich.", "kind(Bob) ∧ ¬rich(Bob)"),
        ("Bob is neither kind nor rich.", "¬kind(Bob) ∧ ¬rich(Bob)"),
        ("Bob is either kind or rich.", "kind(Bob) ∨ rich(Bob)"),
        ("Bob does not like Ann or Carl.", "¬(like(Bob, Ann) ∨ like(Bob, Carl))"),
        ("Bob and Alice are kind.", "kind(Bob) ∧ kind(Alice)"),
        ("John is taller than Mary.", "taller_than(John, Mary)"),
        ("Bob is more careful than Mary.", "more_careful_than(Bob, Mary)"),
        ("Bob is the father of Alice.", "father_of(Bob, Alice)"),
        ("Bob is in the garden.", "in(Bob, garden)"),
        ("Bob lives in Paris.", "live_in(Bob, Paris)"),
        ("The murderer is the butler.", "murderer = butler"),
        ("Bob likes himself.", "like(Bob, Bob)"),
        ("Bob cannot swim.", "¬can_swim(Bob)"),
        ("Bob eats an apple.", "∃x (apple(x) ∧ eat(Bob, x))"),
        ("Bob does not own a car.", "¬∃x (car(x) ∧ own(Bob, x))"),
        ("Therefore, Socrates is mortal.", "mortal(Socrates)"),
        ("Is Socrates mortal?", "mortal(Socrates)"),
        ("Does the cat chase the dog?", "chase(cat, dog)"),
        # quantities
        ("All men are mortal.", "∀x (man(x) → mortal(x))"),
        ("Every cat is an animal.", "∀x (cat(x) → animal(x))"),
        ("Red, cold things are not round.", "∀x ((red(x) ∧ cold(x)) → ¬round(x))"),
        ("Rough people are nice.", "∀x (rough(x) → nice(x))"),
        ("Impuses are tumpuses.", "∀x (impus(x) → tumpus(x))"),
        ("A whale is a mammal.", "∀x (whale(x) → mammal(x))"),
        ("No reptiles have fur.", "∀x (reptile(x) → ¬have_fur(x))"),
        ("Some birds cannot fly.", "∃x (bird(x) ∧ ¬can_fly(x))"),
        ("Not all birds can fly.", "¬∀x (bird(x) → can_fly(x))"),
        ("Only cats are evil.", "∀x (evil(x) → cat(x))"),
        ("There is a unicorn.", "∃x unicorn(x)"),
        ("There is no unicorn in the garden.", "¬∃x (unicorn(x) ∧ in(x, garden))"),
        ("Nobody likes Bob.", "∀x ¬like(x, Bob)"),
        ("Everyone loves someone.", "∀x ∃y love(x, y)"),
        ("Everything is red or blue.", "∀x (red(x) ∨ blue(x))"),
        ("All cats and dogs are animals.", "∀x (cat(x) → animal(x)) ∧ ∀x (dog(x) → animal(x))"),
        ("Every student who studies passes the exam.", "∀x ((student(x) ∧ study(x)) → pass(x, exam))"),
        ("Anyone who likes Bob is kind.", "∀x (like(x, Bob) → kind(x))"),
        ("Every cat is bigger than some mouse.", "∀x (cat(x) → ∃y (mouse(y) ∧ bigger_than(x, y)))"),
        # conditions
        ("If someone is kind and not rich then they like Bob.", "∀x ((kind(x) ∧ ¬rich(x)) → like(x, Bob))"),
        ("If something sees the cat then the cat needs it.", "∀x (see(x, cat) → need(cat, x))"),
        ("If a person is a doctor, then he is rich.", "∀x (doctor(x) → rich(x))"),
        ("If Bob owns a car then it is red.", "∀x ((car(x) ∧ own(Bob, x)) → red(x))"),
        ("If Bob is kind or Ann is rich, then Carl is happy.", "(kind(Bob) ∨ rich(Ann)) → happy(Carl)"),
        ("Bob is kind if Ann is happy.", "happy(Ann) → kind(Bob)"),
        ("Bob is happy only if Ann is kind.", "happy(Bob) → kind(Ann)"),
        ("Bob is kind if and only if Ann is happy.", "kind(Bob) ↔ happy(Ann)"),
        ("It is not the case that Bob is kind.", "¬kind(Bob)"),
    ],
)
def test_a_sentence_means(sentence, expected):
    assert means(sentence, expected)


@pytest.mark.parametrize(
    ("sentence", "reason"),
    [
        ("Most dogs bark.", "most"),
        ("A man is tall.", "every or some"),
        ("Cats are bigger than mice.", "all or some"),
        ("If a man owns a donkey then he beats it.", "isn't certain what “he”"),
        ("If Bob likes Ann then she is happy.", "isn't certain what “she”"),
        ("Bob is not kind and rich.", "not"),
        ("Bob's father is rich.", "possessive"),
        ("Bob ate the cake.", "“ate”"),
        ("Bob are kind.", "doesn't agree"),
        ("Bob is kind and rich or happy.", "or"),
        ("Bob must leave.", "must"),
        ("Bob does not like Ann and Carl.", "each or for all"),
        ("Bob is not taller than Ann and Carl.", "not"),
        ("Dogs can swim and run.", "may or may not go on"),
        ("Dogs do not bark and bite.", "may or may not go on"),
        ("Bob likes a dog that barks and is kind.", "can mean"),
        ("Bob is a former teacher.", "former"),
        ("Bob is 42.", "42"),
        ("Bob is", "ends"),
        ("kind Bob the.", ""),
        ("?", "nothing to read"),
    ],
)
def test_a_sentence_that_can_be_misread_is_refused_with_the_reason(sentence, reason):
    assert reason in refusal(sentence)


def test_a_bare_noun_is_refused_where_the_text_also_speaks_of_what_it_names():
    assert means("Bob likes music.", "like_music(Bob)", "All people who like music are nice.", "Bob is tall.")
    assert "needs" in refusal("Bob likes dog.", "The dog is big.", "Bob is tall.")
    assert "all or some" in refusal("Bob likes dogs.", "Rex is a dog.", "Bob is tall.")


def test_a_refusal_does_not_keep_the_other_sentences_from_being_read():
    found = read_problem(["Bob is kind.", "Most men run.", "All kind people are nice."], "Bob is nice.")
    assert [type(p) for p in found.premises] == [Read, Unread, Read]
    assert [error.sentence for error in found.errors] == ["Most men run."]


def test_an_ambiguous_sentence_is_refused_with_both_readings():
    # a name that likes, or creatures of some kind that do
    problem = refusal("Bats chased Bob.", "Bob is kind.")
    assert "it can mean" in problem
    assert "bat(x" in problem
    assert "Bats" in problem


def test_three_words_are_read_only_where_the_text_tells_a_name_from_a_kind():
    assert "may be a name" in refusal("Big dogs bark.")
    assert "may be a name" in refusal("Bob likes music.")
    assert "may be a name" in refusal("Bob likes dog.", "The dog is brown.")
    assert means("Big dogs bark.", "∀x ((big(x) ∧ dog(x)) → bark(x))", "Rex is a big dog.")
    assert means("Bob likes music.", "like_music(Bob)", "Bob is tall.")


def test_an_inflected_word_is_led_back_to_the_form_the_text_has():
    assert means("Buses are big.", "∀x (bus(x) → big(x))", "Every bus is red.")
    assert means("Houses are big.", "∀x (house(x) → big(x))", "Every house is red.")
    assert means("If someone is kind then they need Bob.", "∀x (kind(x) → need(x, Bob))")
    assert means("Dogs are nervous.", "∀x (dog(x) → nervous(x))", "Rex is nervous.")
    assert means("The dog chased the cat.", "chase(dog, cat)", "The cat chases the dog.")
    assert means("The dog is loved by Ann.", "love(Ann, dog)", "Ann loves the cat.")
    assert means("The dog is seen by the cat.", "see(cat, dog)", "The cat sees the dog.")


def test_persons_are_everyone_unless_the_text_says_who_is_a_person():
    assert means("All people are mortal.", "∀x mortal(x)")
    assert means("All people are mortal.", "∀x (person(x) → mortal(x))", "Socrates is a person.")
    assert means("Everyone is mortal.", "∀x (person(x) → mortal(x))", "Rex is not a person.")


def test_a_fly_is_not_what_flies():
    found = read_problem(["Bob is a fly.", "Ann flies."], "Bob flies.")
    assert found.premises[0].formula != found.conclusion.formula


def test_the_cat_is_a_cat_where_the_text_speaks_of_cats():
    found = read_problem(["All cats are animals.", "The cat is big."], "Some animal is big.")
    assert [item.text for item in found.assumed] == ["The cat is a cat."]
    assert read_problem(["The cat is big."], "The cat is red.").assumed == ()


def test_what_may_be_meant_otherwise_is_a_warning():
    assert any("either" in w for w in read_problem([], "Either Bob is kind or Ann is kind.").warnings)
    assert any("mortal" in w for w in read_problem(["Bob is a mortal."], "Bob is mortal.").warnings)
    assert any("past" in w for w in read_problem(["Bob was kind."], "Bob is kind.").warnings)
    assert any(
        "good" in w for w in read_problem(["Ann is a good cook.", "Ann is a judge."], "Ann is a good judge.").warnings
    )
    assert any("run fast" in w for w in read_problem(["Bob is tall.", "Bob runs fast."], "Bob runs.").warnings)
    assert read_problem(["Bob is kind."], "Bob is kind.").warnings == ()


def test_sentences_are_split_at_full_stops_but_not_in_names():
    assert split_sentences("Bob is kind. Mr. Smith is rich.  Is he?") == [
        "Bob is kind.", "Mr. Smith is rich.", "Is he?",
    ]  # fmt: skip


_WORDS = st.sampled_from(
    "the a every all no some if then and or not is are does do who that it they bob Bob cat cats red "
    "chases chase likes , either neither nor there only can of in by than more someone nobody".split()
)


@settings(max_examples=300, deadline=None)
@given(st.lists(_WORDS, min_size=1, max_size=9))
def test_any_row_of_words_is_read_without_free_variables_or_refused(words):
    found = read_problem([], " ".join(words) + ".").conclusion
    if isinstance(found, Read):
        assert not free_variables(found.formula)
    else:
        assert isinstance(found.error, EnglishError)


@settings(max_examples=200, deadline=None)
@given(st.text(max_size=60))
def test_any_text_is_read_or_refused(text):
    found = read_problem([text], text)
    assert all(isinstance(item, Read | Unread) for item in (*found.premises, found.conclusion))


# ── inflection ──────────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("plural", "singular"),
    [("cats", "cat"), ("impuses", "impus"), ("houses", "house"), ("boxes", "box"), ("flies", "fly"),
     ("wolves", "wolf"), ("knives", "knife"), ("doves", "dove"), ("men", "man"), ("firemen", "fireman"),
     ("mice", "mouse"), ("sheep", "sheep"), ("churches", "church"), ("heroes", "hero"), ("bosses", "boss")],
)  # fmt: skip
def test_a_plural_may_come_from_its_singular(plural, singular):
    assert singular in singulars(plural)


@pytest.mark.parametrize("word", ["boss", "man", "cat", "is"])
def test_what_is_no_plural_has_no_singular(word):
    assert singulars(word) == []


def test_verb_forms_lead_to_their_base():
    for form, base in (("chases", "chase"), ("watches", "watch"), ("flies", "fly"), ("has", "have"), ("goes", "go")):
        assert base in bases(form)
    for form, base in (("liked", "like"), ("chased", "chase"), ("carried", "carry"), ("stopped", "stop")):
        assert base in past_bases(form)
    assert "see" in participle_bases("seen")
    assert "eat" in participle_bases("eaten")


# ── texts of ProofWriter's and ProntoQA's kinds, with words that nobody has listed ──────────────────────────

_ONSETS, _RHYMES = ["bl", "dr", "fr", "gl", "kr", "pl", "sn", "st", "tr", "v", "z", "m"], [
    "ack", "ale",
    "amp", "ard", "eek", "erb", "ick", "imp", "ode", "olt", "onk", "ug", "ust", "uzz", "ax", "osh", "utch",
]  # fmt: skip


def _invented(random_: random.Random, count: int, ending: str = "") -> list[str]:
    words = {onset + rhyme + ending for onset in _ONSETS for rhyme in _RHYMES} - FUNCTION_WORDS
    return random_.sample(sorted(words), count)


def _third(verb: str) -> str:
    return verb + ("es" if verb.endswith(("s", "x", "z", "sh", "ch")) else "s")


@pytest.mark.parametrize("seed", range(40))
def test_theories_with_invented_words_mean_what_they_were_made_from(seed):
    """Facts and rules are made as formulas and as sentences side by side; the reading must give the formulas."""
    r = random.Random(seed)
    words = _invented(r, 14)
    things, verbs, adjectives = words[:4], words[4:8], [w + "y" for w in words[8:]]
    name = {t: (f"the {t}", t) if r.random() < 0.7 else (t.capitalize(), t.capitalize()) for t in things}

    def fact(positive: bool, plural: bool, subject: str, about: str) -> tuple[str, str]:
        sign = "" if positive else "¬"
        if r.random() < 0.5:
            adjective = r.choice(adjectives)
            verb = "are" if plural else "is"
            return f"{subject} {verb} {'' if positive else 'not '}{adjective}", f"{sign}{adjective}({about})"
        verb, (other, constant) = r.choice(verbs), name[r.choice(things)]
        if positive:
            words_ = f"{subject} {verb if plural else _third(verb)} {other}"
        else:
            words_ = f"{subject} {'do' if plural else 'does'} not {verb} {other}"
        return words_, f"{sign}{verb}({about}, {constant})"

    def sentence(text: str) -> str:
        return text[0].upper() + text[1:] + "."

    made: list[tuple[str, str]] = []
    for _ in range(8):
        thing = r.choice(things)
        text, meaning = fact(r.random() < 0.8, False, *name[thing])
        made.append((sentence(text), meaning))
    for _ in range(6):
        generic, pronoun, plural = r.choice((("someone", "they", True), ("something", "it", False)))
        first, one = fact(True, False, generic, "x")
        second, two = fact(r.random() < 0.7, plural, pronoun, "x")
        then, head = fact(r.random() < 0.8, plural, pronoun, "x")
        made.append((sentence(f"if {first} and {second} then {then}"), f"∀x (({one} ∧ {two}) → {head})"))
    for _ in range(3):
        a, b, c = r.sample(adjectives, 3)
        made.append((sentence(f"{r.choice(('all ', ''))}{a}, {b} things are {c}"), f"∀x (({a}(x) ∧ {b}(x)) → {c}(x))"))
    found = read_problem([text for text, _ in made], made[0][0])
    assert not found.errors
    for item, (text, meaning) in zip(found.premises, made, strict=True):
        assert alpha_equivalent(item.formula, read(meaning)), text


@pytest.mark.parametrize("seed", range(20))
def test_chains_of_invented_kinds_are_followed(seed):
    r = random.Random(seed)
    kinds = _invented(r, 6, r.choice(("us", "el", "ock")))
    colour = "zindy"
    name = "Quill"
    sentences = []
    for lower, upper in pairwise(kinds):
        plural = upper + ("es" if upper.endswith("us") else "s")
        subject = lower + ("es" if lower.endswith("us") else "s")
        sentences.append(
            r.choice(
                (f"Every {lower} is a {upper}.", f"Each {lower} is a {upper}.", f"{subject.capitalize()} are {plural}.")
            )
        )
    sentences.append(f"Each {kinds[-1]} is not {colour}.")
    r.shuffle(sentences)
    found = read_problem([*sentences, f"{name} is a {kinds[0]}."], f"{name} is {colour}.")
    assert not found.errors
    assert chain([p.formula for p in found.premises], found.conclusion.formula).verdict is Verdict.FALSE
