"""The values that go in and out: premises and modules, positions and queries, hits.

Not here: how they are stored (corpus.py) or ranked (rankers/). All are frozen; `Position` is a closed union.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TypeAlias

from retrieval.terms import Statement

Span: TypeAlias = tuple[int, int, int, int]  # start line, start column, end line, end column (from 1)


@dataclass(frozen=True, slots=True)
class Premise:
    """One declaration that a proof can use.

    `code` is the statement: the type as Lean prints it, or the source as LeanDojo records it.
    `constants` are the names of the constants in its type, where the extraction knows them.
    """

    name: str
    code: str
    kind: str = "theorem"
    docstring: str = ""
    attributes: tuple[str, ...] = ()
    constants: tuple[str, ...] = ()
    span: Span | None = None


@dataclass(frozen=True, slots=True)
class Module:
    """A file of the library: its direct imports and its premises in the order of declaration.

    `ordered` False: the order is not known, so no premise of the module is accessible within it. `fingerprint`
    changes when the module changes (for example a hash of its .olean); `path` is the file
    where the corpus names files and not modules (LeanDojo).
    """

    name: str
    imports: tuple[str, ...]
    premises: tuple[Premise, ...]
    fingerprint: str = ""
    path: str = ""
    ordered: bool = True


@dataclass(frozen=True, slots=True)
class At:
    """Within a module of the corpus, before its declaration number `declaration` (from 0).

    Accessible: all modules imported, directly or not, and the module's premises 0 … declaration - 1 (none of
    them where the corpus does not know their order).
    """

    module: str
    declaration: int


@dataclass(frozen=True, slots=True)
class Importing:
    """In a file outside the corpus that imports these modules."""

    modules: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Everywhere:
    """No position: the whole corpus is accessible (search by hand)."""


Position: TypeAlias = At | Importing | Everywhere


@dataclass(frozen=True, slots=True)
class Query:
    """What to find premises for.

    `text` is a proof state as Lean prints it (hypotheses, then `⊢ goal`), or plain words. `within` keeps
    only premises of modules with one of these prefixes (`Init.Data.List` covers `Init.Data.List.Basic`);
    `exclude` drops names, such as the theorem being proved. `vector` is the encoded text where the caller
    already has it (float32 [dimension], unit norm); `state` is the goal as terms where Lean gave them (locals
    as `%x`), instead of what the structural ranker reads from the text.
    """

    text: str
    position: Position = Everywhere()
    within: tuple[str, ...] = ()
    exclude: tuple[str, ...] = ()
    state: Statement | None = None
    theorem: str = ""
    vector: object = field(default=None, compare=False, repr=False)


@dataclass(frozen=True, slots=True)
class Hit:
    """A retrieved premise. `ranks` says which rankers found it, each with its rank from 1."""

    index: int  # the premise's number in the corpus
    name: str
    score: float
    ranks: Mapping[str, int]
