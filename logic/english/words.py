"""Words of the controlled English: tokens, function words, and inflection learnt from the text at hand.

No list of nouns, verbs or adjectives: what an inflected form belongs to is decided by rules of English
spelling and, where those leave several candidates (`impuses`: impus or impuse), by which candidate occurs in
the text. Sentences are parsed in `sentences.py`.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from logic.english.errors import EnglishError

_TOKEN = re.compile(r"[^\W\d_]+(?:[-’'][^\W\d_]+)*[’']?|\d+|[,;:]|[^\s]")
_CONTRACTION = re.compile(r"(?i)^(is|are|was|were|do|does|did|has|have|ca|can|wo|should|must)n[’']t$")

COPULAS = {"is": "singular", "are": "plural", "was": "singular", "were": "plural"}
DO = {"does": "singular", "do": "plural", "did": "any"}
PRONOUNS = {"it": "singular", "he": "singular", "she": "singular", "they": "plural"}
OBJECT_PRONOUNS = {"it", "him", "her", "them"}
REFLEXIVES = {"itself", "himself", "herself", "themselves", "themself"}
RELATIVES = {"who", "that", "which"}
PREPOSITIONS = {
    "about", "above", "across", "after", "against", "along", "among", "around", "at", "before", "behind",
    "below", "beneath", "beside", "between", "beyond", "by", "for", "from", "in", "inside", "into", "near",
    "of", "off", "on", "onto", "outside", "over", "past", "through", "to", "toward", "towards", "under",
    "upon", "with", "within", "without",
}  # fmt: skip
# Words for just anything: they restrict nothing, unless the text itself says who is a person or a thing.
GENERIC = {"thing": "thing", "things": "thing", "people": "person", "person": "person", "persons": "person"}
SOMEONE = {"someone": "person", "somebody": "person", "something": "thing"}
EVERYONE = {
    "everyone": "person", "everybody": "person", "everything": "thing",
    "anyone": "person", "anybody": "person", "anything": "thing",
}  # fmt: skip
NOBODY = {"nobody": "person", "nothing": "thing"}
# What first-order logic can't say with these words, or not by adding one more property (a fake gun is no gun).
VAGUE = {
    "most", "many", "few", "several", "usually", "often", "sometimes", "generally", "typically", "almost",
    "nearly", "half", "might", "may", "probably", "possibly", "perhaps", "always", "never", "must",
    "should", "would", "could", "will", "shall", "other", "another", "else", "same", "different", "unless",
    "former", "fake", "alleged", "supposed", "so-called", "would-be", "mock", "because", "while", "when",
    "where", "whose", "whom", "than", "exactly",
}  # fmt: skip
_OTHER = {
    "a", "an", "the", "all", "every", "each", "any", "some", "no", "not", "only", "and", "or", "but", "nor",
    "if", "then", "either", "neither", "both", "there", "be", "been", "being", "can", "cannot", "at",
    "least", "one", "as", "more", "less", "whenever", "therefore", "thus", "hence", "so", "this", "these",
    "those", "his", "its", "their", "my", "your", "our", "i", "we", "you", "me", "us", "am", "none",
}  # fmt: skip
FUNCTION_WORDS = frozenset(
    {*COPULAS, *DO, *PRONOUNS, *OBJECT_PRONOUNS, *REFLEXIVES, *RELATIVES, *PREPOSITIONS, *SOMEONE, *EVERYONE}
    | {*NOBODY, *VAGUE, *_OTHER}
)

_IRREGULAR_PLURALS = {
    "men": "man", "women": "woman", "children": "child", "people": "person", "feet": "foot", "teeth": "tooth",
    "geese": "goose", "mice": "mouse", "lice": "louse", "oxen": "ox", "dice": "die",
}  # fmt: skip
_SAME_PLURAL = {"sheep", "fish", "deer", "moose", "salmon", "trout", "bison", "swine", "aircraft", "species"}
ADJECTIVE_ENDINGS = ("ous", "less", "ss", "us", "is")
# Stems that are likelier to have lost an e: lov-, chas-, charg-, tackl-, lik- (or its k would be doubled).
_MUTE_E = re.compile(r"(?:[vcgzu]|[^s]s|[^aeiouwr]l|^[^aeiou]*[aeiou][^aeiouwxy])$")
_SIBILANT = ("s", "x", "z", "ch", "sh", "o")


@dataclass(frozen=True, slots=True)
class Word:
    """A token as written, in lower case, and its place in the sentence (characters from 0)."""

    text: str
    lower: str
    position: int

    @property
    def open(self) -> bool:
        """Whether it is a word that isn't a function word."""
        return self.lower not in FUNCTION_WORDS and self.text[0].isalpha()

    @property
    def capital(self) -> bool:
        return self.text[0].isupper()


def tokenize(sentence: str) -> tuple[Word, ...]:
    """The words and commas of one sentence; contractions are written out.

    Raises:
        EnglishError: for a character that no sentence of the grammar has.
    """
    words: list[Word] = []
    text = sentence.rstrip()
    text = text.rstrip(".!?")
    for match in _TOKEN.finditer(text):
        token, at = match[0].replace("’", "'"), match.start()
        if contracted := _CONTRACTION.match(token):
            verb = {"ca": "can", "wo": "will"}.get(contracted[1].lower(), contracted[1])
            words += [Word(verb, verb.lower(), at), Word("not", "not", at)]
        elif token.lower() == "cannot":
            words += [Word("can", "can", at), Word("not", "not", at)]
        elif token.lower().endswith(("'s", "s'")):
            raise EnglishError(sentence, f"the possessive “{token}” isn't covered; say “the … of …”", at)
        elif token[0].isalpha() or token == ",":
            words.append(Word(token, token.lower(), at))
        else:
            raise EnglishError(sentence, f"“{token}” isn't covered", at)
    if not words:
        raise EnglishError(sentence, "there is nothing to read", 0)
    return tuple(words)


def singulars(plural: str) -> list[str]:
    """The singular nouns that `plural` could be the plural of, the likeliest first; empty for none."""
    for ending, singular in _IRREGULAR_PLURALS.items():
        if plural == ending or (ending == "men" and plural.endswith("men") and len(plural) > 4):
            return [plural[: -len(ending)] + singular]
    if plural in _SAME_PLURAL:
        return [plural]
    if plural.endswith("ves"):
        regular, others = plural[:-1], [plural[:-3] + "f", plural[:-3] + "fe"]
        return [*others, regular] if plural.endswith("lves") else [regular, *others]
    return _without_s(plural)


def bases(third_person: str) -> list[str]:
    """The verbs that `third_person` (sees, watches, flies) could be a form of, the likeliest first."""
    return ["have"] if third_person == "has" else _without_s(third_person)


def past_bases(form: str) -> list[str]:
    """The verbs that `form` (liked, chased, carried) could be the past or participle of; empty for none."""
    if len(form) < 4 or not form.endswith("ed"):
        return []
    stem = form[:-2]
    found = [form[:-1], stem] if _MUTE_E.search(stem) else [stem, form[:-1]]
    if stem.endswith("i"):
        found = [stem[:-1] + "y"]
    elif len(stem) > 2 and stem[-1] == stem[-2]:
        found.append(stem[:-1])
    return found


def participle_bases(form: str) -> list[str]:
    """As `past_bases`, and for participles in -n (seen, eaten, known) too."""
    found = past_bases(form)
    if form.endswith("n") and len(form) > 3:
        found += [form[:-1]] + ([form[:-2]] if form.endswith("en") else [])
    return found


def _without_s(form: str) -> list[str]:
    if len(form) < 3 or not form.endswith("s") or form.endswith("ss"):
        return []
    found = [form[:-1]]
    if form.endswith("ies") and len(form) > 4:
        found.insert(0, form[:-3] + "y")
    elif form.endswith("es") and form[:-2].endswith(_SIBILANT):
        # buses, but houses: where the text has neither, it matters only that the choice is always the same.
        at = 0 if form.endswith(("uses", "sses", "zzes", "xes", "ches", "shes", "oes")) else 1
        found.insert(at, form[:-2])
    return found


@dataclass(frozen=True)
class Lexicon:
    """What the whole text says about its words."""

    words: frozenset[str] = frozenset()  # every token in lower case
    names: Mapping[str, str] = field(default_factory=dict)  # lower case → the spelling first met
    persons: bool = False  # the text says of something that it is a person
    things: bool = False
    singular_nouns: frozenset[str] = frozenset()  # may hold adjectives too (“every wise man”)
    certain_nouns: frozenset[str] = frozenset()  # “a mortal.”
    adjectives: frozenset[str] = frozenset()  # “is mortal.”
    before: Mapping[str, frozenset[str]] = field(default_factory=dict)  # word → the words right before it

    @classmethod
    def of(cls, sentences: Iterable[tuple[Word, ...]]) -> Lexicon:
        """Collect from all sentences of a problem, before any of them is read."""
        names: dict[str, str] = {}
        nouns: set[str] = set()
        certain: set[str] = set()
        adjectives: set[str] = set()
        before_word: dict[str, set[str]] = {}
        persons = things = False
        for sentence in sentences:
            for i, word in enumerate(sentence):
                after = sentence[i + 1] if i + 1 < len(sentence) else None
                before = sentence[i - 1].lower if i else ""
                before_word.setdefault(word.lower, set()).add(before)
                ends = after is None or not after.open
                if word.open and word.capital and _is_name(before, after, i):
                    names.setdefault(word.lower, word.text)
                if word.open and before in ("a", "an", "every", "each"):
                    nouns.add(word.lower)
                    if ends:
                        certain.add(word.lower)
                singular = before in ("is", "was") or (
                    before == "not" and i > 1 and sentence[i - 2].lower in ("is", "was")
                )
                if word.open and singular and ends:
                    adjectives.add(word.lower)
                if word.lower in GENERIC and _predicated(sentence, i):
                    persons |= GENERIC[word.lower] == "person"
                    things |= GENERIC[word.lower] == "thing"
        return cls(
            frozenset(before_word),
            names,
            persons,
            things,
            frozenset(nouns),
            frozenset(certain),
            frozenset(adjectives),
            {word: frozenset(found) for word, found in before_word.items()},
        )

    def restricts(self, kind: str) -> bool:
        """Whether “person” or “thing” is a class of its own in this text."""
        return self.persons if kind == "person" else self.things

    def is_base(self, verb: str) -> bool:
        """Whether a form in -ed (need, feed, embed) is no past form: the text has its third person, or it
        ends in -eed and the text doesn't have the verb in -ee (agreed: agree).
        """
        return verb + "s" in self.words or (verb.endswith("eed") and verb[:-1] not in self.words)

    def choose(self, candidates: list[str]) -> str | None:
        """The candidate that the text has; the likeliest where it has none; None where it has several."""
        present = [c for c in candidates if c in self.words] or candidates[:1]
        return present[0] if len(present) == 1 else None

    def has_verb(self, base: str) -> bool:
        """Whether the text has the word, or a third person that is led back to it."""
        thirds = (word for word in self.words if word.endswith("s"))
        return base in self.words or any(self.choose(bases(word)) == base for word in thirds)

    def choose_verb(self, candidates: list[str]) -> str | None:
        """As `choose`, for what a past form may come from."""
        present = [c for c in candidates if self.has_verb(c)] or candidates[:1]
        return present[0] if len(present) == 1 else None

    def noun_or_adjective(self, word: str) -> str:
        """The class that “are `word`” ascribes: a plural noun's singular, or the adjective itself."""
        candidates = singulars(word)
        if not candidates or word in self.adjectives - self.singular_nouns:
            return word
        if any(c in self.singular_nouns for c in candidates):
            return self.choose([c for c in candidates if c in self.singular_nouns]) or word
        return word if word.endswith(ADJECTIVE_ENDINGS) else (self.choose(candidates) or word)

    def looks_plural(self, word: str) -> bool:
        """Whether `word` is a plural by its form, and the text doesn't use it as a singular."""
        plural = bool(singulars(word)) and word not in _SAME_PLURAL and not word.endswith(ADJECTIVE_ENDINGS)
        return plural and word not in self.singular_nouns

    def only_after(self, noun: str, verb: str) -> bool:
        """Whether `noun`, in any number, stands nowhere but right behind `verb`, in any form."""
        forms = {noun, *singulars(noun)}
        forms |= {word for word in self.words if forms & set(singulars(word))}
        verbs = {verb, *(word for word in self.words if verb in (*bases(word), *past_bases(word)))}
        return all(self.before.get(form, frozenset()) <= verbs for form in forms)


def _is_name(before: str, after: Word | None, i: int) -> bool:
    """Whether a capital word stands where only a name can: a subject of “is”, or an object.

    Behind “is” or a determiner it may be an adjective (Canadian), and at the start any word has a capital.
    """
    if i == 0:
        return after is not None and (COPULAS.get(after.lower) == "singular" or after.lower == "does")
    return before not in COPULAS and before not in (
        "not", "a", "an", "the", "all", "every", "each", "no", "some", "any", "only", "and", "or", ","
    )  # fmt: skip


def _predicated(sentence: tuple[Word, ...], i: int) -> bool:
    """Whether the generic noun at `i` stands after “is a” or “are”, with “not” and adjectives allowed."""
    j = i - 1
    while j >= 0 and sentence[j].open:
        j -= 1
    if j >= 0 and sentence[j].lower in ("a", "an"):
        j -= 1
    elif sentence[i].lower in ("person", "thing"):
        return False
    if j >= 0 and sentence[j].lower == "not":
        j -= 1
    return j >= 0 and sentence[j].lower in COPULAS
