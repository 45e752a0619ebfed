"""Ranking by the shape of statements, without a model: head symbols, and a discrimination tree.

A premise scores by three things: it shares symbols and symbol-in-symbol pairs with the goal and hypotheses
(weighted by rarity, as the relevance filters of Meng and Paulson 2009 do), its conclusion has the goal as
an instance (`exact`, `apply`), or a side of its equation has a subterm of the goal as an instance (`rw`,
`simp`). Not here: reading terms (retrieval/statements.py), flattening (flat.py), the tree (tree.py). numpy only.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

import numpy as np

from retrieval import store
from retrieval.accessible import Mask
from retrieval.corpus import Corpus
from retrieval.errors import REBUILD, IndexStale
from retrieval.rankers.base import Ranking, check_k, drop_excluded
from retrieval.rankers.flat import (
    CONCLUSION,
    FIRST,
    HYPOTHESIS,
    SIDE,
    Tokens,
    after,
    parts,
    renumbered,
    symbol,
)
from retrieval.rankers.impact import NOTHING, ImpactIndex, Top, distinct, firsts, zeros
from retrieval.rankers.tree import ANONYMOUS, DiscriminationTree
from retrieval.records import Query
from retrieval.statements import read_state, read_statement
from retrieval.store import Lists, Strings
from retrieval.terms import Term

KIND, VERSION = "structural", 2
EQUATIONS = frozenset(("=", "↔", "==", "≍"))
RELATIONS = EQUATIONS | frozenset(
    ["≠", "<", "≤", ">", "≥", "∈", "∉", "∣", "⊆", "⊂", "¬", "∧", "∨", "∃", "~", "<+", "<+:", "<:+", "<:+:"]
)
PROVABLE = frozenset(("theorem", "lemma", "axiom", ""))
# What a match in the tree is worth, in multiples of the matched pattern's summed rarity. These and the
# weights below were chosen on 226 library theorems, by the premises that `simp?` uses for them: R@10 rose from
# 31 % (no tree) through 35 % (every factor a fifth) to 41 %.
EXACT, EQUIVALENT, LEFT, RIGHT, FORWARD = 5.0, 4.5, 3.6, 1.8, 1.2
PAIR = 0.4  # weight of a symbol right below another, against 1 for a symbol
OTHER_PLACE, DEFINED = 0.1, 0.5  # a goal's symbol in a hypothesis, as the name defined
ASSUMED, CONCLUDED = 0.5, 0.3  # what a hypothesis has, in a hypothesis and in a conclusion
OF_GOAL = {"r": 1.0, "c": 1.0, "e": PAIR, "h": OTHER_PLACE, "s": DEFINED}  # by the first letter of a feature
REMEMBERED = 1_000  # goals and hypotheses looked up before, each some kB
MATCHES = 200  # matches of a query that are kept, those worth most; R@10 is no better with 300
COMMON = 256  # a pattern that more statements than this share (`_ + _`) tells nothing about any of them
SUBTERMS = 24  # subterms of the goal that are looked up as sides of equations, outermost first
LAST_HYPOTHESES = 5
B = 0.6  # how much a long statement is held against a premise (BM25's b, with one occurrence of each feature)
K1 = 1.0
# Fewer than bm25 reads, since the tree finds what matters most: with 4,000 the first ten are those of all postings for
# 99.9 % of 120 theorems of the library.
BUDGET = 4_000


class Structural(Ranking):
    """`Structural.build(corpus)` or `Structural.open(path, corpus)`."""

    name = "structural"

    def __init__(self, corpus: Corpus, arrays: dict[str, np.ndarray], budget: int | None = BUDGET) -> None:
        self.corpus, self.budget, self._arrays = corpus, budget, arrays
        self.tokens = Tokens(list(Strings.of(arrays, "token")))
        self.flat = Lists.of(arrays, "flat")  # statements, premise by premise (flat.py)
        self.flat_size = arrays["flat_size"]  # uint16 [tokens of all]: tokens of the subterm that starts there
        self.features = ImpactIndex(_unprefixed(arrays, "features."))
        self.tree = DiscriminationTree(_unprefixed(arrays, "tree."))
        self._premise, self._worth = arrays["entry_premise"], arrays["entry_worth"]
        # The states of a search share most of their hypotheses.
        self._goal = lru_cache(maxsize=REMEMBERED)(self._look_up_goal)
        self._hypothesis = lru_cache(maxsize=REMEMBERED)(self._look_up_hypothesis)

    @classmethod
    def build(
        cls, corpus: Corpus, old: Structural | None = None, progress: Callable[[int], None] | None = None
    ) -> Structural:
        """Index a corpus; statements that `old` has (of any earlier corpus) are not read again."""
        tokens = Tokens(old.tokens.table if old is not None else ())
        known = old._by_digest() if old is not None else {}
        flats: list[Sequence[int]] = []
        for done, (code, digest) in enumerate(zip(corpus.codes, corpus.digests.tolist(), strict=True), 1):
            at = known.get(digest)
            flats.append(tokens.statement(read_statement(code)) if at is None else old.flat[at].tolist())  # type: ignore[union-attr]
            if progress is not None and done % 1000 == 0:
                progress(1000)
        if progress is not None:
            progress(len(corpus) % 1000)
        return cls(corpus, _index(corpus, tokens, flats))

    def _by_digest(self) -> dict[int, int]:
        return {d: i for i, d in enumerate(self._arrays["digest"].tolist())}

    def save(self, path: Path) -> None:
        store.write(path, KIND, VERSION, {"corpus": self.corpus.fingerprint}, self._arrays)

    @classmethod
    def open(cls, path: Path, corpus: Corpus, stale: bool = False) -> Structural:
        """Map a saved index. IndexStale when it is of another corpus, unless `stale` (to build from it)."""
        stored = store.read(path, KIND, VERSION)
        if stored.meta["corpus"] != corpus.fingerprint and not stale:
            raise IndexStale(f"the index {path} was built from another corpus; {REBUILD}")
        return cls(corpus, dict(stored.arrays))

    def head(self, premise: int) -> str:
        """The symbol at the head of a premise's conclusion (`=`, `↔`, `≤`); "" for a variable."""
        flat = self.flat[premise]
        token = int(flat[int(np.flatnonzero(flat == CONCLUSION)[0]) + 1])
        return self.tokens.symbol(token) if token >= FIRST else ""

    def prepare(self, query: Query) -> Prepared:
        """A query's state read, and looked up in the tree."""
        state = query.state or (read_state if "⊢" in query.text else read_statement)(query.text)
        goal = self._goal(state.conclusion)
        hypotheses = [self._hypothesis(h) for h in state.hypotheses[-LAST_HYPOTHESES:]]
        wanted = {f: OF_GOAL[f[0]] for f in goal.features}
        for feature in (assumed := tuple(dict.fromkeys(f for h in hypotheses for f in h.features))):
            if feature[0] == "c":
                wanted.setdefault(feature, CONCLUDED)
            else:
                wanted[feature] = max(wanted.get(feature, 0.0), ASSUMED)
        forward = self._entries([r for h in hypotheses for r in h.ranges])
        matches = {CONCLUSION: self._entries(goal.ranges), SIDE: self._entries(goal.sides), HYPOTHESIS: forward}
        return Prepared(wanted, goal.features, assumed, matches, (goal, *hypotheses))

    def top(self, query: Query, k: int) -> Top:
        return self.top_prepared(query, self.prepare(query), k)

    def top_prepared(self, query: Query, prepared: Prepared, k: int) -> Top:
        """`top` for a query that `prepare` has read."""
        mask = self.corpus.accessible.mask(query.position, query.within)
        room = check_k(k) + len(query.exclude)
        found = self.features.top(prepared.wanted, room, mask, self.budget, prepared.best())
        return drop_excluded(self.corpus, query, found, k)

    def applicable(self, prepared: Prepared, mask: Mask, most: int) -> np.ndarray:
        """Accessible premises that conclude the goal and assume what hypotheses say: int64, at most `most`.

        Also where each of these by itself is too common to tell anything (`a = b`, and `a ∣ b`). Those that assume more
        of the hypotheses first, then the shorter ones.
        """
        goal, *hypotheses = prepared.parts
        concluding = self._premises(goal.ranges)
        marks = zeros("premises", len(self.corpus))
        try:
            marks[concluding] = 1
            assuming = [self._premises(h.ranges) for h in hypotheses]
            both = np.concatenate([NOTHING[0], *(distinct(p.compress(marks.take(p) > 0)) for p in assuming)])
        finally:
            marks[concluding] = 0
        premises, assumed = np.unique(both.compress(mask.allowed.take(both)), return_counts=True)
        lengths = self.flat.offsets.take(premises + 1) - self.flat.offsets.take(premises)
        return premises.take(np.lexsort((lengths, -assumed))[:most])

    def _premises(self, ranges: list[tuple[int, int]]) -> np.ndarray:
        """The premises of these ranges of the tree's entries, with repetitions: int64."""
        entries = np.concatenate([NOTHING[0], *(self.tree.entry[a:b] for a, b in ranges)])
        return self._premise.take(entries).astype(np.int64)

    def _look_up_goal(self, term: Term) -> Part:
        goal, skip = self.tokens.query(term)
        features: dict[str, None] = {}
        for feature in _features(self.tokens, goal, skip, "c"):
            features[feature] = None
            if feature[0] == "c":
                features["h" + feature[1:]] = features["s" + feature[1:].rsplit("/", 1)[0]] = None
        find = self.tree.generalisations
        sides = [r for i in _subterms(goal, skip) for r in find(goal, skip, SIDE, i)]
        return Part(tuple(features), find(goal, skip, CONCLUSION), sides)

    def _look_up_hypothesis(self, term: Term) -> Part:
        flat, skip = self.tokens.query(term)
        features: dict[str, None] = {}
        for feature in _features(self.tokens, flat, skip, "h"):
            features[feature] = None
            if feature[0] == "h":
                features["c" + feature[1:]] = None
        return Part(tuple(features), self.tree.generalisations(flat, skip, HYPOTHESIS), [])

    def _entries(self, ranges: list[tuple[int, int]]) -> Top:
        """The premises of these ranges of the tree's entries, with repetitions, and the worth of each match."""
        ranges = [(a, b) for a, b in ranges if b - a <= COMMON]
        if not ranges:
            return NOTHING
        entries = np.concatenate([self.tree.entry[a:b] for a, b in ranges])
        return self._premise.take(entries).astype(np.int64), self._worth.take(entries)


def largest(premises: np.ndarray, worth: np.ndarray) -> Top:
    """The MATCHES matches worth most: premises, sorted and each once, with the largest worth."""
    if len(premises) > MATCHES:
        best = worth.argpartition(len(worth) - MATCHES)[len(worth) - MATCHES :]
        premises, worth = premises.take(best), worth.take(best)
    order = premises.argsort()
    premises = premises.take(order)
    first = firsts(premises).nonzero()[0]
    return premises.take(first), np.maximum.reduceat(worth.take(order), first)


@dataclass(frozen=True, slots=True)
class Part:
    """A goal or a hypothesis as the index knows it: features, and the ranges of the tree's entries that match."""

    features: tuple[str, ...]
    ranges: list[tuple[int, int]]
    sides: list[tuple[int, int]]  # of a goal: those of sides of equations that match a subterm


@dataclass(frozen=True, slots=True)
class Prepared:
    """A query as the structural index sees it: features and weights, and matches in the tree by role."""

    wanted: dict[str, float]
    goal: tuple[str, ...]  # features of the goal
    assumed: tuple[str, ...]  # features of the hypotheses
    matches: dict[int, Top]  # role → premises, with repetitions, and worth
    parts: tuple[Part, ...]  # the goal and the hypotheses

    def best(self) -> Top:
        """The matches of all roles together, sorted and each premise once."""
        found = [m for m in self.matches.values() if len(m[0])]
        return largest(*(np.concatenate(part) for part in zip(*found, strict=True))) if found else NOTHING


def _subterms(term: list[int], skip: list[int]) -> list[int]:
    """Positions of the compound subterms, largest first."""
    found = [i for i in range(len(term)) if skip[i] - i > 1]
    found.sort(key=lambda i: i - skip[i])
    return found[:SUBTERMS]


def _features(tokens: Tokens, term: Sequence[int], skip: Sequence[int], where: str) -> Iterator[str]:
    """`c+/2`: a symbol of the conclusion (`h`: of a hypothesis); `ec=/2>+/2`: a symbol right below another."""
    names: list[str] = []
    above: list[tuple[int, str]] = []
    for i, token in enumerate(term):
        while above and above[-1][0] <= i:
            above.pop()
        if token >= FIRST:
            name = tokens.table[token - FIRST]
            if i == 0:
                yield f"r{where}{name}"
            yield where + name
            if above:
                yield f"e{where}{above[-1][1]}>{name}"
            names.append(name)
        else:
            name = "_"
        if skip[i] > i + 1:
            above.append((skip[i], name))


def _index(corpus: Corpus, tokens: Tokens, flats: list[Sequence[int]]) -> dict[str, np.ndarray]:
    numbers: dict[str, int] = {}
    lengths, features, paths, worths, owners, sizes = [], [], [], [], [], []
    for premise, flat in enumerate(flats):
        found: dict[str, None] = {}
        for role, term in parts(flat):
            skip = after([tokens.arity[t] for t in term])
            sizes.append(1)
            sizes += [s - i for i, s in enumerate(skip)]
            found.update(dict.fromkeys(_features(tokens, term, skip, "c" if role == CONCLUSION else "h")))
            for worth, path in _paths(tokens, role, term, skip):
                paths.append(path)
                worths.append(worth)
                owners.append(premise)
        if corpus.kind(premise) not in PROVABLE:
            found[f"s{symbol(corpus.names[premise])}"] = None
        lengths.append(len(found))
        features += [numbers.setdefault(f, len(numbers)) for f in found]
    size = np.array(lengths, np.int64)
    feature = np.array(features, np.int32)
    count = max(len(flats), 1)
    frequency = np.bincount(feature, minlength=len(numbers))
    rarity = np.log1p((count - frequency + 0.5) / (frequency + 0.5))
    norm = K1 * (1 - B + B * size / max(size.mean() if len(size) else 0, 1))
    weights = (rarity[feature] * (K1 + 1) / (1 + np.repeat(norm, size))).astype(np.float32)
    index = ImpactIndex.from_arrays(size, feature, weights, list(numbers))
    symbols = np.zeros(FIRST + len(tokens.table), np.float32)
    for n, name in enumerate(tokens.table, FIRST):
        at = numbers.get(f"c{name}", numbers.get(f"h{name}"))
        symbols[n] = rarity[at] if at is not None else 0.0
    worth = np.fromiter((w * symbols[list(p[1:])].sum() for w, p in zip(worths, paths, strict=True)), np.float32)
    return {
        "digest": corpus.digests,
        **Strings.pack(tokens.table).arrays("token"),
        **Lists.pack(flats).arrays("flat"),
        "flat_size": np.array(sizes, np.uint16),
        "entry_premise": np.array(owners, np.int32),
        "entry_worth": worth,
        **{f"features.{n}": a for n, a in index.arrays.items()},
        **{f"tree.{n}": a for n, a in DiscriminationTree.build(paths).arrays.items()},
    }


def _paths(tokens: Tokens, role: int, term: list[int], skip: list[int]) -> Iterator[tuple[float, tuple[int, ...]]]:
    """What of one part of a statement is looked up in the tree, and the worth of finding it."""
    head = tokens.symbol(term[0]) if term[0] >= FIRST else ""
    if role == HYPOTHESIS:
        if head in RELATIONS:
            yield FORWARD, (HYPOTHESIS, *renumbered(term))
        return
    if term[0] > ANONYMOUS:
        yield EXACT, (CONCLUSION, *renumbered(term))
    if head in EQUATIONS and len(skip) > 2:
        middle = skip[1]
        for worth, part in ((LEFT, term[1:middle]), (RIGHT, term[middle:])):
            if part and part[0] > ANONYMOUS:
                path = renumbered(part)
                yield worth, (SIDE, *path)
                if head == "↔":  # the whole goal as a side of an equivalence: `p.mpr`
                    yield EQUIVALENT, (CONCLUSION, *path)


def _unprefixed(arrays: dict[str, np.ndarray], prefix: str) -> dict[str, np.ndarray]:
    return {n.removeprefix(prefix): a for n, a in arrays.items() if n.startswith(prefix)}
