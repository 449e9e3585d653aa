"""What a server was given is in nothing that it tells: descriptions, results, errors."""

import asyncio
import json
import os
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from pydantic import JsonValue

from tests.support.leaky_web import leaky_web
from tests.support.mcp_helpers import SERVERS, script
from tests.support.refusals import refused
from toolgrad_dspy.errors import ToolSourceError
from toolgrad_dspy.records import Observation, Tool, ToolCall
from toolgrad_dspy.secrets import Secret
from toolgrad_dspy.tools import FunctionSource, Library, ToolSource
from toolgrad_dspy.tools.mcp import HttpTarget, McpSource, StdioTarget, load_mcp_config
from toolgrad_dspy.tools.wrappers import CallLog, Prefixed

KEY = "kx-8f1d20b7c4"
FORMS = ("plain", "base64", "wrapped", "percent", "html", "structured", "default")


def leaky(witness: Path, *args: str, **env: str) -> StdioTarget:
    return script("leaky", *args, WITNESS=str(witness), **env)


async def told(source: ToolSource, *calls: ToolCall) -> tuple[list[Tool], list[Observation]]:
    async with source, source.session(1) as session:
        return await source.tools(), [await session.call(call) for call in calls]


def dump(tools: list[Tool], observations: list[Observation]) -> str:
    return json.dumps([record.model_dump(mode="json") for record in (*tools, *observations)])


@pytest.fixture
def witness(tmp_path: Path) -> Iterator[Path]:
    """What the server told, before it was masked; it has to have told the key."""
    path = tmp_path / "witness.txt"
    yield path
    assert KEY in path.read_text(encoding="utf-8")


@pytest.mark.parametrize("place", ["argument", "variable"])
def test_secrets_of_a_server_are_masked_in_its_tools_and_in_what_they_give(witness: Path, place: str) -> None:
    target = leaky(witness, KEY) if place == "argument" else leaky(witness, OPAQUE=KEY)
    calls = [ToolCall(tool=f"tell_{form}") for form in FORMS]
    tools, observations = asyncio.run(told(McpSource("leaky", target), *calls, ToolCall(tool="fail")))
    assert KEY not in dump(tools, observations)
    assert all("***" in observation.text for observation in observations)
    assert observations[-1].error is not None
    assert "***" in observations[-1].error.message
    structured = observations[FORMS.index("structured")]
    assert isinstance(structured.content, dict)
    assert structured.value == json.loads(structured.text)
    assert "***" in next(tool.description for tool in tools if tool.name == "tell_default")


def test_one_that_dies_is_quoted_without_them_and_nothing_is_cut_in_half(witness: Path) -> None:
    for length in range(140, 220, 3):
        target = leaky(witness, "x" * length, KEY, "--die")
        with refused(ToolSourceError, "server_exits", "argument 1") as caught:
            asyncio.run(told(McpSource("leaky", target)))
        line = str(caught.value)
        assert not any(KEY[:size] in line for size in range(4, len(KEY) + 1))


@pytest.mark.parametrize(
    "headers", [{"Authorization": f"Bearer {KEY}"}, {"X-Any": KEY}, {"Cookie": f"session={KEY}; theme=dark"}]
)
def test_what_is_sent_to_a_url_is_masked_in_what_comes_back(headers: dict[str, str]) -> None:
    said: list[str] = []
    with leaky_web(said) as web:
        source = McpSource("web", HttpTarget(f"http://{web}/s/{KEY}?q={KEY}", headers))
        tools, observations = asyncio.run(told(source, ToolCall(tool="show_request"), ToolCall(tool="refuse")))
    assert "".join(said).count(KEY) >= 3 * len(observations)
    assert KEY not in dump(tools, observations)
    with leaky_web(said, 403) as web:
        source = McpSource("web", HttpTarget(f"http://{web}/s/{KEY}?q={KEY}", headers))
        with refused(ToolSourceError, "server_refuses", "HTTP 403", "/s/***") as caught:
            asyncio.run(told(source))
    assert not any(KEY[:size] in str(caught.value) for size in range(4, len(KEY) + 1))


def test_a_library_masks_the_secrets_of_all_sources_and_those_it_is_told_of_in_all_of_them(witness: Path) -> None:
    """Also in functions, which see all of the process, and in errors; what wraps a source keeps nothing."""
    model_key = "mk-93b1c0d2e4f5"

    def read_everything() -> dict[str, str]:
        """Read what another server was given."""
        return {"theirs": KEY, "model": model_key}

    async def main() -> tuple[str, str, str]:
        log = CallLog(Prefixed(McpSource("leaky", leaky(witness, KEY, OTHER=model_key)), "x_"))
        library = Library([log, FunctionSource("functions", [read_everything])])
        library.hide([Secret(model_key, sure=True)])
        async with library, library.session(1) as session:
            results = [await session.call(ToolCall(tool=name)) for name in ("read_everything", "x_tell_plain")]
            logged = [call.observation for call in log.calls]
            return dump(list(library.tools), results), dump([], logged), json.dumps(results[0].content)

    shown, logged, content = asyncio.run(main())
    assert (KEY in shown, model_key in shown, KEY in logged) == (False, False, False)
    assert json.loads(content) == {"theirs": "***", "model": "***"}

    dying = Library([McpSource("leaky", leaky(witness, "--die", OTHER=KEY))])
    dying.hide([Secret("argument 1", sure=True)])
    with refused(ToolSourceError, "server_exits", '"argument 0') as caught:
        asyncio.run(dying.open())
    assert "argument 1" not in str(caught.value)


def test_secrets_that_are_told_to_an_open_library_are_masked_from_then_on() -> None:
    def get_token() -> str:
        """Get the token kx-8f1d20b7c4."""
        return KEY

    async def main() -> tuple[str, str]:
        async with Library([FunctionSource("functions", [get_token])]) as library:
            before = library.tools[0].description
            library.hide([Secret(KEY)])
            async with library.session(1) as session:
                return before, library.tools[0].description + (await session.call(ToolCall(tool="get_token"))).text

    before, after = asyncio.run(main())
    assert KEY in before
    assert KEY not in after
    assert after.count("***") == 2


def test_ordinary_words_paths_and_numbers_stay_in_results(tmp_path: Path) -> None:
    witness = tmp_path / "witness.txt"
    words = {"ENVIRONMENT": "production", "REGION": "eu-west-1", "DATA": str(tmp_path), "SEARCH": os.environ["PATH"]}
    target = leaky(witness, "--mode", "production", **words)
    _, (observation,) = asyncio.run(told(McpSource("leaky", target), ToolCall(tool="tell_structured")))
    content = observation.content
    assert isinstance(content, dict)
    everything = content["all"]
    assert isinstance(everything, dict)
    assert {name: everything[f"variable {name}"] for name in words} == words


def test_a_word_is_masked_in_results_where_its_place_says_that_it_is_a_secret(tmp_path: Path) -> None:
    target = leaky(tmp_path / "witness.txt", "--pat", "correcthorse", PASSWORD="batterystaple")
    _, (observation,) = asyncio.run(told(McpSource("leaky", target), ToolCall(tool="tell_plain")))
    assert "correcthorse" not in observation.text
    assert "batterystaple" not in observation.text


def test_a_text_that_is_json_stays_json_when_a_number_in_it_is_masked() -> None:
    def get_account() -> str:
        """Get the account."""
        return '{"account": 123456789012, "name": "Ann"}'

    async def main() -> JsonValue:
        library = Library([FunctionSource("functions", [get_account])])
        library.hide([Secret("123456789012")])
        async with library, library.session(1) as session:
            return (await session.call(ToolCall(tool="get_account"))).value

    assert asyncio.run(main()) == {"account": "***", "name": "Ann"}


def test_the_values_of_variables_are_secrets_wherever_they_are_filled_in(tmp_path: Path) -> None:
    path = tmp_path / "servers.json"
    args = [str(SERVERS / "leaky.py"), "--db=${DB_URL}", "--name", "${MY_TOKEN}", "${UNSET:-kx-77aa88bb}"]
    entry = {"command": "python", "args": args, "env": {"WITNESS": "w", "A": "${OTHER}"}}
    remote = {"url": "https://example.org/${MY_TOKEN}/mcp", "headers": {"X-Any": "${OTHER}"}}
    path.write_text(json.dumps({"mcpServers": {"local": entry, "remote": remote}}), encoding="utf-8")
    environ = {"DB_URL": f"pg://me:{KEY}@db/sales", "MY_TOKEN": "production", "OTHER": "kx-11cc22dd"}
    sources = {source.id: source for source in load_mcp_config(path, environ).sources()}
    found = {name: {secret.text: secret.sure for secret in sources[name].secrets} for name in sources}
    assert found["local"][KEY]
    assert found["local"]["production"], "its name says that it is one"
    assert {"kx-77aa88bb", "kx-11cc22dd"} <= found["local"].keys()
    assert found["remote"]["production"]
    assert "kx-11cc22dd" in found["remote"]


def test_what_the_user_says_is_no_secret_is_shown_and_stays_in_results(tmp_path: Path) -> None:
    path = tmp_path / "servers.json"
    args = [str(SERVERS / "leaky.py"), "--project", "abcdefghijklmnopqrst", f"--account={KEY}", KEY[::-1]]
    variables = {"WITNESS": str(tmp_path / "w"), "TEAM": "tm-3f9a1c2b7e", "OTHER": "tm-0d8e4b6a51"}
    entry = {"command": sys.executable, "args": args, "env": variables, "public": ["--project", "--account", "TEAM"]}
    path.write_text(json.dumps({"mcpServers": {"leaky": entry}}), encoding="utf-8")
    config = load_mcp_config(path, {})
    shown = config.public()["mcpServers"]["leaky"]
    assert shown["args"][1:] == [*args[1:-1], "***"]
    assert shown["env"] == {"WITNESS": "***", "TEAM": "tm-3f9a1c2b7e", "OTHER": "***"}
    (source,) = config.sources()
    _, (observation,) = asyncio.run(told(source, ToolCall(tool="tell_plain")))
    assert "argument 2: abcdefghijklmnopqrst" in observation.text
    assert f"--account={KEY}" in observation.text
    assert "TEAM: tm-3f9a1c2b7e" in observation.text
    assert KEY[::-1] not in observation.text
    assert "tm-0d8e4b6a51" not in observation.text
