"""LeanDojo's files: `corpus.jsonl` in and out, and the theorems with their traced tactics.

Not here: tracing a repository. Formats as LeanDojo Benchmark 4 has them (Yang et al. 2023, appendix A): one
JSON object a line with `path`, `imports` and `premises` (`full_name`, `code`, `start`, `end`, `kind`).
"""

from __future__ import annotations

import json
import re
from bisect import bisect_right
from collections.abc import Iterator
from pathlib import Path

from retrieval.corpus import Corpus
from retrieval.errors import CorpusError
from retrieval.examples import Example
from retrieval.files import write_whole
from retrieval.records import At, Module, Premise

#: Of Lean 3 as well: `_target/deps/lean/library/init/core.lean`.
PACKAGES = re.compile(r"^(?:\.lake/packages|lake-packages|_target/deps)/[^/]+/(?:src/lean/|src/|library/)?")


def module_name(path: str) -> str:
    """`.lake/packages/std/Std/Data/List.lean` → `Std.Data.List`."""
    path = PACKAGES.sub("", path.removeprefix("./"))
    return path.removeprefix("src/").removesuffix(".lean").replace("/", ".")


def read_corpus(path: Path, lean: str = "", duplicates: str = "error") -> Corpus:
    """Read a `corpus.jsonl`. Raises CorpusError with the line number of what is wrong.

    As in ReProver, premises without a name or code (tracing artefacts), `user__.n…` and mutual blocks
    (`[a, b]`) are left out.
    """
    modules: list[Module] = []
    names: dict[str, str] = {}
    for number, data in _lines(path):
        where = f"{path}, line {number}"
        try:
            file, imports, premises = data["path"], data["imports"], data["premises"]
            kept = [_premise(p) for p in premises if _usable(p)]
        except (KeyError, TypeError, ValueError, AttributeError) as error:
            raise CorpusError(f"{where}: not a file of a LeanDojo corpus ({type(error).__name__}: {error})") from None
        if file in names:
            raise CorpusError(f"{where}: the file {file!r} is there twice")
        name = module_name(file)
        names[file] = file if name in names.values() else name
        # A position is compared with the premises' ends (LeanDojo: `p.end <= pos`), so order by them.
        kept.sort(key=lambda p: p.span[2:] if p.span else (0, 0))
        modules.append(Module(names[file], tuple(imports), tuple(kept), path=file))
    for i, module in enumerate(modules):
        for imported in module.imports:
            if imported not in names:
                raise CorpusError(f"{path}: {module.path!r} imports {imported!r}, which is not in the corpus")
        imports = tuple(names[p] for p in module.imports)
        modules[i] = Module(module.name, imports, module.premises, path=module.path)
    return Corpus.of(modules, lean, duplicates)


def write_corpus(corpus: Corpus, path: Path) -> None:
    """Write a `corpus.jsonl` that LeanDojo's and ReProver's own code loads (imports come before importers).

    A premise without a source position (one extracted from a compiled library) gets its number in its module
    as its line, so that LeanDojo's rule of accessibility gives the same answer there.
    """
    records = [corpus.record(name) for name in corpus.modules]
    paths = {r.name: r.path or r.name.replace(".", "/") + ".lean" for r in records}
    lines: list[str] = []
    for record in records:
        premises = []
        for line, p in enumerate(record.premises, 1):
            start_line, start, end_line, end = p.span or (line, 1, line, 2)
            premises.append({"full_name": p.name, "code": p.code, "start": [start_line, start],
                             "end": [end_line, end], "kind": p.kind})  # fmt: skip
        row = {
            "path": paths[record.name],
            "imports": [paths[i] for i in record.imports],
            "premises": premises,
        }
        lines.append(json.dumps(row, ensure_ascii=False) + "\n")
    write_whole(path, "".join(lines))


def position(corpus: Corpus, path: str, line: int, column: int) -> At:
    """LeanDojo's position (a file and a place in it) as a declaration number."""
    m = corpus.module(path)
    first, last = int(corpus.starts[m]), int(corpus.starts[m + 1])
    return At(corpus.modules[m], bisect_right(_ends(corpus, first, last), (line, column)))


def _ends(corpus: Corpus, first: int, last: int) -> list[tuple[int, int]]:
    spans = corpus.spans[first:last]
    return [(int(l), int(c)) for l, c in spans[:, 2:]]


def read_examples(path: Path, corpus: Corpus) -> list[Example]:
    """The examples of a split (`train.json`, `val.json`, `test.json`): one a traced tactic that uses a premise.

    A provenance that points at nothing in the corpus is left out, as ReProver does.
    """
    try:
        theorems = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise CorpusError(f"{path} is no LeanDojo split: {error}") from None
    examples = []
    for number, theorem in enumerate(theorems):
        try:
            place = position(corpus, theorem["file_path"], *theorem["start"])
            for tactic in theorem["traced_tactics"]:
                _, provenances = tactic["annotated_tactic"]
                found = (_locate(corpus, p["def_path"], tuple(p["def_pos"])) for p in provenances)
                positives = tuple(dict.fromkeys(i for i in found if i is not None))
                if positives:
                    examples.append(Example(tactic["state_before"], theorem["full_name"], place, positives,
                                            tactic.get("tactic", "")))  # fmt: skip
        except (KeyError, TypeError, ValueError) as error:
            raise CorpusError(f"{path}: theorem {number} is not in LeanDojo's form "
                              f"({type(error).__name__}: {error})") from None  # fmt: skip
    return examples


def _locate(corpus: Corpus, path: str, place: tuple[int, int]) -> int | None:
    m = corpus.module(path)
    for i in range(int(corpus.starts[m]), int(corpus.starts[m + 1])):
        a, b, c, d = corpus.spans[i].tolist()
        if (a, b) <= place <= (c, d):
            return i
    return None


def _usable(premise: dict) -> bool:
    name = premise["full_name"]
    return bool(name and premise["code"] and "user__.n" not in name and not (name[0] == "[" and name[-1] == "]"))


def _premise(data: dict) -> Premise:
    (a, b), (c, d) = data["start"], data["end"]
    return Premise(data["full_name"], data["code"], data.get("kind", ""), span=(int(a), int(b), int(c), int(d)))


def _lines(path: Path) -> Iterator[tuple[int, dict]]:
    try:
        with open(path, encoding="utf-8") as file:
            for number, line in enumerate(file, 1):
                if line.strip():
                    try:
                        yield number, json.loads(line)
                    except ValueError as error:
                        raise CorpusError(f"{path}, line {number}: not JSON ({error})") from None
    except (OSError, UnicodeDecodeError) as error:
        raise CorpusError(f"{path} cannot be read: {error}") from None
