"""A source text through Lean, command by command: header, elaboration, messages, the holes in it.

`Frontend.processCommand` is not used: it loses the parser's messages, so that a text with a syntax error looks
clean. Each command empties the message log, so the log is read after each. Silence proves nothing: whoever asks for
a proof looks at the environment (`kernel.py`).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

from prover.lean.embedded.objects import UNIT, Objects, box
from prover.lean.embedded.syntax import Syntax
from prover.lean.protocol import Message

# Fields of Lean.Elab.Command.State and of its first Scope
ENVIRONMENT, MESSAGES, SCOPES = 0, 1, 2
_SEVERITIES = ("information", "warning", "error")


@dataclass(slots=True)
class Elaborated:
    """What is left after a source: the command state (owned), messages, and where each command began (bytes)."""

    state: int
    messages: list[Message] = field(default_factory=list)


class Sources:
    """Runs sources on command states, which are immutable: one base state serves any number of them."""

    def __init__(self, objects: Objects) -> None:
        self.o = objects
        self.syntax = Syntax(objects)

    def input_context(self, source: str) -> int:
        o = self.o
        return o.pure("l_Lean_Parser_mkInputContext___redArg", o.string(source), o.string("input"), box(0),
                      box(len(source.encode())))  # fmt: skip

    def header(self, source: str) -> tuple[list[tuple[str, bytes]], int, list[Message], bool]:
        """The header's imports (name, flags), the parser's state after it (owned), messages, and `module`-ness."""
        o = self.o
        context = self.input_context(source)
        parsed = o.io("l_Lean_Parser_parseHeader", context)
        syntax, rest = o.field(parsed, 0), o.field(parsed, 1)
        state, messages = o.inc(o.field(rest, 0)), self.messages(o.field(rest, 1))
        is_module = o.pure("l_Lean_Elab_HeaderSyntax_isModule", o.inc(syntax)) >> 1 == 1
        array = o.pure("l_Lean_Elab_HeaderSyntax_imports", o.inc(syntax), box(1))
        imports = [(o.name(o.field(i, 0)), o.scalars(i, 3)) for i in o.items(array)]
        o.dec(array)
        o.dec(parsed)
        return imports, state, messages, is_module

    def elaborate(
        self,
        source: str,
        base: int,
        parser_state: int,
        rewrite: Callable[[int], int] | None = None,
        after: Callable[[int, int], bool] | None = None,
    ) -> Elaborated:
        """Elaborate the commands of `source` from `parser_state` (consumed) on, starting at `base` (borrowed).

        `rewrite` may put another syntax (owned) in a command's place. `after` sees each command (borrowed) and the
        state after it (borrowed), and ends the run by returning True.
        """
        o = self.o
        context = self.input_context(source)
        state = o.reference(o.constructor(0, [o.inc(base), parser_state, UNIT, o.array()]))
        done = Elaborated(0)
        o.dec(o.action("l_Lean_Elab_Frontend_updateCmdPos___redArg", o.inc(state)))
        while True:
            now = o.read_reference(state)
            commands, position = o.field(now, 0), o.field(now, 1)
            scope = o.field(o.field(commands, SCOPES), 0)
            module = o.constructor(0, [o.inc(x) for x in (o.field(commands, ENVIRONMENT), *(
                o.field(scope, i) for i in (1, 2, 3)))])  # fmt: skip
            parsed = o.pure("l_Lean_Parser_parseCommand", o.inc(context), module, o.inc(position),
                            o.constant("l_Lean_MessageLog_empty"))  # fmt: skip
            o.dec(now)
            syntax, rest = o.inc(o.field(parsed, 0)), o.field(parsed, 1)
            done.messages += self.messages(o.field(rest, 1))
            o.dec(o.action("l_Lean_Elab_Frontend_setParserState___redArg", o.inc(o.field(rest, 0)), o.inc(state)))
            o.dec(parsed)
            last = o.pure("l_Lean_Parser_isTerminalCommand", o.inc(syntax)) >> 1 == 1
            if rewrite is not None and not last:
                syntax = rewrite(syntax)
            o.call("lean_io_set_heartbeats", 0)
            o.dec(o.io("l_Lean_Elab_Frontend_elabCommandAtFrontend", o.inc(syntax), o.inc(context), o.inc(state)))
            now = o.read_reference(state)
            commands = o.field(now, 0)
            done.messages += self.messages(o.field(commands, MESSAGES))
            stop = after is not None and after(syntax, commands)
            o.dec(syntax)
            if last or stop:
                done.state = o.inc(commands)
                o.dec_all((now, state, context))
                return done
            o.dec(now)
            o.dec(o.action("l_Lean_Elab_Frontend_updateCmdPos___redArg", o.inc(state)))

    def messages(self, log: int) -> list[Message]:
        """A message log's messages (the log is borrowed)."""
        o = self.o
        array = o.pure("l_Lean_MessageLog_toArray", o.inc(log))
        out = []
        for m in o.items(array):
            position = o.field(m, 1)
            severity = _SEVERITIES[o.scalars(m, 2)[1]]
            text = o.message_text(o.inc(o.field(m, 4)))
            out.append(Message(severity, o.natural(o.field(position, 0)), o.natural(o.field(position, 1)), text))
        o.dec(array)
        return out
