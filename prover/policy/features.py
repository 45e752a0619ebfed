"""What the policy sees of a state and of a tactic's arguments, as hashed features (Weinberger et al., 2009).

Features are names; a name's number is its CRC-32, the same on every machine. A state's features say what the goal
is about: its head, constants and their namespaces, the types and number of hypotheses, its shape and size. An
argument's say where it stands in the goal. Not here: weights (`model.py`).
"""

from __future__ import annotations

import re
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache

from prover.generators.protocol import Position, Premise
from prover.lean.state import Goal, Hypothesis

_SIGNS = {"∃": "exists", "∀": "all", "↔": "iff", "→": "to", "fun ": "fun", "if ": "if", "match": "match", "↑": "cast",
          "∈": "member", "∧": "and", "∨": "or", "¬": "not", "≤": "le", "<": "lt", "[": "bracket", "%": "mod",
          "?": "question", "^": "power", "++": "append", "∘": "compose"}  # fmt: skip
_MOST_CONSTANTS = 24
_WORD = re.compile(r"[^\W\d][\w'!?₀-₉]*(?:\.[^\W\d][\w'!?₀-₉]*)*")
_PROOF_BINDER = re.compile(r"\(h\w* : ")
_NUMBER = re.compile(r"\b\d+\b")


def number(name: str) -> int:
    """A feature's number, 32 bits."""
    return zlib.crc32(name.encode("utf-8", "surrogatepass"))


def of_state(position: Position) -> list[str]:
    """Names of the features of a position's first goal, each once."""
    return list(dict.fromkeys(_of_state(position)))


def _of_state(position: Position) -> Iterator[str]:
    goal = position.goals[0]
    yield "any"
    yield f"head {goal.head}"
    for constant in goal.constants[:_MOST_CONSTANTS]:
        yield f"constant {constant}"
        space, dot, _ = constant.rpartition(".")
        if dot:
            yield f"space {space}"
    if goal.head in ("Eq", "Ne", "LE.le", "LT.lt", "Membership.mem", "Iff") and len(goal.constants) > 1:
        yield f"about {goal.head} {goal.constants[1]}"
    for sign, name in _SIGNS.items():
        if sign in goal.target:
            yield f"has {name}"
    if _NUMBER.search(goal.target):
        yield "has number"
    data = [h for h in goal.hypotheses if not h.is_prop and not h.is_instance]
    facts = [h for h in goal.hypotheses if h.is_prop]
    for h in data:
        yield f"variable {h.head}"
        if h.type.startswith(("Type", "Sort")):
            yield "abstract"
    for h in facts:
        yield f"fact {h.head}"
    for h in goal.hypotheses:
        if h.is_instance:
            yield f"instance {h.head}"
    yield f"variables {min(len(data), 6)}"
    yield f"facts {min(len(facts), 5)}"
    yield f"goals {min(len(position.goals), 4)}"
    yield f"size {min(len(goal.target).bit_length(), 10)}"
    yield f"constants {min(len(goal.constants) // 3, 6)}"
    yield f"depth {min(len(position.steps), 4)}"
    if any(not h.accessible and not h.is_instance for h in goal.hypotheses):
        yield "inaccessible"
    if position.steps:
        yield f"after {position.steps[-1].split(' ')[0]}"


class Arguments:
    """Features of a position's arguments, each read once."""

    def __init__(self, position: Position) -> None:
        self._goal = position.goals[0]
        self._hypotheses = {h.name: (place, h) for place, h in enumerate(self._goal.hypotheses)}
        self._premises = {p.name: (rank, p) for rank, p in enumerate(position.premises)}
        self._known: dict[tuple[str, str], list[int]] = {}

    def __call__(self, argument: tuple[str, str]) -> list[int]:
        """The numbers of an argument's features."""
        known = self._known.get(argument)
        if known is None:
            slot, name = argument
            if slot == "p":
                rank, premise = self._premises[name]
                names = _of_premise(premise, rank, self._goal)
            else:
                names = _of_argument(slot, name, self._goal, self._hypotheses)
            known = self._known[argument] = [number(name) for name in names]
        return known


def _of_argument(slot: str, name: str, goal: Goal, by_name: dict[str, tuple[int, Hypothesis]]) -> Iterator[str]:
    if slot == "c":
        yield f"c {name}"
        yield f"c place {min(goal.constants.index(name) // 2, 5)}"
        return
    place, h = by_name[name]
    yield f"{slot} type {h.head}"
    yield f"{slot} last {min(len(goal.hypotheses) - 1 - place, 4)}"
    if slot == "v":
        times = re.findall(rf"(?<![\w.]){re.escape(name)}(?!\w)", goal.target)
        yield f"v times {min(len(times), 3)}"


def _of_premise(premise: Premise, rank: int, goal: Goal) -> Iterator[str]:
    """How far down it was found, what it is, and how much of the goal it speaks of."""
    yield f"p rank {min(rank.bit_length(), 4)}"
    yield f"p kind {premise.kind}"
    for attribute in premise.attributes:
        yield f"p attribute {attribute}"
    shape = _shape(premise)
    yield f"p shape {shape.sign}"
    yield f"p binders {shape.hypotheses}"
    wanted = {c.rpartition(".")[2] for c in goal.constants}
    shared = wanted & shape.words
    yield f"p covers {4 * len(shared) // max(len(wanted), 1)}"
    space, _, last = premise.name.rpartition(".")
    yield f"p space {space.partition('.')[0]}"
    yield f"p named {min(sum(word.rpartition('.')[2] in last for word in goal.constants), 3)}"


@dataclass(frozen=True, slots=True)
class _Shape:
    sign: str
    hypotheses: int
    words: frozenset[str]


@lru_cache(maxsize=1 << 13)
def _shape(premise: Premise) -> _Shape:
    """A statement by its words, the sign in its conclusion, and how many of its binders are named like proofs."""
    statement = " ".join(premise.statement.split())
    end = statement.rsplit(" : ", 1)[-1]
    sign = next((sign for sign in ("↔", "→", "=", "≤", "<", "∃", "¬", "∈") if sign in end), "")
    words = frozenset(word.rpartition(".")[2] for word in _WORD.findall(statement))
    return _Shape(sign, min(len(_PROOF_BINDER.findall(statement)), 3), words)
