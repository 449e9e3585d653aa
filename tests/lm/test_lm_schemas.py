"""Which schema an answer is held to: by the block it is asked in, the settings, and what the model can do."""

import asyncio
import json
from pathlib import Path
from typing import Any

import dspy
import pytest

from tests.support.engines import ENGINES
from tests.support.model_servers import FORMATS, Abilities, ModelServer
from toolgrad_dspy.json_schema import Dialect, JsonSchema, Refusal
from toolgrad_dspy.json_schema.plain import PLACES
from toolgrad_dspy.lm import Models, ModelSettings, ask
from toolgrad_dspy.lm.adapter import FixedJsonAdapter
from toolgrad_dspy.lm.calls import Backend, Limits, Retrying, Sender
from toolgrad_dspy.lm.calls.meter import Meter
from toolgrad_dspy.lm.capabilities import UNKNOWN, Capabilities, known, probe, remember
from toolgrad_dspy.lm.capabilities.probe_cache import probed
from toolgrad_dspy.lm.engines.remote import remote_engine
from toolgrad_dspy.lm.schemas import (
    Held,
    SchemaPolicy,
    answer_schema,
    dialect_of,
    held,
    holding,
    is_local,
    unprobed_notes,
)
from toolgrad_dspy.lm.schemas.policy import schema_policy
from toolgrad_dspy.signatures import Propose, Select

LOCAL = "http://127.0.0.1:8000/v1"
ABLE = {"json_schema": True, "call_schema": True, "json_object": True}
CHOICE: JsonSchema = {"type": "string", "enum": ["p1", "none"]}
WIDER: JsonSchema = {"type": "string", "enum": ["p1", "p2", "none"]}


def settings(model: str = "openai/mine", **more: Any) -> ModelSettings:
    return ModelSettings.model_validate({"model": model, "api_key": "sk-loopback", **more})


def sent(
    server_settings: dict[str, Any], signature: Any = Select, stable: bool = False, hold: bool = True
) -> list[Any]:
    """What the requests of one call, under CHOICE for ``report``, say of the answer's format."""
    formats: list[Any] = []
    with ModelServer("vllm", trouble=lambda body: formats.append(body.get("response_format"))) as server:
        own = settings(server.model, api_base=server.url, **server_settings.pop("settings", {}))
        remember([probed(own, {**ABLE, **server_settings})])
        models = Models({"selector": own})
        given = dict.fromkeys(signature.input_fields, "x")

        async def call() -> None:
            try:
                if hold:
                    with holding(lambda: {"report": CHOICE}, stable=(lambda: {"report": WIDER}) if stable else None):
                        await ask(dspy.Predict(signature), models, "selector", **given)
                else:
                    await ask(dspy.Predict(signature), models, "selector", **given)
            finally:
                await models.aclose()

        asyncio.run(call())
    return formats


def held_to(formats: list[Any]) -> str:
    """``call``, ``fixed``, ``json`` or ``text``."""
    (form,) = formats
    if form is None:
        return "text"
    if form["type"] == "json_object":
        return "json"
    return "call" if "p1" in json.dumps(form) else "fixed"


@pytest.mark.parametrize(
    ("schema", "able", "stable", "expected"),
    [
        ("auto", {}, False, "call"),
        ("auto", {"call_schema": False}, True, "fixed"),
        ("auto", {"call_schema": None}, True, "fixed"),
        ("call", {"call_schema": False}, False, "call"),
        ("fixed", {}, True, "fixed"),
        ("off", {}, True, "json"),
    ],
)
def test_the_setting_and_the_probe_decide_which_schema_is_sent(
    schema: str, able: dict[str, Any], stable: bool, expected: str
) -> None:
    assert held_to(sent({"settings": {"schema": schema}, **able}, stable=stable)) == expected


def test_a_grammar_says_all_that_is_known_and_other_schemas_stay_the_same_if_they_can() -> None:
    at_hand, unchanging = (lambda: {"report": CHOICE}), (lambda: {"report": WIDER})
    chosen = {
        (calls, dialect, bool(stable)): SchemaPolicy(calls, dialect=dialect).chosen(Held(at_hand, stable))
        for calls in ("always", "stable", "never")
        for dialect in ("grammar", "openai")
        for stable in (unchanging, None)
    }
    assert chosen == {
        ("always", "grammar", True): at_hand,
        ("always", "grammar", False): at_hand,
        ("always", "openai", True): unchanging,
        ("always", "openai", False): at_hand,
        ("stable", "grammar", True): unchanging,
        ("stable", "grammar", False): None,
        ("stable", "openai", True): unchanging,
        ("stable", "openai", False): None,
        **{("never", dialect, stable): None for dialect in ("grammar", "openai") for stable in (True, False)},
    }


def test_outside_of_a_block_the_fixed_schema_is_sent() -> None:
    assert held_to(sent({}, hold=False)) == "fixed"


def test_a_setting_of_call_needs_no_probe_and_no_adapter() -> None:
    own = settings(api_base=LOCAL, schema="call")
    assert known(own) == UNKNOWN
    models = Models({"selector": own})
    assert models.adapter_name("selector") == "json"
    assert models.lm("selector").supports_response_schema


def test_fields_of_the_signature_that_nobody_spoke_of_keep_their_types_and_their_order() -> None:
    thinking = Select.prepend("reasoning", dspy.OutputField(), str).append("weight", dspy.OutputField(), int)
    (form,) = sent({}, signature=thinking)
    schema = form["json_schema"]["schema"]
    assert list(schema["properties"]) == ["reasoning", "reason", "report", "chain", "lacking", "weight"]
    assert schema["required"] == list(schema["properties"])
    assert schema["properties"]["weight"] == {"type": "integer"}
    assert schema["$defs"][schema["properties"]["report"]["$ref"].rpartition("/")[2]] == CHOICE


def test_chain_of_thought_is_held_to_the_schema_too() -> None:
    schema = answer_schema(dspy.ChainOfThought(Select).predict.signature, {"report": CHOICE}, "grammar")
    assert not isinstance(schema, Refusal)
    properties = schema["properties"]
    assert isinstance(properties, dict)
    assert next(iter(properties)) == "reasoning"


def test_a_field_of_any_keys_is_no_strict_schema_but_a_grammar() -> None:
    opened = Select.append("notes", dspy.OutputField(), dict[str, Any])
    refusal = answer_schema(opened, {"report": CHOICE}, "openai")
    assert isinstance(refusal, Refusal)
    assert (refusal.reason, refusal.place) == ("open_object", "/properties/notes")
    assert not isinstance(answer_schema(opened, {"report": CHOICE}, "grammar"), Refusal)


def test_a_schema_beyond_measure_is_refused_with_that_reason() -> None:
    vast: JsonSchema = {"type": "object", "properties": {f"p{number}": {"type": "null"} for number in range(PLACES)}}
    refusal = answer_schema(Select, {"report": vast}, "grammar")
    assert refusal == Refusal("too_large", "/properties/report")


def test_no_field_is_taken_for_a_choice_between_named_answers() -> None:
    """DSPy would give the answer in another form."""
    from dspy._vendor.lm15.judgments import judgments_in_schema

    deciding = Select.append("sure", dspy.OutputField(), bool)
    alternatives: JsonSchema = {"anyOf": [{"const": "c1"}, {"const": "new"}]}
    schema = answer_schema(deciding, {"report": CHOICE, "chain": alternatives}, "openai")
    assert judgments_in_schema(schema) == {}


def test_an_answer_that_was_made_once_is_not_made_again() -> None:
    assert answer_schema(Select, {"report": CHOICE}, "openai") is answer_schema(Select, {"report": CHOICE}, "openai")
    equal = dict(CHOICE)
    assert answer_schema(Select, {"report": equal}, "openai") is not answer_schema(
        Select, {"report": CHOICE}, "openai"
    )


def test_a_schema_that_the_dialect_cannot_have_gives_way_to_the_fixed_one() -> None:
    """Tools whose arguments have no names: the proposer's fixed schema is open too, and JSON mode is left."""
    opened: JsonSchema = {"type": "object", "additionalProperties": True}
    own = settings("openai/gpt-4.1-mini")
    policy = SchemaPolicy("always", dialect="openai")
    chosen: dict[str, Any] = {}
    lm = Models({"selector": own}).lm("selector")
    with holding(lambda: {"report": opened, "proposals": opened}):
        FixedJsonAdapter(policy)._prepare_response_format(lm, chosen, Select)
        assert chosen["response_format"].model_json_schema()["properties"].keys() == Select.output_fields.keys()
        FixedJsonAdapter(policy)._prepare_response_format(lm, chosen, Propose)
    assert chosen["response_format"] == {"type": "json_object"}


def test_blocks_replace_one_another_and_end() -> None:
    assert held() is None
    with holding(lambda: {"a": CHOICE}), holding(lambda: {"b": CHOICE}, stable=lambda: {"c": CHOICE}):
        inner = held()
        assert inner is not None
        assert inner.stable is not None
        assert (list(inner.make()), list(inner.stable())) == (["b"], ["c"])
    assert held() is None


@pytest.mark.parametrize(
    ("model", "base", "dialect"),
    [
        ("openai/gpt-4.1-mini", None, "openai"),
        ("openai/qwen", "http://localhost:8080/v1", "grammar"),
        ("openai/qwen", "http://192.168.0.7:8080/v1", "grammar"),
        ("openai/qwen", "http://[::1]:8080/v1", "grammar"),
        ("openai/qwen", "http://inference:8080/v1", "grammar"),
        ("openai/qwen", "http://8.8.8.8/v1", "openai"),
        ("openai/qwen", "https://models.example.org/v1", "openai"),
        ("hosted_vllm/qwen", "https://models.example.org/v1", "grammar"),
        ("ollama/llama3.1", None, "grammar"),
        ("ollama_chat/llama3.1", None, "grammar"),
        ("gemini/gemini-2.5-flash", None, "gemini"),
        ("anthropic/claude-sonnet-4-5", None, "anthropic"),
        ("groq/llama-3.3-70b-versatile", None, "openai"),
    ],
)
def test_the_dialect_goes_by_provider_and_address(model: str, base: str | None, dialect: Dialect) -> None:
    own = settings(model, api_base=base)
    assert dialect_of(own) == dialect
    assert is_local(own) is (dialect == "grammar")


def test_a_hosted_model_gets_the_schema_of_a_call_only_where_it_is_the_same_in_all() -> None:
    assert schema_policy([settings("openai/gpt-4.1-mini")]) == SchemaPolicy("stable", dialect="openai")
    assert schema_policy([settings("groq/llama-3.3-70b-versatile")]).calls == "never", "not known to keep one"
    mixed = [settings("openai/gpt-4.1-mini"), settings("gemini/gemini-2.5-flash")]
    assert schema_policy(mixed).calls == "never", "one schema cannot be right for both"
    assert schema_policy([settings("rehearsal")]).calls == "never"


def test_a_model_at_an_address_of_its_own_is_worth_a_probe_until_it_had_one() -> None:
    own = settings(api_base=LOCAL)
    assert len(unprobed_notes([own, own])) == 1
    assert LOCAL in unprobed_notes([own])[0]
    decided = [settings(api_base=LOCAL, adapter="chat"), settings(api_base=LOCAL, schema="off")]
    assert unprobed_notes([*decided, settings("openai/gpt-4.1-mini"), settings("rehearsal", api_base=LOCAL)]) == []
    remember([probed(own, ABLE)])
    assert unprobed_notes([own]) == []


def test_what_an_older_version_found_out_is_kept_and_what_it_did_not_ask_is_unknown(tmp_path: Path) -> None:
    own = settings(api_base=LOCAL)
    remember([probed(own, {"json_schema": True, "json_object": True, "function_calling": True, "logprobs": True})])
    path = tmp_path / ".cache/toolgrad-dspy/capabilities.json"
    stored = json.loads(path.read_text())
    del stored["models"][0]["call_schema"]
    path.write_text(json.dumps(stored))
    assert (known(own).json_schema, known(own).call_schema) == (True, None)
    assert schema_policy([own]).calls == "never"


@pytest.mark.parametrize("engine", ENGINES)
@pytest.mark.parametrize("format", [name for name in FORMATS if name not in ("anthropic", "ollama")])
def test_every_provider_answers_under_the_schema_of_a_call(
    monkeypatch: pytest.MonkeyPatch, format: str, engine: str
) -> None:
    with ModelServer(format, abilities=Abilities()) as server:
        own = settings(server.model, api_base=server.url_for(engine), engine=engine, schema="call")
        models = Models({"selector": own})

        async def call() -> Any:
            try:
                with holding(lambda: {"report": CHOICE}):
                    given = dict.fromkeys(Select.input_fields, "x")
                    return await ask(dspy.Predict(Select), models, "selector", **given)
            finally:
                await models.aclose()

        assert asyncio.run(call()).report in ("p1", "none")
        assert server.stats.refused == {}


def test_a_gateway_nearby_that_leads_to_a_strict_provider_is_not_taken_for_a_grammar() -> None:
    """OpenAI's server refuses properties that may be absent; at a loopback address the schema has some."""
    with ModelServer("openai") as server:
        own = settings(server.model, api_base=server.url)

        async def found() -> Capabilities:
            engine = remote_engine(own)
            sender = Sender("probe", Backend(own.model, engine), Limits(20, 0), Meter())
            try:
                return await probe(own.model, Retrying(sender), dialect_of(own))
            finally:
                await engine.aclose()

        capabilities = asyncio.run(found())
    assert (capabilities.json_schema, capabilities.call_schema) == (True, False)


def test_the_rehearsal_model_answers_under_any_setting() -> None:
    models = Models({"selector": settings("rehearsal", schema="call")})
    given = dict.fromkeys(Select.input_fields, "")
    with holding(lambda: {"report": CHOICE}):
        answer = asyncio.run(ask(dspy.Predict(Select), models, "selector", **given))
    assert answer.report == "none"
