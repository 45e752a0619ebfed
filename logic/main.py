"""The `entails` command: the commands of both halves in one list, each loaded when it is called.

It lives in `logic` because `logic` is the top of the import order (`logic` may use `prover`, never the
reverse). What a command does is in `prover/cli/` and `logic/cli/`; this file only joins their tables.
"""

from __future__ import annotations

import sys

from logic.cli import COMMANDS as LOGIC_COMMANDS
from prover.cli import COMMANDS as PROVER_COMMANDS
from prover.cli.lazy import run

COMMANDS = {**PROVER_COMMANDS, **LOGIC_COMMANDS}


def main() -> None:
    """Entry point of the console script."""
    sys.exit(run(COMMANDS, sys.argv[1:]))


if __name__ == "__main__":
    main()
