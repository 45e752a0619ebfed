"""What proving returns: frozen values, and their JSON.

`PROVED` means that the soundness gate accepted the whole source, never that Lean was silent. The JSON's layout has a
version, `SCHEMA`; a field is added without a new version, and changed or taken away only with one.
"""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass, field
from enum import Enum

SCHEMA = 1


class Status(str, Enum):
    """How it went with one hole."""

    PROVED = "proved"
    NOT_PROVED = "not proved"
    SKIPPED = "skipped"


@dataclass(frozen=True, slots=True)
class ProofStep:
    """One tactic, the state that it was used on as Lean prints it, and the bullets above it."""

    tactic: str
    state: str
    depth: int = 0


@dataclass(frozen=True, slots=True)
class ProveStatistics:
    """What the work cost. `tried`: tactics given to Lean by the search; `expansions`: states; times in seconds."""

    seconds: float = 0.0
    tried: int = 0
    expansions: int = 0
    nodes: int = 0
    timed_out: int = 0
    crashed: int = 0
    lean_seconds: float = 0.0
    verify_seconds: float = 0.0
    minimise_seconds: float = 0.0


@dataclass(frozen=True, slots=True)
class HoleResult:
    """What became of one hole.

    `theorem`: the declaration's full name, or "example"; `line`, `column`: where the hole is in the source that the
    result carries, lines from 1. `proof`: the tactic block, "" where there is none. `reason`: why not, one sentence.
    `stage`: what found the proof, "one-liner" or the strategy's name. `axioms`: what the whole theorem leans on.
    `premises`: those of the library that the proof names; empty where none were looked for.
    """

    theorem: str
    line: int
    column: int
    status: Status
    reason: str = ""
    proof: str = ""
    steps: tuple[ProofStep, ...] = ()
    stage: str = ""
    axioms: tuple[str, ...] = ()
    premises: tuple[str, ...] = ()
    statistics: ProveStatistics = field(default_factory=ProveStatistics)

    @property
    def proved(self) -> bool:
        return self.status is Status.PROVED


@dataclass(frozen=True, slots=True)
class ProofResult:
    """What became of a source.

    `original`: the source as searched, missing proofs made `sorry`; `source`: the same with every proof that was
    accepted in its place. `holes`: one result each, in the order of the text; empty when nothing was to be proved.
    """

    original: str
    source: str
    holes: tuple[HoleResult, ...]
    lean_version: str
    backend: str
    strategy: str
    seed: int
    seconds: float

    @property
    def proved(self) -> bool:
        """Whether there was something to prove and all of it is proved."""
        return bool(self.holes) and all(hole.proved for hole in self.holes)

    @property
    def proof(self) -> str:
        """The tactic block of the only hole; "" where there is none or there are several."""
        return self.holes[0].proof if len(self.holes) == 1 else ""

    def to_dict(self) -> dict[str, object]:
        """As in the JSON."""
        holes = [{**asdict(hole), "status": hole.status.value} for hole in self.holes]
        return {"schema": SCHEMA, "proved": self.proved, **asdict(self), "holes": holes}

    def to_json(self, indent: int | None = 2) -> str:
        """Versioned JSON; `schema` is its version."""
        return json.dumps(self.to_dict(), ensure_ascii=False, indent=indent)
