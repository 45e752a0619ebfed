"""An environment read in process: modules, import graph, and every imported constant with what is known of it.

Nothing is parsed or printed here: constants are walked in the memory of the instance (82,329 of Init and Std in half
a second). The .olean files at hand hold the exported level: theorems come without proofs, as axioms, and so do
definitions whose bodies are not exposed; an extension of Lean's keeps what they really are, and `kind` tells it.
Documentation strings and positions in the source are not in these files.

Not here: printing (`printing.py`), new constants of a source and the kernel (`kernel.py`).
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

from prover.lean.embedded import attributes
from prover.lean.embedded.kernel import KINDS, Kind
from prover.lean.embedded.objects import is_scalar
from prover.lean.embedded.printing import ONE_LINE, Printer
from prover.lean.embedded.sources import ENVIRONMENT
from prover.lean.protocol import BadSource, Declaration

if TYPE_CHECKING:
    from prover.lean.embedded.session import Session

# Kernel.Environment, EnvironmentHeader, ModuleData
_HEADER = 5
_MODULES, _DATA = 3, 5
_IMPORTS, _NAMES, _CONSTANTS, _ENTRIES = 0, 1, 2, 4
_KINDS_EXTENSION = "_private.Lean.AddDecl.0.Lean.privateConstKindsExt"
#: Lean.ConstantKind's order.
_CONSTANT_KINDS: tuple[Kind, ...] = (
    "definition", "theorem", "axiom", "opaque", "quotient", "inductive", "constructor", "recursor",
)  # fmt: skip
_SIMPLE_NAME = re.compile(r"[^\W\d][\w'!?₀-₉]*(\.[^\W\d][\w'!?₀-₉]*)*")
#: Declarations that Lean makes for every type or function, beyond those that it marks itself.
_GENERATED = re.compile(
    r"\.(eq_\d+|eq_def|eq_unfold|injEq|sizeOf_spec|ctorIdx|ctorElim\w*|toCtorIdx|ofNat_ctorIdx"
    r"|congr_simp|hcongr_\d+|induct|induct_unfolding|fun_cases|fun_cases_unfolding|mutual_induct|partial_correctness"
    r"|fixpoint_induct|noConfusion\w*|below|brecOn|binductionOn|rec|recOn|casesOn|brecOn_\d+|below_\d+|rec_\d+)$"
    r"|\.match_\d+\."
)


@dataclass(frozen=True, slots=True)
class ImportedModule:
    """A module of the environment with what it imports itself, in that order."""

    name: str
    imports: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Imported:
    """An imported constant. `info` (its ConstantInfo), `type` and `name_object` are borrowed from the environment.

    `generated`: made by Lean for itself or for every type and function (`casesOn`, `injEq`, `match_1`, `proof_1`).
    `simple`: the name needs no «» to be written.
    """

    name: str
    kind: Kind
    module: str
    attributes: tuple[str, ...]
    private: bool
    generated: bool
    info: int
    name_object: int
    type: int

    @property
    def simple(self) -> bool:
        return _SIMPLE_NAME.fullmatch(self.name) is not None

    @property
    def usable(self) -> bool:
        """Whether someone would name it in a proof."""
        return not (self.private or self.generated) and self.simple


class Environment:
    """What a session imported. Dies with the session's next restore or import."""

    def __init__(self, session: Session) -> None:
        self._o = session.o
        self._expressions = session.kernel.expressions
        o = self._o
        #: The elaboration environment, borrowed.
        self.environment = o.field(session.commands, ENVIRONMENT)
        # Lean.Environment.base is a pair of kernel environments (with and without private parts).
        header = o.field(o.field(o.field(self.environment, 0), 0), _HEADER)
        self._data = o.items(o.field(header, _DATA))
        names = [o.name(o.field(o.field(m, 0), 0)) for m in o.items(o.field(header, _MODULES))]
        self.modules = tuple(ImportedModule(name, self._imports(d)) for name, d in zip(names, self._data, strict=True))
        self._numbers = {name: i for i, name in enumerate(names)}

    def _imports(self, data: int) -> tuple[str, ...]:
        o = self._o
        return tuple(dict.fromkeys(o.name(o.field(i, 0)) for i in o.items(o.field(data, _IMPORTS))))

    def __contains__(self, module: str) -> bool:
        return module in self._numbers

    def constants(self, module: str) -> Iterator[Imported]:
        """The constants that a module declares, in no particular order. KeyError for one that is not imported."""
        o = self._o
        data = self._data[self._numbers[module]]
        words, generated, kinds = self._entries(data)
        is_internal = o.i.bind("l_Lean_Name_isInternalDetail___boxed")
        for name_object, info in zip(o.items(o.field(data, _NAMES)), o.items(o.field(data, _CONSTANTS)), strict=True):
            name = o.name(name_object)
            private = name.startswith("_private.")
            internal = is_internal(o.inc(name_object)) >> 1 == 1
            yield Imported(
                name,
                kinds.get(name, KINDS[o.tag(info)]),
                module,
                tuple(words.get(name, ())),
                private,
                private or internal or name in generated or _GENERATED.search(name) is not None,
                info,
                name_object,
                o.field(o.field(o.field(info, 0), 0), 2),
            )

    def _entries(self, data: int) -> tuple[dict[str, dict[str, None]], set[str], dict[str, Kind]]:
        """Attributes by name, what is generated, and what is kept as an axiom but is not one."""
        o = self._o
        words: dict[str, dict[str, None]] = {}
        generated: set[str] = set()
        kinds: dict[str, Kind] = {}
        for pair in o.items(o.field(data, _ENTRIES)):
            extension, entries = o.name(o.field(pair, 0)), o.items(o.field(pair, 1))
            if extension == _KINDS_EXTENSION:
                for e in entries:
                    kinds[o.name(o.field(e, 0))] = _CONSTANT_KINDS[o.field(e, 1) >> 1]
            elif extension in attributes.GENERATED:
                generated.update(o.name(attributes.plain_name(o, e)) for e in entries)
            else:
                for e in entries:
                    for name, word in attributes.read(o, extension, e):
                        words.setdefault(o.name(name), {})[word] = None
        return words, generated, kinds

    def constants_in(self, e: int) -> list[str]:
        """Names of the constants in an expression (borrowed), in order of first occurrence."""
        return self._expressions.constants(e)

    def printer(self, options: int | None = None) -> Printer:
        """Prints types and signatures here; `options` as `printing.options` makes them, borrowed."""
        return Printer(self._o, self.environment, options)


def declaration(session: Session, name: str, source: str = "") -> Declaration | None:
    """A declaration, by its full name, of the environment after `source` (see `Lean.declaration`).

    Raises BadSource where the source does not elaborate.
    """
    o, kernel = session.o, session.kernel
    done = session.elaborate(source)
    wrong = [m for m in done.messages if m.severity == "error"]
    if wrong:
        o.dec(done.state)
        raise BadSource(f"The source does not elaborate: {wrong[0]}")
    environment = o.field(done.state, ENVIRONMENT)
    wanted = o.make_name(name)
    checked = kernel.kernel_environment(environment)
    info = kernel.find(checked, wanted)
    o.dec(checked)
    try:
        if info is None:
            return None
        constant = kernel.constant(info)
        module, kind = _origin(session, environment, wanted), constant.kind
        if module is not None:
            kind = next((c.kind for c in Environment(session).constants(module) if c.name == name), kind)
        printer = Printer(o, environment)
        try:
            return Declaration(name, kind, printer.type(constant.type, ONE_LINE), module)
        finally:
            printer.close()
            o.dec(info)
    finally:
        o.dec_all((wanted, done.state))


def _origin(session: Session, environment: int, name: int) -> str | None:
    """The module that a constant was imported from; None for one of the source's own."""
    o = session.o
    index = o.pure("l_Lean_Environment_getModuleIdxFor_x3f", o.inc(environment), o.inc(name))
    if is_scalar(index):
        return None
    number = o.field(index, 0) >> 1
    o.dec(index)
    return Environment(session).modules[number].name
