"""Outcome tables: what became of many candidates on each training theorem, and how long each took.

A first success says little more than what was tried first; a policy is learned from what would have happened to each
candidate. So a theorem is explored for a fixed time, success or not. A pair `move <;> closer` is not run as such: the
move is run once, the closers on each state that it leaves, and `fit.py` puts the outcomes together. What solves the
theorem goes through the gate. One JSON object a theorem:

    {"version", "name", "start", "premises": [PREMISE], "nodes": [[GOAL]], "tried": [TRY],
     "proof", "seconds"}

GOAL and PREMISE hold what a policy sees of `prover.lean.state.Goal` and `prover.generators.protocol.Premise`; a
hypothesis is [name, type, "p" for a proof, "i" for an instance or "", head]. TRY is [node,
tactic, outcome, milliseconds, [nodes that it led to]], outcome one of s(olved), a(dvanced), r(ejected), t(imed out),
c(rashed); node 0 is the theorem, `start` the theorem after introductions (0 where there are none).

Not here: learning (`fit.py`), processes and files (`collect.py`).
"""

from __future__ import annotations

import random
import time
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from typing import TYPE_CHECKING, Any

from prover import automation, forms, script
from prover.data.rows import Row
from prover.generators.portfolio import Portfolio
from prover.generators.premises import PremisesFor, no_premises
from prover.generators.protocol import Position, Premise
from prover.lean.protocol import Advanced, BadSource, Crashed, Lean, Limits, Outcome, Rejected, Solved, TimedOut
from prover.lean.state import Goal, ProofState
from prover.lean_search import LeanChecker, LeanGenerator, LeanState
from prover.one_liners import INTRODUCE
from prover.policy.pool import BASIC, closers, extras, moves
from prover.policy.templates import split
from prover.sources import open_source

if TYPE_CHECKING:
    from prover.generators.premises import LibraryPremises
    from prover.policy.generator import PolicyGenerator

VERSION = 1
CODES = {Solved: "s", Advanced: "a", Rejected: "r", TimedOut: "t", Crashed: "c"}
#: Heartbeats decide; the clock only where the machine is busy, since stopping by it costs a restore.
_LIMITS = Limits(200, 0.6)
_SLOW = Limits(6_000, 3.0)
_VERIFY_SECONDS = 60.0
#: Searching the library takes longer than all else together: tried on this share of the theorems, beside their time.
_LIBRARY_SEARCH, _LIBRARY_SHARE = "exact?", 0.1
_EXTRA_SHARE = 0.25
_MOST_STATES = 6
_MOST_SECONDS = 5.0  # for premises
_SPECIAL = 3


@dataclass(slots=True)
class Exploration:
    """One theorem's exploration under way: states by number, each tactic once on each."""

    lean: Lean
    rng: random.Random
    deadline: float = 0.0
    states: list[ProofState] = field(default_factory=list)
    goals: list[tuple[Goal, ...]] = field(default_factory=list)
    tried: dict[tuple[int, str], list[Any]] = field(default_factory=dict)
    _numbers: dict[tuple[int, ...], int] = field(default_factory=dict)

    @property
    def over(self) -> bool:
        return time.monotonic() >= self.deadline

    def node(self, state: ProofState) -> int:
        """The state's number; goals equal up to names are one state."""
        known = self._numbers.get(state.keys)
        if known is None:
            known = self._numbers[state.keys] = len(self.states)
            self.states.append(state)
            self.goals.append(self.lean.goals(state))
        return known

    def run(self, node: int, tactic: str, limits: Limits) -> tuple[str, Outcome | None]:
        """The outcome's code, and the outcome where it is fresh."""
        known = self.tried.get((node, tactic))
        if known is not None:
            return known[2], None
        started = time.monotonic()
        [outcome] = self.lean.run(self.states[node], [tactic], limits, False)
        spent = round(1000 * (time.monotonic() - started), 2)
        code = CODES[type(outcome)]
        self.tried[node, tactic] = [node, tactic, code, spent, []]
        return code, outcome

    def move(self, node: int, tactic: str) -> list[int]:
        """The states that a move leaves; none where it fails, changes nothing, or leaves too many."""
        _, outcome = self.run(node, tactic, _LIMITS)
        if not isinstance(outcome, Advanced) or outcome.state.keys == self.states[node].keys:
            return self.tried[node, tactic][4]
        parts = outcome.state.split()
        if len(parts) <= _MOST_STATES:
            self.tried[node, tactic][4] = [self.node(part) for part in parts]
        return self.tried[node, tactic][4]

    def close(self, kids: Sequence[int], tactic: str) -> None:
        """A closer on the states of a move, up to the first that it fails on."""
        for kid in kids:
            if self.run(kid, tactic, _LIMITS)[0] != "s":
                return

    def solution(self, start: int) -> str:
        """A tactic block for the theorem out of what was tried, "" where nothing solves it."""
        lead = "" if start == 0 else f"{INTRODUCE}\n"
        closed: dict[int, str] = {}
        for (node, tactic), (_, _, code, *_) in self.tried.items():
            if code == "s":
                closed.setdefault(node, tactic)
        for node, before in ((0, ""), (start, lead)):
            if node in closed:
                return before + closed[node]
        for (node, tactic), (*_, kids) in self.tried.items():
            if node == start and kids and all(kid in closed for kid in kids):
                ends = list(dict.fromkeys(closed[kid] for kid in kids))
                closer = ends[0] if len(ends) == 1 else "first | " + " | ".join(f"({end}; done)" for end in ends)
                return f"{lead}{tactic} <;> {closer}"
        return ""


def explore(
    lean: Lean,
    row: Row,
    seconds: float,
    seed: int = 0,
    premises: LibraryPremises | None = None,
    policy: PolicyGenerator | None = None,
) -> dict[str, Any]:
    """One theorem's table.

    `policy`: whose order is followed; without, the order is random.

    Raises BadSource; a row with several holes has its first explored.
    """
    started = time.monotonic()
    source = row.source(" := by sorry")
    opened, _ = open_source(lean, source)
    if not opened.holes:
        raise BadSource(f"There is nothing to prove in {row.name}.")
    hole = opened.holes[0]
    rng = random.Random(f"{seed} {row.name}")
    missing = automation.missing(lean, hole.state)  # what cannot work is no outcome to learn from
    run = Exploration(lean, rng)
    start = run.node(hole.state)
    if run.goals[0][0].head == "∀":
        for tactic in automation.possible(closers(Position(run.goals[0])), missing):
            run.run(0, tactic, _LIMITS)
        kids = run.move(0, INTRODUCE)
        start = kids[0] if len(kids) == 1 else 0
    finder = no_premises if premises is None else premises.at(row.imports, row.name)
    position = _position(lean, run.states[start], finder)
    order = _shuffled(position, rng) if policy is None else policy.arrange([("", position)])[0]
    if rng.random() < _LIBRARY_SHARE:
        run.run(start, _LIBRARY_SEARCH, _SLOW)
    run.deadline = time.monotonic() + seconds
    order = [tactic for tactic in automation.possible(order, missing) if _LIBRARY_SEARCH not in tactic]
    _try(run, start, position, order, automation.possible(BASIC, missing))
    proof = run.solution(start)
    proved = False
    if proof:
        text = script.apply(opened.source, [script.fill(opened.source, hole, proof)])
        proved = lean.verify(text, opened.source, hole.theorem, _VERIFY_SECONDS).accepted
    return {
        "version": VERSION, "name": row.name, "start": start, "premises": [_premise(p) for p in position.premises],
        "nodes": [[goal_data(goal) for goal in goals] for goals in run.goals], "tried": list(run.tried.values()),
        "proof": proof if proved else "", "seconds": round(time.monotonic() - started, 3),
    }  # fmt: skip


def _position(lean: Lean, state: ProofState, premises: PremisesFor) -> Position:
    """As the search would see the theorem, premises of its other forms included."""
    generator, checker = LeanGenerator(Portfolio(), premises=premises), LeanChecker(lean, _LIMITS)
    return forms.position(generator, checker, LeanState(lean, state), time.monotonic() + _MOST_SECONDS)


def goal_data(goal: Goal) -> dict[str, Any]:
    """A goal as a table holds it; `tables.goal_of` reads it."""
    return {
        "target": goal.target, "head": goal.head, "constants": list(goal.constants),
        "hypotheses": [[h.name, h.type, "p" if h.is_prop else "i" if h.is_instance else "", h.head]
                       for h in goal.hypotheses],
    }  # fmt: skip


def _premise(premise: Premise) -> dict[str, Any]:
    return {**asdict(premise), "attributes": list(premise.attributes)}


def _shuffled(position: Position, rng: random.Random) -> list[str]:
    """Whole proofs and moves in a random order; a move is followed by its closers."""
    goal = position.goals[0]
    general, special = Portfolio().opening(position)
    whole = [t for t in (*general, *_sample(special, rng), *extras(goal)) if not t.startswith("intros;")]
    groups = [[t] for t in dict.fromkeys(whole)]
    for move in moves(position):
        ends = list(closers(position))
        rng.shuffle(ends)
        more = [t for t in extras(goal) if rng.random() < _EXTRA_SHARE]
        groups.append([f"{move} <;> {end}" for end in (*ends, *more)])
    rng.shuffle(groups)
    return [*closers(position), *(tactic for group in groups for tactic in group)]


def _sample(special: Sequence[str], rng: random.Random) -> list[str]:
    return rng.sample(list(special), min(_SPECIAL, len(special)))


def _try(run: Exploration, start: int, position: Position, order: Sequence[str], basic: Sequence[str]) -> None:
    """In the order, as far as the time goes."""
    known = set(moves(position))
    for tactic in basic:
        if run.run(start, tactic, _LIMITS)[0] == "s":
            return  # what else solves such a theorem teaches nothing (see `tables.without_news`)
    seen: dict[tuple[int, ...], str] = {}
    for tactic in order:
        if run.over:
            return
        move, closer = split(tactic)
        if closer and move in known:
            kids = run.move(start, move)
            # Another move with the same result has had all closers already.
            if kids and seen.setdefault(tuple(kids), move) == move:
                run.close(kids, closer)
        else:
            run.run(start, tactic, _LIMITS)
