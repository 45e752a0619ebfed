"""A whole problem in controlled English: every sentence to a formula or to the reason why not.

The words are learnt from all sentences first (`words.py`), then each sentence is read (`sentences.py`), and
at the end the inner names become the user's. What the reading takes for granted is recorded as notes; a note
that may change the answer is a warning.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

from logic.english.errors import EnglishError
from logic.english.meaning import IS, symbol
from logic.english.sentences import read_sentence
from logic.english.words import Lexicon, Word, singulars, tokenize
from logic.syntax.formula import Formula, Function, Predicate
from logic.syntax.walk import joined, nodes, rename

_SENTENCE_END = re.compile(r"(?<=[.!?])\s+(?=\S)")
# A full stop inside a text ends a sentence unless it follows an initial or a title.
_ABBREVIATION = re.compile(r"(?:\b[A-Z]|\b(?:Mr|Mrs|Ms|Dr|St|Prof|vs|etc))\.$")


@dataclass(frozen=True, slots=True)
class Read:
    """One text that was read; several sentences in it are joined by ∧."""

    text: str
    formula: Formula


@dataclass(frozen=True, slots=True)
class Unread:
    """One text that wasn't, with the reason."""

    text: str
    error: EnglishError


@dataclass(frozen=True, slots=True)
class ProblemRead:
    """`premises` and `conclusion` in the order given; `warnings` say what may be meant otherwise.

    `assumed`: that “the cat” is a cat, where the text also speaks of cats.
    """

    premises: tuple[Read | Unread, ...]
    conclusion: Read | Unread
    assumed: tuple[Read, ...] = ()
    warnings: tuple[str, ...] = ()

    @property
    def errors(self) -> tuple[EnglishError, ...]:
        """Of every sentence that couldn't be read."""
        return tuple(item.error for item in (*self.premises, self.conclusion) if isinstance(item, Unread))


def split_sentences(text: str) -> list[str]:
    """The sentences of a text."""
    found: list[str] = []
    for piece in _SENTENCE_END.split(text.strip()):
        if found and _ABBREVIATION.search(found[-1]):
            found[-1] += " " + piece
        elif piece:
            found.append(piece)
    return found


def read_problem(premises: Sequence[str], conclusion: str) -> ProblemRead:
    """Read a problem; a sentence that can't be read is `Unread`, and the others are read all the same."""
    texts = [*premises, conclusion]
    tokens: list[list[tuple[str, tuple[Word, ...]]] | EnglishError] = []
    for text in texts:
        try:
            sentences = split_sentences(text)
            if not sentences:
                raise EnglishError(text, "there is nothing to read")
            tokens.append([(sentence, tokenize(sentence)) for sentence in sentences])
        except EnglishError as error:
            tokens.append(error)
    lexicon = Lexicon.of(words for item in tokens if isinstance(item, list) for _, words in item)
    read: list[Formula | EnglishError] = []
    for item in tokens:
        if isinstance(item, EnglishError):
            read.append(item)
            continue
        try:
            read.append(joined("and", [read_sentence(sentence, words, lexicon) for sentence, words in item]))
        except EnglishError as error:
            read.append(error)
    formulas = [formula for formula in read if not isinstance(formula, EnglishError)]
    names = _names(formulas)

    def named(formula: Formula) -> Formula:
        return rename(formula, lambda name, arity: names[name, arity])

    results = [
        Unread(text, item) if isinstance(item, EnglishError) else Read(text, named(item))
        for text, item in zip(texts, read, strict=True)
    ]
    assumed = tuple(Read(text, named(formula)) for text, formula in _presupposed(formulas))
    sentences = [words for item in tokens if isinstance(item, list) for _, words in item]
    warnings = (*_warnings(lexicon), *_shared_words(sentences, formulas))
    return ProblemRead(tuple(results[:-1]), results[-1], assumed, warnings)


def _shared_words(sentences: Sequence[tuple[Word, ...]], formulas: list[Formula]) -> list[str]:
    """Warnings where a word stands in two predicates that may have more, or less, to do with each other."""
    symbols = {
        (node.name, len(node.arguments))
        for formula in formulas
        for node in nodes(formula)
        if isinstance(node, Predicate)
    }
    classes = {name.removeprefix(f"{IS}:") for name, arity in symbols if arity == 1 and name.startswith(f"{IS}:")}
    found = []
    for name, arity in sorted(symbols):
        verb, _, rest = name.partition("_")
        if arity == 1 and rest and not name.startswith(f"{IS}:") and (verb, 1) in symbols:
            words = name.partition(":")[2].replace("_", " ")
            found.append(f"“{words}” is one property, and doesn't say “{verb.partition(':')[2]}”")
    heads: dict[str, set[str]] = {}
    for words in sentences:
        for first, second in pairwise(words):
            nouns = {second.lower, *singulars(second.lower)} & classes
            if first.lower in classes and first.open and second.open and nouns:
                heads.setdefault(first.lower, set()).add(min(nouns))
    found += [
        f"“{adjective}” is taken to be the same of a {' and a '.join(sorted(nouns))}"
        for adjective, nouns in sorted(heads.items())
        if len(nouns) > 1
    ]
    return found


def _presupposed(formulas: list[Formula]) -> list[tuple[str, Formula]]:
    """That what a definite description speaks of falls under its noun."""
    all_nodes = [node for formula in formulas for node in nodes(formula)]
    classes = {node.name for node in all_nodes if isinstance(node, Predicate) and len(node.arguments) == 1}
    # A description is in lower case, a name has a capital (`nouns.py`).
    things = dict.fromkeys(n for n in all_nodes if isinstance(n, Function) and n.name[:1].islower())
    found = []
    for thing in things:
        noun = thing.name.rpartition("_")[2]
        if (inner := symbol(IS, noun)) in classes:
            article = "an" if noun[0] in "aeiou" else "a"
            text = f"The {thing.name.replace('_', ' ')} is {article} {noun}."
            found.append((text, Predicate(inner, (thing,))))
    return found


def _names(formulas: list[Formula]) -> dict[tuple[str, int], str]:
    """A name for each inner predicate: its word, with the kind of word behind it where two would be alike."""
    inner = {
        (node.name, len(node.arguments)): None
        for formula in formulas
        for node in nodes(formula)
        if isinstance(node, Predicate)
    }
    names: dict[tuple[str, int], str] = {}
    taken: set[tuple[str, int]] = set()
    for kind, ending in (("is", ""), ("does", "_verb"), ("can", "")):
        for name, arity in inner:
            found, _, word = name.partition(":")
            if found != kind:
                continue
            plain = ("can_" if kind == "can" else "") + word.replace("-", "_").replace("'", "")
            given = plain + ending if (plain, arity) in taken else plain
            while (given, arity) in taken:
                given += "_"
            taken.add((given, arity))
            names[name, arity] = given
    return names


def _warnings(lexicon: Lexicon) -> list[str]:
    found = []
    words = lexicon.words
    if "either" in words:
        found.append("“either … or …” is read as one or the other or both")
    if words & {"was", "were", "did"} and words & {"is", "are", "does", "do"}:
        found.append("past and present are read alike")
    both = sorted(lexicon.certain_nouns & lexicon.adjectives)
    found += [f"“{word}” is used as a noun and as an adjective, and read as the same" for word in both]
    for kind in ("person", "thing"):
        if lexicon.restricts(kind):
            plural = "people" if kind == "person" else "things"
            found.append(f"“{plural}” and the like mean only what is said to be a {kind}")
    return found
