"""The configuration file, ``config show``, and that secrets stay where they are."""

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from tests.support.model_servers import ModelServer
from tests.support.model_servers.formats.base import WireAnswer

RUN = [sys.executable, "-m", "toolgrad_dspy"]
CANARY = "sk-canary-8f1d20b7c4"


def run(folder: Path, *arguments: str, code: int = 0, **environment: str) -> subprocess.CompletedProcess[str]:
    done = subprocess.run(
        [*RUN, *arguments], cwd=folder, env={**os.environ, **environment}, capture_output=True, text=True
    )
    assert done.returncode == code, done.stderr
    assert "Traceback" not in done.stderr
    return done


def test_the_command_line_goes_before_the_environment_and_that_before_the_file(tmp_path: Path) -> None:
    (tmp_path / "c.yaml").write_text(
        "models:\n"
        "  all: {model: openai/from-file, temperature: 0.5, timeout: 9}\n"
        "  judge: {model: openai/judge-from-file}\n"
        "program: {iterations: 6, mini_batch: 30}\n"
    )
    (tmp_path / ".env").write_text("TOOLGRAD_TEMPERATURE=0.25\n")
    done = run(tmp_path, "config", "show", "--config", "c.yaml", "--json", TOOLGRAD_MODEL="openai/from-variable")
    shown = json.loads(done.stdout)
    proposer = shown["models"]["proposer"]
    assert proposer["model"] == {"value": "openai/from-variable", "from": "TOOLGRAD_MODEL"}
    assert proposer["temperature"] == {"value": 0.25, "from": ".env: TOOLGRAD_TEMPERATURE"}
    assert proposer["timeout"] == {"value": 9.0, "from": "c.yaml: models.all.timeout"}
    assert proposer["retries"] == {"value": 5, "from": "default"}
    assert shown["program"]["iterations"] == 6
    run(tmp_path, "generate", "-n", "1", "-o", "run", "--config", "p.yaml", code=2)
    (tmp_path / "p.yaml").write_text("program: {iterations: 2, proposals: 4}\n")
    run(tmp_path, "generate", "-n", "1", "-o", "run", "--config", "p.yaml", "--iterations", "3", "--quiet")
    stored = (tmp_path / "run/config.yaml").read_text()
    assert "iterations: 3" in stored
    assert "proposals: 4" in stored


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("progam: {}", "did you mean 'program'?"),
        ("models: {proposr: {model: x}}", "did you mean 'proposer'?"),
        ("models: {all: {modle: x}}", "did you mean 'model'?"),
        ("program: {iteratoins: 3}", "did you mean 'iterations'?"),
        ("program: {iterations: 0}", "program.iterations"),
        ("models: {all: {temperature: hot}}", "models.all.temperature"),
        ("models: {all: {api_key: '${NOT_SET_ANYWHERE}'}}", "NOT_SET_ANYWHERE"),
        ("models: 3", "has to be a mapping"),
        ("[1, 2", "is not YAML"),
    ],
)
def test_a_configuration_that_is_wrong_is_one_line_with_the_key(text: str, said: str, tmp_path: Path) -> None:
    (tmp_path / "c.yaml").write_text(text)
    message = run(tmp_path, "config", "show", "--config", "c.yaml", code=2).stderr
    assert said in message
    assert len(message.splitlines()) == 1


def test_a_file_that_is_no_yaml_is_told_by_its_line_without_what_stands_in_it(tmp_path: Path) -> None:
    (tmp_path / "c.yaml").write_text(f"models:\n  all:\n    api_key: {CANARY}: x\n")
    said = run(tmp_path, "config", "show", "--config", "c.yaml", code=2).stderr
    assert all(part in said for part in ("c.yaml", "line 3, column 34", "[not_yaml]"))
    assert CANARY not in said


def test_config_show_masks_secrets_and_tells_where_they_come_from(tmp_path: Path) -> None:
    settings = {"TOOLGRAD_API_KEY": CANARY}
    for more in ([], ["--json"]):
        shown = run(tmp_path, "config", "show", *more, **settings).stdout
        assert CANARY not in shown
        assert "TOOLGRAD_API_KEY" in shown


def test_a_key_is_in_nothing_that_commands_write_or_say(tmp_path: Path) -> None:
    """A key in the environment, one in a servers file, one in ``.env``: then everything written is searched."""
    tools = {"command": sys.executable, "args": ["-m", "toolgrad_dspy.world"], "env": {"TOKEN": f"{CANARY}-env"}}
    servers = {"mcpServers": {"town": {**tools, "isolation": "session"}}}
    home = tmp_path / "home"
    home.mkdir()
    (home / "servers.json").write_text(json.dumps(servers))
    (home / ".env").write_text(f"ANTHROPIC_API_KEY={CANARY}-dotenv\n")
    said = ""
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
            done = run(home, *arguments, **settings)
            said += done.stdout + done.stderr
    with ModelServer("openai", keys={"another"}) as strict:
        refused = {**settings, "TOOLGRAD_API_BASE": strict.url}
        done = run(home, "generate", "-n", "1", "-o", "refused", code=1, **refused)
        assert "the key was refused" in done.stderr
        said += done.stdout + done.stderr
    assert CANARY not in said
    written = [path for path in home.rglob("*") if path.is_file() and path.name not in ("servers.json", ".env")]
    assert len(written) > 5
    assert [path for path in written if CANARY.encode() in path.read_bytes()] == []


def test_another_limit_does_not_keep_a_run_from_being_resumed(tmp_path: Path) -> None:
    run(tmp_path, "generate", "-n", "1", "-o", "run", "--iterations", "3", "--quiet")
    run(tmp_path, "generate", "-n", "2", "-o", "run", "--iterations", "3", "--quiet", TOOLGRAD_MAX_PARALLEL="3")
    refused = run(
        tmp_path, "generate", "-n", "2", "-o", "run", "--iterations", "3", "-q", code=2, TOOLGRAD_TEMPERATURE="1"
    )
    assert "temperature" in refused.stderr


@pytest.mark.parametrize("status", [400, 500])
def test_a_server_that_repeats_the_key_in_its_errors_does_not_get_it_written_down(
    tmp_path: Path, status: int
) -> None:
    asked = 0

    def repeats(body: dict[str, Any]) -> WireAnswer | None:
        nonlocal asked
        asked += 1
        said = {"error": {"message": f"Bearer {CANARY} may not do that", "type": "server_error", "code": None}}
        return WireAnswer(status, said) if asked > 2 else None  # the word before the first session is answered

    with ModelServer("openai", trouble=repeats) as server:
        settings = {
            "TOOLGRAD_MODEL": server.model,
            "TOOLGRAD_API_BASE": server.url,
            "TOOLGRAD_API_KEY": CANARY,
            "TOOLGRAD_RETRIES": "0",
        }
        done = run(tmp_path, "generate", "-n", "2", "-o", "run", "--iterations", "2", code=1, **settings)
    assert asked > 2
    assert "may not do that" in done.stderr
    assert CANARY not in done.stdout + done.stderr
    written = [path for path in tmp_path.rglob("*") if path.is_file()]
    assert written
    assert [path for path in written if CANARY.encode() in path.read_bytes()] == []
