"""Repeated beginnings of prompts: they stay the same to the byte, are marked, counted and priced."""

import asyncio
from typing import Literal

import dspy
import pytest
from dspy.lm15 import CacheConfig, Message, Request, Response, ServerError

from tests.support.engines import ENGINES
from tests.support.model_servers import ModelServer
from tests.support.scripted_model import ScriptedModels
from toolgrad_dspy.lm import Models
from toolgrad_dspy.lm.calls.prices import Price, Prices
from toolgrad_dspy.lm.engines.anthropic_cache import REMEMBERED, CacheMarks
from toolgrad_dspy.lm.engines.remote import Remote
from toolgrad_dspy.program import ProgramConfig, ToolGrad, draw, run_sessions
from toolgrad_dspy.records import Session
from toolgrad_dspy.tools.library import Library
from toolgrad_dspy.world import WorldSource

# All tools in every mini-batch: what is drawn anew in each iteration cannot be the same in all of them.
CONFIG = ProgramConfig(iterations=6, update="each", mini_batch=48, base="plain", mend="all")


async def sessions_of(models: Models, count: int, config: ProgramConfig = CONFIG) -> list[Session]:
    async with Library([WorldSource()]) as library:
        program = ToolGrad(library, models, config)
        program.proposer.predict.demos = [
            dspy.Example(
                tools="{}", workflow="(no steps yet)", lacking="all", progress="1", reason="so", proposals=[]
            )
        ]
        return await run_sessions(program, draw(0, count, 0, 0).train)


def prompts_of(models: ScriptedModels, role: str) -> list[Request]:
    return [request for asked, request in models.requests if asked == role]


@pytest.mark.parametrize("adapter", ["chat", "json"])
def test_within_a_session_the_prompts_of_a_role_begin_with_the_same_instructions_demonstrations_and_tools(
    adapter: Literal["chat", "json"],
) -> None:
    models = ScriptedModels(adapter=adapter)
    asyncio.run(sessions_of(models, 1))
    proposer = prompts_of(models, "proposer")
    assert len(proposer) == 6
    tools = proposer[0].messages[-1].text.split("\n\n[[ ## workflow ## ]]")[0]
    assert tools.startswith("[[ ## tools ## ]]\n")
    assert tools.count("\n") == 48
    assert {request.system for request in proposer} == {proposer[0].system}
    assert {request.messages[:-1] for request in proposer} == {proposer[0].messages[:-1]}
    assert len(proposer[0].messages) == 3
    assert all(request.messages[-1].text.startswith(tools) for request in proposer)
    for role in ("selector", "updater", "executor"):
        assert len(prompts_of(models, role)) > 1
        assert len({request.system for request in prompts_of(models, role)}) == 1


def test_sessions_show_the_tools_in_different_orders() -> None:
    models = ScriptedModels()
    asyncio.run(sessions_of(models, 8, ProgramConfig(iterations=1)))
    shown = [request.messages[-1].text for request in prompts_of(models, "proposer")]
    orders = {text.split("\n\n[[ ## workflow ## ]]")[0] for text in shown}
    assert len(orders) == 8


def test_a_re_ask_begins_like_the_question_it_repeats() -> None:
    models = ScriptedModels(proposer=["no answer in any format"])
    asyncio.run(sessions_of(models, 1, ProgramConfig(iterations=1)))
    first, again = prompts_of(models, "proposer")[:2]
    assert (again.system, again.messages[: len(first.messages)]) == (first.system, first.messages)
    assert [message.role for message in again.messages[len(first.messages) :]] == ["assistant", "user"]


# Marks

USER = "[[ ## tools ## ]]\n{tools}\n\n[[ ## workflow ## ]]\n{rest}"


def request(tools: str, rest: str, *, demonstrations: int = 0, system: str = "Do it.") -> Request:
    turns = [turn for n in range(demonstrations) for turn in (Message.user(f"{n}?"), Message.assistant(f"{n}!"))]
    return Request(
        model="claude", system=system, messages=(*turns, Message.user(USER.format(tools=tools, rest=rest)))
    )


def test_instructions_are_marked_at_once_and_a_first_field_when_it_comes_again() -> None:
    marks = CacheMarks()
    first = marks.marked(request("a\nb", "one"))
    assert first.messages == request("a\nb", "one").messages
    assert first.config.cache == CacheConfig(prefix="stable")
    second = marks.marked(request("a\nb", "two"))
    assert second.config.cache == CacheConfig(prefix_until_index=0)
    assert [m.text for m in second.messages] == ["[[ ## tools ## ]]\na\nb\n\n", "[[ ## workflow ## ]]\ntwo"]
    other = marks.marked(request("b\na", "two"))
    assert len(other.messages) == 1


def test_a_mark_stands_behind_the_demonstrations() -> None:
    marks = CacheMarks()
    assert marks.marked(request("a", "one", demonstrations=2)).config.cache == CacheConfig(prefix_until_index=3)
    again = marks.marked(request("a", "two", demonstrations=2))
    assert again.config.cache == CacheConfig(prefix_until_index=4)
    assert len(again.messages) == 6


def test_only_the_whole_beginning_counts_as_seen() -> None:
    marks = CacheMarks()
    marks.marked(request("a", "one"))
    assert len(marks.marked(request("a", "one", system="Do that.")).messages) == 1
    assert len(marks.marked(request("a", "one", demonstrations=1)).messages) == 3


def test_the_memory_of_beginnings_is_bounded() -> None:
    marks = CacheMarks()
    for number in range(REMEMBERED + 1):
        marks.marked(request(str(number), "one"))
    assert len(marks.marked(request("0", "one")).messages) == 1
    assert len(marks.marked(request(str(REMEMBERED), "one")).messages) == 2


def test_a_prompt_in_another_format_passes_with_its_instructions_marked() -> None:
    plain = Request(model="claude", system="Do it.", messages=(Message.user("Hello."),))
    marks = CacheMarks()
    for _ in range(2):
        assert marks.marked(plain).messages == plain.messages


class Mute:
    """An engine whose answer cannot be read."""

    async def complete(self, request: Request) -> Response:
        raise KeyError("choices")

    async def aclose(self) -> None: ...


class BrokenMarks(CacheMarks):
    def marked(self, request: Request) -> Request:
        raise KeyError("bug")


def test_a_bug_in_the_marks_is_not_taken_for_an_answer_that_cannot_be_read() -> None:
    for marks, error in ((CacheMarks(), ServerError), (BrokenMarks(), KeyError)):
        with pytest.raises(error):
            asyncio.run(Remote(Mute(), marks=marks).complete(request("a", "one")))


# Counted and priced


def test_cached_tokens_are_counted_as_input_and_priced_as_cached() -> None:
    price = Price(input=1.0, output=2.0, cached=0.1, written=1.25)
    assert price.of(100, 10, cached=60, written=20) == pytest.approx(20 + 6 + 25 + 20)
    assert Price(1.0, 2.0).of(100, 10, cached=60, written=20) == pytest.approx(120)
    listed = Prices().of("anthropic/claude-sonnet-4-5")
    assert listed is not None
    assert listed.cached == pytest.approx(listed.input / 10)
    assert listed.written == pytest.approx(listed.input * 1.25)


def test_sessions_on_anthropics_wire_read_most_of_their_input_from_the_cache(monkeypatch: pytest.MonkeyPatch) -> None:
    embedded = asyncio.run(sessions_of(Models.from_environment(), 3))
    with ModelServer("anthropic") as server:
        for name, value in {"MODEL": server.model, "API_BASE": server.url, "API_KEY": "any"}.items():
            monkeypatch.setenv(f"TOOLGRAD_{name}", value)
        models = Models.from_environment()

        async def run() -> list[Session]:
            try:
                return await sessions_of(models, 3)
            finally:
                await models.aclose()

        served = asyncio.run(run())
    assert [session.sample for session in served] == [session.sample for session in embedded]
    assert server.stats.refused == {}
    (count,) = server.stats.models.values()
    used = models.meter.roles()
    assert sum(role.input_tokens for role in used.values()) == count.input_tokens
    assert sum(role.cached_tokens for role in used.values()) == count.cached_tokens
    price = Prices().of(server.model)
    assert price is not None
    assert price.cached is not None
    assert price.written is not None
    plain = count.input_tokens - count.cached_tokens - count.written_tokens
    usd = plain * price.input + count.cached_tokens * price.cached + count.written_tokens * price.written
    assert sum(role.usd for role in used.values()) == pytest.approx(usd + count.output_tokens * price.output)
    # Six prompts per session: the first one has no cached tools, the second one writes them, the others read them.
    proposer = used["proposer"]
    assert 0.5 < proposer.cached_tokens / proposer.input_tokens < 0.7
    assert all(session.usage.roles["proposer"].cached_tokens for session in served)


@pytest.mark.parametrize("engine", ENGINES)
@pytest.mark.parametrize("format", ["openai", "gemini", "anthropic"])
def test_tokens_from_a_cache_are_counted_through_either_engine(
    monkeypatch: pytest.MonkeyPatch, format: str, engine: str
) -> None:
    with ModelServer(format) as server:
        values = {"MODEL": server.model, "API_BASE": server.url_for(engine), "API_KEY": "any", "ENGINE": engine}
        for name, value in values.items():
            monkeypatch.setenv(f"TOOLGRAD_{name}", value)
        models = Models.from_environment()

        async def ask_twice() -> None:
            for word in ("one", "two"):
                system, message = "Be brief, be kind, be exact. " * 40, Message.user(f"Say {word}.")
                await models.lm("judge").acall(Request(model=server.model, messages=(message,), system=system))
            await models.aclose()

        asyncio.run(ask_twice())
    (count,) = server.stats.models.values()
    used = models.meter.roles()["judge"]
    assert (used.calls, used.input_tokens, used.cached_tokens) == (2, count.input_tokens, count.cached_tokens)
    # Anthropic caches what is marked, and only the native engine marks; the other providers cache by themselves.
    marked = (format, engine) != ("anthropic", "litellm")
    assert (count.cached_tokens > 200) == marked
