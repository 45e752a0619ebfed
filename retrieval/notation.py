"""Lean's notation as tables: operators with their precedences, binders, brackets, and the tokens of a text.

Not here: reading terms (reader.py). Precedences are those of Lean's Prelude and Init.Core.
"""

from __future__ import annotations

import re

INFIX: dict[str, tuple[int, int]] = {}  # operator → (left, right) binding power
for _power, _associativity, _operators in (
    (10, "r", "<| $"), (9, "l", "|>"), (20, "n", "↔ <|>"), (25, "r", "→"), (30, "r", "∨ || ⊕"),
    (35, "r", "∧ && × ×' ∧ₚ"),
    (50, "n", "= ≠ < ≤ > ≥ ∈ ∉ ∣ ∤ ⊆ ⊂ ⊇ == != ≈ ≍ ~ <+ <+~ <+: <:+ <:+: ≡ ≃ ∋"),
    (55, "l", "||| >>="), (58, "l", "^^^"), (60, "l", "&&& <*> *> <* >> >=>"), (65, "l", "+ - ++ ∪ ∆"),
    (67, "r", "::"), (70, "l", "* / % ∩ \\ ⊓ ⊔"), (73, "r", "•"), (75, "r", "^"), (75, "l", "<<< >>>"),
    (90, "r", "∘"), (100, "r", "<$> <&>"),
):  # fmt: skip
    for _op in _operators.split():
        INFIX[_op] = (_power, _power if _associativity == "r" else _power + 1)
UNKNOWN_INFIX = (50, 51)
PREFIX = {"¬": 40, "!": 40, "-": 75, "~~~": 100, "↑": 100, "⇑": 100, "√": 100, "#": 100, "𝒫": 100}
BINDERS = {"∀": "∀", "∃": "∃", "∃!": "∃!", "fun": "fun", "λ": "fun", "Σ": "Σ", "Π": "∀", "∑": "∑", "∏": "∏", "⋃": "⋃",
           "⋂": "⋂"}  # fmt: skip
CLOSING = {"(": ")", "[": "]", "{": "}", "⟨": "⟩", "⦃": "⦄", "#[": "]", "#v[": "]", "⌜": "⌝", "‖": "‖"}
STOPPERS = frozenset({")", "]", "}", "⟩", "⦄", "⌝", ",", ";", ":", "=>", "↦", "|", "//", "then", "else", "with", "in",
                      "from", "by", "at", "where", "do", "end", ":=", "←"})  # fmt: skip
_OPERATORS = sorted(
    {*INFIX, *PREFIX, "∃!", "=>", "↦", ":=", "//", "⁻¹", "#[", "#v[", "...", "⊢"}, key=len, reverse=True
)
TOKEN = re.compile(
    r"\s*(?:(?P<text>\"(?:\\.|[^\"\\])*\"|'(?:\\.[^']*|[^'\\])')"
    r"|(?P<op>⁻¹|#\[|#v\[|@|[()\[\]{}⟨⟩⦃⦄⌜⌝,;‖]|" + "|".join(map(re.escape, _OPERATORS)) + r")"
    r"|(?P<number>\d+(?:\.\d+)?)"
    r"|(?P<name>(?:«[^»]*»|[^\W\d][\w'!?✝₀-₉]*)(?:\.(?:«[^»]*»|[^\W\d][\w'!?✝₀-₉]*|\d+))*)"
    r"|(?P<field>\.(?:[^\W\d][\w'!?₀-₉]*|\d+)(?:\.[^\W\d][\w'!?₀-₉]*)*)"
    r"|(?P<other>[^\w\s()\[\]{}⟨⟩⦃⦄,;\"'«»]+|.))",
    re.DOTALL,
)
AUTO_BOUND = re.compile(r"^[a-zα-κμ-ω]['₀-₉✝\d]*(_\d+)?$|.*✝")
TYPE_NOTATION = {"×": "Prod", "⊕": "Sum"}  # heads of types whose fields are written with a dot (`p.fst`)

# What comes before the type in a declaration's source.
HEADER = re.compile(
    r"^\s*(?:@\[[^\]]*\]\s*)*(?:(?:private|protected|noncomputable|nonrec|unsafe|partial|scoped|local)\s+)*"
    r"(?:theorem|lemma|def|abbrev|instance|axiom|structure|class|inductive|opaque|constant|alias)\s+"
    r"(?P<name>[^\s:({\[⦃]+)?"
)
