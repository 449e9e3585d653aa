"""The examples in the docstrings of tuning and of the optimizers."""

import doctest
import importlib

import pytest

MODULES = (
    "tuning.candidate",
    "tuning.dspy_patches",
    "tuning.evaluations",
    "tuning.evaluator",
    "optimizers.better_together",
    "optimizers.registry",
)


@pytest.mark.parametrize("module", MODULES)
def test_the_examples_in_docstrings_are_right(module: str) -> None:
    results = doctest.testmod(importlib.import_module(f"toolgrad_dspy.{module}"))
    assert results.attempted
    assert not results.failed
