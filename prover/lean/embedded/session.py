"""One embedded Lean: opens sources, runs tactics, checks and verifies, and survives whatever they do.

A session lives on one thread (see `lean.py` for the thread, `workers.py` for processes). Whatever trap a tactic or a
source causes, the instance is restored from the snapshot; states made before are replayed from their tactics when
they are asked for again, so that a caller never notices but for the time.
"""

from __future__ import annotations

import hashlib
from collections import OrderedDict
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TypeAlias, TypeVar

from prover.lean.embedded import boot, snapshot
from prover.lean.embedded.compiler import Compiler
from prover.lean.embedded.environment import declaration
from prover.lean.embedded.errors import EmbeddedLeanError, Interrupted, LeanIOError, Trapped
from prover.lean.embedded.host import Host
from prover.lean.embedded.instance import PAGE, Instance
from prover.lean.embedded.kernel import Kernel
from prover.lean.embedded.objects import Objects
from prover.lean.embedded.proofs import Captured, Contexts, Failure, Live, Proofs
from prover.lean.embedded.sources import ENVIRONMENT, Elaborated, Sources
from prover.lean.holes import byte_to_point, insert_missing_proofs, normalise
from prover.lean.protocol import (
    Advanced,
    BadSource,
    Crashed,
    Declaration,
    Hole,
    Limits,
    Message,
    Opened,
    Outcome,
    Rejected,
    Solved,
    SourceReport,
    TimedOut,
    UnknownImport,
)  # fmt: skip
from prover.lean.state import Goal, ProofState

T = TypeVar("T")
#: Modules with their flags (importAll, isExported, isMeta), as a header gives them.
Imports: TypeAlias = tuple[tuple[str, bytes], ...]
#: When Lean's heap has grown by this much since its imports, it is brought back before the next request.
MEMORY_GROWTH = 384 << 20
MEMORY_LIMIT = 1536 << 20
SOURCE_SECONDS = 60.0
_LIVE_STATES = 8192
_MISSING_PROOFS = 200


@dataclass(slots=True)
class _Root:
    """A hole to search from: enough to open it again, and what is live of it."""

    source: str
    index: int
    contexts: Contexts | None = None
    live: Live | None = None
    limited: tuple[Limits, Contexts] | None = None


class Session:
    """Everything that the embedded backend does, for the thread that made it."""

    def __init__(self, artefacts: Path, library: Path, *, memory_limit: int = MEMORY_LIMIT) -> None:
        self._library = library.resolve()
        self.instance = Instance(artefacts)
        self.host = Host(self.instance, self._library, memory_limit)
        self.o = Objects(self.instance)
        self.sources = Sources(self.o)
        self.proofs = Proofs(self.o)
        self.kernel = Kernel(self.o)
        self.compiler = Compiler(self.o, self.kernel)
        self.instance.instantiate(self.host.imports(), {
            "host0": self.proofs.capture, "host1": self.compiler.compile,
            "__cxa_end_catch": self.host.end_catch, "exit": self.host.exit,
        })  # fmt: skip
        self._roots: dict[str, _Root] = {}
        self._live: OrderedDict[tuple[str, tuple[str | int, ...]], Live] = OrderedDict()
        self._checkpoint: tuple[Imports, snapshot.Snapshot] | None = None
        self._home: Imports = boot.DEFAULT_IMPORTS
        self._home_used = self._stack_guard = 0
        self.commands = 0  # the command state after the imports at hand, borrowed by whoever uses it
        self._snapshot: snapshot.Snapshot | None = None
        self.restores = 0
        self.stopping = False  # set from another thread: end the request at hand

    # Starting

    def boot(self) -> dict[str, int]:
        """Start Lean from nothing; the roots that a snapshot has to keep."""
        guard = boot.start(self.o, self.proofs.capture, self.compiler.compile)
        environment = boot.import_modules(self.o, boot.DEFAULT_IMPORTS)
        state = boot.command_state(self.o, environment)
        self.host.output.clear()
        return {"commands": state, "guard": guard}

    def attach(self, saved: snapshot.Snapshot) -> None:
        """Begin from a snapshot made after `boot`."""
        self._snapshot = saved
        self._restore_to(saved, boot.DEFAULT_IMPORTS)

    def restore(self) -> None:
        """Back to the environment of the imports at hand: every address is void, states are replayed when asked for."""
        self.restores += 1
        self.fresh(self._home)

    def fresh(self, imports: Imports) -> None:
        """An instance in which nothing ran since these imports were made."""
        if imports == boot.DEFAULT_IMPORTS:
            assert self._snapshot is not None
            self._restore_to(self._snapshot, imports)
        elif self._checkpoint is not None and self._checkpoint[0] == imports:
            self._restore_to(self._checkpoint[1], imports)
        else:
            self._import(imports)

    def _import(self, imports: Imports) -> None:
        """Import other modules than `Init` on a restored instance, and keep a snapshot of that.

        One such environment is kept beside the default one, since each takes 100 to 400 MB.
        """
        self.check_imports(imports)
        assert self._snapshot is not None
        self._restore_to(self._snapshot, boot.DEFAULT_IMPORTS)
        try:
            state = boot.command_state(self.o, boot.import_modules(self.o, imports))
        except LeanIOError as error:
            raise BadSource(f"Lean cannot import {', '.join(n for n, _ in imports)}: {error}") from None
        self.host.output.clear()
        if self._checkpoint is not None:
            self._checkpoint[1].close()
        self._guard_stack(False)
        self._checkpoint = (imports, snapshot.save(self.instance, {"commands": state, "guard": self._stack_guard}))
        self._guard_stack(True)
        self._home, self.commands, self._home_used = imports, state, self.instance.used

    def _restore_to(self, saved: snapshot.Snapshot, imports: Imports) -> None:
        snapshot.restore(self.instance, saved)
        self._stack_guard = saved.roots["guard"]
        self._guard_stack(True)
        self.host.reset()
        self.proofs.forget()
        self._live.clear()
        for root in self._roots.values():
            root.contexts = root.live = root.limited = None
        self._home, self.commands = imports, saved.roots["commands"]
        self._home_used = self.instance.used

    def _guard_stack(self, on: bool) -> None:
        snapshot.protect(self.instance, self._stack_guard, boot.STACK_GUARD - PAGE, not on)

    def guard(self, seconds: float, work: Callable[[], T]) -> T:
        """Run `work` under a deadline; after a trap the instance is restored and the trap goes on."""
        self.instance.set_deadline(seconds)
        try:
            return work()
        except Trapped:
            self.restore()
            raise
        finally:
            self.instance.clear_deadline()

    def _of_source(self, seconds: float, work: Callable[[], T]) -> T:
        """`guard` for elaborating a user's source, whose fault a trap then is."""
        try:
            return self.guard(seconds, work)
        except Interrupted:
            raise BadSource(f"The source did not elaborate within {seconds:g} s.") from None
        except Trapped as trap:
            raise BadSource(f"Lean stopped while it elaborated the source: {trap}.") from None

    def _mind_memory(self) -> None:
        """Lean's heap does not shrink, so it is brought back once it has grown a lot since its imports."""
        if self.instance.used > self._home_used + MEMORY_GROWTH:
            self.restore()

    # Sources

    def check_imports(self, imports: Imports) -> None:
        """Raise UnknownImport for a module that the library does not have."""
        for name, _ in imports:
            path = self._library.joinpath(*name.split(".")).with_suffix(".olean")
            if not path.is_file():
                raise UnknownImport(
                    f"The embedded Lean has no module {name}: it holds Init, Std and Lean alone. For Mathlib or a "
                    "project of your own, install Lean (elan) and run inside the Lake project with --lean native."
                )

    def header(self, source: str) -> tuple[Imports, int]:
        """A source's imports and the parser's state (owned) after them."""
        imports, state, messages, is_module = self.sources.header(source)
        errors = [m for m in messages if m.severity == "error"]
        if errors:
            raise BadSource(f"The header does not parse: {errors[0]}")
        if is_module:
            raise BadSource("The embedded Lean does not read `module` files; a native Lean does (--lean native).")
        return tuple(dict.fromkeys(imports)), state

    def elaborate(self, source: str, **hooks: Callable) -> Elaborated:
        """Header and commands of a source, on the environment of its imports."""
        imports, state = self.header(source)
        if imports != self._home:
            self.fresh(imports)
            imports, state = self.header(source)  # the restore voided the parser's state
        return self.sources.elaborate(source, self.commands, state, **hooks)

    def open(self, source: str, seconds: float = SOURCE_SECONDS) -> Opened:
        """See `Lean.open`."""
        source = normalise(source)
        for _ in range(_MISSING_PROOFS):
            messages = self._open(source, seconds)
            completed = insert_missing_proofs(source, messages)
            if completed == source:
                break
            source = completed
        digest = hashlib.sha256(source.encode()).hexdigest()[:16]
        holes = []
        point = byte_to_point(source)
        for root_id, captured in self._register(source, digest):
            root = self._roots[root_id]
            assert root.contexts is not None and root.live is not None
            start, end = point(captured.start), point(captured.end)
            line = source.count("\n", 0, start) + 1
            column = start - (source.rfind("\n", 0, start) + 1)
            keys, sizes, independent = self.proofs.summary(root.contexts, root.live)
            is_prop = self.proofs.is_proposition(root.contexts, root.live)
            prefix = "by" if captured.is_term else ""
            holes.append(Hole(captured.declaration, start, end, line, column, prefix, is_prop,
                              ProofState(root_id, keys, (), independent, sizes)))  # fmt: skip
        return Opened(source, tuple(holes), tuple(messages))

    def _open(self, source: str, seconds: float) -> list[Message]:
        self._mind_memory()
        self.proofs.captured.clear()

        def work() -> Elaborated:
            return self.elaborate(source, rewrite=self.sources.syntax.put_holes)

        done = self._of_source(seconds, work)
        self.o.dec(done.state)
        return done.messages

    def _register(self, source: str, digest: str) -> list[tuple[str, Captured]]:
        """Roots for what was captured last; a hole that was reached twice counts once, as it was last."""
        latest = {(c.start, c.end): c for c in self.proofs.captured}
        out = []
        for i, captured in enumerate(sorted(latest.values(), key=lambda c: c.start)):
            root_id = f"{digest}.{i}"
            root = self._roots.setdefault(root_id, _Root(source, i))
            root.contexts, root.live = self.proofs.prepare(captured)
            root.limited = None
            out.append((root_id, captured))
        return out

    def adopt(self, root_id: str, source: str) -> None:
        """Make a root known that another process opened, so that its states can be replayed here."""
        self._roots.setdefault(root_id, _Root(source, int(root_id.rsplit(".", 1)[1])))

    # States

    def _root(self, root_id: str) -> _Root:
        root = self._roots.get(root_id)
        if root is None:
            raise EmbeddedLeanError("the state belongs to a theorem that is not open in this session")
        if root.live is None:
            self._open(root.source, SOURCE_SECONDS)
            self._register(root.source, root_id.rsplit(".", 1)[0])
            if root.live is None:
                raise EmbeddedLeanError("the theorem does not open as it did before")
        return root

    def _contexts(self, root: _Root, limits: Limits) -> Contexts:
        assert root.contexts is not None
        if root.limited is None or root.limited[0] != limits:
            if root.limited is not None:
                self.proofs.release_contexts(root.limited[1])
            c = root.contexts
            o = self.o
            copy = Contexts(o.inc(c.tactic), o.inc(c.term), o.inc(c.meta), o.inc(c.core))
            root.limited = (limits, self.proofs.limited(copy, limits))
        return root.limited[1]

    def _state(self, state: ProofState, limits: Limits) -> tuple[_Root, Live]:
        """A state's live form (borrowed), replayed from its longest living prefix."""
        root = self._root(state.root)
        steps = state.steps
        for n in range(len(steps), -1, -1):
            live = root.live if n == 0 else self._live.get((state.root, steps[:n]))
            if live is not None:
                break
        assert live is not None
        for i in range(n, len(steps)):
            step = steps[i]
            if isinstance(step, int):
                following: Live | Failure = self.proofs.focus(live, step)
            else:
                following = self.proofs.step(state.root, self._contexts(root, limits), live, step)
            if isinstance(following, Failure):
                raise EmbeddedLeanError(f"a tactic does not repeat: {step!r}: {following.message}")
            live = following
            self._keep(state.root, steps[: i + 1], live)
        return root, live

    def _keep(self, root_id: str, steps: tuple[str | int, ...], live: Live) -> None:
        old = self._live.pop((root_id, steps), None)
        if old is not None:
            self.proofs.release(old)
        self._live[root_id, steps] = live
        if len(self._live) > _LIVE_STATES:
            for key in list(self._live)[: _LIVE_STATES // 4]:
                self.proofs.release(self._live.pop(key))

    def forget(self, root_id: str) -> None:
        """Give back what is live of a theorem; its states can still be replayed."""
        for key in [k for k in self._live if k[0] == root_id]:
            self.proofs.release(self._live.pop(key))

    def run(
        self, state: ProofState, tactics: Sequence[str], limits: Limits = Limits(), explain: bool = True
    ) -> list[Outcome]:
        """See `Lean.run`; once `stopping` is set, what was not reached is `TimedOut`."""
        outcomes: list[Outcome] = []
        for tactic in tactics:
            if self.stopping:
                outcomes.append(TimedOut("interrupted before it was tried"))
            else:
                outcomes.append(self.run_one(state, tactic, limits, explain))
        return outcomes

    def run_one(self, state: ProofState, tactic: str, limits: Limits = Limits(), explain: bool = True) -> Outcome:
        self._mind_memory()
        replaying = True
        try:
            self.instance.set_deadline(SOURCE_SECONDS)
            root, live = self._state(state, limits)
            replaying = False
            contexts = self._contexts(root, limits)
            self.instance.set_deadline(limits.seconds)
            after = self.proofs.step(state.root, contexts, live, tactic, explain)
            if isinstance(after, Failure):
                return TimedOut(after.message) if after.limit else Rejected(after.message)
            self.instance.set_deadline(SOURCE_SECONDS)
            steps = (*state.steps, tactic)
            if after.goals & 1:
                unfinished = self.proofs.leaves_open(live, after)
                self.proofs.release(after)
                if unfinished:
                    return Rejected("no goal is left, but the proof has an argument that nothing determines")
                return Solved(tuple(s for s in steps if isinstance(s, str)))
            keys, sizes, independent = self.proofs.summary(contexts, after)
            self._keep(state.root, steps, after)
            return Advanced(ProofState(state.root, keys, steps, independent, sizes))
        except Interrupted:
            self.restore()
            if replaying:
                return Crashed("the state could not be replayed in time")
            return TimedOut(f"stopped after {limits.seconds:g} s")
        except Trapped as trap:
            self.restore()
            return Crashed(str(trap))
        finally:
            self.instance.clear_deadline()

    def goals(self, state: ProofState) -> tuple[Goal, ...]:
        """See `Lean.goals`."""

        def work() -> tuple[Goal, ...]:
            root, live = self._state(state, Limits())
            assert root.contexts is not None
            return self.proofs.goals(root.contexts, live)

        return self.guard(SOURCE_SECONDS, work)

    # Whole sources

    def check(self, source: str, seconds: float = SOURCE_SECONDS) -> SourceReport:
        """See `Lean.check`."""
        source = normalise(source)

        def work() -> SourceReport:
            done = self.elaborate(source)
            environment = self.o.field(done.state, ENVIRONMENT)
            names = sorted(c.name for c in self.kernel.new_constants(environment).values())
            self.o.dec(done.state)
            return SourceReport(tuple(done.messages), tuple(names))

        return self._of_source(seconds, work)

    def read(self, source: str, seconds: float, after: Callable[[int, int], bool]) -> list[Message]:
        """Elaborate a source, for what `after` sees of each command (see `Sources.elaborate`); its messages.

        Raises BadSource, UnknownImport.
        """
        self._mind_memory()

        def work() -> list[Message]:
            done = self.elaborate(source, after=after)
            self.o.dec(done.state)
            return done.messages

        return self._of_source(seconds, work)

    def declaration(self, name: str, source: str = "") -> Declaration | None:
        """See `Lean.declaration`."""
        return self.guard(SOURCE_SECONDS, lambda: declaration(self, name, normalise(source)))

    def close(self) -> None:
        self.host.reset()
