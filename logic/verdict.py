"""The answers a logic question can have. They are different answers: none stands in for another."""

from __future__ import annotations

from enum import Enum


class Verdict(str, Enum):
    """What follows from the premises.

    TRUE: the conclusion follows. FALSE: its negation follows. UNCERTAIN: both were shown not to follow (a
    countermodel or saturation for each). CONTRADICTORY: the premises have no model. UNKNOWN: a deadline or a
    solver's own `unknown`. ERROR: a formula could not be read or repaired: there was nothing to decide.
    """

    TRUE = "True"
    FALSE = "False"
    UNCERTAIN = "Uncertain"
    CONTRADICTORY = "Contradictory"
    UNKNOWN = "Unknown"
    ERROR = "Error"
