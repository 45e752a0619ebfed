"""Runs one command out of a table, importing only that command's module.

Not here: any command. The listing is printed without Typer, so that `entails --help` costs no more than
starting Python (importing Typer and Rich takes 0.1 s).
"""

from __future__ import annotations

import importlib
import os
import sys
from collections.abc import Mapping, Sequence

BAD_USAGE = 2
INTERRUPTED = 130


def overview(commands: Mapping[str, tuple[str, str]]) -> str:
    """The text of `entails --help`."""
    width = max(map(len, commands))
    lines = ["usage: entails COMMAND [OPTIONS] ...", "", "Commands:"]
    lines += [f"  {name:{width}}  {line}" for name, (_, line) in commands.items()]
    lines += ["", "`entails COMMAND --help` describes a command's options; `entails --version` prints the version."]
    return "\n".join(lines)


def run(commands: Mapping[str, tuple[str, str]], arguments: Sequence[str]) -> int:
    """Run the command named by the first argument; returns the exit code."""
    try:
        code = _run(commands, arguments)
        sys.stdout.flush()
        return code
    except KeyboardInterrupt:
        print("entails: interrupted", file=sys.stderr)
        return INTERRUPTED
    except BrokenPipeError:
        # The reader of a pipe went away (`entails ... | head`): not an error of ours, and Python would
        # print a traceback again while it flushes at exit.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 0


def _run(commands: Mapping[str, tuple[str, str]], arguments: Sequence[str]) -> int:
    if not arguments or arguments[0] in ("--help", "-h", "help"):
        print(overview(commands))
        return 0 if arguments else BAD_USAGE
    name, *rest = arguments
    if name == "--version":
        from importlib.metadata import version

        print(f"entails {version('entails')}")
        return 0
    if name not in commands:
        print(f"entails: there is no command {name!r}. `entails --help` lists them.", file=sys.stderr)
        return BAD_USAGE
    module, attribute = commands[name][0].split(":")
    app = getattr(importlib.import_module(module), attribute)
    try:
        app(args=list(rest), prog_name=f"entails {name}")
    except SystemExit as stop:
        return stop.code if isinstance(stop.code, int) else int(stop.code is not None)
    return 0
