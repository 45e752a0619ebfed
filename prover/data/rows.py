"""The theorems of a data set: a JSON object a line, the Lean source that poses it, a sample of them.

Not here: running a prover on rows (`prover/bench.py`), making them (`library.py`).

| field | what |
| --- | --- |
| `name` | the theorem's full name; no two rows of a file have the same |
| `statement` | `theorem NAME … : …`, without a proof |
| `imports` | exactly the modules to import: without `Init`, the source says `prelude`; left out: `Init`, `Std` |
| `preamble` | what stands between the imports and the statement; left out: `set_option autoImplicit false` |
| `module`, `area` | where the theorem comes from; for tables only |
"""

from __future__ import annotations

import json
import random
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from retrieval.files import write_whole

DEFAULT_IMPORTS = ("Init", "Std")
DEFAULT_PREAMBLE = "set_option autoImplicit false\n"


class BadRows(ValueError):
    """A file of rows that cannot be used; the message names the line."""


@dataclass(frozen=True, slots=True)
class Row:
    """A theorem to prove. `header` and `source` are what Lean reads."""

    name: str
    statement: str
    imports: tuple[str, ...] = DEFAULT_IMPORTS
    preamble: str = DEFAULT_PREAMBLE
    module: str = ""
    area: str = ""

    @property
    def header(self) -> str:
        """The imports. Every file imports Init by itself unless it says `prelude`."""
        prelude = [] if "Init" in self.imports else ["prelude"]
        return "\n".join([*prelude, *(f"import {m}" for m in self.imports)]) + "\n"

    def source(self, proof: str = "") -> str:
        """The whole text; `proof` is what follows the statement, such as ` := by simp`."""
        preamble = self.preamble if not self.preamble or self.preamble.endswith("\n") else self.preamble + "\n"
        return f"{self.header}{preamble}{self.statement}{proof}\n"

    def to_json(self) -> dict[str, Any]:
        """As a line of a file holds it, without what is the default."""
        out: dict[str, Any] = {"name": self.name, "statement": self.statement}
        if self.imports != DEFAULT_IMPORTS:
            out["imports"] = list(self.imports)
        if self.preamble != DEFAULT_PREAMBLE:
            out["preamble"] = self.preamble
        return out | {k: v for k, v in (("module", self.module), ("area", self.area)) if v}


def row(value: Mapping[str, Any]) -> Row:
    """A row from its JSON object. Raises BadRows."""
    for field in ("name", "statement", "preamble", "module", "area"):
        if not isinstance(value.get(field, "" if field not in ("name", "statement") else None), str):
            raise BadRows(f"`{field}` is missing or no text")
    imports = value.get("imports", list(DEFAULT_IMPORTS))
    if not isinstance(imports, list) or not all(isinstance(i, str) for i in imports):
        raise BadRows("`imports` is no list of module names")
    if not value["name"] or not value["statement"].strip():
        raise BadRows("`name` or `statement` is empty")
    return Row(value["name"], value["statement"], tuple(imports), value.get("preamble", DEFAULT_PREAMBLE),
               value.get("module", ""), value.get("area", ""))  # fmt: skip


def read_rows(path: Path) -> Iterator[Row]:
    """The rows of a file. Raises BadRows for the first line that is none, or repeats a name; OSError."""
    seen: set[str] = set()
    with path.open(encoding="utf-8", errors="strict") as file:
        try:
            for number, line in enumerate(file, 1):
                if not line.strip():
                    continue
                try:
                    value = json.loads(line)
                    if not isinstance(value, dict):
                        raise BadRows("no JSON object")
                    made = row(value)
                except (json.JSONDecodeError, RecursionError):
                    raise BadRows(f"{path.name}, line {number}: not JSON") from None
                except BadRows as problem:
                    raise BadRows(f"{path.name}, line {number}: {problem}") from None
                if made.name in seen:
                    raise BadRows(f"{path.name}, line {number}: the name {made.name} is there twice")
                seen.add(made.name)
                yield made
        except UnicodeDecodeError:
            raise BadRows(f"{path.name} is not UTF-8 text") from None


def sampled(rows: Sequence[Row], count: int | None, seed: int) -> list[Row]:
    """So many of the rows, in their order, the same for the same seed; all where there are no more."""
    if count is None or count >= len(rows):
        return list(rows)
    return [rows[i] for i in sorted(random.Random(seed).sample(range(len(rows)), count))]


def write_rows(path: Path, rows: list[Row]) -> None:
    """Write a file of rows at once: a reader sees the old one or the new one."""
    path.parent.mkdir(parents=True, exist_ok=True)
    text = "".join(json.dumps(r.to_json(), ensure_ascii=False) + "\n" for r in rows)
    write_whole(path, text)
