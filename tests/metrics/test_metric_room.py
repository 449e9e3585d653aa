"""What holds for the whole folder: the examples in its docstrings run."""

import doctest
import importlib

import pytest


@pytest.mark.parametrize("module", ["comparison", "components", "config", "conformance", "finding", "metric"])
def test_the_examples_in_the_docstrings_give_what_they_say(module: str) -> None:
    results = doctest.testmod(importlib.import_module(f"toolgrad_dspy.metrics.{module}"))
    assert results.attempted
    assert not results.failed
