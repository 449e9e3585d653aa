"""Configuration files of MCP clients."""

import json
from pathlib import Path
from typing import Any

import pytest

from toolgrad_dspy.errors import UsageError
from toolgrad_dspy.tools.mcp.config import McpConfig, load_mcp_config
from toolgrad_dspy.tools.mcp.targets import StdioTarget

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


def refusal(path: Path, document: object, **environ: str) -> str:
    with pytest.raises(UsageError) as error:
        load(path, document, **environ)
    line = str(error.value)
    assert "\n" not in line
    return line.removeprefix(f"{path}: ").removeprefix("server 'db': ")


def test_a_clients_file_is_taken_as_it_is(path: Path) -> None:
    config = load(path, PASTED, TOKEN="secret")
    assert list(config.servers) == ["files", "remote"]
    assert [source.id for source in config.sources()] == ["files", "remote"]


@pytest.mark.parametrize(
    ("document", "line"),
    [
        ({"mcpServer": {}}, "unknown key 'mcpServer'; did you mean \"mcpServers\"?"),
        ({"servers": {}}, "unknown key 'servers'; did you mean \"mcpServers\"?"),
        ({"mcpServers": {}}, 'no server to use; add one under "mcpServers", or enable one'),
        ({"mcpServers": {"db": "npx"}}, 'has to be an object with "command" or "url"'),
        ([], 'has to be {"mcpServers": {"<name>": {"command": ..., "args": [...]}}}'),
        (server(comand="x"), 'unknown key "comand"; did you mean "command"?'),
        (server(command="x", allowWrites=True), 'unknown key "allowWrites"; did you mean "allow_writes"?'),
        (server(command="x", zzz=1), 'unknown key "zzz"; remove it'),
        (server(command="x", url="http://y"), 'has both "command" and "url"; keep one'),
        (server(), 'has neither "command" nor "url"; set one'),
        (server(url="http://y", workspace="."), '"workspace" needs a server with "command": '),
        (server(url="y"), '"url" has to start with http:// or https://'),
        (server(command="x", timeout=-1), '"timeout": Input should be greater than 0'),
        (server(command="x", isolation="none"), "\"isolation\": Input should be 'session' or 'shared'"),
        (server(command="x", env={"A": "${NO_SUCH}"}), "env.A: the environment variable NO_SUCH is not set; set it"),
        (server(command="x", args=["${input:key}"]), "args[0]: ${input:key} is not known here"),
        ('{"mcpServers": {"a": {"command": "x"}, "a": {}}}', "the key 'a' occurs twice in one object; remove one"),
    ],
)
def test_what_is_wrong_is_said_in_one_line(path: Path, document: object, line: str) -> None:
    assert refusal(path, document).startswith(line)


def test_text_that_is_not_json_is_shown_where(path: Path) -> None:
    assert refusal(path, '{\n  "mcpServers": {,}\n}').endswith(
        "line 2, column 18: not JSON: Expecting property name enclosed in double quotes"
    )


def test_a_missing_file_and_a_missing_folder(path: Path) -> None:
    with pytest.raises(UsageError, match="does not exist"):
        load_mcp_config(path)
    assert refusal(path, server(command="x", workspace="none")).endswith(
        f'the folder {str(path.parent / "none")!r} does not exist; correct "workspace" or create it'
    )


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
                "args": ["--api-key", "***", "--token=***", "--db", "pg://u:***@h/d"],
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
        assert self.SECRET not in refusal(path, server(command="x", env={"KEY": [self.SECRET]}))
        assert self.SECRET not in refusal(path, server(command="x", headers=self.SECRET))
