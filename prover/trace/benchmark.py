"""Writes traced files as a LeanDojo Benchmark: `random` and `novel_premises` splits, `corpus.jsonl`, `metadata.json`.

The layout is that of LeanDojo Benchmark 4 (Yang et al. 2023, appendix A), as `retrieval.leandojo` and ReProver read it.
What LeanDojo leaves out of a theorem's tactics is left out here: steps that change nothing, steps with `·` in them,
which are there in parts, and repeated ones. Beside it `not_traced.json` lists what is not in it, and why.

**Positions of the library.** The compiled modules at hand hold none. A premise of the library stands at its number in
its module instead: line n of the corpus's file, columns 1 to 2, in `corpus.jsonl` and in the tactics alike.
"""

from __future__ import annotations

import datetime
import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from importlib.metadata import version
from pathlib import Path
from typing import Any

from prover.lean.embedded.engine import LEAN_VERSION
from prover.trace.records import NotTraced, Premise, Step, Theorem, TracedFile
from prover.trace.splits import at_random, novel_premises
from retrieval.corpus import Corpus
from retrieval.files import write_whole
from retrieval.leandojo import module_name, write_corpus
from retrieval.records import Module
from retrieval.records import Premise as CorpusPremise

#: Where LeanDojo keeps the sources of Lean's own library.
LIBRARY_PATH = ".lake/packages/lean4/src/lean"
NOTE = (
    "Premises of Lean's library have no positions in the compiled modules that were traced with: each stands at its "
    "number in its module, as line, in corpus.jsonl and in def_pos alike."
)


@dataclass(frozen=True, slots=True)
class Origin:
    """Where the sources come from: what LeanDojo's `LeanGitRepo` is made of."""

    url: str
    commit: str


@dataclass(frozen=True, slots=True)
class Library:
    """The library's modules for the corpus, imports first; `source` says in a sentence where they are from.

    `whole`: whether they are all that the files import; otherwise they hold what the files use, and import nothing.
    """

    modules: tuple[Module, ...]
    source: str
    whole: bool = True


@dataclass(frozen=True, slots=True)
class Written:
    """Counts of what was written; `held` are the sizes of novel_premises' val and test together."""

    theorems: int
    tactics: int
    premises: int
    held: int


def write(
    out: Path, files: Sequence[TracedFile], origin: Origin, library: Library, *, seed: int, command: str
) -> Written:
    """Write everything into a folder, each file whole. Raises OSError."""
    corpus, places = _corpus(files, library)
    rows = [_row(file, theorem, origin, places) for file in files for theorem in file.theorems]
    splits = {
        "random": at_random(rows, seed),
        "novel_premises": novel_premises(rows, _names, seed),
    }
    for strategy, split in splits.items():
        (out / strategy).mkdir(parents=True, exist_ok=True)
        for name, part in split.items():
            _write(out / strategy / f"{name}.json", part)
    write_corpus(corpus, out / "corpus.jsonl")
    left_out = [_listed(n) for file in files for n in file.not_traced]
    _write(out / "not_traced.json", left_out)
    counts = Written(len(rows), sum(len(r["traced_tactics"]) for r in rows), len(corpus),
                     len(splits["novel_premises"]["val"]) + len(splits["novel_premises"]["test"]))  # fmt: skip
    metadata = {
        "creation_time": str(datetime.datetime.now()),
        "from_repo": asdict(origin),
        "entails_version": version("entails"),
        "lean_version": LEAN_VERSION,
        "command": command,
        "seed": seed,
        "files": len(files),
        "steps": sum(f.steps for f in files),
        "theorems": counts.theorems,
        "tactics": counts.tactics,
        "premises": counts.premises,
        "splits": {s: {name: len(part) for name, part in split.items()} for s, split in splits.items()},
        "not_traced": len(left_out),
        "library": {"premises": library.source, "positions": NOTE},
        "sha256": {file.path: file.sha256 for file in files},
    }
    _write(out / "metadata.json", metadata)
    return counts


def _corpus(files: Sequence[TracedFile], library: Library) -> tuple[Corpus, dict[tuple[str, str], tuple[str, int]]]:
    """The corpus, and for the library's premises (module, name) the file and line that they stand at."""
    there = {m.name for m in library.modules}
    modules: list[Module] = []
    places: dict[tuple[str, str], tuple[str, int]] = {}
    for module in library.modules:
        path = f"{LIBRARY_PATH}/{module.name.replace('.', '/')}.lean"
        modules.append(Module(module.name, module.imports, module.premises, path=path))
        places.update({(module.name, p.name): (path, n) for n, p in enumerate(module.premises, 1)})
    names: dict[str, str] = {}
    for file in files:
        name = module_name(file.path)
        names[file.path] = file.path if name in there else name
        there.add(name)
    for file in files:
        premises = tuple(CorpusPremise(d.name, d.code, d.kind, span=(*d.place, *d.end)) for d in file.declarations)
        imports = [i for i in file.imports if i in there] if library.whole else [m.name for m in library.modules]
        imports += [names[path] for path, _ in file.needs if path in names]
        modules.append(Module(names[file.path], tuple(imports), premises, path=file.path))
    return Corpus.of(modules, LEAN_VERSION, duplicates="allow"), places


def _row(file: TracedFile, theorem: Theorem, origin: Origin, places: Mapping) -> dict[str, Any]:
    """A theorem as LeanDojo's export has it."""
    tactics = []
    for step in theorem.steps:
        if "·" in step.tactic or step.before == step.after:
            continue
        tactic = _tactic(step, file.path, places)
        if tactic not in tactics:
            tactics.append(tactic)
    return {
        "url": origin.url, "commit": origin.commit, "file_path": file.path, "full_name": theorem.name,
        "theorem_statement": theorem.statement, "start": list(theorem.place), "end": list(theorem.end),
        "traced_tactics": tactics,
    }  # fmt: skip


def _tactic(step: Step, path: str, places: Mapping) -> dict[str, Any]:
    located = [(p, where) for p in step.premises if (where := _where(p, path, places)) is not None]
    return {
        "tactic": step.tactic,
        "annotated_tactic": [
            step.annotated([p for p, _ in located]),
            [{"full_name": p.name, "def_path": file, "def_pos": list(start), "def_end_pos": list(end)}
             for p, (file, start, end) in located],
        ],
        "state_before": step.before,
        "state_after": step.after,
    }  # fmt: skip


def _where(premise: Premise, path: str, places: Mapping) -> tuple[str, tuple[int, int], tuple[int, int]] | None:
    """Where a premise is defined; None for what has no place: recursors and the like, which no file spells out."""
    if premise.module:
        found = places.get((premise.module, premise.name))
        return None if found is None else (found[0], (found[1], 1), (found[1], 2))
    return None if premise.start is None or premise.end is None else (premise.file or path, premise.start, premise.end)


def _names(row: dict[str, Any]) -> list[str]:
    return [p["full_name"] for tactic in row["traced_tactics"] for p in tactic["annotated_tactic"][1]]


def _listed(left_out: NotTraced) -> dict[str, Any]:
    place = None if left_out.place is None else list(left_out.place)
    return {**asdict(left_out), "place": place}


def _write(path: Path, value: Any) -> None:
    indent = 1 if path.name == "metadata.json" else None
    write_whole(path, json.dumps(value, ensure_ascii=False, indent=indent))
