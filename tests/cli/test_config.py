"""The configuration file, ``config show``, and that secrets appear nowhere."""

import json
import sys
from pathlib import Path
from typing import Any

import pytest

from tests.support.command import run
from tests.support.model_servers import ModelServer
from tests.support.model_servers.formats.base import WireAnswer

CANARY = "sk-canary-8f1d20b7c4"


@pytest.mark.slow
def test_the_command_line_takes_precedence_over_the_environment_and_that_over_the_file(tmp_path: Path) -> None:
    (tmp_path / "c.yaml").write_text(
        "models:\n"
        "  all: {model: openai/from-file, temperature: 0.5, timeout: 9}\n"
        "  judge: {model: openai/judge-from-file}\n"
        "program: {iterations: 6, mini_batch: 30, base: plain, mend: all, max_calls: 40}\n"
        "metric: {votes: 3}\n"
    )
    (tmp_path / ".env").write_text("TOOLGRAD_TEMPERATURE=0.25\n")
    done = run(
        tmp_path, "config", "show", "--config", "c.yaml", "--json", env={"TOOLGRAD_MODEL": "openai/from-variable"}
    )
    shown = json.loads(done.stdout)
    proposer = shown["models"]["proposer"]
    assert proposer["model"] == {"value": "openai/from-variable", "from": "TOOLGRAD_MODEL"}
    assert proposer["temperature"] == {"value": 0.25, "from": ".env: TOOLGRAD_TEMPERATURE"}
    assert proposer["timeout"] == {"value": 9.0, "from": "c.yaml: models.all.timeout"}
    assert proposer["retries"] == {"value": 5, "from": "default"}
    loop = {name: shown["program"][name] for name in ("iterations", "base", "mend", "max_calls", "repairs")}
    assert loop == {"iterations": 6, "base": "plain", "mend": "all", "max_calls": 40, "repairs": 2}
    rows = [line.split() for line in run(tmp_path, "config", "show", "--config", "c.yaml").stdout.splitlines()]
    assert ["mend", "all", "c.yaml"] in rows
    assert ["update", "last", "default"] in rows
    assert ["votes", "3", "c.yaml"] in rows
    assert ["temperature", "-", "default"] in rows, "the judge's"
    run(tmp_path, "generate", "-n", "1", "-o", "run", "--config", "p.yaml", code=2)
    (tmp_path / "p.yaml").write_text("program: {iterations: 2, proposals: 4}\n")
    run(tmp_path, "generate", "-n", "1", "-o", "run", "--config", "p.yaml", "--iterations", "3", "--quiet")
    stored = (tmp_path / "run/config.yaml").read_text()
    assert "iterations: 3" in stored
    assert "proposals: 4" in stored


@pytest.mark.parametrize(
    ("text", "named"),
    [
        ("progam: {}", ["[unknown_key]", "'progam'", "'program'"]),
        ("models: {proposr: {model: x}}", ["[unknown_key]", "models", "'proposr'", "'proposer'"]),
        ("models: {all: {modle: x}}", ["[unknown_key]", "models.all", "'modle'", "'model'"]),
        ("program: {iteratoins: 3}", ["[unknown_key]", "program", "'iteratoins'", "'iterations'"]),
        ("program: {iterations: 0}", ["[invalid_value]", "program.iterations", "0"]),
        ("models: {all: {temperature: hot}}", ["[invalid_value]", "models.all.temperature", "'hot'"]),
        ("models: {all: {api_key: '${NOT_SET_ANYWHERE}'}}", ["[variable_not_set]", "NOT_SET_ANYWHERE"]),
        ("models: 3", ["[not_a_mapping]", "models"]),
        ("[1, 2", ["[not_yaml]", "line 1"]),
    ],
)
def test_a_configuration_that_is_wrong_is_an_error_of_one_line_that_names_the_key(
    text: str, named: list[str], tmp_path: Path
) -> None:
    (tmp_path / "c.yaml").write_text(text)
    message = run(tmp_path, "config", "show", "--config", "c.yaml", code=2).stderr
    assert len(message.splitlines()) == 1
    assert [part for part in ["c.yaml", *named] if part not in message] == []


def test_a_file_that_is_not_yaml_is_an_error_that_names_the_line_and_does_not_quote_it(tmp_path: Path) -> None:
    (tmp_path / "c.yaml").write_text(f"models:\n  all:\n    api_key: {CANARY}: x\n")
    message = run(tmp_path, "config", "show", "--config", "c.yaml", code=2).stderr
    assert len(message.splitlines()) == 1
    assert "c.yaml" in message
    assert "line 3, column 34" in message
    assert "[not_yaml]" in message
    assert CANARY not in message
    assert "api_key" not in message


def test_config_show_masks_secrets_and_says_where_they_come_from(tmp_path: Path) -> None:
    for more in ([], ["--json"]):
        shown = run(tmp_path, "config", "show", *more, env={"TOOLGRAD_API_KEY": CANARY}).stdout
        assert CANARY not in shown
        assert "TOOLGRAD_API_KEY" in shown


@pytest.mark.slow
def test_a_key_is_in_nothing_that_commands_write_or_print(tmp_path: Path) -> None:
    """A key in the environment, one in a servers file, one in ``.env``: then everything written is searched."""
    tools = {"command": sys.executable, "args": ["-m", "toolgrad_dspy.world"], "env": {"TOKEN": f"{CANARY}-env"}}
    servers = {"mcpServers": {"town": {**tools, "isolation": "session", "allow_writes": True}}}
    home = tmp_path / "home"
    home.mkdir()
    (home / "servers.json").write_text(json.dumps(servers))
    (home / ".env").write_text(f"ANTHROPIC_API_KEY={CANARY}-dotenv\n")
    printed = ""
    with ModelServer("openai") as server:
        settings = {
            "TOOLGRAD_MODEL": server.model,
            "TOOLGRAD_API_BASE": server.url,
            "TOOLGRAD_API_KEY": f"{CANARY}-model",
        }
        small = ("--train", "4", "--validation", "4", "--test", "4", "--metric-calls", "8", "--iterations", "2")
        for arguments in (
            ("generate", "-n", "2", "-o", "run", "--iterations", "2"),
            ("generate", "-n", "1", "-o", "tools", "--iterations", "3", "--tools", "servers.json"),
            ("compile", "-o", "p.json", *small),
        ):
            done = run(home, *arguments, env=settings)
            printed += done.stdout + done.stderr
    with ModelServer("openai", keys={"another"}) as strict:
        refused = {**settings, "TOOLGRAD_API_BASE": strict.url}
        done = run(home, "generate", "-n", "1", "-o", "refused", code=1, env=refused)
        assert "[key_refused]" in done.stderr
        printed += done.stdout + done.stderr
    assert CANARY not in printed
    written = [path for path in home.rglob("*") if path.is_file() and path.name not in ("servers.json", ".env")]
    assert len(written) > 5
    assert [path for path in written if CANARY.encode() in path.read_bytes()] == []


@pytest.mark.slow
def test_another_limit_does_not_keep_a_run_from_being_resumed(tmp_path: Path) -> None:
    run(tmp_path, "generate", "-n", "1", "-o", "run", "--iterations", "3", "--quiet")
    again = ("generate", "-n", "2", "-o", "run", "--iterations", "3", "--quiet")
    run(tmp_path, *again, env={"TOOLGRAD_MAX_PARALLEL": "3"})
    refused = run(tmp_path, *again, code=2, env={"TOOLGRAD_TEMPERATURE": "1"})
    assert "temperature" in refused.stderr


@pytest.mark.parametrize("status", [400, 500])
def test_a_server_that_repeats_the_key_in_its_errors_does_not_get_it_written_down(
    tmp_path: Path, status: int
) -> None:
    requests = 0

    def repeats(body: dict[str, Any]) -> WireAnswer | None:
        nonlocal requests
        requests += 1
        refusal = {"error": {"message": f"Bearer {CANARY} may not do that", "type": "server_error", "code": None}}
        return WireAnswer(status, refusal) if requests > 2 else None  # the check before the first session succeeds

    with ModelServer("openai", trouble=repeats) as server:
        settings = {
            "TOOLGRAD_MODEL": server.model,
            "TOOLGRAD_API_BASE": server.url,
            "TOOLGRAD_API_KEY": CANARY,
            "TOOLGRAD_RETRIES": "0",
        }
        done = run(tmp_path, "generate", "-n", "2", "-o", "run", "--iterations", "2", code=1, env=settings)
    assert requests > 2
    assert "may not do that" in done.stderr
    assert CANARY not in done.stdout + done.stderr
    written = [path for path in tmp_path.rglob("*") if path.is_file()]
    assert written
    assert [path for path in written if CANARY.encode() in path.read_bytes()] == []
