"""A recording that is interrupted goes on with the sessions that had ended."""

import dataclasses
import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from tests.support import compiles
from tests.support.compiles import Interrupted
from toolgrad_dspy.compiling import Compiled, CompileSpec, compile, journal_of
from toolgrad_dspy.errors import UsageError
from toolgrad_dspy.tuning import Recording, TuningBudget

# One session at a time: those that run beside the last one might end with it.
SPEC = dataclasses.replace(compiles.SPEC, budget=TuningBudget(metric_calls=20, threads=1))


def interrupted(spec: CompileSpec, path: Path, after: int) -> None:
    """A compile that ends when ``after`` sessions are recorded."""

    def stop(ended: int, of: int) -> None:
        if ended == after:
            raise Interrupted

    with pytest.raises(Interrupted):
        compile(spec, path, ended=stop)


def recorded(path: Path) -> CompileSpec:
    return dataclasses.replace(SPEC, record=path)


def recording_cost(compiled: Compiled) -> tuple[int, int]:
    return compiled.costs["recording"].lm_calls, compiled.costs["recording"].tool_calls


def test_only_sessions_that_had_not_ended_are_recorded_and_the_program_is_the_same(tmp_path: Path) -> None:
    whole = compile(recorded(tmp_path / "a.jsonl"), tmp_path / "a.json")
    path, record, lines = tmp_path / "b.json", tmp_path / "b.jsonl", list[str]()
    interrupted(recorded(record), path, after=5)
    assert not record.exists()
    counted: list[tuple[int, int]] = []
    compiled = compile(recorded(record), path, resume=True, say=lines.append, ended=lambda *now: counted.append(now))
    assert "going on with the recording: 5 sessions are there" in lines
    total = len(Recording.load(record).sessions)
    assert counted[: total - 5] == [(number, total) for number in range(6, total + 1)]
    samples = [[session.sample for session in Recording.load(tmp_path / f"{name}.jsonl").sessions] for name in "ab"]
    assert any(samples[0])
    assert samples[0] == samples[1]
    assert (tmp_path / "a.json").read_bytes() == path.read_bytes().replace(b"b.jsonl", b"a.jsonl")
    for now, all_of_it in zip(recording_cost(compiled), recording_cost(whole), strict=True):
        assert 0 < now < all_of_it
    assert not journal_of(path).exists()


def test_a_recording_that_is_deleted_while_it_is_tuned_on_is_written_again(tmp_path: Path) -> None:
    path, record = tmp_path / "p.json", tmp_path / "states.jsonl"

    def stop(stage: str) -> None:
        if stage == "comparison":
            raise Interrupted

    with pytest.raises(Interrupted):
        compile(recorded(record), path, stage=stop)
    content = record.read_bytes()
    record.unlink()
    compiled = compile(recorded(record), path, resume=True)
    assert record.read_bytes() == content
    assert recording_cost(compiled) == (0, 0)


def test_another_compile_does_not_take_the_sessions(tmp_path: Path) -> None:
    path, record = tmp_path / "p.json", tmp_path / "states.jsonl"
    interrupted(recorded(record), path, after=2)
    with pytest.raises(UsageError) as caught:
        compile(dataclasses.replace(recorded(record), seed=1), path, resume=True)
    assert caught.value.code == "other_configuration"
    with pytest.raises(UsageError) as begun:
        compile(recorded(record), path)
    assert begun.value.code == "interrupted_tuning"
    compile(recorded(record), path, force=True)


@pytest.mark.slow
@pytest.mark.parametrize("how", [signal.SIGKILL, signal.SIGINT])
def test_the_command_is_killed_while_it_records_and_resumes(tmp_path: Path, how: signal.Signals) -> None:
    command = [
        *(sys.executable, "-m", "toolgrad_dspy", "compile", "--optimizer", "bootstrap", "--record", "states.jsonl"),
        *("--train", "40", "--validation", "40", "--test", "4", "--metric-calls", "20", "--iterations", "8"),
        *("--base", "plain", "--threads", "1", "-o", "p.json", "--json"),
    ]
    # Whoever runs the tests in the background may have told them to ignore Ctrl-C.
    process = subprocess.Popen(
        command,
        cwd=tmp_path,
        stderr=subprocess.PIPE,
        text=True,
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),
    )
    journal = tmp_path / "p.journal-wal"
    while not journal.exists() or journal.stat().st_size < 200_000:
        assert process.poll() is None, "it was faster than the test"
        time.sleep(0.02)
    process.send_signal(how)
    _, told = process.communicate()
    assert process.returncode == (-signal.SIGKILL if how == signal.SIGKILL else 130)
    assert ("--resume -o p.json" in told) == (how == signal.SIGINT)
    assert not (tmp_path / "states.jsonl").exists()
    resumed = subprocess.run(
        [*command, "--resume"], cwd=tmp_path, env=dict(os.environ), capture_output=True, text=True, check=True
    )
    assert "going on with the recording" in resumed.stderr
    assert json.loads(resumed.stdout)["costs"]["recording"]["lm_calls"] > 0
    assert {path.name for path in tmp_path.iterdir()} == {"p.json", "states.jsonl"}
