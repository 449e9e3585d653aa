"""What models write, and what is made of it: over a real server, with both engines and both formats."""

import asyncio
import json
import time
from collections.abc import Callable
from email.utils import formatdate
from typing import Any, Literal

import dspy
import pytest
from dspy.lm15 import Message, Request, ServerError
from dspy.utils.exceptions import LMError

from tests.support.engines import ENGINES
from tests.support.model_servers import ModelServer
from tests.support.model_servers.formats import WireAnswer
from tests.support.model_servers.script import Script, completion
from toolgrad_dspy.errors import ModelError, UnavailableError, UsageError
from toolgrad_dspy.lm import AnswerError, Models, answer_faults, ask
from toolgrad_dspy.lm.calls import pauses
from toolgrad_dspy.records import AnswerFault
from toolgrad_dspy.signatures import CheckResponse, JudgeQuality, Propose, Repair, Select, Update

Adapter = Literal["chat", "json"]
ADAPTERS: tuple[Adapter, ...] = ("chat", "json")
REASON = "It helps: a lot."
CALL: dict[str, Any] = {"tool": "find", "arguments": {"word": "tea"}}
WORK = {"instruction": "Find tea.", "calls": [CALL]}
WORKS = json.dumps([WORK])


def use(monkeypatch: pytest.MonkeyPatch, server: ModelServer, engine: str = "native", **more: str) -> None:
    values = {"MODEL": "openai/anything", "API_BASE": server.url_for(engine), "API_KEY": "sk-loopback", **more}
    for name, value in {"ENGINE": engine, "RETRIES": "0", **values}.items():
        monkeypatch.setenv(f"TOOLGRAD_{name}", value)


class Asked:
    """A question that was put to a server with a script: its answer or its error, the faults, and the requests."""

    answer: Any = None
    error: AnswerError | None = None

    def __init__(self, script: Script, signature: Any) -> None:
        self.faults: list[AnswerFault] = []
        self.requests = script.asked

        async def main() -> None:
            models = Models.from_environment()
            inputs = dict.fromkeys(signature.input_fields, "something")
            try:
                with answer_faults() as faults:
                    self.faults = faults
                    self.answer = await ask(dspy.Predict(signature), models, "proposer", **inputs)
            except AnswerError as error:
                self.error = error
            finally:
                await models.aclose()

        asyncio.run(main())

    @property
    def kinds(self) -> list[tuple[str, int]]:
        return [(fault.kind, fault.asking) for fault in self.faults]

    @property
    def calls(self) -> list[Any]:
        """The calls of the proposals, as they would be written."""
        return [[call.model_dump() for call in work.calls if not call.fault] for work in self.answer.proposals]


def asked(
    monkeypatch: pytest.MonkeyPatch,
    *answers: str | dict[str, Any] | WireAnswer,
    signature: Any = Propose,
    adapter: Adapter = "chat",
    engine: str = "native",
    **settings: str,
) -> Asked:
    script = Script(answers)
    with ModelServer("openai", trouble=script) as server:
        use(monkeypatch, server, engine, ADAPTER=adapter, **settings)
        return Asked(script, signature)


def chat(proposals: str = WORKS, header: str = "[[ ## {} ## ]]") -> str:
    named = {"reason": REASON, "proposals": proposals}
    return "\n\n".join(f"{header.format(name)}\n{text}" for name, text in named.items()) + "\n\n[[ ## completed ## ]]"


def as_json(proposals: str = WORKS) -> str:
    return f'{{"reason": {json.dumps(REASON)}, "proposals": {proposals}}}'


FORMATS: dict[Adapter, Callable[[str], str]] = {"chat": chat, "json": as_json}

TEXT = json.dumps(CALL["arguments"])


def work(**parts: Any) -> str:
    return json.dumps([{"instruction": "x", **parts}])


# How else the one call is written. In each of the two formats, and whatever the adapter.
PROPOSALS = {
    "arguments as a JSON string": work(calls=[{"tool": "find", "arguments": TEXT}]),
    "parameters": work(calls=[{"name": "find", "parameters": CALL["arguments"]}]),
    "args": work(calls=[{"tool_name": "find", "args": CALL["arguments"]}]),
    "OpenAI's": work(tool_calls=[{"id": "c", "type": "function", "function": {"name": "find", "arguments": TEXT}}]),
    "one call": work(call=CALL),
    "one call, flat": work(**CALL),
    "its name once more": json.dumps({"proposals": [WORK]}),
    "one proposal, of calls alone": json.dumps({"calls": [CALL]}),
    "one proposal": work(calls=CALL)[1:-1],
    "a comment and commas": work(calls=[CALL])[:-2] + ", // why\n},]",
    "Python": "[{'instruction': \"it's\", 'calls': [{'tool': 'find', 'arguments': {'word': 'tea'}, 'more': None}]}]",
    "constructors": "[ProposedWork(instruction='x', calls=[ProposedCall(name='find', arguments={'word': 'tea'})])]",
    "bare keys": '[{instruction: "x", calls: [{tool: "find", arguments: {word: "tea"}}]}]',
    "a line feed in a string": '[{"instruction": "x\ny", "calls": [{"tool": "find", "arguments": {"word": "tea"}}]}]',
    "the last bracket forgotten": '[{"instruction": "x", "calls": [{"tool": "find", "arguments": {"word": "tea"}}]}',
}


@pytest.mark.parametrize("adapter", ADAPTERS)
@pytest.mark.parametrize("written", ADAPTERS)
@pytest.mark.parametrize("kind", PROPOSALS)
def test_a_call_is_read_however_it_is_written(
    monkeypatch: pytest.MonkeyPatch, kind: str, written: Adapter, adapter: Adapter
) -> None:
    got = asked(monkeypatch, FORMATS[written](PROPOSALS[kind]), adapter=adapter)
    assert got.calls == [[CALL]]
    assert got.answer.reason == REASON
    assert (len(got.requests), got.faults) == (1, [])


# What stands around an answer, or in it.
AROUND: dict[str, Callable[[str], str | dict[str, Any]]] = {
    "invisible characters": lambda text: f"\ufeff\u200b\xa0\u2060\n{text}\u200b \xa0",
    "a fence": lambda text: f"```json\n{text}\n```",
    "a thought with headers and braces": lambda text: (
        f'<think>[[ ## reason ## ]]\nno\n[[ ## proposals ## ]]\n[] {{"reason": ""}}</think>\n{text}'
    ),
    "a thought without a beginning": lambda text: f"[[ ## proposals ## ]] []\n</think>{text}",
    "in the place of the thoughts": lambda text: {"content": None, "reasoning_content": text},
    "in the place of the thoughts, with its other name": lambda text: {"content": "", "reasoning": text},
}


@pytest.mark.parametrize("engine", ENGINES)
@pytest.mark.parametrize("written", ADAPTERS)
@pytest.mark.parametrize("kind", AROUND)
def test_an_answer_is_read_whatever_stands_around_it(
    monkeypatch: pytest.MonkeyPatch, kind: str, written: Adapter, engine: str
) -> None:
    got = asked(monkeypatch, AROUND[kind](FORMATS[written](WORKS)), engine=engine)
    assert got.calls == [[CALL]]
    assert got.answer.reason == REASON
    assert (len(got.requests), got.faults) == (1, [])


@pytest.mark.parametrize(
    "header", ["   [[ ## {} ## ]]", "[[ # {} # ]]", "[[ ### {} ]]", "[[{}]]", "**[[ ## {} ## ]]**", "## {}"]
)
def test_headers_are_read_however_they_are_set(monkeypatch: pytest.MonkeyPatch, header: str) -> None:
    got = asked(monkeypatch, chat(header=header))
    assert (got.calls, got.answer.reason, len(got.requests)) == ([[CALL]], REASON, 1)


@pytest.mark.parametrize(
    ("signature", "text", "expected"),
    [
        (
            Select,
            'Sure.\n{"reason": ["a", "b"], "report": "p1", "chain": null, "lacking": 3}',
            ["a\nb", "p1", "", "3"],
        ),
        (
            Select,
            "[[ ## reason ## ]]\nx\n[[ ## report ## ]]\n'p1'\n[[ ## chain ## ]]\n`new`\n[[ ## lacking ## ]]\n**all**",
            ["x", "p1", "new", "all"],
        ),
        (Update, '{"query": "\\"Find it.\\"", "response": {"response": "Done."}}', ["Find it.", "Done."]),
        (Update, '{"answer": {"query": "Say \\"hi\\".", "response": "Done."}}', ['Say "hi".', "Done."]),
        (
            Update,
            '[[ ## query ## ]]\n{"requests": "Find it."}\n\n[[ ## response ## ]]\n{"response": "Done."}',
            ["Find it.", "Done."],
        ),
        (Repair, f"```\n{json.dumps(CALL)}\n```", [[CALL]]),
        (Repair, f"Here they are:\n{json.dumps(CALL)}\n{json.dumps(CALL)}\nGood luck!", [[CALL, CALL]]),
        (
            Repair,
            '{"calls": "[{\\"tool\\": \\"find\\", \\"arguments\\": null}]"}',
            [[{"tool": "find", "arguments": {}}]],
        ),
        (JudgeQuality, '{"requests": {"request": "r", "reason": "x", "score": "80"}}', [[80.0]]),
    ],
)
@pytest.mark.parametrize("adapter", ADAPTERS)
def test_the_other_modules_are_read_alike(
    monkeypatch: pytest.MonkeyPatch, signature: Any, text: str, expected: list[Any], adapter: Adapter
) -> None:
    def plain(value: Any) -> Any:
        if isinstance(value, list):
            return [getattr(item, "score", None) or item.model_dump() for item in value]
        return value

    got = asked(monkeypatch, text, signature=signature, adapter=adapter)
    assert [plain(value) for value in got.answer.values()] == expected
    assert (len(got.requests), got.faults) == (1, [])


@pytest.mark.parametrize("finish", ["length", "stop"])
@pytest.mark.parametrize("written", ADAPTERS)
@pytest.mark.parametrize("rest", ['{"instruction": "y", "calls": [{"tool": "find", "argum', '{"instruction": "y'])
def test_of_an_answer_that_is_cut_off_the_whole_proposals_are_used(
    monkeypatch: pytest.MonkeyPatch, rest: str, written: Adapter, finish: str
) -> None:
    text = FORMATS[written](f"[{json.dumps(WORK)}, {json.dumps(WORK)}, {rest}")
    cut = text[: text.index(rest) + len(rest)]
    got = asked(monkeypatch, {"content": cut, "finish": finish})
    assert got.calls == [[CALL], [CALL]]
    assert (got.kinds, len(got.requests)) == ([("cut", 1)], 1)
    assert rest[:30] in got.faults[0].text


@pytest.mark.parametrize(
    "call",
    [
        '{"tool": "find", "arguments": {"word": NaN}}',
        '{"tool": "find", "arguments": {"word": Infinity}}',
        '{"tool": "find", "arguments": {"word": undefined}}',
        '{"tool": "find", "arguments": {"word": __import__("os")}}',
        '{"tool": "find", "arguments": "a word"}',
        '{"arguments": {}}',
        "\"find(word='tea')\"",
        "17",
    ],
)
@pytest.mark.parametrize("written", ADAPTERS)
def test_a_call_that_can_mean_two_things_is_left_out_alone(
    monkeypatch: pytest.MonkeyPatch, call: str, written: Adapter
) -> None:
    bad = f'{{"instruction": "y", "calls": [{call}, {json.dumps(CALL)}]}}'
    got = asked(monkeypatch, FORMATS[written](f"[{bad}, {json.dumps(WORK)}]"))
    assert got.calls[-1] == [CALL]
    assert [call for call in got.calls[0] if call != CALL] == []
    assert (got.kinds, len(got.requests)) == ([("unreadable_call", 1)], 1)
    assert got.faults[0].role == "proposer"


def test_items_that_only_repeat_the_form_are_left_out_and_counted(monkeypatch: pytest.MonkeyPatch) -> None:
    form = '{"claim": "integer", "reason": "string", "supported": "boolean"}'
    answered = '{"call": "s1", "reason": "It says so.", "answered": true}'
    text = f"[[ ## claims_checked ## ]]\n[{form}]\n\n[[ ## answers_checked ## ]]\n[{answered}]"
    got = asked(monkeypatch, text, signature=CheckResponse)
    assert got.answer.claims_checked == []
    assert [checked.call for checked in got.answer.answers_checked] == ["s1"]
    assert got.kinds == [("form_copied", 1)]


def test_halves_of_characters_are_replaced_and_counted(monkeypatch: pytest.MonkeyPatch) -> None:
    got = asked(monkeypatch, chat().replace("helps", "helps \ud83d \ud83d\ude00"))
    assert got.answer.reason == REASON.replace("helps", "helps \ufffd \U0001f600")
    assert got.kinds == [("surrogates", 1)]
    escaped = asked(monkeypatch, chat(WORKS.replace("tea", r"tea \ud83d")))
    assert escaped.calls == [[{"tool": "find", "arguments": {"word": "tea \ufffd"}}]]
    assert escaped.kinds == [("surrogates", 1)]


UNUSABLE = {
    "": "empty",
    " \ufeff\u200b": "empty",
    "<think>[[ ## reason ## ]]\nno": "only_thinking",
    "<think>all</think>\n": "only_thinking",
    "Certainly! Could you tell me more?": "no_fields",
    "Конечно! Что вам нужно?": "no_fields",
    "[[ ## reason ## ]]\nx": "missing_field",
    '{"reason": "x"}': "missing_field",
    "[[ ## reason ## ]]\nx\n[[ ## proposals ## ]]\nsome": "unreadable_field",
    chat('["find tea", "find(word=\'tea\')"]'): "unreadable_call",
    "[[ ## reason ## ]]\nx\n[[ ## proposals ## ]]\n[{": "cut",
}


@pytest.mark.parametrize("adapter", ADAPTERS)
@pytest.mark.parametrize("text", UNUSABLE)
def test_an_answer_that_cannot_be_used_is_asked_for_once_more_after_the_task(
    monkeypatch: pytest.MonkeyPatch, text: str, adapter: Adapter
) -> None:
    kind = UNUSABLE[text]
    got = asked(monkeypatch, text, FORMATS[adapter](WORKS), adapter=adapter)
    assert got.calls == [[CALL]]
    assert got.kinds == [(kind, 1)]
    first, again = (request["messages"] for request in got.requests)
    assert again[0] == first[0]
    if kind in ("empty", "only_thinking"):  # no empty turn, and none of the thoughts
        assert again[1]["content"].startswith(first[1]["content"])
        assert len(again) == len(first)
    else:
        assert again[: len(first)] == first
        assert [turn["role"] for turn in again[len(first) :]] == ["assistant", "user"]
        assert again[-2]["content"] == text
    twice = asked(monkeypatch, text, adapter=adapter)
    assert twice.error is not None
    assert (twice.error.code, twice.kinds) == ("unusable_answer", [(kind, 1), (kind, 2)])
    assert len(twice.requests) == 2
    assert "\n" not in str(twice.error)


def test_a_long_faulty_answer_is_shown_again_in_part(monkeypatch: pytest.MonkeyPatch) -> None:
    got = asked(monkeypatch, "same " * 160_000, chat())
    assert got.calls == [[CALL]]
    assert len(json.dumps(got.requests[1])) < len(json.dumps(got.requests[0])) + 4000
    assert all(len(fault.text) <= 220 for fault in got.faults)


@pytest.mark.parametrize("engine", ENGINES)
@pytest.mark.parametrize(
    "message",
    [
        {"content": None, "reasoning_content": chat()},
        {"content": "", "reasoning": "Let me see."},
        {"content": "<think>Let me see."},
    ],
)
def test_thoughts_that_use_up_the_token_limit_name_the_setting(
    monkeypatch: pytest.MonkeyPatch, message: dict[str, Any], engine: str
) -> None:
    got = asked(monkeypatch, {**message, "finish": "length"}, engine=engine)
    assert got.error is not None
    assert "TOOLGRAD_MAX_TOKENS" in str(got.error)
    assert (got.kinds, len(got.requests)) == ([("only_thinking", 1)], 1), "it would end the same way again"


@pytest.mark.parametrize(
    ("message", "kind", "words"),
    [
        ({"content": "I", "finish": "content_filter"}, "content_filter", "filter"),
        ({"content": None, "refusal": "I will not do that."}, "refused", "refused"),
        ({"content": "[[ ## reason ## ]]\nIt", "finish": "length"}, "cut", "TOOLGRAD_MAX_TOKENS"),
    ],
)
def test_how_an_answer_ended_is_said_as_such(
    monkeypatch: pytest.MonkeyPatch, message: dict[str, Any], kind: str, words: str
) -> None:
    got = asked(monkeypatch, message, message)
    assert got.error is not None
    assert (got.error.code, got.kinds) == ("unusable_answer", [(kind, 1), (kind, 2)])
    assert words in str(got.error)


@pytest.mark.parametrize(
    "text", ["[" * 800_000, '{"a":' * 160_000, chat("[{" * 400_000), " " * 800_000, "\\" * 800_000]
)
def test_an_endless_answer_costs_bounded_time(monkeypatch: pytest.MonkeyPatch, text: str) -> None:
    got = asked(monkeypatch, text)
    assert got.error is not None
    assert len(str(got.error)) < 500


BODIES = {
    "an error": WireAnswer(200, {"error": {"message": "overloaded", "code": "x"}}),
    "an error with a number": WireAnswer(200, {"error": {"message": "overloaded", "code": 502}}),
    "an error as text": WireAnswer(200, {"error": "overloaded"}),
    "an error beside an answer": WireAnswer(200, {**completion("x"), "error": {"message": "died", "code": 502}}),
    "no choices": WireAnswer(200, {**completion("x"), "choices": []}),
    "null choices": WireAnswer(200, {**completion("x"), "choices": None}),
    "another format": WireAnswer(200, {"detail": "no"}),
    "HTML": WireAnswer(200, "<html>502</html>", content_type="text/html"),
    "nothing": WireAnswer(200, ""),
}


@pytest.mark.parametrize("engine", ENGINES)
@pytest.mark.parametrize("kind", BODIES)
def test_a_body_without_an_answer_is_the_servers_error_and_tried_again(
    monkeypatch: pytest.MonkeyPatch, kind: str, engine: str
) -> None:
    monkeypatch.setattr(pauses, "FIRST_WAIT", 0.0)
    got = asked(monkeypatch, BODIES[kind], chat(), engine=engine, RETRIES="1")
    assert (got.calls, got.faults) == ([[CALL]], [])
    with pytest.raises(UnavailableError) as caught:
        asked(monkeypatch, *[BODIES[kind]] * 2, engine=engine)
    assert isinstance(caught.value.__cause__, ServerError)


def checked(monkeypatch: pytest.MonkeyPatch, answer: WireAnswer, engine: str, **settings: str) -> ModelError:
    async def main() -> ModelError:
        models = Models.from_environment()
        try:
            with pytest.raises(ModelError) as caught:
                await models.check(["proposer"])
        finally:
            await models.aclose()
        return caught.value

    with ModelServer("openai", trouble=Script([answer])) as server:
        use(monkeypatch, server, engine, **settings)
        return asyncio.run(main())


@pytest.mark.parametrize("engine", ENGINES)
def test_a_stream_that_nobody_asked_for_is_told_before_the_first_session(
    monkeypatch: pytest.MonkeyPatch, engine: str
) -> None:
    event = {
        **completion(""),
        "object": "chat.completion.chunk",
        "choices": [{"index": 0, "delta": {"content": "x"}}],
    }
    stream = f"data: {json.dumps(event)}\n\ndata: [DONE]\n\n"
    error = checked(monkeypatch, WireAnswer(200, stream, content_type="text/event-stream"), engine)
    assert error.code == "model_configuration"
    assert "\n" not in str(error)


REFUSED = (
    "Unsupported value: 'temperature' does not support 0.7 with this model. Only the default (1) value is supported."
)


@pytest.mark.parametrize("engine", ENGINES)
def test_a_temperature_that_the_model_refuses_is_told_before_the_first_session(
    monkeypatch: pytest.MonkeyPatch, engine: str
) -> None:
    body = {"error": {"message": REFUSED, "type": "invalid_request_error", "param": "temperature", "code": "x"}}
    error = checked(monkeypatch, WireAnswer(400, body), engine, TEMPERATURE="0.7")
    assert error.code == "model_configuration"
    assert "TOOLGRAD_TEMPERATURE" in str(error)


@pytest.mark.parametrize("setting", ["TEMPERATURE", "MAX_TOKENS"])
def test_what_openais_reasoning_models_refuse_is_told_when_they_are_built(
    monkeypatch: pytest.MonkeyPatch, setting: str
) -> None:
    monkeypatch.setenv("TOOLGRAD_MODEL", "openai/o3")
    monkeypatch.setenv(f"TOOLGRAD_{setting}", "0.7" if setting == "TEMPERATURE" else "100")
    with pytest.raises(UsageError) as caught:
        Models.from_environment().lm("judge")
    assert caught.value.code == "refused_by_model"
    assert f"TOOLGRAD_{setting}" in str(caught.value)


@pytest.mark.parametrize("engine", ENGINES)
def test_a_wait_given_as_a_date_is_kept(monkeypatch: pytest.MonkeyPatch, engine: str) -> None:
    async def main() -> float:
        models = Models.from_environment()
        request = Request(model="openai/anything", messages=(Message.user("Hello."),))
        try:
            with pytest.raises(LMError) as caught:
                await models.lm("proposer").acall(request)
        finally:
            await models.aclose()
        unavailable = caught.value.__cause__
        assert isinstance(unavailable, UnavailableError)
        return float(getattr(unavailable.__cause__, "retry_after", 0.0))

    until = (("retry-after", formatdate(time.time() + 3600, usegmt=True)),)
    with ModelServer("openai", trouble=Script([WireAnswer(429, {"error": {"message": "slow"}}, until)])) as server:
        use(monkeypatch, server, engine)
        assert 3000 < asyncio.run(main()) <= 3600
