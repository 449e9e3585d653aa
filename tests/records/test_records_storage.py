"""What records keep, and what they refuse."""

import json
from typing import Any

import pytest
from pydantic import ValidationError

from toolgrad_dspy import records
from toolgrad_dspy.records import (
    Chain,
    Observation,
    Origin,
    Record,
    RoleUsage,
    Sample,
    Session,
    Step,
    Tool,
    ToolAnnotations,
    ToolCall,
    ToolError,
    Usage,
    Workflow,
)


def sample() -> Sample:
    arguments: dict[str, Any] = {
        "deep": {"list": [1, 2.0, -0.0, 1e22, 0.1, None, True, 'ü\u2028\n"\\', {}, []], "": {"~/": 10**30}},
        "b": 1,
        "a": 2,
    }
    step = Step(
        id="s1",
        call=ToolCall(tool="t", arguments=arguments),
        observation=Observation(
            content={"z": 1, "a": [arguments]}, text="text\r\n\u0000", latency=1.5, simulated=True
        ),
        origins=(
            Origin(pointer="/a", kind="user"),
            Origin(pointer="/b", kind="result", step="s0", path="", match="part"),
        ),
    )
    later = step.model_copy(update={"id": "s2", "observation": Observation(text="plain")})
    chains = (Chain(id="c2", steps=(later,)), Chain(id="c1", steps=(step,)))
    return Sample(
        id="0-000001", seed=0, query="q", workflow=Workflow(chains=chains), response="r", offered=("t", "u")
    )


def test_a_sample_is_the_same_bytes_after_a_round_trip_through_json() -> None:
    stored = sample().model_dump_json()
    assert Sample.model_validate_json(stored).model_dump_json() == stored
    plain = json.dumps(json.loads(stored))
    assert Sample.model_validate_json(plain).model_dump_json() == stored


def test_equal_observations_have_one_hash() -> None:
    quick, slow = Observation(text="x", latency=0.1), Observation(text="x", latency=9.0)
    assert {quick, slow, Observation(text="y")} == {quick, Observation(text="y")}
    with pytest.raises(TypeError):
        hash(Observation(content={"a": 1}, text="x"))


def test_latency_is_not_stored() -> None:
    quick, slow = Observation(text="x", latency=0.1), Observation(text="x", latency=9.0)
    assert quick.model_dump_json() == slow.model_dump_json()
    assert "latency" not in json.loads(sample().model_dump_json())["workflow"]["chains"][1]["steps"][0]["observation"]


def problems(caught: "pytest.ExceptionInfo[ValidationError]") -> set[str]:
    """The kinds of problem that pydantic found."""
    return {problem["type"] for problem in caught.value.errors()}


# All but the key of caches, which is never stored.
CLASSES = [
    kind
    for kind in vars(records).values()
    if isinstance(kind, type) and not issubclass(kind, (Exception, records.ByIdentity))
]


@pytest.mark.parametrize("record", CLASSES, ids=lambda kind: kind.__name__)
def test_every_record_refuses_a_field_it_does_not_know(record: type[Record]) -> None:
    assert issubclass(record, Record)
    with pytest.raises(ValidationError) as caught:
        record.model_validate({"surely_no_field": 1})
    assert "extra_forbidden" in problems(caught)


def test_a_record_cannot_be_changed() -> None:
    with pytest.raises(ValidationError) as caught:
        sample().query = "another"
    assert problems(caught) == {"frozen_instance"}


def test_steps_are_in_the_order_they_ran_whatever_chain_they_are_on() -> None:
    workflow = sample().workflow
    assert [step.id for step in workflow.steps] == ["s1", "s2"]
    assert (workflow.chain_of("s1"), workflow.chain_of("s2"), workflow.chain_of("s3")) == ("c1", "c2", None)
    assert workflow.steps[0].depends_on == {"s0"}


@pytest.mark.parametrize(
    ("observation", "value"),
    [
        (Observation(content={"a": 1}, text="other"), {"a": 1}),
        (Observation(content=0, text="[1]"), 0),
        (Observation(text='{"a": 1.10}'), {"a": 1.1}),
        (Observation(text="[1, 2]"), [1, 2]),
        (Observation(text=' \n{"a": 1}\n'), {"a": 1}),
        (Observation(text=" [1] and more"), " [1] and more"),
        (Observation(text="12"), "12"),
        (Observation(text='"quoted"'), '"quoted"'),
        (Observation(text="[1, 2] and more"), "[1, 2] and more"),
        (Observation(text="[error] not json"), "[error] not json"),
        (Observation(text=""), ""),
        (Observation(text='{"a": NaN}'), '{"a": NaN}'),
        (Observation(text='["\\ud800"]'), '["\\ud800"]'),
        (Observation(text="[" * 5000 + "]" * 5000), "[" * 5000 + "]" * 5000),
    ],
)
def test_the_value_of_a_result_is_its_data_or_its_text(observation: Observation, value: Any) -> None:
    assert observation.value == value
    assert observation.value == observation.value  # nothing in it differs from itself


def test_half_a_surrogate_pair_is_replaced_where_it_comes_in() -> None:
    error = ToolError(kind="tool", message="no \udfff")
    seen = Observation(text="a\ud83d", content={"k\ud800": ["\udc00", "\U0001f600"]}, error=error)
    assert json.loads(seen.model_dump_json()) == {
        "content": {"k\ufffd": ["\ufffd", "\U0001f600"]},
        "text": "a\ufffd",
        "error": {"kind": "tool", "message": "no \ufffd", "status": None},
        "simulated": False,
    }
    assert (
        ToolCall(tool="t", arguments={"a": "\ud800"}).model_dump_json() == '{"tool":"t","arguments":{"a":"\ufffd"}}'
    )


@pytest.mark.parametrize("name", ["", "a b", "a.b", "ü", "x" * 65])
def test_a_tool_name_that_a_provider_would_refuse_is_refused(name: str) -> None:
    with pytest.raises(ValidationError) as caught:
        Tool(name=name, source_name=name, description="", parameters={}, source="s", category="c")
    assert problems(caught) == {"string_pattern_mismatch"}


def test_only_a_tool_that_is_declared_read_only_does_not_write() -> None:
    fields: dict[str, Any] = {
        "name": "t",
        "source_name": "t",
        "description": "",
        "parameters": {},
        "source": "s",
        "category": "c",
    }
    tools = [Tool(**fields, annotations=ToolAnnotations(read_only=hint)) for hint in (None, False, True)]
    assert [tool.writes for tool in tools] == [True, True, False]


def test_usage_adds_up_over_the_roles() -> None:
    usage = Usage(
        roles={"proposer": RoleUsage(calls=2, input_tokens=10, output_tokens=3), "updater": RoleUsage(calls=1)}
    )
    assert (usage.lm_calls, usage.tokens) == (3, 13)
    assert Session(index=0, seed=0, status="failed", usage=usage).usage.lm_calls == 3


@pytest.mark.parametrize(
    ("reason", "key"),
    [("replay: s1 (book): differs", "replay"), ("the query is empty", "the query is empty"), ("", "not given")],
)
def test_reasons_are_grouped_by_what_stands_before_their_first_colon(reason: str, key: str) -> None:
    assert Session(index=0, seed=0, status="rejected", reason=reason).reason_key == key
