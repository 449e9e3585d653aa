"""What earlier versions wrote is still read. ``tests/data/VERSION`` holds what the commands of that version wrote."""

import asyncio
import shutil
from pathlib import Path

import pytest

from toolgrad_dspy import Library, Models, RunSpec, ToolGrad, generate
from toolgrad_dspy.program import ProgramConfig, load_program
from toolgrad_dspy.runs import RunStore, estimate_from_run, statistics

DATA = Path(__file__).parent / "data"
VERSIONS = sorted(path.name for path in DATA.iterdir())


@pytest.fixture(params=VERSIONS)
def version(request: pytest.FixtureRequest, tmp_path: Path) -> Path:
    """A copy of a version's folder: what only reads must not write either, but SQLite would."""
    return Path(shutil.copytree(DATA / request.param, tmp_path / request.param))


def test_a_run_opens_with_its_figures_and_every_session(version: Path) -> None:
    with RunStore.open(version / "run") as store:
        figures = statistics(store)
        assert (figures.sessions, figures.accepted) == (2, 2)
        for index in store.done():
            session = store.session(index)
            assert session.trace.iterations
            assert session.sample is not None
        assert store.spent()
    assert estimate_from_run(version / "run", 10).sessions == 2


def test_a_run_resumes(version: Path) -> None:
    spec = RunSpec(n=3, program=ProgramConfig(iterations=2, mini_batch=12), program_file=version / "program.json")
    with RunStore.open(version / "run") as store:
        before = [session.sample for session in store.sessions()]
    assert asyncio.run(generate(spec, version / "run")).sessions == 3
    with RunStore.open(version / "run") as store:
        assert [session.sample for session in store.sessions()][:2] == before


def test_a_program_loads(version: Path) -> None:
    program = ToolGrad(Library([]), Models.from_environment())
    compiled = load_program(version / "program.json", program)
    assert compiled["version"] == version.name
    assert any(predictor.demos for predictor in program.predictors())
