"""Noun phrases of the controlled English; predicates are in `predicates.py`, sentences in `sentences.py`.

Every method takes a position and a context and yields each way to go on: (meaning, next position, context).
A sentence is accepted when exactly one meaning comes out of all ways (`sentences.py`).
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import TypeAlias

from logic.english.meaning import (
    IS,
    Context,
    NounPhrase,
    Predicated,
    VerbPhrase,
    bind,
    both,
    implies,
    join,
    related,
    symbol,
)
from logic.english.words import (
    EVERYONE,
    GENERIC,
    NOBODY,
    OBJECT_PRONOUNS,
    PREPOSITIONS,
    PRONOUNS,
    RELATIVES,
    SOMEONE,
    VAGUE,
    Lexicon,
    Word,
    singulars,
)
from logic.syntax.formula import Formula, Function, Not, Predicate, Term, Variable

Nouns: TypeAlias = Iterator[tuple[NounPhrase, int, Context]]
Verbs: TypeAlias = Iterator[tuple[VerbPhrase, int, Context]]

MAX_WORDS = 4  # of a name, a description or a row of adjectives


class NounPhrases:
    """Reads phrases of one sentence. `complaints` collects (position, what is the matter)."""

    def __init__(self, words: tuple[Word, ...], lexicon: Lexicon) -> None:
        self.words = words
        self.lexicon = lexicon
        self.complaints: list[tuple[int, str]] = []
        self.furthest = 0

    def at(self, i: int) -> str:
        """The word at i in lower case, or the empty string at the end."""
        self.furthest = max(self.furthest, i)
        return self.words[i].lower if i < len(self.words) else ""

    def open_at(self, i: int) -> bool:
        self.furthest = max(self.furthest, i)
        return i < len(self.words) and self.words[i].open

    def common_at(self, i: int) -> bool:
        """An open word that isn't written as a name."""
        return self.open_at(i) and (i == 0 or not self.words[i].capital)

    def complain(self, i: int, problem: str) -> None:
        self.complaints.append((i, problem))

    # ── noun phrases ────────────────────────────────────────────────────────────────────────────────────────

    def noun_phrase(self, i: int, context: Context, subject: bool) -> Nouns:
        """Any noun phrase, also two or more joined by “and” or “or”."""
        for first, j, after in self.single(i, context, subject):
            yield first, j, after
            yield from self._more(first, j, after, subject)

    def _more(self, first: NounPhrase, i: int, context: Context, subject: bool) -> Nouns:
        for word in ("and", "or"):
            parts, j, now = [first], i, context
            while True:
                separator = j + 1 if self.at(j) in (word, ",") else None
                if separator is None:
                    break
                last = self.at(j) == word
                if not last and self.at(separator) == word:
                    separator, last = separator + 1, True
                found = next(iter(self.single(separator, now, subject)), None)
                if found is None or found[0].open or found[0].bare_a:
                    break
                part, j, now = found
                parts.append(part)
                if last:
                    yield _joined(word, parts), j, now
                    break

    def single(self, i: int, context: Context, subject: bool) -> Nouns:
        """One noun phrase."""
        word = self.at(i)
        context = replace(context, subject=subject)
        if not word:
            return
        if word in VAGUE:
            self.complain(i, f"“{word}” has no first-order reading here")
        elif subject and word in PRONOUNS:
            yield from self._pronoun(i, context, PRONOUNS[word])
        elif not subject and word in OBJECT_PRONOUNS:
            yield from self._pronoun(i, context, "singular")
        elif word in SOMEONE:
            yield from self._existential(i, i + 1, context, *self._generic(SOMEONE[word]))
        elif word in EVERYONE:
            yield from self._pronominal(i, context, EVERYONE[word], subject)
        elif word in NOBODY:
            yield from self._none(i, i + 1, context, *self._generic(NOBODY[word]))
        elif word == "no" and self.at(i + 1) == "one":
            yield from self._none(i, i + 2, context, *self._generic("person"))
        elif word == "the":
            yield from self._definite(i, context)
        elif word in ("a", "an", "some", "at", "every", "each", "all", "any", "no", "not", "only"):
            yield from self._determined(i, context, subject)
        else:
            yield from self._name(i, context)
            if subject:
                yield from self._bare_plural(i, context)
            elif self.open_at(i):
                yield from self._bare_object(i)

    def _pronoun(self, i: int, context: Context, number: str) -> Nouns:
        word = self.at(i)
        if context.hidden or len(context.indefinites) > 1 or (not context.indefinites and len(context.names) != 1):
            self.complain(i, f"it isn't certain what “{word}” stands for")
            return
        term: Term = Variable(context.indefinites[0]) if context.indefinites else context.names[0]
        yield NounPhrase(lambda says: says(term), number), i + 1, context

    def _generic(self, kind: str) -> tuple[Predicated | None, str]:
        """The restriction of “someone” and the like: none, unless persons are a class of their own here."""
        if self.lexicon.restricts(kind):
            return (lambda term: Predicate(symbol(IS, kind), (term,))), "singular"
        return None, "singular"

    def _existential(
        self,
        i: int,
        j: int,
        context: Context,
        restriction: Predicated | None,
        number: str,
        bare_a: bool = False,
    ) -> Nouns:
        variable = f"x{i}"
        term = Variable(variable)
        for restricted, k, after in self._with_relative(j, context, restriction, number, term):
            condition = restricted(term) if restricted else None
            yield (
                NounPhrase(
                    lambda says, condition=condition: both(condition, says(term)),
                    number,
                    open=(variable,),
                    bare_a=bare_a,
                    condition=condition,
                ),
                k,
                after.with_indefinite(variable),
            )

    def _universal(
        self,
        i: int,
        j: int,
        context: Context,
        restriction: Predicated | None,
        number: str,
        shape: str = "all",
    ) -> Nouns:
        """`shape`: "all", "no" (none has it), "not all", "only" (nothing else has it)."""
        variable = f"x{i}"
        term = Variable(variable)
        for restricted, k, after in self._with_relative(j, context, restriction, number, term):
            condition = restricted(term) if restricted else None

            def wrap(says: Predicated, condition: Formula | None = condition) -> Formula:
                said = says(term)
                if shape == "no":
                    said = Not(said)
                body = implies(said, condition) if shape == "only" else implies(condition, said)
                formula = bind("forall", (variable,), body)
                return Not(formula) if shape == "not all" else formula

            if shape == "only" and condition is None:
                continue
            yield NounPhrase(wrap, number, scopal=True), k, replace(after, hidden=True)

    def _none(self, i: int, j: int, context: Context, restriction: Predicated | None, number: str) -> Nouns:
        yield from self._universal(i, j, context, restriction, number, "no")

    def _pronominal(self, i: int, context: Context, kind: str, subject: bool) -> Nouns:
        """“everyone”; “anyone” is existential in an antecedent (under a negation too: not covered)."""
        restriction, number = self._generic(kind)
        if self.at(i).startswith("any") and context.conditional:
            yield from self._existential(i, i + 1, context, restriction, number)
        elif self.at(i).startswith("any") and not subject:
            self.complain(i, f"“{self.at(i)}” may mean every or some here")
        else:
            yield from self._universal(i, i + 1, context, restriction, number)

    def _determined(self, i: int, context: Context, subject: bool) -> Nouns:
        word, following = self.at(i), self.at(i + 1)
        if word in ("a", "an"):
            for restriction, j in self._nominal(i + 1, "singular"):
                yield from self._existential(
                    i, j, context, restriction, "singular", bare_a=subject and not context.conditional
                )
        elif word == "some" or (word == "at" and following == "least" and self.at(i + 2) == "one"):
            start = i + 1 if word == "some" else i + 3
            for number in ("singular", "plural"):
                for restriction, j in self._nominal(start, number):
                    yield from self._existential(i, j, context, restriction, number)
        elif word in ("every", "each"):
            for restriction, j in self._nominal(i + 1, "singular"):
                yield from self._universal(i, j, context, restriction, "singular")
        elif word == "all":
            for restriction, j in self._nominal(i + 1, "plural"):
                yield from self._universal(i, j, context, restriction, "plural")
        elif word == "any":
            for number in ("singular", "plural"):
                for restriction, j in self._nominal(i + 1, number):
                    if context.conditional:
                        yield from self._existential(i, j, context, restriction, number)
                    elif subject:
                        yield from self._universal(i, j, context, restriction, number)
                    else:
                        self.complain(i, "“any” may mean every or some here")
        elif word in ("no", "only"):
            for number in ("singular", "plural"):
                for restriction, j in self._nominal(i + 1, number):
                    yield from self._universal(i, j, context, restriction, number, word)
        elif word == "not" and following in ("all", "every", "each"):
            number = "plural" if following == "all" else "singular"
            for restriction, j in self._nominal(i + 2, number):
                yield from self._universal(i, j, context, restriction, number, "not all")
        elif word == "not" and following in EVERYONE and following.startswith("every"):
            restriction, number = self._generic(EVERYONE[following])
            yield from self._universal(i, i + 2, context, restriction, number, "not all")

    def _bare_plural(self, i: int, context: Context) -> Nouns:
        """“Red, cold things”: universal."""
        for restriction, j in self._nominal(i, "plural"):
            if i == 0 and j == 2 and self.open_at(j) and not self._surely_plural(j - 1):
                self.complain(
                    len(self.words), f"“{self.words[i].text}” may be a name or say what kind of {self.at(j - 1)}"
                )
                continue
            yield from self._universal(i, j, context, restriction, "plural")

    def _surely_plural(self, noun: int) -> bool:
        """Whether the text shows that “Big dogs bark” is of dogs, and not of one Big who dogs something."""
        first = self.at(noun - 1)
        elsewhere = self.lexicon.before[self.at(noun)] - {first}
        return (
            bool(self.lexicon.before[first] - {""})
            or bool(elsewhere)
            or any(single in self.lexicon.words for single in singulars(self.at(noun)))
        )

    def _surely_named(self, i: int) -> bool:
        """Whether the text shows that the verb at i has the name before it as its subject."""
        return i != 1 or self.at(0) in self.lexicon.names

    def _bare_object(self, i: int) -> Nouns:
        if singulars(self.at(i)) or self.at(i) in GENERIC:
            self.complain(i, f"“{self.at(i)}” may mean all or some here; say which")
        elif not self.words[i].capital:
            self.complain(
                i,
                f"“{self.at(i)}” needs “the”, “a”, “every” or “some” before it, or a capital if it's a name",
            )
        yield from ()

    def _definite(self, i: int, context: Context) -> Nouns:
        """“the bald eagle”: one individual, named by the whole description."""
        for j in range(i + 2, i + 2 + MAX_WORDS):
            if not self.open_at(j - 1):
                return
            constant = Function("_".join(self.at(k) for k in range(i + 1, j)))
            yield self._constant(constant), j, context.with_name(constant)

    def _name(self, i: int, context: Context) -> Nouns:
        """“Bob”, “Sherlock Holmes”: capitals, or a word that is a name elsewhere in the text."""
        for j in range(i + 1, i + 1 + MAX_WORDS):
            if not self.open_at(j - 1):
                return
            word = self.words[j - 1]
            known = word.lower in self.lexicon.names
            if not (word.capital or known or (i == 0 and j == 1)):
                return
            spelled = (self.lexicon.names.get(self.at(k), self.words[k].text) for k in range(i, j))
            constant = Function("_".join(s if s[0].isupper() else s.capitalize() for s in spelled))
            yield self._constant(constant), j, context.with_name(constant)

    def _constant(self, constant: Function) -> NounPhrase:
        return NounPhrase(lambda says: says(constant), "singular", constant=constant)

    # ── nouns with what stands around them ──────────────────────────────────────────────────────────────────

    def _nominal(self, i: int, number: str) -> Iterator[tuple[Predicated | None, int]]:
        """Adjectives and a noun: the class as a restriction, or None for bare “things” and “people”."""
        adjectives: list[str] = []
        if self.at(i) in VAGUE:
            self.complain(i, f"“{self.at(i)}” has no first-order reading here")
        j = i
        while (len(adjectives) <= MAX_WORDS and self.open_at(j)) or self.at(j) in GENERIC:
            noun = self._noun(j, number)
            if noun is not None:
                yield self._class(adjectives, noun), j + 1
            if self.lexicon.looks_plural(self.at(j)) or self.at(j) in GENERIC or self._is_known_name(j):
                return
            adjectives.append(self.at(j))
            j += 1
            if self.at(j) in (",", "and") and self.open_at(j + 1):
                j += 1

    def _is_known_name(self, i: int) -> bool:
        return self.words[i].capital and self.at(i) in self.lexicon.names

    def _noun(self, i: int, number: str) -> str | None:
        """The singular of the noun at i, where it has this number."""
        word = self.at(i)
        if word in ("has", "have", "had"):
            return None
        if word in GENERIC:
            plural = word not in ("thing", "person")
            return GENERIC[word] if plural == (number == "plural") else None
        if number == "singular":
            return None if self.lexicon.looks_plural(word) else word
        candidates = singulars(word)
        if not candidates:
            return None
        chosen = self.lexicon.choose(candidates)
        if chosen is None:
            self.complain(i, f"“{word}” may be the plural of {' or of '.join(candidates)}")
        return chosen

    def _class(self, adjectives: list[str], noun: str) -> Predicated | None:
        classes = [*adjectives]
        if noun not in GENERIC or self.lexicon.restricts(GENERIC[noun]):
            classes.append(noun)
        if not classes:
            return None
        return lambda term: join("and", [Predicate(symbol(IS, c), (term,)) for c in classes])

    def _with_relative(
        self, i: int, context: Context, restriction: Predicated | None, number: str, term: Variable
    ) -> Iterator[tuple[Predicated | None, int, Context]]:
        """The restriction alone, and with “who …” or, in a subject, “in …” behind it.

        Behind an object “in …” could as well belong to the verb, so it isn't read there.
        """
        yield restriction, i, context
        if context.subject and self.at(i) in PREPOSITIONS:
            for object_, j, after in self.noun_phrase(i + 1, context, subject=False):
                if object_.constant is not None:
                    where = related(symbol(IS, self.at(i)), object_).says
                    yield (lambda t, w=where: both(restriction(t) if restriction else None, w(t))), j, after
        if self.at(i) in RELATIVES:
            for phrase, j, after in self.verb_phrase(i + 1, context, number, term):
                closed = phrase.closed()
                yield (
                    (lambda t, closed=closed: both(restriction(t) if restriction else None, closed(t))),
                    j,
                    replace(after, hidden=after.hidden or bool(phrase.open), indefinites=context.indefinites),
                )

    def verb_phrase(self, i: int, context: Context, number: str, subject: Term | None) -> Verbs:
        """The predicate of a relative clause (`predicates.py`)."""
        raise NotImplementedError


def _joined(word: str, parts: list[NounPhrase]) -> NounPhrase:
    return NounPhrase(
        lambda says: join("and" if word == "and" else "or", [part.wrap(says) for part in parts]),
        "plural" if word == "and" else parts[-1].number,
        scopal=True,
        conjoined=word == "and",
    )
