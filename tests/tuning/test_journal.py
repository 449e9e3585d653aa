"""The journal of a tuning: what it keeps, and what it refuses."""

import json
import sqlite3
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from pydantic import JsonValue

from toolgrad_dspy.errors import StoreError, UsageError
from toolgrad_dspy.records import Session
from toolgrad_dspy.tuning import Invocation, Journal, TaskEvaluation
from toolgrad_dspy.tuning.use import Use

HEADER: dict[str, JsonValue] = {"seed": 0, "optimizer": "gepa", "tasks": [4, 4]}


def test_what_was_kept_is_there_after_resuming(tmp_path: Path) -> None:
    path = tmp_path / "deep" / "t.journal"
    session = Session(index=3, seed=0, status="failed", reason="no step was accepted in 3 iterations")
    invocation = Invocation("proposer.predict", {"progress": "iteration 1 of 3"}, {"proposals": []}, 1)
    kept = TaskEvaluation(0.5, {"proposer": session, "selector": session}, (invocation,), 7, "it failed")
    with Journal.begin(path, HEADER) as journal:
        journal.keep_evaluation("a", kept, Use(4, 0.25, 1.5))
        journal.keep_answer("b", "Be careful.")
    with Journal.resume(path, dict(reversed(HEADER.items()))) as journal:
        restored = journal.evaluation("a")
        assert restored == kept
        assert restored.sessions["proposer"] is restored.sessions["selector"]
        assert journal.answer("b") == "Be careful."
        assert journal.evaluation("b") is None
        assert journal.answer("a") is None
        assert journal.use() == Use(4, 0.25, 1.5)


def test_a_journal_is_removed_when_the_tuning_is_done_and_kept_when_it_is_not(tmp_path: Path) -> None:
    path = tmp_path / "t.journal"
    with Journal.begin(path, HEADER) as journal:
        journal.keep_answer("a", "Be careful.")
    assert path.exists()

    def fail_at_the_end() -> None:
        with Journal.resume(path, HEADER) as journal:
            journal.done()
            raise KeyError

    with pytest.raises(KeyError):
        fail_at_the_end()
    assert path.exists()
    with Journal.resume(path, HEADER) as journal:
        journal.done()
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("kept", [True, False])
def test_a_tuning_that_breaks_before_anything_is_kept_leaves_nothing_to_resume(tmp_path: Path, kept: bool) -> None:
    path = tmp_path / "t.journal"

    def fail() -> None:
        with Journal.begin(path, HEADER) as journal:
            if kept:
                journal.keep_session(Session(index=3, seed=0, status="failed", reason="none"), Use(1))
            journal.keep_use(Use(2))
            raise KeyError

    with pytest.raises(KeyError):
        fail()
    assert path.exists() == kept
    assert kept or list(tmp_path.iterdir()) == []


def test_a_journal_whose_process_was_killed_at_once_is_still_one(tmp_path: Path) -> None:
    path, copy = tmp_path / "t.journal", tmp_path / "killed.journal"
    with Journal.begin(path, HEADER):
        copy.write_bytes(path.read_bytes())  # what is on the disk by now, without what SQLite does as it closes
    with Journal.resume(copy, HEADER) as journal:
        assert journal.use() == Use()


def test_a_journal_of_the_first_version_can_be_read(tmp_path: Path) -> None:
    path = tmp_path / "t.journal"
    session = {"index": 3, "seed": 0, "status": "failed", "reason": "it failed"}
    value = {
        "score": 0.0,
        "sessions": [session],
        "roles": {"proposer": 0, "selector": 0},
        "steps": [["selector.predict", {"progress": "iteration 2 of 3"}, {"report": None}]],
        "tool_calls": 2,
        "failure": "it failed",
    }
    connection = sqlite3.connect(path)
    connection.executescript(
        "PRAGMA application_id = 1413958193;"
        "CREATE TABLE meta (key TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;"
        "CREATE TABLE played (key TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;"
        "CREATE TABLE answers (key TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;"
    )
    with connection:
        connection.execute("INSERT INTO meta VALUES ('header', ?), ('used', '[4, 0.25, 1.5]')", (json.dumps(HEADER),))
        connection.execute("INSERT INTO played VALUES ('a', ?)", (json.dumps(value),))
    connection.close()
    with Journal.resume(path, HEADER) as journal:
        evaluation = journal.evaluation("a")
        assert journal.use() == Use(4, 0.25, 1.5)
    assert evaluation is not None
    assert evaluation.sessions["selector"] == Session.model_validate(session)
    assert [(i.role, i.iteration, i.outputs) for i in evaluation.invocations] == [("selector", 2, {"report": None})]
    assert (evaluation.tool_calls, evaluation.failure) == (2, "it failed")


def test_a_journal_of_another_tuning_is_refused_with_what_differs(tmp_path: Path) -> None:
    path = tmp_path / "t.journal"
    with Journal.begin(path, HEADER):
        pass
    with pytest.raises(UsageError) as caught:
        Journal.resume(path, {"seed": 1, "optimizer": "mipro", "tasks": [4, 4]})
    assert caught.value.code == "other_configuration"
    assert "(optimizer, seed)" in str(caught.value)
    assert path.exists()


def test_there_is_nothing_to_resume_without_a_journal(tmp_path: Path) -> None:
    with pytest.raises(UsageError) as caught:
        Journal.resume(tmp_path / "none", {})
    assert caught.value.code == "nothing_to_resume"
    assert str(tmp_path / "none") in str(caught.value)


@pytest.mark.parametrize("content", [b"", b"{}", b"SQLite format 3\x00" + b"x" * 90])
def test_a_file_that_is_no_journal_is_refused_and_left_alone(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "t.journal"
    path.write_bytes(content)
    with pytest.raises(UsageError) as caught:
        Journal.resume(path, HEADER)
    assert caught.value.code == "not_a_journal"
    assert str(path) in str(caught.value)
    assert path.read_bytes() == content


def test_an_evaluation_that_cannot_be_read_is_one_line(tmp_path: Path) -> None:
    path = tmp_path / "t.journal"
    with Journal.begin(path, HEADER) as journal:
        journal._write(("played", "a", '{"score": 1}'))
        with pytest.raises(UsageError) as caught:
            journal.evaluation("a")
    assert caught.value.code == "damaged_journal"
    assert str(path) in str(caught.value)
    assert "\n" not in str(caught.value)


def test_a_journal_may_be_closed_while_other_threads_read_it(tmp_path: Path) -> None:
    """SQLite crashes the whole process when a connection is closed under a thread that is reading."""

    def read_until_closed(journal: Journal, reading: threading.Barrier) -> str:
        reading.wait(10)
        deadline = time.monotonic() + 10
        try:
            while time.monotonic() < deadline:
                journal.answer("a")
        except sqlite3.ProgrammingError as error:
            return str(error)
        return "never closed"

    for _ in range(20):
        reading = threading.Barrier(4)
        with ThreadPoolExecutor() as pool:
            with Journal.begin(tmp_path / "t.journal", HEADER) as journal:
                journal.keep_answer("a", "x" * 200_000)
                ends = [pool.submit(read_until_closed, journal, reading) for _ in range(3)]
                reading.wait(10)
                time.sleep(0.002)
            assert {end.result(20) for end in ends} == {"Cannot operate on a closed database."}


def test_what_was_used_never_becomes_less(tmp_path: Path) -> None:
    """Threads tell what was used when their sessions end, in any order."""
    none = TaskEvaluation(0.5, {}, ())
    with Journal.begin(tmp_path / "t.journal", HEADER) as journal:
        journal.keep_evaluation("a", none, Use(20, 0.5, 8.0))
        journal.keep_evaluation("b", none, Use(10, 0.75, 6.0))
        assert journal.use() == Use(20, 0.75, 8.0)


def test_damage_is_one_line_wherever_it_is(tmp_path: Path) -> None:
    path = tmp_path / "t.journal"
    with Journal.begin(path, HEADER) as journal:
        journal._write(("meta", "used", "[1, "))
        with pytest.raises(UsageError) as caught:
            journal.use()
        assert caught.value.code == "damaged_journal"
        journal._connection.execute("DROP TABLE answers")
        with pytest.raises(StoreError) as lost:
            journal.answer("a")
        assert lost.value.code == "damaged"
