"""Which premises prove a theorem of the library in one step: examples to train and judge retrieval on.

The library's own proofs cannot be read: the .olean files at hand hold the exported level, where theorems come without
proofs (`embedded/environment.py`). So each theorem is posed as `data/library` poses it, in the environment of its
module's imports, and premises are tried one by one: a premise is an example's if one tactic that names it closes
the goal, by itself or after the variables were taken apart. Candidates are the best `DEPTH` of each ranker and `NAMED`
by the theorem's name; what none of them finds is not in the data.

Left out as candidates: whatever is no theorem (definitions, instances, constructors) and Lean's internal lemmas
(`INTERNAL`). Not here: ranking (`retrieval`), the statements (`library.py`).
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import groupby
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
#: What closes a theorem without any premise; where one of these does, only `apply` and the hypotheses count.
BARE = ("simp", "simp_all", "omega")
#: What is tried on the goals that a premise leaves.
HYPOTHESES, CLOSERS = "all_goals assumption", "all_goals first | assumption | omega | simp_all"
#: Candidates, the best first: after which more than the hypotheses is tried; that `rw`, `simp` and, after variables
#: were taken apart, `simpa using` are tried with.
CLOSED, REWRITTEN, SIMPLIFIED, SUITED = 16, 16, 5, 12
LEFT = 3  # goals a premise may leave
#: Types that are not taken apart before a premise is tried: what is inside says nothing new, or there are cases.
WHOLE = frozenset(("Nat", "Int", "Bool", "List", "Option", "Type", "Sort", "Prop", "Char", "Ordering", "Unit", "Prod"))
TAKEN_APART = 2  # variables
EQUATIONS = frozenset(("=", "↔"))
LIMITS = Limits(heartbeats=1000, seconds=1.5)
GROUP = 8  # theorems of a module that a process takes at once

Progress = Callable[[int, int], None]


@dataclass(frozen=True, slots=True)
class Tried:
    """A theorem's first goal, and the tactic by which each premise closes it; none where nothing did."""

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
        return [tried for row in rows if (tried := self.row(row)) is not None]

    def row(self, row: Row) -> Tried | None:
        """None for a theorem that does not open, or is true by computation."""
        session = self._session
        try:
            opened = session.open(row.source(" := by sorry"))
        except BadSource:
            return None
        if not opened.holes or any(m.severity == "error" for m in opened.messages):
            return None
        state = opened.holes[-1].state
        goal = session.goals(state)[0]
        if self._closes(state, COMPUTED):
            return None
        bare = any(self._closes(state, tactic) for tactic in BARE)
        apart = None if bare else self._apart(state, goal)
        if apart is not None and any(self._closes(apart, tactic) for tactic in (COMPUTED, *BARE)):
            bare, apart = True, None
        found = []
        query = Query(goal.text, Importing(row.imports), exclude=(row.name,))
        for rank, premise in enumerate(self.candidates(query, row.name)):
            tries = [(state, *attempt) for attempt in self.attempts(premise, rank, bare)]
            if apart is not None and rank < SUITED:
                name = self._library.corpus.names[premise]
                tries += [(apart, f"apply {name}", HYPOTHESES), (apart, f"simpa using {name} ..", "")]
            tactic = next((t for s, first, then in tries if (t := self._proof(s, first, then))), None)
            if tactic is not None:
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

    def attempts(self, premise: int, rank: int, bare: bool) -> Iterator[tuple[str, str]]:
        """Tactics that name a premise, each with what is tried on the goals it leaves, cheapest first."""
        name = self._library.corpus.names[premise]
        yield f"apply {name}", HYPOTHESES if bare or rank >= CLOSED else CLOSERS
        if not bare and self._library.structural.head(premise) in EQUATIONS:
            if rank < REWRITTEN:
                for direction in ("", "← "):
                    yield f"rw [{direction}{name}]", HYPOTHESES if rank >= CLOSED else CLOSERS
            if rank < SIMPLIFIED:
                yield f"simp [{name}]", ""

    def _closes(self, state: ProofState, tactic: str) -> bool:
        return isinstance(self._session.run_one(state, tactic, LIMITS, explain=False), Solved)

    def _proof(self, state: ProofState, first: str, then: str) -> str:
        """The proof by `first` and, on the goals it leaves, `then`; "" where it is none."""
        match self._session.run_one(state, first, LIMITS, explain=False):
            case Solved(steps):
                return "; ".join(steps)
            case Advanced(after) if then and len(after.keys) <= LEFT and self._closes(after, then):
                return "; ".join((*(str(s) for s in after.steps), then))
        return ""


def generate(
    prepared: Prepared, rows: Sequence[Row], index: Path, workers: int = 1, progress: Progress | None = None
) -> Iterator[Tried]:
    """Try the rows, in the order of a hash of their modules; `progress` is called with (theorems done, theorems)."""
    from functools import partial

    from prover.lean.embedded.pool import run

    def place(row: Row) -> tuple[str, str, str]:
        return hashlib.sha256(row.module.encode()).hexdigest(), row.module, row.name

    groups: list[list[Row]] = []
    for _, members in groupby(sorted(rows, key=place), key=lambda r: r.module):
        found = list(members)
        groups += [found[i : i + GROUP] for i in range(0, len(found), GROUP)]
    done = 0
    made = run(prepared, workers, partial(Tool, index=index), Tool.group, groups)
    for group, tried in zip(groups, made, strict=True):
        yield from tried
        done += len(group)
        if progress is not None:
            progress(done, len(rows))


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
