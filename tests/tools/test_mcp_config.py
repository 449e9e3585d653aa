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
        ({"servers": {}}, "no_servers", ['"mcpServers"']),
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


COMMENTED = """{
  // what VS Code writes
  "inputs": [{"id": "key", "type": "promptString"}],
  "servers": {
    "files": {"type": "stdio", "command": "npx", /* of npm */ "args": ["-y", "x",], "cwd": "${workspaceFolder}/src"},
  },
}
"""


class TestClients:
    """How the clients spell it."""

    def test_comments_and_trailing_commas_are_read(self, path: Path) -> None:
        folder = path.parent / ".vscode"
        folder.mkdir()
        config = load(folder / "mcp.json", COMMENTED)
        target = config.targets()["files"]
        assert isinstance(target, StdioTarget)
        assert (target.command, target.args, target.cwd) == ("npx", ("-y", "x"), str(path.parent / "src"))

    @pytest.mark.parametrize("key", ["mcpServers", "servers", "context_servers"])
    def test_servers_stand_under_any_clients_key(self, path: Path, key: str) -> None:
        assert list(load(path, {key: {"a": {"command": "x"}}}).servers) == ["a"]
        assert list(load(path, {"editor": 1, "mcp": {key: {"a": {"command": "x"}}}}).servers) == ["a"]

    @pytest.mark.parametrize(
        ("entry", "ours"),
        [
            ({"type": "http", "url": "http://h/mcp", "headers": {"A": "b"}}, {"url": "http://h/mcp"}),
            ({"httpUrl": "http://h/mcp", "timeout": 5}, {"url": "http://h/mcp", "timeout": 5}),
            ({"transport": "sse", "serverUrl": "http://h/mcp"}, {"url": "http://h/mcp", "type": "sse"}),
            ({"source": "custom", "command": "x", "enabled": True, "settings": {}}, {"command": "x"}),
            ({"command": {"path": "x", "args": ["a"], "env": {"B": "c"}}}, {"command": "x", "args": ("a",)}),
            ({"type": "local", "command": "x", "tools": ["look"]}, {"allow": ("look",)}),
            ({"command": "x", "excludeTools": ["look"]}, {"deny": ("look",)}),
            ({"command": "x", "disabledTools": ["look"]}, {"deny": ("look",)}),
            ({"command": "x", "autoApprove": [], "watchPaths": [], "dev": {}, "gallery": True}, {"command": "x"}),
        ],
    )
    def test_the_keys_of_clients_mean_ours(self, path: Path, entry: dict[str, Any], ours: dict[str, Any]) -> None:
        settings = load(path, server(**entry)).servers["db"]
        assert {key: getattr(settings, key) for key in ours} == ours

    @pytest.mark.parametrize("off", [{"disabled": True}, {"enabled": False}])
    def test_a_server_that_is_switched_off_is_left_out(self, path: Path, off: dict[str, bool]) -> None:
        document = {"servers": {"on": {"command": "x"}, "off": {"command": "y", "envFile": "none", **off}}}
        assert list(load(path, document).servers) == ["on"]
        assert refusal(path, server(command="x", **off)).code == "no_servers"

    @pytest.mark.parametrize(
        ("entry", "named"),
        [
            ({"type": "stdio", "url": "http://h"}, ['"type"', '"command"']),
            ({"type": "http", "command": "x"}, ['"type"', '"url"']),
            ({"url": "http://h", "httpUrl": "http://h"}, ['"httpUrl"']),
            ({"command": {"path": 1}}, ['"command"']),
        ],
    )
    def test_what_contradicts_itself_is_refused(self, path: Path, entry: dict[str, Any], named: list[str]) -> None:
        error = refusal(path, server(**entry))
        assert error.code in ("invalid_server", "unknown_key")
        assert [place for place in named if place not in str(error)] == []

    def test_variables_stand_in_paths_too(self, path: Path) -> None:
        (path.parent / "data").mkdir()
        entry = server(command="${BIN}/x", cwd="${DIR}", workspace="${DIR}")
        target = load(path, entry, BIN="/opt", DIR="data").targets()["db"]
        assert isinstance(target, StdioTarget)
        assert (target.command, target.cwd) == ("/opt/x", str(path.parent / "data"))


class TestEnvFile:
    SECRET = "s3cr3t-value"

    def test_its_variables_are_the_servers_and_secret(self, path: Path) -> None:
        (path.parent / "own.env").write_text(
            f"# of the server\nexport KEY='{self.SECRET}'\r\nMODE=a\nBOTH=${{MODE}}b\n"
        )
        config = load(path, server(command="x", envFile="own.env", env={"MODE": "b"}))
        target = config.targets()["db"]
        assert isinstance(target, StdioTarget)
        assert target.env == {"KEY": self.SECRET, "MODE": "b", "BOTH": "ab"}
        assert self.SECRET in {secret.text for secret in target.secrets}
        assert self.SECRET not in repr([config, config.servers, config.sources()])
        assert self.SECRET not in json.dumps(config.public())

    @pytest.mark.parametrize(
        ("content", "code"), [(None, "file_missing"), ("KEY=1\n=2\n", "not_assignment"), (b"\xff", "unreadable_file")]
    )
    def test_one_that_cannot_be_read_is_told_with_its_server(
        self, path: Path, content: str | bytes | None, code: str
    ) -> None:
        if content is not None:
            (path.parent / "own.env").write_bytes(content if isinstance(content, bytes) else content.encode())
        error = refusal(path, server(command="x", envFile="${workspaceFolder}/own.env"))
        assert error.code == code
        assert "'db'" in str(error)
        assert "own.env" in str(error)


def test_all_mistakes_of_a_file_are_told_at_once_each_with_its_server(path: Path) -> None:
    document = {
        "mcpServers": {
            "one": {"comand": "x", "timeout": -1},
            "two": {"command": "x", "env": {"A": "${NO_SUCH}", "B": "${NOR_THIS}"}},
            "three": {"url": "y"},
            "four": {"command": "x"},
        }
    }
    error = refusal(path, document)
    assert error.code == "several_mistakes"
    assert [mistake.code for mistake in error.mistakes] == [
        "invalid_server",
        "unknown_key",
        "variable_not_set",
        "variable_not_set",
        "not_a_url",
    ]
    for word in ('"comand"', '"timeout"', "NO_SUCH", "NOR_THIS", "'three'", "[not_a_url]"):
        assert word in str(error)
    assert "'four'" not in str(error)


def test_of_a_great_many_mistakes_the_first_are_told_and_their_number(path: Path) -> None:
    error = refusal(path, {"mcpServers": {f"s{number}": {"comand": "x"} for number in range(500)}})
    assert len(error.mistakes) == 500
    assert "500 mistakes" in str(error)
    assert "'s499'" not in str(error)
