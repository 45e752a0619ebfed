"""The public names of the packages, for programs and for type checkers."""

from __future__ import annotations

import ast
import importlib
from pathlib import Path
from types import ModuleType

import pytest

PACKAGES = ("prover", "prover.dojo", "retrieval", "search", "logic")


@pytest.mark.parametrize("name", PACKAGES)
def test_the_public_names_are_written_out_and_are_all_there(name):
    package = importlib.import_module(name)
    tree = ast.parse(Path(package.__file__).read_text())
    [public] = [n.value for n in tree.body if isinstance(n, ast.Assign) and n.targets[0].id == "__all__"]
    names = ast.literal_eval(public)
    assert len(names) == len(set(names))
    assert set(names) == set(package._HOME)
    [seen] = [n.body for n in tree.body if isinstance(n, ast.If)]
    imported = {(n.module, a.name) for n in seen for a in n.names}
    assert imported == {(home, n) for n, home in package._HOME.items()}


@pytest.mark.parametrize("name", PACKAGES)
def test_a_public_name_stays_what_it_is_when_every_module_is_imported(name):
    package = importlib.import_module(name)
    for module in set(package._HOME.values()):
        importlib.import_module(module)
    for public, home in package._HOME.items():
        found, meant = getattr(package, public), getattr(importlib.import_module(home), public)
        # `prover.prove` is a module that can be called (its own tests do).
        assert found is meant or (isinstance(found, ModuleType) and callable(found))


@pytest.mark.parametrize("name", [p for p in PACKAGES if "." not in p])
def test_a_package_says_that_it_is_typed(name):
    assert Path(importlib.import_module(name).__file__).with_name("py.typed").is_file()
