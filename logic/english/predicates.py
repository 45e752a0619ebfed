"""Predicates of the controlled English: what is said of a subject. Noun phrases are in `nouns.py`.

As there, a method yields each way to go on from a position: (meaning, next position, context).
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from logic.english.meaning import CAN, DOES, IS, Context, Predicated, VerbPhrase, both, join, related, symbol
from logic.english.nouns import NounPhrases, Verbs
from logic.english.words import (
    COPULAS,
    DO,
    PREPOSITIONS,
    REFLEXIVES,
    RELATIVES,
    VAGUE,
    bases,
    participle_bases,
    past_bases,
    singulars,
)
from logic.syntax.formula import Equal, Not, Predicate, Term


class Predicates(NounPhrases):
    """Reads predicates of one sentence."""

    def verb_phrase(self, i: int, context: Context, number: str, subject: Term | None) -> Verbs:
        """One predicate, or several joined by “and” or “or”."""
        for first, j, after in self._predicate(i, context, number, subject):
            yield first, j, after
            yield from self._more_predicates(i, [first], j, after, number, subject)

    def _more_predicates(
        self,
        start: int,
        parts: list[VerbPhrase],
        i: int,
        context: Context,
        number: str,
        subject: Term | None,
    ) -> Verbs:
        for word in ("and", "or", "but"):
            j = i + 1 if self.at(i) == "," and self.at(i + 1) == word else i
            if self.at(j) != word:
                continue
            if number == "plural" and self.at(start) in (*DO, "can") and self.open_at(j + 1):
                shared = self.words[start].text + (" not" if self.at(start + 1) == "not" else "")
                self.complain(len(self.words), f"“{shared}” may or may not go on with “{self.at(j + 1)}”")
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
                    yield from self._more_predicates(start, phrases, k, after, number, subject)

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
            if negated and phrase.conjoined:
                self.complain(j, "it isn't certain whether the “not” is meant for each or for all together")
            elif negated:
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
            yield from give(related(symbol(kind, *name), object_), j, after)
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
                if negated and part.conjoined:
                    self.complain(k, "it isn't certain whether the “not” is meant for each or for all together")
                    continue
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
            yield related(symbol(IS, *name), object_), j, after

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
