"""Runs in processes of their own that are killed, interrupted, or get no more disk; then resumed."""

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.support import scripted_run
from tests.support.refusals import refused
from tests.support.scripted_run import CONFIG, TOOLS, make_session, quick
from toolgrad_dspy.errors import UsageError
from toolgrad_dspy.runs import RunStore, execute
from toolgrad_dspy.runs.engines import SessionPool

ROOT = Path(scripted_run.__file__).parents[2]


@contextmanager
def running(folder: Path, count: int, concurrency: int, kind: str) -> Iterator["subprocess.Popen[str]"]:
    command = [sys.executable, scripted_run.__file__, str(folder), str(count), str(concurrency), kind]
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    with subprocess.Popen(
        command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, env=environment
    ) as process:
        try:
            yield process
        finally:
            process.kill()


def read_until(process: "subprocess.Popen[str]", wanted: str, times: int = 1) -> list[str]:
    """The lines up to the one that begins with ``wanted`` for the n-th time."""
    assert process.stdout is not None
    lines: list[str] = []
    for line in process.stdout:
        lines.append(line.strip())
        if sum(item.startswith(wanted) for item in lines) == times:
            return lines
    raise AssertionError(f"the process ended before {wanted!r}: {lines[-5:]}")


def numbers(lines: list[str], word: str) -> set[int]:
    return {int(line.split()[1]) for line in lines if line.startswith(word)}


@pytest.mark.parametrize("after", [1, 57, 190])
def test_a_killed_run_resumes_without_a_session_lost_or_done_twice(tmp_path: Path, after: int) -> None:
    folder = tmp_path / "run"
    with running(folder, 300, 16, "quick") as process:
        lines = read_until(process, "saved", after)
        process.send_signal(signal.SIGKILL)
        process.wait()
        assert process.stdout is not None
        saved = numbers(lines + [line.strip() for line in process.stdout], "saved")
    with RunStore.create_or_resume(folder, CONFIG, TOOLS) as store:
        kept = store.done()
        assert saved <= kept  # one more may have been stored and not been told about
        assert len(kept) < 300
        execute(SessionPool(16).run(quick, sorted(set(range(300)) - kept), store.save))
        stored = [session.model_dump() for session in store.sessions()]
    assert stored == [make_session(index).model_dump() for index in range(300)]


def test_ctrl_c_ends_a_run_with_everything_that_ran_stored(tmp_path: Path) -> None:
    with running(tmp_path, 1000, 8, "slow") as process:
        lines = read_until(process, "started", 12)
        process.send_signal(signal.SIGINT)
        lines += read_until(process, "stopped")
        assert process.wait() == 0
    assert "interrupted" in lines
    with RunStore.open(tmp_path) as store:
        assert store.done() == numbers(lines, "started") == numbers(lines, "saved")


def test_a_second_ctrl_c_does_not_wait(tmp_path: Path) -> None:
    with running(tmp_path, 1000, 8, "endless") as process:
        read_until(process, "started", 8)
        process.send_signal(signal.SIGINT)
        read_until(process, "interrupted")
        process.send_signal(signal.SIGINT)
        read_until(process, "stopped")
        assert process.wait() == 0
    with RunStore.create_or_resume(tmp_path, CONFIG, TOOLS) as store:
        assert store.done() == frozenset()


def test_two_processes_do_not_write_to_one_folder(tmp_path: Path) -> None:
    with running(tmp_path, 0, 1, "hold") as process:
        read_until(process, "holding")
        with running(tmp_path, 10, 1, "quick") as second:
            (line,) = read_until(second, "UsageError")
            assert second.wait() == 2
        assert "[run_in_use]" in line
        with refused(UsageError, "run_in_use"):
            RunStore.create_or_resume(tmp_path, CONFIG, TOOLS)
        process.kill()
        process.wait()
    RunStore.create_or_resume(tmp_path, CONFIG, TOOLS).close()


def test_a_full_disk_ends_the_run_with_one_line_and_keeps_what_was_stored(tmp_path: Path) -> None:
    with running(tmp_path, 100_000, 8, "full") as process:
        lines = read_until(process, "StoreError")
        assert process.wait() == 1
    assert "[database]" in lines[-1]
    with RunStore.create_or_resume(tmp_path, CONFIG, TOOLS) as store:
        assert store.done() == numbers(lines, "saved")
