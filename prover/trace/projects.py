"""Files of a folder that import one another: what a file needs is put in front of it, in a section of its own.

The embedded Lean has compiled modules of Lean's own library alone, and cannot write others. So Lean reads one text: all
library imports, each needed file between `section` and `end`, which end what it opened and declared for itself, and the
file. A file in front that has errors is the end of it: `tracer.py` sees to that. Not here: a native Lean, which builds.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from prover.lean.native import scan
from prover.lean.protocol import BadSource
from prover.trace.sources import Sources, is_module

_BEFORE, _AFTER = "section\n", "\nend\n"


class Circular(ValueError):
    """Files import one another in a circle; the message names one."""


@dataclass(frozen=True, slots=True)
class Part:
    """A file in a joined text: the offset (code points) at which it begins, and the number of lines before that."""

    path: str
    start: int
    line: int


@dataclass(frozen=True, slots=True)
class Joined:
    """What Lean reads for a file; the file itself is the last part."""

    text: str
    parts: tuple[Part, ...]


def join(path: str, text: str, before: Sequence[tuple[str, str]]) -> Joined:
    """A file's text (line ends `\\n`) after those that it needs (path and text, each after its own needs)."""
    if not before:
        return Joined(text, (Part(path, 0, 0),))
    files = [*before, (path, text)]
    headers = [scan.header(scan.blank(t)) for _, t in files]
    module = next((name for (name, _), h in zip(files, headers, strict=True) if h.is_module), None)
    if module is not None:
        raise BadSource(f"{module}: the embedded Lean does not read `module` files; a native Lean does.")
    wanted = dict.fromkeys(i for h in headers for i in h.imports if not any(is_module(p, i) for p, _ in before))
    out = "".join(f"import {name}\n" for name in wanted)
    parts = []
    for (name, content), header in zip(files, headers, strict=True):
        last = name == path
        out += "" if last else _BEFORE
        parts.append(Part(name, len(out), out.count("\n")))
        out += "".join("\n" if c == "\n" else " " for c in content[: header.end]) + content[header.end :]
        out += "" if last else _AFTER
    return Joined(out, tuple(parts))


def imports_of(text: str) -> tuple[str, ...]:
    """The modules that a file's header names."""
    return scan.header(scan.blank(text)).imports


def needs(sources: Sources, path: str, imports: Mapping[str, tuple[str, ...]]) -> list[str]:
    """The files of the folder that a file imports, directly or not, each after its own. Raises Circular.

    `imports`: what each file's header names.
    """
    order: list[str] = []
    inside: list[str] = []

    def visit(file: str) -> None:
        if file in inside:
            raise Circular(f"it imports itself, through {file}")
        inside.append(file)
        for module in imports.get(file, ()):
            imported = sources.project_file(module)
            if imported is not None and imported not in order:
                visit(imported)
        inside.pop()
        order.append(file)

    visit(path)
    return order[:-1]
