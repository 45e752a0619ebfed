"""Traces one source in the embedded Lean: elaborates it command by command and reads each command's info trees.

Not here: reading info trees (`prover/lean/embedded/infotrees.py`), which blocks can be traced (`blocks.py`), many
files (`run.py`). All of it runs on Lean's thread.
"""

from __future__ import annotations

import hashlib
import time
from bisect import bisect_right
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, TypeAlias

from prover.lean.embedded.environment import Environment
from prover.lean.embedded.errors import LeanIOError
from prover.lean.embedded.infotrees import ConstantSeen, InfoTrees, Surroundings, TacticRun
from prover.lean.embedded.objects import is_scalar
from prover.lean.embedded.sources import ENVIRONMENT
from prover.lean.gate import user_name
from prover.lean.holes import cannot_run, normalise
from prover.lean.protocol import BadSource, Message
from prover.trace.blocks import RawStep
from prover.trace.declarations import Declarations, Found
from prover.trace.projects import Joined, Part, join
from prover.trace.records import Block, Declaration, NotTraced, Place, Premise, Step, Theorem, TracedFile
from prover.trace.text import Text

if TYPE_CHECKING:
    from prover.lean.embedded.session import Session

NO_GOALS = "no goals"
#: How often a source is elaborated at most: once more for each time that leaving out commands breaks others.
_ROUNDS = 6
#: A tactic of the source: its span and its kind.
_Key: TypeAlias = tuple[tuple[int, int], str]


class Tracer:
    """Traces sources in one session, one after the other."""

    def __init__(self, session: Session) -> None:
        self._session = session
        self._declarations = Declarations(session.sources.syntax)
        self._modules: tuple[tuple[str, ...], tuple[str, ...]] = ((), ())

    def trace(
        self, path: str, content: bytes, seconds: float = 60.0, before: Sequence[tuple[str, bytes]] = ()
    ) -> TracedFile:
        """A file's trace; a file that Lean cannot elaborate at all has its reason in `not_traced`.

        `before`: the files (path and content) that it needs, see `projects.py`.
        """
        started = time.thread_time()
        digest, needs = digest_of(content), tuple((name, digest_of(c)) for name, c in before)
        try:
            joined = read(path, content, before)
            traced = _File(self, path, joined).trace(seconds)
        except BadSource as problem:
            return replace(_refused(path, digest, str(problem)), needs=needs)
        return replace(traced, sha256=digest, needs=needs, seconds=time.thread_time() - started)

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


def digest_of(content: bytes) -> str:
    """A file's hash, as traces have it."""
    return hashlib.sha256(content).hexdigest()


def read(path: str, content: bytes, before: Sequence[tuple[str, bytes]] = ()) -> Joined:
    """What Lean reads for a file. Raises BadSource for what is no text."""
    texts = []
    for name, data in (*before, (path, content)):
        try:
            texts.append((name, normalise(data.decode("utf-8-sig"))))
        except UnicodeDecodeError as error:
            what = "it is" if name == path else f"it imports {name}, which is"
            raise BadSource(f"{what} no UTF-8 text (byte {error.start})") from None
    return join(path, texts[-1][1], texts[:-1])


def _refused(path: str, digest: str, reason: str) -> TracedFile:
    return TracedFile(path, digest, (), (), (), (NotTraced(path, reason),))


class _File:
    """One file while it is traced."""

    def __init__(self, tracer: Tracer, path: str, joined: Joined) -> None:
        session = tracer._session
        self.o, self.syntax, self.declarations = session.o, session.sources.syntax, tracer._declarations
        self.tracer, self.session, self.path = tracer, session, path
        self.imports: tuple[str, ...] = ()
        self.text, self.parts = Text(joined.text), joined.parts
        self.trees = InfoTrees(session.o)
        self.found: list[Found] = []
        self.commands: list[tuple[int, int]] = []  # each up to the next, in bytes
        self.defined: dict[tuple[int, int], str] = {}  # where a name is declared → constant
        self.places: dict[str, tuple[int, int]] = {}  # constant of this file → where
        self.seen: dict[tuple[int, int], tuple[str, str]] = {}  # identifier → constant, module
        self.types: dict[str, int] = {}  # declaration of this file → hash of its type
        self._starts: dict[int, list[tuple[int, int]]] = {}
        self._origins: dict[str, str] = {}

    def trace(self, seconds: float) -> TracedFile:
        """Elaborate, and again without the commands that have errors, until none has."""
        imports = self.imports = tuple(name for name, _ in self.session.header(self.text.source)[0])
        left_out: list[NotTraced] = []
        skipped: list[tuple[int, int]] = []
        first: dict[str, int] | None = None
        for _ in range(_ROUNDS):
            errors = self._errors(self._elaborate(seconds))
            self._own_alone(errors)
            first = dict(self.types) if first is None else first
            errors = errors or self._changed(first)
            if not errors:
                break
            for i, reason in errors.items():
                left_out += self._with_error(i, reason)
                skipped.append((self.text.point(self.commands[i][0]), self.text.point(self.commands[i][1])))
            self.text = Text(without(self.text.source, skipped))
        else:
            raise BadSource(f"{len(skipped)} of its commands have errors, the first: {left_out[0].reason}")
        theorems: list[Theorem] = []
        unproved: set[str] = set()
        for found in self.found:
            reason = self._unproved(found, unproved)
            if reason:
                unproved.add(self._name(found))
            if found.kind == "theorem" and self._is_own(found.span[0]):
                theorem, missing = self._theorem(found, reason)
                left_out += missing
                theorems += [] if theorem is None else [theorem]
        declarations = tuple(
            Declaration(name, f.kind, f.code, self._place(f.span[0]), self._place(f.span[1]))
            for f in self.found if self._is_own(f.span[0]) and (name := self._name(f))
        )  # fmt: skip
        left_out.sort(key=lambda n: n.place or (0, 0))
        return TracedFile(self.path, "", imports, declarations, tuple(theorems), tuple(left_out),
                          tuple(sorted(skipped)))  # fmt: skip

    def _elaborate(self, seconds: float) -> list[Message]:
        for kept in (self.found, self.commands, self.defined, self.places, self.seen, self.types, self._starts):
            kept.clear()
        return self.session.read(self.text.source, seconds, self._after)

    def _errors(self, messages: list[Message]) -> dict[int, str]:
        """The number of a command → its first error, as a reason."""
        errors: dict[int, str] = {}
        places = [self.text.place(start) for start, _ in self.commands]
        for message in messages:
            if message.severity == "error":
                first = message.text.strip().splitlines() or ["an error"]
                said = f"it does not elaborate: line {message.line - self.parts[-1].line}: {first[0]}"
                if cannot_run(message.text):
                    said += " (the embedded Lean cannot run code written against Lean's library; a native Lean can)"
                at = bisect_right(places, (message.line, message.column + 1)) - 1
                errors.setdefault(max(at, 0), said)
        return errors

    def _changed(self, first: dict[str, int]) -> dict[int, str]:
        """Commands whose declarations have another type than in the first round.

        What is missing from a statement may pass for a variable, bound automatically: that is another statement.
        """
        return {f.command: "its type changes without a command that has errors" for f in self.found
                if (name := self._name(f)) in first and self.types.get(name) != first[name]}  # fmt: skip

    def _with_error(self, command: int, reason: str) -> list[NotTraced]:
        """What a command that has an error would have declared."""
        inside = [f for f in self.found if f.command == command]
        lost = [(self._name(f) or f.written, f.inner[0]) for f in inside] or [("", self.commands[command][0])]
        return [NotTraced(self.path, reason, name, "", self._place(at)) for name, at in lost]

    # Reading a command

    def _after(self, command: int, commands: int) -> bool:
        span = self.syntax.span(command)
        if span is None:
            return False
        if self.commands:
            self.commands[-1] = self.commands[-1][0], span[0]
        self.commands.append((span[0], len(self.text)))
        found = self.declarations.of(command, len(self.commands) - 1, self.text)
        traced = [f for f in found if f.kind == "theorem" and not f.uses_sorry and self._is_own(f.span[0])]
        wanted = {(s.span, s.kind) for f in traced for b in f.blocks if not b.reason for s in b.steps}
        declared: dict[str, int] = {}
        runs: dict[_Key, list[TacticRun]] = {}
        inside: list[tuple[int, _Key]] = []
        for seen in self.trees.walk(commands):
            place = self.syntax.span(seen.syntax)
            if place is None:
                continue
            if isinstance(seen, ConstantSeen):
                self._constant(seen, place)
                if seen.binder:
                    declared[self.o.name(seen.name)] = seen.name
                continue
            key = (place, self.syntax.kind(seen.syntax))
            while inside and inside[-1][0] >= seen.depth:
                inside.pop()
            # A macro that expands to itself (`funext x y`) runs once more within itself, with the same place.
            if key in wanted and all(key != k for _, k in inside):
                runs.setdefault(key, []).append(seen)
                inside.append((seen.depth, key))
        printed: dict[tuple[int, int], str] = {}
        for f in traced:
            self._states(f, runs, printed)
        self.found += found
        self._note_types(declared, self.o.field(commands, ENVIRONMENT))
        return False

    def _note_types(self, declared: dict[str, int], environment: int) -> None:
        """Keep the hashes of the types of new constants (name → Name, borrowed)."""
        kernel = self.session.kernel
        checked = kernel.kernel_environment(environment)
        for name, object_ in declared.items():
            info = kernel.find(checked, object_)
            if info is not None:
                self.types[user_name(name)] = kernel.expressions.data(kernel.constant(info).type) & 0xFFFFFFFF
                self.o.dec(info)
        self.o.dec(checked)

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

    def _states(self, found: Found, runs: dict[_Key, list[TacticRun]], printed: dict[tuple[int, int], str]) -> None:
        numbers = {id(b): n for n, b in enumerate(b for b in found.blocks if not b.reason)}
        for block in found.blocks:
            counts = Counter({i: len(runs.get((s.span, s.kind), ())) for i, s in enumerate(block.steps)})
            reason = block.reason
            if not reason:
                often = max(counts.values())
                reason = f"it is run {often} times" if often > 1 else ""
            for i, step in enumerate(block.steps):
                if reason or not counts[i]:
                    found.left_out.append((step, reason or "Lean tells of no run of it"))
                    continue
                [run] = runs[step.span, step.kind]
                try:
                    before = self._goals(run.goals_before, run.before, run.around, printed)
                    after = self._goals(run.goals_after, run.after, run.around, printed)
                except LeanIOError as error:
                    found.left_out.append((step, f"Lean cannot print its goals: {error}"))
                else:
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

    def _theorem(self, found: Found, reason: str) -> tuple[Theorem | None, list[NotTraced]]:
        text = self.text
        name, place = self._name(found), self._place(found.inner[0])
        if reason or not name:
            return None, [NotTraced(self.path, reason or "Lean does not declare it", name or found.written, "", place)]
        left_out = [
            NotTraced(self.path, reason, name, text.piece(step.leaves), self._place(step.span[0]))
            for step, reason in found.left_out
        ]  # fmt: skip
        blocks = tuple(Block(*map(text.point, b.span)) for b in found.blocks if not b.reason)
        steps = tuple(self._step(*s) for s in sorted(found.steps, key=lambda s: (s[1].span[0], -s[1].span[1])))
        theorem = Theorem(name, found.statement, place, self._place(found.inner[1]), text.point(found.command_end),
                          found.private, found.by_tactics, blocks, steps)  # fmt: skip
        return theorem, left_out

    def _unproved(self, found: Found, unproved: set[str]) -> str:
        """Why a declaration is not proved, or leans by name on one of these that are not; "" for all others."""
        if found.uses_sorry:
            return "its proof uses sorry"
        if found.kind == "axiom":
            return "it is an axiom"
        (start, end), known = found.inner, self.seen.items() if unproved else ()
        named = (user_name(name) for (a, b), (name, module) in known if start <= a and b <= end and not module)
        lean_on = next((name for name in named if name in unproved), "")
        return f"it leans on {lean_on}, which is not proved" if lean_on else ""

    def _step(self, block: int, step: RawStep, before: str, after: str) -> Step:
        text = self.text
        uses: list[tuple[int, int]] = []
        for start, end in step.identifiers:
            for span in sorted(s for s in self._within(start, end) if s not in self.defined):
                if not uses or span[0] >= uses[-1][1]:
                    uses.append(span)
        tactic, places = text.marked(step.leaves, uses)
        premises = tuple(self._premise(*self.seen[u], at) for u, at in zip(uses, places, strict=True))
        return Step(tactic, premises, before, after, self._place(step.span[0]), self._place(step.span[1]), block)

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
        part = self._part(place[0])
        file = "" if part is self.parts[-1] else part.path
        return Premise(user_name(name), at, "", file, self._place(place[0], part), self._place(place[1], part))

    # Where things are

    def _part(self, offset: int) -> Part:
        """The file that a byte offset is in."""
        return self.parts[bisect_right([p.start for p in self.parts], self.text.point(offset)) - 1]

    def _is_own(self, offset: int) -> bool:
        return len(self.parts) == 1 or self._part(offset) is self.parts[-1]

    def _place(self, offset: int, part: Part | None = None) -> Place:
        """Line and column in the file itself, or in another part."""
        line, column = self.text.place(offset)
        return line - (part or self.parts[-1]).line, column

    def _own_alone(self, errors: dict[int, str]) -> None:
        """Raise BadSource for an error in a file that is needed."""
        for number in errors:
            part = self._part(self.commands[number][0])
            if part is not self.parts[-1]:
                raise BadSource(f"it imports {part.path}, which does not elaborate")

    def _name(self, found: Found) -> str:
        """A declaration's full name; "" for one that Lean did not declare."""
        name = self.defined.get(found.name) if found.name is not None else None
        if name is None and found.name is None:  # an instance without a name: at its keyword
            inside = (n for (a, b), n in self.defined.items() if found.inner[0] <= a and b <= found.inner[1])
            name = next(inside, None)
        return "" if name is None else user_name(name)
