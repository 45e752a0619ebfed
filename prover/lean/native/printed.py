"""Reads what can be read of goals that Lean printed: heads, constants, what is a proposition, and keys for merging.

The embedded backend reads the expressions themselves; here is only text, so heads and constants come from a table of
Lean's own notations, and what a user's notation means is not known. Keys are equal for goals that print alike up to
the names of hypotheses and the numbers of metavariables: terms that differ only in what Lean does not print (an
instance, an implicit argument) count as the same, as they do in LeanDojo. The gate judges the proof, so the price of
a wrong merge is a proof that does not go through, never a wrong one.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping, Sequence

from prover.lean.embedded.proofs import split_goal
from prover.lean.state import Goal, Hypothesis

#: Lean's infix notations, those that bind least first.
_INFIX: tuple[Mapping[str, str], ...] = (
    {"↔": "Iff"},
    {"∨": "Or"},
    {"∧": "And"},
    {"=": "Eq", "≠": "Ne", "<": "LT.lt", "≤": "LE.le", ">": "GT.gt", "≥": "GE.ge", "∈": "Membership.mem",
      "∉": "Not", "==": "BEq.beq", "∣": "Dvd.dvd", "⊆": "HasSubset.Subset", "≍": "HEq", "≈": "HasEquiv.Equiv",
      "!=": "bne", "<+:": "List.IsPrefix", "<:+": "List.IsSuffix", "<+": "List.Sublist"},
    {"||": "Bool.or", "&&": "Bool.and"},
    {"::": "List.cons", "++": "HAppend.hAppend", "×": "Prod", "∪": "Union.union", "∩": "Inter.inter"},
    {"+": "HAdd.hAdd", "-": "HSub.hSub"},
    {"*": "HMul.hMul", "/": "HDiv.hDiv", "%": "HMod.hMod"},
    {"^": "HPow.hPow"},
    {"∘": "Function.comp"},
)  # fmt: skip
_SYMBOLS = {symbol: constant for table in _INFIX for symbol, constant in table.items()} | {
    "∃": "Exists", "¬": "Not", "[]": "List.nil", "∅": "EmptyCollection.emptyCollection", "true": "Bool.true",
    "false": "Bool.false", "none": "Option.none", "some": "Option.some", "&&": "Bool.and", "||": "Bool.or", "if": "ite",
}  # fmt: skip
#: Heads of propositions.
_PROPOSITIONS = {"Iff", "Or", "And", "Eq", "Ne", "LT.lt", "LE.le", "GT.gt", "GE.ge", "Membership.mem", "Not", "Exists",
                 "Dvd.dvd", "HasSubset.Subset", "HEq", "True", "False", "HasEquiv.Equiv", "List.IsPrefix",
                 "List.IsSuffix", "List.Sublist", "Nonempty", "List.Perm", "List.Pairwise", "Nodup"}  # fmt: skip
_TOKEN = re.compile(
    r"""(?<![\w'✝\])!?])\?(?:_|[^\W\d])[\w.✝]*|«[^»]*»(?:\.[\w'!?]+)*|[^\W\d][\w'!?✝₀-₉¹²³⁻⁰ᵢ]*(?:\.(?:«[^»]*»|[\w'!?]+))*|\d[\w.]*|"[^"]*"
    |(?<=[)\]}⟩])\.[\w.'!?]+|=>|:=|<\||\|>\.?|>>=|<\$>|<\+:|<:\+|<\+|\+\+|::|\|\||&&|==|!=|\[\]|\S""",
    re.VERBOSE,
)
_OPENING, _CLOSING = "([{⟨⦃⌊⌈|‖", ")]}⟩⦄⌋⌉|‖"
#: `?m.12` and `?_`; not the end of `xs[i]?.isSome`.
_METAVARIABLE = re.compile(r"(?<![\w'✝\])!?])\?(?:_|[^\W\d])[\w.✝]*")
_NO_CONSTANTS = {"fun", "let", "have", "match", "with", "then", "else", "in", "Type", "Prop", "Sort"}
_BINDERS = {"∀": "∀", "∃": "Exists", "fun": "", "λ": "", "let": "", "have": "", "if": "ite", "match": ""}


def tokens(text: str) -> list[str]:
    """The words and symbols of a printed term."""
    return _TOKEN.findall(text)


def goal(text: str) -> Goal:
    """A printed goal, taken apart."""
    case, printed, target = split_goal(text)
    hypotheses: list[Hypothesis] = []
    types: dict[str, str] = {}
    for name, type_, value in printed:
        kind = head(type_, types)
        is_prop = is_proposition(type_, types)
        hypotheses.append(Hypothesis(name, type_, value, is_prop, "✝" in name and name.startswith("inst"), kind))
        types[name] = type_
    return Goal(text, target, tuple(hypotheses), case, head(target, types), constants(target, types), key(text))


def head(text: str, types: Mapping[str, str]) -> str:
    """The constant at the head of a printed term, as `Goal.head` has it; "" where text does not tell."""
    words = tokens(text)
    while words and words[0] == "(" and _matching(words, 0) == len(words) - 1:
        words = words[1:-1]
    if not words:
        return ""
    if words[0] in _BINDERS:
        return _BINDERS[words[0]]
    # What comes after a binder belongs to its body.
    depths = _depths(words)
    outside = next((i for i, w in enumerate(words) if w in ("∀", "∃", "fun", "λ") and not depths[i]), len(words))
    top = {w for w, d in zip(words[1:outside], depths[1:outside], strict=True) if d == 0}
    for table in _INFIX:
        if "Or" in table.values() and "→" in top:  # binds more than ↔, less than ∨
            return "∀"
        if "Eq" in table.values() and words[0] == "¬":  # binds more than ∧, less than =
            return "Not"
        found = next((constant for symbol, constant in table.items() if symbol in top), None)
        if found is not None:
            return found
    if words[0] == "[]":
        return _SYMBOLS[words[0]]
    if words[0] in ("Type", "Prop", "Sort") or words[0][0] in "?(⟨[{\"" or words[0] in types:
        return _projection(words[0], types) if words[0] not in types else ""
    if words[0][0].isdigit():
        return "OfNat.ofNat"
    return _projection(words[0], types) or words[0]


def constants(text: str, types: Mapping[str, str]) -> tuple[str, ...]:
    """Constants that a printed term mentions, as far as text tells; `xs.length` is `List.length` for `xs : List α`."""
    words = tokens(text)
    bound = _bound(words)
    out: dict[str, None] = {}
    for word in words:
        if word in _SYMBOLS:
            out[_SYMBOLS[word]] = None
        elif word[0].isdigit():
            out["OfNat.ofNat"] = None
        elif _is_name(word) and word not in _NO_CONSTANTS and "✝" not in word:
            base = word.split(".")[0]
            found = _projection(word, types) if base in types and base not in bound else word
            if found and base not in bound:
                out[found] = None
    return tuple(out)


def _bound(words: Sequence[str]) -> set[str]:
    """Names that ∀, ∃ and fun bind in a term."""
    names: set[str] = set()
    for i, word in enumerate(words):
        if word not in ("∀", "∃", "fun", "λ"):
            continue
        naming = True
        for later in words[i + 1 :]:
            if later in (",", "=>", "↦"):
                break
            if later == ":":
                naming = False
            elif later in ("(", "{", "[", "⦃"):
                naming = True
            elif naming and _is_name(later):
                names.add(later)
    return names


def _projection(word: str, types: Mapping[str, str]) -> str:
    """`x.f` for a hypothesis x: the head of its type, and f; "" for what is no such thing."""
    base, dot, rest = word.partition(".")
    if not dot or base not in types:
        return ""
    owner = head(types[base], types)
    return f"{owner}.{rest}" if owner and owner != "∀" else ""


def is_proposition(text: str, types: Mapping[str, str]) -> bool:
    """Whether a printed type is a proposition, as far as text tells."""
    words = tokens(text)
    while words and words[0] == "(" and _matching(words, 0) == len(words) - 1:
        words = words[1:-1]
    if not words:
        return False
    rest = _conclusion(words)
    if rest != words:
        return is_proposition(" ".join(rest), types)
    found = head(" ".join(words), types)
    if not found and words[0] in types:  # p, or a predicate applied
        return _conclusion(tokens(types[words[0]])) == ["Prop"]
    return found in _PROPOSITIONS or found.rpartition(".")[2].startswith("Lawful")


def _conclusion(words: list[str]) -> list[str]:
    """What comes after all arrows and ∀ of a type."""
    while True:
        depths = _depths(words)
        if words and words[0] == "∀":
            cut = next((i for i, w in enumerate(words) if w == "," and depths[i] == 0), None)
        else:
            cut = next((i for i, w in enumerate(words) if w == "→" and depths[i] == 0), None)
        if cut is None or cut + 1 == len(words):
            return words
        words = words[cut + 1 :]


def _depths(words: Sequence[str]) -> list[int]:
    """How many brackets are open at each token."""
    out, depth = [], 0
    for word in words:
        if word in _CLOSING and word not in "|‖":
            depth = max(depth - 1, 0)
        out.append(depth)
        if word in _OPENING and word not in "|‖":
            depth += 1
    return out


def _matching(words: Sequence[str], at: int) -> int:
    depths = _depths(words)
    return next((i for i in range(at + 1, len(words)) if depths[i] == depths[at]), -1)


def _is_name(word: str) -> bool:
    return word[0].isalpha() or word[0] in "_«"


def has_metavariable(text: str) -> bool:
    """Whether a printed goal mentions a metavariable, so that it hangs together with others."""
    return _METAVARIABLE.search(text.split("\n", 1)[-1] if text.startswith("case ") else text) is not None


def key(text: str) -> int:
    """A number that is equal for goals that print alike up to names of hypotheses and numbers of metavariables."""
    _, printed, target = split_goal(text)
    numbers = {name: f"#{i}" for i, (name, _, _) in enumerate(printed)}
    metavariables: dict[str, str] = {}

    def plain(term: str) -> str:
        out = []
        for word in tokens(term):
            if _METAVARIABLE.fullmatch(word):
                out.append(metavariables.setdefault(word, f"?{len(metavariables)}"))
                continue
            base, dot, rest = word.partition(".")
            out.append(numbers[word] if word in numbers else numbers.get(base, base) + dot + rest)
        return " ".join(out)

    parts = [plain(type_) + (f" := {plain(value)}" if value is not None else "") for _, type_, value in printed]
    digest = hashlib.blake2b("\n".join([*parts, "⊢ " + plain(target)]).encode(errors="replace"), digest_size=8)
    return int.from_bytes(digest.digest(), "big") >> 2


def size(text: str) -> int:
    """A goal's size: its words and symbols."""
    return len(tokens(text))
