"""What a goal says of functions and predicates that its source defines, and where it applies them.

Not here: tactics made of it (`programs.py`, `accumulators.py`).
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from prover.generators.protocol import LocalDeclaration, Position
from prover.generators.rules.base import names_in

_MOST, _MOST_THEOREMS = 8, 6
_FUNCTIONS = ("def", "abbrev")
_PREDICATE = re.compile(r"(:|→)\s*Prop\s*$")
#: Names of the library that are at hand without their namespace: the source's own are meant only with `_root_`.
_EXPORTED = {"insert", "singleton"}
_ATOM = re.compile(r"[^\W\d][\w'!?₀-₉.✝]*|\d+|[(\[⟨{#\"]")
_CLOSING = {"(": ")", "[": "]", "⟨": "⟩", "{": "}"}


@dataclass(frozen=True, slots=True)
class Own:
    """`functions`, `predicates`: those the goal is about, then those that these are made of; `theorems` about them.

    All as a proof writes them.
    """

    functions: tuple[str, ...]
    predicates: tuple[str, ...]
    theorems: tuple[str, ...]
    recursive: tuple[str, ...]

    @property
    def definitions(self) -> tuple[str, ...]:
        return self.functions + self.predicates


def own(position: Position) -> Own | None:
    """None where the goal is about nothing that its source defines."""
    goal = position.goals[0]
    known = {_last(d.name): d for d in position.local if d.keyword in (*_FUNCTIONS, "inductive")}
    constants = [_last(c) for c in goal.constants if any(c == d.name for d in known.values())]
    said = {name for h in goal.hypotheses for name in names_in(h.type)}
    found = dict.fromkeys([*constants, *(name for name in known if name in said)])
    for name in _in_turn(found, known):
        found.setdefault(name)
    parts = [known[name] for name in found]
    functions = [d for d in parts if d.keyword in _FUNCTIONS][:_MOST]
    predicates = [d for d in parts if d.keyword == "inductive" and _PREDICATE.search(d.statement)][:_MOST]
    if not functions and not predicates:
        return None
    about = {_last(d.name) for d in (*functions, *predicates)}
    theorems = [d for d in position.local if d.is_theorem and about & names_in(d.statement)][-_MOST_THEOREMS:]

    def written(declarations: list[LocalDeclaration]) -> tuple[str, ...]:
        return tuple(
            f"_root_.{d.name}" if d.name in _EXPORTED or f"_root_.{d.name}" in goal.text else d.name
            for d in declarations
        )  # fmt: skip

    recursive = [d for d in functions if _last(d.name) in names_in(d.body)]
    return Own(written(functions), written(predicates), written(theorems[::-1]), written(recursive))


def _in_turn(names: dict[str, None], known: dict[str, LocalDeclaration]) -> Iterator[str]:
    """What the definitions of these names mention, and so on."""
    queue = list(names)
    seen = set(queue)
    while queue:
        for name in names_in(known[queue.pop(0)].body):
            if name in known and name not in seen:
                seen.add(name)
                queue.append(name)
                yield name


def _last(name: str) -> str:
    return name.rsplit(".", 1)[-1]


@dataclass(frozen=True, slots=True)
class Application:
    """`f x y` or `x.f y` in a printed term: where it stands, and what follows the name, each with its place."""

    start: int
    end: int
    receiver: str
    arguments: tuple[tuple[int, int], ...]


def applications(text: str, function: str) -> Iterator[Application]:
    """Where a printed term applies a function, whose name it may print in part."""
    last = _last(function)
    for found in re.finditer(rf"(?<![\w.'])([^\W\d][\w'!?₀-₉.]*\.)?{re.escape(last)}(?![\w'!?₀-₉.])", text):
        prefix = (found[1] or "").removesuffix(".").removeprefix("_root_").removeprefix(".")
        receiver = "" if function.removeprefix("_root_.").endswith(f"{prefix}.{last}".lstrip(".")) else prefix
        arguments: list[tuple[int, int]] = []
        at = found.end()
        itself_argument = re.search(r"[\w'!?₀-₉)\]⟩] $", text[: found.start()]) is not None
        while not itself_argument and text.startswith(" ", at) and (end := atom_end(text, at + 1)) is not None:
            arguments.append((at + 1, end))
            at = end
        if arguments or receiver:
            yield Application(found.start(), at, receiver, tuple(arguments))


def atom_end(text: str, start: int) -> int | None:
    """Where the argument that begins there ends; None where none does."""
    found = _ATOM.match(text, start)
    if found is None:
        return None
    if found[0] == '"':
        end = text.find('"', found.end())
        return end + 1 if end >= 0 else None
    first = found[0]
    if first == "#":
        return atom_end(text, start + 1) if text[start + 1 : start + 2] == "[" else None
    if first not in _CLOSING:
        return found.end()
    depth = 0
    for at in range(start, len(text)):
        if text[at] in _CLOSING:
            depth += 1
        elif text[at] in _CLOSING.values():
            depth -= 1
            if not depth:
                return at + 1
    return None
