"""Which statements contain a pattern such as `_ + _ = _ + _` or `List.map _ (_ ++ _)`.

Not here: ranking by likeness (rankers/structural.py), the words of a search (search.py). All statements are
matched at once, on the flat sequences of the structural index.
"""

from __future__ import annotations

import re

import numpy as np

from retrieval.errors import RetrievalError
from retrieval.rankers.flat import CONCLUSION, HYPOTHESIS, symbol
from retrieval.rankers.structural import Structural
from retrieval.rankers.tree import ANONYMOUS
from retrieval.statements import read_statement
from retrieval.terms import VARIABLE, Term

# Lean prints the notation, never these names.
NOTATION = {
    "Eq": "=", "Ne": "≠", "Iff": "↔", "And": "∧", "Or": "∨", "Not": "¬", "Exists": "∃", "Prod": "×", "Sum": "⊕",
    "HAdd.hAdd": "+", "HSub.hSub": "-", "HMul.hMul": "*", "HDiv.hDiv": "/", "HMod.hMod": "%", "HPow.hPow": "^",
    "HAppend.hAppend": "++", "Append.append": "++", "List.append": "++", "List.cons": "::", "LE.le": "≤", "LT.lt": "<",
    "Membership.mem": "∈", "Dvd.dvd": "∣", "Function.comp": "∘", "BEq.beq": "==", "Neg.neg": "-",
}  # fmt: skip
UNNAMED = re.compile(r"^[a-zα-κμ-ω][\w']{0,3}$")


Matches = tuple[np.ndarray, dict[int, np.ndarray]]  # starts int64 [matches], and where each hole's term is


def occurrences(index: Structural, text: str) -> tuple[np.ndarray, np.ndarray]:
    """The premises whose statement contains the pattern: numbers int64 [found], and a grade each.

    Grade 2: the whole conclusion is an instance of the pattern, 1: a part of the conclusion, 0: a part of a
    hypothesis. `⊢ pattern` asks for the conclusion; `p → q` for a hypothesis p and the conclusion q. Raises
    RetrievalError for a pattern that says nothing, or that has a symbol which no statement has.
    """
    statement = read_statement(re.sub(r"^\s*(⊢|\|-)", "", text), holes=True)
    terms = [_normal(t, index) for t in (*statement.hypotheses, statement.conclusion)]
    holes: dict[str, int] = {}
    patterns = [index.tokens.pattern(t, holes) for t in terms]
    if all(0 <= pattern[0] <= ANONYMOUS for pattern in patterns):
        raise RetrievalError(f"the pattern {text.strip()!r} matches everything; give it at least one symbol")
    for term, pattern in zip(terms, patterns, strict=True):
        if -1 in pattern:
            raise RetrievalError(f"no statement of the library has {_unknown(term, index)!r} in this form")
    items = index.flat.items
    if len(patterns) > 1:
        found = _implications(index, patterns)
        grade = np.full(len(found), 2)
    else:
        starts, _ = _match(index, patterns[0], np.flatnonzero(items == patterns[0][0]))
        premise = np.searchsorted(index.flat.offsets, starts, "right") - 1
        conclusion = np.flatnonzero(items == CONCLUSION)[premise]
        best = np.full(len(index.flat), -1, np.int64)
        np.maximum.at(best, premise, np.where(starts == conclusion + 1, 2, np.where(starts > conclusion, 1, 0)))
        found = np.flatnonzero(best >= (1 if text.lstrip().startswith(("⊢", "|-")) else 0))
        grade = best[found]
    for name in dict.fromkeys(n for t in terms for n in _full_names(t)):
        owners = index.corpus.with_constant(name)
        if owners is not None:  # `List.map` and `Option.map` are one symbol in the index, but not to the caller
            keep = np.isin(found, owners)
            found, grade = found[keep], grade[keep]
    return found, grade


def _match(index: Structural, pattern: list[int], starts: np.ndarray) -> Matches:
    """Those of `starts` (positions in the flat statements) where the pattern matches."""
    items, sizes = index.flat.items, index.flat_size
    cursor = starts
    bound: dict[int, np.ndarray] = {}
    for token in pattern:
        size = sizes[cursor].astype(np.int64)
        if token > ANONYMOUS:
            keep, step = items[cursor] == token, np.ones(len(cursor), np.int64)
        elif token in bound:
            keep, step = _same(index, bound[token], cursor), size
        else:
            if token != ANONYMOUS:
                bound[token] = cursor
            keep, step = np.ones(len(cursor), bool), size
        # A pattern longer than what is left runs into the next part, whose marker no pattern has.
        starts, cursor = starts[keep], np.minimum((cursor + step)[keep], len(items) - 1)
        bound = {t: at[keep] for t, at in bound.items()}
    return starts, bound


def _implications(index: Structural, patterns: list[list[int]]) -> np.ndarray:
    """Premises with these hypotheses (in any order) and this conclusion, the holes the same throughout."""
    items, offsets = index.flat.items, index.flat.offsets
    conclusions = _match(index, patterns[-1], np.flatnonzero(items == CONCLUSION) + 1)
    owner = np.searchsorted(offsets, conclusions[0], "right") - 1
    heads = np.flatnonzero(items == HYPOTHESIS) + 1
    heads = heads[np.isin(np.searchsorted(offsets, heads, "right") - 1, owner)]
    sides: list[dict[int, list[dict[int, int]]]] = []  # per hypothesis: premise → the holes of its matches
    for pattern in patterns[:-1]:
        starts, bound = _match(index, pattern, heads)
        per: dict[int, list[dict[int, int]]] = {}
        for i, premise in enumerate((np.searchsorted(offsets, starts, "right") - 1).tolist()):
            per.setdefault(premise, []).append({t: int(at[i]) for t, at in bound.items()})
        sides.append(per)

    def joins(premise: int, left: int, holes: dict[int, int]) -> bool:
        if left == len(sides):
            return True
        return any(
            all(t not in holes or _equal(index, at, holes[t]) for t, at in match.items())
            and joins(premise, left + 1, {**match, **holes})
            for match in sides[left].get(premise, ())
        )

    found = [
        p for i, p in enumerate(owner.tolist()) if joins(p, 0, {t: int(at[i]) for t, at in conclusions[1].items()})
    ]
    return np.array(sorted(set(found)), np.int64)


def _equal(index: Structural, a: int, b: int) -> bool:
    """Whether the subterms that start at these positions are the same."""
    n = int(index.flat_size[a])
    items = index.flat.items
    return n == index.flat_size[b] and np.array_equal(items[a : a + n], items[b : b + n])


def _same(index: Structural, first: np.ndarray, second: np.ndarray) -> np.ndarray:
    same = index.flat_size[first] == index.flat_size[second]
    for i in np.flatnonzero(same).tolist():
        same[i] = _equal(index, int(first[i]), int(second[i]))
    return same


def _normal(term: Term, index: Structural) -> Term:
    """Notation for names Lean prints as notation; short names the library does not have are holes (`xs`)."""
    head, args = term
    if head[:1] != VARIABLE:
        if len(args) <= 2:
            head = NOTATION.get(head, head)
        if not args and UNNAMED.match(head) and index.tokens.find(head, 0) < 0:
            head = VARIABLE + head
    return Term(head, tuple(_normal(a, index) for a in args))


def _unknown(term: Term, index: Structural) -> str:
    if term.head[:1] != VARIABLE and index.tokens.find(term.head, len(term.args)) < 0:
        return symbol(term.head) + " _" * len(term.args)
    return next((u for a in term.args if (u := _unknown(a, index))), "")


def _full_names(term: Term) -> list[str]:
    found = [term.head] if "." in term.head.strip(".") and term.head[0].isalpha() else []
    return found + [n for a in term.args for n in _full_names(a)]
