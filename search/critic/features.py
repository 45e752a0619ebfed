"""Numbers from the text of a state, for critics that run on a CPU in microseconds.

Not here: what is made of them (search/critic/models.py). Knows how a state is laid out (goals apart by a
blank line; hypotheses, then `⊢` and the target) and which signs shape a goal; any other word is hashed, so
nothing has to be learned beforehand and a text without `⊢` is all target.
"""

from __future__ import annotations

import math
import re
from collections.abc import Sequence
from zlib import crc32

import numpy as np

from search.protocols import State

SIGNS = (
    "∀", "∃", "∧", "∨", "¬", "→", "↔", "=", "≠", "≤", "<", "≥", ">", "∣", "∈", "⊆", "∪", "∩",
    "+", "-", "*", "/", "%", "^", "::", "++", "∘", "↑", "False", "True", "fun", "if", "match", "let",
)  # fmt: skip
SHAPE = (
    "goals", "log chars", "log target chars", "log hypotheses", "depth of target", "depth of all",
    "numerals in target", "log largest numeral", "log words in target", "distinct share of target",
    "target words known from hypotheses", "hypotheses that are the target", "equal sides", "log metavariables",
)  # fmt: skip
TARGET_BUCKETS = 96
HYPOTHESIS_BUCKETS = 48
FEATURES = len(SHAPE) + 2 * len(SIGNS) + TARGET_BUCKETS + HYPOTHESIS_BUCKETS
VERSION = 2  # of this layout; a model remembers which it was trained on
MAX_CHARS = 20_000  # of a text; longer ones are cut in the middle

_WORD = re.compile(r"[^\W\d_][\w.'!?]*|\d+|::|\+\+|[^\w\s]")
_METAVARIABLE = re.compile(r"(?<![\w\])])\?\w")  # `?m.12`, and not `xs[i]?` or `head?`
_SIGN_AT = {sign: at for at, sign in enumerate(SIGNS)}
_OPENING, _CLOSING = "([{⟨", ")]}⟩"


def _depth(text: str) -> int:
    deepest = depth = 0
    for char in text:
        if char in _OPENING:
            depth += 1
            deepest = max(deepest, depth)
        elif char in _CLOSING:
            depth -= 1
    return deepest


def _fill(row: np.ndarray, text: str, goals: int) -> None:
    if len(text) > MAX_CHARS:
        text = text[: MAX_CHARS // 2] + text[-MAX_CHARS // 2 :]
    first = text.split("\n\n", 1)[0]
    above, turnstile, target = first.rpartition("⊢")
    if not turnstile:
        above, target = "", first
    target = target.strip()
    hypotheses = [line.partition(" : ")[2].strip() for line in above.splitlines() if " : " in line]
    words = _WORD.findall(target)
    other = _WORD.findall(above)
    numerals = [word for word in words if word[0].isdecimal()]
    known = set(other)
    distinct = set(words)
    left, equals, right = target.partition(" = ")
    row[: len(SHAPE)] = (
        goals,
        math.log1p(len(text)),
        math.log1p(len(target)),
        math.log1p(len(hypotheses)),
        _depth(target),
        _depth(text[:MAX_CHARS]),
        len(numerals),
        math.log1p(min(int(max(numerals, key=len)[:15]), 10**15)) if numerals else 0.0,
        math.log1p(len(words)),
        len(distinct) / (len(words) or 1),
        sum(word in known for word in distinct) / (len(distinct) or 1),
        target in hypotheses,
        bool(equals) and left.strip() == right.strip(),
        math.log1p(len(_METAVARIABLE.findall(first))),
    )
    start = len(SHAPE)
    for part, size in ((words, TARGET_BUCKETS), (other, HYPOTHESIS_BUCKETS)):
        buckets = start + len(SIGNS)
        for word in part:
            at = _SIGN_AT.get(word)
            if at is not None:
                row[start + at] += 1.0
            else:
                row[buckets + crc32(word.encode("utf-8", "surrogatepass")) % size] += 1.0
        start = buckets + size
    counts = row[len(SHAPE) :]
    np.log1p(counts, out=counts)


def of_texts(texts: Sequence[str], goals: Sequence[int]) -> np.ndarray:
    """Features of states given as texts and numbers of goals, float32 [states, FEATURES]."""
    matrix = np.zeros((len(texts), FEATURES), np.float32)
    for row, text, count in zip(matrix, texts, goals, strict=True):
        _fill(row, text, count)
    return matrix


def of_states(states: Sequence[State]) -> np.ndarray:
    """Features of states, float32 [states, FEATURES]."""
    return of_texts([state.text for state in states], [len(state.goals) for state in states])
