"""Noun phrases and predicates of the controlled English; whole sentences are in `sentences.py`.

Every method takes a position and a context and yields each way to go on: (meaning, next position, context).
A sentence is accepted when exactly one meaning comes out of all ways (`sentences.py`).
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import TypeAlias

from logic.english.meaning import (
    Context,
    NounPhrase,
    Predicated,
    VerbPhrase,
    bind,
    both,
    implies,
    join,
)
from logic.english.words import (
    COPULAS,
    DO,
    EVERYONE,
    GENERIC,
    NOBODY,
    OBJECT_PRONOUNS,
    PREPOSITIONS,
    PRONOUNS,
    REFLEXIVES,
    RELATIVES,
    SOMEONE,
    VAGUE,
    Lexicon,
    Word,
    bases,
    participle_bases,
    past_bases,
    singulars,
)
from logic.syntax.formula import Equal, Formula, Function, Not, Predicate, Term, Variable

Nouns: TypeAlias = Iterator[tuple[NounPhrase, int, Context]]
Verbs: TypeAlias = Iterator[tuple[VerbPhrase, int, Context]]

MAX_WORDS = 4  # of a name, a description or a row of adjectives
# Kinds of symbols keep apart what is spelled alike (a fly, to fly); `reader.py` makes names of them.
IS, DOES, CAN = "is", "does", "can"


def symbol(kind: str, *words: str) -> str:
    """An inner name of a predicate."""
    return f"{kind}:{'_'.join(words)}"


class Phrases:
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
                    where = _related(symbol(IS, self.at(i)), object_).says
                    yield (lambda t, w=where: both(restriction(t) if restriction else None, w(t))), j, after
        if self.at(i) in RELATIVES:
            for phrase, j, after in self.verb_phrase(i + 1, context, number, term):
                closed = phrase.closed()
                yield (
                    (lambda t, closed=closed: both(restriction(t) if restriction else None, closed(t))),
                    j,
                    replace(after, hidden=after.hidden or bool(phrase.open), indefinites=context.indefinites),
                )

    # ── predicates ──────────────────────────────────────────────────────────────────────────────────────────

    def verb_phrase(self, i: int, context: Context, number: str, subject: Term | None) -> Verbs:
        """One predicate, or several joined by “and” or “or”."""
        for first, j, after in self._predicate(i, context, number, subject):
            yield first, j, after
            yield from self._more_predicates([first], j, after, number, subject)

    def _more_predicates(
        self, parts: list[VerbPhrase], i: int, context: Context, number: str, subject: Term | None
    ) -> Verbs:
        for word in ("and", "or", "but"):
            j = i + 1 if self.at(i) == "," and self.at(i + 1) == word else i
            if self.at(j) != word:
                continue
            for more, k, after in self._predicate(j + 1, context, number, subject):
                phrases = [*parts, more]
                if word == "or":
                    closed = [p.closed() for p in phrases]
                    yield (
                        VerbPhrase(lambda t, c=closed: join("or", [s(t) for s in c])),
                        k,
                        replace(after, hidden=True),
                    )
                else:
                    together = VerbPhrase(
                        lambda t, p=phrases: join("and", [phrase.says(t) for phrase in p]),
                        tuple(v for phrase in phrases for v in phrase.open),
                    )
                    yield together, k, after
                    yield from self._more_predicates(phrases, k, after, number, subject)

    def _predicate(self, i: int, context: Context, number: str, subject: Term | None) -> Verbs:
        word = self.at(i)
        if word in COPULAS:
            if COPULAS[word] == number:
                yield from self._copula(i + 1, context, number, subject)
            else:
                self.complain(i, f"“{word}” doesn't agree with its subject")
        elif word in DO:
            if DO[word] in (number, "any"):
                negated = self.at(i + 1) == "not"
                start = i + 2 if negated else i + 1
                if self.common_at(start):
                    yield from self._objects(DOES, self.at(start), start + 1, context, negated, subject)
        elif word == "can":
            negated = self.at(i + 1) == "not"
            start = i + 2 if negated else i + 1
            if self.common_at(start):
                yield from self._objects(CAN, self.at(start), start + 1, context, negated, subject)
        elif word in VAGUE:
            self.complain(i, f"“{word}” has no first-order reading here")
        elif self.common_at(i):
            for verb in self._finite(i, number):
                yield from self._objects(DOES, verb, i + 1, context, False, subject)

    def _finite(self, i: int, number: str) -> Iterator[str]:
        """The base of the verb at i, where its form fits the subject's number."""
        word = self.at(i)
        past = [] if self.lexicon.is_base(word) else past_bases(word)
        if past:
            chosen = self.lexicon.choose_verb(past)
            if chosen is None:
                self.complain(i, f"“{word}” may be a form of {' or of '.join(past)}")
            else:
                yield chosen
        elif number == "plural":
            yield word
        else:
            candidates = bases(word)
            chosen = self.lexicon.choose(candidates)
            if chosen is not None:
                yield chosen
            elif candidates:
                self.complain(i, f"“{word}” may be a form of {' or of '.join(candidates)}")
            else:
                self.complain(i, f"“{word}” isn't a verb form that goes with a singular subject")

    def _objects(self, kind: str, verb: str, i: int, context: Context, negated: bool, subject: Term | None) -> Verbs:
        """A verb with nothing, an object, or a preposition and an object behind it."""

        def give(phrase: VerbPhrase, j: int, after: Context) -> Verbs:
            if negated:
                hidden = after.hidden or bool(phrase.open)
                yield phrase.negated(), j, replace(after, hidden=hidden, indefinites=context.indefinites)
            else:
                yield phrase, j, after

        yield from give(VerbPhrase(lambda t: Predicate(symbol(kind, verb), (t,))), i, context)
        name, start = (verb,), i
        if self.at(i) in PREPOSITIONS:
            name, start = (verb, self.at(i)), i + 1
        if self.at(start) in REFLEXIVES:
            reflexive = VerbPhrase(lambda t: Predicate(symbol(kind, *name), (t, t)))
            yield from give(reflexive, start + 1, context)
            return
        for object_, j, after in self.noun_phrase(start, context, subject=False):
            yield from give(_related(symbol(kind, *name), object_), j, after)
        if (
            self.common_at(start)
            and not self.at(start).endswith("ly")
            and self.lexicon.only_after(self.at(start), name[-1])
            and self._surely_named(i - 1)
        ):
            # “eats meat”, “has wings”: one property, which needs no choice between all and some.
            noun = singulars(self.at(start))[:1] or [self.at(start)]
            compound = VerbPhrase(lambda t: Predicate(symbol(kind, *name, *noun), (t,)))
            yield from give(compound, start + 1, context)

    # ── what follows “is” ───────────────────────────────────────────────────────────────────────────────────

    def _copula(self, i: int, context: Context, number: str, subject: Term | None) -> Verbs:
        if self.at(i) == "neither":
            for parts, _, j, after in self._complements(i + 1, context, number, "nor"):
                if len(parts) > 1:
                    closed = [part.closed() for part in parts]
                    nothing = VerbPhrase(lambda t, c=closed: join("and", [Not(s(t)) for s in c]))
                    yield nothing, j, replace(after, hidden=True)
            return
        lead, start = self.at(i), i
        if lead in ("either", "both"):
            start = i + 1
        words = {"either": ("or",), "both": ("and",)}.get(lead, ("and", "or"))
        for word in words:
            for parts, denied, j, after in self._complements(start, context, number, word):
                if len(parts) == 1 and (word == "or" or lead in ("either", "both")) and len(words) > 1:
                    continue  # a single complement was yielded for “and”
                if len(parts) == 1 and lead in ("either", "both"):
                    continue
                if len(parts) > 1 and denied[0] and not all(denied):
                    self.complain(j, "it isn't certain whether the “not” is meant for all that follows")
                    continue
                if len(parts) == 1:
                    yield parts[0], j, after
                elif word == "or":
                    closed = [part.closed() for part in parts]
                    yield (
                        VerbPhrase(lambda t, c=closed: join("or", [s(t) for s in c])),
                        j,
                        replace(after, hidden=True),
                    )
                else:
                    yield (
                        VerbPhrase(
                            lambda t, p=parts: join("and", [part.says(t) for part in p]),
                            tuple(v for part in parts for v in part.open),
                        ),
                        j,
                        after,
                    )

    def _complements(
        self, i: int, context: Context, number: str, word: str
    ) -> Iterator[tuple[list[VerbPhrase], list[bool], int, Context]]:
        """Complements joined by commas and `word` (“and”, “or”, “nor”), and whether each has its “not”."""

        def go_on(
            parts: list[VerbPhrase], denied: list[bool], j: int, now: Context, done: bool
        ) -> Iterator[tuple[list[VerbPhrase], list[bool], int, Context]]:
            negated = self.at(j) == "not"
            for part, k, after in self._complement(j + 1 if negated else j, now, number):
                whole = [*parts, part.negated() if negated else part]
                flags = [*denied, negated]
                if done or len(whole) == 1:
                    yield whole, flags, k, after
                if self.at(k) == word or (self.at(k) == "but" and word == "and"):
                    yield from go_on(whole, flags, k + 1, after, True)
                elif self.at(k) == "," and self.at(k + 1) == word:
                    yield from go_on(whole, flags, k + 2, after, True)
                elif self.at(k) == "," and not done:
                    yield from go_on(whole, flags, k + 1, after, False)

        yield from go_on([], [], i, context, False)

    def _complement(self, i: int, context: Context, number: str) -> Verbs:
        """One thing that something may be: an adjective, a class, a place, a relation, someone."""
        word = self.at(i)
        if word in ("a", "an"):
            for restriction, j in self._nominal(i + 1, "singular"):
                if restriction is None:
                    continue
                yield VerbPhrase(restriction, nominal=True), j, context
                if self.at(j) in RELATIVES:
                    yield from self._qualified(restriction, j, context)
            if self.open_at(i + 1) and self.at(i + 2) == "of":
                yield from self._of(i + 1, context)
        elif word == "the":
            if self.open_at(i + 1) and self.at(i + 2) == "of":
                yield from self._of(i + 1, context)
            else:
                yield from self._identity(i, context)
        elif word in PREPOSITIONS:
            yield from self._relation((word,), i + 1, context)
        elif word in ("more", "less") and self.open_at(i + 1) and self.at(i + 2) == "than":
            yield from self._relation((word, self.at(i + 1), "than"), i + 3, context)
        elif word in VAGUE:
            self.complain(i, f"“{word}” has no first-order reading here")
        elif self.open_at(i):
            named = self.words[i].capital and word in self.lexicon.names
            if named:
                yield from self._identity(i, context)
            following = self.at(i + 1)
            if following == "than":
                yield from self._relation((word, "than"), i + 2, context)
            elif following == "by":
                yield from self._passive(i, context)
            elif following in PREPOSITIONS:
                yield from self._relation((word, following), i + 2, context)
            if not named:
                yield from self._adjective_or_nouns(i, context, number)

    def _adjective_or_nouns(self, i: int, context: Context, number: str) -> Verbs:
        if number == "plural":
            named = self.lexicon.noun_or_adjective(self.at(i))
            nominal = named != self.at(i)
            yield VerbPhrase(lambda t: Predicate(symbol(IS, named), (t,)), nominal=nominal), i + 1, context
            for restriction, j in self._nominal(i, "plural"):
                if j > i + 1 and restriction is not None:
                    yield VerbPhrase(restriction, nominal=True), j, context
        else:
            adjective = self.at(i)
            yield VerbPhrase(lambda t: Predicate(symbol(IS, adjective), (t,))), i + 1, context

    def _qualified(self, restriction: Predicated, i: int, context: Context) -> Verbs:
        for phrase, j, after in self.verb_phrase(i + 1, context, "singular", None):
            yield (
                VerbPhrase(lambda t, p=phrase: both(restriction(t), p.says(t)), phrase.open, nominal=True),
                j,
                after,
            )

    def _of(self, i: int, context: Context) -> Verbs:
        yield from self._relation((self.at(i), "of"), i + 2, context)

    def _relation(self, name: tuple[str, ...], i: int, context: Context) -> Verbs:
        if self.at(i) in REFLEXIVES:
            yield VerbPhrase(lambda t: Predicate(symbol(IS, *name), (t, t))), i + 1, context
            return
        for object_, j, after in self.noun_phrase(i, context, subject=False):
            yield _related(symbol(IS, *name), object_), j, after

    def _passive(self, i: int, context: Context) -> Verbs:
        """“is chased by the cat”: the cat chases it."""
        verb = self.lexicon.choose_verb(participle_bases(self.at(i)))
        if verb is None or (not past_bases(self.at(i)) and not self.lexicon.has_verb(verb)):
            self.complain(i, f"the verb of “{self.at(i)} by” isn't clear; use the active form")
            return
        for agent, j, after in self.noun_phrase(i + 2, context, subject=False):
            phrase = VerbPhrase(
                lambda t, a=agent: a.wrap(lambda by: Predicate(symbol(DOES, verb), (by, t))), agent.open
            )
            yield phrase, j, after

    def _identity(self, i: int, context: Context) -> Verbs:
        """“is Superman”, “is the murderer”."""
        found = self._definite(i, context) if self.at(i) == "the" else self._name(i, context)
        for phrase, j, after in found:
            constant = phrase.constant
            yield VerbPhrase(lambda t, c=constant: Equal(t, c), nominal=True), j, after


def _joined(word: str, parts: list[NounPhrase]) -> NounPhrase:
    return NounPhrase(
        lambda says: join("and" if word == "and" else "or", [part.wrap(says) for part in parts]),
        "plural" if word == "and" else parts[-1].number,
        scopal=True,
    )


def _related(name: str, object_: NounPhrase) -> VerbPhrase:
    return VerbPhrase(lambda term: object_.wrap(lambda other: Predicate(name, (term, other))), open=object_.open)
