"""Run folders that a disk, a copy or a kill has damaged: it is told, or mended, and never passed off as a run."""

import json
import random
import shutil
import sqlite3
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest
import yaml

from tests.support.refusals import refused
from tests.support.scripted_run import CONFIG, TOOLS, make_session
from toolgrad_dspy.cli import main
from toolgrad_dspy.errors import StoreError, ToolGradError
from toolgrad_dspy.export import export, exporter
from toolgrad_dspy.runs import RunStore, Spending, estimate_from_run, statistics, verify

COUNT = 60
SPENT = [Spending(stage="generate", role=role, model="m", calls=3, usd=0.25) for role in ("proposer", "selector")]


@pytest.fixture
def run(tmp_path: Path) -> Path:
    folder = tmp_path / "run"
    with RunStore.create_or_resume(folder, CONFIG, TOOLS) as store:
        for index in range(COUNT):
            store.save(make_session(index))
        store.spend(SPENT)
        store.samples_jsonl(folder / "samples.jsonl")
    return folder


def everything(folder: Path) -> dict[str, object]:
    """All that can be read of a run."""
    with RunStore.open(folder) as store:
        store.samples_jsonl(folder.parent / "written.jsonl")
        return {
            "config": store.config(),
            "tools": store.tools(),
            "sessions": list(store.sessions()),
            "accepted": list(store.sessions("accepted", traces=False)),
            "checks": store.checks(),
            "spent": store.spent(),
            "samples": (folder.parent / "written.jsonl").read_text(),
            "figures": statistics(store),
        }


def tried(work: Callable[[], object]) -> tuple[object, ToolGradError | None]:
    """What ``work`` returns, or the error that it raises, which is one line."""
    try:
        return work(), None
    except ToolGradError as error:
        return None, error


def resumed(folder: Path) -> int:
    """Play what a run lacks: how many sessions that were."""
    with RunStore.create_or_resume(folder, CONFIG, TOOLS) as store:
        missing = sorted(set(range(COUNT)) - store.done())
        assert bool(missing) == bool(store.notes)
        for index in missing:
            store.save(make_session(index))
    return len(missing)


def flip(database: Path, position: int, bit: int) -> None:
    content = bytearray(database.read_bytes())
    content[position] ^= 1 << bit
    database.write_bytes(content)


def change(folder: Path, query: str) -> None:
    """What a disk would do to a row, done by SQL."""
    with closing(sqlite3.connect(folder / "run.db", isolation_level=None)) as connection:
        assert connection.execute(query).rowcount


def test_whatever_bit_is_flipped_the_run_is_the_same_or_it_is_told(run: Path) -> None:
    draw = random.Random(0)
    database, whole = run / "run.db", (run / "run.db").read_bytes()
    before, told = everything(run), 0
    # The first page has the names of the tables, and is a small part of a large file.
    places = [draw.randrange(4096) for _ in range(100)] + [draw.randrange(len(whole)) for _ in range(100)]
    for place in places:
        database.write_bytes(whole)
        flip(database, place, draw.randrange(8))
        now, error = tried(lambda: everything(run))
        assert now == before if error is None else error.code in ("damaged", "database", "other_version"), place
        told += error is not None
    assert 20 < told < 180


def test_whatever_bit_is_flipped_a_run_that_is_resumed_has_the_same_samples_or_it_is_told(run: Path) -> None:
    draw = random.Random(1)
    database, whole = run / "run.db", (run / "run.db").read_bytes()
    before, mended = everything(run), 0
    for _ in range(60):
        database.write_bytes(whole)
        flip(database, draw.randrange(len(whole)), draw.randrange(8))
        played, error = tried(lambda: resumed(run))
        if error is None:
            assert everything(run) == before
            mended += bool(played)
        else:
            assert error.code in ("damaged", "database", "other_version"), error
    assert mended > 10


def test_a_damaged_session_is_named_and_the_others_are_read(run: Path) -> None:
    change(run, """UPDATE sessions SET sample = replace(sample, 'Done.', 'Gone.') WHERE "index" = 3""")
    change(run, """UPDATE sessions SET status = 'rejected' WHERE "index" = 5""")
    change(run, """UPDATE sessions SET trace = replace(trace, 'nothing', 'anything') WHERE "index" = 8""")
    with RunStore.open(run) as store:
        with refused(StoreError, "damaged", run, "session 3"):
            store.session(3)
        with refused(StoreError, "damaged", run, "session 3"):
            list(store.sessions())
        with refused(StoreError, "damaged", run, "session 3"):
            list(store.sessions("rejected"))
        with refused(StoreError, "damaged", "session 8"):
            store.session(8)
        assert store.session(8, traces=False).index == 8
        damaged: set[int] = set()
        read = {session.index for session in store.sessions(damaged=damaged)}
        assert damaged == {3, 5, 8}
        assert read == set(range(COUNT)) - damaged
        figures = statistics(store)
        assert (figures.damaged, figures.sessions) == ((3, 5, 8), COUNT - 2)  # the trace of 8 is not needed for most
        faults = [fault.index for fault in verify(store).faults if fault.code == "damaged"]
        assert faults == [3, 5, 8]
        with refused(StoreError, "damaged", "session 3"):
            store.samples_jsonl(run.parent / "never.jsonl")
    with refused(StoreError, "damaged", "session 3"):
        estimate_from_run(run, 10)
    assert not (run.parent / "never.jsonl").exists()


def test_an_export_leaves_damaged_sessions_out_and_names_them(run: Path, tmp_path: Path) -> None:
    whole = export([run], tmp_path / "whole", [exporter("openai")])
    change(run, """UPDATE sessions SET sample = replace(sample, 'Done.', 'Gone.') WHERE "index" = 3""")
    manifest = export([run], tmp_path / "data", [exporter("openai")])
    assert whole.damaged == {}
    assert manifest.damaged == {str(run): (3,)}
    assert manifest.samples == whole.samples - 1
    assert "Gone." not in (tmp_path / "data/openai.jsonl").read_text()


@pytest.mark.parametrize(
    "arguments", [["stats"], ["stats", "--json"], ["show"], ["show", "--json"], ["verify"], ["export", "-o", "data"]]
)
def test_commands_show_what_is_whole_and_end_with_what_is_not(
    run: Path, arguments: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    change(run, """UPDATE sessions SET reason = 'other' WHERE "index" = 3""")
    command, *options = arguments
    with pytest.raises(SystemExit) as ended:
        main([command, str(run), *options])
    printed = capsys.readouterr()
    assert ended.value.code == 1
    assert "damaged" in printed.out + printed.err
    assert "3" in printed.err if command != "verify" else "3: " in printed.out
    if "--json" in options:
        assert json.loads(printed.out)


def test_a_run_that_is_resumed_takes_damaged_sessions_out_and_says_so(run: Path) -> None:
    change(run, """UPDATE sessions SET usage = replace(usage, '100', '900') WHERE "index" = 3""")
    change(run, """UPDATE sessions SET "index" = 4711 WHERE "index" = 5""")
    with RunStore.create_or_resume(run, CONFIG, TOOLS) as store:
        (note,) = store.notes
        assert "3" in note
        assert "4711" in note
        assert store.done() == set(range(COUNT)) - {3, 5}
        for index in (3, 5):
            store.save(make_session(index))
        assert statistics(store).damaged == ()


@pytest.mark.parametrize(
    "query",
    [
        'DELETE FROM sessions WHERE "index" = 7',
        "DELETE FROM tools WHERE position = 1",
        "UPDATE tools SET tool = replace(tool, 'book', 'bock')",
        "UPDATE spent SET usd = 0",
        "DELETE FROM spent WHERE role = 'selector'",
        "UPDATE meta SET value = '61' WHERE key = 'sessions'",
        "UPDATE meta SET value = replace(value, '8', '9') WHERE key = 'config'",
        "DELETE FROM meta WHERE key = 'config'",
    ],
)
def test_rows_that_are_missing_or_changed_elsewhere_are_told(run: Path, query: str) -> None:
    change(run, query)
    with refused(StoreError, "damaged", run):
        everything(run)


def halved(path: Path) -> None:
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])


def emptied(path: Path) -> None:
    path.write_bytes(b"")


def replaced(path: Path) -> None:
    path.write_bytes(b"not a database, but long enough to be read as a header" * 100)


@pytest.mark.parametrize("harm", [halved, emptied, replaced])
@pytest.mark.parametrize("resumed", [True, False])
def test_a_database_that_is_not_whole_is_told_and_left_as_it_is(
    run: Path, harm: Callable[[Path], None], resumed: bool
) -> None:
    harm(run / "run.db")
    left = {path.name: path.read_bytes() for path in run.iterdir()}
    with pytest.raises(StoreError) as caught:
        RunStore.create_or_resume(run, CONFIG, TOOLS) if resumed else everything(run)
    assert caught.value.code == "damaged"
    assert "\n" not in str(caught.value)
    assert {path.name: path.read_bytes() for path in run.iterdir() if path.name in left} == left


@pytest.mark.parametrize("harm", [halved, emptied, replaced, Path.unlink])
def test_a_configuration_file_that_is_not_whole_is_written_anew_from_the_database(
    run: Path, harm: Callable[[Path], None]
) -> None:
    harm(run / "config.yaml")
    with RunStore.create_or_resume(run, CONFIG, TOOLS) as store:
        (note,) = store.notes
        assert "config.yaml" in note
    assert yaml.safe_load((run / "config.yaml").read_text()) == CONFIG
    with RunStore.create_or_resume(run, CONFIG, TOOLS) as store:
        assert store.notes == []


def test_a_configuration_without_its_run_is_not_overwritten(tmp_path: Path) -> None:
    (tmp_path / "config.yaml").write_text("models: {all: {model: mine}}\n")
    with pytest.raises(ToolGradError) as caught:
        RunStore.create_or_resume(tmp_path, CONFIG, TOOLS)
    assert caught.value.code == "foreign_folder"
    assert [path.name for path in tmp_path.iterdir()] == ["config.yaml"]


def test_a_start_that_was_killed_while_it_made_the_database_leaves_nothing_in_the_way(
    run: Path, tmp_path: Path
) -> None:
    folder = tmp_path / "killed"
    folder.mkdir()
    (folder / "run.lock").touch()
    shutil.copy(run / "run.db", folder / ".run.db.0123.new")
    with RunStore.create_or_resume(folder, CONFIG, TOOLS) as store:
        assert store.done() == frozenset()
    assert sorted(path.name for path in folder.iterdir()) == ["config.yaml", "run.db", "run.lock"]
