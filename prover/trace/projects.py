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
from prover.trace.sources import Sources, modules_of

#: Bytes of what a file needs: a file that imports others is elaborated with all of them.
LARGEST = 1 << 20
_BEFORE, _AFTER = "section\n", "\nend\n"


class CannotJoin(ValueError):
    """What a file imports cannot be put in front of it: a circle, or too much. The message is a reason."""


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
    own = {module for name, _ in before for module in modules_of(name)}
    wanted = dict.fromkeys(i for h in headers for i in h.imports if i not in own)
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


class Imports:
    """Which files of a folder import which. `headers`: the modules that each file's header names; `sizes`: in bytes."""

    def __init__(self, sources: Sources, headers: Mapping[str, Sequence[str]], sizes: Mapping[str, int]) -> None:
        self._sizes = sizes
        files = {module: path for path in reversed(sources.files + sources.around) for module in modules_of(path)}
        self._direct = {path: [files[m] for m in named if m in files] for path, named in headers.items()}

    def needs(self, path: str) -> list[str]:
        """The files that a file imports, directly or not, each after its own. Raises CannotJoin."""
        order: dict[str, None] = {}
        inside: dict[str, None] = {path: None}
        size = 0
        stack = [(path, iter(self._direct.get(path, ())))]
        while stack:
            file, waiting = stack[-1]
            following = next((f for f in waiting if f not in order), None)
            if following is None:
                stack.pop()
                del inside[file]
                order[file] = None
            elif following in inside:
                raise CannotJoin(f"it imports itself, through {following}")
            else:
                size += self._sizes.get(following, 0)
                if size > LARGEST:
                    raise CannotJoin("it imports too much of the folder to be read in front of it (more than "
                                     f"{LARGEST >> 20} MiB); a native Lean has that compiled")  # fmt: skip
                inside[following] = None
                stack.append((following, iter(self._direct.get(following, ()))))
        return list(order)[:-1]
