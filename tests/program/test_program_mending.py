"""When a model is asked to mend calls, what it is shown, and what becomes of its answers."""

import json
import time
from collections import Counter
from collections.abc import Callable
from typing import Any

import pytest

from tests.support.scripted_model import ScriptedModels, call, propose, reference, repair, select, write
from tests.support.toys import functions, grow, notebook
from toolgrad_dspy.lm.rehearsal.prompt import Prompt
from toolgrad_dspy.records import Report, Session
from toolgrad_dspy.tools import FunctionSource

BAD, WORSE, WORST = (call("read_note", note_id=f"no {word}") for word in ("tea", "rum", "milk"))
TEA, RUM = (call("find_topic", word=word) for word in ("tea", "rum"))


def reports(session: Session) -> tuple[Report, ...]:
    return session.trace.iterations[0].reports


def mended_calls(models: ScriptedModels) -> list[str]:
    """The instruction of each repair that was asked for."""
    return [prompt.inputs["instruction"] for prompt in models.prompts("executor")]


# Whether a model is asked


def test_no_model_is_asked_to_mend_when_one_proposal_ran_well() -> None:
    models = ScriptedModels(proposer=[propose([BAD], [TEA], [WORSE])], selector=[select("none")])
    session = grow(notebook(), models)
    assert models.prompts("executor") == []
    assert "executor" not in session.usage.roles
    assert [report.outcome for report in reports(session)] == ["failed", "ok", "failed"]


def test_one_proposal_after_the_other_is_mended_until_one_gives_a_result() -> None:
    answers = [repair(), repair(TEA)]
    models = ScriptedModels(
        proposer=[propose([BAD], [WORSE], [WORST])],
        executor=list(answers),
        selector=[select("p2")],
        updater=[write("Look up tea.")],
    )
    session = grow(notebook(), models)
    assert session.status == "accepted", session.reason
    assert len(mended_calls(models)) == session.usage.roles["executor"].calls == 2
    assert [report.outcome for report in reports(session)] == ["failed", "ok", "failed"]


def test_all_proposals_that_failed_are_mended_where_that_is_set() -> None:
    models = ScriptedModels(
        proposer=[propose([BAD], [TEA], [WORSE])],
        executor=lambda prompt: repair(RUM if "rum" in prompt.inputs["attempts"] else call("list_notes")),
        selector=[select("none")],
    )
    session = grow(notebook(), models, mend="all")
    assert [report.outcome for report in reports(session)] == ["empty", "ok", "ok"]
    # The first one's result is empty, so that it is mended once more.
    assert len(mended_calls(models)) == 3


def test_what_was_wrong_with_answers_is_told_by_proposal_and_not_by_who_was_first() -> None:
    def wait_and_fail(word: str) -> dict[str, str]:
        """Takes its time."""
        time.sleep(0.2)
        raise ValueError("no")

    def fail(word: str) -> dict[str, str]:
        """Fails at once."""
        raise ValueError("no")

    def executor(prompt: Prompt) -> dict[str, Any] | str:
        first = "wait_and_fail" in prompt.inputs["attempts"]
        if first and "a2" not in prompt.inputs["attempts"]:
            return repair(call("wait_and_fail", word="again"))
        return f"This is {'the first' if first else 'the second'} one's answer."

    models = ScriptedModels(
        proposer=[propose([call("wait_and_fail", word="tea")], [call("fail", word="rum")])], executor=executor
    )
    session = grow(functions(wait_and_fail, fail), models, mend="all", repairs=2)
    told = [fault.text for fault in session.trace.faults if fault.role == "executor"]
    assert ["first" in text for text in told] == [True, True, False, False], told


@pytest.mark.parametrize("mend", ["needed", "all"])
def test_without_repairs_nothing_is_mended(mend: str) -> None:
    models = ScriptedModels(proposer=[propose([BAD], [WORSE])])
    session = grow(notebook(), models, repairs=0, mend=mend)
    assert models.prompts("executor") == []
    assert [report.outcome for report in reports(session)] == ["failed", "failed"]


# Empty results


def test_an_empty_result_is_mended() -> None:
    models = ScriptedModels(
        proposer=[propose([call("list_notes")])],
        executor=[repair(TEA)],
        selector=[select("p1")],
        updater=[write("Look up tea.")],
    )
    session = grow(notebook(), models)
    assert session.status == "accepted", session.reason
    assert [step.call.tool for step in steps(session)] == ["find_topic"]
    assert [attempt.kept for attempt in reports(session)[0].attempts] == [False, True]


def steps(session: Session) -> Any:
    assert session.sample is not None
    return session.sample.workflow.steps


@pytest.mark.parametrize("answer", [repair(), repair(BAD), "no", repair(call("list_notes"))])
def test_an_empty_result_is_kept_when_it_cannot_be_mended(answer: Any) -> None:
    models = ScriptedModels(
        proposer=[propose([call("list_notes")])],
        executor=lambda prompt: answer,
        selector=[select("p1")],
        updater=[write("Show me all notes.")],
    )
    session = grow(notebook(), models)
    assert session.status == "accepted", session.reason
    (report,) = reports(session)
    assert report.outcome == "empty"
    assert [step.call.tool for step in steps(session)] == ["list_notes"]


# What a repair may refer to


def test_a_repair_refers_to_its_own_calls_to_earlier_attempts_and_to_steps() -> None:
    seen: list[Any] = []

    def find(word: str) -> dict[str, str]:
        """Find a word."""
        return {"title": f"about {word}"}

    def compare(left: str, middle: str, right: str) -> dict[str, str]:
        """Compare three titles."""
        seen.append([left, middle, right])
        if not left.startswith("about"):
            raise ValueError("no title")
        return {"title": f"{left}, {middle}, {right}"}

    nonsense = dict.fromkeys(("left", "middle", "right"), "nonsense")
    models = ScriptedModels(
        proposer=[
            propose([call("find", word="tea")]),
            propose([call("find", word="rum"), call("compare", **nonsense)]),
        ],
        executor=[
            repair(
                call("find", word="milk"),
                call(
                    "compare",
                    left=reference("#1", "/title"),
                    middle=reference("a1", "/title"),
                    right=reference("s1", "/title"),
                ),
            )
        ],
        selector=[select("p1"), select("p1")],
        updater=[write("Compare what you find about tea, rum and milk.")],
    )
    session = grow(functions(find, compare), models, iterations=2, mend="all")
    assert session.status == "accepted", session.reason
    assert seen[1] == ["about milk", "about rum", "about tea"]
    assert [step.call.tool for step in steps(session)] == ["find", "find", "find", "compare"]
    assert steps(session)[3].depends_on == {"s1", "s2", "s3"}


# Answers that mend nothing


@pytest.mark.parametrize(
    "again",
    [
        repair(BAD),
        repair(TEA, BAD),
        repair({"tool": "functions.read_note", "arguments": json.dumps(BAD["arguments"])}),
    ],
    ids=["alone", "after a look-up", "spelt otherwise"],
)
def test_a_repair_that_repeats_a_call_that_failed_ends_the_mending(again: dict[str, Any]) -> None:
    log: list[str] = []
    models = ScriptedModels(proposer=[propose([BAD])], executor=lambda prompt: again)
    session = grow(notebook(log), models, repairs=5)
    assert len(models.prompts("executor")) == 1
    assert log.count("read_note") == 1
    assert reports(session)[0].attempts[-1].verdict.rule == "repeated"
    assert reports(session)[0].outcome == "failed"


def test_a_repair_that_fails_otherwise_is_read_by_the_next_one_and_the_draft_is_not_run_again() -> None:
    log: list[str] = []
    models = ScriptedModels(
        proposer=[propose([BAD, TEA])],
        executor=[repair(WORSE), repair(WORST), repair(RUM)],
        selector=[select("p1")],
        updater=[write("Look up rum and tea.")],
    )
    session = grow(notebook(log), models, repairs=3)
    assert session.status == "accepted", session.reason
    shown = [prompt.inputs["attempts"].count("\n") + 1 for prompt in models.prompts("executor")]
    assert shown == [1, 2, 3]
    assert Counter(log) == {"read_note": 3, "find_topic": 4}, "the two of the sample, and once more in its replay"
    assert [attempt.turn for attempt in reports(session)[0].attempts] == [0, 1, 2, 3, 3]


def test_a_repair_with_an_unknown_tool_fails_as_an_attempt_that_the_next_one_reads() -> None:
    models = ScriptedModels(
        proposer=[propose([BAD])],
        executor=[repair(call("launch_rocket")), repair(TEA)],
        selector=[select("p1")],
        updater=[write("Look up tea.")],
    )
    session = grow(notebook(), models)
    assert session.status == "accepted", session.reason
    assert reports(session)[0].attempts[1].verdict.rule == "unknown_tool"
    assert "launch_rocket" in models.prompts("executor")[1].inputs["attempts"]


def test_a_repair_with_a_call_that_cannot_be_read_makes_the_others() -> None:
    models = ScriptedModels(
        proposer=[propose([BAD])],
        executor=[{"calls": [{"tool": "find_topic", "arguments": [1]}, TEA]}],
        selector=[select("p1")],
        updater=[write("Look up tea.")],
    )
    session = grow(notebook(), models)
    assert session.status == "accepted", session.reason
    assert [step.call.arguments for step in steps(session)] == [TEA["arguments"]]


# What a repair is shown


def test_a_repair_is_shown_the_tools_under_repair_as_json_first_and_the_others_in_a_line_each() -> None:
    models = ScriptedModels(proposer=[propose([BAD, call("list_notes")])], executor=[repair()])
    grow(notebook(), models, mini_batch=50)
    (prompt,) = models.prompts("executor")
    own, others = _split(prompt)
    assert {tool["name"] for tool in own} == {"read_note", "list_notes"}
    assert all("parameters" in tool for tool in own)
    assert {line.partition("(")[0] for line in others} == {"add_note", "clumsy_add", "find_topic"}


def _split(prompt: Prompt) -> tuple[list[dict[str, Any]], list[str]]:
    lines = prompt.inputs["tools"].split("\n")
    own = [json.loads(line) for line in lines if line.startswith("{")]
    return own, lines[len(own) :]


def test_a_proposal_that_broke_after_a_result_counts_as_one_where_mending_is_as_needed() -> None:
    models = ScriptedModels(
        proposer=[propose([TEA, BAD], [WORSE])], executor=[repair(RUM)], selector=[select("none")]
    )
    session = grow(notebook(), models)
    assert models.prompts("executor") == []
    assert [report.outcome for report in reports(session)] == ["ok", "failed"]
    assert "no tea" in reports(session)[0].reason


# What a report keeps


def test_a_read_that_found_nothing_is_left_out_beside_one_that_found_something() -> None:
    models = ScriptedModels(
        proposer=[propose([call("list_notes"), TEA])], selector=[select("p1")], updater=[write("Look up tea.")]
    )
    session = grow(notebook(), models)
    assert session.status == "accepted", session.reason
    assert [step.call.tool for step in steps(session)] == ["find_topic"]


def test_a_write_is_kept_though_it_says_nothing() -> None:
    def make(seed: int) -> list[Callable[..., Any]]:
        notes: list[str] = []

        def put(text: str) -> list[str]:
            """Write a note."""
            notes.append(text)
            return []

        def read_all() -> dict[str, Any]:
            """Read all notes."""
            return {"title": "notes", "texts": list(notes)}

        return [put, read_all]

    source = FunctionSource("notes", make, isolation="session", writes=["put"])
    models = ScriptedModels(
        proposer=[propose([call("put", text="milk"), call("read_all")])],
        selector=[select("p1")],
        updater=[write("Note down milk and show me all notes.")],
    )
    session = grow(source, models)
    assert session.status == "accepted", session.reason
    assert [step.call.tool for step in steps(session)] == ["put", "read_all"]
