"""What a session remembers: no call is made twice in vain, and the proposer is told what failed."""

import asyncio
from collections import Counter
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Any

import pytest

from tests.support.scripted_model import ScriptedModels, call, propose, reference, repair, select, write
from tests.support.toys import grow, growing, notebook
from toolgrad_dspy.records import Attempt, ErrorKind, Observation, Session, ToolCall
from toolgrad_dspy.tools import FunctionSource
from toolgrad_dspy.tools.base import ToolSession

ANY_TEXT = write("Look up tea, and note down milk and rum.")


def attempts(session: Session, iteration: int) -> list[Attempt]:
    reports = session.trace.iterations[iteration - 1].reports
    return [attempt for report in reports for attempt in report.attempts]


class Troubled(FunctionSource):
    """Functions of a shared source. The first calls meet trouble of these kinds, after the function has run."""

    def __init__(self, *tools: Callable[..., Any], trouble: list[ErrorKind], writes: tuple[str, ...] = ()) -> None:
        super().__init__("troubled", tools, writes=writes)
        self.trouble = trouble

    @asynccontextmanager
    async def session(self, seed: int) -> AsyncIterator[ToolSession]:
        async with super().session(seed) as session:
            yield _TroubledSession(session, self.trouble)


class _TroubledSession(ToolSession):
    def __init__(self, session: ToolSession, trouble: list[ErrorKind]) -> None:
        self._session, self._trouble = session, trouble

    async def call(self, call: ToolCall) -> Observation:
        observation = await self._session.call(call)
        return Observation.failure(self._trouble.pop(0), "no answer") if self._trouble else observation


# Failures


def test_a_call_that_failed_is_not_sent_again_and_the_next_proposer_is_told_why() -> None:
    log: list[str] = []
    wrong = propose([call("read_note", note_id="tea time")])
    models = ScriptedModels(proposer=[wrong, wrong])
    session = grow(notebook(log), models, iterations=2, repairs=0)
    assert log == ["read_note"]
    assert session.usage.tool_calls == 1
    first, second = attempts(session, 1)[0], attempts(session, 2)[0]
    assert first.observation is not None
    assert (second.observation, second.verdict.rule) == (None, "repeated")
    assert "there is no note tea time" in second.verdict.reason
    told = [prompt.inputs["failed"] for prompt in models.prompts("proposer")]
    assert "tea time" not in told[0]
    assert "read_note" in told[1]
    assert "there is no note tea time" in told[1]


def test_the_same_call_of_another_tool_or_with_other_arguments_is_sent() -> None:
    log: list[str] = []
    models = ScriptedModels(
        proposer=[propose([call("read_note", note_id="tea time")]), propose([call("read_note", note_id="rum time")])]
    )
    grow(notebook(log), models, iterations=2, repairs=0)
    assert log == ["read_note", "read_note"]


@pytest.mark.parametrize("kind", ["timeout", "connection"])
def test_a_timeout_is_no_failure_of_the_call_and_it_is_sent_anew(kind: ErrorKind) -> None:
    log: list[str] = []

    def find_topic(word: str) -> dict[str, str]:
        """Find a topic."""
        log.append(word)
        return {"title": f"all about {word}"}

    again = propose([call("find_topic", word="tea")])
    models = ScriptedModels(proposer=[again, again], selector=[select("p1")], updater=[ANY_TEXT])
    session = grow(Troubled(find_topic, trouble=[kind]), models, iterations=2, repairs=0)
    assert session.status == "accepted", session.reason
    assert log == ["tea", "tea"]
    assert "tea" not in models.prompts("proposer")[1].inputs["failed"]


def test_a_passing_failure_is_not_kept_for_an_equal_call_that_comes_after_it_in_the_same_iteration() -> None:
    log: list[str] = []

    def find_topic(word: str) -> dict[str, str]:
        """Find a topic."""
        log.append(word)
        return {"title": f"all about {word}"}

    models = ScriptedModels(
        proposer=[propose([call("find_topic", word="tea")]), propose([call("find_topic", word="tea")])],
        executor=[{"calls": [call("find_topic", word="tea")]}],
        selector=[select("p1")],
        updater=[ANY_TEXT],
    )
    session = grow(Troubled(find_topic, trouble=["timeout"]), models)
    assert session.status == "accepted", session.reason
    assert log == ["tea", "tea"]


def test_a_made_up_id_that_a_result_has_by_now_is_no_longer_refused() -> None:
    models = ScriptedModels(
        proposer=[
            propose([call("add_note", text="rum")]),
            propose([call("read_note", note_id="note_1002")]),
            propose([call("add_note", text="milk")]),
            propose([call("read_note", note_id="note_1002")]),
        ],
        selector=lambda prompt: select("p1"),
        updater=[write("Note down rum and milk and read milk back to me.")],
    )
    session = grow(notebook(), models, iterations=4, repairs=0)
    assert [attempt.verdict.rule for attempt in attempts(session, 2)] == ["made_up_id"]
    assert session.status == "accepted", session.reason
    assert session.trace.iterations[3].added == ("s3",)


@pytest.mark.parametrize("slow", ["first", "second"])
def test_what_is_told_does_not_depend_on_which_proposal_was_faster(slow: str) -> None:
    async def main() -> list[str]:
        other_ended = asyncio.Event()

        async def find(word: str) -> str:
            """Find something."""
            if word == slow:
                await other_ended.wait()
            else:
                other_ended.set()
            raise LookupError(f"no {word}")

        models = ScriptedModels(proposer=[propose([call("find", word="first")], [call("find", word="second")])])
        source = FunctionSource("shared", [find], writes=[])
        await growing([source], models, iterations=2, repairs=0)
        return models.prompts("proposer")[1].inputs["failed"].split("\n")

    first, second = asyncio.run(main())
    assert "no first" in first
    assert "no second" in second


def test_only_the_latest_failures_are_told_each_on_a_short_line() -> None:
    words = [f"word {number} " + "x" * 400 for number in range(9)]
    models = ScriptedModels(proposer=[propose([call("read_note", note_id=word)]) for word in words])
    grow(notebook(), models, iterations=9, repairs=0)
    told = models.prompts("proposer")[-1].inputs["failed"].split("\n")
    assert [line.partition("word ")[2][:1] for line in told] == ["4", "5", "6", "7"]
    assert max(map(len, told)) < 200


# Reads


def counting(kind: type[FunctionSource] = FunctionSource) -> tuple[Counter[str], FunctionSource]:
    """Reads and a write of one session, and how often each of them ran."""
    ran: Counter[str] = Counter()

    def make(seed: int) -> list[Callable[..., Any]]:
        notes: list[str] = []

        async def read_all() -> dict[str, Any]:
            """Read all notes."""
            ran["read_all"] += 1
            await asyncio.sleep(0)
            return {"title": "notes", "texts": list(notes)}

        def topic(word: str) -> dict[str, str]:
            """Find a topic."""
            ran["topic"] += 1
            return {"title": f"about {word}"}

        def put(text: str) -> dict[str, str]:
            """Write a note."""
            ran["put"] += 1
            notes.append(text)
            return {"written": text}

        return [read_all, topic, put]

    return ran, kind("counting", make, isolation="session", writes=["put"])


def test_equal_reads_are_sent_once_also_at_the_same_time() -> None:
    ran, source = counting()
    models = ScriptedModels(
        proposer=[
            propose([call("read_all")], [call("read_all"), call("topic", word="tea")], [call("read_all")]),
            propose([call("read_all")], [call("topic", word="tea")]),
        ],
        selector=[select("none"), select("none")],
    )
    session = grow(source, models, iterations=2)
    assert ran == {"read_all": 1, "topic": 1}
    assert session.usage.tool_calls == 2
    for iteration in session.trace.iterations:
        assert [report.outcome for report in iteration.reports] == ["ok"] * len(iteration.reports)
    results = {attempt.observation.text for n in (1, 2) for attempt in attempts(session, n) if attempt.observation}
    assert len(results) == 2


def test_a_read_is_sent_anew_after_an_accepted_write_and_not_after_one_that_was_not_taken() -> None:
    ran, source = counting()
    models = ScriptedModels(
        proposer=[
            propose([call("read_all")], [call("put", text="rum")]),
            propose([call("read_all")], [call("put", text="milk")]),
            propose([call("read_all")]),
        ],
        selector=[select("none"), select("p2"), select("p1")],
        updater=[write("Note down milk and show me all notes.")],
    )
    session = grow(source, models, iterations=3)
    assert session.status == "accepted", session.reason
    texts = [attempts(session, number)[0].observation for number in (1, 2, 3)]
    assert [text.value["texts"] for text in texts if text] == [[], [], ["milk"]]  # type: ignore[call-overload, index]
    assert ran["read_all"] == 4, "in the first iteration, in the third, when it is taken, and without the note"


def test_a_call_that_is_a_step_is_not_made_again_and_what_builds_on_it_uses_the_step() -> None:
    log: list[str] = []
    models = ScriptedModels(
        proposer=[
            propose([call("add_note", text="milk")]),
            propose([call("add_note", text="milk"), call("read_note", note_id=reference("#1", "/note_id"))]),
        ],
        selector=[select("p1"), select("p1")],
        updater=[write("Note down milk and read it back to me.")],
    )
    session = grow(notebook(log), models, iterations=2)
    assert session.status == "accepted", session.reason
    assert session.sample is not None
    assert [step.call.tool for step in session.sample.workflow.steps] == ["add_note", "read_note"]
    assert session.sample.workflow.steps[1].depends_on == {"s1"}
    assert session.trace.iterations[1].selection is not None
    assert session.trace.iterations[1].selection.chain == "c1"
    assert log == ["add_note", "add_note", "read_note", "read_note"], "each once more when it was taken"


def test_a_proposal_of_nothing_but_steps_adds_nothing() -> None:
    models = ScriptedModels(
        proposer=[propose([call("find_topic", word="tea")])] * 2, selector=[select("p1")], updater=[ANY_TEXT]
    )
    session = grow(notebook(), models, iterations=2)
    assert session.status == "accepted", session.reason
    (report,) = session.trace.iterations[1].reports
    assert (report.outcome, session.trace.iterations[1].added) == ("failed", ())
    assert models.prompts("executor") == [], "there is nothing to mend"
    assert len(models.prompts("selector")) == 1


LIST, ADD = call("list_notes"), call("add_note", text="milk")


@pytest.mark.parametrize(
    "proposed", [[[LIST], [ADD, LIST]], [[ADD], [LIST, ADD, LIST]]], ids=["read before", "read in it"]
)
def test_a_read_after_a_write_of_the_same_proposal_is_sent_anew(proposed: list[list[dict[str, Any]]]) -> None:
    """Also one that was empty before: what was not there then has just been written."""
    models = ScriptedModels(
        proposer=[propose(calls) for calls in proposed],
        selector=[select("none"), select("p1")],
        updater=[write("Note down milk and show me all notes.")],
    )
    session = grow(notebook(), models, iterations=2, repairs=0)
    assert session.status == "accepted", session.reason
    assert session.sample is not None
    last = session.sample.workflow.steps[-1]
    assert (last.call.tool, last.observation.value) == (
        "list_notes",
        {"notes": [{"note_id": "note_1001", "text": "milk"}]},
    )


def test_equal_calls_of_one_proposal_are_one() -> None:
    log: list[str] = []
    models = ScriptedModels(
        proposer=[propose([call("find_topic", word="tea"), call("find_topic", word="tea")])],
        selector=[select("p1")],
        updater=[ANY_TEXT],
    )
    session = grow(notebook(log), models)
    assert session.status == "accepted", session.reason
    assert session.trace.iterations[0].added == ("s1",)
    assert log == ["find_topic", "find_topic"], "once, and once more in the replay"


# Writes on sessions of a proposal's own


def test_proposals_that_begin_with_equal_writes_send_them_once_and_each_goes_on_from_there() -> None:
    ran, source = counting()
    put = call("put", text="rum")
    models = ScriptedModels(
        proposer=[propose([put, call("topic", word="tea")], [put, call("read_all")], [put])],
        selector=[select("p2")],
        updater=[write("Note down rum and show me all notes.")],
    )
    session = grow(source, models)
    assert session.status == "accepted", session.reason
    assert session.usage.tool_calls == 3
    last = attempts(session, 1)[3].observation
    assert last is not None
    assert last.value == {"title": "notes", "texts": ["rum"]}
    # The second proposal's session catches up with the write; both are replayed, and the notes read without it.
    assert session.usage.replayed_calls == 4
    assert ran == {"put": 3, "topic": 1, "read_all": 3}


@pytest.mark.parametrize("chosen", ["p1", "p2", "p3"])
def test_a_write_whose_result_was_taken_over_is_there_when_its_proposal_is_chosen(chosen: str) -> None:
    _, source = counting()
    rum, milk = call("put", text="rum"), call("put", text="milk")
    models = ScriptedModels(
        proposer=[propose([rum], [rum, milk], [milk, rum]), propose([call("read_all")])],
        selector=[select(chosen), select("p1")],
        updater=[write("Note down rum, and perhaps milk, and show me all notes.")],
    )
    session = grow(source, models, iterations=2)
    assert session.status == "accepted", session.reason
    (read,) = attempts(session, 2)
    assert read.observation is not None
    texts = {"p1": ["rum"], "p2": ["rum", "milk"], "p3": ["milk", "rum"]}[chosen]
    assert read.observation.value == {"title": "notes", "texts": texts}


def test_a_write_that_was_not_taken_is_not_sent_again_until_another_one_is() -> None:
    _, source = counting()
    rum = propose([call("put", text="rum")])
    models = ScriptedModels(
        proposer=[rum, rum, propose([call("put", text="milk")]), rum],
        selector=[select("none"), select("none"), select("p1"), select("p1")],
        updater=[write("Note down milk and rum.")],
    )
    session = grow(source, models, iterations=4)
    assert session.status == "accepted", session.reason
    assert session.usage.tool_calls == 3, "rum, milk, and rum after milk"
    assert [attempt.verdict.outcome for n in (1, 2, 3, 4) for attempt in attempts(session, n)] == ["ok"] * 4


def test_what_comes_after_a_write_that_may_have_happened_is_a_proposals_own() -> None:
    trouble: list[ErrorKind] = ["timeout"]

    class Slow(FunctionSource):
        @asynccontextmanager
        async def session(self, seed: int) -> AsyncIterator[ToolSession]:
            async with super().session(seed) as session:
                yield _TroubledSession(session, trouble)

    ran, source = counting(Slow)
    put = call("put", text="rum")
    models = ScriptedModels(
        proposer=[propose([put], [put, call("topic", word="tea")])],
        executor=lambda prompt: repair(call("read_all")),
        selector=[select("none")],
    )
    session = grow(source, models, repairs=1, mend="all")
    assert [attempt.verdict.outcome for attempt in attempts(session, 1)] == ["failed", "ok", "failed", "ok", "ok"]
    assert ran["read_all"] == 2


# Calls that find nothing


def test_a_call_that_is_known_to_find_nothing_does_not_end_its_proposal() -> None:
    log: list[str] = []
    listing, topic = call("list_notes"), call("find_topic", word="tea")
    models = ScriptedModels(
        proposer=[
            propose([listing]),
            propose([listing, topic, call("find_topic", word=reference("#2", "/title"))]),
            propose([listing, call("read_note", note_id=reference("#1", "/notes/0/note_id"))]),
        ],
        selector=[select("none"), select("p1")],
        updater=[write("Find topics for tea.")],
    )
    session = grow(notebook(log), models, iterations=3, repairs=0)
    assert session.status == "accepted", session.reason
    first, *found = attempts(session, 2)
    assert (first.observation, first.verdict.rule, first.kept) == (None, "found_nothing", False)
    assert [(attempt.verdict.outcome, attempt.kept) for attempt in found] == [("ok", True), ("ok", True)]
    assert [attempt.verdict.rule for attempt in attempts(session, 3)] == ["found_nothing", "reference"]
    assert log.count("list_notes") == 1


# Writes that cannot be undone


@pytest.mark.parametrize("trouble", [[], ["tool"], ["timeout"]], ids=["ok", "failed", "timeout"])
def test_on_a_shared_source_a_write_is_never_sent_twice(trouble: list[ErrorKind]) -> None:
    sent: list[str] = []

    def order(dish: str) -> dict[str, str]:
        """Order a dish."""
        sent.append(dish)
        return {"ordered": dish}

    same = propose([call("order", dish="soup")], [call("order", dish="soup")])
    models = ScriptedModels(proposer=[same, same, same], selector=lambda prompt: select("none"))
    grow(Troubled(order, trouble=trouble, writes=("order",)), models, iterations=3, repairs=0)
    assert sent == ["soup"]


# Where proposals run


def test_a_proposal_gets_a_session_of_its_own_with_its_first_write() -> None:
    opened: list[int] = []
    ran: list[tuple[int, str]] = []

    def make(seed: int) -> list[Callable[..., Any]]:
        number = len(opened)
        opened.append(number)
        notes: list[str] = []

        def look() -> dict[str, Any]:
            """Look at the notes."""
            ran.append((number, "look"))
            return {"title": "notes", "texts": list(notes)}

        def put(text: str) -> dict[str, Any]:
            """Write a note."""
            ran.append((number, f"put {text}"))
            notes.append(text)
            return {"written": text, "count": len(notes)}

        return [look, put]

    source = FunctionSource("notes", make, isolation="session", writes=["put"])
    models = ScriptedModels(
        proposer=[
            propose([call("look"), call("put", text="rum"), call("look")], [call("look")], [call("put", text="milk")])
        ],
        selector=[select("p1")],
        updater=[write("Note down rum and show me all notes.")],
    )
    session = grow(source, models)
    by_session = [[name for session, name in ran if session == number] for number in opened]
    trunk, proposals, replay = ["look"], [["put rum", "look"], ["put milk"]], ["look", "put rum", "look"]
    in_other_orders = [["look"], ["put rum", "look"]]
    assert sorted(filter(None, by_session)) == sorted([trunk, *proposals, replay, *in_other_orders])
    assert session.status == "accepted", session.reason
    reports = session.trace.iterations[0].reports
    last = reports[0].attempts[-1].observation
    assert last is not None
    assert last.value == {"title": "notes", "texts": ["rum"]}
    assert [report.outcome for report in reports] == ["ok", "ok", "ok"]
