"""Which premises prove a theorem of the library in one step: examples to train and judge retrieval on.

The library's own proofs cannot be read: the .olean files at hand hold the exported level, where theorems come without
proofs (`embedded/environment.py`). So each theorem is posed anew, and premises are tried one by one: a premise is an
example's if `apply` or `rw` with it closes the goal, but for hypotheses and linear arithmetic, at once or after
variables were taken apart. Candidates are the best `DEPTH` of each ranker at the theorem's position, and `NAMED` by its
name; what none of them finds is not in the data.

All are posed in the environment of the whole library, which is imported once. The simplifier is not used, since there
it knows the theorem itself. Left out as candidates: whatever is no theorem (definitions, instances, constructors) and
lemmas that nobody names (`INTERNAL`). Not here: ranking (`retrieval`), the statements (`library.py`).
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from prover.data.rows import Row
from prover.lean.protocol import Advanced, BadSource, Limits, Solved
from prover.lean.state import Goal, ProofState
from retrieval.library import Library
from retrieval.records import Importing, Query

if TYPE_CHECKING:
    from prover.lean.embedded.install import Prepared
    from prover.lean.embedded.session import Session

DEPTH = 40  # premises of each ranker that are tried
NAMED = 8  # and of those that have the words of the theorem's name: libraries name alike what they prove alike
#: Lemmas that tactics put into proofs or that every type has, which nobody names.
INTERNAL = re.compile(r"^(Lean|Nat\.Linear|Int\.Linear|Nat\.Simproc)\.|\.inj$|sizeOf|\.eta$|\.ext_iff$|\.ctorIdx")
#: A goal that is true by computation is closed by any lemma of that kind, which says nothing of the lemma.
COMPUTED = "intros; rfl"
#: What is tried on the goals that a premise leaves.
CLOSERS = "all_goals first | assumption | omega"
LEFT = 3  # goals a premise may leave
REWRITTEN = 24  # candidates, the best first, that `rw` is tried with
EQUATIONS = frozenset(("=", "↔"))
#: Types that are not taken apart before a premise is tried: what is inside says nothing new, or there are cases.
WHOLE = frozenset(("Nat", "Int", "Bool", "List", "Option", "Type", "Sort", "Prop", "Char", "Ordering", "Unit", "Prod"))
TAKEN_APART = 2  # variables
LIMITS = Limits(heartbeats=1000, seconds=1.5)
GROUP = 4  # theorems that a process takes at once
IMPORTS, POSED = ("Init", "Std"), "entails_posed"

@dataclass(frozen=True, slots=True)
class Tried:
    """A theorem's first goal, and the tactic by which each premise closes it; none where nothing did.

    Nothing is tried, and `state` is empty, where the theorem does not open or is true by computation.
    """

    name: str
    module: str
    state: str
    tactics: tuple[tuple[str, str], ...]  # premise, tactic; best-ranked first

    def to_json(self) -> dict[str, Any]:
        """As `retrieval.examples` reads it."""
        premises = [premise for premise, _ in self.tactics]
        tactic = self.tactics[0][1] if self.tactics else ""
        return {"state": self.state, "premises": premises, "module": self.module, "theorem": self.name,
                "tactic": tactic}  # fmt: skip


class Tool:
    """Tries premises in one session."""

    def __init__(self, session: Session, index: Path) -> None:
        self._session = session
        self._library = Library.open(index)

    def group(self, rows: Sequence[Row]) -> list[Tried]:
        return [self.row(row) for row in rows]

    def row(self, row: Row) -> Tried:
        session, nothing = self._session, Tried(row.name, row.module, "", ())
        statement = row.statement.replace(f"theorem {row.name}", f"theorem {POSED}", 1)
        posed = replace(row, imports=IMPORTS, statement=statement)
        try:
            opened = session.open(posed.source(" := by sorry"))
        except BadSource:
            return nothing
        if not opened.holes or any(m.severity == "error" for m in opened.messages):
            return nothing
        state = opened.holes[-1].state
        goal = session.goals(state)[0]
        if self._closes(state, COMPUTED):
            return nothing
        apart = self._apart(state, goal)
        if apart is not None and self._closes(apart, COMPUTED):
            apart = None
        found = []
        query = Query(goal.text, Importing(row.imports), exclude=(row.name,))
        for rank, premise in enumerate(self.candidates(query, row.name)):
            proofs = (self._proof(*attempt) for attempt in self.attempts(state, apart, premise, rank))
            if tactic := next(filter(None, proofs), ""):
                found.append((self._library.corpus.names[premise], tactic))
        session.forget(state.root)
        return Tried(row.name, row.module, goal.text, tuple(found))

    def _apart(self, state: ProofState, goal: Goal) -> ProofState | None:
        """The state with variables of structure types taken apart (`Vector`, `Std.HashMap`); None without any."""
        after, count = state, 0
        for h in goal.hypotheses:
            if count == TAKEN_APART or h.is_prop or h.is_instance or not h.head or h.head in WHOLE or "✝" in h.name:
                continue
            outcome = self._session.run_one(after, f"cases {h.name}", LIMITS, explain=False)
            if isinstance(outcome, Advanced) and len(outcome.state.keys) == 1:
                after, count = outcome.state, count + 1
        return after if count else None

    def candidates(self, query: Query, theorem: str) -> list[int]:
        """The theorems that some ranker has among its first, best rank first."""
        corpus, rankers = self._library.corpus, self._library.rankers
        alike = replace(query, text=theorem.replace(".", " "))
        ranks: dict[int, int] = {}
        for top in (*(r.top(query, DEPTH) for r in rankers.values()), rankers["bm25"].top(alike, NAMED)):
            for rank, i in enumerate(top[0].tolist()):
                ranks[i] = min(rank, ranks.get(i, rank))
        order = (i for i in sorted(ranks, key=lambda i: (ranks[i], i)) if corpus.kind(i) == "theorem")
        return [i for i in order if not INTERNAL.search(corpus.names[i])]

    def attempts(
        self, state: ProofState, apart: ProofState | None, premise: int, rank: int
    ) -> Iterator[tuple[ProofState, str]]:
        """Where to try which tactics with a premise."""
        name = self._library.corpus.names[premise]
        equation = rank < REWRITTEN and self._library.structural.head(premise) in EQUATIONS
        for place in (state, apart):
            if place is not None:
                yield place, f"apply {name}"
                if equation:
                    yield place, f"rw [{name}]"
                    yield place, f"rw [← {name}]"

    def _closes(self, state: ProofState, tactic: str) -> bool:
        return isinstance(self._session.run_one(state, tactic, LIMITS, explain=False), Solved)

    def _proof(self, state: ProofState, tactic: str) -> str:
        """The proof by a tactic and, on the goals it leaves, CLOSERS; "" where it is none."""
        match self._session.run_one(state, tactic, LIMITS, explain=False):
            case Solved(steps):
                return "; ".join(steps)
            case Advanced(after) if len(after.keys) <= LEFT and self._closes(after, CLOSERS):
                return "; ".join((*(str(s) for s in after.steps), CLOSERS))
        return ""


def generate(prepared: Prepared, rows: Sequence[Row], index: Path, workers: int = 1) -> Iterator[Tried]:
    """Try the rows, in the order of a hash of their names, so that any beginning of them is a fair sample."""
    from functools import partial

    from prover.lean.embedded.pool import run

    ordered = sorted(rows, key=lambda row: hashlib.sha256(row.name.encode()).hexdigest())
    groups = [ordered[i : i + GROUP] for i in range(0, len(ordered), GROUP)]
    for tried in run(prepared, workers, partial(Tool, index=index), Tool.group, groups):
        yield from tried


def tried_already(path: Path) -> set[str]:
    """Names of the theorems that a file of examples has; a last line that was cut off is not counted."""
    names: set[str] = set()
    if path.exists():
        for line in path.read_text(encoding="utf-8").splitlines():
            try:
                names.add(json.loads(line)["theorem"])
            except (ValueError, KeyError, TypeError):
                continue
    return names
