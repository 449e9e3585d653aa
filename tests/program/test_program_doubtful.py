"""Results that the rules leave in doubt: the judge decides, within the session's limits, if there is one."""

import asyncio
from typing import Any

import pytest

from tests.support.scripted_model import Answer, ScriptedModels, call, propose, select, write
from tests.support.toys import functions, growing
from toolgrad_dspy.errors import UnavailableError
from toolgrad_dspy.lm import REHEARSAL, ROLES, Models, ModelSettings
from toolgrad_dspy.lm.rehearsal.prompt import Prompt
from toolgrad_dspy.program.doubtful import JUDGED, ResultJudge
from toolgrad_dspy.records import Attempt, Observation, Session, Tool, ToolCall, Verdict
from toolgrad_dspy.tools.functions.source import FunctionSource
from toolgrad_dspy.tools.verdict import Context

FULL = "Fully booked for 19:00."
TOOL = Tool(
    name="find_table",
    source_name="find_table",
    description="Find a free table.",
    parameters={"type": "object", "properties": {"time": {"type": "string"}}},
    source="s",
    category="c",
)


def find_table(time: str) -> str:
    """Find a free table."""
    return FULL if time == "19:00" else f"Table 4 at {time}"


def grown(judge: list[Answer], *times: str, **settings: Any) -> tuple[Session, ScriptedModels]:
    """A session whose proposals call ``find_table`` once each, and what its models were asked."""
    models = ScriptedModels(
        judge=judge,
        proposer=[propose(*([call("find_table", time=time)] for time in times))],
        selector=[select("p1")],
        updater=[write("Is there a table at 19:00?", "It is fully booked.")],
    )
    settings = {"iterations": 1, "proposals": 3, "repairs": 0, **settings}
    return asyncio.run(growing([functions(find_table)], models, **settings)), models


def attempts(session: Session) -> list[Attempt]:
    return [attempt for report in session.trace.iterations[0].reports for attempt in report.attempts]


def verdict_of(models: Models, text: str, **more: Any) -> Verdict:
    seen, made = Observation(text=text, **more), ToolCall(tool=TOOL.name, arguments={"time": "19:00"})
    return asyncio.run(ResultJudge(models).verdict(TOOL, made, seen, Context(call=made), 1_000))


def asked(models: ScriptedModels) -> list[Prompt]:
    """The questions about results; the judge reads the query, too."""
    return [prompt for prompt in models.prompts("judge") if "failed" in prompt.outputs]


def ruling(failed: bool) -> Answer:
    return {"reason": "It says so.", "failed": failed}


def test_what_the_judge_calls_failed_has_failed_with_its_reason() -> None:
    session, models = grown([ruling(True)], "19:00")
    (attempt,) = attempts(session)
    assert attempt.verdict == Verdict(outcome="failed", rule=JUDGED, reason=f"{FULL} (It says so.)")
    (prompt,) = asked(models)
    assert "find_table" in prompt.text
    assert '"19:00"' in prompt.text
    assert FULL in prompt.text


def test_what_the_judge_calls_a_result_is_one() -> None:
    session, _ = grown([ruling(False)], "19:00")
    assert [attempt.verdict for attempt in attempts(session)] == [Verdict(outcome="ok", rule=JUDGED)]
    assert session.sample is not None


def test_only_doubtful_results_are_asked_about() -> None:
    session, models = grown([ruling(True)], "18:00", "19:00", "20:00")
    assert [attempt.verdict.outcome for attempt in attempts(session)] == ["ok", "failed", "ok"]
    assert len(asked(models)) == 1


@pytest.mark.parametrize("answer", ["no idea", {"reason": "x", "failed": "perhaps"}, ""])
def test_an_answer_that_cannot_be_used_twice_leaves_the_rules_verdict(answer: Answer) -> None:
    session, models = grown([answer, answer], "19:00")
    assert [attempt.verdict.rule for attempt in attempts(session)] == ["content"]
    assert len(asked(models)) == 2
    assert "judge" in {fault.role for fault in session.trace.faults}


def test_a_judge_whose_answer_cannot_be_used_leaves_the_rules_verdict() -> None:
    assert verdict_of(ScriptedModels(judge=["nonsense"] * 3), FULL).rule == "content"


def test_without_an_answer_of_the_judge_there_is_no_session() -> None:
    with pytest.raises(UnavailableError):
        verdict_of(ScriptedModels(judge=[TimeoutError("gone")] * 9), FULL)


def test_a_session_that_may_make_no_more_calls_asks_no_judge() -> None:
    # Of four calls two are kept back for the texts, and one went to the proposer.
    session, models = grown([ruling(False), ruling(True)], "19:00", "19:00 ", max_calls=4)
    assert len(asked(models)) <= 1
    assert session.usage.lm_calls <= 4


def test_the_rehearsal_model_is_never_the_judge_of_a_result() -> None:
    models = Models({role: ModelSettings(model=REHEARSAL) for role in ROLES})
    assert verdict_of(models, FULL).rule == "content"
    assert models.meter.calls == 0


def test_a_simulated_result_is_not_asked_about() -> None:
    models = ScriptedModels(judge=[ruling(True)])
    assert verdict_of(models, FULL, simulated=True).rule == "content"
    assert asked(models) == []


def test_what_the_tool_gave_before_is_in_view() -> None:
    def find(name: str) -> Any:
        """Find a person."""
        return {"name": name, "age": 30} if name != "Bob" else "This profile is not active"

    models = ScriptedModels(
        proposer=[propose([call("find", name="Ann"), call("find", name="Bob")])],
        selector=[select("p1")],
        updater=[write("How old is Ann?", "30")],
    )
    session = asyncio.run(growing([functions(find)], models, iterations=1, proposals=1, repairs=0))
    assert [attempt.verdict.rule for attempt in attempts(session)] == ["content", "nothing_to_read"]


def test_a_write_without_a_word_becomes_a_step() -> None:
    def forget(name: str) -> None:
        """Forget a person."""

    source = FunctionSource("people", lambda seed: [forget], isolation="session", writes=["forget"])
    models = ScriptedModels(
        proposer=[propose([call("forget", name="Ann")])],
        selector=[select("p1")],
        updater=[write("Forget Ann.", "Ann is forgotten.")],
    )
    session = asyncio.run(growing([source], models, iterations=1, proposals=1))
    (report,) = session.trace.iterations[0].reports
    assert report.outcome == "ok"
    assert report.attempts[0].verdict.rule == "void_write"
