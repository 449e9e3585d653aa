"""The sweep as a command, on its default storage."""

import json
import os
import re
import signal
import subprocess
import sys
from itertools import pairwise
from pathlib import Path
from typing import Any

import optuna
import pytest
from optuna.trial import FrozenTrial, TrialState

from tests.support.model_servers import ModelServer
from tests.support.sweeps import LONG, SCRIPT, SweepCommand, shadowed, under_way, wait_for


def finished(study: optuna.Study) -> list[int]:
    return [trial.number for trial in study.trials if trial.state in (TrialState.COMPLETE, TrialState.PRUNED)]


def test_the_help_is_there_without_loading_what_is_heavy() -> None:
    code = (
        "import sys\n"
        "from typer.testing import CliRunner\n"
        "from toolgrad_dspy.cli.app import app\n"
        "shown = CliRunner().invoke(app, ['sweep', '--help'])\n"
        "assert shown.exit_code == 0 and '--take-over' in shown.output\n"
        "heavy = {'dspy', 'optuna', 'numpy', 'plotly', 'sqlalchemy', 'toolgrad_dspy.sweeps'} & set(sys.modules)\n"
        "assert not heavy, heavy\n"
    )
    subprocess.run([sys.executable, "-c", code], check=True)


@pytest.mark.slow
def test_a_sweep_leaves_a_table_the_best_settings_and_plots_and_resumes(sweep: SweepCommand) -> None:
    stdout, stderr = sweep.run("--trials", "3", "--sessions", "3")
    assert "tokens/sample" in stdout
    assert len(re.findall(r"^trial \d+:", stderr, re.MULTILINE)) == 3
    assert "rehearsal" in stderr
    for name in ("pareto.html", "parallel.html", "importances.html"):
        assert "plotly" in (sweep.output / name).read_text(encoding="utf-8")
        assert f"out/{name}" in stdout
    first = sweep.study().trials
    # The defaults come first, as far as they are in the space.
    assert first[0].params["update"] == "last"
    more = sweep.result("--trials", "5", "--sessions", "3")
    assert more["trials"] == {"complete": 5, "pruned": 0, "failed": 0}
    assert [trial.params for trial in sweep.study().trials[:3]] == [trial.params for trial in first]
    again = sweep.result("--trials", "5", "--sessions", "3", "--quiet")
    assert {**again, "wall_seconds": 0} == {**more, "wall_seconds": 0}
    assert_is_the_front(again["front"], sweep.study())


@pytest.mark.slow
def test_a_study_of_another_space_is_refused_in_a_line_and_nothing_is_written(sweep: SweepCommand) -> None:
    sweep.run("--trials", "1", "--sessions", "4")
    kept = sweep.files()
    sweep.write("space.yaml", "iterations: {low: 1, high: 4}\n")
    refused = sweep.refusal("--trials", "2", "--sessions", "4")
    assert "[other_sweep]" in refused
    assert "'sweep'" in refused
    assert "space" in refused
    refused = sweep.refusal("--trials", "2", "--sessions", "4", "--study", "second")
    assert "[results_of_another_study]" in refused
    assert "out/best.yaml" in refused
    assert sweep.files() == kept


def assert_is_the_front(front: list[dict[str, Any]], study: optuna.Study) -> None:
    """By comparing every trial with every other."""
    points = {trial.number: tuple(trial.values) for trial in study.trials if trial.user_attrs["accepted"]}
    beaten = {
        number
        for number, (quality, cost) in points.items()
        for other in points.values()
        if other != (quality, cost) and other[0] >= quality and other[1] <= cost
    }
    assert {row["trial"] for row in front} == points.keys() - beaten
    assert all(better["quality"] >= worse["quality"] for better, worse in pairwise(front))


@pytest.mark.slow
def test_the_best_settings_given_to_generate_are_those_of_the_trial(sweep: SweepCommand) -> None:
    sweep.write(
        "space.yaml",
        "optimizer: [none, gepa]\niterations: [3]\nbase: [plain]\ntemperature: [0.4]\nadapter: [json]\n"
        "known: [{optimizer: gepa}, {optimizer: none}]\n",
    )
    result = sweep.result(
        "--trials", "2", "--sessions", "6", "--train", "4", "--validation", "4", "--metric-calls", "24"
    )
    assert sweep.study().trials[result["best"]].params == {"optimizer": "gepa"}
    assert "--program out/best.json" in (sweep.output / "best.yaml").read_text()
    given = ["--config", "out/best.yaml", "--program", "out/best.json"]
    command = [sys.executable, "-m", "toolgrad_dspy", "generate", "-n", "6", "--json", "-o", "run", *given]
    done = subprocess.run(command, cwd=sweep.folder, check=True, capture_output=True, text=True)
    assert json.loads(done.stdout)["accepted"] > 0
    stored = (sweep.folder / "run/config.yaml").read_text()
    assert "iterations: 3" in stored
    assert "temperature: 0.4" in stored
    assert "adapter: json" in stored


@pytest.mark.slow
def test_one_objective_ends_hopeless_trials_early(sweep: SweepCommand) -> None:
    sweep.write("space.yaml", "iterations: {low: 1, high: 8}\nproposals: [1, 2, 3]\nupdate: [last, each]\n")
    result = sweep.result("--trials", "16", "--sessions", "16", "--single", "--workers", "2")
    assert result["trials"]["pruned"] > 0
    assert result["trials"]["pruned"] + result["trials"]["complete"] == 16
    assert not (sweep.output / "pareto.html").exists()
    study = sweep.study()
    values = {trial.number: trial.value for trial in study.trials if trial.state == TrialState.COMPLETE}
    assert values[result["best"]] == max(value for value in values.values() if value is not None)
    for trial in study.trials:
        if trial.state == TrialState.PRUNED:
            assert max(trial.intermediate_values) < 16


@pytest.mark.slow
def test_three_processes_share_one_journal_and_a_killed_one_costs_no_trial(sweep: SweepCommand) -> None:
    sweep.write("space.yaml", LONG)
    process = sweep.start("--trials", "9", "--workers", "3", "--sessions", "24", "--json")

    def owned() -> list[FrozenTrial]:
        has_owner = sweep.journal.exists() and b"owner" in sweep.journal.read_bytes()
        return under_way(sweep.study().trials, 3) if has_owner else []

    victim = wait_for("trial of each worker", owned, process)[1]
    os.kill(victim.user_attrs["owner"]["pid"], signal.SIGKILL)
    stdout, stderr = process.communicate(timeout=300)
    assert process.returncode == 0, stderr
    assert "SIGKILL" in stderr
    study = sweep.study()
    assert len(finished(study)) == 9
    assert json.loads(stdout)["trials"] == {"complete": 9, "pruned": 0, "failed": 0}
    assert study.trials[victim.number].state == TrialState.FAIL
    again = [trial for trial in study.trials if trial.user_attrs.get("retry_of") == victim.number]
    assert [trial.state for trial in again] == [TrialState.COMPLETE]
    assert again[0].params == victim.params
    assert len(study.trials) == 10
    assert len({trial.user_attrs["owner"]["pid"] for trial in study.trials}) >= 3


@pytest.mark.slow
def test_three_commands_on_one_journal_make_no_trial_twice_and_none_too_many(sweep: SweepCommand) -> None:
    several = [sweep.start("--trials", "8", "--sessions", "4", "--json", "--quiet") for _ in range(3)]
    for process in several:
        stdout, stderr = process.communicate(timeout=300)
        assert process.returncode == 0, stderr
        assert json.loads(stdout)["trials"]["failed"] == 0
    study = sweep.study()
    assert len(finished(study)) == 8
    assert sum(bool(trial.user_attrs.get("known")) for trial in study.trials) == 1


@pytest.mark.slow
def test_a_sweep_that_is_killed_with_all_its_workers_resumes(sweep: SweepCommand) -> None:
    sweep.write("space.yaml", LONG)
    process = sweep.start("--trials", "3", "--sessions", "24")
    running = wait_for(
        "trial",
        lambda: sweep.study().trials if sweep.journal.exists() and b"config" in sweep.journal.read_bytes() else [],
        process,
    )
    process.kill()
    os.kill(running[0].user_attrs["owner"]["pid"], signal.SIGKILL)
    process.communicate(timeout=60)
    sweep.run("--trials", "3", "--sessions", "24")
    study = sweep.study()
    assert len(finished(study)) == 3
    assert study.trials[0].state == TrialState.FAIL
    assert [trial.params for trial in study.trials if trial.user_attrs.get("retry_of") == 0] == [running[0].params]


@pytest.mark.slow
def test_an_interrupted_sweep_says_so_and_leaves_nothing_running(sweep: SweepCommand) -> None:
    sweep.write("space.yaml", LONG)
    process = sweep.start("--trials", "4", "--workers", "2", "--sessions", "24")
    wait_for("trial", lambda: sweep.journal.exists() and b"config" in sweep.journal.read_bytes(), process)
    process.send_signal(signal.SIGINT)
    _, stderr = process.communicate(timeout=60)
    assert process.returncode == 130
    assert stderr.splitlines()[-1].startswith("toolgrad-dspy: stopped")
    assert "Traceback" not in stderr
    assert not sweep.study().get_trials(states=(TrialState.RUNNING,))


@pytest.mark.slow
def test_dollars_are_counted_where_prices_are_known_and_no_key_is_kept(sweep: SweepCommand) -> None:
    key = "sk-canary-77aa01"
    with ModelServer("openai") as server:
        sweep.write("prices.json", json.dumps({server.model: {"input": 1, "output": 2}}))
        environment = {
            "TOOLGRAD_MODEL": server.model,
            "TOOLGRAD_API_BASE": server.url,
            "TOOLGRAD_API_KEY": key,
            "TOOLGRAD_PRICES": "prices.json",
        }
        result = sweep.result("--trials", "2", "--sessions", "2", environment=environment)
        assert result["unit"] == "usd"
        assert all(0 < row["cost"] < 1 for row in result["front"])
        assert f"model: {server.model}" in (sweep.output / "best.yaml").read_text()
        # Trials of another model would not be comparable.
        changed = {**environment, "TOOLGRAD_SELECTOR_TEMPERATURE": "0.9"}
        refused = sweep.refusal("--trials", "3", "--sessions", "2", environment=changed)
        assert "[other_sweep]" in refused
        assert "models" in refused
    for path in sweep.output.rglob("*"):
        assert path.is_dir() or key.encode() not in path.read_bytes(), path


@pytest.mark.slow
def test_a_model_that_cannot_be_reached_fails_its_trials_and_not_the_sweep(sweep: SweepCommand) -> None:
    gone = '{model: openai/gone, api_base: "http://127.0.0.1:9/v1", api_key: "${GONE_KEY}", retries: 0}'
    sweep.write(
        "space.yaml",
        f"models: {{selector: [rehearsal, {gone}]}}\niterations: [1, 2]\nknown: [{{model.selector: {gone}}}]\n",
    )
    result = sweep.result("--trials", "4", "--sessions", "2", environment={"GONE_KEY": "sk-x"})
    assert result["trials"]["failed"] >= 1
    assert sum(result["trials"].values()) == 4
    assert "gone" in sweep.study().trials[0].user_attrs["failure"]


@pytest.mark.slow
def test_where_every_trial_fails_the_result_is_printed_and_the_command_fails_with_the_reason(
    sweep: SweepCommand,
) -> None:
    sweep.write("space.yaml", "iterations: [1, 2]\n")
    stdout, stderr = sweep.run(
        *("--trials", "1", "--sessions", "2", "--json"),
        code=1,
        environment={
            "TOOLGRAD_MODEL": "openai/gone",
            "TOOLGRAD_API_BASE": "http://127.0.0.1:9/v1",
            "TOOLGRAD_API_KEY": "sk-x",
            "TOOLGRAD_RETRIES": "0",
        },
    )
    result = json.loads(stdout)
    assert (result["best"], result["front"], result["trials"]["failed"]) == (None, [], 1)
    assert "[no_best_trial]" in stderr.splitlines()[-1]
    assert "gone" in stderr.splitlines()[-1]


@pytest.mark.slow
def test_a_trial_whose_sessions_all_fail_for_one_reason_is_ended(sweep: SweepCommand) -> None:
    sweep.write("tools.py", 'def ping() -> str:\n    """Ping."""\n    raise ValueError("down")\n')
    sweep.write("space.yaml", "iterations: [1, 2]\n")
    options = ("--tools", "tools.py", "--trials", "1", "--sessions", "8", "--max-failures", "3", "--wait", "1")
    _, stderr = sweep.run(*options, code=1)
    assert "the first 3 sessions were all failed for one reason" in stderr.splitlines()[-1]


@pytest.mark.slow
def test_what_a_worker_cannot_go_on_for_is_the_commands_own_line(sweep: SweepCommand) -> None:
    sweep.write("tools.json", '{"mcpServers": {"gone": {"command": "./not-here"}}}')
    refused = sweep.refusal("--trials", "2", "--workers", "2", "--tools", "tools.json", code=1)
    assert "not-here" in refused


def test_bad_input_is_one_line_and_writes_nothing(sweep: SweepCommand) -> None:
    sweep.write("notes.txt", "my notes\n")
    refused = sweep.refusal("--storage", "notes.txt")
    assert "[not_a_journal]" in refused
    assert "notes.txt" in refused
    assert (sweep.folder / "notes.txt").read_text() == "my notes\n"
    assert not sweep.output.exists()


@pytest.mark.slow
def test_without_plotly_a_line_says_how_to_get_it_and_the_rest_is_done(sweep: SweepCommand) -> None:
    _, stderr = sweep.run(
        "--trials", "1", "--sessions", "2", environment={"PYTHONPATH": shadowed(sweep.folder, "plotly")}
    )
    hints = [line for line in stderr.splitlines() if "plotly" in line]
    assert len(hints) == 1
    assert "'toolgrad-dspy[sweep]'" in hints[0]
    assert (sweep.output / "best.yaml").exists()


def test_the_script_is_a_door_to_the_command(tmp_path: Path) -> None:
    script = SweepCommand(tmp_path, (sys.executable, str(SCRIPT)))
    refused = script.refusal("--storage", "space.yaml")
    assert refused.startswith("toolgrad-dspy: ")
    assert "[not_a_journal]" in refused


@pytest.mark.slow
@pytest.mark.parametrize(
    "command",
    [(str(Path(sys.executable).with_name("toolgrad-dspy")), "sweep"), (sys.executable, str(SCRIPT))],
    ids=["installed", "script"],
)
def test_workers_start_from_the_installed_command_and_from_the_script(
    command: tuple[str, ...], tmp_path: Path
) -> None:
    if not Path(command[0]).exists():
        pytest.skip("toolgrad-dspy is not installed beside this Python")
    sweep = SweepCommand(tmp_path, command)
    assert sweep.result("--trials", "2", "--workers", "2", "--sessions", "2")["trials"]["complete"] == 2


@pytest.mark.slow
def test_a_sweep_runs_from_python(sweep: SweepCommand) -> None:
    script = sweep.write(
        "mine.py",
        "from pathlib import Path\n"
        "from toolgrad_dspy.sweeps import SweepSpec, sweep\n"
        "if __name__ == '__main__':\n"
        "    lines = []\n"
        "    spec = SweepSpec(Path('out'), space=Path('space.yaml'), trials=2, workers=2, sessions=2)\n"
        "    result = sweep(spec, lines.append)\n"
        "    print(result.outcome.best.number, len([line for line in lines if line.startswith('trial ')]))\n",
    )
    done = subprocess.run([sys.executable, str(script)], cwd=sweep.folder, check=True, capture_output=True, text=True)
    assert done.stdout.split() in (["0", "2"], ["1", "2"])
    assert not done.stderr
    assert len(finished(sweep.study())) == 2


@pytest.mark.slow
def test_thirty_trials_with_two_workers_lose_none_and_leave_the_front(sweep: SweepCommand) -> None:
    """How long they take is for whoever runs the script, on a machine that does nothing else."""
    command = [sys.executable, str(SCRIPT), "--numbers", "--quiet"]
    done = subprocess.run(command, cwd=sweep.folder, capture_output=True, text=True)
    seconds, *rest, _, total = done.stdout.splitlines()
    assert "seconds" in seconds
    assert total.endswith("of 4 numbers met")
    assert [line.split()[0] for line in rest] == ["met", "met", "met"]
    assert done.returncode == ("MISSED" in seconds)
