"""What holds for the whole folder: it stands below the program, and its examples run."""

import doctest
import importlib
import subprocess
import sys

import pytest


def test_judging_needs_nothing_of_the_program() -> None:
    code = (
        "import sys, toolgrad_dspy.judging\n"
        "above = [name for name in sys.modules if name.startswith('toolgrad_dspy.program')]\n"
        "assert not above, above\n"
    )
    subprocess.run([sys.executable, "-c", code], check=True)


@pytest.mark.parametrize("module", ["judging.judge", "judging.cache", "records.judgement"])
def test_the_examples_in_the_docstrings_give_what_they_say(module: str) -> None:
    results = doctest.testmod(importlib.import_module(f"toolgrad_dspy.{module}"))
    assert results.attempted
    assert not results.failed
