"""Symbols of one problem that are meant to be the same: two spellings, two arities, a negation inside a name.

Each rule takes the problem's formulas and gives new ones, with a note on each change. All are general: they
look at how names are made and used, never at which names they are.
"""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Sequence
from functools import cache

from logic.syntax.formula import Formula, Function, Not, Predicate, Quantified, Variable
from logic.syntax.loose import Note
from logic.syntax.walk import fold, fresh_name, nodes, with_children

# A sign stays: C++ is not C.
_PART = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+|\d+(?:\.\d+)?|[^\W\d_A-Za-z]+|[+#*%<>=@&]+")
_FILLERS = {"the", "a", "an"}
_COPULAS = {"is", "are", "be", "was", "were", "am", "does", "do", "did"}
_NEGATIONS = {"not", "non", "isnt", "doesnt", "cannot", "cant"}


@cache
def parts(name: str) -> tuple[str, ...]:
    """The words of a name, in lower case: `BachelorOfArts_2` has bachelor, of, arts, 2."""
    found = _PART.findall(name.replace("'", "").replace("’", ""))
    return tuple(part.lower() for part in found) or (name,)


@cache
def stem(word: str) -> str:
    """A word without the endings of plural and conjugation; crude, and the same for all words of a
    problem."""
    if len(word) <= 3 or not word.isascii():
        return word
    for ending, instead in (
        ("ies", "y"),
        ("sses", "ss"),
        ("shes", "sh"),
        ("ches", "ch"),
        ("xes", "x"),
        ("zes", "z"),
    ):
        if word.endswith(ending) and len(word) > len(ending) + 1:
            return word[: -len(ending)] + instead
    if word.endswith("s") and not word.endswith(("ss", "us", "is")):
        return word[:-1]
    return word


_VOWEL = re.compile(r"[aeiouy]")


@cache
def root(word: str) -> str:
    """As `stem`, and without -ed and -ing: `studied`, `studying` and `studies` are `study`, `named` is
    `name`."""
    word = stem(word)
    for ending in ("ied", "ing", "ed"):
        head = word[: -len(ending)]
        if word.endswith(ending) and len(head) >= 3 and _VOWEL.search(head):
            if ending == "ied":
                return head + "y"
            if head[-1] == head[-2] and head[-1] not in "lsz":
                head = head[:-1]
            return head.rstrip("e")
    return word.rstrip("e") if len(word) > 3 else word


def plain_key(name: str) -> str:
    """What two spellings of one name have in common at least: letters and digits, without case."""
    return "".join(parts(name))


def stem_key(name: str) -> str:
    """As `plain_key`, for singular and plural, and without articles and `is`."""
    words = [word for word in parts(name) if word not in _FILLERS]
    if len(words) > 1 and words[0] in _COPULAS:
        words = words[1:]
    return "".join(stem(word) for word in words) or plain_key(name)


def root_key(name: str) -> str:
    """As `stem_key`, for the forms of a verb."""
    words = [word for word in parts(name) if word not in _FILLERS]
    if len(words) > 1 and words[0] in _COPULAS:
        words = words[1:]
    return "".join(root(word) for word in words) or plain_key(name)


def conjugated(name: str) -> bool:
    """Whether a word of the name ends in -ed or -ing; without one, equal roots prove nothing (human, humane)."""
    return any(len(word) > 4 and word.endswith(("ed", "ing")) for word in parts(name))


def _uses(formulas: Iterable[Formula], kind: type) -> Counter[tuple[str, int]]:
    """How often each symbol of a kind is used, by name and arity; in order of first use."""
    return Counter(
        (node.name, len(node.arguments)) for formula in formulas for node in nodes(formula) if isinstance(node, kind)
    )


def _renamed(formulas: Sequence[Formula], kind: type, names: dict[tuple[str, int], str]) -> list[Formula]:
    def rename(node, kids):
        if isinstance(node, kind) and (node.name, len(kids)) in names:
            return kind(names[node.name, len(kids)], kids)
        return with_children(node, kids)

    return [fold(formula, rename) for formula in formulas]


def one_spelling(
    formulas: Sequence[Formula], key: Callable[[str], str], rule: str, needs: Callable[[str], bool] | None = None
) -> tuple[list[Formula], list[Note]]:
    """Predicates of one arity, and functions likewise, whose names have one key get the name that is used most.

    `needs`: what one of the names must be like for that.
    """
    notes: list[Note] = []
    result = list(formulas)
    for kind in (Predicate, Function):
        groups: dict[tuple[str, int], list[str]] = defaultdict(list)
        uses = _uses(result, kind)
        for name, arity in uses:
            groups[key(name), arity].append(name)
        names: dict[tuple[str, int], str] = {}
        for (_, arity), spellings in groups.items():
            if len(spellings) > 1 and (needs is None or any(map(needs, spellings))):
                chosen = max(spellings, key=lambda name: uses[name, arity])
                names |= {(name, arity): chosen for name in spellings if name != chosen}
                others = ", ".join(name for name in spellings if name != chosen)
                notes.append(Note(rule, f"{others} → {chosen}"))
        if names:
            result = _renamed(result, kind, names)
    return result, notes


def negated_names(formulas: Sequence[Formula]) -> tuple[list[Formula], list[Note]]:
    """`NotTall(x)` is ¬Tall(x) where the problem has a predicate Tall too."""
    uses = _uses(formulas, Predicate)
    keys = {(stem_key(name), arity): name for name, arity in uses}
    names: dict[tuple[str, int], str] = {}
    for name, arity in uses:
        words = parts(name)
        rest = words[1:] if words[0] not in _COPULAS else words[2:]
        negation = words[0] if words[0] not in _COPULAS else words[1] if len(words) > 1 else ""
        if negation in _NEGATIONS and rest:
            positive = keys.get(("".join(stem(word) for word in rest if word not in _FILLERS), arity))
            if positive is not None and positive != name:
                names[name, arity] = positive
    if not names:
        return list(formulas), []

    def rule(node, kids):
        node = with_children(node, kids)
        if isinstance(node, Predicate) and (node.name, len(kids)) in names:
            return Not(Predicate(names[node.name, len(kids)], kids))
        return node

    notes = [Note("negation inside a name", f"{name} → ¬{positive}") for (name, _), positive in names.items()]
    return [fold(formula, rule) for formula in formulas], notes


def one_arity(formulas: Sequence[Formula]) -> tuple[list[Formula], list[Note]]:
    """A predicate with fewer arguments here than there leaves the last ones open: `Reads(a)` is ∃y Reads(a,
    y)."""
    arities: dict[str, set[int]] = defaultdict(set)
    for name, arity in _uses(formulas, Predicate):
        arities[name].add(arity)
    longest = {name: max(found) for name, found in arities.items() if len(found) > 1 and min(found) > 0}
    longest |= {name: max(found - {0}) for name, found in arities.items() if len(found) > 2 and min(found) == 0}
    if not longest:
        return list(formulas), []
    taken = {n.name for f in formulas for n in nodes(f) if isinstance(n, Variable | Function)}
    taken |= {n.variable for f in formulas for n in nodes(f) if isinstance(n, Quantified)}

    def rule(node, kids):
        node = with_children(node, kids)
        if not isinstance(node, Predicate) or node.name not in longest or not kids:
            return node
        missing = longest[node.name] - len(kids)
        variables: list[str] = []
        for _ in range(missing):
            variables.append(fresh_name("y", taken | set(variables)))
        made: Formula = Predicate(node.name, (*kids, *(Variable(name) for name in variables)))
        for name in reversed(variables) if missing else ():
            made = Quantified("exists", name, made)
        return made

    notes = [Note("two arities", f"{name} has {arity} arguments everywhere") for name, arity in longest.items()]
    return [fold(formula, rule) for formula in formulas], notes


def kinds_named(formulas: Sequence[Formula]) -> list[tuple[str, str]]:
    """Constants that are also one-place predicates, with the predicate: `Severe(Cancer)` beside `Cancer(x)`."""
    kinds = {stem_key(name): name for name, arity in _uses(formulas, Predicate) if arity == 1}
    constants = [name for name, arity in _uses(formulas, Function) if arity == 0]
    return [(name, kinds[stem_key(name)]) for name in constants if stem_key(name) in kinds]
