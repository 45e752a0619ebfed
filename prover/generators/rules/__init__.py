"""Rules of the symbolic portfolio: each reads a position and suggests tactics with weights. One kind a file."""
