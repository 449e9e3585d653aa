"""The worked examples that stand before a judge's question."""

import asyncio
import json

import pytest

from tests.support.judged import SAMPLE, TOOLS, scripted
from tests.support.open_world import library
from tests.support.sessions import sample
from toolgrad_dspy.judging import Judge
from toolgrad_dspy.judging.examples import EXAMPLES, examples_of
from toolgrad_dspy.judging.judge import prompt_digest
from toolgrad_dspy.judging.prompts import GROUPS, SIGNATURES
from toolgrad_dspy.lm.adapter import ADAPTERS
from toolgrad_dspy.records import JudgeGroup
from toolgrad_dspy.tools import Library

__all__ = ["library"]


@pytest.mark.parametrize("group", GROUPS)
@pytest.mark.parametrize("adapter", ["chat", "json"])
def test_each_answer_is_one_that_the_judge_may_give(group: JudgeGroup, adapter: str) -> None:
    signature = SIGNATURES[group]
    for example in examples_of(group):
        assert set(example) == set(signature.fields)
        fields = {name: example[name] for name in signature.output_fields}
        chat = "".join(f"[[ ## {name} ## ]]\n{json.dumps(value)}\n\n" for name, value in fields.items())
        answered = chat if adapter == "chat" else json.dumps(fields)
        assert set(ADAPTERS[adapter].parse(signature, answered)) == set(fields)  # type: ignore[index]


def test_the_first_of_two_holds_and_the_second_fails_in_every_question() -> None:
    for fields, sound in zip(examples_of("instruction"), (True, False), strict=True):
        assert all(value["value"] != "#missing" for value in fields["extracted"]) is sound
        assert all(pair["follows"] for pair in fields["pairs"]) is fields["solvability"]["holds"] is sound
    for fields, sound in zip(examples_of("calls"), (True, False), strict=True):
        assert fields["sufficiency"]["holds"] is fields["minimality"]["holds"] is sound
    scores = [[request["score"] for request in fields["requests"]] for fields in examples_of("quality")]
    assert [min(scored) for scored in scores] == [100, 0]


@pytest.mark.parametrize("group", GROUPS)
def test_every_answer_answers_its_own_question(group: JudgeGroup) -> None:
    """An example that leaves a blank out would teach judges to."""
    for fields in examples_of(group):
        for asked, answered, key in (("blanks", "extracted", "blank"), ("sentences", "pairs", "pair")):
            if asked in fields:
                numbers = [json.loads(shown)[key] for shown in fields[asked].split("\n")]
                assert [answer[key] for answer in fields[answered]] == numbers


@pytest.mark.parametrize("adapter", ["chat", "json"])
def test_they_stand_before_the_question_and_are_the_same_in_every_prompt(adapter: str) -> None:
    models = scripted(adapter)
    judge = Judge(models, votes=3)
    for query in (SAMPLE.query, "Something else."):
        of = sample(*SAMPLE.workflow.steps, query=query, response=SAMPLE.response)
        asyncio.run(judge.judge(of, TOOLS))
    begun: dict[str, set[object]] = {}
    for (_, prompt), (_, request) in zip(models.asked, models.requests, strict=True):
        begun.setdefault(next(iter(prompt.outputs)), set()).add((request.system, request.messages[:-1]))
        assert len(prompt.demonstrations) == 2
        assert json.loads(prompt.inputs["query"]) in (SAMPLE.query, "Something else.")
    assert {group: len(beginnings) for group, beginnings in begun.items()} == {
        "requests": 1,
        "extracted": 1,
        "sufficiency": 1,
    }


def test_they_are_short() -> None:
    """At four characters a token: what a judge costs more, before caches."""
    for group in GROUPS:
        assert sum(len(json.dumps(fields)) for fields in examples_of(group)) < 4 * 1000


def test_a_digest_of_a_prompt_is_one_of_its_examples_too(monkeypatch: pytest.MonkeyPatch) -> None:
    before = {group: prompt_digest(group) for group in GROUPS}
    prompt_digest.cache_clear()
    monkeypatch.setattr("toolgrad_dspy.judging.judge.examples_of", lambda group: [])
    assert all(prompt_digest(group) != before[group] for group in GROUPS)
    prompt_digest.cache_clear()


def test_no_tool_of_the_bundled_world_is_among_them(library: Library) -> None:
    """Else judges of its samples would have seen what they judge."""
    known = json.dumps([example.toDict() for examples in EXAMPLES.values() for example in examples])
    assert [tool.name for tool in library.tools if tool.name in known] == []
