"""The examples in docstrings do what they show. They run in a folder that holds a finished run, ``runs/three``."""

import asyncio
import doctest
from importlib import import_module
from pathlib import Path

import pytest

from toolgrad_dspy.program import ProgramConfig
from toolgrad_dspy.runs import RunSpec, generate

MODULES = (
    "program.config",
    "program.sessions",
    "program.toolgrad",
    "provenance.mentions",
    "provenance.origins",
    "records.call",
    "records.pointer",
    "records.session",
    "runs.spec",
    "runs.statistics",
    "runs.store",
)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    place = tmp_path_factory.mktemp("examples")
    spec = RunSpec(n=3, program=ProgramConfig(iterations=2, mini_batch=12))
    asyncio.run(generate(spec, place / "runs/three"))
    return place


@pytest.mark.parametrize("name", MODULES)
def test_the_examples_of_a_module_are_true(name: str, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(folder)
    outcome = doctest.testmod(import_module(f"toolgrad_dspy.{name}"), extraglobs={"Path": Path, "asyncio": asyncio})
    assert outcome.attempted
    assert outcome.failed == 0
