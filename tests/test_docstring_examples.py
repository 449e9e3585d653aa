"""The examples in docstrings do what they show.

They run in a folder that holds a finished run, ``runs/three``, and a compiled program, ``programs/first.json``.
"""

import asyncio
import doctest
import shutil
from importlib import import_module
from pathlib import Path

import pytest

from toolgrad_dspy.program import ProgramConfig
from toolgrad_dspy.runs import RunSpec, generate_run

PACKAGE = Path(__file__).resolve().parents[1] / "toolgrad_dspy"
MODULES = sorted(
    ".".join(path.relative_to(PACKAGE.parent).with_suffix("").parts).removesuffix(".__init__")
    for path in PACKAGE.rglob("*.py")
    if ">>> " in path.read_text(encoding="utf-8")
)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    place = tmp_path_factory.mktemp("examples")
    spec = RunSpec(n=3, program=ProgramConfig(iterations=2, mini_batch=12))
    asyncio.run(generate_run(spec, place / "runs/three"))
    (place / "programs").mkdir()
    shutil.copy(Path(__file__).parent / "data/0.1.0/program.json", place / "programs/first.json")
    return place


@pytest.mark.parametrize("name", MODULES)
def test_the_examples_of_a_module_are_true(name: str, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(folder)
    outcome = doctest.testmod(import_module(name), extraglobs={"Path": Path, "asyncio": asyncio})
    assert outcome.attempted
    assert outcome.failed == 0
