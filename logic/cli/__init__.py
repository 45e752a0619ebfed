"""The commands of the logic half: name → (where its Typer app is, one line of help)."""

COMMANDS: dict[str, tuple[str, str]] = {
    "ask": ("logic.cli.ask:app", "Answer whether a conclusion follows from premises."),
    "fol": ("logic.cli.fol:app", "Check, convert and decide first-order formulas."),
    "logic": ("logic.cli.batch:app", "Batch runs: replay recorded generations, score data sets."),
}
