"""A model behind HTTP: whole sessions over OpenAI's chat completions, and what its refusals become."""

import asyncio
from pathlib import Path
from typing import Any

import pytest

from tests.support.model_servers import ModelServer
from tests.support.model_servers.formats import WireAnswer
from tests.support.toys import growing, notebook
from toolgrad_dspy.errors import ModelError
from toolgrad_dspy.lm import Models
from toolgrad_dspy.program import ProgramConfig, ToolGrad, draw, run_sessions
from toolgrad_dspy.records import Session
from toolgrad_dspy.tools.library import Library
from toolgrad_dspy.world import WorldSource

KEY = "sk-loopback-0001"


async def town_sessions(count: int) -> list[Session]:
    models = Models.from_environment()
    async with Library([WorldSource()]) as library:
        program = ToolGrad(library, models, ProgramConfig(iterations=4))
        sessions = await run_sessions(program, draw(0, count, 0, 0).train)
    await models.aclose()
    return sessions


async def one_session() -> Session:
    models = Models.from_environment()
    try:
        return await growing([notebook()], models, iterations=1)
    finally:
        await models.aclose()


def use(monkeypatch: pytest.MonkeyPatch, server: ModelServer, **more: str) -> None:
    monkeypatch.delenv("OPENAI_API_KEY", raising=False)
    for name, value in {"MODEL": "openai/anything", "API_BASE": server.url, "API_KEY": KEY, **more}.items():
        monkeypatch.setenv(f"TOOLGRAD_{name}", value)


def refusal(status: int, message: str, code: str = "refused") -> Any:
    return lambda body: WireAnswer(status, {"error": {"message": message, "type": "error", "code": code}})


def usage(session: Session) -> dict[str, tuple[int, int, int]]:
    """Calls, input and output tokens by role. Cached tokens are left out: the embedded model has no prompt cache."""
    return {role: (used.calls, used.input_tokens, used.output_tokens) for role, used in session.usage.roles.items()}


def stored(sessions: list[Session]) -> list[str]:
    """The accepted samples, as text."""
    return [session.sample.model_dump_json() for session in sessions if session.sample]


def the_same_samples_come_from(monkeypatch: pytest.MonkeyPatch, count: int, **settings: str) -> list[dict[str, Any]]:
    embedded = asyncio.run(town_sessions(count))
    Path("prices.json").write_text('{"openai/anything": {"input": 0, "output": 0}}')
    monkeypatch.setenv("TOOLGRAD_PRICES", "prices.json")
    requests: list[dict[str, Any]] = []
    with ModelServer("openai", keys={KEY}, trouble=requests.append) as server:
        use(monkeypatch, server, **settings)
        served = asyncio.run(town_sessions(count))
    assert [session.status for session in served] == ["accepted"] * count
    assert stored(served) == stored(embedded)
    assert [usage(session) for session in served] == [usage(session) for session in embedded]
    assert len(requests) == server.stats.answered == sum(session.usage.lm_calls for session in served)
    return requests


def test_a_model_behind_http_gives_the_samples_of_the_embedded_one(monkeypatch: pytest.MonkeyPatch) -> None:
    requests = the_same_samples_come_from(monkeypatch, 6, TEMPERATURE="0.5", MAX_TOKENS="3000", JUDGE_TEMPERATURE="0")
    assert {body["temperature"] for body in requests} == {0.5, 0.0}, "the reader's is the judge's own"
    assert {body.get("max_tokens", body.get("max_completion_tokens")) for body in requests} == {3000}


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")  # litellm keeps its sockets open
@pytest.mark.filterwarnings("ignore::ResourceWarning")
@pytest.mark.filterwarnings("ignore::DeprecationWarning")
def test_litellm_carries_the_same_requests(monkeypatch: pytest.MonkeyPatch) -> None:
    the_same_samples_come_from(monkeypatch, 2, ENGINE="litellm")


@pytest.mark.parametrize(("status", "code"), [(401, "key_refused"), (403, "key_refused"), (402, "account_refused")])
def test_a_server_that_refuses_the_key_or_the_account_ends_the_run(
    monkeypatch: pytest.MonkeyPatch, status: int, code: str
) -> None:
    with ModelServer("openai", trouble=refusal(status, "You are\nnot welcome.")) as server:
        use(monkeypatch, server)
        with pytest.raises(ModelError) as caught:
            asyncio.run(one_session())
    assert caught.value.code == code
    message = str(caught.value)
    assert "You are not welcome." in message, "the server's own words"
    assert "\n" not in message
    assert KEY not in message
    assert "To fix" not in message, "DSPy's advice names other variables"
    assert server.stats.requests == 1


def test_without_a_key_nothing_is_sent_and_the_error_names_the_variable(monkeypatch: pytest.MonkeyPatch) -> None:
    with ModelServer("openai") as server:
        use(monkeypatch, server)
        monkeypatch.delenv("TOOLGRAD_API_KEY")
        with pytest.raises(ModelError) as caught:
            asyncio.run(one_session())
    assert caught.value.code == "missing_key"
    assert "TOOLGRAD_API_KEY" in str(caught.value)
    assert server.stats.requests == 0


def test_the_providers_own_variable_is_read_for_the_key_but_not_for_the_address(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    with ModelServer("openai", keys={KEY}) as server:
        use(monkeypatch, server)
        monkeypatch.delenv("TOOLGRAD_API_KEY")
        monkeypatch.setenv("OPENAI_API_KEY", KEY)
        monkeypatch.setenv("OPENAI_BASE_URL", "http://127.0.0.1:9/v1")
        session = asyncio.run(one_session())
    assert session.status == "accepted", session.reason
    assert server.stats.refused == {}


def test_a_request_that_the_server_refuses_is_a_failed_step(monkeypatch: pytest.MonkeyPatch) -> None:
    refused: list[dict[str, Any]] = []

    def once(body: dict[str, Any]) -> Any:
        if refused:
            return None
        refused.append(body)
        return refusal(400, "messages: at least one message is required")(body)

    with ModelServer("openai", trouble=once) as server:
        use(monkeypatch, server)
        session = asyncio.run(one_session())
    assert session.status == "failed"
    (failure,) = session.trace.iterations[0].failures
    code, _, text = failure.partition(": ")
    assert code == "LMInvalidRequestError"
    assert "openai/anything" in text
    assert "at least one message is required" in text, "the server's own words"
    assert failure in session.reason


def test_the_models_serve_another_loop_after_they_were_closed(monkeypatch: pytest.MonkeyPatch) -> None:
    with ModelServer("openai", keys={KEY}) as server:
        use(monkeypatch, server)
        models = Models.from_environment()

        async def once() -> str:
            try:
                return (await growing([notebook()], models, iterations=1)).status
            finally:
                await models.aclose()

        assert [asyncio.run(once()) for _ in range(3)] == ["accepted"] * 3
    assert models.meter.calls == server.stats.answered
