"""The log: one line for each event, without secrets, and without what a terminal would obey."""

import json
import logging
import os
import re
import sys
from pathlib import Path

import pytest

from tests.support.command import run
from tests.support.mcp_helpers import SERVERS
from tests.support.model_servers import Fault, FaultPlan, ModelServer
from toolgrad_dspy.errors import StoreError
from toolgrad_dspy.logs import LONGEST, LogTarget, about_session, hide_in_logs, logged
from toolgrad_dspy.secrets import Secret

LINE = re.compile(
    r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z (debug|info|warning|error) \[\d+\] [\w. ]+( session \d+:)? \S.*"
)
QUICK = ("generate", "-n", "2", "--iterations", "2", "--quiet")


def lines(path: Path) -> list[str]:
    found = path.read_text(encoding="utf-8").splitlines()
    assert found
    assert [line for line in found if not LINE.fullmatch(line)] == []
    return found


def test_info_has_sessions_and_debug_each_call_and_neither_changes_the_samples(tmp_path: Path) -> None:
    run(tmp_path, *QUICK, "-o", "plain")
    for level in ("info", "debug"):
        done = run(tmp_path, *QUICK, "-o", level, "--log-file", f"logs/{level}.log", "--log-level", level)
        assert done.stderr == ""
        assert (tmp_path / level / "samples.jsonl").read_bytes() == (tmp_path / "plain/samples.jsonl").read_bytes()
    info, debug = lines(tmp_path / "logs/info.log"), lines(tmp_path / "logs/debug.log")
    assert sum("began, of the run seeded by 0" in line for line in info) == 2
    assert sum(" session 1: ended, accepted: 5 LM calls, " in line for line in info) == 1
    assert not any("LM call of" in line or "tool call of" in line for line in info)
    usage = [json.loads(run(tmp_path, "show", "debug", str(index), "--json").stdout)["usage"] for index in (0, 1)]
    made = sum(role["calls"] for one in usage for role in one["roles"].values())
    assert sum("LM call of" in line for line in debug) == made
    assert any(re.search(r"tool call of \w+: ok by \w+, \d\.\d{3} s", line) for line in debug)


@pytest.mark.slow
def test_a_level_alone_logs_to_standard_error_and_nothing_is_there_unless_it_is_asked_for(tmp_path: Path) -> None:
    assert run(tmp_path, *QUICK, "-o", "a").stderr == ""
    told = run(tmp_path, *QUICK, "-o", "b", "--log-level", "info").stderr
    assert len(told.splitlines()) == 4
    assert all(LINE.fullmatch(line) for line in told.splitlines())


@pytest.mark.slow
def test_a_log_may_be_in_the_folder_of_the_run_and_is_appended_to(tmp_path: Path) -> None:
    for _ in range(2):
        run(tmp_path, *QUICK, "-o", "r", "--log-file", "r/run.log")
    assert sum("began" in line for line in lines(tmp_path / "r/run.log")) == 2
    run(tmp_path, "generate", "-n", "3", "--iterations", "2", "--quiet", "-o", "r", "--log-file", "r/run.log")
    assert sum("began" in line for line in lines(tmp_path / "r/run.log")) == 3


def test_retries_and_outages_are_told(tmp_path: Path) -> None:
    faults = FaultPlan(script=[None, Fault.SERVER_ERROR, Fault.RATE_LIMIT], retry_after=0.01)
    with ModelServer("openai", faults=faults, keys={"sk-canary-8f1d20b7c4"}) as server:
        access = {"TOOLGRAD_API_BASE": server.url, "TOOLGRAD_API_KEY": "sk-canary-8f1d20b7c4"}
        run(
            tmp_path,
            *QUICK,
            "-o",
            "r",
            "--model",
            server.model,
            "--log-file",
            "l",
            "--log-level",
            "debug",
            env=access,
        )
    log = lines(tmp_path / "l")
    assert sum("is tried again in" in line for line in log) == 2
    assert any("no answer after" in line for line in log)
    assert "sk-canary" not in "\n".join(log)


def test_a_budget_that_ends_the_run_is_told(tmp_path: Path) -> None:
    run(tmp_path, *QUICK, "-o", "r", "--max-tool-calls", "2", "--log-file", "l", code=1)
    assert any("the budget is used up: 2 of 2 tool calls" in line for line in lines(tmp_path / "l"))


def test_servers_that_start_end_and_crash_are_told_without_their_secrets(tmp_path: Path) -> None:
    rooms = {"command": sys.executable, "args": [str(SERVERS / "rooms.py")], "env": {"OPAQUE": "kx-8f1d20b7c4"}}
    (tmp_path / "servers.json").write_text(json.dumps({"mcpServers": {"rooms": rooms}}))
    run(tmp_path, *QUICK, "-o", "r", "--tools", "servers.json", "--log-file", "l")
    log = lines(tmp_path / "l")
    assert any("tool server rooms started in " in line for line in log)
    assert any("tool server rooms ended" in line for line in log)
    gone = {"command": "no-such-command-kx-8f1d20b7c4", "env": {"OPAQUE": "kx-8f1d20b7c4"}}
    (tmp_path / "servers.json").write_text(json.dumps({"mcpServers": {"gone": gone}}))
    run(tmp_path, *QUICK, "-o", "s", "--tools", "servers.json", "--log-file", "m", code=1)
    log = lines(tmp_path / "m")
    assert any("tool source 'gone'" in line for line in log)
    assert "kx-8f1d20b7c4" not in "\n".join(log)


@pytest.mark.slow
def test_a_compile_and_the_workers_of_a_sweep_log_too(tmp_path: Path) -> None:
    few = ("--train", "4", "--validation", "4", "--metric-calls", "4")
    run(tmp_path, "compile", *few, "--test", "4", "--iterations", "1", "-o", "p.json", "--quiet", "--log-file", "c")
    log = lines(tmp_path / "c")
    assert [line.split()[-1] for line in log if " stage: " in line] == ["tuning", "comparison"]
    assert sum("began" in line for line in log) >= 8
    run(tmp_path, "sweep", *few, "--trials", "2", "--sessions", "2", "--workers", "2", "--quiet", "--log-file", "s")
    log = lines(tmp_path / "s")
    assert len({line.split()[2] for line in log}) == 2, "two processes"
    assert sum(bool(re.search(r" trial \d ended: quality ", line)) for line in log) == 2


def test_untrusted_text_can_neither_steer_a_terminal_nor_pass_for_a_line(tmp_path: Path) -> None:
    hide_in_logs([Secret("s3cr3t/value", sure=True)])
    with logged(LogTarget("debug", tmp_path / "l")), about_session(7):
        logging.getLogger("toolgrad_dspy.x").info("it says: %s", "\x1b[2J\r\n2026-01-01 info\u202e s3cr3t/value")
        logging.getLogger("toolgrad_dspy.x").debug("%s", "x" * 100_000)
    first, second = lines(tmp_path / "l")
    assert first.endswith(r"session 7: it says: \x1b[2J\r\n2026-01-01 info\u202e ***")
    assert len(second) < LONGEST + 200
    assert second.endswith(" ... 96000 characters more")


def test_other_libraries_are_in_it_with_what_they_warn_of_alone(tmp_path: Path) -> None:
    with logged(LogTarget("debug", tmp_path / "l")):
        for name in ("LiteLLM", "httpx", "mcp.client.stdio"):
            logging.getLogger(name).info("usual")
            logging.getLogger(name).warning("odd")
    log = lines(tmp_path / "l")
    assert len(log) == 3
    assert all(line.endswith(" odd") for line in log)
    logging.getLogger("mcp.client.stdio").info("after it")
    assert len(lines(tmp_path / "l")) == 3


def test_a_traceback_is_moved_in(tmp_path: Path) -> None:
    with logged(LogTarget("debug", tmp_path / "l")):
        try:
            raise ValueError("a\n2026-01-01T00:00:00.000Z info [1] x forged\x1b")
        except ValueError:
            logging.getLogger("toolgrad_dspy.x").exception("it broke")
    first, *further = (tmp_path / "l").read_text().splitlines()
    assert LINE.fullmatch(first)
    assert all(line.startswith("    ") for line in further)
    assert "\x1b" not in "".join(further)


def test_a_file_that_cannot_be_written_is_one_line(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "fifo")
    (tmp_path / "file").touch()
    for path in (tmp_path, tmp_path / "fifo", tmp_path / "file/log"):
        with pytest.raises(StoreError, match="cannot write the log") as caught, logged(LogTarget("info", path)):
            raise AssertionError("it is open")
        assert caught.value.code == "file_system"
    done = run(tmp_path, *QUICK, "-o", "r", "--log-file", ".", code=1)
    assert done.stderr.splitlines() == ["toolgrad-dspy: .: cannot write the log: Is a directory [file_system]"]
    assert not (tmp_path / "r").exists()


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="no full device")
def test_a_full_disk_ends_the_log_and_nothing_else(tmp_path: Path) -> None:
    done = run(tmp_path, *QUICK, "-o", "r", "--log-file", "/dev/full")
    assert done.stderr == "toolgrad-dspy: /dev/full: the log cannot be written: No space left on device\n"
