"""``--model`` names the model of all roles, and goes before the environment and a configuration file."""

import json
from pathlib import Path

import pytest
from pydantic import JsonValue

from tests.support.command import run
from tests.support.model_servers import Fault, FaultPlan, ModelServer
from toolgrad_dspy.errors import UsageError
from toolgrad_dspy.lm import Models
from toolgrad_dspy.lm.sources import resolve
from toolgrad_dspy.sweeps import Sweep, SweepSpec


def test_the_option_goes_before_the_environment_and_that_before_a_file(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TOOLGRAD_MODEL", "openai/from-variable")
    monkeypatch.setenv("TOOLGRAD_JUDGE_MODEL", "openai/judge-from-variable")
    file: dict[str, dict[str, JsonValue]] = {
        "all": {"model": "openai/from-file"},
        "selector": {"model": "openai/selector", "temperature": 0.5},
    }
    found = resolve(file, "c.yaml", "openai/from-option")
    assert {one.settings.model for one in found.values()} == {"openai/from-option"}
    assert {one.came_from["model"] for one in found.values()} == {"--model"}
    assert found["selector"].settings.temperature == 0.5
    assert resolve(file, "c.yaml")["judge"].came_from["model"] == "TOOLGRAD_JUDGE_MODEL"


def test_a_key_and_an_address_of_another_provider_are_not_used_for_the_model_of_the_option(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("TOOLGRAD_MODEL", "anthropic/one")
    monkeypatch.setenv("TOOLGRAD_API_KEY", "sk-of-anthropic")
    monkeypatch.setenv("TOOLGRAD_API_BASE", "https://anthropic.example.org")
    other = resolve(model="openai/other")["proposer"]
    assert (other.settings.api_key, other.settings.api_base) == (None, None)
    assert other.came_from["api_key"] == "default"
    same = resolve(model="anthropic/other")["proposer"].settings
    assert same.api_key is not None
    assert same.api_base == "https://anthropic.example.org"
    monkeypatch.delenv("TOOLGRAD_MODEL")
    assert resolve(model="openai/other")["proposer"].settings.api_key is not None, "no model had it before"


@pytest.mark.parametrize(
    "name", ["", "  ", "gpt", "openai/", "/x", "openai/a b", "openai/\x00", "o/" + "x" * 100_000]
)
def test_what_is_no_name_is_one_line(name: str) -> None:
    with pytest.raises(UsageError, match=r"^--model: unknown model ") as caught:
        Models.from_environment(model=name)
    assert caught.value.code == "unknown_model"
    assert len(caught.value.line) < 300
    assert caught.value.line.isprintable()


@pytest.mark.parametrize(
    "command",
    [["generate", "-n", "1", "-o", "r"], ["compile", "-o", "p.json"], ["sweep"], ["doctor"], ["config", "show"]],
)
def test_every_command_with_models_refuses_what_is_no_name(tmp_path: Path, command: list[str]) -> None:
    done = run(tmp_path, *command, "--model", "gpt", code=2)
    assert done.stderr.splitlines()[-1].startswith("toolgrad-dspy: --model: unknown model 'gpt'")
    assert done.stderr.endswith("[unknown_model]\n")
    assert not [name for name in ("r", "p.json", "sweeps") if (tmp_path / name).exists()]


def test_config_show_tells_where_the_model_is_from(tmp_path: Path) -> None:
    done = run(tmp_path, "config", "show", "--model", "openai/x", env={"TOOLGRAD_MODEL": "openai/y"})
    assert ["judge", "model", "openai/x", "--model"] in [line.split() for line in done.stdout.splitlines()]
    shown = json.loads(run(tmp_path, "config", "show", "--model", "openai/x", "--json").stdout)
    assert shown["models"]["updater"]["model"] == {"value": "openai/x", "from": "--model"}


def test_generate_and_doctor_ask_the_model_of_the_option(tmp_path: Path) -> None:
    with ModelServer("openai", faults=FaultPlan.always(Fault.UNKNOWN_MODEL)) as server:
        env = {"TOOLGRAD_API_BASE": server.url, "TOOLGRAD_API_KEY": "k"}
        told = run(tmp_path, "generate", "-n", "1", "-o", "r", "--model", "openai/mine", code=1, env=env)
        assert "openai/mine" in told.stderr.splitlines()[-1]
        told = run(tmp_path, "doctor", "--models", "--model", "openai/mine", code=1, env=env)
        assert "openai/mine" in told.stdout


def test_a_sweep_runs_on_the_model_of_the_option_unless_the_space_names_models(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TOOLGRAD_MODEL", "openai/from-variable")
    opened = Sweep.open(SweepSpec(tmp_path / "s", trials=1, model="rehearsal"))
    assert opened.is_rehearsal
    assert {role["model"] for role in opened.job.plan.models.values()} == {"rehearsal"}  # type: ignore[index,call-overload]
    monkeypatch.delenv("TOOLGRAD_MODEL")
    space = tmp_path / "space.yaml"
    space.write_text("models: {all: [openai/a, openai/b]}\n")
    with pytest.raises(UsageError, match=r"^--model goes before the model of the space") as caught:
        Sweep.open(SweepSpec(tmp_path / "t", space=space, trials=1, model="rehearsal"))
    assert caught.value.code == "environment_goes_first"
