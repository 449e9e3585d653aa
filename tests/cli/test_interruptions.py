"""Commands that are interrupted, and commands whose messages nobody can read."""

import os
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.support.model_servers import Fault, FaultPlan, ModelServer
from toolgrad_dspy.runs import RunStore

GENERATE = [sys.executable, "-m", "toolgrad_dspy.generate", "-n", "2000", "-o", "run", "--iterations", "2"]
SIGNALS = [signal.SIGINT, signal.SIGTERM, signal.SIGHUP]


def defaults() -> None:
    """A suite that runs in the background ignores SIGINT, and so would its children."""
    signal.signal(signal.SIGINT, signal.default_int_handler)
    signal.signal(signal.SIGHUP, signal.SIG_DFL)


def started(command: list[str], **more: str) -> "subprocess.Popen[str]":
    return subprocess.Popen(
        command,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env={**os.environ, **more},
        preexec_fn=defaults,
    )


def interrupted(
    process: "subprocess.Popen[str]", number: signal.Signals, ready: Callable[[str], bool]
) -> tuple[int, str]:
    """The exit code and the messages of ``process``, which gets the signal when a line of it is as is to be."""
    assert process.stderr is not None
    lines: list[str] = []
    for line in process.stderr:
        lines.append(line)
        if ready(line):
            break
    process.send_signal(number)
    _, rest = process.communicate(timeout=60)
    return process.returncode, "".join(lines) + rest


@pytest.mark.slow
@pytest.mark.parametrize("number", SIGNALS)
def test_a_run_that_is_stopped_keeps_what_it_has(number: signal.Signals) -> None:
    code, said = interrupted(started([*GENERATE, "--grace", "20"]), number, lambda line: "/2000 sessions" in line)
    assert code == 130
    assert "Traceback" not in said
    assert said.splitlines()[-1].startswith("stopped: ")
    with RunStore.open(Path("run")) as store:
        accepted = sum(session.status == "accepted" for session in store.sessions(traces=False))
    assert len(Path("run/samples.jsonl").read_text().splitlines()) == accepted > 0


@pytest.mark.slow
@pytest.mark.parametrize("number", SIGNALS)
@pytest.mark.parametrize("command", ["generate", "compile"])
def test_a_command_that_is_stopped_while_it_starts_ends_with_one_line(command: str, number: signal.Signals) -> None:
    """The model does not answer the question that comes before the first session."""
    with ModelServer("openai", faults=FaultPlan.always(Fault.STALL)) as server:
        models = {"TOOLGRAD_MODEL": server.model, "TOOLGRAD_API_BASE": server.url, "TOOLGRAD_API_KEY": "none"}
        output = ["-n", "5", "-o", "run"] if command == "generate" else ["-o", "program.json"]
        process = started([sys.executable, "-m", f"toolgrad_dspy.{command}", *output], **models)
        while not server.stats.requests:
            pass
        process.send_signal(number)
        out, said = process.communicate(timeout=60)
    assert process.returncode in (130, -signal.SIGINT)
    assert [line for line in said.splitlines() if "stopped" in line] == ["toolgrad-dspy: stopped"]
    assert "Traceback" not in said
    assert out == ""
    assert not Path("run/samples.jsonl").exists()
    assert not Path("program.json").exists()


@pytest.mark.slow
@pytest.mark.parametrize(
    "redirection", ["2>&-", ">&-", ">&- 2>&-", "2>/dev/full", ">/dev/full 2>/dev/full", "2>&1 | head -1"]
)
def test_messages_that_nobody_can_read_do_not_end_a_run(redirection: str) -> None:
    command = f"{sys.executable} -m toolgrad_dspy.generate -n 3 -o run --iterations 2 {redirection}"
    subprocess.run(["bash", "-c", command], timeout=120, capture_output=True)
    assert len(Path("run/samples.jsonl").read_text().splitlines()) == 3


@pytest.mark.slow
def test_an_encoding_without_the_characters_of_a_sample_is_no_trouble() -> None:
    for arguments in (["generate", "-n", "2", "-o", "run", "--iterations", "2"], ["show", "run", "0"]):
        command = [sys.executable, "-m", "toolgrad_dspy", *arguments]
        done = subprocess.run(command, capture_output=True, env={**os.environ, "PYTHONIOENCODING": "ascii"})
        assert done.returncode == 0, done.stderr.decode()


@pytest.mark.slow
def test_two_compiles_of_one_program_are_refused() -> None:
    with ModelServer("openai", faults=FaultPlan.always(Fault.STALL)) as server:
        models = {"TOOLGRAD_MODEL": server.model, "TOOLGRAD_API_BASE": server.url, "TOOLGRAD_API_KEY": "none"}
        command = [sys.executable, "-m", "toolgrad_dspy.compile", "-o", "program.json"]
        first = started(command, **models)
        while not server.stats.requests:
            pass
        second = subprocess.run(command, capture_output=True, text=True, env={**os.environ, **models})
        first.send_signal(signal.SIGTERM)
        first.communicate(timeout=60)
    assert second.returncode == 2
    assert "[run_in_use]" in second.stderr
    assert not list(Path().glob(".program.json.lock")), "the lock is taken away"
