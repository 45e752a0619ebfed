"""Tracing: what every tactic of a Lean source did, as values and as a LeanDojo Benchmark (`entails trace`)."""
