"""``doctor``: whether everything that a run needs works, and what each model can do."""

import json
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.support.model_servers import Abilities, Fault, FaultPlan, ModelServer
from toolgrad_dspy.cli import main

CANARY = "sk-canary-8f1d20b7c4"


@dataclass(frozen=True)
class Done:
    """What a command wrote."""

    stdout: str
    stderr: str


Doctor = Callable[..., Done]


@pytest.fixture
def doctor(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Doctor:
    """Runs the command, which has to end with ``code``. Variables are given without their prefix."""

    def run(*arguments: str, code: int = 0, **variables: str) -> Done:
        with monkeypatch.context() as patch:
            for name, value in variables.items():
                patch.setenv(f"TOOLGRAD_{name}", value)
            with pytest.raises(SystemExit) as ended:
                main(["doctor", *arguments])
        wrote = capsys.readouterr()
        assert ended.value.code == code, wrote.err
        return Done(wrote.out, wrote.err)

    return run


def problems(done: Done) -> list[str]:
    return [line for line in done.stderr.splitlines() if line.startswith("toolgrad-dspy: ")]


def row(done: Done, *words: str) -> str:
    """The one line of the output that has all ``words``."""
    lines = [line for line in done.stdout.splitlines() if all(word in line for word in words)]
    assert len(lines) == 1, done.stdout
    return lines[0]


def test_with_nothing_set_everything_works_and_no_model_is_asked(doctor: Doctor) -> None:
    done = doctor()
    assert "Python 3" in done.stdout
    for package in ("dspy", "litellm", "pydantic", "mcp", "optuna", "datasets"):
        assert any(character.isdigit() for character in row(done, f"{package}  "))
    assert "all" in row(done, "rehearsal", "none needed", "free", "chat")
    assert row(done, "rehearsal", "no ", "yes").endswith("embedded")
    assert row(done, "tools of the bundled world").endswith(" tools")
    assert done.stderr == ""


def test_each_distinct_model_is_shown_with_its_roles_and_none_is_asked(doctor: Doctor) -> None:
    with ModelServer("vllm") as server:
        done = doctor(
            MODEL="openai/gpt-4.1-mini",
            API_KEY=CANARY,
            JUDGE_MODEL=server.model,
            JUDGE_API_BASE=server.url,
            UPDATER_ADAPTER="chat",
        )
        assert server.stats.requests == 0
    assert "proposer, executor, selector" in row(done, "openai/gpt-4.1-mini", "native", "set", "known", "json")
    assert "chat (set): updater" in done.stdout
    assert row(done, "openai/gpt-4.1-mini", "model list").count("yes") == 5
    assert row(done, f"{server.model} at {server.url}", "judge").endswith("chat")
    assert row(done, server.model, "not known  not known").endswith("-")
    assert "doctor --models" in done.stderr
    assert CANARY not in done.stdout + done.stderr


def test_the_same_as_data(doctor: Doctor) -> None:
    done = doctor("--json", MODEL="anthropic/claude-sonnet-4-5", ADAPTER="chat", JUDGE_MODEL="rehearsal")
    data = json.loads(done.stdout)
    claude, rehearsal = data["models"]
    assert (claude["engine"], claude["key"], claude["price"], claude["problem"]) == ("native", False, True, None)
    assert claude["capabilities"] == {
        "json_schema": True,
        "call_schema": True,
        "json_object": False,
        "function_calling": True,
        "logprobs": False,
        "source": "list",
    }
    assert claude["adapters"]["proposer"] == {"name": "chat", "set": True}
    assert (rehearsal["roles"], rehearsal["capabilities"]["source"]) == (["judge"], "embedded")
    assert data["tools"]["count"] > 0
    assert data["problems"] == []
    assert set(data["packages"]) == {"dspy", "litellm", "pydantic", "mcp", "optuna", "datasets"}


def test_models_are_probed_once_and_remembered(doctor: Doctor) -> None:
    with ModelServer("vllm", abilities=Abilities(logprobs="refused")) as server:
        used = {"MODEL": server.model, "API_BASE": server.url}
        before = doctor(**used)
        assert row(before, server.model, "all").endswith("chat")
        first = doctor("--models", **used)
        assert row(first, server.model, "probe").split()[-6:] == ["yes", "yes", "yes", "yes", "no", "probe"]
        assert row(first, server.model, "all").endswith("json")
        assert "5 calls" in first.stderr, "a refused request is not a call"
        assert server.stats.requests == 6
        again = doctor("--models", **used)
        assert row(again, server.model, "probe") == row(first, server.model, "probe")
        assert server.stats.requests == 7, "one request for a word"
        assert row(doctor(**used), server.model, "all").endswith("json")
        assert server.stats.requests == 7


def test_what_stayed_unknown_is_probed_again_and_the_rest_is_kept(doctor: Doctor, tmp_path: Path) -> None:
    with ModelServer("vllm") as server:
        used = {"MODEL": server.model, "API_BASE": server.url}
        doctor("--models", **used)
        path = tmp_path / ".cache/toolgrad-dspy/capabilities.json"
        whole = path.read_text()
        path.write_text(whole.replace('"logprobs": true', '"logprobs": null'))
        doctor("--models", **used)
        assert path.read_text() == whole
        assert server.stats.requests == 12


def test_a_model_at_two_addresses_is_two_models(doctor: Doctor) -> None:
    with ModelServer("vllm") as able, ModelServer("vllm", abilities=Abilities.all("ignored")) as plain:
        done = doctor(
            "--models",
            MODEL=able.model,
            API_BASE=able.url,
            STUDENT_MODEL=plain.model,
            STUDENT_API_BASE=plain.url,
        )
    assert row(done, able.url, "probe").count("yes") == 5
    assert row(done, plain.url, "probe").count("no ") == 5


def test_a_model_that_fails_is_one_line_and_the_others_are_probed(doctor: Doctor, tmp_path: Path) -> None:
    with (
        ModelServer("openai", keys={"another"}) as strict,
        ModelServer("vllm") as sound,
        ModelServer("gemini") as gone,
    ):
        pass
    with ModelServer("openai", keys={"another"}) as strict, ModelServer("vllm") as sound:
        done = doctor(
            "--models",
            "--json",
            code=1,
            MODEL=sound.model,
            API_BASE=sound.url,
            API_KEY=CANARY,
            JUDGE_MODEL=strict.model,
            JUDGE_API_BASE=strict.url,
            STUDENT_MODEL=gone.model,
            STUDENT_API_BASE=gone.url,
            STUDENT_RETRIES="0",
            SELECTOR_MODEL="no-provider",
        )
    assert len(problems(done)) == 3
    for code in ("key_refused", "server_unreachable", "unknown_model"):
        assert sum(problem.endswith(f" [{code}]") for problem in problems(done)) == 1
    data = json.loads(done.stdout)
    by_role = {role: model for model in data["models"] for role in model["roles"]}
    assert by_role["proposer"]["capabilities"]["source"] == "probe"
    assert by_role["proposer"]["problem"] is None
    assert by_role["judge"]["problem"].endswith(" [key_refused]")
    assert by_role["selector"]["problem"].endswith(" [unknown_model]")
    assert "no-provider" in by_role["selector"]["problem"]
    assert data["problems"] == [problem.removeprefix("toolgrad-dspy: ") for problem in problems(done)]
    assert CANARY not in done.stdout + done.stderr
    written = [path for path in tmp_path.rglob("*") if path.is_file()]
    assert [path.name for path in written] == ["capabilities.json"]
    assert CANARY not in written[0].read_text()


def test_a_model_that_answers_nothing_fails_and_is_not_remembered(doctor: Doctor, tmp_path: Path) -> None:
    with ModelServer("openai", faults=FaultPlan.always(Fault.UNAVAILABLE)) as server:
        done = doctor("--models", code=1, MODEL=server.model, API_BASE=server.url, API_KEY="k", RETRIES="0")
    assert problems(done)[0].endswith(" [no_answer]")
    assert not list(tmp_path.rglob("capabilities.json"))


def test_tools_that_do_not_work_are_one_line(doctor: Doctor, tmp_path: Path) -> None:
    (tmp_path / "servers.json").write_text('{"mcpServers": {"broken": {"command": "no-such-command-anywhere"}}}')
    for name, named in (("servers.json", "'broken'"), ("missing.json", "missing.json")):
        done = doctor("--tools", name, code=1)
        assert len(problems(done)) == 1
        assert named in problems(done)[0]
        assert not row(done, f"tools of {name}").endswith(" tools"), "there is no number of tools"


def test_a_wrong_setting_ends_it_as_it_ends_every_command(doctor: Doctor, tmp_path: Path) -> None:
    remembered = tmp_path / ".cache/toolgrad-dspy/capabilities.json"
    remembered.parent.mkdir(parents=True)
    remembered.write_text("{")
    done = doctor(code=2, MODEL="openai/gpt-4.1-mini")
    assert problems(done)[0].endswith(" [not_a_probes_file]")
    assert str(remembered) in problems(done)[0]
    remembered.unlink()
    assert problems(doctor(code=2, MODLE="x"))[0].endswith(" [unknown_variable]")
    (tmp_path / "c.yaml").write_text("models: {all: {model: anthropic/claude-sonnet-4-5}}")
    assert "claude" in doctor("--config", "c.yaml").stdout


@pytest.mark.slow
def test_a_model_that_only_litellm_knows_is_shown_with_that_engine(doctor: Doctor) -> None:
    done = doctor(MODEL="azure/gpt-4.1-mini", API_KEY="k", API_BASE="https://mine.openai.azure.com")
    assert row(done, "azure/gpt-4.1-mini", "litellm")
    done = doctor(code=1, MODEL="nosuchprovider/model")
    assert len(problems(done)) == 1


def test_a_fallback_is_probed_too_since_the_format_has_to_suit_all_models_of_a_role(doctor: Doctor) -> None:
    able = Abilities(json_schema="yes", json_object="yes")
    with ModelServer("vllm", abilities=able) as first, ModelServer("openai", abilities=able) as second:
        settings = {
            "MODEL": first.model,
            "API_BASE": first.url,
            "FALLBACKS": second.model,
            "API_KEY": "any",
        }
        # A fallback of another provider has that provider's own address.
        with pytest.MonkeyPatch.context() as patch:
            patch.setenv("OPENAI_API_BASE", second.url)
            patch.setenv("OPENAI_API_KEY", "any")
            assert doctor(**settings).stdout.count("json") == 0
            done = doctor("--models", **settings)
            assert "fallback: all" in row(done, second.model, "native")
            assert row(done, first.model, "native").endswith("json")
            assert second.stats.answered >= 3


@pytest.mark.parametrize("name", ["gpt-4.1-mini", pytest.param("nosuchprovider/x", marks=pytest.mark.slow)])
def test_a_fallback_that_nothing_can_route_is_its_own_problem_and_not_that_of_the_first_model(
    doctor: Doctor, name: str
) -> None:
    with ModelServer("vllm") as server:
        used = {"MODEL": server.model, "API_BASE": server.url, "FALLBACKS": name}
        for arguments in (["--json"], ["--json", "--models"]):
            done = doctor(*arguments, code=1, **used)
            first, fallback = json.loads(done.stdout)["models"]
            assert (first["model"], first["engine"], first["problem"]) == (server.model, "native", None)
            assert fallback["model"] == name
            assert fallback["problem"].endswith(" [unknown_model]")
            assert len(problems(done)) == 1
    assert first["capabilities"]["source"] == "probe"


def test_a_temperature_that_the_model_is_known_to_refuse_is_its_problem(doctor: Doctor) -> None:
    used = {"MODEL": "openai/o3", "API_KEY": "any", "JUDGE_TEMPERATURE": "0.7"}
    for arguments in (["--json"], ["--json", "--models"]):
        done = doctor(*arguments, code=1, **used)
        (model,) = json.loads(done.stdout)["models"]
        assert model["engine"] == "native", "what is known about it is shown all the same"
        assert model["problem"].endswith(" [refused_by_model]")
        assert "(judge)" in model["problem"]
        assert len(problems(done)) == 1
