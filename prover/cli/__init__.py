"""The commands of the prover half: name → (where its Typer app is, one line of help)."""

COMMANDS: dict[str, tuple[str, str]] = {
    "prove": ("prover.cli.prove:app", "Prove a theorem, or the sorries of a Lean file."),
    "verify": ("prover.cli.verify:app", "Check a proof against the statement it should prove."),
    "lean": ("prover.cli.lean:app", "Prepare, inspect or remove the embedded Lean."),
    "bench": ("prover.cli.bench:app", "Benchmark runs over many theorems."),
}
