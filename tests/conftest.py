"""What several rooms' tests share: one prepared, running Lean for the whole run."""

from __future__ import annotations

from collections.abc import Iterator

import pytest


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--slow", action="store_true", help="run the tests that take longer than a minute, too")


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    if not config.getoption("--slow"):
        skip = pytest.mark.skip(reason="longer than a minute: run with --slow")
        for item in items:
            if "slow" in item.keywords:
                item.add_marker(skip)


@pytest.fixture(scope="session")
def prepared():
    """The embedded Lean's artefacts, made now if this is the first run (a few minutes)."""
    from prover.lean.embedded.install import ensure

    return ensure()


@pytest.fixture(scope="session")
def lean(prepared) -> Iterator:
    """One embedded Lean; whoever uses it leaves it usable, whatever happened."""
    from prover.lean.embedded.lean import EmbeddedLean

    with EmbeddedLean(prepared) as opened:
        yield opened


@pytest.fixture(scope="session")
def state_of(lean):
    """The proof state of a statement, `(n : Nat) : n = n`, which has to elaborate."""

    def opened(statement: str):
        source = lean.open(f"set_option autoImplicit false\ntheorem t {statement} := by sorry")
        assert not [m for m in source.messages if m.severity == "error"]
        return source.holes[0].state

    return opened
