"""Search by hand: plain words, names, or a Lean pattern, as Loogle and LeanSearch do.

Not here: how words and shapes are ranked (rankers/), matching (pattern.py). A search is one or more parts
separated by commas, all of which a premise must meet: `"text"` (in the name), a name (`List.map`: in the
statement), a pattern (`_ + _ = _ + _`, `⊢ _ < _`: in the statement, its conclusion). Anything else is words.
"""

from __future__ import annotations

import math
import re
from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from retrieval.errors import RetrievalError
from retrieval.pattern import occurrences
from retrieval.rankers.base import Ranker
from retrieval.rankers.fusion import Fusion
from retrieval.rankers.structural import Structural
from retrieval.records import Everywhere, Premise, Query

NAME = re.compile(r"^[^\W\d][\w'!?₀-₉]*(\.[^\W\d][\w'!?₀-₉]*)+$")
# What is written where the keyboard has no symbols, in a pattern.
ASCII = (
    (re.compile(r"<->"), "↔"), (re.compile(r"->"), "→"), (re.compile(r"<="), "≤"), (re.compile(r">="), "≥"),
    (re.compile(r"/\\"), "∧"), (re.compile(r"\\/"), "∨"), (re.compile(r"\bforall\b(?=[^,]+,)"), "∀"),
    (re.compile(r"\bexists\b(?=[^,]+,)"), "∃"),
)  # fmt: skip
# People seldom look for these by words: a factor for each that applies.
LESS_WANTED = ((re.compile(r"^Lean\.|\.Internal\.|\.Linear\."), 0.6), (re.compile(r"(^|\.)inst[A-Z]"), 0.75),
               (re.compile(r"^(Std|IO|Float\w*|U?Int(8|16|32|64)|[UI]Size)\."), 0.93))  # fmt: skip
DEPRECATED = 0.5
LEAN = re.compile(r"(^|[\s(\[])_($|[\s)\]])|\?[a-z]|[=+*/^∧∨¬↔→≤≥<>∈∣∀∃⊢∘×]|\+\+|::|&&|\|\||<\$>|>>=|\w - \w|\w\[")


@dataclass(frozen=True, slots=True)
class Found:
    """One result of a search by hand. `ranks` as in `Hit`; empty where nothing had to be ranked."""

    premise: Premise
    module: str
    score: float
    ranks: dict[str, int]


@dataclass(frozen=True, slots=True)
class Results:
    """`total` counts all that met the search, `found` holds the first of them; `note` says what was done instead."""

    found: tuple[Found, ...]
    total: int
    rankers: tuple[str, ...]
    note: str = ""


def search(
    text: str, structural: Structural, words: Sequence[Ranker], k: int = 20, within: tuple[str, ...] = ()
) -> Results:
    """Search a corpus. `words` are the rankers of plain words (bm25, and dense where there is an encoder).

    Raises RetrievalError for an empty search or a pattern that cannot match, UnknownModule for `within`.
    """
    if not text.strip():
        raise RetrievalError("there is nothing to search for")
    corpus = structural.corpus
    for written, symbol in ASCII:
        text = written.sub(symbol, text)
    allowed = corpus.accessible.mask(Everywhere(), within).allowed.copy()
    grade = np.zeros(len(corpus), np.int64)
    plain: list[str] = []
    shaped = False
    for part in _parts(text):
        if len(part) > 2 and part[0] == part[-1] == '"':
            allowed &= _named(structural, part[1:-1])
        elif NAME.match(part):
            allowed &= _mentions(structural, part)
        elif LEAN.search(part):
            try:
                numbers, grades = occurrences(structural, part)
            except RetrievalError:
                if len(_parts(text)) > 1:
                    raise
                numbers = np.empty(0, np.int64)
            if not len(numbers) and len(_parts(text)) == 1:
                return _nearest(part, structural, k, within)
            shaped = True
            met = np.zeros(len(corpus), bool)
            met[numbers] = True
            allowed &= met
            grade[numbers] += grades
        else:
            plain.append(part)
    if plain:
        return _by_words(
            " ".join(plain), structural, words, allowed, k, within, filtered=len(plain) < len(_parts(text))
        )
    return _shortest_first(structural, allowed, grade, k, "pattern" if shaped else "name")


def _parts(text: str) -> list[str]:
    """Split at commas that are not inside brackets or quotes (nor those of `∀ x, p`, which belong to a term)."""
    parts, depth, quoted, current, binders = [], 0, False, "", 0
    for c in text:
        quoted ^= c == '"'
        depth += (c in "([{⟨") - (c in ")]}⟩")
        binders += c in "∀∃"
        if c == "," and not depth and not quoted:
            if binders:
                binders -= 1
            else:
                parts.append(current.strip())
                current = ""
                continue
        current += c
    return [p for p in (*parts, current.strip()) if p]


def _named(structural: Structural, fragment: str) -> np.ndarray:
    low = fragment.lower()
    return np.fromiter((low in n.lower() for n in structural.corpus.names), bool, len(structural.corpus))


def _mentions(structural: Structural, name: str) -> np.ndarray:
    """Premises with the constant in their type, and the premise of that name itself."""
    corpus = structural.corpus
    met = np.zeros(len(corpus), bool)
    owners = corpus.with_constant(name)
    if owners is not None:
        met[owners] = True
    elif (number := corpus.find(name)) is None and not (met := _named(structural, name)).any():
        import difflib

        close = difflib.get_close_matches(name, corpus.names, 1, 0.8)
        raise RetrievalError(f"the library has no {name!r}" + (f"; did you mean {close[0]!r}?" if close else ""))
    if (number := corpus.find(name)) is not None:
        met[number] = True
    return met


def _shortest_first(structural: Structural, allowed: np.ndarray, grade: np.ndarray, k: int, by: str) -> Results:
    """The better match first, then the shorter statement: the general lemma before its variants."""
    numbers = np.flatnonzero(allowed)
    corpus = structural.corpus
    length = np.diff(corpus.codes.offsets)[numbers] + 2 * np.diff(corpus.names.offsets)[numbers]
    order = np.lexsort((numbers, length, -grade[numbers]))[:k]
    chosen = numbers[order].tolist()
    found = tuple(Found(corpus[i], corpus.module_of(i), float(grade[i]), {}) for i in chosen)
    return Results(found, len(numbers), (by,))


def _by_words(
    text: str, structural: Structural, words: Sequence[Ranker], allowed: np.ndarray, k: int, within: tuple[str, ...],
    filtered: bool,
) -> Results:  # fmt: skip
    corpus = structural.corpus
    # Filters of this kind are for people: rank all, then keep those met.
    depth = len(corpus) if filtered else max(4 * k, 50)
    ranker = words[0] if len(words) == 1 else Fusion(words)
    hits = [h for h in ranker.rank(Query(text, within=within), depth) if allowed[h.index]]
    deprecated = corpus.with_attribute("deprecated")
    hits = [replace(h, score=h.score * _wanted(h.name) * (DEPRECATED if deprecated[h.index] else 1)) for h in hits]
    hits.sort(key=lambda h: -h.score)
    found = tuple(Found(corpus[h.index], corpus.module_of(h.index), h.score, dict(h.ranks)) for h in hits[:k])
    return Results(found, len(hits), tuple(r.name for r in words))


def _wanted(name: str) -> float:
    return math.prod(factor for seldom, factor in LESS_WANTED if seldom.search(name))


def _nearest(pattern: str, structural: Structural, k: int, within: tuple[str, ...]) -> Results:
    hits = structural.rank(Query(pattern, within=within), k)
    corpus = structural.corpus
    found = tuple(Found(corpus[h.index], corpus.module_of(h.index), h.score, dict(h.ranks)) for h in hits)
    return Results(found, len(found), ("structural",), "no statement matches this pattern; these come nearest")
