"""Whole sources through a language server, which is started anew when it is lost: messages, names, declarations.

Holes and proof states are in `session.py`.
"""

from __future__ import annotations

import re
import time
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from prover.lean.holes import insert_missing_proofs, normalise
from prover.lean.native import scan
from prover.lean.native.server import Document, Server, ServerDied, ServerError, ServerTimeout
from prover.lean.native.toolchain import Toolchain
from prover.lean.protocol import BadSource, Declaration, LeanError, Message, SourceReport, UnknownImport

#: A source may import Mathlib, and its own earlier theorems are proved on the way.
SOURCE_SECONDS = 300.0
_MISSING_PROOFS = 200
_UNKNOWN_MODULE = re.compile(
    r"unknown module prefix '(?P<prefix>[^']+)'|unknown package '(?P<package>[^']+)'"
    r"|object file '[^']*' of module (?P<module>\S+) does not exist"
    r"|bad import '(?P<bad>[^']+)'"
)
_SORRY = re.compile(r"declaration uses ['`]sorry['`]")
_NOT_BUILT = re.compile(r"out of date|must be rebuilt|needs to be (?:re)?built", re.IGNORECASE)
_KINDS = (("theorem", "theorem"), ("def", "definition"), ("abbrev", "definition"), ("instance", "definition"),
          ("axiom", "axiom"), ("opaque", "opaque"), ("inductive", "inductive"), ("structure", "inductive"),
          ("class", "inductive"), ("constructor", "constructor"), ("recursor", "recursor"),
          ("Quotient primitive", "quotient"))  # fmt: skip


class TooSlow(BadSource):
    """The source did not elaborate in the time that it had."""


class Sources:
    """One server, for whole sources. Not thread-safe."""

    def __init__(self, toolchain: Toolchain, home: Path) -> None:
        self.toolchain = toolchain
        self.restarts = -1
        self._home = home
        self._server: Server | None = None
        self._with_options = True

    # The server

    def server(self) -> Server:
        """The server, started anew if the last one is gone. Raises LeanError when none can be had."""
        if self._server is not None and not self._server.dead:
            return self._server
        self.restarts += 1
        home = self.toolchain.project or self._home
        while True:
            # By default Lean waits 200 ms after each edit before it says anything. Old releases lack the option.
            options = ("-Dserver.reportDelayMs=0",) if self._with_options else ()
            try:
                self._server = Server(self.toolchain.command("--server", *options), self.toolchain.folder, home)
                return self._server
            except (ServerDied, ServerError) as death:
                if not self._with_options:
                    raise LeanError(f"The Lean server does not start: {death}.") from None
                self._with_options = False
            except ServerTimeout as late:
                raise LeanError(f"The Lean server does not start: {late}.") from None

    def close(self) -> None:
        if self._server is not None:
            self._server.close()

    def kill(self) -> None:
        """From any thread: what the server is doing ends as if it had died; an idle one is left alone."""
        if self._server is not None and self._server.busy:
            self._server.lose("it was stopped")
            self._server.kill()

    def drop(self) -> None:
        """End a server that does not answer; the next request starts another."""
        if self._server is not None:
            self._server.kill()

    def put(self, header: str, source: str, seconds: float) -> tuple[Document, list[tuple[int, Message]]]:
        """Have the server elaborate a source, in its header's document. Raises what `server.py` raises."""
        server = self.server()
        document = server.document(header, source)
        messages = server.messages(document, seconds)
        # Under `warningAsError`, which a lakefile may set, our own `sorry`s would count as errors.
        return document, [(at, replace(m, severity="warning") if _SORRY.match(m.text) else m) for at, m in messages]

    def elaborate(self, source: str, seconds: float) -> list[tuple[int, Message]]:
        """Messages of a whole source with their offsets. Raises BadSource, UnknownImport."""
        blanked = scan.blank(source)
        head = scan.header(blanked)
        if head.broken:
            raise BadSource("The header does not parse: an `import` names no module.")
        try:
            messages = self.put(source[: head.end], source, seconds)[1]
        except ServerTimeout:
            self.drop()
            raise TooSlow(f"The source did not elaborate within {seconds:g} s.") from None
        except (ServerDied, ServerError) as death:
            raise BadSource(f"Lean stopped while it elaborated the source: {death}.") from None
        self._check_imports(head, messages)
        return messages

    def _check_imports(self, head: scan.Header, messages: Sequence[tuple[int, Message]]) -> None:
        if not head.imports:
            return
        for offset, message in messages:
            if message.severity != "error" or offset > head.end:
                continue
            found = _UNKNOWN_MODULE.search(message.text)
            if found is not None:
                named = next(group for group in found.groups() if group)
                module = next((m for m in head.imports if m == named or m.startswith(f"{named}.")), named)
                project = self.toolchain.project
                where = f"in the Lake project {project}" if project is not None else "outside of a Lake project"
                raise UnknownImport(
                    f"The native Lean {self.toolchain.version} has no module {module} {where}: add its package to the "
                    "project and run `lake build` there (for Mathlib `lake exe cache get`), or name the project."
                )
            if _NOT_BUILT.search(message.text):
                where = self.toolchain.project or "their project"
                raise BadSource(f"Imports of the source are not built or out of date: run `lake build` in {where}.")
            raise BadSource(f"The header does not work: {message}")

    # Whole sources

    def complete(self, source: str, seconds: float = SOURCE_SECONDS) -> tuple[str, list[tuple[int, Message]]]:
        """The source with its missing proofs as `sorry`, and its messages."""
        source = normalise(source)
        for _ in range(_MISSING_PROOFS):
            messages = self.elaborate(source, seconds)
            completed = insert_missing_proofs(source, [m for _, m in messages])
            if completed == source:
                break
            source = completed
        return source, messages

    def check(self, source: str, seconds: float) -> SourceReport:
        """See `Lean.check`. Generated declarations and nameless instances are not among the names."""
        source = normalise(source)
        started = time.monotonic()
        messages = self.elaborate(source, seconds)
        names = scan.declared(scan.blank(source))
        there: list[str] = []
        if names:
            asked = source + "".join(f"\n#check @_root_.{name}" for name in names)
            left = max(seconds - (time.monotonic() - started), 1.0)
            first = source.count("\n") + 2
            answers = [m for _, m in self.elaborate(asked, left)]
            wrong = {m.line for m in answers if m.severity == "error"}
            said = {m.line for m in answers if m.severity == "information"} - wrong
            there = [name for i, name in enumerate(names) if first + i in said]
        return SourceReport(tuple(m for _, m in messages), tuple(sorted(there)))

    def declaration(self, name: str, source: str) -> Declaration | None:
        """See `Lean.declaration`. `module` is None always: what Lean prints does not say it."""
        if not re.fullmatch(scan.NAME, name):
            return None
        source = normalise(source)
        lines = [f"#check @_root_.{name}", f"#print _root_.{name}"]
        first = source.count("\n") + 2
        messages = [m for _, m in self.elaborate("\n".join([source, *lines]), SOURCE_SECONDS)]
        wrong = [m for m in messages if m.severity == "error" and m.line < first]
        if wrong:
            raise BadSource(f"The source does not elaborate: {wrong[0]}")
        by_line = {line: [m for m in messages if m.line == line] for line in (first, first + 1)}
        if any(m.severity == "error" for m in by_line[first]):
            return None
        type_ = next((m.text.partition(" : ")[2] for m in by_line[first]), "")
        text = next((m.text for m in by_line[first + 1] if m.severity == "information"), "")
        text = re.sub(r"^(?:@\[[^\]]*\]\s*)?(?:(?:private|protected|public|noncomputable|unsafe|partial|meta)\s+)*", "",
                      text)  # fmt: skip
        kind = next((kind for word, kind in _KINDS if re.match(rf"{word}\b", text)), "")
        return Declaration(name, kind, re.sub(r"\s*\n\s*", " ", type_).strip(), None)
