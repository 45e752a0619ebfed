"""What the re-ranker knows of a premise beside a proof state: one row of numbers for each candidate.

Symbols are weighted by rarity, as in structural.py. A premise whose own symbols the state does not have seldom
helps, however many of the state's it has: so there are shares in both directions (Meng and Paulson 2009, section 4).
Not here: what the numbers are worth (rerank.py), where the candidates come from (fusion.py).
"""

from __future__ import annotations

import re
import threading
from collections.abc import Mapping, Sequence
from functools import cached_property, lru_cache

import numpy as np

from retrieval.corpus import Corpus
from retrieval.rankers.flat import CONCLUSION, HYPOTHESIS, SIDE
from retrieval.rankers.impact import Top
from retrieval.rankers.structural import EXACT, FORWARD, LEFT, Prepared, Structural, largest
from retrieval.records import At, Importing, Position, Query
from retrieval.tokens import name_words, query_weights

FIELDS = (
    "fused", "fused_rank", "bm25_rank", "structural_rank", "bm25_score", "structural_score",  # of the rankers
    "match_goal", "match_goal_cover", "match_side", "match_side_cover", "match_hypothesis",  # in the tree
    "head", "conclusion_in_goal", "conclusion_in_state", "goal_covered", "hypotheses_in_state",  # shared symbols
    "pairs_in_state", "pairs_covered", "defines",
    "namespace", "name_explained", "like_theorem", "imported",  # names and places
    "is_theorem", "is_simp", "is_grind", "is_deprecated", "length", "hypotheses", "generated",  # of the premise alone
)  # fmt: skip
ATTRIBUTES = ("simp", "grind", "deprecated")
#: Premises that Lean makes for every type, or for its own tactics: seldom named by anyone.
GENERATED = re.compile(r"^Lean\.|\.Internal\.|\.(inj|eta|sizeOf_eq|ctorIdx\w*)$|^Nat\.(Linear|Simproc)\.|\.proof_\d+")
IDENTIFIER = re.compile(r"[^\W\d][\w'!?₀-₉]*")
DEPTH = 64  # a premise that a ranker does not have counts as of this rank


class Features:
    """Numbers for the premises of one corpus: float32 [candidates, len(FIELDS)]."""

    def __init__(self, corpus: Corpus, structural: Structural) -> None:
        self.corpus, self.structural = corpus, structural
        self._scratch = threading.local()

    def __call__(
        self, query: Query, prepared: Prepared, candidates: np.ndarray, fused: np.ndarray, tops: Mapping[str, Top]
    ) -> np.ndarray:
        """`candidates` int64 [n], best first, with `fused` scores; `tops`: what each ranker found."""
        x = np.zeros((len(candidates), len(FIELDS)), np.float32)
        if len(candidates):
            self._ranks(x, candidates, fused, tops)
            self._matches(x, candidates, prepared)
            self._symbols(x, candidates, prepared)
            self._names(x, candidates, query)
            self._alone(x, candidates)
        return x

    def _ranks(self, x: np.ndarray, candidates: np.ndarray, fused: np.ndarray, tops: Mapping[str, Top]) -> None:
        x[:, 0] = fused / max(float(fused[0]), 1e-9)
        x[:, 1] = np.log2(2 + np.arange(len(candidates)))
        x[:, 2:4] = np.log2(2 + DEPTH)
        order = np.argsort(candidates)
        for column, name in enumerate(("bm25", "structural")):
            numbers, scores = tops.get(name, (np.empty(0, np.int64), np.empty(0, np.float32)))
            if len(numbers):
                at = np.minimum(np.searchsorted(candidates, numbers, sorter=order), len(candidates) - 1)
                rows = order[at]
                known = candidates[rows] == numbers
                x[rows[known], 2 + column] = np.log2(2 + np.flatnonzero(known))
                x[rows[known], 4 + column] = scores[known] / max(float(scores[0]), 1e-9)

    def _matches(self, x: np.ndarray, candidates: np.ndarray, prepared: Prepared) -> None:
        """The worth of the best match of each kind, and its share of the goal's rarity."""
        whole = max(self._rarity_of(prepared), 1e-6)
        for role, column, factor in ((CONCLUSION, 6, EXACT), (SIDE, 8, LEFT), (HYPOTHESIS, 10, FORWARD)):
            if not len(prepared.matches[role][0]):
                continue
            premises, worth = largest(*prepared.matches[role])
            at = np.minimum(np.searchsorted(premises, candidates), len(premises) - 1)
            found = np.where(premises[at] == candidates, worth[at], 0) / factor
            x[:, column] = np.log1p(found)
            if role != HYPOTHESIS:
                x[:, column + 1] = np.minimum(found / whole, 2)

    def _rarity_of(self, prepared: Prepared) -> float:
        numbers = self.structural.features.numbers
        return float(sum(self._rarity[n] for f in prepared.goal if f[0] == "c" and (n := numbers.get(f)) is not None))

    def _symbols(self, x: np.ndarray, candidates: np.ndarray, prepared: Prepared) -> None:
        index = self.structural.features
        starts = index.from_[candidates]
        lengths = index.from_[candidates + 1] - starts
        flat = np.arange(int(lengths.sum())) + np.repeat(starts - (np.cumsum(lengths) - lengths), lengths)
        feature = index.features.take(flat)
        owner = np.repeat(np.arange(len(candidates)), lengths)
        kind, weight = self._kind.take(feature), self._rarity.take(feature)
        marks = self._marks()
        goal, state = self._numbers(prepared.goal), self._numbers((*prepared.goal, *prepared.assumed))
        try:
            marks[state] = 1
            marks[goal] = 2
            mark = marks.take(feature)
        finally:
            marks[state] = marks[goal] = 0

        def total(of: str, least: int) -> np.ndarray:
            keep = np.flatnonzero((kind == ord(of)) & (mark >= least))
            return np.bincount(owner[keep], weight[keep], len(candidates))

        conclusion, hypotheses, pairs = total("c", 0), total("h", 0), total("e", 0)
        in_goal, near = total("c", 2), total("e", 1)
        x[:, 11] = np.bincount(owner[(kind == ord("r")) & (mark == 2)], minlength=len(candidates))
        x[:, 12] = in_goal / np.maximum(conclusion, 1e-6)
        x[:, 13] = total("c", 1) / np.maximum(conclusion, 1e-6)
        x[:, 14] = in_goal / max(self._rarity_of(prepared), 1e-6)
        x[:, 15] = np.where(hypotheses > 0, total("h", 1) / np.maximum(hypotheses, 1e-6), 1)
        x[:, 16] = np.where(pairs > 0, near / np.maximum(pairs, 1e-6), 1)
        wanted = sum(float(self._rarity[n]) for f, n in zip(prepared.goal, self._known(prepared.goal), strict=True)
                     if f[0] == "e" and n >= 0)  # fmt: skip
        x[:, 17] = np.minimum(near / max(wanted, 1e-6), 2) if wanted else 0
        x[:, 18] = np.bincount(owner[(kind == ord("s")) & (mark > 0)], minlength=len(candidates))

    def _known(self, features: Sequence[str]) -> list[int]:
        numbers = self.structural.features.numbers
        return [numbers.get(f, -1) for f in features]

    def _numbers(self, features: Sequence[str]) -> np.ndarray:
        return np.array([n for n in self._known(features) if n >= 0], np.int64)

    def _names(self, x: np.ndarray, candidates: np.ndarray, query: Query) -> None:
        text = query.text
        words, mentioned = query_weights(text, plain=False), set(IDENTIFIER.findall(text))
        theorem = set(name_words(query.theorem.rsplit(".", 1)[-1]))
        names = self.corpus.names
        rows = []
        for i in candidates.tolist():
            space, kind, own, generated = _parts(names[i])
            near = 0.5 if not space else float(kind in mentioned or space in text)
            explained = sum(w in words for w in own) / len(own) if own else 0.0
            alike = len(theorem.intersection(own)) / len(theorem.union(own)) if theorem else 0.0
            rows.append((near, explained, alike, generated))
        x[:, 19:22] = np.array([row[:3] for row in rows], np.float32)
        x[:, 29] = [row[3] for row in rows]
        x[:, 22] = self._imported(query.position).take(self._module.take(candidates))

    def _imported(self, position: Position) -> np.ndarray:
        """Which modules the position's file imports itself, and its own module: float32 [modules]."""
        near = np.zeros(len(self.corpus.modules), np.float32)
        match position:
            case Importing(modules):
                near[[self.corpus.module(m) for m in modules]] = 1
            case At(module, _):
                number = self.corpus.module(module)
                near[self.corpus.imports(number)] = near[number] = 1
        return near

    def _alone(self, x: np.ndarray, candidates: np.ndarray) -> None:
        x[:, 23] = self._theorem.take(candidates)
        for column, attribute in enumerate(ATTRIBUTES, 24):
            x[:, column] = self._attributes[attribute].take(candidates)
        x[:, 27] = np.log2(1 + self._lengths.take(candidates))
        x[:, 28] = np.minimum(self._hypotheses.take(candidates), 12)

    # Of the whole corpus, made when first needed.

    @cached_property
    def _kind(self) -> np.ndarray:
        """The first letter of each feature (structural.py's `_features`): uint8 [features]."""
        vocabulary = self.structural.features.vocabulary
        return vocabulary.data[vocabulary.offsets[:-1]] if len(vocabulary) else np.empty(0, np.uint8)

    @cached_property
    def _rarity(self) -> np.ndarray:
        frequency = np.diff(self.structural.features.at)
        return np.log1p((len(self.corpus) - frequency + 0.5) / (frequency + 0.5)).astype(np.float32)

    def _marks(self) -> np.ndarray:
        if not hasattr(self._scratch, "marks"):
            self._scratch.marks = np.zeros(len(self.structural.features.vocabulary) + 1, np.uint8)
        return self._scratch.marks

    @cached_property
    def _module(self) -> np.ndarray:
        return np.repeat(np.arange(len(self.corpus.modules)), np.diff(self.corpus.starts))

    @cached_property
    def _theorem(self) -> np.ndarray:
        return self.corpus.kinds_in(("theorem", "lemma", "commanddeclaration"))

    @cached_property
    def _attributes(self) -> dict[str, np.ndarray]:
        return {a: self.corpus.with_attribute(a) for a in ATTRIBUTES}

    @cached_property
    def _lengths(self) -> np.ndarray:
        return np.diff(self.corpus.codes.offsets)

    @cached_property
    def _hypotheses(self) -> np.ndarray:
        """Hypotheses and typed binders of each statement: int64 [premises]."""
        flat = self.structural.flat
        count = np.zeros(len(flat.items) + 1, np.int64)
        np.cumsum(flat.items == HYPOTHESIS, out=count[1:])
        return count[flat.offsets[1:]] - count[flat.offsets[:-1]]


@lru_cache(maxsize=1 << 16)
def _parts(name: str) -> tuple[str, str, tuple[str, ...], bool]:
    """A name's namespace, the last part of that, the words of its own last part, and whether Lean generates it."""
    space, _, last = name.rpartition(".")
    return space, space.rsplit(".", 1)[-1], name_words(last), GENERATED.search(name) is not None
