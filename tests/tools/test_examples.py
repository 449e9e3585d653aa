"""The examples in the docstrings run, and show what they say."""

import doctest
import importlib
from pathlib import Path

import pytest

import toolgrad_dspy

PACKAGE = Path(toolgrad_dspy.__file__).parent


def modules_with_examples() -> list[str]:
    paths = [path for part in ("tools", "sampling", "world") for path in sorted((PACKAGE / part).rglob("*.py"))]
    shown = [path for path in paths if ">>> " in path.read_text(encoding="utf-8")]
    return [
        ".".join(path.relative_to(PACKAGE.parent).with_suffix("").parts).removesuffix(".__init__") for path in shown
    ]


@pytest.mark.parametrize("module", modules_with_examples())
def test_an_example_does_what_it_shows(module: str) -> None:
    results = doctest.testmod(importlib.import_module(module))
    assert results.attempted > 0
    assert results.failed == 0
