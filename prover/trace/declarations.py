"""What a command declares, read from its syntax: theorems with their tactic blocks, and all that can be a premise.

Not here: what Lean made of it (`tracer.py`), which gives a declaration its full name and its steps their states.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from prover.lean.embedded.syntax import TACTIC_SORRY, TERM_SORRY, Syntax
from prover.trace.blocks import Blocks, RawBlock, RawStep
from prover.trace.text import Text

_C = "Lean.Parser.Command."
_DECLARATION = _C + "declaration"
_KINDS = {
    _C + "theorem": "theorem", _C + "definition": "definition", _C + "abbrev": "definition", _C + "axiom": "axiom",
    _C + "instance": "instance", _C + "inductive": "inductive", _C + "structure": "structure",
    _C + "classInductive": "class", _C + "opaque": "opaque",
}  # fmt: skip
_VALUES = {_C + "declValSimple", _C + "declValEqns", _C + "whereStructInst"}
_SORRIES = {TACTIC_SORRY, TERM_SORRY, "Lean.Parser.Tactic.tacticAdmit"}


@dataclass(slots=True)
class Found:
    """A declaration before its full name is known. Spans are bytes; `inner` begins at the keyword.

    `command`: the number of its command in the source; `steps` and `left_out` are for the tracer to fill: (block,
    step, state before, state after), and (step, reason).
    """

    kind: str
    span: tuple[int, int]
    inner: tuple[int, int]
    name: tuple[int, int] | None
    written: str
    code: str
    statement: str
    private: bool
    by_tactics: bool
    uses_sorry: bool
    command: int
    command_end: int
    blocks: list[RawBlock] = field(default_factory=list)
    steps: list[tuple[int, RawStep, str, str]] = field(default_factory=list)
    left_out: list[tuple[RawStep, str]] = field(default_factory=list)


class Declarations:
    """Reads commands, whose syntax is borrowed."""

    def __init__(self, syntax: Syntax) -> None:
        self._syntax = syntax
        self._blocks = Blocks(syntax)

    def of(self, command: int, number: int, text: Text) -> list[Found]:
        """What a command (its number in the source) declares by name, and its instances without one."""
        span = self._syntax.span(command)
        if span is None:
            return []
        nodes = [n for n in self._syntax.nodes(command) if self._syntax.kind(n) == _DECLARATION]
        return [found for n in nodes if (found := self._one(n, number, span[1], text)) is not None]

    def _one(self, node: int, number: int, command_end: int, text: Text) -> Found | None:
        syntax, blocks = self._syntax, self._blocks
        modifiers, declared = syntax.arguments(node)[:2]
        kind = _KINDS.get(syntax.kind(declared))
        span, inner = syntax.span(node), syntax.span(declared)
        if kind is None or span is None or inner is None:
            return None
        identity = self._first(declared, "declId")
        name = None if identity is None else syntax.span(syntax.arguments(identity)[0])
        value = next((p for p in syntax.arguments(declared) if syntax.kind(p) in _VALUES), None)
        body = None if value is None else syntax.span(value)
        leaves = blocks.leaves(declared)
        statement = [s for s in leaves if body is None or s[0] < body[0]]
        comment = self._first(modifiers, "docComment")
        documentation = set() if comment is None else set(blocks.leaves(comment))
        before = [s for s in blocks.leaves(modifiers) if s not in documentation]
        stated = kind == "theorem"
        simple = value is not None and syntax.kind(value) == _C + "declValSimple"
        return Found(
            kind, span, inner, name,
            written="" if name is None else text[name],
            code=text.piece(before + (statement if stated else leaves)),
            statement=text.piece(statement),
            private=self._first(modifiers, "private") is not None,
            by_tactics=simple and syntax.kind(syntax.arguments(value or 0)[1]) == "Lean.Parser.Term.byTactic",
            uses_sorry=syntax.contains(declared, _SORRIES),
            command=number, command_end=command_end,
            blocks=blocks.of(value) if stated and value is not None else [],
        )  # fmt: skip

    def _first(self, node: int, kind: str) -> int | None:
        return next((n for n in self._syntax.nodes(node) if self._syntax.kind(n) == _C + kind), None)
