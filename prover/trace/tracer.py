"""Traces one source in the embedded Lean: elaborates it command by command and reads each command's info trees.

Not here: reading info trees (`prover/lean/embedded/infotrees.py`), which blocks can be traced (`blocks.py`), many
files (`run.py`). All of it runs on Lean's thread.
"""

from __future__ import annotations

import hashlib
import time
from bisect import bisect_right
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, TypeAlias

from prover.lean.embedded.environment import Environment
from prover.lean.embedded.infotrees import ConstantSeen, InfoTrees, Surroundings, TacticRun
from prover.lean.embedded.objects import is_scalar
from prover.lean.embedded.syntax import TACTIC_SORRY, TERM_SORRY
from prover.lean.gate import user_name
from prover.lean.holes import cannot_run, normalise
from prover.lean.protocol import BadSource, Message
from prover.trace.blocks import Blocks, RawBlock, RawStep
from prover.trace.records import Block, Declaration, NotTraced, Premise, Step, Theorem, TracedFile
from prover.trace.text import Text

if TYPE_CHECKING:
    from prover.lean.embedded.session import Session

NO_GOALS = "no goals"
#: How often a source is elaborated at most: once more for each time that leaving out commands breaks others.
_ROUNDS = 6
_DECLARATION = "Lean.Parser.Command.declaration"
_C = "Lean.Parser.Command."
_KINDS = {
    _C + "theorem": "theorem", _C + "definition": "definition", _C + "abbrev": "definition", _C + "axiom": "axiom",
    _C + "instance": "instance", _C + "inductive": "inductive", _C + "structure": "structure",
    _C + "classInductive": "class", _C + "opaque": "opaque",
}  # fmt: skip
_VALUES = {_C + "declValSimple", _C + "declValEqns", _C + "whereStructInst"}


#: A tactic of the source: its span and its kind.
_Key: TypeAlias = tuple[tuple[int, int], str]


@dataclass(slots=True)
class _Found:
    """A declaration of one command before its names are known. Spans are bytes."""

    kind: str
    span: tuple[int, int]
    inner: tuple[int, int]  # from its keyword on
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
    left_out: list[tuple[RawStep | None, str]] = field(default_factory=list)


class Tracer:
    """Traces sources in one session, one after the other."""

    def __init__(self, session: Session) -> None:
        self._session = session
        self._blocks = Blocks(session.sources.syntax)
        self._modules: tuple[tuple[str, ...], tuple[str, ...]] = ((), ())

    def trace(self, path: str, content: bytes, seconds: float = 60.0) -> TracedFile:
        """A file's trace; a file that Lean cannot elaborate at all has its reason in `not_traced`."""
        started = time.thread_time()
        digest = hashlib.sha256(content).hexdigest()
        try:
            source = normalise(content.decode("utf-8-sig"))
        except UnicodeDecodeError as error:
            return _refused(path, digest, f"it is no UTF-8 text (byte {error.start})")
        try:
            traced = _File(self, path, source).trace(seconds)
        except BadSource as problem:
            return _refused(path, digest, str(problem))
        return replace(traced, sha256=digest, seconds=time.thread_time() - started)

    def module_names(self, imports: tuple[str, ...]) -> tuple[str, ...]:
        """Modules by their number in the environment of these imports, which is at hand."""
        if self._modules[0] != imports:
            self._modules = imports, tuple(m.name for m in Environment(self._session).modules)
        return self._modules[1]


def without(source: str, spans: Iterable[tuple[int, int]]) -> str:
    """The source with blanks in place of some parts of it, so that everything else stays where it is."""
    for start, end in spans:
        blank = "".join("\n" if c == "\n" else " " for c in source[start:end])
        source = source[:start] + blank + source[end:]
    return source


def _refused(path: str, digest: str, reason: str) -> TracedFile:
    return TracedFile(path, digest, (), (), (), (NotTraced(path, reason),))


class _File:
    """One file while it is traced."""

    def __init__(self, tracer: Tracer, path: str, source: str) -> None:
        session = tracer._session
        self.o, self.syntax, self.blocks = session.o, session.sources.syntax, tracer._blocks
        self.tracer, self.session, self.path = tracer, session, path
        self.imports: tuple[str, ...] = ()
        self.text = Text(source)
        self.trees = InfoTrees(session.o)
        self.found: list[_Found] = []
        self.commands: list[tuple[int, int]] = []  # each up to the next, in bytes
        self.defined: dict[tuple[int, int], str] = {}  # where a name is declared → constant
        self.places: dict[str, tuple[int, int]] = {}  # constant of this file → where
        self.seen: dict[tuple[int, int], tuple[str, str]] = {}  # identifier → constant, module
        self._starts: dict[int, list[tuple[int, int]]] = {}
        self._origins: dict[str, str] = {}

    def trace(self, seconds: float) -> TracedFile:
        """Elaborate, and again without the commands that have errors, until none has."""
        imports = self.imports = tuple(name for name, _ in self.session.header(self.text.source)[0])
        left_out: list[NotTraced] = []
        skipped: list[tuple[int, int]] = []
        for _ in range(_ROUNDS):
            errors = self._errors(self._elaborate(seconds))
            if not errors:
                break
            for i, said in errors.items():
                left_out += self._with_error(i, said)
                skipped.append((self.text.point(self.commands[i][0]), self.text.point(self.commands[i][1])))
            self.text = Text(without(self.text.source, skipped))
        else:
            raise BadSource(f"{len(skipped)} of its commands have errors, the first: {left_out[0].reason}")
        theorems = []
        for found in self.found:
            if found.kind == "theorem":
                theorem, missing = self._theorem(found)
                left_out += missing
                theorems += [] if theorem is None else [theorem]
        declarations = tuple(
            Declaration(name, f.kind, f.code, self.text.place(f.span[0]), self.text.place(f.span[1]))
            for f in self.found if (name := self._name(f))
        )  # fmt: skip
        left_out.sort(key=lambda n: n.place or (0, 0))
        return TracedFile(self.path, "", imports, declarations, tuple(theorems), tuple(left_out),
                          tuple(sorted(skipped)))  # fmt: skip

    def _elaborate(self, seconds: float) -> list[Message]:
        for kept in (self.found, self.commands, self.defined, self.places, self.seen, self._starts):
            kept.clear()
        return self.session.read(self.text.source, seconds, self._after)

    def _errors(self, messages: list[Message]) -> dict[int, str]:
        """The number of a command → its first error."""
        errors: dict[int, str] = {}
        places = [self.text.place(start) for start, _ in self.commands]
        for message in messages:
            if message.severity == "error":
                first = message.text.strip().splitlines() or ["an error"]
                said = f"line {message.line}: {first[0]}"
                if cannot_run(message.text):
                    said += " (the embedded Lean cannot run code written against Lean's library; a native Lean can)"
                at = bisect_right(places, (message.line, message.column + 1)) - 1
                errors.setdefault(max(at, 0), said)
        return errors

    def _with_error(self, command: int, said: str) -> list[NotTraced]:
        """What a command that has an error would have declared."""
        inside = [f for f in self.found if f.command == command]
        lost = [(self._name(f) or f.written, f.inner[0]) for f in inside] or [("", self.commands[command][0])]
        return [NotTraced(self.path, f"it does not elaborate: {said}", name, "", self.text.place(at))
                for name, at in lost]  # fmt: skip

    # Reading a command

    def _after(self, command: int, commands: int) -> bool:
        span = self.syntax.span(command)
        if span is None:
            return False
        if self.commands:
            self.commands[-1] = self.commands[-1][0], span[0]
        self.commands.append((span[0], len(self.text)))
        here = [self._declaration(node, span) for node in self.syntax.nodes(command)
                if self.syntax.kind(node) == _DECLARATION]  # fmt: skip
        found = [f for f in here if f is not None]
        wanted = {(s.span, s.kind) for f in found if f.kind == "theorem" and not f.uses_sorry
                  for b in f.blocks if not b.reason for s in b.steps}  # fmt: skip
        runs: dict[_Key, list[TacticRun]] = {}
        inside: list[tuple[int, _Key]] = []
        for seen in self.trees.walk(commands):
            place = self.syntax.span(seen.syntax)
            if place is None:
                continue
            if isinstance(seen, ConstantSeen):
                self._constant(seen, place)
                continue
            key = (place, self.syntax.kind(seen.syntax))
            while inside and inside[-1][0] >= seen.depth:
                inside.pop()
            # A macro that expands to itself (`funext x y`) runs once more within itself, with the same place.
            if key in wanted and all(key != k for _, k in inside):
                runs.setdefault(key, []).append(seen)
                inside.append((seen.depth, key))
        printed: dict[tuple[int, int], str] = {}
        for f in found:
            self._states(f, runs, printed)
        self.found += found
        return False

    def _declaration(self, node: int, command: tuple[int, int]) -> _Found | None:
        syntax, text = self.syntax, self.text
        modifiers, declared = syntax.arguments(node)[:2]
        kind = _KINDS.get(syntax.kind(declared))
        span, inner = syntax.span(node), syntax.span(declared)
        if kind is None or span is None or inner is None:
            return None
        parts = syntax.arguments(declared)
        identity = next((n for n in syntax.nodes(declared) if syntax.kind(n) == _C + "declId"), None)
        name = None if identity is None else syntax.span(syntax.arguments(identity)[0])
        value = next((p for p in parts if syntax.kind(p) in _VALUES), None)
        leaves = self.blocks.leaves(declared)
        value_span = None if value is None else syntax.span(value)
        statement = [s for s in leaves if value_span is None or s[0] < value_span[0]]
        documentation = next((n for n in syntax.nodes(modifiers) if syntax.kind(n) == _C + "docComment"), None)
        comment = set() if documentation is None else set(self.blocks.leaves(documentation))
        before = [s for s in self.blocks.leaves(modifiers) if s not in comment]
        stated = kind == "theorem"
        proof = syntax.arguments(value)[1] if value is not None and syntax.kind(value) == _C + "declValSimple" else 0
        return _Found(
            kind, span, inner, name, "" if name is None else text[name],
            text.piece(before + (statement if stated else leaves)), text.piece(statement),
            any(syntax.kind(n) == _C + "private" for n in syntax.nodes(modifiers)),
            bool(proof) and syntax.kind(proof) == "Lean.Parser.Term.byTactic",
            syntax.contains(declared, {TACTIC_SORRY, TERM_SORRY, "Lean.Parser.Tactic.tacticAdmit"}),
            len(self.commands) - 1, command[1], self.blocks.of(value) if stated and value is not None else [],
        )  # fmt: skip

    def _constant(self, seen: ConstantSeen, place: tuple[int, int]) -> None:
        name = self.o.name(seen.name)
        if seen.binder:
            self.defined.setdefault(place, name)
            self.places.setdefault(name, place)
        elif place not in self.seen:
            self.seen[place] = name, self._origin(name, seen)

    def _origin(self, name: str, seen: ConstantSeen) -> str:
        """The module that a constant was imported from; "" for one of the file's own."""
        known = self._origins.get(name)
        if known is None:
            o = self.o
            index = o.pure("l_Lean_Environment_getModuleIdxFor_x3f", o.inc(seen.around.environment), o.inc(seen.name))
            known = "" if is_scalar(index) else self.tracer.module_names(self.imports)[o.field(index, 0) >> 1]
            self._origins[name] = known
            o.dec(index)
        return known

    # States

    def _states(self, found: _Found, runs: dict[_Key, list[TacticRun]], printed: dict[tuple[int, int], str]) -> None:
        numbers = {id(b): n for n, b in enumerate(b for b in found.blocks if not b.reason)}
        for block in found.blocks:
            counts = Counter({i: len(runs.get((s.span, s.kind), ())) for i, s in enumerate(block.steps)})
            reason = block.reason
            if not reason and found.kind == "theorem" and not found.uses_sorry:
                often = max(counts.values())
                reason = f"it is run {often} times" if often > 1 else ""
            for i, step in enumerate(block.steps):
                if reason or not counts[i]:
                    found.left_out.append((step, reason or "Lean tells of no run of it"))
                    continue
                [run] = runs[step.span, step.kind]
                before = self._goals(run.goals_before, run.before, run.around, printed)
                after = self._goals(run.goals_after, run.after, run.around, printed)
                found.steps.append((numbers[id(block)], step, before, after))

    def _goals(self, goals: int, metavariables: int, around: Surroundings, printed: dict[tuple[int, int], str]) -> str:
        texts = []
        for goal in self.o.elements(goals):
            key = (goal, metavariables)
            if key not in printed:
                printed[key] = self.trees.goal(goal, metavariables, around)
            texts.append(printed[key])
        return "\n\n".join(texts) or NO_GOALS

    # Putting a theorem together

    def _theorem(self, found: _Found) -> tuple[Theorem | None, list[NotTraced]]:
        text = self.text
        name, place = self._name(found), text.place(found.inner[0])
        if found.uses_sorry or not name:
            reason = "its proof uses sorry" if found.uses_sorry else "Lean does not declare it"
            return None, [NotTraced(self.path, reason, name or found.written, "", place)]
        left_out = [
            NotTraced(self.path, reason, name, "" if step is None else text.piece(step.leaves),
                      place if step is None else text.place(step.span[0]))
            for step, reason in found.left_out
        ]  # fmt: skip
        blocks = tuple(Block(*map(text.point, b.span)) for b in found.blocks if not b.reason)
        steps = tuple(self._step(*s) for s in sorted(found.steps, key=lambda s: (s[1].span[0], -s[1].span[1])))
        theorem = Theorem(name, found.statement, place, text.place(found.inner[1]), text.point(found.command_end),
                          found.private, found.by_tactics, blocks, steps)  # fmt: skip
        return theorem, left_out

    def _step(self, block: int, step: RawStep, before: str, after: str) -> Step:
        text = self.text
        uses: list[tuple[int, int]] = []
        for start, end in step.identifiers:
            for span in sorted(s for s in self._within(start, end) if s not in self.defined):
                if not uses or span[0] >= uses[-1][1]:
                    uses.append(span)
        tactic, places = text.marked(step.leaves, uses)
        premises = tuple(self._premise(*self.seen[u], at) for u, at in zip(uses, places, strict=True))
        return Step(tactic, premises, before, after, text.place(step.span[0]), text.place(step.span[1]), block)

    def _within(self, start: int, end: int) -> list[tuple[int, int]]:
        """Places in an identifier at which constants were seen: the whole, or parts (`h.symm`) of it."""
        if (start, end) in self.seen:
            return [(start, end)]
        if not self._starts:
            for span in self.seen:
                self._starts.setdefault(span[0], []).append(span)
        return [span for at in range(start, end) for span in self._starts.get(at, ()) if span[1] <= end]

    def _premise(self, name: str, module: str, at: tuple[int, int]) -> Premise:
        place = self.places.get(name) if not module else None
        if place is None:
            return Premise(user_name(name), at, module)
        return Premise(user_name(name), at, "", self.text.place(place[0]), self.text.place(place[1]))

    def _name(self, found: _Found) -> str:
        """A declaration's full name; "" for one that Lean did not declare."""
        name = self.defined.get(found.name) if found.name is not None else None
        if name is None and found.name is None:  # an instance without a name: at its keyword
            inside = (n for (a, b), n in self.defined.items() if found.inner[0] <= a and b <= found.inner[1])
            name = next(inside, None)
        return "" if name is None else user_name(name)
