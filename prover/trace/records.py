"""What is known of a traced file, as values and as JSON: declarations, theorems, steps, and what was not traced.

Not here: LeanDojo's layout (`benchmark.py`), which is made of these. Places are LeanDojo's: lines and columns from 1,
columns in code points (`𝕜` counts once), in a text whose line ends are `\\n`. Offsets are code points of that text.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any, TypeAlias

#: Raise when what is traced, or this form of it, changes: results of an earlier run are then made anew.
RULES = 1

Place: TypeAlias = tuple[int, int]


@dataclass(frozen=True, slots=True)
class Premise:
    """A constant that a tactic names: at `at` (offsets, from and to) in the tactic's text.

    `module` is that of the library, or "" for a constant of the sources: then `start` and `end` place it in the file
    itself, or in `file`.
    """

    name: str
    at: tuple[int, int]
    module: str = ""
    file: str = ""
    start: Place | None = None
    end: Place | None = None


@dataclass(frozen=True, slots=True)
class Step:
    """A tactic of a tactic block, with the goals of the block before and after it.

    `tactic`: its text, without comments, moved to the left margin; `premises` in the order of the text. `place` and
    `end` are where it stands. `block` numbers the theorem's blocks.
    """

    tactic: str
    premises: tuple[Premise, ...]
    before: str
    after: str
    place: Place
    end: Place
    block: int

    def annotated(self, premises: Sequence[Premise]) -> str:
        """The tactic with `<a>…</a>` around some of its premises (in order)."""
        text, done = "", 0
        for premise in premises:
            start, end = premise.at
            text += f"{self.tactic[done:start]}<a>{self.tactic[start:end]}</a>"
            done = end
        return text + self.tactic[done:]


@dataclass(frozen=True, slots=True)
class Block:
    """A sequence of tactics that is run once: `start` and `end` are offsets of its text."""

    start: int
    end: int


@dataclass(frozen=True, slots=True)
class Theorem:
    """A theorem of a file. Its `place` is where the word `theorem` stands, as LeanDojo has it.

    `stop`: the offset at which its command ends. `by_tactics`: whether the whole proof is a `by` block.
    """

    name: str
    statement: str
    place: Place
    end: Place
    stop: int
    private: bool
    by_tactics: bool
    blocks: tuple[Block, ...]
    steps: tuple[Step, ...]


@dataclass(frozen=True, slots=True)
class Declaration:
    """A declaration that can be a premise; `code` is its text, of a theorem without the proof."""

    name: str
    kind: str
    code: str
    place: Place
    end: Place


@dataclass(frozen=True, slots=True)
class NotTraced:
    """Something that is not in the trace, and why: a whole file (`theorem` ""), a theorem (`tactic` ""), a step."""

    file: str
    reason: str
    theorem: str = ""
    tactic: str = ""
    place: Place | None = None


@dataclass(frozen=True, slots=True)
class TracedFile:
    """A file's trace. `sha256` is of the file's bytes; `imports` are the library's modules; `seconds` of one core.

    `needs`: the files that it imports, each with its hash, in front of which its text was read (`projects.py`): all
    offsets are of that text. `skipped`: offsets of the commands that have errors, without which the rest was traced.
    """

    path: str
    sha256: str
    imports: tuple[str, ...]
    declarations: tuple[Declaration, ...]
    theorems: tuple[Theorem, ...]
    not_traced: tuple[NotTraced, ...]
    skipped: tuple[tuple[int, int], ...] = ()
    needs: tuple[tuple[str, str], ...] = ()
    seconds: float = 0.0

    @property
    def steps(self) -> int:
        return sum(len(t.steps) for t in self.theorems)

    def to_json(self) -> dict[str, Any]:
        return asdict(self)


def traced_file(value: dict[str, Any]) -> TracedFile:
    """A file's trace from its JSON. Raises KeyError, TypeError, ValueError for what is none."""

    def place(p: Any) -> Place | None:
        return None if p is None else (int(p[0]), int(p[1]))

    def premise(p: dict[str, Any]) -> Premise:
        return Premise(p["name"], (p["at"][0], p["at"][1]), p["module"], p["file"], place(p["start"]), place(p["end"]))

    def step(s: dict[str, Any]) -> Step:
        return Step(**{**s, "premises": tuple(map(premise, s["premises"])), "place": place(s["place"]),
                       "end": place(s["end"])})  # fmt: skip

    def theorem(t: dict[str, Any]) -> Theorem:
        return Theorem(**{**t, "place": place(t["place"]), "end": place(t["end"]),
                          "blocks": tuple(Block(**b) for b in t["blocks"]),
                          "steps": tuple(map(step, t["steps"]))})  # fmt: skip

    def declaration(d: dict[str, Any]) -> Declaration:
        return Declaration(**{**d, "place": place(d["place"]), "end": place(d["end"])})

    return TracedFile(**{
        **value,
        "imports": tuple(value["imports"]),
        "declarations": tuple(map(declaration, value["declarations"])),
        "theorems": tuple(map(theorem, value["theorems"])),
        "needs": tuple((str(path), str(digest)) for path, digest in value["needs"]),
        "skipped": tuple((int(a), int(b)) for a, b in value["skipped"]),
        "not_traced": tuple(NotTraced(**{**n, "place": place(n["place"])}) for n in value["not_traced"]),
    })  # fmt: skip
