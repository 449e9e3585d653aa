"""Configuration files of MCP clients."""

import json
import pickle
from pathlib import Path
from typing import Any

import pytest

from tests.support.refusals import refused
from toolgrad_dspy.errors import UsageError
from toolgrad_dspy.tools.mcp.config import McpConfig, load_mcp_config
from toolgrad_dspy.tools.mcp.targets import HttpTarget, StdioTarget

PASTED = {
    "mcpServers": {
        "files": {
            "type": "stdio",
            "command": "npx",
            "args": ["-y", "server-filesystem", "${WORKSPACE}"],
            "env": {"MODE": "x"},
            "description": "Files",
            "autoApprove": ["read_file"],
            "alwaysAllow": [],
            "disabled": False,
        },
        "remote": {
            "type": "http",
            "serverUrl": "https://example.org/mcp",
            "headers": {"Authorization": "Bearer ${TOKEN}"},
        },
        "off": {"command": "x", "disabled": True},
    },
    "globalShortcut": "Ctrl+Space",
}


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "mcp.json"


def load(path: Path, document: object, **environ: str) -> McpConfig:
    path.write_text(document if isinstance(document, str) else json.dumps(document), encoding="utf-8")
    return load_mcp_config(path, environ)


def server(**settings: Any) -> dict[str, Any]:
    return {"mcpServers": {"db": settings}}


def refusal(path: Path, document: object, **environ: str) -> UsageError:
    """The error with which the file is refused: one line that names it."""
    with pytest.raises(UsageError) as caught:
        load(path, document, **environ)
    line = str(caught.value)
    assert line.startswith(str(path))
    assert "\n" not in line
    return caught.value


def test_a_clients_file_is_taken_as_it_is(path: Path) -> None:
    config = load(path, PASTED, TOKEN="secret")
    assert list(config.servers) == ["files", "remote"]
    assert [source.id for source in config.sources()] == ["files", "remote"]


@pytest.mark.parametrize(
    ("document", "code", "named"),
    [
        ({"mcpServer": {}}, "unknown_key", ["'mcpServer'", '"mcpServers"']),
        ({"servers": {}}, "unknown_key", ["'servers'", '"mcpServers"']),
        ({"mcpServers": {}}, "no_servers", ['"mcpServers"']),
        ({"mcpServers": {"db": "npx"}}, "invalid_server", ["'db'", '"command"', '"url"']),
        ([], "not_a_servers_file", ['"mcpServers"']),
        (server(comand="x"), "unknown_key", ["'db'", '"comand"', '"command"']),
        (server(command="x", allowWrites=True), "unknown_key", ["'db'", '"allowWrites"', '"allow_writes"']),
        (server(command="x", zzz=1), "unknown_key", ["'db'", '"zzz"']),
        (server(command="x", url="http://y"), "invalid_server", ["'db'", '"command"', '"url"']),
        (server(), "invalid_server", ["'db'", '"command"', '"url"']),
        (server(url="http://y", workspace="."), "invalid_server", ["'db'", '"workspace"']),
        (server(url="y"), "not_a_url", ["'db'", '"url"']),
        (server(url="http://localhost:port/mcp"), "not_a_url", ["'db'", '"url"']),
        (server(url="http://[localhost/mcp"), "not_a_url", ["'db'", '"url"']),
        (server(url="http:///mcp"), "not_a_url", ["'db'", '"url"']),
        (server(command="x", timeout=-1), "invalid_server", ["'db'", '"timeout"']),
        (server(command="x", isolation="none"), "invalid_server", ["'db'", '"isolation"', "'session'", "'shared'"]),
        (server(command="x", env={"A": "${NO_SUCH}"}), "variable_not_set", ["'db'", "env.A", "NO_SUCH"]),
        (server(command="x", args=["${input:key}"]), "unsupported_variable", ["'db'", "args[0]", "${input:key}"]),
        (server(command="x", workspace="none"), "workspace_missing", ["'db'", "/none'", '"workspace"']),
        ('{"mcpServers": {"a": {"command": "x"}, "a": {}}}', "repeated_key", ["'a'"]),
        ('{\n  "mcpServers": {,}\n}', "not_json", ["line 2, column 18"]),
    ],
)
def test_a_file_that_is_wrong_is_refused_with_the_place_of_the_mistake(
    path: Path, document: object, code: str, named: list[str]
) -> None:
    error = refusal(path, document)
    assert error.code == code
    assert [place for place in named if place not in str(error)] == []


def test_a_file_that_is_missing_or_not_text_is_refused(path: Path) -> None:
    with pytest.raises(UsageError) as missing:
        load_mcp_config(path)
    assert missing.value.code == "file_missing"
    path.write_bytes(b"\xff")
    with pytest.raises(UsageError) as binary:
        load_mcp_config(path)
    assert binary.value.code == "unreadable_file"
    assert str(path) in str(binary.value)


def test_variables_are_taken_from_the_environment(path: Path) -> None:
    entry = server(
        command="x",
        args=["${HOST:-localhost}", "${env:PORT}", "${WORKSPACE}/x", "$PLAIN"],
        env={"KEY": "${KEY}", "EMPTY": "${NONE:-}"},
    )
    config = load(path, entry, PORT="80", KEY="k")
    target = config.targets()["db"]
    assert isinstance(target, StdioTarget)
    assert target.args == ("localhost", "80", "${WORKSPACE}/x", "$PLAIN")
    assert target.env == {"KEY": "k", "EMPTY": ""}


def test_relative_paths_start_at_the_file(path: Path) -> None:
    (path.parent / "data").mkdir()
    config = load(path, server(command="./run.sh", workspace="data"))
    assert config.public()["mcpServers"]["db"]["workspace"] == str(path.parent / "data")
    target = config.targets()["db"]
    assert isinstance(target, StdioTarget)
    assert (target.command, target.cwd) == (str(path.parent / "run.sh"), str(path.parent))


def test_a_target_of_ones_own_is_a_url_too_and_the_refusal_does_not_quote_it() -> None:
    with refused(UsageError, "not_a_url") as caught:
        HttpTarget("http://user:password@localhost:port/mcp")
    assert "password" not in str(caught.value)


class TestSecrets:
    SECRET = "s3cr3t-value"

    def test_stored_configuration_masks_them_and_keeps_references(self, path: Path) -> None:
        config = load(
            path,
            {
                "mcpServers": {
                    "a": {
                        "command": "x",
                        "args": [
                            "--api-key",
                            self.SECRET,
                            f"--token={self.SECRET}",
                            "--db",
                            f"pg://u:{self.SECRET}@h/d",
                        ],
                        "env": {"KEY": self.SECRET, "REF": "${TOKEN}", "FILE": "${WORKSPACE}/m.json"},
                        "isolation": "session",
                    },
                    "b": {
                        "url": f"https://u:{self.SECRET}@h.org/mcp?key={self.SECRET}&ref=${{TOKEN}}",
                        "headers": {"Authorization": "Bearer ${TOKEN}", "X-Key": self.SECRET},
                    },
                }
            },
            TOKEN="t",
        )
        assert config.public()["mcpServers"] == {
            "a": {
                "command": "x",
                "args": ["--api-key", "***", "--token=***", "--db", "pg://***@h/d"],
                "env": {"KEY": "***", "REF": "${TOKEN}", "FILE": "${WORKSPACE}/m.json"},
                "isolation": "session",
            },
            "b": {
                "url": "https://***@h.org/mcp?key=***&ref=${TOKEN}",
                "headers": {"Authorization": "Bearer ${TOKEN}", "X-Key": "***"},
            },
        }

    def test_they_are_in_no_repr(self, path: Path) -> None:
        entry = {"env": {"KEY": self.SECRET}, "args": [self.SECRET]}
        config = load(path, server(command="x", **entry))
        remote = load(path, server(url=f"https://h/{self.SECRET}", headers={"A": self.SECRET}))
        shown = repr([config, config.servers, config.sources(), remote, remote.servers])
        assert self.SECRET not in shown

    def test_they_are_in_no_error(self, path: Path) -> None:
        assert self.SECRET not in str(refusal(path, server(command="x", env={"KEY": [self.SECRET]})))
        assert self.SECRET not in str(refusal(path, server(command="x", headers=self.SECRET)))


def test_a_configuration_keeps_no_more_of_the_environment_than_it_refers_to(tmp_path: Path) -> None:
    text = json.dumps({"mcpServers": {"a": {"command": "x", "args": ["${A_TOKEN}", "${B:-none}"]}}})
    path = tmp_path / "servers.json"
    path.write_text(text, encoding="utf-8")
    config = load_mcp_config(path, {"A_TOKEN": "mine", "UNRELATED": "secret"})
    target = config.targets()["a"]
    assert isinstance(target, StdioTarget)
    assert target.args == ("mine", "none")
    there = pickle.loads(pickle.dumps(config))  # noqa: S301 - what was dumped in the line itself
    assert there.targets() == config.targets()
    assert b"secret" not in pickle.dumps(config)
