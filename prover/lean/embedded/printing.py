"""Types and signatures as Lean prints them, in an environment and under options of the caller's choice.

Not here: goals (`proofs.py`), reading environments (`environment.py`). Printing a type costs about 2.5 ms, nearly all
of it Lean's.
"""

from __future__ import annotations

from collections.abc import Mapping

from prover.lean.embedded.objects import UNIT, Objects, box
from prover.lean.embedded.sources import SCOPES, Sources

#: Options of `set_option`, by name.
Options = Mapping[str, bool | int]
WIDTH = 100
#: Wide enough that only what Lean always breaks is broken.
ONE_LINE = 1 << 24
_OPTIONS_OF_SCOPE = 1


class Printer:
    """Prints in one environment; everything that it holds dies with a restore. Call `close` before that."""

    def __init__(self, objects: Objects, environment: int, options: int | None = None) -> None:
        """`environment` and `options` (none for Lean's own) are borrowed."""
        o = self.o = objects
        none = o.constant("l_Lean_Options_empty") if options is None else o.inc(options)
        self._context = o.constructor(0, [
            o.inc(environment), o.call("lean_mk_metavar_ctx", UNIT), o.call("lean_mk_empty_local_ctx", UNIT), none,
            UNIT, UNIT,
        ])  # fmt: skip

    def type(self, e: int, width: int = ONE_LINE) -> str:
        """A closed expression (borrowed). Raises LeanIOError where Lean cannot print it."""
        return self._text(self._run("l_Lean_Meta_ppExpr", self.o.inc(e)), width)

    def signature(self, name: int, width: int = WIDTH) -> str:
        """A constant's (its Name, borrowed) as after `theorem`: `Nat.add_comm (n m : Nat) : n + m = m + n`."""
        o = self.o
        return self._text(o.take_field(self._run("l_Lean_PrettyPrinter_ppSignature", o.inc(name)), 0), width)

    def is_proposition(self, e: int) -> bool:
        """Whether a closed expression (borrowed) is a proposition."""
        return self._run("l_Lean_Meta_isProp", self.o.inc(e)) >> 1 == 1

    def _run(self, function: str, argument: int) -> int:
        """A function in MetaM of one argument (consumed): its value, owned."""
        o = self.o
        o.call("lean_io_set_heartbeats", 0)
        slot = o.i.symbols.function(f"{function}___boxed")
        assert slot is not None, function
        return o.io("l_Lean_PPContext_runMetaM___redArg", o.inc(self._context), o.closure(slot, 6, [argument]))

    def _text(self, format_: int, width: int) -> str:
        o = self.o
        return o.take_text(o.pure("l_Std_Format_pretty", format_, box(width), box(0), box(0)))

    def close(self) -> None:
        self.o.dec(self._context)


def options(sources: Sources, commands: int, chosen: Options) -> int:
    """Options as Lean holds them (owned), set on a command state (borrowed) by `set_option` itself.

    Raises ValueError for one that this Lean does not know.
    """
    o = sources.o
    text = "".join(f"set_option {name} {str(value).lower()}\n" for name, value in chosen.items())
    _, parser, _, _ = sources.header("")
    done = sources.elaborate(text, commands, parser)
    wrong = [m.text for m in done.messages if m.severity == "error"]
    scope = o.field(o.field(done.state, SCOPES), 0)
    made = o.inc(o.field(scope, _OPTIONS_OF_SCOPE))
    o.dec(done.state)
    if wrong:
        o.dec(made)
        raise ValueError(wrong[0])
    return made
