"""`entails bench prove FOLDER`: the theorems of a LeanDojo Benchmark, and what is said of those left out.

Not here: reading it (`retrieval.benchmark`), posing and proving a theorem (`prover.dojo.evaluate`).
"""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

from prover.cli.common import BAD_INPUT, LEAN_MISSING, fail

if TYPE_CHECKING:
    from prover.data.rows import Row

DEFAULT_SPLIT = "val"
_SHOWN = 5


def of_folder(folder: Path, *, split: str | None, **choice: Any) -> tuple[list[Row], dict[str, Any]]:
    """The rows to prove, and what `prover.bench.run` has to know of them."""
    from prover.dojo.evaluate import work
    from prover.dojo.repos import SourceMissing
    from retrieval.benchmark import Benchmark
    from retrieval.errors import CorpusError

    try:
        found = work(Benchmark(folder), split or DEFAULT_SPLIT, **choice)
    except CorpusError as problem:
        text = str(problem)
        fail(f"{text[0].upper()}{text[1:]}.", BAD_INPUT)
    except SourceMissing as missing:
        fail(str(missing), LEAN_MISSING)
    for reason, names in found.left_out.items():
        shown = ", ".join(names[:_SHOWN]) + (", …" if len(names) > _SHOWN else "")
        print(f"entails: left out: {shown}: {reason}", file=sys.stderr)
    if not found.rows:
        fail(f"No theorem of the split {split or DEFAULT_SPLIT} of {folder} can be proved here.", BAD_INPUT)
    return list(found.rows), {"own": found.own, "project": found.root}
