"""Theorems of Lean's own library as a data set, made from the installed Lean: `data/library/*.jsonl`.

Each theorem is posed in the environment of its module's imports only, as it was for whoever proved it, so that neither
the theorem nor what follows from it is at hand. A row is kept when its statement, elaborated in exactly that
environment, is the very expression that the library has for the theorem, with the same universe parameters. What
that leaves out: statements that need definitions of their own module, and those that Lean prints in a way that it
does not read back.

Splits are by module (`assign`); within a split, areas (`areas.py`) get even shares. Everything is decided by hashes,
so that two runs give the same files whatever the number of processes.
"""

from __future__ import annotations

import hashlib
import re
from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING

from prover.data.areas import AREAS, area_of
from prover.data.rows import Row

if TYPE_CHECKING:
    from prover.lean.embedded.environment import Environment, Imported
    from prover.lean.embedded.install import Prepared
    from prover.lean.embedded.session import Session

#: Split → rows wanted, share of the modules, candidates tried of each area.
SPLITS: Mapping[str, tuple[int, float, int]] = {
    "train": (1400, 0.62, 170),
    "validation": (300, 0.16, 50),
    "test": (400, 0.22, 70),
}
SEED = "entails-library-1"
LIBRARY = (("Init", b"\0\1\0"), ("Std", b"\0\1\0"))
#: How a statement is printed, in the order in which the ways are tried; the first that reads back is kept.
_PRINTED: tuple[Mapping[str, bool], ...] = (
    {},
    {"pp.proofs": True},
    {"pp.proofs": True, "pp.fieldNotation": False},
    {"pp.proofs": True, "pp.fieldNotation": False, "pp.numericTypes": True, "pp.funBinderTypes": True},
)
_LEFT_OUT = {"deprecated", "instance", "projection"}
_TRIVIAL = re.compile(r"\.(inj|sizeOf_eq|mk_eq)$|\.proof_\d+|(^|\.)inst[A-Z]")
_INACCESSIBLE = re.compile(r"([^\W\d][\w'!?]*)✝([⁰¹²³⁴⁵⁶⁷⁸⁹]*)")
_LONGEST = 700  # characters: beyond that, statements are tables of cases

Progress = Callable[[int, int], None]


@dataclass(frozen=True, slots=True)
class Candidate:
    """A theorem with the ways in which Lean prints its statement."""

    name: str
    module: str
    split: str
    imports: tuple[str, ...]
    texts: tuple[str, ...]


def assign(sizes: Mapping[str, int]) -> dict[str, str]:
    """Module → split, from the number of theorems of each module.

    In every area the modules, in the order of a hash, go one by one to the split that is furthest below its share,
    so that an area of three modules is in all three splits.
    """
    areas: dict[str, list[str]] = defaultdict(list)
    for module in sizes:
        areas[area_of(module) or ""].append(module)
    out = {}
    for area, modules in areas.items():
        total = sum(sizes[m] for m in modules) or 1
        filled = dict.fromkeys(sorted(SPLITS, key=lambda split: _digest("area", area, split)), 0.0)
        for module in sorted(modules, key=lambda m: _digest("module", m)):
            split = min(filled, key=lambda s: filled[s])
            filled[split] += sizes[module] / (SPLITS[split][1] * total)
            out[module] = split
    return out


def _digest(*parts: str) -> str:
    return hashlib.sha256("\0".join((SEED, *parts)).encode()).hexdigest()


def accessible(text: str) -> str:
    """A printed statement with every inaccessible name (`α✝¹`) replaced by one that can be written (`α_2`)."""
    taken = set(re.findall(r"[^\W\d][\w'!?]*", text))

    def fresh(match: re.Match[str]) -> str:
        stem, number = match[1], int(match[2].translate(str.maketrans("⁰¹²³⁴⁵⁶⁷⁸⁹", "0123456789")) or 0) + 1
        while f"{stem}_{number}" in taken:
            number += 100
        return f"{stem}_{number}"

    return _INACCESSIBLE.sub(fresh, text)


def candidates(session: Session, modules: Collection[str] | None = None) -> list[Candidate]:
    """What is worth checking, printed; with `modules`, all theorems of these, else a sample for the splits."""
    from prover.lean.embedded.environment import Environment
    from prover.lean.embedded.printing import options

    session.fresh(LIBRARY)
    environment = Environment(session)
    imports = {m.name: m.imports for m in environment.modules}
    posable = {m: list(_posable(environment, m)) for m in imports if area_of(m) is not None}
    posable = {m: found for m, found in posable.items() if found}
    splits = assign({m: len(found) for m, found in posable.items()})
    cells: dict[tuple[str, str], list[Imported]] = defaultdict(list)
    for module, found in posable.items():
        if modules is None or module in modules:
            cells[splits[module], area_of(module) or ""] += found
    chosen: list[Imported] = []
    for (split, _), found in sorted(cells.items()):
        found.sort(key=lambda c: _digest("name", c.name))
        chosen += found if modules is not None else found[: SPLITS[split][2]]
    ways = [options(session.sources, session.commands, way) for way in _PRINTED]
    printers = [environment.printer(way) for way in ways]
    out = []
    for c in chosen:
        texts = (f"theorem {accessible(p.signature(c.name_object))}" for p in printers)
        usable = tuple(t for t in dict.fromkeys(texts) if "⋯" not in t and "✝" not in t and len(t) <= _LONGEST)
        if usable:
            out.append(Candidate(c.name, c.module, splits[c.module], imports[c.module], usable))
    for printer in printers:
        printer.close()
    session.o.dec_all(ways)
    return out


def _posable(environment: Environment, module: str) -> Iterable[Imported]:
    """The theorems of a module that someone stated, in terms of what the module imports."""
    constants = list(environment.constants(module))
    own = {c.name for c in constants}
    for c in constants:
        if c.kind != "theorem" or not c.usable or _LEFT_OUT & set(c.attributes) or _TRIVIAL.search(c.name):
            continue
        if own.isdisjoint(environment.constants_in(c.type)):
            yield c


def check(session: Session, found: Sequence[Candidate]) -> dict[str, Row]:
    """The rows, by name, of those candidates (all of one module) whose statement reads back as the same expression."""
    from prover.lean.embedded.errors import Trapped

    module, rows = found[0].module, {}
    theirs: dict[str, int] = {}
    for candidate in found:
        for text in candidate.texts:
            row = Row(candidate.name, text, candidate.imports, module=module, area=area_of(module) or "")
            if not theirs:
                theirs = _constants(session, row)
            try:
                same = session.guard(20.0, partial(_same, session, row, theirs[row.name]))
            except Trapped:
                same, theirs = False, {}  # what was read is gone with the restore
            if same:
                rows[candidate.name] = row
                break
    return rows


def _constants(session: Session, row: Row) -> dict[str, int]:
    """Name → ConstantInfo (borrowed for ever) of a row's module, read beside the environment of the row's imports."""
    from prover.lean.embedded.host import LIBRARY as FOLDER

    o = session.o
    o.dec(session.elaborate(row.header).state)
    read = o.io("l_Lean_readModuleData", o.string(f"{FOLDER}/{row.module.replace('.', '/')}.olean"))
    data = o.field(read, 0)
    return {o.name(n): info for n, info in zip(o.items(o.field(data, 1)), o.items(o.field(data, 2)), strict=True)}


def _same(session: Session, row: Row, theirs: int) -> bool:
    """Whether a row's statement elaborates, in its environment, to the type of the library's theorem."""
    from prover.lean.embedded.sources import ENVIRONMENT

    o, kernel = session.o, session.kernel
    done = session.elaborate(row.source(" := by sorry"))
    made = [c for c in kernel.new_constants(o.field(done.state, ENVIRONMENT)).values() if c.name == row.name]
    wrong = any(m.severity == "error" for m in done.messages)
    same = not wrong and len(made) == 1 and kernel.same_type(made[0].info, theirs)
    o.dec(done.state)
    return same


def select(rows: Mapping[str, Iterable[Row]]) -> dict[str, list[Row]]:
    """The rows of each split: its size at most, areas evenly, sorted by module and name."""
    out = {}
    for split, found in rows.items():
        areas: dict[str, list[Row]] = defaultdict(list)
        for row in sorted(found, key=lambda r: _digest("name", r.name)):
            areas[row.area].append(row)
        queues = [areas[a] for a in AREAS if a in areas]
        rounds = max(map(len, queues), default=0)
        taken = [q[depth] for depth in range(rounds) for q in queues if depth < len(q)]
        out[split] = sorted(taken[: SPLITS[split][0]], key=lambda r: (r.module, r.name))
    return out


def generate(prepared: Prepared, workers: int = 2, progress: Progress | None = None) -> dict[str, list[Row]]:
    """All splits, by name. `progress` is called with (modules done, modules). Raises EmbeddedLeanError."""
    from prover.lean.embedded.pool import run

    per_module: dict[str, list[Candidate]] = defaultdict(list)
    for sample in run(prepared, 1, _session, candidates, [None]):
        for candidate in sample:
            per_module[candidate.module].append(candidate)
    rows: dict[str, list[Row]] = {split: [] for split in SPLITS}
    groups = [per_module[m] for m in sorted(per_module)]
    for done, (group, made) in enumerate(zip(groups, run(prepared, workers, _session, check, groups), strict=True), 1):
        rows[group[0].split] += made.values()
        if progress is not None:
            progress(done, len(groups))
    return select(rows)


def _session(session: Session) -> Session:
    return session
