"""`python -m prover.data --out data/library`: see prover/cli/bench_library.py."""

from prover.cli.bench_library import app

if __name__ == "__main__":
    app()
