"""The tactic blocks of a declaration, found in its syntax: which can be traced, and why others cannot.

A block is traced when its tactics are run once, from a state of their own, so that each can be run again: the proof
itself, what stands after `·`, `case … =>`, `| alternative =>`, `have … := by`, a `by` within a term. What a tactic
combinator may run many times, or undo (`first`, `try`, `repeat`, `all_goals`, `<;>`), what `conv` rewrites, and what a
macro does with its arguments is the combinator's affair: there the whole is one step of the block around it. So it is
with `set_option … in`, since a tree does not tell the options that its goals were shown with.

Not here: what ran (`tracer.py`), which also leaves out a block that ran other than once.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from prover.lean.embedded.syntax import Syntax

_SEQUENCES = {"Lean.Parser.Tactic.tacticSeq1Indented": 0, "Lean.Parser.Tactic.tacticSeqBracketed": 1}
_BY = {"Lean.Parser.Term.byTactic", "Lean.Parser.Term.byTactic'"}
_T = "Lean.Parser.Tactic."
#: Syntax around a block that runs it once, in the order of the text.
_ONCE = {"Lean.cdot", "null", "group", "Lean.Parser.Term.matchAlt"} | {_T + kind for kind in (
    "tacticSeq", "tacticSeqIndentGt", "case", "case'", "tacticNext_=>_", "focus", "paren", "nestedTactic",
    "induction", "cases", "funInduction", "funCases", "inductionAlts", "inductionAlt", "match", "matchAlts", "matchRhs",
    "tacDepIfThenElse", "tacIfThenElse", "classical", "open", "withReducible", "withReducibleAndInstances",
    "withUnfoldingAll", "tacticUnhygienic_", "showTerm", "tacticSeqBracketed",
)}  # fmt: skip
#: Syntax that may run what is in it never, often, or in vain; kinds or beginnings of kinds.
_NOT_ONCE = (
    "Lean.solveTactic", "Lean.Parser.Termination.decreasingBy", "Lean.Parser.Term.binderTactic",
    "Lean.Parser.Term.quot", *(_T + kind for kind in (
        "first", "tacticTry_", "tacticRepeat", "repeat", "allGoals", "anyGoals", "tactic_<;>_", "tacticIterate",
        "failIfSuccess", "attemptAll", "tacticStop_", "as_aux_lemma", "Conv.", "Grind.", "discharger", "quot",
        "tryTrace", "tryResult", "runTac", "mvcgen", "mspec", "vcAlts", "invariantAlts",
    )),
)  # fmt: skip


@dataclass(slots=True)
class RawStep:
    """A tactic in a block: its kind, its span (bytes), and the spans of its leaves, identifiers apart."""

    kind: str
    span: tuple[int, int]
    leaves: list[tuple[int, int]]
    identifiers: list[tuple[int, int]]


@dataclass(slots=True)
class RawBlock:
    """A block: its span (bytes), its steps in order, and why it is not traced ("" where it can be)."""

    span: tuple[int, int]
    steps: list[RawStep] = field(default_factory=list)
    reason: str = ""


class Blocks:
    """Finds blocks in syntax trees, which are borrowed."""

    def __init__(self, syntax: Syntax) -> None:
        self._syntax = syntax

    def of(self, root: int) -> list[RawBlock]:
        """All blocks of a declaration, in the order of the text, outer ones first."""
        syntax = self._syntax
        found: list[RawBlock] = []
        # A node; why its blocks are not traced; why blocks that are not in a `by` of their own are not.
        stack: list[tuple[int, str, str]] = [(root, "", "")]
        while stack:
            node, reason, directly = stack.pop()
            kind = syntax.kind(node)
            if not kind:
                continue
            if kind in _SEQUENCES:
                block = self._block(node, kind, reason or directly)
                if block is not None:
                    found.append(block)
                children = syntax.arguments(syntax.arguments(node)[_SEQUENCES[kind]])
                for child in reversed(children):
                    stack.append((child, *self._inside(child, syntax.kind(child), reason or directly)))
                continue
            if kind in _BY:
                directly = ""
            elif kind not in _ONCE and not reason:
                reason, directly = self._around(node, kind, directly)
            stack.extend((child, reason, directly) for child in reversed(syntax.arguments(node)))
        return found

    def _inside(self, step: int, kind: str, reason: str) -> tuple[str, str]:
        """Why the blocks in a step (of a block with this reason) are not traced, and those directly in it."""
        if reason or kind in _ONCE:
            return reason, ""
        if not kind.startswith("Lean."):
            return f"inside the macro `{self._word(step)}`", ""
        return ("", f"inside `{self._word(step)}`") if not kind.startswith(_NOT_ONCE) else self._around(step, kind, "")

    def _around(self, node: int, kind: str, directly: str) -> tuple[str, str]:
        if kind.startswith(_NOT_ONCE):
            return f"inside `{self._word(node)}`", ""
        return "", directly

    def _word(self, node: int) -> str:
        """What a reader calls it: `first` for a `first` block, `<;>` for what is around one."""
        if self._syntax.kind(node).endswith("tactic_<;>_"):
            return "<;>"
        leaf = next(self._syntax.leaves(node), None)
        return "" if leaf is None else self._syntax.leaf_text(leaf).strip()

    def _block(self, node: int, kind: str, reason: str) -> RawBlock | None:
        syntax = self._syntax
        steps = []
        for child in syntax.arguments(syntax.arguments(node)[_SEQUENCES[kind]])[::2]:
            leaves = self.leaves(child)
            if leaves:
                span = leaves[0][0], leaves[-1][1]
                steps.append(RawStep(syntax.kind(child), span, leaves, self.identifiers(child)))
        return RawBlock((steps[0].span[0], steps[-1].span[1]), steps, reason) if steps else None

    def leaves(self, node: int) -> list[tuple[int, int]]:
        """Spans of the leaves that are in the source."""
        return [span for leaf in self._syntax.leaves(node) if (span := self._syntax.span(leaf)) and span[0] < span[1]]

    def identifiers(self, node: int) -> list[tuple[int, int]]:
        """Spans of the identifiers."""
        from prover.lean.embedded.syntax import IDENTIFIER

        syntax = self._syntax
        return [span for leaf in syntax.leaves(node)
                if syntax.o.tag(leaf) == IDENTIFIER and (span := syntax.span(leaf)) and span[0] < span[1]]  # fmt: skip
