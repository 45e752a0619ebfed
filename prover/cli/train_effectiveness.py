"""`entails train effectiveness`: counts how often each kind of tactic applied and was of use, in logs of searches.

Not here: the counting and the perspective that uses it (search/perspectives/effectiveness.py).
"""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from prover.cli.train_critic import LOGS_HELP, sentences


def effectiveness(
    logs: Annotated[list[Path], typer.Argument(help=LOGS_HELP)],
    out: Annotated[Path, typer.Option("--out", "-o", help="The table (JSON).")],
) -> None:  # fmt: skip
    """Count tactics: of use is one that begins a shortest proof of its state."""
    from search.critic.train import digest, results_of
    from search.perspectives.effectiveness import count, save

    with sentences(out):
        table = count(result.graph for result in results_of(logs))
        save(table, out, {"command": "entails train effectiveness", "data_sha256": digest(logs)})
    print(f"{'tactic':24} {'applied':>8} {'of use':>7}")
    for kind, (applied, used) in sorted(table.items(), key=lambda entry: -entry[1][0]):
        print(f"{kind:24} {applied:8.0f} {used / applied:7.1%}")
