"""Outcome tables: what became of each whole-proof candidate on each training theorem, and how long it took.

A first success says which tactic was tried first; a table of all outcomes says what a policy needs: the chance of
success and the cost of every candidate, and which fail together. One JSON object a theorem:

    {"name", "goals": [GOAL], "introduced": [GOAL], "tried": [[on, tactic, outcome, milliseconds], …]}

GOAL has the fields of `prover.lean.state.Goal`; `on` is 0 for the theorem and 1 for it after introductions; outcome
is "s" (solved), "a" (advanced), "r" (rejected), "t" (timed out) or "c" (crashed).

Not here: learning from tables (`fit.py`), candidates (`pool.py`, the portfolio).
"""

from __future__ import annotations
