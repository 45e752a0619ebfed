"""Mending one formula that does not read: rules on its text, then on its loose tree, the least harmful first.

A rule is applied only to what the reader refuses (the few that say otherwise apply to every formula), and
what it did is noted. What belongs to a whole problem, such as two spellings of a name, is in `spelling.py`.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import replace
from itertools import pairwise

from logic.errors import ReadError
from logic.syntax.loose import Loose, Note, parse
from logic.syntax.read import Reading, read_noting, shape
from logic.syntax.tokens import Token, tokenize
from logic.syntax.walk import fresh_name

# No person or model writes longer formulas; past it only the reader's own linear work is done.
LONGEST = 10_000
CONNECTIVES = {"and", "or", "xor", "implies", "iff", "nor", "nand", "implied", "comma"}
_COMPARISONS = {"=", "!=", "<", ">", "le", "<=", ">="}


def mend(text: str, notation: str | None = None) -> Reading:
    """The formula of a text that may need mending, with a note on each thing that was done.

    Raises:
        ReadError: the reader's own, where no rule helps.
    """
    if not isinstance(text, str):
        raise ReadError(f"a formula must be a text, not {type(text).__name__}")
    first: ReadError | None = None
    notes: list[Note] = []
    if _SUCH_THAT.search(text):  # before reading: `such that(P(x))` reads as a predicate `that`
        notes.append(Note("such that", "“there is an x such that” read as ∃x"))
        text = _SUCH_THAT.sub(r"exists \g<variable>. ", text)
    closed = _arguments_closed(text) if len(text) <= LONGEST else None
    if closed is not None and closed != text:  # else the rules on the tree take `P(x -> Q(x)` for one atom
        notes.append(Note("arguments closed", f"{text.strip()[:80]} → {closed.strip()[:80]}"))
        text = closed
    rules = TEXT_RULES.items() if len(text) <= LONGEST else ()
    for name, rule in [("", None), *rules]:
        if rule is not None:
            mended = rule(text)
            if mended is None or mended == text:
                continue
            notes.append(Note(name, f"{text.strip()[:80]} → {mended.strip()[:80]}"))
            text = mended
        try:
            reading = _read(text, notation)
        except ReadError as error:
            first = first or error
            continue
        return replace(reading, notes=(*notes, *reading.notes))
    assert first is not None
    raise first


def _read(text: str, notation: str | None) -> Reading:
    """Read strictly, then with the rules on the tree, then with an argument list closed at the end."""
    tokens, dropped = _without_ellipsis(tokenize(text))
    first_rules = [name for name, applies in _ALWAYS.items() if applies(tokens)]
    if not dropped and not first_rules:
        try:
            return read_noting(text, notation)
        except ReadError as error:
            first = error
    try:
        tree, notes = parse(tokens, text)
    except ReadError as error:
        tree, notes = parse(tokens, text, close_arguments=True)
        notes = [
            *notes,
            Note("unclosed arguments", f"a list of arguments closed at the end ({error.problem})"),
        ]
    notes = dropped + notes
    tried = [*notes]
    for name in dict.fromkeys([*first_rules, *TREE_RULES]):
        before = describe(tree)
        tree = TREE_RULES[name](tree)
        after = describe(tree)
        if after != before:
            tried.append(Note(name, f"{before[:80]} → {after[:80]}"))
        if name in first_rules[:-1]:
            continue
        try:
            return Reading(shape(tree, text, notation), tuple(tried))
        except ReadError as error:
            first = error
    raise first


# -- rules on the text -------------------------------------------------------------------------------------

_TRAILING_FOR_ALL = re.compile(
    r"^(?P<body>.+?)\s*,?\s+for\s+(?:(?:all|every|each|any)\s+)?(?P<variable>[a-z]\d*)"
    r"(?:\s*,?\s*(?:such that|where|s\.t\.|if|with)\s+(?P<guard>.+?))?\s*\)*\.?$",
    re.S,
)
_LEADING = re.compile(r"^[^()∀∃¬\[]*?[A-Za-z][^()∀∃¬\[]*?:\s+(?=\S)")
_PROSE = re.compile(r"^\s*[.,;:–—-]*\s*\(?\s*(?:[A-Za-z][\w’']*[\s,.:;]+){2,}", re.S)
# `there is an x such that P(x)`, `for any x such that`: English around a quantifier that is there
_SUCH_THAT = re.compile(
    r"(?:\bthere\s+(?:is|are|exists?)\s+(?:an?\s+|some\s+|at least one\s+)?|∃\s*|\bexists?\s+|\bsome\s+)"
    r"(?P<variable>[a-z]\d*)\s*,?\s+(?:such that|s\.t\.|where|with)\s*[:,]?\s*",
    re.I,
)
_OPEN_ARGUMENTS = re.compile(r"(\w\(\s*\w+(?:\s*,\s*\w+)*)\s*(->|→|=>|⇒|<->|↔|<=>|&|∧|\||∨|⊕|\band\b|\bor\b)", re.I)
_IF_THEN = re.compile(r"\bif\s+((?:(?!\bif\b|\bthen\b).)+?)\s*,?\s*\bthen\s+", re.I | re.S)
_BRACED = str.maketrans({"“": '"', "”": '"', "„": '"'})


def _for_all_behind(text: str) -> str | None:
    """`P(x) for all x such that Q(x)`."""
    match = _TRAILING_FOR_ALL.match(text.strip())
    if match is None:
        return None
    body, guard = match["body"], match["guard"]
    while body.startswith("(") and body.count("(") > body.count(")"):
        body = body[1:]  # the bracket that closes behind the quantifier: `((P(x) | Q(x)) for all x)`
    variable = match["variable"]
    guard = guard and guard + ")" * (guard.count("(") - guard.count(")"))
    return f"all {variable}. (({guard}) -> ({body}))" if guard else f"all {variable}. ({body})"


def _without_prose(text: str) -> str | None:
    """Words before or behind the formula left out: `Formula: P(a) (Note: …)`."""
    text = _LEADING.sub("", text, count=1) if _LEADING.match(text) else text
    for end in [m.end() for m in re.finditer(r"\)", text)][::-1]:
        head, tail = text[:end], text[end:]
        if head.count("(") == head.count(")") and tail.strip() and _PROSE.match(tail) and " for " not in f" {tail} ":
            return head
    return text


def _arguments_closed(text: str) -> str | None:
    """`all x. (P(x -> Q(x))`: where a closing bracket is missing, the arguments end before the connective.

    Brackets that are missing only at the end are the reader's to add, so a text without such a place is unchanged.
    """
    missing = text.count("(") - text.count(")")
    return _OPEN_ARGUMENTS.sub(r"\1) \2", text, count=missing) if missing > 0 else None


def _if_then(text: str) -> str | None:
    """`if P(x) then Q(x)`."""
    return _IF_THEN.sub(r"(\1) -> ", text)


def _quotes(text: str) -> str | None:
    """A quotation mark that is never closed is left out."""
    text = text.translate(_BRACED)
    return text.replace('"', "") if text.count('"') % 2 else text


def _odd_characters(text: str) -> str | None:
    """Characters that no notation has are left out; `?` before a variable is TPTP's ∃ without its
    brackets."""
    text = re.sub(r"(?<!\w)\?\s*([a-zA-Z]\w*)\s*[.:]", r"exists \1.", text)
    kept = []
    for character in text:
        if character.isalnum() or character.isspace() or character in "_()[]{}.,;:'\"’‘“”-–−~!?&|<>=+*/\\^$%€£°#@…":
            kept.append(character)
            continue
        try:
            tokenize(character)
        except ReadError:
            continue
        kept.append(character)
    return "".join(kept).replace("^", "&").replace("?", "")


TEXT_RULES: dict[str, Callable[[str], str | None]] = {
    "quantifier behind its formula": _for_all_behind,
    "if and then": _if_then,
    "quotation marks": _quotes,
    "words around the formula": _without_prose,
    "odd characters": _odd_characters,
}

# -- rules on the tree -------------------------------------------------------------------------------------


def _without_ellipsis(tokens: list[Token]) -> tuple[list[Token], list[Note]]:
    kept: list[Token] = []
    dropped = False
    for token in tokens:
        if token.kind == "ellipsis":
            dropped = True
            if kept and kept[-1].kind in ("op", "comma"):
                kept.pop()
            continue
        kept.append(token)
    return kept, [Note("ellipsis", "“...” left out")] if dropped else []


def _rewritten(tree: Loose, rule: Callable[[Loose, bool], Loose]) -> Loose:
    """`rule(node, in term position)` on every node from below; the node's children are already rewritten."""
    order: list[tuple[Loose, bool]] = []
    stack = [(tree, False)]
    while stack:
        node, term = stack.pop()
        order.append((node, term))
        stack.extend((kid, term or node.kind == "apply" or node.value in _COMPARISONS) for kid in node.kids)
    made: dict[int, Loose] = {}
    for node, term in reversed(order):
        node.kids = [made.pop(id(kid)) for kid in node.kids]
        made[id(node)] = rule(node, term)
    return made[id(tree)]


def _words_joined(tree: Loose) -> Loose:
    """`People's Republic of China` is one name; so is `42.3 billion` and `Lives In(x)`."""

    def rule(node: Loose, _: bool) -> Loose:
        if node.kind != "op" or node.value != "beside":
            return node
        left, right = node.kids
        if left.kind in ("name", "number") and right.kind in ("name", "number", "apply"):
            joined = f"{left.value}_{right.value}"
            quoted = left.quoted or right.quoted
            return Loose(right.kind if right.kind == "apply" else "name", joined, left.start, right.kids, quoted=quoted)
        return node

    return _rewritten(tree, rule)


def _bare_arguments(tree: Loose) -> Loose:
    """`Loves x y` is Loves(x, y) where a quantifier binds the last of these names."""
    bound: set[str] = set()
    _rewritten(tree, lambda node, _: (bound.add(node.value) if node.kind == "quant" else None, node)[1])

    def rule(node: Loose, term: bool) -> Loose:
        if node.kind != "op" or node.value != "beside" or term:
            return node
        left, right = node.kids
        if left.kind == "name" and left.value not in bound and right.kind == "name" and right.value in bound:
            return Loose("apply", left.value, left.start, [right])
        if left.kind == "apply" and not left.grouped and right.kind == "name":
            return Loose("apply", left.value, left.start, [*left.kids, right])
        return node

    return _rewritten(tree, rule)


_CALLED_QUANTIFIERS = {"forall": "forall", "all": "forall", "exists": "exists", "exist": "exists", "some": "exists"}
_CALLED_CONNECTIVES = {"and": "and", "or": "or", "implies": "implies", "iff": "iff", "xor": "xor", "equiv": "iff"}
_CALLED_NEGATIONS = {"not", "no", "neg", "negation"}


def _formulas_called(tree: Loose) -> Loose:
    """`ForAll([x], Implies(P(x), Not(Q(x))))`: quantifiers and connectives written as functions are none."""

    def formula(node: Loose) -> bool:
        return node.kind in ("op", "quant", "not", "apply")

    def rule(node: Loose, _: bool) -> Loose:
        if node.kind != "apply" or node.quoted or not node.kids:
            return node
        word = node.value.lower()
        if word in _CALLED_QUANTIFIERS and len(node.kids) > 1 and formula(node.kids[-1]):
            variables = [name for kid in node.kids[:-1] for name in _listed(kid)]
            if all(variable.kind == "name" for variable in variables):
                body = node.kids[-1]
                for variable in reversed(variables):
                    quantifier = _CALLED_QUANTIFIERS[word]
                    body = Loose("quant", variable.value, node.start, [body], quantifier=quantifier)
                return body
        if word in _CALLED_CONNECTIVES and len(node.kids) > 1 and all(map(formula, node.kids)):
            made = node.kids[0]
            for kid in node.kids[1:]:
                made = Loose("op", _CALLED_CONNECTIVES[word], node.start, [made, kid])
            return made
        if word in _CALLED_NEGATIONS and len(node.kids) == 1 and formula(node.kids[0]):
            return Loose("not", "", node.start, node.kids)
        return node

    return _rewritten(tree, rule)


def _listed(node: Loose) -> list[Loose]:
    """The parts of `[x, y]`, or the node itself."""
    if node.kind == "op" and node.value == "comma":
        return [*_listed(node.kids[0]), node.kids[1]]
    return [node]


def _comma_is_and(tree: Loose) -> Loose:
    def rule(node: Loose, term: bool) -> Loose:
        if node.kind == "op" and node.value == "comma" and not term:
            return Loose("op", "and", node.start, node.kids)
        return node

    return _rewritten(tree, rule)


def _chained_comparison(tree: Loose) -> Loose:
    """`a < b < c` is `a < b` and `b < c`."""

    def rule(node: Loose, _: bool) -> Loose:
        if node.kind != "op" or node.value not in _COMPARISONS:
            return node
        left, right = node.kids
        last = left.kids[1] if left.kind == "op" and left.value == "and" and left.kids else left
        if last.kind == "op" and last.value in _COMPARISONS and not left.grouped:
            return Loose("op", "and", node.start, [left, Loose("op", node.value, node.start, [last.kids[1], right])])
        return node

    return _rewritten(tree, rule)


def _equality_of_formulas(tree: Loose) -> Loose:
    """`=` between formulas is ↔."""

    def formula(node: Loose) -> bool:
        return node.kind in ("not", "quant", "truth") or (node.kind == "op" and node.value in CONNECTIVES)

    def rule(node: Loose, _: bool) -> Loose:
        if node.kind == "op" and node.value in ("=", "!=") and any(formula(kid) for kid in node.kids):
            same = Loose("op", "iff", node.start, node.kids)
            return same if node.value == "=" else Loose("not", "", node.start, [same])
        return node

    return _rewritten(tree, rule)


def _distributed(tree: Loose) -> Loose:
    """A connective or list among an atom's arguments goes around the atom: `P(a | b)` is `P(a) | P(b)`."""

    def rule(node: Loose, term: bool) -> Loose:
        if term or not (node.kind == "apply" or (node.kind == "op" and node.value in _COMPARISONS)):
            return node
        pending, limit = [node], 64  # an atom over many lists would grow without end
        while pending and limit:
            atom, limit = pending.pop(), limit - 1
            split = _split(atom)
            if split is not None:
                atom.kind, atom.value, atom.kids = split.kind, split.value, split.kids
                pending.extend(split.kids)
        return node

    return _rewritten(tree, rule)


def _named_argument(tree: Loose) -> Loose:
    """`Person(born=1995)` says what the argument is; the argument is 1995."""

    def rule(node: Loose, term: bool) -> Loose:
        if node.kind != "apply":
            return node
        node.kids = [
            kid.kids[1] if kid.kind == "op" and kid.value == "=" and kid.kids[0].kind == "name" else kid
            for kid in node.kids
        ]
        return node

    return _rewritten(tree, rule)


def _split(atom: Loose) -> Loose | None:
    for position, argument in enumerate(atom.kids):
        if argument.kind == "op" and argument.value in ("and", "or", "comma"):
            operator = "and" if argument.value == "comma" else argument.value
            parts = [_with_argument(atom, position, kid) for kid in argument.kids]
            return Loose("op", operator, atom.start, parts)
        if argument.kind == "not":
            return Loose("not", "", atom.start, [_with_argument(atom, position, argument.kids[0])])
    return None


def _with_argument(atom: Loose, position: int, argument: Loose) -> Loose:
    kids = [*atom.kids[:position], argument, *atom.kids[position + 1 :]]
    return Loose(atom.kind, atom.value, atom.start, kids, quoted=atom.quoted)


def _anonymous(tree: Loose) -> Loose:
    """`P(a, _)`: something is left open, so there is one."""
    taken: set[str] = set()
    _rewritten(tree, lambda node, _: (taken.add(node.value), node)[1])

    def rule(node: Loose, term: bool) -> Loose:
        if term or node.kind != "apply" or not any(kid.value == "_" and not kid.kids for kid in node.kids):
            return node
        kids, variables = [], []
        for kid in node.kids:
            if kid.value == "_" and not kid.kids:
                variable = fresh_name("x", taken)
                taken.add(variable)
                variables.append(variable)
                kid = Loose("name", variable, kid.start)
            kids.append(kid)
        made = Loose("apply", node.value, node.start, kids, quoted=node.quoted)
        for variable in reversed(variables):
            made = Loose("quant", variable, node.start, [made], quantifier="exists")
        return made

    return _rewritten(tree, rule)


TREE_RULES: dict[str, Callable[[Loose], Loose]] = {
    "arguments without brackets": _bare_arguments,
    "words of a name joined": _words_joined,
    "something left open": _anonymous,
    "comma for conjunction": _comma_is_and,
    "connective as a function": _formulas_called,
    "chained comparison": _chained_comparison,
    "equality of formulas": _equality_of_formulas,
    "connective among arguments": _distributed,
    "named argument": _named_argument,
}


def _called(tokens: list[Token]) -> bool:
    """A word for a quantifier or connective with a bracket behind it, and a bracket or list inside that."""
    words = {*_CALLED_QUANTIFIERS, *_CALLED_CONNECTIVES, *_CALLED_NEGATIONS}
    return any(
        one.kind == "name" and one.value.lower() in words and two.kind == "open" for one, two in pairwise(tokens)
    )


# What reads as an atom, and is none: these rules come first, also where the text reads.
_ALWAYS: dict[str, Callable[[list[Token]], bool]] = {
    "something left open": lambda tokens: any(token.value == "_" for token in tokens),
    "connective as a function": _called,
}


def describe(tree: Loose) -> str:
    """A loose tree as text, for notes; cut short where it is long."""
    signs = {"and": "&", "or": "|", "implies": "->", "iff": "<->", "xor": "⊕", "comma": ",", "beside": " ",
             "minus": "-", "le": "<="}  # fmt: skip
    written: list[str] = []
    stack: list[Loose | str] = [tree]
    while stack and len(written) < 200:
        node = stack.pop()
        if isinstance(node, str):
            written.append(node)
        elif node.kind == "apply":
            inner = [piece for kid in node.kids for piece in (kid, ", ")][:-1]
            stack.extend(reversed([node.value, "(", *inner, ")"]))
        elif node.kind == "op":
            sign = signs.get(node.value, node.value)
            stack.extend(reversed(["(", node.kids[0], sign if sign == " " else f" {sign} ", node.kids[1], ")"]))
        elif node.kind == "not":
            stack.extend([node.kids[0], "-"])
        elif node.kind == "quant":
            stack.extend([node.kids[0], f"{node.quantifier} {node.value}. "])
        else:
            written.append(node.value)
    return "".join(written)
