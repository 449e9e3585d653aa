"""Whole sessions over every provider's own wire format, and the error that DSPy raises for each fault on the way.

Only the environment differs between the cases. The table of faults says what a role's ``dspy.LM`` raises without
retries. Whether a call is retried, is a failed step or ends the run depends on that.
"""

import asyncio
import json
import re
import threading
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from dspy.lm15 import Message, RateLimitError, Request, TextPart
from dspy.utils.exceptions import LMError

from tests.support.engines import ENGINES
from tests.support.model_servers import FATAL, FORMATS, TRANSIENT, Fault, FaultPlan, ModelServer, ServerProcess
from tests.support.model_servers.brain import PROSE
from toolgrad_dspy.errors import ModelError, UnavailableError
from toolgrad_dspy.lm import LOOP_ROLES, Meter, Models
from toolgrad_dspy.lm.calls import pauses
from toolgrad_dspy.lm.capabilities.probe_cache import probed, remember
from toolgrad_dspy.lm.engines.errors import corrected
from toolgrad_dspy.program import ProgramConfig, ToolGrad, draw, run_sessions
from toolgrad_dspy.runs import canonical
from toolgrad_dspy.tools.library import Library
from toolgrad_dspy.world import WorldSource

KEY = "sk-loopback-0001"
WRONG_PATH = "wrong_path"  # the server's only fault is that the base URL is not its own
ANSWERED = "answered"

# What a fault becomes, with every provider and engine.
OUTCOMES = {
    Fault.RATE_LIMIT: "LMRateLimitError",
    Fault.RATE_LIMIT_BARE: "LMRateLimitError",
    Fault.TOKEN_LIMIT: "LMRateLimitError",
    Fault.SERVER_ERROR: "LMServerError",
    Fault.UNAVAILABLE: "LMServerError",
    Fault.RESET: "LMTransportError",
    Fault.STALL: "LMTimeoutError",
    Fault.TRUNCATED: "LMServerError",
    Fault.HTML: "LMServerError",
    Fault.CONTENT_TYPE: ANSWERED,
    Fault.PROSE: ANSWERED,
    Fault.CONTEXT_LENGTH: "ContextWindowExceededError",
    Fault.BAD_KEY: "LMAuthError",
    Fault.UNKNOWN_MODEL: "LMUnsupportedModelError",
    WRONG_PATH: "LMUnsupportedModelError",
}


async def town_sessions() -> tuple[list[str], Meter]:
    models = Models.from_environment()
    try:
        async with Library([WorldSource()]) as library:
            program = ToolGrad(library, models, ProgramConfig(iterations=2))
            sessions = await run_sessions(program, draw(0, 2, 0, 0).train)
    finally:
        await models.aclose()
    assert [session.reason for session in sessions if session.sample is None] == []
    return [canonical(session.sample) for session in sessions if session.sample], models.meter


async def one_call() -> str:
    models = Models.from_environment()
    try:
        response = await models.lm("proposer").acall(hello(models))
    finally:
        await models.aclose()
    return "".join(part.text for part in response.message.parts if isinstance(part, TextPart))


def hello(models: Models) -> Request:
    return Request(model=models.settings["proposer"].model, messages=(Message.user("Hello."),), system="Be brief.")


def use(monkeypatch: pytest.MonkeyPatch, server: ModelServer, engine: str, **more: str) -> None:
    values = {"MODEL": server.model, "API_BASE": server.url_for(engine), "API_KEY": KEY, "ENGINE": engine, **more}
    for name, value in values.items():
        monkeypatch.setenv(f"TOOLGRAD_{name}", value)


@contextmanager
def silent_threads() -> Iterator[None]:
    """No thread of a server outlives it."""
    yield
    assert [thread.name for thread in threading.enumerate() if thread.name.startswith("model-server")] == []


@pytest.mark.parametrize("engine", ENGINES)
@pytest.mark.parametrize("format", FORMATS)
def test_every_wire_format_gives_the_samples_of_the_embedded_model(
    monkeypatch: pytest.MonkeyPatch, format: str, engine: str
) -> None:
    embedded, _ = asyncio.run(town_sessions())
    with silent_threads(), ModelServer(format, keys={KEY}) as server:
        use(monkeypatch, server, engine)
        served, meter = asyncio.run(town_sessions())
    assert served == embedded
    assert server.stats.refused == {}
    assert meter.calls == server.stats.answered == server.stats.requests
    assert meter.tokens == server.stats.input_tokens + server.stats.output_tokens
    assert list(server.stats.models) == [server.model.partition("/")[2]]


@pytest.mark.parametrize("engine", ENGINES)
@pytest.mark.parametrize("format", FORMATS)
@pytest.mark.parametrize("fault", OUTCOMES)
def test_what_a_fault_becomes(monkeypatch: pytest.MonkeyPatch, fault: str, format: str, engine: str) -> None:
    plan = FaultPlan() if fault == WRONG_PATH else FaultPlan.always(Fault(fault), retry_after=0.25)
    with silent_threads(), ModelServer(format, faults=plan) as server:
        use(monkeypatch, server, engine, TIMEOUT="0.3" if fault == Fault.STALL else "20", RETRIES="0")
        if fault == WRONG_PATH:
            monkeypatch.setenv("TOOLGRAD_API_BASE", f"{server.address}/elsewhere")
        try:
            outcome, text = ANSWERED, asyncio.run(one_call())
        except LMError as error:
            outcome, text = type(error).__name__, str(error)
            if isinstance(error.__cause__, UnavailableError):  # nobody waits in a test
                outcome = f"LM{type(error.__cause__.__cause__).__name__}"
    assert KEY not in text
    if outcome == ANSWERED:
        assert text == (PROSE if fault == Fault.PROSE else "")
    assert outcome == OUTCOMES[fault]
    assert server.stats.answered == (1 if outcome == ANSWERED else 0)


@pytest.mark.parametrize("engine", ENGINES)
@pytest.mark.parametrize("format", FORMATS)
def test_a_problem_that_every_session_would_meet_is_reported_before_the_first_one(
    monkeypatch: pytest.MonkeyPatch, format: str, engine: str
) -> None:
    async def refused() -> ModelError:
        models = Models.from_environment()
        try:
            with pytest.raises(ModelError) as caught:
                await models.check(["proposer"])
        finally:
            await models.aclose()
        message = str(caught.value)
        assert not re.search(r"\n|To fix|litellm|Exception|credential came from", message)
        assert KEY not in message
        return caught.value

    monkeypatch.setattr(pauses, "FIRST_WAIT", 0.0)
    with ModelServer(format, keys={"another"}) as server:
        use(monkeypatch, server, engine)
        assert asyncio.run(refused()).code == "key_refused"
        if server.format.needs_key:
            monkeypatch.delenv("TOOLGRAD_API_KEY")
            assert asyncio.run(refused()).code == "missing_key"
        use(monkeypatch, server, engine, API_BASE="http://127.0.0.1:9/v1")
        assert asyncio.run(refused()).code == "server_unreachable"
        use(monkeypatch, server, engine, API_BASE=f"{server.address}/elsewhere")
        error = asyncio.run(refused())
        assert error.code == "unknown_model"
        assert "TOOLGRAD_API_BASE" in str(error), "it may also be the path of the URL"


def test_a_key_that_a_server_repeats_is_masked_in_the_error() -> None:
    error = corrected(RateLimitError(f"slow down, {KEY}", status=429, retry_after=3.0), [KEY])
    assert isinstance(error, RateLimitError)
    assert KEY not in error.message
    assert error.message.partition("\n")[0] == "slow down, ***"
    assert error.message.count("To fix") == 1, "DSPy's advice is not repeated"
    assert (error.status, error.retry_after) == (429, 3.0)


@pytest.mark.parametrize("format", ["anthropic", "ollama"])
@pytest.mark.parametrize("engine", ENGINES)
def test_an_address_may_be_written_with_or_without_its_version(
    monkeypatch: pytest.MonkeyPatch, format: str, engine: str
) -> None:
    with ModelServer(format) as server:
        for address in (server.address, f"{server.address}/", f"{server.address}/v1"):
            use(monkeypatch, server, engine, API_BASE=address, RETRIES="0")
            asyncio.run(one_call())
    assert server.stats.answered == 3


@pytest.mark.parametrize("format", FORMATS)
def test_a_server_knows_its_keys_and_its_models(monkeypatch: pytest.MonkeyPatch, format: str) -> None:
    with ModelServer(format, keys={"another key"}) as strict, ModelServer(format, models={"another-model"}) as other:
        use(monkeypatch, strict, "native", RETRIES="0")
        with pytest.raises(LMError):
            asyncio.run(one_call())
        use(monkeypatch, other, "native", RETRIES="0")
        asyncio.run(one_call())
        monkeypatch.setenv("TOOLGRAD_MODEL", strict.model)
        with pytest.raises(LMError):
            asyncio.run(one_call())
    assert strict.stats.answered == 0
    assert sum(strict.stats.refused.values()) == 1
    assert (other.stats.answered, dict(other.stats.refused)) == (1, {404: 1})


def test_a_script_comes_before_the_rates_and_a_seed_repeats_them() -> None:
    def fates(seed: int) -> list[Fault | None]:
        plan = FaultPlan.mixed(0.3, seed=seed)
        plan.add(None, Fault.STALL)
        return [plan.next() for _ in range(4000)]

    drawn = fates(1)
    assert drawn[:2] == [None, Fault.STALL]
    assert drawn == fates(1) != fates(2)
    assert set(drawn) == {None, *TRANSIENT}
    assert not set(drawn) & set(FATAL)
    assert 0.27 < sum(fate is not None for fate in drawn) / len(drawn) < 0.33


def test_requests_are_answered_in_parallel_and_counted(monkeypatch: pytest.MonkeyPatch) -> None:
    async def many() -> None:
        models = Models.from_environment()
        try:
            await asyncio.gather(*(models.lm("proposer").acall(hello(models)) for _ in range(200)))
        finally:
            await models.aclose()

    with ModelServer("openai", latency=0.3, canned="Fixed.") as server:
        use(monkeypatch, server, "native")
        asyncio.run(many())
        with urllib.request.urlopen(f"{server.address}/stats") as answer:
            counts = json.load(answer)
    assert counts == server.stats.as_dict()
    assert (counts["requests"], counts["answered"], counts["parallel"]) == (200, 200, 0)
    assert counts["peak"] > 100
    assert (counts["input_tokens"], counts["output_tokens"]) == (200 * 400, 200 * 120)


def test_a_server_in_a_process_of_its_own_says_where_it_is(monkeypatch: pytest.MonkeyPatch) -> None:
    with ServerProcess("--format", "gemini", "--canned", "Fixed.") as server:
        for name, value in {"MODEL": server.model, "API_BASE": server.url, "API_KEY": KEY}.items():
            monkeypatch.setenv(f"TOOLGRAD_{name}", value)
        assert asyncio.run(one_call()) == "Fixed."
        assert server.stats()["answered"] == 1


@pytest.mark.parametrize("engine", ENGINES)
@pytest.mark.parametrize("format", FORMATS)
def test_a_model_that_can_be_held_to_a_schema_is_spoken_to_in_json_and_held_to_it(
    monkeypatch: pytest.MonkeyPatch, format: str, engine: str
) -> None:
    formats: list[str] = []

    def record(body: dict[str, Any]) -> None:
        config = body.get("generationConfig") or {}
        wanted = (body.get("response_format"), body.get("output_config"), body.get("format"), config)
        formats.append(json.dumps(wanted))

    with silent_threads(), ModelServer(format, trouble=record) as server:
        use(monkeypatch, server, engine)
        values = {"json_schema": True, "json_object": format != "anthropic"}
        remember([probed(Models.from_environment().settings["proposer"], values)])
        models = Models.from_environment()
        assert {models.adapter_name(role) for role in LOOP_ROLES} == {"json"}
        served, _ = asyncio.run(town_sessions())
    assert len(served) == 2
    assert server.stats.refused == {}
    if (format, engine) not in {("anthropic", "litellm"), ("gemini", "litellm")}:  # which litellm words in other ways
        assert any('"lacking"' in sent for sent in formats), "a selector's answer is held to its schema"
        assert not any('"proposals"' in sent for sent in formats), "arguments are open, which strict schemas forbid"
