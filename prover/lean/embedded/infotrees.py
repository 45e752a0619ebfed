"""Lean's info trees, walked in memory: which tactic ran on which goals, which constant stands where, goals as text.

After each command the command state keeps a tree of what its elaboration did. `InfoTree`: context (tag 0), node (1),
hole (2). `Info`: a tactic (0) has syntax, metavariables and goals before and after; a term (1) has syntax and
expression. Not here: which of it makes a trace (`prover/trace/`).
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from prover.lean.embedded.expressions import CONST
from prover.lean.embedded.objects import UNIT, Objects, box

# Fields of Command.State, InfoState, PersistentArray
_INFO_STATE, _TREES = 8, 2
_TAIL, _TAIL_OFFSET = 1, 3
_CONTEXT, _NODE = 0, 1
_COMMAND_CONTEXT = 0
_TACTIC, _TERM = 0, 1
#: As `Proofs` prints goals, so that a traced state reads as one that the protocol gives.
WIDTH = 100


@dataclass(frozen=True, slots=True)
class Surroundings:
    """What printing needs besides the metavariables. All borrowed."""

    environment: int
    options: int
    namespace: int
    open_declarations: int


@dataclass(frozen=True, slots=True)
class TacticRun:
    """A tactic that was run, successfully or not. All addresses are borrowed from the tree.

    `depth` is that of its node: what follows with a greater one is part of this run.
    """

    depth: int
    syntax: int
    before: int  # metavariable context
    goals_before: int  # list of MVarIds
    after: int
    goals_after: int
    around: Surroundings


@dataclass(frozen=True, slots=True)
class ConstantSeen:
    """A constant that a piece of syntax was elaborated to; `binder` where it is declared. Borrowed."""

    syntax: int
    name: int
    binder: bool
    around: Surroundings


class InfoTrees:
    """Reads the trees of one command state and prints the goals in them."""

    def __init__(self, objects: Objects) -> None:
        self.o = objects
        slot = objects.i.symbols.function("l_Lean_Meta_ppGoal___boxed")
        assert slot is not None
        self._print = slot

    def walk(self, commands: int) -> Iterator[TacticRun | ConstantSeen]:
        """Everything of interest in a command state's trees (borrowed), outermost first, in order of elaboration."""
        o = self.o
        stack: list[tuple[int, int, Surroundings | None]]
        stack = [(t, 0, None) for t in reversed(self._array(o.field(o.field(commands, _INFO_STATE), _TREES)))]
        while stack:
            tree, depth, around = stack.pop()
            tag = o.tag(tree)
            if tag == _CONTEXT:
                context = o.field(tree, 0)
                if o.tag(context) == _COMMAND_CONTEXT:
                    info = o.field(context, 0)
                    around = Surroundings(*(o.field(info, i) for i in (0, 4, 5, 6)))
                stack.append((o.field(tree, 1), depth, around))
            elif tag == _NODE:
                info = o.field(tree, 0)
                kind = o.tag(info)
                if kind <= _TERM and around is not None:
                    inner = o.field(info, 0)
                    syntax = o.field(o.field(inner, 0), 1)
                    if kind == _TACTIC:
                        before, goals_before, after, goals_after = (o.field(inner, i) for i in (1, 2, 3, 4))
                        yield TacticRun(depth, syntax, before, goals_before, after, goals_after, around)
                    elif o.tag(o.field(inner, 3)) == CONST:
                        name = o.field(o.field(inner, 3), 0)
                        yield ConstantSeen(syntax, name, o.scalars(inner, 1) == b"\1", around)
                stack.extend((t, depth + 1, around) for t in reversed(self._array(o.field(tree, 1))))

    def _array(self, persistent: int) -> list[int]:
        """A PersistentArray's items, borrowed: up to 32 of them are in its tail."""
        o = self.o
        if o.field(persistent, _TAIL_OFFSET) == box(0):
            return o.items(o.field(persistent, _TAIL))
        array = o.pure("l_Lean_PersistentArray_toArray___redArg", o.inc(persistent))
        items = o.items(array)
        o.dec(array)
        return items

    def goal(self, goal: int, metavariables: int, around: Surroundings) -> str:
        """One goal (an MVarId, borrowed) as Lean prints it. Raises LeanIOError where Lean cannot."""
        o = self.o
        context = o.constructor(0, [
            o.inc(around.environment), o.inc(metavariables), o.call("lean_mk_empty_local_ctx", UNIT),
            o.inc(around.options), o.inc(around.namespace), o.inc(around.open_declarations),
        ])  # fmt: skip
        o.call("lean_io_set_heartbeats", 0)
        printed = o.io("l_Lean_PPContext_runMetaM___redArg", context, o.closure(self._print, 6, [o.inc(goal)]))
        return o.take_text(o.pure("l_Std_Format_pretty", printed, box(WIDTH), box(0), box(0)))
