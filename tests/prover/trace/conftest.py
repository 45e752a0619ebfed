"""A tracer on the run's one Lean."""

from __future__ import annotations

import pytest

from prover.trace.tracer import Tracer


@pytest.fixture
def trace(lean):
    """Text (or bytes) → its trace."""
    tracer = lean.ask(Tracer)

    def run(text, path="F.lean"):
        content = text if isinstance(text, bytes) else text.encode()
        return lean.ask(lambda _: tracer.trace(path, content))

    return run
