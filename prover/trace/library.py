"""The library's part of a benchmark's corpus: out of the index of premises, or, without one, what the trace names.

Not here: making an index (`entails index`), the traced files' own declarations (`benchmark.py`).
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from contextlib import closing

from prover.lean.embedded.engine import LEAN_VERSION
from prover.trace.benchmark import Library
from prover.trace.records import TracedFile
from retrieval.corpus import Corpus
from retrieval.errors import RetrievalError
from retrieval.library import cache_folder
from retrieval.records import Module, Premise

INDEX = "embedded"


def library(files: Sequence[TracedFile], index: str = INDEX) -> Library:
    """What the files import, from the index of that name; what they use of it, where the index does not hold that."""
    try:
        corpus = Corpus.open(cache_folder(index) / "corpus.index", LEAN_VERSION)
        modules, missing = imported(corpus, files)
        if not missing:
            return Library(tuple(modules), f"all {len(modules)} modules that the files import, from the index")
        roots = " ".join(f"--library {name}" for name in ("Init", "Std", missing.split(".")[0]))
        why = f"the index has no module {missing}; `entails index {roots}` adds it"
    except (RetrievalError, OSError):
        why = "there is no index of this Lean's library; `entails index` makes one"
    return Library(tuple(_used_modules(used(files))), f"only those that traced tactics name: {why}", whole=False)


def imported(corpus: Corpus, files: Iterable[TracedFile]) -> tuple[list[Module], str]:
    """The corpus's modules that the files import, directly or not, imports first; and one that it lacks, or "".

    Of the premises only what LeanDojo's corpus holds: name, code, kind.
    """
    known, wanted = set(corpus.modules), [m for f in files for m in f.imports]
    found: dict[str, tuple[str, ...]] = {}
    while wanted:
        name = wanted.pop()
        if name in found:
            continue
        if name not in known:
            return [], name
        found[name] = tuple(corpus.modules[i] for i in corpus.imports(corpus.module(name)))
        wanted += found[name]
    modules = []
    for number, name in enumerate(corpus.modules):
        if name in found:
            numbers = range(int(corpus.starts[number]), int(corpus.starts[number + 1]))
            premises = tuple(Premise(corpus.names[i], corpus.codes[i], corpus.kind(i)) for i in numbers)
            modules.append(Module(name, found[name], premises))
    return modules, ""


def used(files: Iterable[TracedFile]) -> dict[str, list[str]]:
    """Module of the library → the premises of it that traced tactics name."""
    out: dict[str, dict[str, None]] = {}
    for file in files:
        for theorem in file.theorems:
            for step in theorem.steps:
                for premise in step.premises:
                    if premise.module:
                        out.setdefault(premise.module, {})[premise.name] = None
    return {module: sorted(names) for module, names in sorted(out.items())}


def _used_modules(names: dict[str, list[str]]) -> list[Module]:
    """Modules of these premises, each with its type as Lean prints it."""
    from prover.lean.embedded.install import ensure
    from prover.lean.embedded.lean import EmbeddedLean

    if not names:
        return []
    header = "".join(f"import {module}\n" for module in names)
    modules = []
    with closing(EmbeddedLean(ensure())) as lean:
        for module, wanted in names.items():
            declared = [d for name in wanted if (d := lean.declaration(name, header)) is not None]
            modules.append(Module(module, (), tuple(Premise(d.name, d.type, d.kind) for d in declared)))
    return modules
