"""The loop: what becomes of proposals, selections and unusable answers."""

import asyncio
import json
import threading
from typing import Any

import pytest
from dspy.lm15 import AuthError, RateLimitError, ServerError
from dspy.lm15 import TimeoutError as LMTimeout

from tests.support.scripted_model import (
    Answer,
    ScriptedModels,
    call,
    chat,
    propose,
    reference,
    repair,
    select,
    write,
)
from tests.support.toys import functions, grow, growing, notebook
from toolgrad_dspy.concurrency import run_on_loop_thread
from toolgrad_dspy.errors import ModelError, UnavailableError
from toolgrad_dspy.lm.adapter import lean
from toolgrad_dspy.lm.rehearsal.prompt import Prompt
from toolgrad_dspy.program import ProgramConfig, ToolGrad, run_session
from toolgrad_dspy.program.state import NOTHING_YET
from toolgrad_dspy.records import Report, Sample, Session, Step
from toolgrad_dspy.tools.library import Library

UNUSABLE = "unusable answer, twice"
"""The part before the colon of a failure that says a model's answer could not be read, nor could the second one."""


def sample(session: Session) -> Sample:
    assert session.sample is not None
    return session.sample


def steps(session: Session) -> tuple[Step, ...]:
    return sample(session).workflow.steps


def kind_of(failure: str) -> str:
    return failure.partition(":")[0]


def only_report(session: Session) -> Report:
    (report,) = session.trace.iterations[0].reports
    return report


def stored(session: Session) -> str:
    return sample(session).model_dump_json()


def tools_used(session: Session) -> list[str]:
    return [step.call.tool for step in steps(session)]


# Chains


def test_a_report_is_put_on_the_chain_its_arguments_come_from_and_the_trace_says_so() -> None:
    models = ScriptedModels(
        proposer=[
            propose([call("add_note", text="milk")]),
            propose([call("read_note", note_id=reference("s1", "/note_id"))]),
        ],
        selector=[select("p1"), select("p1", "new")],
        updater=[write("Note down milk and read it back to me.")],
    )
    session = grow(notebook(), models, iterations=2)
    assert session.status == "accepted", session.reason
    assert [[step.id for step in chain.steps] for chain in sample(session).workflow.chains] == [["s1", "s2"]]
    selection = session.trace.iterations[1].selection
    assert selection is not None
    assert selection.chain == "c1"
    assert "new" in selection.note
    assert "c1" in selection.note


def test_a_literal_copied_from_a_result_counts_as_a_dependency() -> None:
    models = ScriptedModels(
        proposer=[propose([call("add_note", text="milk")]), propose([call("read_note", note_id="note_1001")])],
        selector=[select("p1"), select("p1", "new")],
        updater=[write("Note down milk and read it back to me.")],
    )
    session = grow(notebook(), models, iterations=2)
    assert session.status == "accepted", session.reason
    (origin,) = steps(session)[1].origins
    assert (origin.kind, origin.step, origin.path, origin.match) == ("result", "s1", "/note_id", "literal")
    selection = session.trace.iterations[1].selection
    assert selection is not None
    assert selection.chain == "c1"


def test_a_report_that_uses_two_chains_joins_them_in_the_order_the_calls_ran() -> None:
    def compare(first: str, second: str) -> dict[str, str]:
        """Compare two topics."""
        return {"verdict": f"{first} and {second} differ"}

    def find_topic(word: str) -> dict[str, str]:
        """Find a topic."""
        return {"topic_id": f"topic_{word}"}

    models = ScriptedModels(
        proposer=[
            propose([call("find_topic", word="tea")]),
            propose([call("find_topic", word="coffee")]),
            propose([call("find_topic", word="juice")]),
            propose([call("compare", first=reference("s1", "/topic_id"), second=reference("s3", "/topic_id"))]),
        ],
        selector=[select("p1"), select("p1"), select("p1"), select("p1", "c3")],
        updater=[write("Look up tea, coffee and juice, and compare tea to juice.")],
    )
    session = grow(functions(compare, find_topic), models, iterations=4)
    assert session.status == "accepted", session.reason
    chains = {chain.id: [step.id for step in chain.steps] for chain in sample(session).workflow.chains}
    assert chains == {"c2": ["s2"], "c3": ["s1", "s3", "s4"]}
    assert [step.id for step in steps(session)] == ["s1", "s2", "s3", "s4"]
    assert sample(session).workflow.chain_of("s1") == "c3"


@pytest.mark.parametrize(("chains", "ids"), [(1, ["c1"]), (2, ["c1", "c2"]), (3, ["c1", "c2", "c3"])])
def test_no_chain_is_started_beyond_the_limit(chains: int, ids: list[str]) -> None:
    words = ("tea", "rum", "milk")
    models = ScriptedModels(
        proposer=[propose([call("find_topic", word=word)]) for word in words],
        selector=[select("p1", "new") for _ in words],
        updater=[write("Look up tea, rum and milk.")],
    )
    session = grow(notebook(), models, iterations=3, chains=chains)
    assert session.status == "accepted", session.reason
    assert [chain.id for chain in sample(session).workflow.chains] == ids
    assert len(steps(session)) == 3
    offered = [prompt.inputs["progress"].partition("chains: ")[2] for prompt in models.prompts("selector")]
    assert ["new" in choices for choices in offered] == [number < chains for number in range(3)]


# Execution


def test_a_draft_is_repaired_only_when_it_fails() -> None:
    models = ScriptedModels(
        proposer=[propose([call("find_topic", word="tea")])], selector=[select("p1")], updater=[write("Look up tea.")]
    )
    session = grow(notebook(), models)
    assert session.status == "accepted", session.reason
    assert models.prompts("executor") == []
    assert {role: usage.calls for role, usage in session.usage.roles.items()} == {
        "proposer": 1,
        "selector": 1,
        "updater": 1,
    }


@pytest.mark.parametrize("repairs", [0, 1, 3])
def test_a_proposal_is_repaired_at_most_as_often_as_allowed(repairs: int) -> None:
    wrong = iter(f"note_{number}" for number in range(10))
    models = ScriptedModels(
        proposer=[propose([call("read_note", note_id="note_x"), call("read_note", note_id="note_y")])],
        executor=lambda prompt: repair(call("read_note", note_id=next(wrong))),
    )
    session = grow(notebook(), models, repairs=repairs)
    report = only_report(session)
    assert len(models.prompts("executor")) == repairs
    assert [attempt.turn for attempt in report.attempts] == list(range(repairs + 1))
    assert report.outcome == "failed"
    assert session.status == "failed"


def test_a_repair_turn_reads_what_was_tried_and_how_it_failed() -> None:
    models = ScriptedModels(
        proposer=[propose([call("read_note", note_id="note_9")])], executor=[repair()], selector=[select("none")]
    )
    grow(notebook(), models)
    (prompt,) = models.prompts("executor")
    tried = json.loads(prompt.inputs["attempts"])
    assert tried["arguments"] == {"note_id": "note_9"}
    assert "note_9" in tried["error"]


def test_a_look_up_made_in_a_repair_turn_is_kept_when_the_mended_call_needs_it() -> None:
    models = ScriptedModels(
        proposer=[
            propose([call("read_note", note_id="nonsense"), call("list_notes"), call("add_note", text="milk")])
        ],
        executor=[repair(call("add_note", text="eggs"), call("read_note", note_id=reference("#1", "/note_id")))],
        selector=[select("p1")],
        updater=[write("Note down eggs and milk, and show me what is there in between.")],
    )
    session = grow(notebook(), models)
    assert session.status == "accepted", session.reason
    assert tools_used(session) == ["add_note", "read_note", "list_notes", "add_note"]
    (origin,) = steps(session)[1].origins
    assert (origin.kind, origin.step, origin.path) == ("result", "s1", "/note_id")


def test_a_look_up_that_nothing_uses_is_not_kept() -> None:
    models = ScriptedModels(
        proposer=[propose([call("read_note", note_id="nonsense"), call("find_topic", word="tea")])],
        executor=[repair(call("find_topic", word="milk"), call("find_topic", word="coffee"))],
        selector=[select("p1")],
        updater=[write("Look up coffee and tea.")],
    )
    session = grow(notebook(), models)
    assert session.status == "accepted", session.reason
    assert [step.call.arguments["word"] for step in steps(session)] == ["coffee", "tea"]
    assert [attempt.kept for attempt in only_report(session).attempts] == [False, False, True, True]


def test_what_ran_of_a_proposal_before_it_broke_can_still_be_taken() -> None:
    models = ScriptedModels(
        proposer=[propose([call("find_topic", word="tea"), call("read_note", note_id="none")])],
        executor=[repair()],
        selector=[select("p1")],
        updater=[write("Look up tea.")],
    )
    session = grow(notebook(), models)
    assert session.status == "accepted", session.reason
    assert tools_used(session) == ["find_topic"]
    assert kind_of(only_report(session).reason) == "read_note"


def test_a_repair_that_cannot_be_parsed_ends_the_proposal_with_its_reason() -> None:
    models = ScriptedModels(
        proposer=[propose([call("read_note", note_id="none")], [call("find_topic", word="tea")])],
        executor=["no", "still no"],
        selector=[select("p2")],
        updater=[write("Look up tea.")],
    )
    session = grow(notebook(), models, mend="all")
    assert session.status == "accepted", session.reason
    failed = session.trace.iterations[0].reports[0]
    assert failed.outcome == "failed"
    assert kind_of(failed.reason) == "repair"
    assert UNUSABLE in failed.reason
    assert "calls" in failed.reason  # the field that the answer lacks


@pytest.mark.parametrize(
    ("arguments", "rule", "named"),
    [
        ({"note_id": reference("s9", "/note_id")}, "reference", "'s9'"),
        ({"note_id": reference("#²", "/note_id")}, "reference", "'#²'"),
        ({"note_id": reference("#" + "9" * 5000)}, "reference", "#999"),
        ({"note_id": reference("#2", "/note_id")}, "reference", "'#2'"),
        ({"note_id": reference("#1", "/topics/0")}, "reference", "/topics"),
        ({"note_id": reference("#1", "topic_ids")}, "reference", "'topic_ids'"),
        ({"note_id": {"$from": 1, "$path": ["x"]}}, "reference", "$from"),
        (reference("#1", "/topic_id"), "reference", "topic_103"),
        ({"note_id": "x" * 1_000_000, "more": 1}, "arguments", "'more'"),
        ({"note_id": json.loads("[" * 30 + "]" * 30)}, "arguments", "/note_id"),
        ({}, "arguments", "'note_id'"),
    ],
)
def test_a_call_that_cannot_be_made_is_a_failed_attempt_that_says_why(
    arguments: dict[str, Any], rule: str, named: str
) -> None:
    drafts = [call("find_topic", word="tea"), {"tool": "read_note", "arguments": arguments}]
    models = ScriptedModels(
        proposer=[propose(drafts)], executor=[repair()], selector=[select("p1")], updater=[write("Look up tea.")]
    )
    session = grow(notebook(), models)
    assert session.status == "accepted", session.reason
    attempt = only_report(session).attempts[1]
    assert attempt.observation is None
    assert attempt.verdict.rule == rule
    assert named in attempt.verdict.reason
    assert len(attempt.verdict.reason) < 10_000, "a reason goes into the next prompt"
    assert session.usage.tool_calls == 1


def test_arguments_may_be_one_reference_to_an_object() -> None:
    def settings() -> dict[str, Any]:
        """Give the usual settings."""
        return {"usual": {"word": "harbour lights"}}

    def look_up(word: str) -> dict[str, str]:
        """Look a word up."""
        return {"meaning": f"what {word} means"}

    models = ScriptedModels(
        proposer=[propose([call("settings"), {"tool": "look_up", "arguments": reference("#1", "/usual")}])],
        selector=[select("p1")],
        updater=[write("Look up what I usually look up.")],
    )
    session = grow(functions(settings, look_up), models)
    assert session.status == "accepted", session.reason
    (origin,) = steps(session)[1].origins
    assert (origin.pointer, origin.step, origin.path) == ("/word", "s1", "/usual/word")


# Answers


def test_an_unusable_answer_is_asked_for_once_more_with_what_was_wrong() -> None:
    models = ScriptedModels(
        proposer=["I would look up tea.", propose([call("find_topic", word="tea")])],
        selector=[chat(reason="because", chain="new", lacking="x"), select("p1")],
        updater=[chat(query="Look up tea."), write("Look up tea.")],
    )
    session = grow(notebook(), models)
    assert session.status == "accepted", session.reason
    for role, named in (("proposer", "proposals"), ("selector", "report"), ("updater", "response")):
        (first, again) = (request for asked, request in models.requests if asked == role)
        assert again.messages[: len(first.messages)] == first.messages, "the task stays in front"
        faulty, complaint = again.messages[len(first.messages) :]
        assert (faulty.role, complaint.role) == ("assistant", "user")
        assert named in complaint.text
        assert first.system == again.system


def test_an_answer_that_is_unusable_twice_is_a_failed_step_and_the_loop_goes_on() -> None:
    models = ScriptedModels(
        proposer=["", "", propose([call("find_topic", word="tea")])],
        selector=[select("p1")],
        updater=[write("Look up tea.")],
    )
    session = grow(notebook(), models, iterations=2)
    assert session.status == "accepted", session.reason
    (failure,) = session.trace.iterations[0].failures
    assert kind_of(failure) == UNUSABLE
    assert len(models.prompts("proposer")) == 3
    assert [iteration.added for iteration in session.trace.iterations] == [(), ("s1",)]


def test_a_tool_that_is_not_in_the_mini_batch_is_not_called() -> None:
    answer = propose([call("launch_rocket", target="moon")])
    models = ScriptedModels(proposer=[answer, answer])
    session = grow(notebook(), models)
    assert session.status == "failed"
    assert session.reason_key == "no step was accepted in 1 iterations; last failure"
    assert "launch_rocket" in session.reason
    assert session.sample is None
    assert session.usage.tool_calls == 0
    assert len(models.prompts("proposer")) == 2


UNREADABLE = {"tool": "find_topic", "arguments": [1, 2]}


@pytest.mark.parametrize("spoilt", [call("launch_rocket"), UNREADABLE, "tea"], ids=["unknown", "arguments", "text"])
def test_a_proposal_with_a_call_that_cannot_be_made_is_dropped_alone(spoilt: Any) -> None:
    answer = json.loads(json.dumps(propose([call("find_topic", word="tea")], [call("list_notes")], [])))
    answer["proposals"][1]["calls"].append(spoilt)
    answer["proposals"][2]["calls"] = [call("find_topic", word="rum")]
    models = ScriptedModels(proposer=[answer], selector=[select("p2")], updater=[write("Look up rum.")])
    session = grow(notebook(), models)
    assert session.status == "accepted", session.reason
    (iteration,) = session.trace.iterations
    assert [proposal.calls[0].arguments for proposal in iteration.proposals] == [{"word": "tea"}, {"word": "rum"}]
    assert [report.proposal for report in iteration.reports] == ["p1", "p2"], "the ids count what can be tried"
    (failure,) = iteration.failures
    assert "\n" not in failure
    assert len(models.prompts("proposer")) == 1, "what can be used is enough"
    assert [step.call.arguments for step in steps(session)] == [{"word": "rum"}]


def test_what_comes_beyond_what_was_asked_for_is_left_out_and_that_is_told() -> None:
    words = [call("find_topic", word=word) for word in ("tea", "rum", "milk", "salt")]
    models = ScriptedModels(
        proposer=[propose([call("read_note", note_id="no tea")], words, *([word] for word in words))],
        executor=[repair(call("read_note", note_id="no rum"), *words)],
        selector=[select("p2")],
        updater=[write("Look up tea, rum and milk.")],
    )
    session = grow(notebook(), models, proposals=2, mend="all")
    assert session.status == "accepted", session.reason
    (iteration,) = session.trace.iterations
    assert [len(proposal.calls) for proposal in iteration.proposals] == [1, 3]
    assert [(fault.role, fault.kind, fault.text) for fault in session.trace.faults] == [
        ("proposer", "too_many", "of 6 proposals the first 2 were used"),
        ("proposer", "too_many", "of 4 calls of a proposal the first 3 were used"),
        ("executor", "too_many", "of 5 calls of a repair the first 3 were used"),
    ]


def test_a_proposal_of_the_same_calls_as_another_is_not_tried_again() -> None:
    tea, rum = call("find_topic", word="tea"), call("find_topic", word="rum")
    models = ScriptedModels(
        proposer=[propose([tea], [rum, tea], [tea])], selector=[select("p1")], updater=[write("Look up tea.")]
    )
    session = grow(notebook(), models)
    (iteration,) = session.trace.iterations
    assert [len(proposal.calls) for proposal in iteration.proposals] == [1, 2]
    assert iteration.failures == ("proposal dropped: its calls are those of p1",)
    assert session.status == "accepted", session.reason


@pytest.mark.parametrize("answer", [propose(), propose([]), propose([], [])])
def test_empty_proposals_are_asked_for_once_more_with_the_names_of_the_tools(answer: dict[str, Any]) -> None:
    models = ScriptedModels(
        proposer=[answer, answer, answer, propose([], [call("find_topic", word="tea")])],
        selector=[select("p1")],
        updater=[write("Look up tea.")],
    )
    session = grow(notebook(), models, iterations=2)
    assert session.status == "accepted", session.reason
    first, second = session.trace.iterations
    assert (first.reports, first.selection) == ((), None)
    assert [proposal.id for proposal in second.proposals] == ["p1"]
    assert len(models.prompts("selector")) == 1
    prompts = models.prompts("proposer")
    assert len(prompts) == 4
    named = ["find_topic" in prompt.inputs["progress"] for prompt in prompts]
    assert named == [False, True, False, True]
    assert len({prompt.inputs["tools"] for prompt in prompts}) == 1, "the beginning of the prompt stays the same"


def test_no_more_proposals_and_calls_are_taken_than_were_asked_for() -> None:
    four = [call("find_topic", word=word) for word in ("a", "b", "c", "d")]
    models = ScriptedModels(proposer=[propose(four, four[::-1], four)], selector=[select("none")])
    session = grow(notebook(), models, proposals=2)
    assert [len(proposal.calls) for proposal in session.trace.iterations[0].proposals] == [3, 3]


@pytest.mark.parametrize("error", [RateLimitError("slow down"), ServerError("oops"), LMTimeout("too long")])
def test_a_model_that_does_not_answer_is_waited_for_and_is_no_failed_step(error: Exception) -> None:
    models = ScriptedModels(
        proposer=[error, "ready", propose([call("find_topic", word="tea")])],
        selector=[select("p1")],
        updater=[write("Look up tea.")],
    )
    session = grow(notebook(), models, iterations=1)
    assert session.status == "accepted", session.reason
    assert session.trace.iterations[0].failures == ()


@pytest.mark.parametrize("error", [RateLimitError("slow down"), ServerError("oops"), LMTimeout("too long")])
def test_a_model_that_answers_no_more_ends_the_session_without_a_result(error: Exception) -> None:
    models = ScriptedModels(proposer=[error] * 9)
    with pytest.raises(UnavailableError) as caught:
        grow(notebook(), models, iterations=2)
    assert str(error).split("\n")[0] in str(caught.value)
    assert "\n" not in str(caught.value)


def test_a_model_that_refuses_every_call_ends_the_run_with_one_line() -> None:
    models = ScriptedModels(proposer=[AuthError("Invalid API key:\n sk-***")])
    with pytest.raises(ModelError) as caught:
        grow(notebook(), models)
    assert "Invalid API key" in str(caught.value)
    assert "\n" not in str(caught.value)


def test_when_the_run_ends_no_proposal_goes_on_calling_tools() -> None:
    begun, done = [], []

    async def main() -> None:
        started, never = asyncio.Event(), asyncio.Event()

        async def endless() -> str:
            """Take for ever."""
            begun.append(1)
            started.set()
            try:
                await never.wait()
            finally:
                done.append(1)
            return "never"

        async def fail(number: int) -> str:
            """Fail."""
            if number == 3:
                await started.wait()
            raise ValueError("no")

        # Both are mended at once: one repair never ends, the model refuses the other.
        def mended(prompt: Prompt) -> Answer:
            tried = [json.loads(line)["arguments"]["number"] for line in prompt.inputs["attempts"].split("\n")]
            if tried == [1]:
                return repair(call("endless"))
            return repair(call("fail", number=3)) if tried == [2] else AuthError("no key")

        models = ScriptedModels(
            proposer=[propose([call("fail", number=1)], [call("fail", number=2)])], executor=mended
        )
        with pytest.raises(ModelError):
            await growing([functions(fail, id="f"), functions(endless, id="e")], models, iterations=1, mend="all")
        assert len(asyncio.all_tasks()) == 1

    asyncio.run(main())
    assert (begun, done) == ([1], [1])


# Query and response


def test_a_query_that_breaks_a_demand_is_rewritten_once_with_the_complaint() -> None:
    models = ScriptedModels(
        proposer=[propose([call("find_topic", word="tea")])],
        selector=[select("p1")],
        updater=[write("Look something up."), write("Look up tea.")],
    )
    session = grow(notebook(), models)
    assert session.status == "accepted", session.reason
    first, second = models.prompts("updater")
    assert first.inputs["problem"] == ""
    assert second.inputs["problem"].startswith('the query has to say word "tea".')
    assert "Look something up." in second.inputs["problem"]


def test_a_query_that_stays_wrong_is_kept_apart_with_an_unknown_origin() -> None:
    models = ScriptedModels(
        proposer=[propose([call("find_topic", word="tea")])],
        selector=[select("p1")],
        updater=lambda prompt: write("Look something up with find_topic."),
    )
    session = grow(notebook(), models)
    assert session.status == "rejected"
    assert session.reason_key == "unknown origin"
    assert all(named in session.reason for named in ("'tea'", "word", "s1", "find_topic"))
    assert [origin.kind for origin in steps(session)[0].origins] == ["unknown"]
    assert len(models.prompts("updater")) == 2


def test_a_rewrite_that_cannot_be_parsed_is_asked_for_with_both_complaints() -> None:
    models = ScriptedModels(
        proposer=[propose([call("find_topic", word="tea")])],
        selector=[select("p1")],
        updater=[write("Look something up."), "what?", write("Look up tea.")],
    )
    session = grow(notebook(), models)
    assert session.status == "accepted", session.reason
    again = [request for role, request in models.requests if role == "updater"][2]
    assert '"tea"' in models.prompts("updater")[2].inputs["problem"]
    assert "response" in again.messages[-1].text  # a field that the answer lacks


def test_a_session_without_a_usable_query_is_rejected_and_keeps_its_steps() -> None:
    models = ScriptedModels(
        proposer=[propose([call("find_topic", word="tea")])],
        selector=[select("p1")],
        updater=lambda prompt: "no idea",
    )
    session = grow(notebook(), models)
    assert session.status == "rejected"
    assert session.reason_key == "no query"
    assert UNUSABLE in session.reason
    assert tools_used(session) == ["find_topic"]


@pytest.mark.parametrize(("update", "written"), [("each", 2), ("last", 1)])
def test_the_texts_are_written_for_every_new_workflow_or_once_at_the_end(update: str, written: int) -> None:
    models = ScriptedModels(
        proposer=[
            propose([call("find_topic", word="tea")]),
            propose(),
            propose(),
            propose([call("find_topic", word="rum")]),
        ],
        selector=[select("p1"), select("p1", "c1")],
        updater=lambda prompt: write("Look up tea and rum."),
    )
    session = grow(notebook(), models, iterations=3, update=update)
    assert session.status == "accepted", session.reason
    assert len(models.prompts("updater")) == written
    assert sample(session).query == "Look up tea and rum."


def test_an_update_that_fails_in_an_iteration_is_made_up_for_at_the_end() -> None:
    models = ScriptedModels(
        proposer=[propose([call("find_topic", word="tea")])],
        selector=[select("p1")],
        updater=["no", "no", write("Look up tea.")],
    )
    session = grow(notebook(), models, update="each")
    assert session.status == "accepted", session.reason
    assert session.trace.iterations[0].added == ("s1",)
    assert kind_of(session.trace.iterations[0].failures[0]) == UNUSABLE


def test_what_the_selector_finds_lacking_goes_to_the_next_proposer() -> None:
    models = ScriptedModels(
        proposer=[propose([call("find_topic", word="tea")]), propose(), propose(), propose(), propose()],
        selector=[select("p1", lacking="a note about tea")],
    )
    grow(notebook(), models, iterations=3)
    lacking = [prompt.inputs["lacking"] for prompt in models.prompts("proposer")]
    assert lacking == [NOTHING_YET, *["a note about tea"] * 4]


def test_the_order_of_the_tools_changes_from_session_to_session_and_stays_within_one() -> None:
    orders = []
    for index in range(6):
        models = ScriptedModels(proposer=lambda prompt: propose())
        grow(notebook(), models, iterations=3, index=index)
        shown = {p.inputs["tools"] for p in models.prompts("proposer")}
        assert len(shown) == 1
        orders.append(tuple(line.partition("(")[0] for line in shown.pop().split("\n")))
    assert len({frozenset(order) for order in orders}) == 1
    assert len(set(orders)) > 3


def test_a_mini_batch_smaller_than_the_library_confines_the_proposer_to_it() -> None:
    models = ScriptedModels()
    session = grow(notebook(), models, iterations=6, mini_batch=2)
    for iteration in session.trace.iterations:
        assert len(iteration.offered) == 2
        assert {draft.tool for proposal in iteration.proposals for draft in proposal.calls} <= set(iteration.offered)


def test_sessions_can_be_grown_from_several_threads_by_way_of_forward() -> None:
    library = Library([notebook()])
    run_on_loop_thread(library.open())
    try:
        program = ToolGrad(library, ScriptedModels(), ProgramConfig(iterations=3))
        grown: dict[int, Session] = {}

        def work(index: int) -> None:
            with lean():
                grown[index] = program(seed=0, index=index).session

        threads = [threading.Thread(target=work, args=(index,)) for index in range(6)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        alone = [run_on_loop_thread(run_session(program, 0, index)) for index in range(6)]
    finally:
        run_on_loop_thread(library.close())
    assert [stored(grown[index]) for index in range(6)] == [stored(session) for session in alone]
    assert all(session.sample for session in alone)
