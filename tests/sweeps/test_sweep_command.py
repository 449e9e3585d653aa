"""The sweep as a command, on its default storage."""

import json
import os
import signal
import subprocess
import sys
from itertools import pairwise
from pathlib import Path
from typing import Any

import optuna
import pytest
from optuna.trial import TrialState

from tests.support.model_servers import ModelServer
from tests.support.sweeps import Sweep, wait_for

RUN = [sys.executable, "-m", "toolgrad_dspy"]
# Trials of some seconds, so that there is a middle to be killed in.
LONG = "iterations: [7, 8]\nproposals: [4, 5]\n"


def finished(study: optuna.Study) -> list[int]:
    return [one.number for one in study.trials if one.state in (TrialState.COMPLETE, TrialState.PRUNED)]


@pytest.mark.slow
def test_a_sweep_ends_in_a_table_the_best_settings_and_plots_and_goes_on_where_it_ended(sweep: Sweep) -> None:
    out, said = sweep.run("--trials", "3", "--sessions", "3")
    assert "Pareto set" in out
    assert "tokens/sample" in out
    assert said.count("trial ") == 3
    assert "not a language model's gain" in said
    folder = sweep.folder / "out"
    for name in ("pareto.html", "parallel.html", "importances.html"):
        assert "plotly" in (folder / name).read_text(encoding="utf-8")
    first = sweep.study().trials
    # The defaults come first, as far as they are in the space.
    assert first[0].params["update"] == "last"
    more = sweep.result("--trials", "5", "--sessions", "3")
    assert more["trials"] == {"complete": 5, "pruned": 0, "failed": 0}
    assert [one.params for one in sweep.study().trials[:3]] == [one.params for one in first]
    again = sweep.result("--trials", "5", "--sessions", "3", "--quiet")
    assert {**again, "wall_seconds": 0} == {**more, "wall_seconds": 0}
    assert_is_the_front(again["front"], sweep.study())


@pytest.mark.slow
def test_a_study_of_another_space_is_refused_in_a_line_and_nothing_is_written(sweep: Sweep) -> None:
    sweep.run("--trials", "1", "--sessions", "4")
    folder = sweep.folder / "out"
    kept = {path.name: path.read_bytes() for path in folder.iterdir() if path.is_file()}
    sweep.write("space.yaml", "iterations: {low: 1, high: 4}\n")
    _, refused = sweep.run("--trials", "2", "--sessions", "4", code=2)
    assert refused == (
        "sweep: the study 'sweep' there is of another sweep, with other space; repeat that one's options and "
        "environment, or choose another name with --study\n"
    )
    _, refused = sweep.run("--trials", "2", "--sessions", "4", "--study", "second", code=2)
    assert refused == "sweep: out/best.yaml is there and not of this study; choose another folder with -o\n"
    assert {path.name: path.read_bytes() for path in folder.iterdir() if path.is_file()} == kept


def assert_is_the_front(front: list[dict[str, Any]], study: optuna.Study) -> None:
    """By comparing every trial with every other."""
    points = {one.number: (one.values[0], one.values[1]) for one in study.trials if one.user_attrs["accepted"]}
    beaten = {
        number
        for number, (quality, cost) in points.items()
        for other in points.values()
        if other != (quality, cost) and other[0] >= quality and other[1] <= cost
    }
    assert {one["trial"] for one in front} == points.keys() - beaten
    assert all(a["quality"] >= b["quality"] for a, b in pairwise(front))


@pytest.mark.slow
def test_the_best_settings_given_to_generate_are_those_of_the_trial(sweep: Sweep) -> None:
    sweep.write(
        "space.yaml",
        "optimizer: [none, gepa]\niterations: [3]\ntemperature: [0.4]\nadapter: [json]\n"
        "known: [{optimizer: gepa}, {optimizer: none}]\n",
    )
    result = sweep.result(
        "--trials", "2", "--sessions", "6", "--train", "4", "--validation", "4", "--metric-calls", "24"
    )
    best = sweep.folder / "out/best.yaml"
    assert sweep.study().trials[result["best"]].params == {"optimizer": "gepa"}
    assert "--program out/best.json" in best.read_text()
    given = ["--config", str(best), "--program", "out/best.json"]
    command = [*RUN, "generate", "-n", "6", "--json", "-o", "run", *given]
    done = subprocess.run(command, cwd=sweep.folder, check=True, capture_output=True, text=True)
    assert json.loads(done.stdout)["accepted"] > 0
    stored = (sweep.folder / "run/config.yaml").read_text()
    assert "iterations: 3" in stored
    assert "temperature: 0.4" in stored
    assert "adapter: json" in stored


@pytest.mark.slow
def test_one_objective_ends_hopeless_trials_early(sweep: Sweep) -> None:
    sweep.write("space.yaml", "iterations: {low: 1, high: 8}\nproposals: [1, 2, 3]\nupdate: [last, each]\n")
    result = sweep.result("--trials", "16", "--sessions", "16", "--single", "--workers", "2")
    assert result["trials"]["pruned"] > 0
    assert result["trials"]["pruned"] + result["trials"]["complete"] == 16
    assert not (sweep.folder / "out/pareto.html").exists()
    study = sweep.study()
    values = {one.number: one.value for one in study.trials if one.state == TrialState.COMPLETE}
    assert values[result["best"]] == max(values.values())
    for one in study.trials:
        if one.state == TrialState.PRUNED:
            assert max(one.intermediate_values) < 16


@pytest.mark.slow
def test_three_processes_share_one_journal_and_a_killed_one_costs_no_trial(sweep: Sweep) -> None:
    sweep.write("space.yaml", LONG)
    process = sweep.start("--trials", "9", "--workers", "3", "--sessions", "24")
    journal = sweep.folder / "out/journal.log"

    def owners() -> list[optuna.trial.FrozenTrial]:
        if not journal.exists() or b"owner" not in journal.read_bytes():
            return []
        running = sweep.study().get_trials(states=(TrialState.RUNNING,))
        # All three at work, and one of them in the middle.
        return running if len(running) == 3 and all("config" in one.user_attrs for one in running) else []

    victim = wait_for("trial of each worker", owners, process)[1]
    os.kill(victim.user_attrs["owner"]["pid"], signal.SIGKILL)
    out, said = process.communicate(timeout=300)
    assert process.returncode == 0, said
    assert "was killed (SIGKILL)" in said
    study = sweep.study()
    assert len(finished(study)) == 9
    assert study.trials[victim.number].state == TrialState.FAIL
    again = [one for one in study.trials if one.user_attrs.get("retry_of") == victim.number]
    assert [one.state for one in again] == [TrialState.COMPLETE]
    assert again[0].params == victim.params
    assert len(study.trials) == 10
    assert "9 complete trials" in out.replace("of 9 complete", "9 complete")
    assert len({one.user_attrs["owner"]["pid"] for one in study.trials}) >= 3


@pytest.mark.slow
def test_three_commands_on_one_journal_make_no_trial_twice_and_none_too_many(sweep: Sweep) -> None:
    several = [sweep.start("--trials", "8", "--sessions", "4", "--json", "--quiet") for _ in range(3)]
    for process in several:
        out, said = process.communicate(timeout=300)
        assert process.returncode == 0, said
        assert json.loads(out)["trials"]["failed"] == 0
    study = sweep.study()
    assert len(finished(study)) == 8
    assert sum(bool(one.user_attrs.get("known")) for one in study.trials) == 1


@pytest.mark.slow
def test_a_sweep_that_is_killed_with_all_its_workers_goes_on(sweep: Sweep) -> None:
    sweep.write("space.yaml", LONG)
    process = sweep.start("--trials", "3", "--sessions", "24")
    journal = sweep.folder / "out/journal.log"
    running = wait_for(
        "trial",
        lambda: journal.exists() and b"config" in journal.read_bytes() and sweep.study().trials,
        process,
    )
    process.kill()
    os.kill(running[0].user_attrs["owner"]["pid"], signal.SIGKILL)
    process.communicate(timeout=60)
    _, said = sweep.run("--trials", "3", "--sessions", "24")
    assert "lost with their workers" in said
    assert len(finished(sweep.study())) == 3


@pytest.mark.slow
def test_an_interrupted_sweep_says_so_and_leaves_nothing_running(sweep: Sweep) -> None:
    sweep.write("space.yaml", LONG)
    process = sweep.start("--trials", "4", "--workers", "2", "--sessions", "24")
    journal = sweep.folder / "out/journal.log"
    wait_for("trial", lambda: journal.exists() and b"config" in journal.read_bytes(), process)
    process.send_signal(signal.SIGINT)
    _, said = process.communicate(timeout=60)
    assert process.returncode == 130
    assert said.splitlines()[-1] == "sweep: interrupted; the same command goes on"
    assert "Traceback" not in said
    assert not sweep.study().get_trials(states=(TrialState.RUNNING,))


@pytest.mark.slow
def test_dollars_are_counted_where_prices_are_known_and_no_key_is_kept(sweep: Sweep) -> None:
    key = "sk-canary-77aa01"
    with ModelServer("openai") as server:
        sweep.write("prices.json", json.dumps({server.model: {"input": 1, "output": 2}}))
        environment = {
            "TOOLGRAD_MODEL": server.model,
            "TOOLGRAD_API_BASE": server.url,
            "TOOLGRAD_API_KEY": key,
            "TOOLGRAD_PRICES": "prices.json",
        }
        result = sweep.result("--trials", "2", "--sessions", "2", **environment)
        assert result["unit"] == "usd"
        assert all(0 < one["cost"] < 1 for one in result["front"])
        assert f"model: {server.model}" in (sweep.folder / "out/best.yaml").read_text()
        # Another model's trials would not be comparable.
        other = {**environment, "TOOLGRAD_SELECTOR_TEMPERATURE": "0.9"}
        _, said = sweep.run("--trials", "3", "--sessions", "2", code=2, **other)
        assert "of another sweep, with other models" in said
    for path in (sweep.folder / "out").rglob("*"):
        assert path.is_dir() or key.encode() not in path.read_bytes(), path


@pytest.mark.slow
def test_a_model_that_cannot_be_reached_fails_its_trials_and_not_the_sweep(sweep: Sweep) -> None:
    gone = '{model: openai/gone, api_base: "http://127.0.0.1:9/v1", api_key: "${GONE_KEY}", retries: 0}'
    sweep.write(
        "space.yaml",
        f"models: {{selector: [rehearsal, {gone}]}}\niterations: [1, 2]\nknown: [{{model.selector: {gone}}}]\n",
    )
    result = sweep.result("--trials", "4", "--sessions", "2", GONE_KEY="sk-x")
    assert result["trials"]["failed"] >= 1
    assert sum(result["trials"].values()) == 4
    assert "gone" in sweep.study().trials[0].user_attrs["failure"]


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["--storage", "notes.txt"], "sweep: notes.txt is there and no Optuna journal"),
        (["--storage", "notadatabase://x"], "sweep: --storage: the driver for notadatabase"),
        (["--space", "none.yaml"], "sweep: cannot read none.yaml"),
        (["--tools", "none.json"], "none.json"),
    ],
)
def test_bad_input_is_one_line_and_writes_nothing(arguments: list[str], said: str, sweep: Sweep) -> None:
    sweep.write("notes.txt", "my notes\n")
    _, refused = sweep.run(*arguments, code=2)
    assert len(refused.splitlines()) == 1
    assert said in refused
    assert (sweep.folder / "notes.txt").read_text() == "my notes\n"
    assert not (sweep.folder / "out").exists()


@pytest.mark.slow
def test_without_plotly_a_line_says_how_to_get_it_and_the_rest_is_done(sweep: Sweep, tmp_path: Path) -> None:
    blocked = tmp_path / "blocked"
    blocked.mkdir()
    (blocked / "plotly.py").write_text("raise ImportError('not here')\n")
    _, said = sweep.run("--trials", "1", "--sessions", "2", PYTHONPATH=str(blocked))
    assert "python -m pip install plotly" in said
    assert (sweep.folder / "out/best.yaml").exists()


@pytest.mark.slow
def test_thirty_trials_with_two_workers_meet_their_numbers(sweep: Sweep) -> None:
    command = [sys.executable, str(Path(__file__).parents[2] / "benchmarks/sweep.py"), "--numbers", "--quiet"]
    done = subprocess.run(command, cwd=sweep.folder, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout
    assert done.stdout.count("met ") == 4
    assert "MISSED" not in done.stdout
