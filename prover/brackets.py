"""Splitting Lean text outside of brackets.

Not here: reading terms (`prover/generators/rules/terms.py`), whole declarations (`prover/generators/answers.py`).
"""

from __future__ import annotations

_OPENING, _CLOSING = "([{⟨", ")]}⟩"


def split(text: str, separator: str, most: int = -1) -> list[str]:
    """As `str.split`, at the separators outside of brackets; `most`: splits, -1 for all."""
    found: list[str] = []
    depth = start = 0
    for at, char in enumerate(text):
        depth += (char in _OPENING) - (char in _CLOSING)
        if not depth and at >= start and len(found) != most and text.startswith(separator, at):
            found.append(text[start:at])
            start = at + len(separator)
    return [*found, text[start:]]
