"""The soundness gate: is this text a proof of exactly that statement, checked by Lean's kernel?

Used by the prover for every proof that it reports, and open to everyone (`entails verify`, `Lean.verify`).
"""
