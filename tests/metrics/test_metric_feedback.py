"""Feedback: one line per trouble, in words that a reflecting model can act on."""

import re

from tests.support.sessions import attempt, iteration, report, selection, session, step, taken
from toolgrad_dspy.lm.rehearsal import HABITS
from toolgrad_dspy.metrics import Metric
from toolgrad_dspy.records import Origin, Session, Verdict

PLACE = step("s1", "find_place", {"kind": "cafe"}, {"places": [{"place_id": "pl_0001", "name": "Bean"}]})
FIRST = iteration(1, report("p1", attempt("find_place", {"kind": "cafe"})), chosen=selection("p1"), added=("s1",))


def on_proposer(*reports: object, lacking: str = "more", failures: tuple[str, ...] = ()) -> list[str]:
    """Feedback on the second iteration, after one step."""
    first = FIRST.model_copy(update={"selection": selection("p1", lacking=lacking)})
    judged = session(first, iteration(2, *reports, failures=failures), steps=(PLACE,))  # type: ignore[arg-type]
    return Metric().feedback(judged, "proposer", 2).split("\n")


def on_selector(chosen: object, *reports: object) -> list[str]:
    judged = session(FIRST, iteration(2, *reports, chosen=chosen), steps=(PLACE,))  # type: ignore[arg-type]
    return Metric().feedback(judged, "selector", 2).split("\n")


USING = attempt("open_place", {"place_id": "pl_0001"}, taken("/place_id", "s1", "/places/0/place_id"))
PLAIN = attempt("get_weather", {"day": "today"})


# Proposer


def test_a_sound_proposal_gets_one_line() -> None:
    assert on_proposer(report("p1", USING)) == ["p1 ran at once."]


def test_no_proposals_are_reported_with_the_reason() -> None:
    assert on_proposer(failures=("unusable answer, twice",)) == ["No proposal came about: unusable answer, twice."]
    assert on_proposer() == ["No proposal came about: none was made."]


def test_how_each_proposal_ended_is_told() -> None:
    failed = report("p1", attempt("get_weather", outcome="failed"), outcome="failed", reason="get_weather: it broke")
    mended = report("p2", attempt("get_weather", outcome="failed"), attempt("get_weather", turn=1, id="a2"))
    empty = report("p3", attempt("get_weather", outcome="empty"), outcome="empty")
    said = on_proposer(failed, mended, empty, report("p4", USING))
    assert said[:4] == [
        "p1 failed: get_weather: it broke.",
        "p2 ran only after a repair.",
        "p3 ran at once, but its result is empty.",
        "p4 ran at once.",
    ]


def test_a_made_up_value_is_told_with_the_step_that_holds_one() -> None:
    said = on_proposer(
        report("p1", attempt("open_place", {"place_id": "example"}, outcome="failed"), outcome="failed")
    )
    assert "p1: place_id = 'example' of open_place looks like a placeholder." in said
    assert "p1: place_id = 'example' of open_place was made up although step s1 already holds one." in said
    assert "In all proposals, no call uses a result of the workflow." in said


def test_an_id_that_nothing_holds_is_told() -> None:
    said = on_proposer(report("p1", attempt("cancel", {"booking_id": "b1"}, outcome="failed"), outcome="failed"))
    assert "p1: no result holds a value for booking_id of cancel, so it could only be guessed." in said


def test_a_tool_used_before_and_a_repeated_call_are_told() -> None:
    said = on_proposer(report("p1", attempt("find_place", {"kind": "cafe"})))
    assert "p1 repeats a call of the workflow." in said
    assert "p1: the tool find_place was used before, in s1." in said


def test_a_result_that_is_there_already_is_told_to_both() -> None:
    again = attempt("find_place", {"kind": "bar"}).model_copy(update={"observation": PLACE.observation})
    assert "p1: the result of find_place is that of s1 again." in on_proposer(report("p1", again))
    assert on_selector(selection("p1"), report("p1", again)) == [
        "In the chosen report p1, the result of find_place is that of s1 again."
    ]


def test_an_argument_of_unknown_origin_is_told_where_its_step_was_added() -> None:
    invented = step("s2", "find_place", {"kind": "pub"}, {"places": []}, Origin(pointer="/kind", kind="unknown"))
    second = iteration(2, report("p1", PLAIN), chosen=selection("p1"), added=("s2",))
    judged = session(FIRST, second, steps=(PLACE, invented))
    line = "s2: kind = 'pub' of find_place has no known origin, and the query does not state it."
    assert line in Metric().feedback(judged, "proposer", 2).split("\n")
    assert line not in Metric().feedback(judged, "proposer", 1).split("\n")


def test_a_default_or_a_value_of_the_schema_is_not_called_made_up() -> None:
    chosen = attempt("open_place", {"place_id": "pl_0009"}, Origin(pointer="/place_id", kind="schema", match="enum"))
    assert not any("made up" in line for line in on_proposer(report("p1", chosen)))


def test_what_was_lacking_and_not_addressed_is_told_until_it_is_addressed() -> None:
    lacking = "a step that uses place_id (s1)"
    assert "This does not address what is lacking: place_id." in on_proposer(report("p1", PLAIN), lacking=lacking)
    assert not any("lacking" in line for line in on_proposer(report("p1", USING), lacking=lacking))


# Selector


def test_a_sound_selection_gets_one_line() -> None:
    assert on_selector(selection("p1"), report("p1", USING)) == ["The selection is sound."]


def test_no_selection_is_reported() -> None:
    assert on_selector(None, report("p1", PLAIN)) == ["No selection came about: there was nothing to select."]


def test_poor_choices_are_told() -> None:
    empty = report("p1", attempt("get_weather", outcome="empty"), outcome="empty")
    again = report("p2", attempt("find_place", {"kind": "cafe"}))
    assert "The chosen report p1 came back empty." in on_selector(selection("p1"), empty)
    assert on_selector(selection("p2"), again)[0] == (
        "The chosen report p2 adds nothing new: the workflow has these calls already."
    )


def test_a_corrected_chain_is_told() -> None:
    noted = selection("p1", note="chain new corrected to c1: its arguments come from there")
    assert on_selector(noted, report("p1", USING)) == [
        "The chosen report p1 belongs to chain c1: its arguments come from there."
    ]


def test_a_deeper_report_that_was_passed_over_is_told() -> None:
    said = on_selector(selection("p1"), report("p1", PLAIN), report("p2", USING))
    assert "p2 was passed over although it builds on s1." in said


def test_taking_nothing_is_right_or_wrong() -> None:
    empty = report("p1", attempt("get_weather", outcome="empty"), outcome="empty")
    assert on_selector(selection(None), empty)[0] == "Nothing was chosen, rightly."
    assert on_selector(selection(None), report("p1", PLAIN))[0] == (
        "Nothing was chosen, although a report with something new was there."
    )


def test_a_vague_word_on_what_is_lacking_is_told() -> None:
    assert "'more steps' says nothing concrete about what is lacking." in on_selector(
        selection("p1", "more steps"), report("p1", USING)
    )


def test_a_step_that_is_not_there_is_said_to_be_so() -> None:
    assert Metric().feedback(session(), "proposer", 7) == "This step is not part of the session."


# Together with the rehearsal model


def test_every_habit_answers_a_complaint_that_the_feedback_makes() -> None:
    """Otherwise no optimizer could ever find it."""
    bad = Verdict(outcome="failed", rule="test", reason="it broke")
    guessed = attempt("cancel", {"booking_id": "example"}).model_copy(update={"verdict": bad, "kept": False})
    heard = on_proposer(
        report("p1", attempt("open_place", {"place_id": "example"}, outcome="failed"), outcome="failed"),
        report("p2", attempt("find_place", {"kind": "cafe"})),
        report("p3", guessed, outcome="failed"),
        lacking="a step that uses route_id",
    )
    empty = report("p1", attempt("get_weather", outcome="empty"), outcome="empty")
    noted = selection("p1", "more steps", note="chain new corrected to c1: its arguments come from there")
    heard += on_selector(noted, empty, report("p2", USING))
    text = "\n".join(heard)
    assert [habit.name for habit in HABITS if not re.search(habit.cue, text)] == []


def test_feedback_tells_facts_and_not_the_remedy() -> None:
    judged: Session = session(FIRST, iteration(2, report("p1", PLAIN), chosen=selection("p1")), steps=(PLACE,))
    text = Metric().feedback(judged, "proposer", 2) + Metric().feedback(judged, "selector", 2)
    assert not re.search(r"\b(should|must|please|instead|prefer)\b", text)
