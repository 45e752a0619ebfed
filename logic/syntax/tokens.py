"""Text to tokens, for every notation at once. What the tokens mean together is decided in `loose.py`.

A word such as `and` or `all` stays a name here: whether it is a connective, a quantifier or somebody's
predicate depends on where it stands, which only the parser knows.
"""

from __future__ import annotations

import re
from typing import NamedTuple

from logic.errors import ReadError


class Token(NamedTuple):
    kind: str  # name, quotedname, number, not, op, quant, open, close, comma, dot, colon, truth, ellipsis
    value: str
    start: int


# Longest spelling first where one begins another. `<=` is a comparison or TPTP's reversed implication:
# `read.py` decides by its operands, and calls it `le` until then.
OPERATORS: dict[str, str] = {
    **dict.fromkeys(["<~>", "⊕", "⊻", "\\oplus", "<+>"], "xor"),
    **dict.fromkeys(["<-->", "<==>", "<->", "<=>", "↔", "⇔", "⟷", "⟺", "≡", "\\leftrightarrow",
                     "\\Leftrightarrow", "\\iff", "\\equiv"], "iff"),
    **dict.fromkeys(["-->", "==>", "->", "=>", "→", "⇒", "⟶", "⟹", "⊃", "\\rightarrow", "\\Rightarrow",
                     "\\implies", "\\to", "\\supset"], "implies"),
    **dict.fromkeys(["<-", "←", "⇐", "\\leftarrow"], "implied"),
    **dict.fromkeys(["&&", "&", "∧", "⋀", "/\\", "\\land", "\\wedge"], "and"),
    **dict.fromkeys(["||", "|", "∨", "⋁", "\\/", "\\lor", "\\vee"], "or"),
    "~|": "nor", "~&": "nand",
    **dict.fromkeys(["!=", "≠", "\\neq", "\\ne", "=\\="], "!="),
    **dict.fromkeys(["==", "="], "="),
    "<=": "le",
    **dict.fromkeys(["=<", "≤", "⩽", "\\leq", "\\le"], "<="),
    **dict.fromkeys([">=", "≥", "⩾", "\\geq", "\\ge"], ">="),
    "<": "<", ">": ">", "+": "+", "*": "*", "×": "*", "/": "/",
    "∈": "in", "\\in": "in",
}  # fmt: skip
NEGATIONS = ["¬", "~", "-", "∼", "−", "–", "\\neg", "\\lnot", "!", "\\sim"]
QUANTIFIERS: dict[str, str] = {
    "∀": "forall", "\\forall": "forall", "∃!": "exists1", "∃": "exists", "\\exists": "exists",
    "∄": "no", "\\nexists": "no", "⋀": "forall",
}  # fmt: skip
TRUTHS = {"⊤": "true", "⊥": "false", "\\top": "true", "\\bot": "false"}

WORD_OPERATORS = {
    "and": "and", "or": "or", "xor": "xor", "implies": "implies", "iff": "iff", "nor": "nor", "nand": "nand",
}  # fmt: skip
WORD_QUANTIFIERS = {
    "all": "forall", "forall": "forall", "for_all": "forall", "every": "forall", "each": "forall",
    "exists": "exists", "exist": "exists", "some": "exists", "thereexists": "exists", "thereexist": "exists",
    "there_exists": "exists", "no": "no", "none": "no", "notexists": "no",
}  # fmt: skip

_NAME_CHARACTER = r"[\w\u0300-\u036f\u0900-\u0dff]"
_MARK = r"[$%€£°]"  # written against a name they belong to it: $1500, 50%, 20°
_SIMPLE_NAME = rf"{_NAME_CHARACTER}+(?:['’‘]{_NAME_CHARACTER}+)*['’]*"
# A hyphen, dot or slash between two letters without a space is part of a name (Asia-Pacific, 42.3billion,
# 24/7): no notation has an infix minus or a dot there, but for the dot after a quantifier's variable.
_NAME = (
    rf"[$#@€£]{{0,2}}{_NAME_CHARACTER}(?:{_NAME_CHARACTER}|{_MARK}|['’‘](?={_NAME_CHARACTER})"
    rf"|[-–./@](?={_NAME_CHARACTER}))*(?:\+\+|['’]*)"
)


def _alternatives(words: list[str]) -> str:
    ordered = sorted(words, key=len, reverse=True)
    # a LaTeX command ends at a letter that does not continue it
    return "|".join(re.escape(w) + (r"(?![A-Za-z])" if w[0] == "\\" and w[-1].isalpha() else "") for w in ordered)


_TOKEN = re.compile(
    "|".join(
        [
            r"(?P<space>\s+)",
            r"(?P<ellipsis>\.\.\.+|…)",
            rf"(?P<truth>{_alternatives(list(TRUTHS))}|\$true\b|\$false\b|\$T\b|\$F\b)",
            rf"(?P<quant>{_alternatives(list(QUANTIFIERS))}|[!?](?=\s*\[))",
            rf"(?P<op>{_alternatives(list(OPERATORS))})",
            rf"(?P<not>{_alternatives(NEGATIONS)})",
            r"(?P<open>[(\[{])",
            r"(?P<close>[)\]}])",
            r"(?P<comma>[,;])",
            r"(?P<dot>\.)",
            r"(?P<colon>:)",
            r"(?P<quoted>'(?:[^'\\\n]|\\.)*'|\"(?:[^\"\\\n]|\\.)*\"|“[^”\n]*”|‘[^’\n]*’)",
            rf"(?P<name>{_NAME})",
        ]
    )
)
_VARIABLE = re.compile(_SIMPLE_NAME)
_NUMBER = re.compile(r"\d+(?:\.\d+)?")
_ESCAPE = re.compile(r"\\(.)")


def tokenize(text: str) -> list[Token]:
    """The tokens of a text, white space left out.

    Raises:
        ReadError: at the first character no notation has.
    """
    tokens: list[Token] = []
    binding = False  # in the variables after a quantifier, where a dot ends the name: `all x.P(x)`
    position, length = 0, len(text)
    while position < length:
        if binding and (simple := _VARIABLE.match(text, position)):
            tokens.append(Token("name", simple.group(), position))
            position = simple.end()
            # a two-word quantifier (`for all x`) goes on binding; any word that is not followed by a name
            # ends it
            continue
        match = _TOKEN.match(text, position)
        if match is None:
            raise ReadError(f"the character {text[position]!r} belongs to no formula", text, position)
        kind, value = match.lastgroup or "", match.group()
        if kind == "name":
            binding = value.lower() in WORD_QUANTIFIERS
            if _NUMBER.fullmatch(value):
                kind = "number"
        elif kind == "quant":
            value = {"!": "forall", "?": "exists"}.get(value) or QUANTIFIERS[value]
            binding = True
        elif kind == "quoted":
            kind, value, binding = "quotedname", _ESCAPE.sub(r"\1", value[1:-1]).strip(), False
            if not value:
                raise ReadError("a name in quotes is empty", text, position)
        elif kind == "op":
            value, binding = OPERATORS[value], False
        elif kind == "truth":
            value, binding = TRUTHS.get(value) or ("true" if value[1] in "tT" else "false"), False
        elif kind not in ("space", "comma"):
            binding = binding and kind == "open" and value == "["
        if kind != "space":
            tokens.append(Token(kind, value, match.start()))
        position = match.end()
    return tokens
