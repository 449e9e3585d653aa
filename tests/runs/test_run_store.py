"""The run store through its public API, on a real folder."""

import json
import os
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest
import yaml

from tests.support.refusals import refused
from tests.support.scripted_run import CONFIG, TOOLS, make_session
from toolgrad_dspy.errors import StoreError, UsageError
from toolgrad_dspy.lm import ModelSettings
from toolgrad_dspy.records import Session
from toolgrad_dspy.runs import McpTools, RunStore, StoredConfiguration
from toolgrad_dspy.tools.mcp import load_mcp_config


def filled(folder: Path, count: int = 30) -> RunStore:
    store = RunStore.create_or_resume(folder, CONFIG, TOOLS)
    for index in reversed(range(count)):
        store.save(make_session(index))
    return store


def test_what_was_saved_comes_back_in_the_order_of_its_index(tmp_path: Path) -> None:
    with filled(tmp_path / "run") as store:
        assert store.done() == frozenset(range(30))
        stored = list(store.sessions())
        expected = [make_session(index) for index in range(30)]
        # latency is not stored, so compare what is
        assert [session.model_dump() for session in stored] == [session.model_dump() for session in expected]
        assert store.session(4).seed == expected[4].seed


def test_sessions_can_be_chosen_by_status_and_read_without_traces(tmp_path: Path) -> None:
    with filled(tmp_path / "run") as store:
        failed = list(store.sessions("failed", traces=False))
        assert [session.index for session in failed] == [10, 21]
        assert all(session.trace.iterations == () for session in failed)
        assert all(session.trace.iterations for session in store.sessions("rejected"))


def test_sessions_are_read_one_at_a_time_while_others_are_saved(tmp_path: Path) -> None:
    with filled(tmp_path / "run", 5) as store:
        sessions = store.sessions()
        assert next(sessions).index == 0
        store.save(make_session(40))
        assert [session.index for session in sessions] == [1, 2, 3, 4, 40]


def test_the_same_run_resumes_and_its_parts_are_there(tmp_path: Path) -> None:
    filled(tmp_path / "run", 3).close()
    with RunStore.create_or_resume(tmp_path / "run", CONFIG, TOOLS) as store:
        assert store.done() == {0, 1, 2}
        assert store.tools() == TOOLS
        assert store.config() == CONFIG
    assert yaml.safe_load((tmp_path / "run" / "config.yaml").read_text()) == CONFIG


def test_a_session_is_stored_once(tmp_path: Path) -> None:
    with filled(tmp_path / "run", 3) as store, refused(StoreError, "stored_already", 2):
        store.save(make_session(2))


def test_a_seed_of_64_bits_is_kept(tmp_path: Path) -> None:
    with filled(tmp_path / "run", 0) as store:
        store.save(Session(index=0, seed=2**64 - 1, status="failed", reason="none"))
        assert store.session(0).seed == 2**64 - 1


def test_another_configuration_is_refused_with_the_fields_that_differ(tmp_path: Path) -> None:
    filled(tmp_path, 1).close()
    now: StoredConfiguration = {
        "seed": 7,
        "model": "openai/x",
        "program": {"iterations": 6, "tools": ["a", "b"]},
        "budget": {"usd": 1},
    }
    differing = ("program.iterations: 8", "model: 'rehearsal'", "'openai/x'", "budget.usd")
    with refused(UsageError, "other_configuration", *differing, "-o") as caught:
        RunStore.create_or_resume(tmp_path, now, TOOLS)
    assert "seed" not in str(caught.value)


KEY = "kx-8f1d20b7c4"
# As version 0.1.0 stored it: arguments as they are, but for the values of options that are named like secrets.
LESS_MASKED: StoredConfiguration = {
    "models": {"judge": {"model": "openai/x", "api_base": f"https://gateway.org/{KEY}/v1"}},
    "tools": {
        "mcpServers": {
            "db": {
                "command": "npx",
                "args": ["-y", "server", KEY, "--pat", KEY, "--api-key", "***", "--db", "pg://me:***@db/sales"],
                "env": {"A": "***", "B": f"${{B:-{KEY}}}"},
            },
            "web": {"url": f"https://***@h.org/{KEY}/mcp?key=***", "headers": {"X": "***"}},
        }
    },
}


def now(tmp_path: Path, *args: str, name: str = "server", key: str = KEY, **variables: str) -> StoredConfiguration:
    """The same, as this version stores it."""
    local = {
        "command": "npx",
        "args": ["-y", name, key, "--pat", key, "--api-key", "other", "--db", "pg://me:other@db/sales", *args],
        "env": {"A": "a", "B": "${B:-other}", **variables},
    }
    web = {"url": f"https://u:p@h.org/{key}/mcp?key=k", "headers": {"X": "x"}}
    path = tmp_path / "servers.json"
    path.write_text(json.dumps({"mcpServers": {"db": local, "web": web}}), encoding="utf-8")
    settings = ModelSettings(model="openai/x", api_base=f"https://gateway.org/{key}/v1")
    return {"models": {"judge": settings.public()}, "tools": McpTools(load_mcp_config(path, {})).public()}


def test_a_run_that_was_stored_less_masked_is_resumed(tmp_path: Path) -> None:
    RunStore.create_or_resume(tmp_path / "run", LESS_MASKED, TOOLS).close()
    with RunStore.create_or_resume(tmp_path / "run", now(tmp_path), TOOLS) as store:
        assert store.done() == frozenset()


def test_a_run_is_resumed_with_renewed_keys_and_not_with_another_program_option_or_variable(tmp_path: Path) -> None:
    first = now(tmp_path)
    assert KEY not in json.dumps(first)
    RunStore.create_or_resume(tmp_path / "run", first, TOOLS).close()
    assert KEY.encode() not in (tmp_path / "run/run.db").read_bytes() + (tmp_path / "run/config.yaml").read_bytes()
    renewed = json.loads(json.dumps(now(tmp_path)).replace(KEY, "kx-00aa11bb22"))
    RunStore.create_or_resume(tmp_path / "run", renewed, TOOLS).close()
    for other in (
        now(tmp_path, name="another"),
        now(tmp_path, "--verbose"),
        now(tmp_path, "x"),
        now(tmp_path, C="c"),
    ):
        with refused(UsageError, "other_configuration", "tools.mcpServers.db") as caught:
            RunStore.create_or_resume(tmp_path / "run", other, TOOLS)
        assert KEY not in str(caught.value)


def test_a_difference_to_what_was_stored_less_masked_is_told_without_it(tmp_path: Path) -> None:
    RunStore.create_or_resume(tmp_path / "run", LESS_MASKED, TOOLS).close()
    with refused(UsageError, "other_configuration", "tools.mcpServers.db.args") as caught:
        RunStore.create_or_resume(tmp_path / "run", now(tmp_path, "--verbose"), TOOLS)
    assert KEY not in str(caught.value)


def test_other_tools_are_refused_by_name(tmp_path: Path) -> None:
    filled(tmp_path, 1).close()
    changed = [TOOLS[0], TOOLS[1].model_copy(update={"description": "Books."})]
    with refused(UsageError, "other_configuration", "tools", "book"):
        RunStore.create_or_resume(tmp_path, CONFIG, changed)


def test_a_refused_folder_is_free_again(tmp_path: Path) -> None:
    filled(tmp_path, 1).close()
    with pytest.raises(UsageError):
        RunStore.create_or_resume(tmp_path, {}, TOOLS)
    RunStore.create_or_resume(tmp_path, CONFIG, TOOLS).close()


def test_a_folder_with_other_files_is_refused_and_left_alone(tmp_path: Path) -> None:
    (tmp_path / "thesis.tex").write_text("x")
    with refused(UsageError, "foreign_folder", "thesis.tex"):
        RunStore.create_or_resume(tmp_path, CONFIG, TOOLS)
    assert [entry.name for entry in tmp_path.iterdir()] == ["thesis.tex"]


def test_a_start_that_was_killed_before_the_database_was_made_is_taken_up(tmp_path: Path) -> None:
    (tmp_path / "config.yaml").write_text("seed: 1\n")
    sqlite3.connect(tmp_path / "run.db").close()
    with RunStore.create_or_resume(tmp_path, CONFIG, TOOLS) as store:
        assert store.done() == frozenset()
    assert yaml.safe_load((tmp_path / "config.yaml").read_text()) == CONFIG


def test_one_store_at_a_time_writes_but_anybody_may_read(tmp_path: Path) -> None:
    with filled(tmp_path, 3) as store:
        with refused(UsageError, "run_in_use", tmp_path):
            RunStore.create_or_resume(tmp_path, CONFIG, TOOLS)
        with RunStore.open(tmp_path) as reader:
            assert reader.done() == {0, 1, 2}
            store.save(make_session(3))
            assert reader.done() == {0, 1, 2, 3}
            with refused(StoreError, "database", 4):
                reader.save(make_session(4))


def test_open_wants_a_run(tmp_path: Path) -> None:
    with refused(UsageError, "not_a_run", tmp_path):
        RunStore.open(tmp_path)
    with filled(tmp_path / "run", 1) as store, refused(UsageError, "no_such_session", 9):
        store.session(9)


def test_a_path_that_cannot_be_a_folder_is_one_line(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("x")
    for path in (tmp_path / "file", tmp_path / "file" / "below", Path("/proc/no/run")):
        with refused(StoreError, "file_system", path):
            RunStore.create_or_resume(path, CONFIG, TOOLS)


@pytest.mark.skipif(os.geteuid() == 0, reason="root writes where it is not allowed to")
def test_a_folder_without_permission_is_one_line(tmp_path: Path) -> None:
    tmp_path.chmod(0o500)
    with refused(StoreError, "database", tmp_path):
        RunStore.create_or_resume(tmp_path, CONFIG, TOOLS)


@pytest.mark.parametrize("reading", [True, False])
def test_a_damaged_database_is_one_line(tmp_path: Path, reading: bool) -> None:
    filled(tmp_path, 3).close()
    (tmp_path / "run.db").write_bytes(b"not a database, but long enough to be read as a header" * 100)
    with refused(StoreError, "damaged", tmp_path):
        RunStore.open(tmp_path) if reading else RunStore.create_or_resume(tmp_path, CONFIG, TOOLS)


def test_a_damaged_page_is_one_line_when_it_is_read(tmp_path: Path) -> None:
    filled(tmp_path, 300).close()
    database = tmp_path / "run.db"
    content = bytearray(database.read_bytes())
    content[20_000:-4_096] = b"\xff" * (len(content) - 24_096)
    database.write_bytes(content)
    with RunStore.open(tmp_path) as store, refused(StoreError, "damaged", tmp_path):
        list(store.sessions())


def test_a_record_that_does_not_fit_is_one_line(tmp_path: Path) -> None:
    filled(tmp_path, 3).close()
    with sqlite3.connect(tmp_path / "run.db") as connection:
        connection.execute('UPDATE sessions SET sample = \'{"id": 1}\' WHERE "index" = 1')
    connection.close()
    with RunStore.open(tmp_path) as store, refused(StoreError, "damaged", "sample"):
        list(store.sessions())


def test_a_store_of_another_version_is_refused(tmp_path: Path) -> None:
    filled(tmp_path, 1).close()
    connection = sqlite3.connect(tmp_path / "run.db")
    connection.execute("PRAGMA user_version = 99")
    connection.close()
    with refused(UsageError, "other_version", 99):
        RunStore.open(tmp_path)


def test_samples_are_written_in_order_and_in_one_piece(tmp_path: Path) -> None:
    target = tmp_path / "samples.jsonl"
    target.write_text("old")
    with filled(tmp_path / "run") as store:
        written = store.samples_jsonl(target)
        samples = [json.loads(line) for line in target.read_text().splitlines()]
        accepted = [session.sample for session in store.sessions("accepted")]
    assert written == len(samples) == len(accepted)
    assert samples == [sample.model_dump(mode="json") for sample in accepted if sample]
    assert sorted(entry.name for entry in tmp_path.iterdir()) == ["run", "samples.jsonl"]


def test_samples_that_cannot_be_written_leave_nothing_behind(tmp_path: Path) -> None:
    (tmp_path / "taken").mkdir()
    with filled(tmp_path / "run", 2) as store:
        for target in (tmp_path / "taken", tmp_path / "nowhere" / "samples.jsonl"):
            with refused(StoreError, "file_system", target):
                store.samples_jsonl(target)
    assert sorted(entry.name for entry in tmp_path.iterdir()) == ["run", "taken"]


def test_a_database_of_another_program_is_left_alone(tmp_path: Path) -> None:
    database = tmp_path / "run.db"
    with closing(sqlite3.connect(database)) as connection:
        connection.execute("CREATE TABLE theirs (a)")
    with pytest.raises(UsageError) as caught:
        RunStore.create_or_resume(tmp_path, CONFIG, TOOLS)
    assert caught.value.code == "foreign_folder"
    with closing(sqlite3.connect(database)) as connection:
        assert connection.execute("SELECT name FROM sqlite_schema").fetchall() == [("theirs",)]
