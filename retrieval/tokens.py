"""Lean text as words for BM25: names split at dots, camel case and underscores, symbols kept.

Not here: weights (rankers/bm25.py), terms (statements.py). Also the bridge from plain words to Lean's naming
convention, so that "commutativity of list append" reaches `List.perm_append_comm`.
"""

from __future__ import annotations

import re
from functools import lru_cache

TOKEN = re.compile(
    r"(?P<name>[^\W\d][\w'!?✝₀-₉]*(?:\.[^\W\d][\w'!?₀-₉]*)*)|(?P<number>\d+)|(?P<symbol>[^\w\s()\[\]{}⟨⟩,;:.\"`@]+)"
)
# The end of a lower-case run before a capital, or an abbreviation before a capitalised word (`UInt8`, `getElem`).
CAMEL = re.compile(r"[A-Z]+(?=[A-Z][a-z])|[A-Z]?[^\WA-Z_]+|[A-Z]+|\d+")
LOCAL = re.compile(r"^[a-zA-Zα-ωΑ-Ω]['₀-₉✝\d]*$|^_|^inst(_\d+)?✝?$|^u_\d+$|^[αβγδ]_\d+$")
# Words that nothing is found by: in statements and docstrings, and in a search by plain words.
NOISE = frozenset({"Type", "Sort", "Prop", "fun", "the", "a", "an", "is", "that", "for", "with", "to", "by", "on",
                   "in"})  # fmt: skip
STOP = frozenset({"the", "a", "an", "is", "are", "that", "for", "with", "to", "by", "on", "its", "it", "be", "this",
                  "of", "over", "than", "each", "any", "every", "some", "then", "when", "theorem", "lemma", "about",
                  "statement", "fact"})  # fmt: skip

# Lean's naming convention for its symbols: a statement that shows `++` is named with `append`.
SYMBOL_NAMES = {
    "+": ("add",), "*": ("mul",), "-": ("sub", "neg"), "/": ("div",), "%": ("mod",), "^": ("pow",),
    "++": ("append",), "::": ("cons",), "=": ("eq",), "≠": ("ne",), "<": ("lt",), "≤": ("le",), ">": ("lt",),
    "≥": ("le",), "∈": ("mem",), "∉": ("mem", "not"), "∣": ("dvd",), "∪": ("union",), "∩": ("inter",),
    "⊆": ("subset",), "∧": ("and",), "∨": ("or",), "¬": ("not",), "↔": ("iff",), "∃": ("exists",),
    "∀": ("forall",), "&&": ("and",), "||": ("or",), "==": ("beq",), "!=": ("bne",), "<<<": ("shift", "left"),
    ">>>": ("shift", "right"), "&&&": ("and",), "|||": ("or",), "^^^": ("xor",), "~~~": ("not",),
    ">>=": ("bind",), "<$>": ("map",), "∘": ("comp",), "×": ("prod",), "⁻¹": ("inv",), "<+": ("sublist",),
    "<+:": ("prefix",), "~": ("perm",), "\\": ("sdiff",), "∅": ("empty",),
}  # fmt: skip

# English phrases → a word of Lean names; the longer come first.
PHRASES = {
    "if and only if": "iff", "less than or equal to": "le", "less than or equal": "le", "less or equal": "le",
    "greater than or equal to": "le", "greater than or equal": "le", "greater or equal": "le", "at most": "le",
    "at least": "le", "less than": "lt", "greater than": "lt", "smaller than": "lt", "larger than": "lt",
    "not equal": "ne", "if then else": "ite", "if-then-else": "ite", "shift left": "shiftLeft",
    "left shift": "shiftLeft", "shift right": "shiftRight", "right shift": "shiftRight", "take while": "takeWhile",
    "drop while": "dropWhile", "filter map": "filterMap", "flat map": "flatMap", "zip with": "zipWith",
    "excluded middle": "em", "modus tollens": "mt",
}  # fmt: skip
_PHRASE = re.compile(r"\b(" + "|".join(sorted(map(re.escape, PHRASES), key=len, reverse=True)) + r")\b", re.IGNORECASE)

# English → fragments of Lean names (the naming convention's own vocabulary).
WORDS = {
    "commutativity": ("comm",), "commutative": ("comm",), "commutes": ("comm",), "commute": ("comm",),
    "associativity": ("assoc",), "associative": ("assoc",), "distributivity": ("distrib", "add", "mul"),
    "distributive": ("distrib",), "distributes": ("distrib",), "symmetry": ("symm", "comm"), "symmetric": ("symm",),
    "transitivity": ("trans",), "transitive": ("trans",), "reflexivity": ("refl",), "reflexive": ("refl",),
    "irreflexive": ("irrefl",), "antisymmetry": ("antisymm",), "antisymmetric": ("antisymm",),
    "injectivity": ("inj", "injective"), "injective": ("inj",), "surjective": ("surj",),
    "cancellation": ("cancel",), "monotonicity": ("mono", "le"), "monotone": ("mono",), "monotonic": ("mono",),
    "addition": ("add",), "plus": ("add",), "sum": ("add", "sum"), "adding": ("add",),
    "subtraction": ("sub",), "minus": ("sub", "neg"), "difference": ("sub", "diff"), "subtracting": ("sub",),
    "multiplication": ("mul",), "times": ("mul",), "product": ("mul", "prod"), "multiply": ("mul",),
    "division": ("div",), "divided": ("div",), "quotient": ("div",), "dividing": ("div",),
    "remainder": ("mod", "emod"), "modulo": ("mod",), "modulus": ("mod",),
    "divides": ("dvd",), "divisible": ("dvd",), "divisibility": ("dvd",), "divisor": ("dvd", "gcd"),
    "power": ("pow",), "exponent": ("pow",), "exponentiation": ("pow",), "square": ("sq", "mul", "self"),
    "negation": ("neg", "not"), "negative": ("neg",), "positive": ("pos",), "nonnegative": ("nonneg",),
    "inverse": ("inv",), "successor": ("succ",), "predecessor": ("pred",),
    "equal": ("eq",), "equals": ("eq",), "equality": ("eq",), "unequal": ("ne",), "different": ("ne",),
    "equivalent": ("iff",), "equivalence": ("iff", "equiv"), "iff": ("iff",),
    "less": ("lt",), "smaller": ("lt",), "greater": ("lt",), "larger": ("lt",), "most": ("le",), "least": ("le",),
    "inequality": ("le", "lt"), "order": ("le", "lt"), "ordering": ("le", "lt"), "total": ("total",),
    "minimum": ("min",), "maximum": ("max",), "absolute": ("abs", "nat"),
    "conjunction": ("and",), "disjunction": ("or",), "implication": ("imp",), "implies": ("imp",),
    "exists": ("exists",), "existential": ("exists",), "universal": ("forall",), "contradiction": ("absurd",),
    "contrapositive": ("mt", "imp", "not"), "double": ("not", "two"),
    "member": ("mem",), "membership": ("mem",), "element": ("mem", "get", "elem"), "elements": ("mem", "elem"),
    "contains": ("contains", "mem"), "subset": ("subset",), "intersection": ("inter",), "union": ("union",),
    "concatenation": ("append",), "concatenate": ("append",), "concatenating": ("append",), "appending": ("append",),
    "appended": ("append",), "prepend": ("cons",), "reversal": ("reverse",), "reversed": ("reverse",),
    "reversing": ("reverse",), "empty": ("nil", "empty"), "size": ("size", "length"), "length": ("length", "size"),
    "mapping": ("map",), "mapped": ("map",), "filtering": ("filter",), "filtered": ("filter",),
    "folding": ("foldl", "foldr"), "fold": ("foldl", "foldr"), "permutation": ("perm",), "permutes": ("perm",),
    "sorted": ("pairwise", "sort"), "sorting": ("sort", "merge"), "index": ("get", "idx", "elem"),
    "lookup": ("get", "lookup", "elem"), "identity": ("id", "self"), "composition": ("comp",), "compose": ("comp",),
    "substitution": ("subst",), "congruence": ("congr",), "extensionality": ("ext",), "extensional": ("ext",),
    "integer": ("int",), "integers": ("int",), "natural": ("nat",), "naturals": ("nat",), "number": ("nat",),
    "numbers": ("nat",), "boolean": ("bool",), "booleans": ("bool",), "bitvector": ("bit", "vec"),
    "string": ("string",), "character": ("char",), "zero": ("zero", "0"), "one": ("one", "1"), "two": ("two", "2"),
    "left": ("left",), "right": ("right",), "induction": ("rec", "induct"),
    "even": ("two", "mod"), "odd": ("two", "mod"),
}  # fmt: skip


@lru_cache(maxsize=1 << 16)
def name_words(name: str) -> tuple[str, ...]:
    """`List.map_getElem` → ("list", "map", "get", "elem"): the words a name is made of, in lower case."""
    return tuple(w.lower() for part in re.split(r"[._]", name) for w in CAMEL.findall(part))


@lru_cache(maxsize=1 << 16)
def _of_name(token: str) -> tuple[str, ...]:
    if LOCAL.match(token) or token in NOISE:
        return ()
    words = name_words(token)
    out = list(words)
    for component in token.split("."):
        if "_" in component or len(words) > 1:
            out.append(component.lower())
    if "." in token:
        out.append(token.lower())
    return tuple(dict.fromkeys(out))


def tokens(text: str) -> list[str]:
    """The words of a Lean text, with repetitions, in order; local variables of one letter are left out."""
    out: list[str] = []
    for match in TOKEN.finditer(text):
        if match.lastgroup == "name":
            out += _of_name(match.group())
        else:
            out.append(match.group())
    return out


@lru_cache(maxsize=4096)
def _of_line(line: str) -> list[str]:
    """The words of a line, of which no token goes beyond the end: the states of a search share most lines."""
    return tokens(line)


def query_weights(text: str, plain: bool) -> dict[str, float]:
    """Word → weight for a query. `plain`: words of English rather than a proof state or Lean term."""
    if plain:
        return _plain_weights(text)
    found = dict.fromkeys(token for line in text.split("\n") for token in _of_line(line))
    weights = dict.fromkeys((fragment for token in found for fragment in SYMBOL_NAMES.get(token, ())), 0.4)
    weights.update((token.lower(), 1.0) for token in found)
    return weights


def _plain_weights(text: str) -> dict[str, float]:
    """English: each word, what Lean's names say for it, and neighbours joined as names join them."""
    weights: dict[str, float] = {}
    said: list[tuple[str, ...]] = []  # per word that counts: what names may say for it
    for token in tokens(_PHRASE.sub(lambda m: PHRASES[m[0].lower()], text)):
        word = token.lower()
        if word in STOP:
            continue
        fragments = WORDS.get(word) or WORDS.get(word.removesuffix("s")) or ()
        # A word that names say otherwise is rare in the library, and would outweigh all that is common in it.
        _add(weights, word, 0.4 if fragments and word not in fragments else 1.0)
        for fragment in (*fragments, *SYMBOL_NAMES.get(token, ())):
            _add(weights, fragment, 1.0 if fragments else 0.4)
        stem = word[:-1] if word.endswith("s") and len(word) > 3 else word
        if stem != word:
            _add(weights, stem, 0.7)
        said.append(fragments[:2] or (stem,))
    for i, first in enumerate(said):
        for j, second in enumerate(said[i + 1 : i + 3]):
            for a in first:
                for b in second:
                    _add(weights, f"{a}_{b}", 0.6)
                    _add(weights, f"{b}_{a}", 0.4)
                    if not j:
                        _add(weights, a + b, 0.6)  # `HashMap`
    return weights


def _add(weights: dict[str, float], word: str, weight: float) -> None:
    weights[word] = max(weights.get(word, 0.0), weight)
