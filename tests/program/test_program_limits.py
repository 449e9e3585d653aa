"""Limits where they bind: LM calls of a session, large tools, large results."""

import json
from inspect import Parameter, Signature
from typing import Any

import pytest

from tests.support.scripted_model import ScriptedModels, call, propose, repair, select, write
from tests.support.toys import functions, grow, notebook
from toolgrad_dspy.records import Session

TEA, RUM = (call("find_topic", word=word) for word in ("tea", "rum"))
QUERY = write("Look up tea and rum.")


def iterations(session: Session) -> list[tuple[str, ...]]:
    return [iteration.added for iteration in session.trace.iterations]


# LM calls of a session


@pytest.mark.parametrize(
    ("limit", "added", "asked"),
    [
        (4, [("s1",)], ["proposer", "selector", "updater"]),
        (5, [("s1",), ()], ["proposer", "selector", "proposer", "updater"]),
        (6, [("s1",), ("s2",)], ["proposer", "selector", "proposer", "selector", "updater"]),
        (7, [("s1",), ("s2",), ()], ["proposer", "selector", "proposer", "selector", "proposer", "updater"]),
        (None, [("s1",), ("s2",), ("s3",)], [*["proposer", "selector"] * 3, "updater"]),
    ],
)
def test_a_session_ends_with_what_it_has_when_its_calls_are_used_up(
    limit: int | None, added: list[tuple[str, ...]], asked: list[str]
) -> None:
    models = ScriptedModels(
        proposer=[propose([TEA]), propose([RUM]), propose([call("add_note", text="milk")])],
        selector=lambda prompt: select("p1", "c1"),
        updater=[write("Look up tea and rum, and note down milk.")],
    )
    session = grow(notebook(), models, iterations=3, max_calls=limit)
    assert session.status == "accepted", session.reason
    assert iterations(session) == added
    assert [role for role, _ in models.asked] == asked
    assert session.usage.lm_calls == len(asked)


def test_an_iteration_that_is_cut_short_says_so() -> None:
    models = ScriptedModels(proposer=[propose([TEA])], selector=[select("p1")], updater=[QUERY])
    session = grow(notebook(), models, iterations=3, max_calls=5)
    assert session.status == "accepted", session.reason
    assert session.trace.iterations[0].failures == ()
    (failure,) = session.trace.iterations[1].failures
    assert "3" in failure, "the calls that were made: two are kept for the texts"


def test_the_calls_that_are_kept_back_write_the_texts_and_rewrite_them_once() -> None:
    models = ScriptedModels(
        proposer=[propose([TEA])], selector=[select("p1")], updater=[write("Look something up."), QUERY]
    )
    session = grow(notebook(), models, iterations=1, max_calls=6)
    assert session.status == "accepted", session.reason
    assert [role for role, _ in models.asked] == ["proposer", "selector", "updater", "judge", "updater"]
    assert session.usage.lm_calls == 5


def test_calls_that_ask_again_count_and_nothing_is_made_beyond_the_limit() -> None:
    models = ScriptedModels(
        proposer=["nonsense", propose([TEA])], selector=["nonsense", "nonsense"], updater=["nonsense", QUERY]
    )
    session = grow(notebook(), models, iterations=5, max_calls=5)
    assert [role for role, _ in models.asked][:3] == ["proposer", "proposer", "selector"]
    assert session.status == "failed"
    assert session.usage.lm_calls == len(models.asked) == 3
    assert len(session.trace.iterations) == 1
    assert len(session.trace.iterations[0].failures) == 1


def test_texts_that_are_asked_for_again_and_again_end_in_a_rejected_sample() -> None:
    models = ScriptedModels(
        proposer=[propose([TEA])], selector=[select("p1")], updater=lambda prompt: write("Look something up.")
    )
    session = grow(notebook(), models, iterations=5, max_calls=4, update="each")
    assert session.usage.lm_calls == len(models.asked) <= 4
    assert session.status == "rejected"
    assert session.sample is not None
    assert session.trace.iterations[0].added == ("s1",)


@pytest.mark.parametrize("limit", [4, 5, 6, 8])
def test_repairs_stop_at_the_limit_and_the_reports_say_why(limit: int) -> None:
    numbers = iter(range(99))
    models = ScriptedModels(
        proposer=[propose(*[[call("read_note", note_id=f"no note {n}")] for n in range(3)])],
        executor=lambda prompt: repair(call("read_note", note_id=f"nothing {next(numbers)}")),
    )
    session = grow(notebook(), models, iterations=5, max_calls=limit, repairs=9)
    assert session.status == "failed"
    assert session.usage.lm_calls == len(models.asked) == limit - 2
    assert len(session.trace.iterations) == 1
    stopped = [report for report in session.trace.iterations[0].reports if report.reason.startswith("repair:")]
    assert stopped


@pytest.mark.parametrize("limit", [4, 5, 6, 7])
@pytest.mark.parametrize("mend", ["needed", "all"])
def test_no_session_of_the_rehearsal_model_makes_more_calls_than_it_may(limit: int, mend: str) -> None:
    for index in range(3):
        models = ScriptedModels()
        session = grow(notebook(), models, index=index, iterations=6, max_calls=limit, mend=mend, base="plain")
        assert session.usage.lm_calls == len(models.asked) <= limit


# Extremes


def bare() -> dict[str, str]:
    """Do what there is to do."""
    return {"title": "done"}


def wide(**values: int) -> dict[str, int]:
    """Add up."""
    return {"sum": sum(values.values())}


wide.__signature__ = Signature(  # type: ignore[attr-defined]
    [Parameter(f"p{number}", Parameter.KEYWORD_ONLY, default=0, annotation=int) for number in range(300)],
    return_annotation=dict[str, int],
)


def test_a_tool_without_parameters_and_one_with_300() -> None:
    models = ScriptedModels(
        proposer=[propose([call("bare")], [call("wide", p7=42)])],
        selector=[select("p2")],
        updater=[write("Add up 42.")],
    )
    session = grow(functions(bare, wide), models)
    assert session.status == "accepted", session.reason
    assert [report.outcome for report in session.trace.iterations[0].reports] == ["ok", "ok"]
    lines = {line.partition("(")[0]: line for line in models.prompts("proposer")[0].inputs["tools"].split("\n")}
    assert lines["bare"].startswith("bare()")
    assert len(lines["wide"]) < 600
    assert "…" in lines["wide"]


def huge() -> dict[str, Any]:
    """Give two megabytes."""
    return {"rows": [{"row_id": f"row_{number}", "note": "x" * 90} for number in range(20_000)], "title": "all"}


def open_row(row_id: str) -> dict[str, str]:
    """Open a row."""
    return {"title": f"row {row_id}"}


def test_a_result_of_two_megabytes_costs_prompts_little_and_is_stored_whole() -> None:
    models = ScriptedModels(
        proposer=[
            propose([call("huge")]),
            propose([call("open_row", row_id={"$from": "s1", "$path": "/rows/19999/row_id"})]),
        ],
        selector=[select("p1"), select("p1")],
        updater=[write("Open the last row for me, and the first row.", "Both rows are open.")],
    )
    session = grow(functions(huge, open_row), models, iterations=3, shown_chars=1200)
    assert session.status == "accepted", session.reason
    assert session.sample is not None
    assert len(session.sample.workflow.steps[0].observation.value["rows"]) == 20_000  # type: ignore[call-overload, index, arg-type]
    assert session.sample.workflow.steps[1].call.arguments == {"row_id": "row_19999"}
    for role, prompt in models.asked:
        assert len(prompt.text) < 12_000, role
    third = models.prompts("proposer")[2].inputs["workflow"].split("\n")[0]
    shown = json.loads(third)["result"]
    assert shown["rows"][0]["row_id"] == "row_0"
    assert len(third) < 500
