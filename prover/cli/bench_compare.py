"""`entails bench compare A.jsonl B.jsonl`: two runs of `entails bench prove` side by side.

Not here: the statistics (`prover/compare.py`).
"""

from __future__ import annotations

import json
import math
import sys
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from prover.cli.common import BAD_INPUT, fail

if TYPE_CHECKING:
    from prover.bench import BenchResult
    from prover.compare import Comparison, Share

SCHEMA = 1


def compare(
    a: Annotated[Path, typer.Argument(help="Results of one run, the one to compare with.")],
    b: Annotated[Path, typer.Argument(help="Results of the other run over the same theorems.")],
    seconds: Annotated[float | None, typer.Option(min=0, help="Proofs that took longer do not count.")] = None,
    seed: Annotated[int, typer.Option(help="Of the bootstrap.")] = 0,
    names: Annotated[bool, typer.Option("--names", help="List the theorems that only one run proves.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="The figures as JSON.")] = False,
) -> None:
    """Compare two runs: shares proved with 95 % intervals, difference and ratio, and McNemar's test.

    Exit codes: 0, 2 bad input.
    """
    from prover.compare import compare as compared

    runs = [_read(path) for path in (a, b)]
    common = [name for name in runs[0] if name in runs[1]]
    if not common:
        fail(f"{a} and {b} have no theorem in common.", BAD_INPUT)
    for path, run in zip((a, b), runs, strict=True):
        if len(run) > len(common):
            print(f"entails: {len(run) - len(common)} theorems of {path} are in this run only and left out.",
                  file=sys.stderr)  # fmt: skip
    found = compared(*runs, seconds=seconds, seed=seed)
    if as_json:
        values = {**asdict(found), "difference": _finite(found.difference), "ratio": _finite(found.ratio)}
        print(json.dumps({"schema": SCHEMA, "files": [str(a), str(b)], "seconds": seconds, **values}))
    else:
        _print(a, b, found, names)


def _read(path: Path) -> dict[str, BenchResult]:
    from prover.bench import BadResults, read_results

    try:
        return read_results(path)[0]
    except BadResults as error:
        fail(str(error), BAD_INPUT)
    except OSError as error:
        fail(f"{path} cannot be read: {error.strerror}.", BAD_INPUT)


def _print(a: Path, b: Path, found: Comparison, names: bool) -> None:
    for letter, path, share in (("A", a, found.a), ("B", b, found.b)):
        print(f"{letter}  {_share(share)}  {path}")
    print(f"both {found.both}, only A {len(found.only_a)}, only B {len(found.only_b)}; McNemar p = {found.p:.3g}")
    middle, low, high = (100 * value for value in found.difference)
    print(f"B - A: {middle:+.1f} points [{low:+.1f}, {high:+.1f}]")
    if math.isfinite(found.ratio[0]):
        middle, low, high = found.ratio
        print(f"B / A: {middle:.2f} [{low:.2f}, {high:.2f}]")
    if names:
        for letter, listed in (("A", found.only_a), ("B", found.only_b)):
            for name in listed:
                print(f"only {letter}: {name}")


def _share(share: Share) -> str:
    percent = 100 * share.proved / share.total
    return f"{share.proved} of {share.total}, {percent:.1f} % [{100 * share.low:.1f}, {100 * share.high:.1f}]"


def _finite(values: tuple[float, float, float]) -> list[float | None]:
    """JSON has no infinity."""
    return [value if math.isfinite(value) else None for value in values]
