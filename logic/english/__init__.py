"""Controlled English: a deterministic grammar that reads a sentence in one way or says why it can't.

What it covers is listed in `README.md` beside this file.
"""

from __future__ import annotations

from logic.english.errors import EnglishError
from logic.english.reader import ProblemRead, Read, Unread, read_problem, split_sentences

__all__ = ["EnglishError", "ProblemRead", "Read", "Unread", "read_problem", "split_sentences"]
