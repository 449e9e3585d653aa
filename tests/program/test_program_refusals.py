"""Servers that refuse what they are sent: a prompt that is too long, a schema that is too much."""

import asyncio
import json
import math
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.support.model_servers import ModelServer
from tests.support.model_servers.formats import WireAnswer
from tests.support.model_servers.formats.base import Body
from toolgrad_dspy.lm import LOOP_ROLES, ModelSettings
from toolgrad_dspy.program import ProgramConfig
from toolgrad_dspy.records import Session
from toolgrad_dspy.runs import ModelsSpec, RunSpec, RunStore, generate_run


def refusal(message: str) -> WireAnswer:
    return WireAnswer(400, {"error": {"message": message, "type": "invalid_request_error", "code": None}})


def generated(
    folder: Path, trouble: Callable[[Body], WireAnswer | None], n: int = 2, **settings: str
) -> tuple[list[Session], list[str]]:
    """A run on the town with a server that has ``trouble``: its sessions, and what was said."""
    said: list[str] = []
    with ModelServer("vllm", trouble=trouble) as server:
        model = ModelSettings(model=server.model, api_base=server.url, **settings)  # type: ignore[arg-type]
        spec = RunSpec(
            n=n,
            models=ModelsSpec(dict.fromkeys(LOOP_ROLES, model)),
            program=ProgramConfig(iterations=2, mini_batch=16),
        )
        asyncio.run(generate_run(spec, folder, say=said.append))
    with RunStore.open(folder) as store:
        return list(store.sessions()), said


def characters(body: Body) -> int:
    return sum(len(str(message["content"])) for message in body["messages"])


def is_proposer(body: Body) -> bool:
    return "propose" in str(body["messages"]).lower() and "[[ ## tools ## ]]" in str(body["messages"])


def test_a_prompt_that_is_too_long_is_shortened_by_half_of_the_tools_and_that_is_said_once(tmp_path: Path) -> None:
    asked: list[int] = []

    def small_window(body: Body) -> WireAnswer | None:
        if not is_proposer(body):
            return None
        asked.append(characters(body))
        if asked[-1] > 5000:
            return refusal("This model's maximum context length is 1250 tokens, however you requested more.")
        return None

    sessions, said = generated(tmp_path / "run", small_window)
    assert [session.status for session in sessions] == ["accepted"] * 2
    assert max(asked) > 5000
    notes = {note for session in sessions for note in session.trace.notes}
    assert notes
    assert len([line for line in said if line in notes]) == 1
    for session in sessions:
        first = session.trace.iterations[0]
        assert {call.tool for proposal in first.proposals for call in proposal.calls} <= set(first.offered)


def test_a_window_too_small_for_any_tool_fails_the_sessions_and_ends(tmp_path: Path) -> None:
    too_long = refusal("prompt is too long: 9000 tokens > 100 maximum")
    sessions, _ = generated(tmp_path / "run", lambda body: too_long if is_proposer(body) else None, n=1)
    (session,) = sessions
    assert session.status == "failed"
    assert all(iteration.failures for iteration in session.trace.iterations)
    assert len(session.trace.notes) == int(math.log2(len(session.trace.iterations[0].offered)))


@pytest.mark.parametrize("n", [1, 4])
def test_a_schema_that_the_server_refuses_is_not_sent_again_and_the_run_goes_on(tmp_path: Path, n: int) -> None:
    schemas: list[str] = []

    def no_alternatives(body: Body) -> WireAnswer | None:
        schema = json.dumps(body.get("response_format", {}))
        if "anyOf" in schema:
            schemas.append(schema)
            return refusal("Invalid schema for response_format: too complex")
        return None

    sessions, said = generated(tmp_path / "run", no_alternatives, n, schema="call")
    assert [session.status for session in sessions] == ["accepted"] * n
    refused = [fault for session in sessions for fault in session.trace.faults if fault.kind == "schema_refused"]
    assert {fault.role for fault in refused} <= set(LOOP_ROLES)
    assert 1 <= len(refused) == len(schemas)
    assert sum("proposer" in line and "schema" in line for line in said) == 1
