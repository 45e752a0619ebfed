"""Sets of theorems to measure and train a prover on: their format, and how they are made from the installed Lean."""
