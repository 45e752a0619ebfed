"""What a goal says of functions and predicates that its source defines, and where it applies them.

Not here: tactics made of it (`programs.py`, `accumulators.py`).
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from prover.generators.protocol import LocalDeclaration, Position
from prover.generators.rules.base import NAME, names_in

_FUNCTIONS = ("def", "abbrev")
_MOST, _MOST_THEOREMS = 8, 6
_PREDICATE = re.compile(r"(:|→)\s*Prop\s*$")
_CONSTRUCTOR = re.compile(r"\|\s*([^\W\d][\w'!?₀-₉]*)")
#: `where go : …` and `let rec go …`: a function inside another is `f.go`.
_INSIDE = re.compile(r"\bwhere\s+([^\W\d][\w'!?₀-₉]*)\b|\blet\s+rec\s+([^\W\d][\w'!?₀-₉]*)\b")
_BINDER = re.compile(r"([({\[⦃])([^()\[\]{}⦃⦄:]*):")
#: Names of the library that are at hand without their namespace: the source's own are meant only with `_root_`.
_EXPORTED = {"insert", "singleton"}
_ROOT = "_root_."
_ATOM = re.compile(r"[^\W\d][\w'!?₀-₉.✝]*|\d+|[(\[⟨{#\"]")
_OPENING, _CLOSING = "([{⟨⦃", ")]}⟩⦄"


@dataclass(frozen=True, slots=True)
class Own:
    """What a goal is about of its source, as a proof writes it.

    `functions`, `predicates`: those of the goal first, then those that these are made of; `recursive`: some of the
    functions; `constructors`: of the predicates; `theorems`: those about any of them, the latest first; `results`:
    function → the type of its values; `inside`: the target with functions unfolded that only call one inside them, or
    "".
    """

    functions: tuple[str, ...]
    predicates: tuple[str, ...]
    theorems: tuple[str, ...]
    recursive: tuple[str, ...]
    constructors: tuple[str, ...]
    results: Mapping[str, str]
    inside: str = ""

    @property
    def definitions(self) -> tuple[str, ...]:
        return self.functions + self.predicates


def own(position: Position) -> Own | None:
    """None where the goal is about nothing that its source defines."""
    goal = position.goals[0]
    declared = {d.name for d in position.local}
    known = {_last(d.name): d for d in position.local if d.keyword in (*_FUNCTIONS, "inductive")}
    found = dict.fromkeys(_last(c) for c in goal.constants if c in declared and _last(c) in known)
    said = {name for h in goal.hypotheses for name in names_in(h.type)}
    found |= dict.fromkeys(name for name in known if name in said)
    parts = [known[name] for name in _in_turn(found, known)]
    functions = [d for d in parts if d.keyword in _FUNCTIONS][:_MOST]
    predicates = [d for d in parts if d.keyword == "inductive" and _PREDICATE.search(d.statement)][:_MOST]
    if not functions and not predicates:
        return None
    about = {_last(d.name) for d in (*functions, *predicates)}
    theorems = [d for d in position.local if d.is_theorem and about & names_in(d.statement)][-_MOST_THEOREMS:]
    rooted = {d.name for d in parts if d.name in _EXPORTED or _ROOT + d.name in goal.text}

    def written(name: str) -> str:
        return _ROOT + name if name in rooted else name

    inner = [f"{d.name}.{name}" for d in functions for pair in _INSIDE.findall(d.body) for name in pair if name]
    recursive = [d.name for d in functions if _last(d.name) in names_in(d.body)]
    return Own(
        functions=tuple(map(written, [*(d.name for d in functions), *inner])),
        predicates=tuple(written(d.name) for d in predicates),
        theorems=tuple(d.name for d in reversed(theorems)),
        recursive=tuple(map(written, [*recursive, *inner])),
        constructors=tuple(f"{written(d.name)}.{c}" for d in predicates for c in _CONSTRUCTOR.findall(d.body)),
        results={written(d.name): _result(d.statement) for d in functions},
        inside=_unfolded(goal.target, functions, inner),
    )


def _in_turn(names: Mapping[str, None], known: Mapping[str, LocalDeclaration]) -> list[str]:
    """These, then what their definitions mention, and so on."""
    queue = list(names)
    for name in queue:
        mentioned = dict.fromkeys(NAME.findall(known[name].body))  # in an order that is always the same
        queue += [other for other in mentioned if other in known and other not in queue]
    return queue


def _result(statement: str) -> str:
    """The type of a function's values: what stands behind its last arrow, or its colon."""
    depth = 0
    for at in range(len(statement) - 1, -1, -1):
        depth -= nesting(statement[at])
        if not depth and statement[at] in "→:":
            return statement[at + 1 :].strip()
    return ""


def _unfolded(target: str, functions: list[LocalDeclaration], inner: list[str]) -> str:
    """The target with `f n` for what f is, `f.go n 0`."""
    before = target
    for d in functions:
        names = [name for name in inner if name.startswith(f"{d.name}.")]
        call = " ".join(re.split(r"\bwhere\b", d.body)[0].split())
        if not names or "let rec" in call or not call:
            continue
        call = re.sub(rf"(?<![\w.]){re.escape(_last(names[0]))}(?![\w'])", names[0], call)
        binders = [name for kind, group in _BINDER.findall(d.statement) if kind == "(" for name in group.split()]
        for at in reversed(list(applications(target, d.name))):
            values = at.values(target)
            if len(values) != len(binders):
                continue
            given = dict(zip(binders, values, strict=True))
            filled = re.sub(r"(?<![\w.])[^\W\d][\w'!?₀-₉]*", lambda m, g=given: g.get(m[0], m[0]), call)
            is_side = at.start == 0 and target.startswith(" = ", at.end)
            target = target[: at.start] + (filled if is_side else f"({filled})") + target[at.end :]
    return "" if target == before else target


def _last(name: str) -> str:
    return name.rsplit(".", 1)[-1]


@dataclass(frozen=True, slots=True)
class Application:
    """`f x y` or `x.f y` in a printed term: where it stands, and what follows the name, each with its place."""

    start: int
    end: int
    receiver: str
    arguments: tuple[tuple[int, int], ...]

    def values(self, text: str) -> list[str]:
        """What it is applied to in that text, the receiver first."""
        return [*([self.receiver] if self.receiver else []), *(text[slice(*span)] for span in self.arguments)]


def nesting(character: str) -> int:
    """How much deeper in brackets one is behind a character than before it."""
    return (character in _OPENING) - (character in _CLOSING)


def unrooted(name: str) -> str:
    """A name as goals have it among their constants."""
    return name.removeprefix(_ROOT)


def applications(text: str, function: str) -> Iterator[Application]:
    """Where a printed term applies a function, whose name it may print in part."""
    last = _last(function)
    for found in re.finditer(rf"(?<![\w.'])([^\W\d][\w'!?₀-₉.]*\.)?{re.escape(last)}(?![\w'!?₀-₉.])", text):
        prefix = (found[1] or "").removeprefix(_ROOT).removesuffix(".")
        receiver = "" if unrooted(function).endswith(f"{prefix}.{last}".lstrip(".")) else prefix
        # What follows one that is an argument itself belongs to the function before it.
        is_argument = re.search(r"[\w'!?₀-₉)\]⟩] $", text[: found.start()]) is not None
        arguments: list[tuple[int, int]] = []
        at = found.end()
        while not is_argument and text.startswith(" ", at) and (end := atom_end(text, at + 1)) is not None:
            arguments.append((at + 1, end))
            at = end
        if arguments or receiver:
            yield Application(found.start(), at, receiver, tuple(arguments))


def atom_end(text: str, start: int) -> int | None:
    """Where the argument that begins there ends; None where none does."""
    found = _ATOM.match(text, start)
    if found is None:
        return None
    first = found[0]
    if first == '"':
        end = text.find('"', found.end())
        return end + 1 if end >= 0 else None
    if first == "#":
        return atom_end(text, start + 1) if text.startswith("[", start + 1) else None
    if first not in _OPENING:
        return found.end()
    depth = 0
    for at in range(start, len(text)):
        depth += nesting(text[at])
        if not depth:
            return at + 1
    return None
