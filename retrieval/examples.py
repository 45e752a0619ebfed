"""Examples of premise use: a proof state and the premises the next step used; JSON lines in and out.

Not here: LeanDojo's splits (leandojo.py), where examples come from. One object a line: `state`, `premises`
(names), and where the state stands: `module` and, optionally, `theorem` (its name) or `declaration` (the
number of premises of the module that come before it). This is what the prover writes of its own proofs.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from retrieval.corpus import Corpus
from retrieval.errors import CorpusError, UnknownModule
from retrieval.files import write_whole
from retrieval.records import At


@dataclass(frozen=True, slots=True)
class Example:
    """A proof state and the premises that the next step used: what retrieval is trained and judged on."""

    state: str
    theorem: str
    position: At
    positives: tuple[int, ...]  # numbers of premises in the corpus
    tactic: str = ""


@dataclass(frozen=True, slots=True)
class Read:
    """The examples of a file, and how many premises were named that cannot be positives, by reason."""

    examples: tuple[Example, ...]
    unknown: int
    inaccessible: int


def read_jsonl(path: Path, corpus: Corpus) -> Read:
    """Read examples. Raises CorpusError for a line that is broken or stands in an unknown module.

    Premises that the corpus does not have, or that are not accessible at the position, are counted and
    dropped; an example without any left is dropped.
    """
    examples: list[Example] = []
    unknown = inaccessible = 0
    try:
        lines = path.read_text(encoding="utf-8").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        raise CorpusError(f"{path} cannot be read: {error}") from None
    for number, line in enumerate(lines, 1):
        if not line.strip():
            continue
        try:
            data = json.loads(line)
            state, names, module = data["state"], data["premises"], data["module"]
            if not isinstance(state, str) or not all(isinstance(n, str) for n in names):
                raise TypeError("state and premises must be text")
            place = _position(corpus, module, data.get("theorem"), data.get("declaration"))
            allowed = corpus.accessible.mask(place).allowed
        except (ValueError, KeyError, TypeError, UnknownModule) as error:
            raise CorpusError(f"{path}, line {number}: not an example ({error})") from None
        found = [corpus.find(n) for n in dict.fromkeys(names)]
        unknown += found.count(None)
        positives = tuple(i for i in found if i is not None and allowed[i])
        inaccessible += sum(i is not None and not allowed[i] for i in found)
        if positives:
            examples.append(Example(state, data.get("theorem") or "", place, positives, data.get("tactic", "")))
    return Read(tuple(examples), unknown, inaccessible)


def write_jsonl(examples: Iterable[Example], corpus: Corpus, path: Path) -> None:
    """Write examples, all or nothing."""
    lines: list[str] = []
    for e in examples:
        row = {"state": e.state, "premises": [corpus.names[i] for i in e.positives], "module": e.position.module,
               "declaration": e.position.declaration, "theorem": e.theorem, "tactic": e.tactic}  # fmt: skip
        lines.append(json.dumps(row, ensure_ascii=False) + "\n")
    write_whole(path, "".join(lines))


def _position(corpus: Corpus, module: str, theorem: str | None, declaration: int | None) -> At:
    m = corpus.module(module)
    first, last = int(corpus.starts[m]), int(corpus.starts[m + 1])
    if declaration is not None:
        return At(corpus.modules[m], int(declaration))
    number = corpus.find(theorem) if theorem else None
    if number is not None and first <= number < last:
        return At(corpus.modules[m], number - first)
    if theorem:
        raise UnknownModule(f"the module {module!r} has no premise {theorem!r}")
    return At(corpus.modules[m], last - first)
