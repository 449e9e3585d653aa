"""The examples in the docstrings: they run, and give what they show."""

import doctest
import importlib

import pytest

MODULES = ("ask", "models", "settings", "calls.budget", "calls.meter", "calls.prices", "calls.rate_limit")


@pytest.mark.parametrize("name", MODULES)
def test_the_examples_in_a_modules_docstrings_give_what_they_show(name: str) -> None:
    outcome = doctest.testmod(importlib.import_module(f"toolgrad_dspy.lm.{name}"))
    assert outcome.attempted > 0
    assert outcome.failed == 0
