"""What of a server's entry is shown and stored: what is surely no secret, and nothing else."""

from itertools import chain

import pytest
from pydantic import JsonValue

from toolgrad_dspy.secrets import Secret, masked_args, masked_command, masked_entry, masked_url, masked_value

KEY = "kx-8f1d20b7c4"


def shown(command: str, *args: str) -> list[str]:
    return [masked.shown for masked in masked_args(command, args)]


def secrets(command: str, *args: str) -> set[Secret]:
    return set(chain.from_iterable(masked.secrets for masked in masked_args(command, args)))


def texts(command: str, *args: str) -> set[str]:
    return {secret.text for secret in secrets(command, *args)}


@pytest.mark.parametrize(
    ("command", "args"),
    [
        ("npx", ("-y", "@modelcontextprotocol/server-filesystem@2025.1.14", "${WORKSPACE}")),
        ("npx.cmd", ("-y", "--package", "@scope/tools", "name")),
        ("uvx", ("mcp-server-s3tables3k",)),
        ("uvx", ("--from", "git+https://github.com/org/repo", "name")),
        ("uv", ("--directory", "/srv/servers/weather", "run", "--with", "mcp[cli]", "mcp", "run", "server.py")),
        ("/usr/bin/python3.12", ("-u", "-m", "package.module", "--verbose")),
        ("node", ("/opt/x9k2j7d/build/index.js",)),
        ("docker", ("run", "-i", "--rm", "-e", "TOKEN", "ghcr.io/github/github-mcp-server:latest", "stdio")),
        ("cmd", ("/c", "npx", "-y", "name", "start")),
        ("java", ("-jar", "server-1.2.jar")),
        ("server", ("--port", "8080", "--read-only", "--depth", "12", "--ratio=0.5", "--cache", "true")),
        ("server", ("./notes", "../data/sales.db", "~/files", "/srv/data", "config.yaml", "-v", "--", "@org/name")),
        ("server", ("${TOKEN}", "--api-key", "${KEY}", "--key=${KEY}", "${WORKSPACE}/memory.jsonl", "${EMPTY:-}")),
        ("mcp-remote", ("https://example.org:8080/api/v1/mcp", "--header", "Authorization: Bearer ${TOKEN}")),
        ("server", ("postgresql://localhost:5432/sales", "s3://bucket/folder", "http://${HOST}:${PORT}/mcp")),
    ],
)
def test_what_is_no_secret_is_shown_as_it_is(command: str, args: tuple[str, ...]) -> None:
    written = [arg if arg != "--" else "***" for arg in args]
    assert shown(command, *args) == written


@pytest.mark.parametrize(
    ("args", "masked"),
    [
        (("--header", f"Authorization: Bearer {KEY}"), ["--header", "Authorization: ***"]),
        (("-H", f"X-Api-Key:{KEY}"), ["-H", "X-Api-Key:***"]),
        ((f"--header=Cookie: {KEY}",), ["--header=Cookie: ***"]),
        (("-e", f"TOKEN={KEY}"), ["-e", "***"]),
        (("--pat", KEY), ["--pat", "***"]),
        ((f"--pat={KEY}",), ["--pat=***"]),
        (("--pat", "hunter"), ["--pat", "***"]),
        (("--pin", "12"), ["--pin", "***"]),
        (("--api-key", f"-{KEY}"), ["--api-key", "***"]),
        ((f"-p{KEY}",), ["-p***"]),
        (("-pword",), ["-p***"]),
        ((KEY,), ["***"]),
        (("hunter",), ["***"]),
        (("1234",), ["***"]),
        ((f"--{KEY}",), ["***"]),
        (("AKIAIOSFODNN7EXAMPLE", "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY"), ["***", "***"]),
        (("/K7MDENG/bPxRfiCYEXAMPLEKEY",), ["/***/***"]),
        (('{"token": "x"}',), ["***"]),
        (("Server=db;Password=x",), ["***"]),
        (("postgresql://me:pw@db/sales",), ["postgresql://***@db/sales"]),
        (("postgresql://me:p/w#1@db/sales",), ["postgresql://***"]),
        (("postgresql://me:12/w@db/sales",), ["postgresql://***"]),
        (("jdbc:mysql://db/sales?user=me&password=pw",), ["jdbc:mysql://db/sales?user=***&password=***"]),
        ((f"https://{KEY}@example.org/mcp",), ["https://***@example.org/mcp"]),
        ((f"https://example.org/s/{KEY}/sse",), ["https://example.org/s/***/sse"]),
        (("https://example.org/s/SECRETKEY/sse",), ["https://example.org/s/***/sse"]),
        ((f"https://example.org/mcp?key={KEY}&ref=${{T}}",), ["https://example.org/mcp?key=***&ref=${T}"]),
        ((f"https://example.org/mcp?{KEY}",), ["https://example.org/mcp?***"]),
        ((f"https://example.org/mcp#{KEY}",), ["https://example.org/mcp#***"]),
        ((f"${{V:-{KEY}}}",), ["${V:-***}"]),
        (("--key=${V:-hunter}",), ["--key=${V:-***}"]),
        ((f"{KEY}${{V}}",), ["***"]),
        (("--db", "pg://me:${PASSWORD}@db/sales"), ["--db", "pg://***@db/sales"]),
        (("sh -c thing --password x",), ["***"]),
        (("/usr/bin/thing --password hunter",), ["/usr/bin/***"]),
        (("name with spaces",), ["***"]),
        (("\ue000" + KEY,), ["***"]),
        (("",), [""]),
    ],
)
def test_whatever_else_it_is_is_masked_and_is_a_secret(args: tuple[str, ...], masked: list[str]) -> None:
    assert shown("server", *args) == masked
    if KEY in "".join(args) and "${V:-" not in args[0] and "\ue000" not in args[0]:
        assert KEY in {text.strip("-") for text in texts("server", *args)}


@pytest.mark.parametrize(
    ("command", "args", "masked"),
    [
        # What stands behind an option that is not known may be its value.
        ("npx", ("--unknown", KEY, "name"), ["--unknown", "***", "***"]),
        ("npx", (f"--//registry/:_authToken={KEY}", "name"), ["***", "***"]),
        ("npx", ("--registry", f"https://me:{KEY}@registry.org", "name", KEY), None),
        ("uvx", ("--index-url", f"https://{KEY}@pypi.org/simple", "name"), None),
        ("uvx", ("--from", f"git+https://{KEY}@github.com/org/repo", "name"), None),
        ("pip-like", ("-m", KEY), ["-m", "***"]),
        ("python", ("-c", f"key = '{KEY}'"), ["-c", "***"]),
        ("node", ("-e", KEY), ["-e", "***"]),
        ("docker", ("run", "-e", f"A_TOKEN={KEY}", "--env", f"B={KEY}", "image", KEY), None),
        ("docker", ("run", "-e", "JBSWY3DPEHPK3PXP=", "image"), ["run", "-e", "***", "image"]),
        ("docker", ("login", "-p", KEY), ["login", "-p", "***"]),
        ("env", (f"TOKEN={KEY}", "npx", "-y", "name", KEY), ["TOKEN=***", "npx", "-y", "name", "***"]),
        ("bash", ("-c", f"TOKEN={KEY} npx -y name"), ["-c", "***"]),
        ("npx", ("-y", "name", KEY, "--", KEY), ["-y", "name", "***", "***", "***"]),
    ],
)
def test_a_launcher_shows_its_program_and_no_secret_beside_it(
    command: str, args: tuple[str, ...], masked: list[str] | None
) -> None:
    assert KEY not in " ".join(shown(command, *args))
    if masked is not None:
        assert shown(command, *args) == masked


@pytest.mark.parametrize(
    ("command", "masked"),
    [
        ("npx", "npx"),
        ("/nix/store/x8f1d20b7c4-node/bin/node", "/nix/store/x8f1d20b7c4-node/bin/node"),
        (f"npx -y name --key {KEY}", "npx ***"),
        (f"/usr/bin/npx --key {KEY}", "/usr/bin/***"),
        ("", ""),
    ],
)
def test_what_is_written_beside_a_command_is_masked(command: str, masked: str) -> None:
    assert masked_command(command).shown == masked


def test_an_entry_that_was_masked_stays_as_it_is() -> None:
    entry: dict[str, JsonValue] = {
        "command": "docker",
        "args": [
            "run",
            "-e",
            f"A={KEY}",
            "-e",
            "B",
            "image",
            f"-p{KEY}",
            "--db",
            f"pg://me:{KEY}@db/{KEY}",
            "${A:-b}",
        ],
        "env": {"A": KEY, "B": "${B}", "C": f"Bearer ${{C:-{KEY}}}", "D": "${WORKSPACE}/m.json", "E": "info"},
        "timeout": 20.0,
    }
    once = masked_entry(entry)
    assert KEY not in str(once)
    assert masked_entry(once) == once
    assert once["env"] == {"A": "***", "B": "${B}", "C": "Bearer ${C:-***}", "D": "${WORKSPACE}/m.json", "E": "***"}
    assert once["timeout"] == 20.0
    remote = masked_entry({"url": f"https://h/{KEY}?k={KEY}", "headers": {"Authorization": f"Bearer {KEY}"}})
    assert remote == {"url": "https://h/***?k=***", "headers": {"Authorization": "***"}}
    assert masked_entry(remote) == remote


@pytest.mark.parametrize(
    ("text", "parts"),
    [
        ('{"api": {"token": "kx-8f1d20b7c4", "n": 12345678}}', {KEY, "12345678"}),
        ("Server=tcp:db;Password=kx-8f1d20b7c4;Encrypt=true", {KEY}),
        ("one,kx-8f1d20b7c4,three", {KEY}),
        ("-----BEGIN-----\nkx-8f1d20b7c4\n-----END-----", {KEY}),
        ("run --key kx-8f1d20b7c4 --fast", {KEY}),
        ("see https://me:kx-8f1d20b7c4@h/d now", {KEY}),
        ("Basic bWU6a3gtOGYxZDIwYjdjNA==", {KEY}),
    ],
)
def test_a_program_may_show_a_part_of_what_it_was_given(text: str, parts: set[str]) -> None:
    value = masked_value(text)
    assert parts <= {secret.text for secret in value.secrets}


def test_what_a_url_has_in_another_form_is_a_secret_in_both() -> None:
    found = {secret.text for secret in masked_url("https://me:p%40ss-word@h/x%2Fy1z2?key=a%20b+c").secrets}
    assert {"p%40ss-word", "p@ss-word", "x%2Fy1z2", "x/y1z2", "a%20b+c", "a b c"} <= found


def test_a_path_of_this_machine_is_no_secret_and_a_key_that_looks_like_one_is() -> None:
    assert texts("server", "/usr/x8f1d20b7c4/data", "--dir", "./x8f1d20b7c4") == set()
    assert "bPxRfiCYEXAMPLEKEY" in texts("server", "/K7MDENG/bPxRfiCYEXAMPLEKEY")
