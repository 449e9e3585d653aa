"""What earlier versions wrote is still read. ``tests/data/VERSION`` holds what the commands of that version wrote."""

import asyncio
import shutil
from pathlib import Path

import pytest

from tests.support.refusals import refused
from toolgrad_dspy import Library, Models, RunSpec, ToolGrad
from toolgrad_dspy.errors import UsageError
from toolgrad_dspy.program import ProgramConfig, load_program, read_program
from toolgrad_dspy.runs import RunStore, estimate_from_run, generate_run, statistics
from toolgrad_dspy.tuning import Prompts

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


@pytest.mark.parametrize("settings", [{}, {"shown_chars": 2400}])
def test_a_run_made_with_other_prompts_is_not_resumed_and_stays_as_it_is(
    version: Path, settings: dict[str, int]
) -> None:
    spec = RunSpec(n=3, program=ProgramConfig.model_validate({"iterations": 2, "mini_batch": 12, **settings}))
    with RunStore.open(version / "run") as store:
        before = list(store.sessions())
    with refused(UsageError, "other_version", "-o"):
        asyncio.run(generate_run(spec, version / "run"))
    with RunStore.open(version / "run") as store:
        assert list(store.sessions()) == before


def test_a_program_made_for_other_prompts_is_refused_and_can_be_read(version: Path) -> None:
    program = ToolGrad(Library([]), Models.from_environment())
    before = Prompts.of(program)
    with refused(UsageError, "other_signatures", "program.json"):
        load_program(version / "program.json", program)
    assert Prompts.of(program) == before
    stored = read_program(version / "program.json")
    assert isinstance(stored.description, dict)
    assert stored.description["version"] == version.name
    assert set(stored.state) == {"proposer.predict", "selector.predict"}
