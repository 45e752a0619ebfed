"""Whole sentences of the controlled English: statements, conditionals, connections. Phrases are in
`predicates.py`.

A sentence is accepted when all the ways to read it mean the same; otherwise `read_sentence` says what is the
matter: the two readings, a complaint at the furthest point reached, or the word that doesn't fit.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import TypeAlias

from logic.english.errors import EnglishError
from logic.english.meaning import Clause, Context, NounPhrase, VerbPhrase, bind, implies, join
from logic.english.predicates import Predicates
from logic.english.words import COPULAS, DO, SOMEONE, Lexicon, Word
from logic.syntax.formula import Binary, Formula, Not, Variable
from logic.syntax.walk import canonical, rename
from logic.syntax.write import write

Clauses: TypeAlias = Iterator[tuple[Clause, int, Context]]

_OPENERS = {"therefore", "thus", "hence", "so"}
_DENIALS = {("it", "is", "not", "the", "case", "that"): True, ("it", "is", "false", "that"): True,
            ("it", "is", "not", "true", "that"): True, ("it", "is", "true", "that"): False,
            ("it", "is", "the", "case", "that"): False}  # fmt: skip


def read_sentence(sentence: str, words: tuple[Word, ...], lexicon: Lexicon) -> Formula:
    """The formula of one sentence, with inner names.

    Raises:
        EnglishError: where the grammar doesn't cover it, or it can be read in two ways.
    """
    start = 0
    if words[0].lower in _OPENERS:
        start = 2 if len(words) > 1 and words[1].text == "," else 1
    readings: dict[Formula, None] = {}
    orders = _statements(words) if sentence.rstrip().endswith("?") else [words]
    reader = _Sentences(words, lexicon)
    for order in orders:
        reader = _Sentences(order, lexicon)
        for clause, j, _ in reader.sentence(start, Context()):
            if j == len(words):
                readings.setdefault(canonical(clause.closed()))
    if len(readings) == 1:
        return next(iter(readings))
    if readings:
        first, second = (write(_shown(formula)) for formula in list(readings)[:2])
        raise EnglishError(sentence, f"it can mean {first} or {second}", words[start].position)
    problem, at = reader.diagnosis()
    position = words[at].position if at < len(words) else len(sentence.rstrip())
    raise EnglishError(sentence, problem, position)


def _statements(words: tuple[Word, ...]) -> list[tuple[Word, ...]]:
    """“Is the cat young” with its verb behind each word that could end the subject."""
    if words[0].lower not in (*COPULAS, *DO, "can"):
        return [words]
    return [(*words[1:j], words[0], *words[j:]) for j in range(2, len(words) + 1)]


def _shown(formula: Formula) -> Formula:
    return rename(formula, lambda name, _: name.partition(":")[2])


class _Sentences(Predicates):
    def diagnosis(self) -> tuple[str, int]:
        """What kept the sentence from being read, and at which word."""
        if self.complaints:
            at = max(position for position, _ in self.complaints)
            said = dict.fromkeys(problem for position, problem in self.complaints if position == at)
            if at >= self.furthest - 1 or len(said) == 1:
                return next(iter(said)), at
        at = min(self.furthest, len(self.words))
        if at == len(self.words):
            return "it ends before it says something the grammar covers", at
        return f"the grammar doesn't cover it from “{self.words[at].text}” on", at

    def sentence(self, i: int, context: Context) -> Clauses:
        """A statement with all that can connect it."""
        for denial, negative in _DENIALS.items():
            if tuple(self.at(i + k) for k in range(len(denial))) == denial:
                for clause, j, after in self.sentence(i + len(denial), context):
                    formula = clause.closed()
                    yield Clause(Not(formula) if negative else formula), j, after
                return
        if self.at(i) in ("if", "whenever"):
            yield from self._conditional(i, context)
            return
        for first, j, after in self._connected(i, context):
            yield first, j, after
            if self.at(j) == "if" and self.at(j + 1) == "and":
                if (self.at(j + 2), self.at(j + 3)) == ("only", "if"):
                    for second, k, last in self._connected(j + 4, after):
                        yield Clause(Binary("iff", first.closed(), second.closed())), k, last
            elif self.at(j) == "only" and self.at(j + 1) == "if":
                for second, k, last in self._connected(j + 2, after):
                    yield Clause(Binary("implies", first.closed(), second.closed())), k, last
        # “S if S”: the condition comes first for what pronouns and indefinites mean.
        for j in range(i + 2, len(self.words) - 1):
            if self.at(j) == "if" and self.at(j + 1) != "and" and self.at(j - 1) != "only":
                for condition, k, middle in self._connected(j + 1, replace(context, conditional=True)):
                    inside = replace(middle, conditional=False)
                    for consequence, end, _ in self._connected(i, inside):
                        if end == j:
                            yield _if(condition, consequence), k, context

    def _conditional(self, i: int, context: Context) -> Clauses:
        for condition, j, middle in self._connected(i + 1, replace(context, conditional=True)):
            k = j + 1 if self.at(j) == "," else j
            if self.at(k) == "then":
                k += 1
            elif k == j:
                continue
            for consequence, end, after in self._connected(k, replace(middle, conditional=context.conditional)):
                yield _if(condition, consequence), end, replace(after, hidden=True)

    def _connected(self, i: int, context: Context) -> Clauses:
        """Clauses joined by “and”, “but”, “or”, “either … or”."""
        if self.at(i) == "either":
            for first, j, after in self._clause(i + 1, context):
                k = j + 1 if self.at(j) == "," else j
                if self.at(k) == "or":
                    for second, end, last in self._clause(k + 1, after):
                        yield _or([first, second]), end, replace(last, hidden=True)
            # no return: “either” may belong to a noun phrase or a predicate in what follows
        for first, j, after in self._clause(i, context):
            yield first, j, after
            for operator, joiners in (("and", ("and", "but")), ("or", ("or",))):
                yield from self._more_clauses([first], j, after, operator, joiners)

    def _more_clauses(
        self, clauses: list[Clause], i: int, context: Context, operator: str, joiners: tuple[str, ...]
    ) -> Clauses:
        j = i + 1 if self.at(i) == "," and self.at(i + 1) in joiners else i
        if self.at(j) not in joiners:
            return
        for clause, k, after in self._clause(j + 1, context):
            whole = [*clauses, clause]
            if operator == "or":
                yield _or(whole), k, replace(after, hidden=True)
            else:
                yield _and(whole), k, after
            yield from self._more_clauses(whole, k, after, operator, joiners)

    def _clause(self, i: int, context: Context) -> Clauses:
        """One subject with its predicate, or “there is …”."""
        if self.at(i) == "there":
            yield from self._there(i, context)
            return
        for subject, j, middle in self.noun_phrase(i, context, subject=True):
            for phrase, k, after in self.verb_phrase(j, middle, subject.number, None):
                if subject.bare_a:
                    if not phrase.nominal:
                        self.complain(i, "“a …” may mean every or some here; say which")
                        continue
                    yield (
                        _every(subject, phrase),
                        k,
                        replace(after, hidden=True, indefinites=context.indefinites),
                    )
                    continue
                yield _said(subject, phrase), k, after

    def _there(self, i: int, context: Context) -> Clauses:
        if self.at(i + 1) not in ("is", "are"):
            return
        start, inside = i + 2, replace(context, conditional=True, subject=True)  # “a …” is never generic here
        negated = self.at(start) in ("not", "no")
        start += negated
        if self.at(start) in ("a", "an", "some", "at", *SOMEONE):
            found = self.single(start, inside, subject=True)
        else:
            number = "singular" if self.at(i + 1) == "is" else "plural"
            if number == "singular" and self.at(i + 2) != "no":
                return
            found = (
                way
                for restriction, j in self._nominal(start, number)
                for way in self._existential(start, j, inside, restriction, number)
            )
        for thing, j, after in found:
            if thing.condition is not None:
                clause = Clause(thing.condition, thing.open)
                after = replace(after, conditional=context.conditional, hidden=after.hidden or negated)
                yield (Clause(Not(clause.closed())) if negated else clause), j, after


def _said(subject: NounPhrase, phrase: VerbPhrase) -> Clause:
    if subject.scopal:
        return Clause(subject.wrap(phrase.closed()))
    return Clause(subject.wrap(phrase.says), (*subject.open, *phrase.open))


def _every(subject: NounPhrase, phrase: VerbPhrase) -> Clause:
    """“A whale is a mammal”: of every whale."""
    (variable,) = subject.open
    said = phrase.closed()(Variable(variable))
    return Clause(bind("forall", (variable,), implies(subject.condition, said)))


def _if(condition: Clause, consequence: Clause) -> Clause:
    return Clause(bind("forall", condition.open, Binary("implies", condition.formula, consequence.closed())))


def _and(clauses: list[Clause]) -> Clause:
    return Clause(join("and", [c.formula for c in clauses]), tuple(v for c in clauses for v in c.open))


def _or(clauses: list[Clause]) -> Clause:
    return Clause(join("or", [c.closed() for c in clauses]))
