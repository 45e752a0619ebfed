"""The commands of the prover half: name → (where its Typer app is, one line of help)."""

COMMANDS: dict[str, tuple[str, str]] = {
    "prove": ("prover.cli.prove:app", "Prove a theorem, or the sorries of a Lean file."),
    "verify": ("prover.cli.verify:app", "Check a proof against the statement it should prove."),
    "lean": ("prover.cli.lean:app", "Prepare, inspect or remove the embedded Lean."),
    "search": ("prover.cli.search:app", "Search the library by words, name or pattern."),
    "index": ("prover.cli.index:app", "Build or refresh the index of premises."),
    "train": ("prover.cli.train:app", "Train the models that guide proofs."),
    "trace": ("prover.cli.trace:app", "Extract theorems, tactics and states as a LeanDojo Benchmark."),
    "bench": ("prover.cli.bench:app", "Benchmark runs over many theorems."),
}
