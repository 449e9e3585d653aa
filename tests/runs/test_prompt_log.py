"""The log of prompts: what was sent and answered in each LM call, kept where it is asked for."""

import json
import os
import signal
import sqlite3
import subprocess
import time
from pathlib import Path
from typing import Any

import pytest

from tests.support.command import RUN, run
from tests.support.model_servers import Fault, FaultPlan, ModelServer
from toolgrad_dspy.lm.calls.exchanges import Exchange
from toolgrad_dspy.logs import about_session, hide_in_logs
from toolgrad_dspy.runs.prompt_log import LONGEST, PromptLog, logged_calls, logged_sessions
from toolgrad_dspy.secrets import Secret

GENERATE = ("generate", "-o", "r", "--iterations", "2", "--quiet")


def made(folder: Path, index: int) -> int:
    """How many LM calls the session has made, by its own account."""
    usage = json.loads(run(folder, "show", "r", str(index), "--json").stdout)["usage"]
    return sum(role["calls"] for role in usage["roles"].values())


def exchange(text: str, answer: str | None = "ready", error: str = "") -> Exchange:
    return Exchange("judge", "openai/x", (("system", "be brief"), ("user", text)), answer, error, 10, 2, 0.5)


def kept(folder: Path, session: int) -> list[dict[str, Any]]:
    return list(logged_calls(folder, session))


def test_each_call_of_a_session_is_shown_with_what_was_sent_and_answered(tmp_path: Path) -> None:
    run(tmp_path, *GENERATE, "-n", "2", "--log-prompts")
    calls = json.loads(run(tmp_path, "show", "r", "1", "--prompts", "--json").stdout)
    assert len(calls) == made(tmp_path, 1)
    assert [message["role"] for message in calls[0]["messages"]] == ["system", "user"]
    assert "[[ ## tools ## ]]" in calls[0]["messages"][1]["text"]
    query = json.loads(run(tmp_path, "show", "r", "1", "--sample", "--json").stdout)["query"]
    assert any(query in call["answer"] for call in calls if call["role"] == "updater")
    shown = run(tmp_path, "show", "r", "--prompts", "1").stdout
    assert sum(line.startswith("call ") for line in shown.splitlines()) == len(calls)
    assert calls[0]["messages"][1]["text"] in shown
    assert run(tmp_path, "show", "r", "1", "--prompts", "--limit", "2").stdout.count("\n--- answer\n") == 2
    listed = json.loads(run(tmp_path, "show", "r", "--prompts", "--json").stdout)
    assert [(one["session"], one["calls"]) for one in listed] == [(0, made(tmp_path, 0)), (1, len(calls))]


@pytest.mark.slow
def test_samples_do_not_depend_on_it_and_a_run_may_go_on_with_or_without(tmp_path: Path) -> None:
    run(tmp_path, *GENERATE, "-n", "2")
    told = run(tmp_path, "show", "r", "--prompts", code=2).stderr
    assert "--log-prompts" in told
    assert told.endswith("[no_prompt_log]\n")
    before = (tmp_path / "r/samples.jsonl").read_text()
    (tmp_path / "c.yaml").write_text("log_prompts: true\n")
    run(tmp_path, *GENERATE, "-n", "3", "--config", "c.yaml")
    assert (tmp_path / "r/samples.jsonl").read_text().startswith(before)
    run(tmp_path, *GENERATE, "-n", "4", "--config", "c.yaml", "--no-log-prompts")
    assert [one.session for one in logged_sessions(tmp_path / "r")] == [2]
    assert run(tmp_path, "show", "r", "3", "--prompts", code=2).stderr.endswith("[no_such_session]\n")


@pytest.mark.slow
def test_a_killed_run_keeps_the_calls_that_had_ended_and_a_resumed_one_replaces_them(tmp_path: Path) -> None:
    with ModelServer("openai", latency=0.15) as server:
        env = {"TOOLGRAD_API_BASE": server.url, "TOOLGRAD_API_KEY": "k"}
        options = (*GENERATE, "-n", "1", "--log-prompts", "--model", server.model)
        with subprocess.Popen([*RUN, *options], cwd=tmp_path, env={**os.environ, **env}) as process:
            until = time.monotonic() + 60
            while time.monotonic() < until and not (tmp_path / "r/prompts.db").exists():
                time.sleep(0.05)
            while time.monotonic() < until and not logged_sessions(tmp_path / "r"):
                time.sleep(0.05)
            process.send_signal(signal.SIGKILL)
        assert kept(tmp_path / "r", 0), "the calls before the kill"
        subprocess.run([*RUN, *options], cwd=tmp_path, env={**os.environ, **env}, capture_output=True, check=False)
    assert len(kept(tmp_path / "r", 0)) == made(tmp_path, 0)


def test_attempts_that_failed_are_there_with_their_error_and_no_key_is(tmp_path: Path) -> None:
    key = "sk-canary-8f1d20b7c4"
    faults = FaultPlan(script=[None, Fault.SERVER_ERROR])
    with ModelServer("openai", faults=faults) as server:
        env = {"TOOLGRAD_API_BASE": server.url, "TOOLGRAD_API_KEY": key}
        options = (*GENERATE, "-n", "1", "--log-prompts", "--model", server.model)
        subprocess.run([*RUN, *options], cwd=tmp_path, env={**os.environ, **env}, capture_output=True, check=False)
    calls = kept(tmp_path / "r", 0)
    assert [call["answer"] is None for call in calls].count(True) == 1
    assert calls[0]["error"]
    assert key not in json.dumps(calls)
    assert key.encode() not in (tmp_path / "r/prompts.db").read_bytes()
    assert "--- no answer: " in run(tmp_path, "show", "r", "0", "--prompts").stdout


def test_secrets_are_masked_and_long_texts_say_how_much_was_left_out(tmp_path: Path) -> None:
    hide_in_logs([Secret("kx-5e0c77a1d2", sure=True)])
    with PromptLog(tmp_path) as log, about_session(0):
        log.hear(exchange("the key is kx-5e0c77a1d2 \x1b[2J"))
        log.hear(exchange("a" * 1_000_000, "b" * (LONGEST + 7)))
    first, second = kept(tmp_path, 0)
    assert first["messages"][1]["text"] == "the key is *** \x1b[2J"
    assert f"[... {1_000_000 - LONGEST} characters left out ...]" in second["messages"][1]["text"]
    assert "[... 7 characters left out ...]" in second["answer"]
    assert (tmp_path / "prompts.db").stat().st_size < 100_000, "compressed"


def test_a_session_that_is_played_again_replaces_what_it_said(tmp_path: Path) -> None:
    for text in ("first", "second"):
        with PromptLog(tmp_path) as log:
            with about_session(3):
                log.hear(exchange(text))
                log.hear(exchange(text))
            with about_session(3):
                log.hear(exchange(f"{text} again"))
    assert [call["messages"][1]["text"] for call in kept(tmp_path, 3)] == ["second again"]


def test_calls_outside_of_sessions_are_not_kept(tmp_path: Path) -> None:
    with PromptLog(tmp_path) as log:
        log.hear(exchange("is anybody there?"))
    assert logged_sessions(tmp_path) == []


def test_a_log_that_cannot_be_written_any_more_is_told_once_and_ends_nothing(tmp_path: Path) -> None:
    told: list[str] = []
    with PromptLog(tmp_path, told.append) as log, about_session(0):
        other = sqlite3.connect(tmp_path / "prompts.db", isolation_level=None)
        other.execute("DROP TABLE calls")
        other.close()
        log.hear(exchange("one"))
        log.hear(exchange("two"))
    assert len(told) == 1
    assert told[0].endswith("the prompts are not logged any more")


@pytest.mark.parametrize("content", [b"", b"not a database", b"\x00" * 5000])
def test_a_damaged_log_is_one_line(tmp_path: Path, content: bytes) -> None:
    run(tmp_path, *GENERATE, "-n", "1")
    (tmp_path / "r/prompts.db").write_bytes(content)
    told = run(tmp_path, "show", "r", "--prompts", code=2 if not content else 1).stderr
    assert len(told.splitlines()) == 1
    assert "prompts.db" in told


@pytest.mark.parametrize("options", [["--status", "failed"], ["--sample"]])
def test_it_goes_with_no_other_selector(tmp_path: Path, options: list[str]) -> None:
    run(tmp_path, *GENERATE, "-n", "1")
    assert run(tmp_path, "show", "r", "--prompts", *options, code=2).stderr.endswith("[prompts_alone]\n")
