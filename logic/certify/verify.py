"""Checks a certificate again from its text alone, and says what it proves.

The claim is read from the certificate's first line, its theorems are made again from the claim, and the gate
compares: the words are true of what the kernel checked, whatever the certificate's comments say.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from logic.certify.certificate import statement
from logic.certify.claim import MARK, THEOREMS, Claim
from logic.errors import InputError

if TYPE_CHECKING:
    from prover.lean.protocol import Lean

_MARKED = re.compile(rf"\A\s*/- {MARK} (\{{.*\}}) -/[ \t]*$", re.MULTILINE)


@dataclass(frozen=True, slots=True)
class Recheck:
    """Whether the gate accepts the certificate; what it claims, in words; why not."""

    accepted: bool
    words: tuple[str, ...]
    reason: str = ""
    axioms: tuple[str, ...] = ()
    seconds: float = 0.0


def read_claim(text: str) -> Claim:
    """The claim of a certificate. Raises InputError where the text is none."""
    found = _MARKED.search(text)
    if found is None:
        raise InputError(f"this is no certificate: it does not begin with /- {MARK} … -/")
    return Claim.from_json(found.group(1))


def recheck(text: str, lean: Lean, seconds: float = 60.0) -> Recheck:
    """Check a certificate's text with Lean's kernel.

    Raises:
        InputError: the text is no certificate.
        prover.lean.protocol.LeanMissing: there is no Lean.
    """
    from prover.lean.protocol import BadSource

    claim = read_claim(text)
    words = tuple(claim.words())
    posed = statement(claim)
    try:
        answer = lean.verify(text, posed, THEOREMS[claim.kind], seconds)
    except BadSource as error:
        return Recheck(False, words, f"the claim makes no theorem that Lean can read: {error}")
    return Recheck(answer.accepted, words, answer.reason, answer.axioms, answer.seconds)
