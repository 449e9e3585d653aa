"""``toolgrad_dspy.generate()``: the main job for scripts, notebooks and asynchronous code."""

import asyncio
import os
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path
from typing import Any, Literal

import pytest

from tests.support.mcp_helpers import SERVERS
from tests.support.model_servers import ModelServer
from toolgrad_dspy import FunctionSource, Run, agenerate, generate
from toolgrad_dspy.errors import RunError, ToolGradError
from toolgrad_dspy.runs import RunStore
from toolgrad_dspy.runs.prompt_log import logged_calls

SMALL: dict[str, Any] = {"iterations": 2, "mini_batch": 12, "progress": False}


def find_capital(country: Literal["Kenya", "Peru"]) -> dict[str, str]:
    """Find the capital of a country."""
    return {"city": {"Kenya": "Nairobi", "Peru": "Lima"}[country]}


def get_time_zone(city: str) -> dict[str, str]:
    """Tell a city's time zone."""
    return {"time_zone": {"Lima": "America/Lima", "Nairobi": "Africa/Nairobi"}[city]}


def test_without_arguments_it_grows_samples_on_the_bundled_tools_into_a_new_folder(tmp_path: Path) -> None:
    run = generate(n=2, **SMALL)
    assert run.folder.parent == Path("runs")
    assert [sample.id for sample in run] == ["0-000000", "0-000001"]
    assert all(sample.query and sample.response for sample in run)
    assert len(run) == run.figures.accepted == 2
    assert any("rehearsal" in note for note in run.notes), "what a scripted model shows is said"


def test_it_gives_what_the_command_gives(tmp_path: Path) -> None:
    generate(n=2, output=tmp_path / "function", **SMALL)
    command = ["generate", "-n", "2", "--iterations", "2", "--mini-batch", "12", "-o", str(tmp_path / "command")]
    subprocess.run([sys.executable, "-m", "toolgrad_dspy", *command], check=True, capture_output=True)
    one, other = ((tmp_path / name / "samples.jsonl").read_bytes() for name in ("function", "command"))
    assert one == other
    with RunStore.open(tmp_path / "function") as left, RunStore.open(tmp_path / "command") as right:
        assert left.config() == right.config()


@pytest.mark.parametrize(
    "tools",
    [
        [find_capital, get_time_zone],
        FunctionSource("geography", [find_capital, get_time_zone], writes=[]),
        [find_capital, FunctionSource("zones", [get_time_zone], writes=[])],
    ],
    ids=["functions", "source", "both"],
)
def test_functions_and_sources_are_tools(tools: Any, tmp_path: Path) -> None:
    run = generate(tools, n=1, output=tmp_path / "run", **SMALL)
    (sample,) = run
    assert {step.call.tool for step in sample.workflow.steps} <= {"find_capital", "get_time_zone"}
    assert generate(tools, n=2, output=tmp_path / "run", **SMALL).figures.sessions == 2, "a source is opened again"


def test_files_are_tools_alone_and_beside_functions(tmp_path: Path) -> None:
    Path("zones.py").write_text(
        "def get_time_zone(city: str) -> dict[str, str]:\n"
        '    """Tell a city\'s time zone."""\n'
        '    return {"zone": city}\n'
    )
    assert [tool.name for tool in _tools(generate("zones.py", n=1, output="alone", **SMALL))] == ["get_time_zone"]
    together = generate([Path("zones.py"), find_capital], n=1, output="together", **SMALL)
    assert {tool.name for tool in _tools(together)} == {"find_capital", "get_time_zone"}


def test_what_a_servers_file_holds_is_tools_as_it_is(tmp_path: Path) -> None:
    entry = {"command": sys.executable, "args": [str(SERVERS / "rooms.py")], "allow": ["find_rooms", "get_room"]}
    run = generate({"mcpServers": {"rooms": entry}}, n=1, output="run", **SMALL)
    assert [tool.name for tool in _tools(run)] == ["find_rooms", "get_room"]
    with pytest.raises(ToolGradError, match="mcpServers: server 'rooms': unknown key"):
        generate({"mcpServers": {"rooms": {**entry, "comand": "x"}}}, n=1, output="other", **SMALL)


def _tools(run: Run) -> list[Any]:
    with RunStore.open(run.folder) as store:
        return store.tools()


def test_the_same_call_resumes_and_a_larger_number_adds_sessions(tmp_path: Path) -> None:
    first = generate(n=1, output=tmp_path / "run", **SMALL)
    calls = first.figures.lm_calls_per_sample
    assert generate(n=1, output=tmp_path / "run", **SMALL).figures.lm_calls_per_sample == calls
    assert len(generate(n=2, output=tmp_path / "run", **SMALL)) == 2


def test_a_run_on_the_disk_can_be_read_with_all_its_sessions(tmp_path: Path) -> None:
    generate(n=2, output=tmp_path / "run", **SMALL)
    run = Run(tmp_path / "run")
    assert repr(run) == f"Run({str(tmp_path / 'run')!r}, accepted=2, rejected=0, failed=0)"
    assert [session.status for session in run.sessions()] == ["accepted", "accepted"]
    assert list(run.sessions("failed")) == []
    assert list(run) == list(run), "it can be read again"
    with pytest.raises(ToolGradError, match="is not a run folder"):
        Run(tmp_path)


def test_it_works_where_an_event_loop_runs_already_as_in_a_notebook() -> None:
    async def cell() -> int:
        return len(generate(n=1, output="run", **SMALL))

    assert asyncio.run(cell()) == 1


def test_it_works_in_a_thread() -> None:
    found: list[int] = []
    thread = threading.Thread(target=lambda: found.append(len(generate(n=1, output="run", **SMALL))))
    thread.start()
    thread.join()
    assert found == [1]


def test_asynchronous_code_awaits_it_and_runs_several_at_once() -> None:
    async def main() -> list[Run]:
        return await asyncio.gather(*(agenerate(n=1, output=f"run{seed}", seed=seed, **SMALL) for seed in (1, 2)))

    assert [next(iter(run)).id for run in asyncio.run(main())] == ["1-000000", "2-000000"]


def test_a_model_is_named_for_all_roles_before_what_the_environment_says(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TOOLGRAD_MODEL", "openai/another")
    run = generate(model="rehearsal", n=1, output="run", **SMALL)
    with RunStore.open(run.folder) as store:
        assert {role["model"] for role in store.config()["models"].values()} == {"rehearsal"}  # type: ignore[union-attr,call-overload,index]


def test_budgets_hold() -> None:
    with pytest.raises(RunError, match="finished sessions are in run"):
        generate(n=50, output="run", max_tokens=60_000, max_concurrency=1, **SMALL)
    assert 0 < Run("run").figures.sessions < 50
    with RunStore.open(Path("run")) as store:
        assert sum(entry.input_tokens + entry.output_tokens for entry in store.spent()) <= 60_000


def test_prompts_are_kept_where_that_is_asked_for() -> None:
    generate(n=1, output="run", log_prompts=True, **SMALL)
    assert next(call["role"] for call in logged_calls(Path("run"), 0)) == "proposer"


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        ({"tools": 3}, "no tools file, no function and no ToolSource"),
        ({"tools": [find_capital, find_capital]}, "find_capital"),
        ({"tools": "missing.json"}, "missing.json"),
        ({"tools": int}, "no tools file, no function and no ToolSource"),
        ({"tools": []}, "None stands for the bundled world"),
        ({"n": 0}, "n: .* got 0"),
        ({"n": True}, "n: .* got True"),
        ({"n": "3", "max_tokens": -5, "wait": float("nan")}, "3 mistakes: .*n: .*wait: .*max_tokens: "),
        ({"max_concurrency": 0}, "max_concurrency: "),
        ({"model": "nonsense"}, "unknown model"),
        ({"model": "no_such_provider/x"}, "no_such_provider"),
        ({"iterations": 0}, "iterations"),
        ({"judge_votes": 3}, "judge"),
        ({"config": "missing.yaml"}, "missing.yaml"),
        ({"program": "missing.json"}, "missing.json"),
    ],
)
def test_what_is_wrong_is_an_error_with_the_name_of_it(arguments: dict[str, Any], said: str) -> None:
    with pytest.raises(ToolGradError, match=said):
        generate(**{"n": 1, "output": "run", **SMALL, **arguments})
    assert not Path("run/run.db").exists()


def test_a_setting_that_does_not_exist_is_named_with_the_one_that_was_meant() -> None:
    wrong: Any = {"iteration": 3}
    with pytest.raises(TypeError, match=r"no setting 'iteration'.*iterations"):
        generate(n=1, **wrong)


def test_nothing_is_written_to_standard_output_and_nothing_at_all_without_progress(
    capfd: pytest.CaptureFixture[str],
) -> None:
    generate(n=1, output="run", **SMALL)
    assert capfd.readouterr() == ("", "")
    generate(n=2, output="run", **{**SMALL, "progress": True})
    told = capfd.readouterr()
    assert not told.out
    assert "2/2 sessions" in told.err


@pytest.mark.skipif(sys.platform == "win32", reason="signals as POSIX has them")
def test_ctrl_c_is_a_keyboard_interrupt_when_running_sessions_have_ended() -> None:
    with ModelServer("openai") as server:
        code = (
            "from toolgrad_dspy import generate\n"
            f"generate(model={server.model!r}, n=400, output='run', iterations=2, mini_batch=12, progress=False)\n"
        )
        environ = {**os.environ, "TOOLGRAD_API_BASE": server.url, "TOOLGRAD_API_KEY": "x"}
        process = subprocess.Popen([sys.executable, "-c", code], env=environ, stderr=subprocess.PIPE, text=True)
        until = time.monotonic() + 60
        while not (Path("run/run.db").exists() and any(Run("run").sessions(traces=False))):
            assert process.poll() is None, process.communicate()
            assert time.monotonic() < until
            time.sleep(0.1)
        process.send_signal(signal.SIGINT)
        told = process.communicate(timeout=60)[1]
    ended = Run("run").figures.sessions
    assert 0 < ended < 400
    assert told.strip().endswith(f"KeyboardInterrupt: run holds {ended} of 400 sessions; the same call resumes")
    assert len(Path("run/samples.jsonl").read_text().splitlines()) == len(Run("run"))
