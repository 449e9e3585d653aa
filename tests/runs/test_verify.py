"""Checking stored samples again."""

import asyncio
import json
from pathlib import Path

import pytest

from toolgrad_dspy import RunSpec
from toolgrad_dspy.cli import main
from toolgrad_dspy.program.config import ProgramConfig
from toolgrad_dspy.records import Sample
from toolgrad_dspy.runs import RunStore, canonical, generate_run, verify


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("verify") / "run"
    asyncio.run(generate_run(RunSpec(n=3, program=ProgramConfig(iterations=3)), folder))
    return folder


def damaged(run: Path, folder: Path, **changes: str) -> Path:
    """A copy of ``run`` whose first sample has other texts."""
    with RunStore.open(run) as store:
        sessions, config, tools = list(store.sessions()), store.config(), store.tools()
    with RunStore.create_or_resume(folder, config, tools) as store:
        for session in sessions:
            if session.index == 0 and session.sample is not None:
                changed = Sample.model_validate_json(canonical(session.sample.model_copy(update=changes)))
                session = session.model_copy(update={"sample": changed})
            store.save(session)
    return folder


def test_samples_that_were_accepted_are_sound(run: Path) -> None:
    with RunStore.open(run) as store:
        found = verify(store)
    assert found.samples == found.sound == 3
    assert found.faults == ()


def test_a_text_that_was_changed_is_found_with_its_session(run: Path, tmp_path: Path) -> None:
    with RunStore.open(damaged(run, tmp_path / "run", response="It rains in Paris.")) as store:
        found = verify(store)
    assert found.samples == 3
    assert found.sound == 2
    assert {fault.index for fault in found.faults} == {0}
    assert any("Paris" in fault.text for fault in found.faults)
    assert found.by_code == {"undecided": len(found.faults)}


def test_the_command_prints_what_it_finds_and_exits_by_it(
    run: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit) as ended:
        main(["verify", str(run)])
    assert not ended.value.code
    assert "sound" in capsys.readouterr().out
    wrong = damaged(run, tmp_path / "run", query="")
    with pytest.raises(SystemExit) as ended:
        main(["verify", str(wrong), "--json"])
    assert ended.value.code == 1
    printed = json.loads(capsys.readouterr().out)
    assert printed["by_code"]["empty_query"] == 1
    assert printed["sound"] == 2
