"""Training pairs from a file: a proof state, the premises at hand, and the tactic that worked.

JSON lines: `{"state": "n : Nat\\n⊢ n + 0 = n", "tactic": "simp", "premises": [{"name": …, "statement": …}]}`; premises
may be missing. Not here: where pairs come from (search logs, proofs), tokens (`trainer.py`).
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from prover.generators.answers import gives_up
from prover.generators.protocol import Premise
from prover.models.errors import BadRequest


@dataclass(frozen=True, slots=True)
class Example:
    """One step of a proof. premises: best first, as a generator would be given them."""

    state: str
    tactic: str
    premises: tuple[Premise, ...] = ()


def read_examples(path: str | Path) -> list[Example]:
    """The pairs of a file, each once, in its order; pairs whose tactic gives up (`sorry`) are left out.

    Raises:
        BadRequest: the file cannot be read, or a line is no pair; the sentence says which and why.
    """
    found: dict[Example, None] = {}
    try:
        with Path(path).expanduser().open(encoding="utf-8") as lines:
            for number, line in enumerate(lines, 1):
                if line.strip():
                    example = _example(line, f"{path}, line {number}")
                    if not gives_up(example.tactic):
                        found[example] = None
    except (OSError, UnicodeDecodeError) as error:
        raise BadRequest(
            f"The training set {path} cannot be read: {getattr(error, 'strerror', None) or error}."
        ) from error
    return list(found)


def data_hash(examples: Sequence[Example]) -> str:
    """SHA-256 of the pairs in their order: what a model was trained on."""
    digest = hashlib.sha256()
    for example in examples:
        digest.update(json.dumps(asdict(example), sort_keys=True).encode())
        digest.update(b"\n")
    return digest.hexdigest()


def _example(line: str, where: str) -> Example:
    try:
        body = json.loads(line)
    except ValueError as error:
        raise BadRequest(f"{where} is not JSON: {error}.") from error
    if not isinstance(body, dict):
        raise BadRequest(f"{where} is no object.")
    for name in ("state", "tactic"):
        if not isinstance(body.get(name), str) or not body[name].strip():
            raise BadRequest(f"{where} has no {name!r}.")
    return Example(body["state"], body["tactic"].strip(), tuple(_premises(body.get("premises") or (), where)))


def _premises(listed: Any, where: str) -> Iterator[Premise]:
    if not isinstance(listed, list | tuple):
        raise BadRequest(f"{where}: `premises` is a list of objects with `name` and `statement`.")
    for premise in listed:
        fields = premise if isinstance(premise, dict) else {}
        name, statement = fields.get("name"), fields.get("statement")
        if not isinstance(name, str) or not isinstance(statement, str):
            raise BadRequest(f"{where}: `premises` is a list of objects with `name` and `statement`.")
        yield Premise(name, statement)
