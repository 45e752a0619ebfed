"""Which of Lean's automation works on a theorem: that of a module that comes early in a library has not all of it.

`grind` and `omega` build their proofs from lemmas of their own. Where the theorem's imports do not reach these, they
fail, often only after the whole search for a proof; nine in ten theorems of Init and Std are without `grind`. Asked
once for each theorem, and no time is spent on what cannot work.

Not here: which tactics there are (`prover.generators`), running them (`prover.lean_search`).
"""

from __future__ import annotations

import re
from collections.abc import Iterable

from prover.lean.protocol import Lean, Limits, Rejected
from prover.lean.state import ProofState

#: Tactics that ask for lemmas which early modules lack, and all that need the same ones.
_ASKED = {"grind": ("grind",), "omega": ("omega", "bv_omega"), "ac_rfl": ("ac_rfl",)}
_ASKING = Limits(1_000, 1.0)
_UNKNOWN = re.compile(r"unknown constant [`'‘][^`'’]+|unknown tactic", re.IGNORECASE)
_WORD = re.compile(r"(?<![\w.])[A-Za-z_]\w*")
_FIRST = "first | "


def missing(lean: Lean, state: ProofState) -> frozenset[str]:
    """Names of the tactics that cannot work in the state's environment, by what Lean says of them there."""
    found: set[str] = set()
    for tactic, names in _ASKED.items():
        try:
            [outcome] = lean.run(state, [tactic], _ASKING)
        except Exception:
            continue  # the search meets what is wrong with this Lean at its first tactic, and says so
        if isinstance(outcome, Rejected) and _UNKNOWN.search(outcome.message):
            found.update(names)
    return frozenset(found)


def possible(tactics: Iterable[str], names: frozenset[str]) -> list[str]:
    """The tactics without what needs one of these, see `without`; each once."""
    found = (without(tactic, names) for tactic in tactics)
    return list(dict.fromkeys(tactic for tactic in found if tactic is not None))


def without(tactic: str, names: frozenset[str]) -> str | None:
    """The tactic without the alternatives that need one of these; None where it cannot do without."""
    if not _needs(tactic, names):
        return tactic
    before, first, rest = tactic.partition(_FIRST)
    if not first or _needs(before, names):
        return None
    alternatives, after = _alternatives(rest)
    kept = [a for a in alternatives if not _needs(a, names)]
    if not kept or _needs(after, names):
        return None
    return f"{before}{kept[0] if len(kept) == 1 else _FIRST + ' | '.join(kept)}{after}"


def _needs(tactic: str, names: frozenset[str]) -> bool:
    return not names.isdisjoint(_WORD.findall(tactic))


def _alternatives(text: str) -> tuple[list[str], str]:
    """What `|` separates, up to the bracket that closes around it, and the rest from there."""
    depth = start = 0
    found: list[str] = []
    for at, c in enumerate(text):
        depth += (c in "([{⟨") - (c in ")]}⟩")
        if depth < 0:
            return [*found, text[start:at]], text[at:]
        if c == "|" and not depth:
            found.append(text[start:at].strip())
            start = at + 2
    return [*found, text[start:]], ""
