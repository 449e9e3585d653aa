"""Feedback: one finding per complaint, with a code for programs and a text that a reflecting model can act on."""

import re

import pytest

from tests.support.sessions import attempt, iteration, report, selection, session, step, taken
from toolgrad_dspy.lm.rehearsal import HABITS
from toolgrad_dspy.metrics import Finding, Metric
from toolgrad_dspy.records import Check, CheckedBy, CheckSubject, Origin, Report, Selection, Session, Trace, Verdict

PLACE = step("s1", "find_place", {"kind": "cafe"}, {"places": [{"place_id": "pl_0001", "name": "Bean"}]})
FIRST = iteration(1, report("p1", attempt("find_place", {"kind": "cafe"})), chosen=selection("p1"), added=("s1",))


def on_proposer(*reports: Report, lacking: str = "more", failures: tuple[str, ...] = ()) -> list[Finding]:
    """Feedback on the second iteration, after one step."""
    first = FIRST.model_copy(update={"selection": selection("p1", lacking=lacking)})
    judged = session(first, iteration(2, *reports, failures=failures), steps=(PLACE,))
    return list(Metric().feedback(judged, "proposer", 2))


def on_selector(chosen: Selection | None, *reports: Report) -> list[Finding]:
    judged = session(FIRST, iteration(2, *reports, chosen=chosen), steps=(PLACE,))
    return list(Metric().feedback(judged, "selector", 2))


def codes(findings: list[Finding]) -> list[str]:
    return [finding.code for finding in findings]


def text_of(code: str, findings: list[Finding]) -> str:
    (finding,) = (finding for finding in findings if finding.code == code)
    return finding.text


USING = attempt("open_place", {"place_id": "pl_0001"}, taken("/place_id", "s1", "/places/0/place_id"))
PLAIN = attempt("get_weather", {"day": "today"})
PLAIN_REPORT = report("p1", PLAIN)
EMPTY = report("p1", attempt("get_weather", outcome="empty"), outcome="empty")
PLACEHOLDER = report("p1", attempt("open_place", {"place_id": "example"}, outcome="failed"), outcome="failed")
CORRECTED = "chain new corrected to c1: its arguments come from there"


# Proposer


def test_a_sound_proposal_is_praised() -> None:
    (finding,) = on_proposer(report("p1", USING))
    assert (finding.code, finding.praise) == ("proposal_ran", True)


def test_no_proposals_are_reported_with_the_reason() -> None:
    findings = on_proposer(failures=("unusable answer, twice",))
    assert codes(findings) == ["no_proposal"]
    assert "unusable answer, twice" in findings[0].text
    assert codes(on_proposer()) == ["no_proposal"]


def test_how_each_proposal_ended_is_told() -> None:
    failed = report("p1", attempt("get_weather", outcome="failed"), outcome="failed", reason="get_weather: it broke")
    mended = report("p2", attempt("get_weather", outcome="failed"), attempt("get_weather", turn=1, id="a2"))
    empty = report("p3", attempt("get_weather", outcome="empty"), outcome="empty")
    findings = on_proposer(failed, mended, empty, report("p4", USING))[:4]
    assert [(finding.text[:2], finding.code, finding.praise) for finding in findings] == [
        ("p1", "proposal_failed", False),
        ("p2", "proposal_repaired", False),
        ("p3", "empty_result", False),
        ("p4", "proposal_ran", True),
    ]
    assert "get_weather: it broke" in findings[0].text


def test_a_made_up_value_is_told_with_the_step_that_holds_one() -> None:
    findings = on_proposer(PLACEHOLDER)
    assert {"placeholder", "made_up_value", "uses_no_result"} <= set(codes(findings))
    assert "place_id = 'example'" in text_of("placeholder", findings)
    assert all(part in text_of("made_up_value", findings) for part in ("place_id = 'example'", "open_place", "s1"))


def test_an_id_that_nothing_holds_is_told() -> None:
    findings = on_proposer(report("p1", attempt("cancel", {"booking_id": "b1"}, outcome="failed"), outcome="failed"))
    assert "booking_id of cancel" in text_of("guessed_id", findings)


def test_a_tool_used_before_and_a_repeated_call_are_told() -> None:
    findings = on_proposer(report("p1", attempt("find_place", {"kind": "cafe"})))
    assert "repeated_call" in codes(findings)
    assert all(part in text_of("tool_used_before", findings) for part in ("find_place", "s1"))


def test_a_result_that_is_there_already_is_told_to_both() -> None:
    again = attempt("find_place", {"kind": "bar"}).model_copy(update={"observation": PLACE.observation})
    for findings in (on_proposer(report("p1", again)), on_selector(selection("p1"), report("p1", again))):
        assert all(part in text_of("repeated_result", findings) for part in ("p1", "find_place", "s1"))


def test_an_argument_of_unknown_origin_is_told_where_its_step_was_added() -> None:
    invented = step("s2", "find_place", {"kind": "pub"}, {"places": []}, Origin(pointer="/kind", kind="unknown"))
    second = iteration(2, report("p1", PLAIN), chosen=selection("p1"), added=("s2",))
    judged = session(FIRST, second, steps=(PLACE, invented))
    there, elsewhere = (list(Metric().feedback(judged, "proposer", number)) for number in (2, 1))
    assert all(part in text_of("unknown_origin", there) for part in ("s2", "kind = 'pub'", "find_place"))
    assert "unknown_origin" not in codes(elsewhere)


def test_a_default_or_a_value_of_the_schema_is_not_called_made_up() -> None:
    chosen = attempt("open_place", {"place_id": "pl_0009"}, Origin(pointer="/place_id", kind="schema", match="enum"))
    assert "made_up_value" not in codes(on_proposer(report("p1", chosen)))


def test_what_was_lacking_and_not_addressed_is_told_until_it_is_addressed() -> None:
    lacking = "a step that uses place_id (s1)"
    assert "place_id" in text_of("lacking_not_addressed", on_proposer(report("p1", PLAIN), lacking=lacking))
    assert "lacking_not_addressed" not in codes(on_proposer(report("p1", USING), lacking=lacking))


# Selector


def test_a_sound_selection_is_praised() -> None:
    (finding,) = on_selector(selection("p1"), report("p1", USING))
    assert (finding.code, finding.praise) == ("sound_selection", True)


def test_no_selection_is_reported() -> None:
    assert codes(on_selector(None, report("p1", PLAIN))) == ["no_selection"]


def test_poor_choices_are_told() -> None:
    again = report("p2", attempt("find_place", {"kind": "cafe"}))
    assert "p1" in text_of("empty_result", on_selector(selection("p1"), EMPTY))
    assert "p2" in text_of("repeated_call", on_selector(selection("p2"), again))


def test_a_corrected_chain_is_told() -> None:
    findings = on_selector(selection("p1", note=CORRECTED, chain="c1"), report("p1", USING))
    assert codes(findings) == ["wrong_chain"]
    assert "c1: its arguments come from there" in findings[0].text
    assert "new" not in findings[0].text, "the chain that was said is of no use"


def test_a_deeper_report_that_was_passed_over_is_told() -> None:
    findings = on_selector(selection("p1"), report("p1", PLAIN), report("p2", USING))
    assert all(part in text_of("deeper_report_passed_over", findings) for part in ("p2", "s1"))


@pytest.mark.parametrize(
    ("reports", "code", "praise"),
    [(EMPTY, "nothing_chosen_rightly", True), (report("p1", PLAIN), "nothing_chosen_wrongly", False)],
)
def test_taking_nothing_is_right_or_wrong(reports: Report, code: str, praise: bool) -> None:
    finding = on_selector(selection(None), reports)[0]
    assert (finding.code, finding.praise) == (code, praise)


def test_a_vague_word_on_what_is_lacking_is_told() -> None:
    findings = on_selector(selection("p1", "more steps"), report("p1", USING))
    assert "'more steps'" in text_of("vague_lacking", findings)


def test_a_step_that_is_not_there_is_said_to_be_so() -> None:
    assert codes(list(Metric().feedback(session(), "proposer", 7))) == ["not_in_session"]


# Together with the rehearsal model


def test_every_habit_answers_a_complaint_that_the_feedback_makes() -> None:
    """Otherwise no optimizer could ever find it."""
    bad = Verdict(outcome="failed", rule="test", reason="it broke")
    guessed = attempt("cancel", {"booking_id": "example"}).model_copy(update={"verdict": bad, "kept": False})
    complaints = on_proposer(
        PLACEHOLDER,
        report("p2", attempt("find_place", {"kind": "cafe"})),
        report("p3", guessed, outcome="failed"),
        lacking="a step that uses route_id",
    )
    complaints += on_selector(selection("p1", "more steps", note=CORRECTED), EMPTY, report("p2", USING))
    text = "\n".join(finding.text for finding in complaints if not finding.praise)
    assert [habit.name for habit in HABITS if not re.search(habit.cue, text)] == []


def test_feedback_tells_facts_and_not_the_remedy() -> None:
    judged: Session = session(FIRST, iteration(2, report("p1", PLAIN), chosen=selection("p1")), steps=(PLACE,))
    findings = Metric().feedback(judged, "proposer", 2) + Metric().feedback(judged, "selector", 2)
    for finding in findings:
        assert not re.search(r"\b(should|must|please|instead|prefer)\b", finding.text)
        assert "\n" not in finding.text


# Texts


def examined(about: CheckSubject, by: CheckedBy = "model", step: str | None = "s1", holds: bool = False) -> Session:
    """A session of one step with one decision about its texts."""
    check = Check(about=about, text="which place is meant", holds=holds, by=by, step=step)
    of = session(FIRST, steps=(PLACE,), query="Which cafe is the quietest one in the old town, please?")
    return of.model_copy(update={"trace": Trace(iterations=(FIRST,), checks=(check,))})


@pytest.mark.parametrize(
    ("about", "step", "code"),
    [
        ("choice", "s1", "choice_not_conveyed"),
        ("pick", "s1", "pick_not_determined"),
        ("request", None, "request_unserved"),
        ("request", "s1", "call_not_asked"),
        ("claim", None, "claim_unsupported"),
        ("answer", "s1", "not_answered"),
    ],
)
def test_what_a_model_found_the_texts_to_lack_is_told_to_their_writer(
    about: CheckSubject, step: str | None, code: str
) -> None:
    (finding,) = Metric().feedback(examined(about, step=step), "updater", 1)
    assert (finding.code, finding.praise) == (code, False)
    assert "which place is meant" in finding.text


@pytest.mark.parametrize(("by", "holds"), [("nobody", False), ("rule", True), ("model", True)])
def test_what_holds_and_what_nobody_decided_is_no_complaint(by: CheckedBy, holds: bool) -> None:
    of = examined("pick", by, holds=holds)
    assert codes(list(Metric().feedback(of, "updater", 1))) == ["sound_texts"]
    assert "pick_not_determined" not in codes(list(Metric().feedback(of, "proposer", 1)))


def test_a_pick_that_no_query_determines_is_told_to_the_proposer_of_its_step() -> None:
    of = examined("pick")
    assert "which place is meant" in text_of("pick_not_determined", list(Metric().feedback(of, "proposer", 1)))
    elsewhere = of.model_copy(
        update={"trace": of.trace.model_copy(update={"iterations": (iteration(1, PLAIN_REPORT),)})}
    )
    assert "pick_not_determined" not in codes(list(Metric().feedback(elsewhere, "proposer", 1)))


def test_texts_that_did_not_pass_as_they_were_first_written_are_told_to_their_writer() -> None:
    sound = examined("pick", holds=True)
    rewritten = sound.model_copy(update={"trace": sound.trace.model_copy(update={"rewritten": True})})
    assert codes(list(Metric().feedback(rewritten, "updater", 1))) == ["rewritten"]
    salvaged = sound.model_copy(update={"reason": "salvaged: chain c2 was dropped"})
    assert "chain c2" in text_of("salvaged", list(Metric().feedback(salvaged, "updater", 1)))


def test_no_finding_about_texts_is_the_cue_of_a_habit() -> None:
    """They are about what no habit remedies: one that had their cue would be learnt for nothing."""
    subjects: tuple[CheckSubject, ...] = ("choice", "pick", "request", "claim", "answer")
    findings = [f for about in subjects for f in Metric().feedback(examined(about), "updater", 1)]
    findings += [f for f in Metric().feedback(examined("pick"), "proposer", 1) if f.code == "pick_not_determined"]
    assert len(findings) == 6
    assert not any(re.search(habit.cue, finding.text) for habit in HABITS for finding in findings)
