"""The page that goes with `data/library`, with its counts."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence

from prover.data.areas import AREAS
from prover.data.rows import Row
from prover.lean.embedded.engine import LEAN_VERSION

_PAGE = """\
# Theorems of Lean's own library

{total} theorems of Lean {version}'s library (`Init` and `Std`), each to be proved in the environment of its module's
imports only: neither the theorem itself nor what follows from it is at hand. Made from the installed Lean by

    entails bench library-data --out data/library        (or: python -m prover.data --out data/library)

**Source and licence.** The statements are those of the Lean 4 library (github.com/leanprover/lean4), copyright its
authors, Apache License 2.0, as Lean's pretty-printer writes them. Nothing else of the library is here; proofs are not.

**Rows.** One JSON object a line: `name`; `statement` (`theorem NAME … : …`, no proof); `imports` (exactly these, so
the source begins with `prelude` where `Init` is not among them); `module` and `area`. `prover.data.rows.Row.source`
puts the text together: imports, `set_option autoImplicit false`, statement.

**What was checked.** Every statement, elaborated in just that environment, is the same expression (up to the names of
bound variables) with the same universe parameters as the library's own theorem. Left out: statements that need a
definition of their own module; deprecated theorems, instances, projections; what Lean generates (`injEq`, `eq_1`,
`sizeOf_spec`, `inj`, …); internal models of containers and the innards of tactics; statements above 700 characters; the
few that do not read back.

**Splits.** By module: a module's theorems are all in one file. In each area the modules, in the order of a hash, go one
by one to the split that is furthest below its share. Within a split the areas have even shares as far as they reach.

| area | {heads} |
| --- | {rules} |
{table}
"""


def readme(rows: Mapping[str, Sequence[Row]]) -> str:
    """The page's text for these splits."""
    counts = {split: Counter(r.area for r in found) for split, found in rows.items()}
    lines = [[area, *(str(c[area]) for c in counts.values())] for area in AREAS]
    lines.append(["all", *(str(c.total()) for c in counts.values())])
    lines.append(["modules", *(str(len({r.module for r in found})) for found in rows.values())])
    return _PAGE.format(
        total=f"{sum(map(len, rows.values())):,}", version=LEAN_VERSION,
        heads=" | ".join(counts), rules=" | ".join("---:" for _ in counts),
        table="\n".join(f"| {' | '.join(line)} |" for line in lines),
    )  # fmt: skip
