"""What proposes tactics: from the goals of a proof state to candidates with log-probabilities.

Not here: running them (`prover.lean_search`), choosing states (`search`). A generator sees values only, never a
Lean, so that it can be tested, recorded and replayed without one. Implementations by name: `GENERATORS` in
`portfolio.py`; models come through `model.py`.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from prover.lean.state import Goal
from search.protocols import Candidate


@dataclass(frozen=True, slots=True)
class Premise:
    """A declaration the proof may use.

    `statement`: its type as Lean prints it, `∀ (n m : Nat), n + m = m + n`, or its declaration, `theorem Nat.add_comm
    (n m : Nat) : n + m = m + n`. `kind`, `attributes`: as in `retrieval.Premise`.
    """

    name: str
    statement: str
    kind: str = "theorem"
    attributes: tuple[str, ...] = ()


#: Keywords of what is stated and not defined.
STATED = ("theorem", "lemma", "axiom")


@dataclass(frozen=True, slots=True)
class LocalDeclaration:
    """What the source itself declares before the theorem, which no tactic of the library knows.

    `name`: in full. `keyword`: `def`, `inductive`, `theorem`, …. `statement`: what stands behind the name; `body`: the
    definition or proof, up to the next declaration, without comments.
    """

    name: str
    keyword: str
    statement: str = ""
    body: str = ""

    @property
    def is_theorem(self) -> bool:
        return self.keyword in STATED


@dataclass(frozen=True, slots=True)
class Position:
    """A proof state as a generator sees it.

    `goals`: those still open, the first is the one that tactics work on. `steps`: the tactics that led here from
    the theorem. `local`: what the source declares before it. `premises`: of the library, retrieved for the first goal,
    best first. `failed`: (tactic, message) pairs, refused on this state already, the latest first; the message may be
    empty.
    """

    goals: tuple[Goal, ...]
    steps: tuple[str, ...] = ()
    local: tuple[LocalDeclaration, ...] = ()
    premises: tuple[Premise, ...] = ()
    failed: tuple[tuple[str, str], ...] = ()


class TacticGenerator(Protocol):
    """Proposes tactics. Deterministic for the same positions and seed.

    It may also have a method `opening(position)`, which gives two lists of whole proofs to try on a theorem before any
    search: general ones, cheap ones first, and those that this theorem suggests; an attribute `few`, how many of a
    state's candidates, the most probable, a first search tries before a second tries all; a method `until(deadline)`,
    which is told the end of the search that begins (`time.monotonic()`); and an attribute `reads_failed`, true where it
    makes use of `Position.failed`.

    One with an order of its own has `arrange(forms)` beside `opening`, which gives the same two lists for several forms
    of the theorem at once, pairs of what leads there and the position, and `rounds`, the limits under which general
    ones are tried (see `prover.one_liners`); `quick` may name those that are tried before anything is put in order.
    """

    def propose(self, positions: Sequence[Position]) -> list[list[Candidate]]:
        """For each position, in order, its candidates, most probable first; log-probabilities are ≤ 0."""
        ...
