"""The premises of the library at hand, as `retrieval` wants them: every declaration that one would name in a proof.

Left out are private and generated declarations (`casesOn`, `injEq`, `match_1`, `foo._proof_1`), syntax and macros. The
code of a premise is its type as Lean prints it in an environment that imports the whole library. The .olean files of
the embedded Lean hold neither documentation strings nor positions, so both are empty, and the premises of a module
stand in the order of their names.

Not here: what an index is (retrieval/), reading an environment (`embedded/environment.py`).
"""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from prover.lean.embedded.pool import run
from prover.lean.protocol import LeanMissing
from retrieval.records import Module, Premise

if TYPE_CHECKING:
    from prover.lean.embedded.install import Prepared
    from prover.lean.embedded.session import Session

#: Raise when what is extracted changes, so that indexes are brought up to date.
RULES = 1
#: The flags that a header's `import` gives.
IMPORTED = b"\0\1\0"
#: Types of declarations that extend the language and are no premises.
_META_TYPES = {
    "Lean.ParserDescr", "Lean.TrailingParserDescr", "Lean.Macro", "Lean.PrettyPrinter.Unexpander",
    "Lean.Parser.Category", "Lean.Meta.Simp.Simproc", "Lean.Meta.Simp.DSimproc", "Lean.Parser.Parser",
    "Lean.PrettyPrinter.Formatter", "Lean.PrettyPrinter.Parenthesizer",
}  # fmt: skip
_KINDS = {"theorem", "definition", "axiom", "opaque", "inductive", "constructor"}
#: With fewer modules than this, starting a second process costs more than it gives.
_ALONE = 60


class Reader:
    """Reads modules in one session, on Lean's thread. Dies with the session's next restore or import."""

    def __init__(self, session: Session, roots: Sequence[str]) -> None:
        """Import these modules. Raises UnknownImport."""
        from prover.lean.embedded.environment import Environment

        imports = tuple((root, IMPORTED) for root in dict.fromkeys(roots))
        session.check_imports(imports)
        session.fresh(imports)
        self._environment = Environment(session)
        self._printer = self._environment.printer()
        self._head = session.kernel.expressions.head
        self._imports = {m.name: m.imports for m in self._environment.modules}

    @property
    def modules(self) -> list[str]:
        """Names of all modules, each after its imports."""
        return list(self._imports)

    def module(self, name: str) -> Module:
        """One module's record, without a fingerprint."""
        found = [c for c in self._environment.constants(name) if c.usable and c.kind in _KINDS]
        premises = tuple(
            Premise(c.name, self._printer.type(c.type), c.kind, attributes=c.attributes,
                    constants=tuple(self._environment.constants_in(c.type)))
            for c in sorted(found, key=lambda c: c.name)
            if self._head(c.type) not in _META_TYPES
        )  # fmt: skip
        return Module(name, self._imports[name], premises, ordered=False)


@dataclass(frozen=True)
class Extraction:
    """A library to extract: `fingerprints` of all its modules, and `records` of those that are wanted."""

    version: str
    fingerprints: Mapping[str, str]
    prepared: Prepared
    roots: tuple[str, ...]
    workers: int

    def records(self, names: Sequence[str]) -> Iterator[Module]:
        """The modules' records in the order of `names`, as they get ready."""
        workers = 1 if len(names) < _ALONE else self.workers
        for module in run(self.prepared, workers, partial(Reader, roots=self.roots), Reader.module, names, chunk=4):
            yield replace(module, fingerprint=self.fingerprints[module.name])


def extract(
    libraries: Sequence[str] = ("Init", "Std"),
    lean: str = "embedded",
    project: Path | None = None,
    workers: int | None = None,
) -> Extraction:
    """Open the library made of these root modules and all they import.

    `lean`: "embedded", or "auto", which is the same. Raises LeanMissing where Lean is not prepared or another one is
    asked for, UnknownImport for a root that is not there.
    """
    from prover.lean.embedded.engine import LEAN_VERSION
    from prover.lean.embedded.install import ensure
    from prover.lean.embedded.lean import EmbeddedLean

    if lean == "native" or project is not None:
        raise LeanMissing("Only the embedded Lean's library can be read; for a Lake project, trace it with LeanDojo "
                          "and run `entails index --corpus corpus.jsonl`.")  # fmt: skip
    prepared, roots = ensure(), tuple(libraries)
    with closing(EmbeddedLean(prepared)) as embedded:
        names = embedded.ask(lambda session: Reader(session, roots).modules)
    prints = {name: _fingerprint(prepared.library, name) for name in names}
    return Extraction(LEAN_VERSION, prints, prepared, roots, workers or min(2, os.cpu_count() or 1))


def _fingerprint(library: Path, module: str) -> str:
    content = library.joinpath(*module.split(".")).with_suffix(".olean").read_bytes()
    return hashlib.blake2b(content, digest_size=12, salt=str(RULES).encode()).hexdigest()
