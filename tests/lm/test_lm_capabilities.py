"""What a model can do: from the list, by probing it over every wire format, and from what was remembered."""

import asyncio
import json
import multiprocessing
from pathlib import Path
from typing import Any

import pytest
from dspy.lm15 import AuthError, Request, Response

from tests.support.engines import ENGINES
from tests.support.model_servers import FORMATS, Abilities, Ability, Fault, FaultPlan, ModelServer
from toolgrad_dspy.errors import ModelError, StoreError, UsageError
from toolgrad_dspy.lm import REHEARSAL, Models, ModelSettings
from toolgrad_dspy.lm.calls import Backend, Limits, Retrying, Sender
from toolgrad_dspy.lm.calls.meter import Meter
from toolgrad_dspy.lm.capabilities.known import UNKNOWN, Capabilities, known
from toolgrad_dspy.lm.capabilities.probe import probe
from toolgrad_dspy.lm.capabilities.probe_cache import probed, recall, remember
from toolgrad_dspy.lm.engines.remote import remote_engine
from toolgrad_dspy.lm.preflight import check

KEY = "sk-loopback-0001"
ALL = {"json_schema": True, "call_schema": True, "json_object": True, "function_calling": True, "logprobs": True}
NONE = dict.fromkeys(ALL, False)
# What a format, or litellm's way of using it, has no field for, whatever the model can do.
LACKING: dict[tuple[str, str], dict[str, bool]] = {
    ("anthropic", "native"): {"json_object": False, "logprobs": False},
    ("anthropic", "litellm"): {"json_object": False, "logprobs": False},
    ("ollama", "litellm"): {"logprobs": False},
}


def settings_for(server: ModelServer, engine: str = "native", **more: Any) -> ModelSettings:
    return ModelSettings.model_validate(
        {"model": server.model, "api_base": server.url_for(engine), "api_key": KEY, "engine": engine, **more}
    )


def probe_of(settings: ModelSettings, retries: int = 0, timeout: float = 20) -> Capabilities:
    async def probed_once() -> Capabilities:
        engine = remote_engine(settings)
        sender = Sender("probe", Backend(settings.model, engine), Limits(timeout, retries), Meter())
        try:
            return await probe(settings.model, Retrying(sender))
        finally:
            await engine.aclose()

    return asyncio.run(probed_once())


@pytest.mark.parametrize("engine", ENGINES)
@pytest.mark.parametrize("format", FORMATS)
@pytest.mark.parametrize("ability", ["yes", "ignored", "refused"])
def test_a_probe_tells_what_is_done_from_what_is_ignored_and_what_is_refused(
    ability: Ability, format: str, engine: str
) -> None:
    with ModelServer(format, keys={KEY}, abilities=Abilities.all(ability)) as server:
        capabilities = probe_of(settings_for(server, engine))
    expected = {**ALL, **LACKING.get((format, engine), {})} if ability == "yes" else NONE
    assert capabilities == Capabilities(**expected, source="probe")
    assert server.stats.requests <= 6


@pytest.mark.parametrize("ability", ["json_schema", "call_schema", "json_object", "tools", "logprobs"])
def test_each_capability_is_found_by_itself(ability: str) -> None:
    only: dict[str, Ability] = {**dict.fromkeys(Abilities.__slots__, "refused"), ability: "yes"}
    with ModelServer("vllm", abilities=Abilities(**only)) as server:
        capabilities = probe_of(settings_for(server)).by_name()
    capability = "function_calling" if ability == "tools" else ability
    assert [name for name, value in capabilities.items() if value] == [capability]


@pytest.mark.parametrize(("fault", "code"), [(Fault.BAD_KEY, "key_refused"), (Fault.UNKNOWN_MODEL, "unknown_model")])
def test_a_problem_that_every_request_would_meet_is_reported_as_the_check_does(fault: Fault, code: str) -> None:
    with ModelServer("openai", faults=FaultPlan.always(fault)) as server, pytest.raises(ModelError) as caught:
        probe_of(settings_for(server))
    assert caught.value.code == code


def test_a_server_that_is_gone_is_an_error_and_not_a_model_without_capabilities() -> None:
    with ModelServer("openai") as server:
        gone = settings_for(server)
    with pytest.raises(ModelError) as caught:
        probe_of(gone)
    assert caught.value.code == "server_unreachable"


class Refusing:
    """Raises its error for the request for one word, and is silent otherwise; ``silent`` is how many wait for it."""

    def __init__(self, error: Exception) -> None:
        self._error = error
        self.silent = 0

    async def complete(self, request: Request) -> Response:
        if "ready" in (request.messages[-1].text or "") and request.model == "test/refused":
            raise self._error
        self.silent += 1
        try:
            await asyncio.Event().wait()
        finally:
            self.silent -= 1
        raise AssertionError("never reached")


def test_a_probe_that_a_refused_key_ends_leaves_no_request_under_way() -> None:
    engine = Refusing(AuthError("bad key"))

    async def main() -> int:
        with pytest.raises(ModelError) as caught:
            await probe("test/refused", engine)
        assert caught.value.code == "key_refused"
        return engine.silent

    assert asyncio.run(main()) == 0


def test_a_check_that_a_bug_ends_leaves_no_request_under_way() -> None:
    engine = Refusing(KeyError("bug"))

    async def main() -> int:
        with pytest.raises(KeyError):
            await check({"test/silent": engine, "test/refused": engine})
        return engine.silent

    assert asyncio.run(main()) == 0


@pytest.mark.parametrize("fault", [Fault.RATE_LIMIT_BARE, Fault.SERVER_ERROR, Fault.UNAVAILABLE, Fault.STALL])
def test_trouble_leaves_everything_unknown(fault: Fault) -> None:
    with ModelServer("openai", faults=FaultPlan.always(fault)) as server:
        assert probe_of(settings_for(server), timeout=0.5) == Capabilities(source="probe")


def test_trouble_that_passes_is_retried() -> None:
    with ModelServer("openai", faults=FaultPlan(script=[Fault.SERVER_ERROR] * 5)) as server:
        assert probe_of(settings_for(server), retries=3).by_name() == ALL
        assert server.stats.requests == 11


def test_a_refusal_by_a_model_that_refuses_everything_says_nothing_about_what_it_can_do() -> None:
    with ModelServer("openai", faults=FaultPlan.always(Fault.CONTEXT_LENGTH)) as server:
        assert probe_of(settings_for(server)) == Capabilities(source="probe")


@pytest.mark.parametrize(
    ("model", "expected"),
    [
        ("openai/gpt-4.1-mini", Capabilities(True, True, True, True, True, "list")),
        # It reasons, and returns no log-probabilities when it does.
        ("openai/gpt-5", Capabilities(True, True, True, True, None, "list")),
        ("anthropic/claude-sonnet-4-5", Capabilities(True, True, False, True, False, "list")),
        ("gemini/gemini-2.5-flash-lite", Capabilities(True, True, True, True, None, "list")),
        # The list says it takes a schema; its interface refuses one.
        ("deepseek/deepseek-chat", Capabilities(False, False, True, True, True, "list")),
        ("ollama_chat/llama3.1", Capabilities(None, None, True, True, None, "list")),
        ("openai/no-such-model-anywhere", UNKNOWN),
        ("openai/text-embedding-3-small", UNKNOWN),
        ("hosted_vllm/Qwen3-8B", UNKNOWN),
        (REHEARSAL, Capabilities(False, False, True, False, False, "embedded")),
    ],
)
def test_the_list_and_the_providers_documents_say_what_known_models_can_do(
    model: str, expected: Capabilities
) -> None:
    assert known(ModelSettings(model=model)) == expected


def test_a_known_name_at_an_address_that_is_not_its_providers_may_be_anything(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    model = "openai/gpt-4.1-mini"
    assert known(ModelSettings(model=model, api_base="http://localhost:8000/v1")) == UNKNOWN
    assert known(ModelSettings(model=model, api_base="https://api.openai.com.example.org/v1")) == UNKNOWN
    assert known(ModelSettings(model=model, api_base="https://api.openai.com/v1")).source == "list"
    assert known(ModelSettings(model="azure/gpt-4.1-mini", api_base="https://mine.openai.azure.com")).source == "list"
    monkeypatch.setenv("OPENAI_BASE_URL", "http://localhost:8000/v1")
    assert known(ModelSettings(model=model)) == UNKNOWN


def test_what_was_probed_goes_before_the_list_and_belongs_to_an_address_and_an_engine() -> None:
    here = ModelSettings(model="openai/gpt-4.1-mini")
    there = ModelSettings(model="openai/gpt-4.1-mini", api_base="http://localhost:8000/v1")
    remember([probed(there, ALL)])
    remember([probed(here, NONE)])
    assert known(here) == Capabilities(**NONE, source="probe")
    assert known(there) == Capabilities(**ALL, source="probe")
    assert known(ModelSettings(model="openai/gpt-4.1-mini", api_base="http://localhost:8001/v1")) == UNKNOWN
    assert known(there.model_copy(update={"engine": "litellm"})) == UNKNOWN
    remember([probed(there, NONE)])
    assert known(there) == Capabilities(**NONE, source="probe")


@pytest.mark.parametrize(
    "base", ["http://me:{}@host:80/v1/", "http://host:80/v1?key={}", "http://me:x/{}@host:80/v1", "me:{}@host:80/v1"]
)
def test_the_file_holds_no_key(base: str, tmp_path: Path) -> None:
    secret = "sk-canary-77"
    settings = ModelSettings.model_validate(
        {"model": "openai/mine", "api_base": base.format(secret), "api_key": secret}
    )
    remember([probed(settings, ALL)])
    text = (tmp_path / ".cache/toolgrad-dspy/capabilities.json").read_text()
    assert "host:80/v1" in text
    assert "sk-" not in text
    assert known(settings).source == "probe"
    assert "sk-" not in str(settings.public()), "nor does what a run stores"
    assert "host:80/v1" in str(settings.public())


def test_an_address_whose_password_cannot_be_told_from_its_query_is_not_stored_at_all() -> None:
    for base in ("http://me:sk?1@host/v1", "http://host/v1?key=me@sk-1"):
        settings = ModelSettings(model="openai/mine", api_base=base)
        assert "sk" not in f"{settings.public()}{probed(settings, ALL)}"


def test_the_file_is_where_a_variable_says(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("TOOLGRAD_CAPABILITIES", str(tmp_path / "shared/models.json"))
    remember([probed(ModelSettings(model="openai/mine"), ALL)])
    assert json.loads((tmp_path / "shared/models.json").read_text())["models"][0]["model"] == "openai/mine"
    assert Models.from_environment().all_rehearsal


@pytest.mark.parametrize("content", ["{", "[]", '{"models": [{"model": 3}]}', '{"models": [], "more": 1}', "\x00"])
def test_a_broken_file_is_an_error_of_one_line_that_names_it(content: str, tmp_path: Path) -> None:
    path = tmp_path / ".cache/toolgrad-dspy/capabilities.json"
    path.parent.mkdir(parents=True)
    path.write_text(content)
    with pytest.raises(UsageError) as caught:
        recall(ModelSettings(model="openai/mine"))
    assert caught.value.code == "not_a_probes_file"
    assert str(path) in str(caught.value)
    assert len(str(caught.value).splitlines()) == 1


def test_a_cache_that_cannot_be_written_is_an_error_that_names_it(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    (tmp_path / "taken").write_text("")
    monkeypatch.setenv("TOOLGRAD_CAPABILITIES", str(tmp_path / "taken/models.json"))
    with pytest.raises((StoreError, UsageError)) as caught:
        remember([probed(ModelSettings(model="openai/mine"), ALL)])
    assert "taken/models.json" in str(caught.value)


def remember_many(first: int) -> None:
    for number in range(first, first + 20):
        remember([probed(ModelSettings(model=f"openai/model-{number}"), ALL)])


@pytest.mark.slow
def test_processes_that_write_at_once_leave_a_whole_file() -> None:
    spawn = multiprocessing.get_context("spawn")
    writers = [spawn.Process(target=remember_many, args=(first,)) for first in (0, 100, 200)]
    for writer in writers:
        writer.start()
    while any(writer.is_alive() for writer in writers):
        recall(ModelSettings(model="openai/model-1"))
    for writer in writers:
        writer.join()
    assert [writer.exitcode for writer in writers] == [0, 0, 0]
    last = [recall(ModelSettings(model=f"openai/model-{number}")) for number in (19, 119, 219)]
    assert any(last)
