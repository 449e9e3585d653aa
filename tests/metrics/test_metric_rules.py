"""Each rule metric on sessions written by hand."""

import asyncio

import pytest

from tests.support.scripted_model import ScriptedModels
from tests.support.sessions import attempt, iteration, report, sample, selection, session, step, taken
from tests.support.toys import growing, notebook
from toolgrad_dspy.errors import UsageError
from toolgrad_dspy.metrics import FLOOR, RULE_COMPONENTS, WEIGHTS, Metric, component_names
from toolgrad_dspy.metrics.sample_rules import LONG, SHORT, length, no_leak
from toolgrad_dspy.records import Origin, Report, Session

FAILED = report("p9", attempt(outcome="failed"), outcome="failed", reason="find: it broke")
EMPTY = report("p8", attempt("find", {"word": "nothing"}, outcome="empty"), outcome="empty")
MENDED = report("p7", attempt(outcome="failed"), attempt("find", {"word": "b"}, turn=1, id="a2"))
PARTIAL = report("p6", attempt("find", {"word": "c"}), reason="find: the second call broke")
FINE = report("p1", attempt("find", {"word": "a"}))
FIRST = step("s1", "find", {"word": "a"}, {"id": "x1"}, Origin(pointer="/word", kind="user"))
SECOND = step("s2", "open", {"id": "x1"}, {"text": "t"}, taken("/id", "s1"))
THIRD = step("s3", "find", {"word": "z"}, {"id": "x2"}, Origin(pointer="/word", kind="unknown"))


def value_of(name: str, of: Session) -> float:
    return RULE_COMPONENTS[name](of)


@pytest.mark.parametrize(
    ("reports", "share"),
    [
        ((), 0),
        ((FINE,), 1),
        ((FAILED,), 0),
        ((MENDED,), 0.5),
        ((PARTIAL,), 0),
        ((EMPTY,), 1),
        ((FINE, MENDED, FAILED), 0.5),
    ],
)
def test_executed_is_the_share_of_proposals_that_ran_and_a_mended_one_counts_half(
    reports: tuple[Report, ...], share: float
) -> None:
    assert value_of("executed", session(iteration(1, *reports))) == share


def test_known_origins_is_the_share_of_arguments_whose_origin_is_known() -> None:
    assert value_of("known_origins", session(steps=(FIRST, SECOND))) == 1
    assert value_of("known_origins", session(steps=(FIRST, SECOND, THIRD))) == pytest.approx(2 / 3)
    assert value_of("known_origins", session(steps=(step("s1"),))) == 1
    assert value_of("known_origins", session()) == 0


def test_dependent_is_the_share_of_later_steps_that_use_an_earlier_result() -> None:
    assert value_of("dependent", session(steps=(FIRST, SECOND))) == 1
    assert value_of("dependent", session(steps=(FIRST, SECOND, THIRD))) == 0.5
    assert value_of("dependent", session(steps=(FIRST,))) == 0
    assert value_of("dependent", session()) == 0


def test_distinct_tools_counts_tools_per_step() -> None:
    assert value_of("distinct_tools", session(steps=(FIRST, SECOND))) == 1
    assert value_of("distinct_tools", session(steps=(FIRST, SECOND, THIRD))) == pytest.approx(2 / 3)
    assert value_of("distinct_tools", session()) == 0


def test_growth_is_the_share_of_iterations_that_added_a_step() -> None:
    assert value_of("growth", session(iteration(1, added=("s1",)), iteration(2), steps=(FIRST,))) == 0.5
    assert value_of("growth", session()) == 0


@pytest.mark.parametrize(("status", "value"), [("accepted", 1), ("rejected", 0), ("failed", 0)])
def test_valid_is_whether_the_session_was_accepted(status: str, value: float) -> None:
    assert value_of("valid", session(status=status)) == value


CITIES = [
    step("s1", "find_city", {"name": "Ulm"}, {"city_id": "city_1"}),
    step("s2", "get_weather", {"city_id": "city_1"}, {"sky": "grey"}, taken("/city_id", "s1", "/city_id")),
    step("s3", "get_advice", {"sky": "grey"}, {"take": "an umbrella"}, taken("/sky", "s2", "/sky")),
    step("s4", "list_shops", {"city_id": "city_1"}, {"shops": []}, taken("/city_id", "s1", "/city_id")),
    step("s5", "get_time", {}, {"time": "12:00"}),
]


@pytest.mark.parametrize(
    ("steps", "depth"),
    [((), 0), ((0,), 0), ((0, 4), 0), ((0, 1), 1), ((0, 1, 2), 1), ((0, 1, 3), 0.5), ((0, 1, 2, 3, 4), 0.5)],
)
def test_chain_depth_is_how_much_of_the_workflow_is_one_line(steps: tuple[int, ...], depth: float) -> None:
    assert value_of("chain_depth", session(steps=tuple(CITIES[i] for i in steps))) == depth


def test_a_dependency_on_a_step_that_is_not_there_counts_for_nothing() -> None:
    assert value_of("chain_depth", session(steps=(CITIES[1], CITIES[4]))) == 0


def test_a_repeated_call_or_a_repeated_result_of_a_tool_is_redundant() -> None:
    again = step("s2", "find", {"word": "a"}, {"id": "place_1"})
    same_result = step("s3", "find", {"word": "A"}, {"id": "place_1"})
    first = step("s1", "find", {"word": "a"}, {"id": "place_1"})
    assert value_of("no_redundancy", session(steps=(first,))) == 1
    assert value_of("no_redundancy", session(steps=(first, again))) == 0.5
    assert value_of("no_redundancy", session(steps=(first, same_result))) == 0.5
    assert value_of("no_redundancy", session(steps=(first, again, same_result))) == pytest.approx(1 / 3)
    assert value_of("no_redundancy", session()) == 0


def test_a_call_that_is_made_again_and_gives_something_else_is_not_redundant() -> None:
    steps = [step(f"s{n}", "balance", {}, {"balance": amount}) for n, amount in ((1, 120.5), (2, 99.5), (3, 99.5))]
    assert value_of("no_redundancy", session(steps=tuple(steps[:2]))) == 1
    assert value_of("no_redundancy", session(steps=tuple(steps))) == pytest.approx(2 / 3)


def test_an_acknowledgement_or_another_tools_equal_result_is_not_redundant() -> None:
    deleted = [step(f"s{n}", "delete", {"n": n}, {"ok": True, "left": 3}) for n in (1, 2)]
    assert value_of("no_redundancy", session(steps=tuple(deleted))) == 1
    two = (step("s1", "find", {}, {"id": "place_1"}), step("s2", "open", {}, {"id": "place_1"}))
    assert value_of("no_redundancy", session(steps=two)) == 1


@pytest.mark.parametrize(
    ("query", "clean"),
    [
        ("What is the weather in Ulm?", 1),
        ("Use get_weather for Ulm.", 0),
        ("Use get_time, which was offered and not called.", 0),
        ("What is the weather in city_1?", 0),
        ("What is the weather in Ulm, and what time is it?", 1),
        ("", 1),
    ],
)
def test_a_query_that_names_a_tool_or_holds_an_internal_id_leaks(query: str, clean: float) -> None:
    assert no_leak(sample(*CITIES[:2], query=query, offered=("get_time", "time"))) == clean


@pytest.mark.parametrize(
    ("words", "value"), [(0, 0), (SHORT // 2, 0.5), (SHORT, 1), (LONG, 1), (LONG * 3 // 2, 0.5), (LONG * 5, 0)]
)
def test_length_falls_off_on_both_sides_of_what_a_person_writes(words: int, value: float) -> None:
    assert length(sample(query="word " * words)) == pytest.approx(value)


def test_components_of_the_sample_are_0_without_one() -> None:
    assert {name: value_of(name, session()) for name in ("chain_depth", "no_redundancy", "no_leak", "length")} == {
        "chain_depth": 0,
        "no_redundancy": 0,
        "no_leak": 0,
        "length": 0,
    }


REPEATED = report("p5", attempt("find", {"word": "a"}))


@pytest.mark.parametrize(
    ("reports", "chosen", "sound"),
    [
        ((FINE,), "p1", True),
        ((FINE, EMPTY), "p8", False),
        ((EMPTY,), None, True),
        ((EMPTY, FAILED), None, True),
        ((FINE, EMPTY), None, False),
    ],
)
def test_a_selection_is_sound_when_it_takes_something_worth_taking(
    reports: tuple[Report, ...], chosen: str | None, sound: bool
) -> None:
    judged = session(iteration(1, *reports, chosen=selection(chosen)), steps=(FIRST, SECOND))
    # In the first iteration none of the steps is there yet.
    first = judged.model_copy(
        update={"trace": session(iteration(1, *reports, chosen=selection(chosen), added=("s1", "s2"))).trace}
    )
    assert value_of("sound_selections", first) == float(sound)


def test_a_repetition_of_a_step_is_not_worth_taking() -> None:
    first = iteration(1, FINE, chosen=selection("p1"), added=("s1",))
    again = session(first, iteration(2, REPEATED, chosen=selection("p5")), steps=(FIRST,))
    refused = session(first, iteration(2, REPEATED, chosen=selection(None)), steps=(FIRST,))
    assert (value_of("sound_selections", again), value_of("sound_selections", refused)) == (0.5, 1)


def test_a_selection_whose_chain_was_corrected_is_not_sound() -> None:
    noted = selection("p1", note="chain new corrected to c1: its arguments come from there")
    assert value_of("sound_selections", session(iteration(1, FINE, chosen=noted))) == 0
    assert value_of("sound_selections", session(iteration(1, FINE))) == 0


def odd_sessions() -> list[Session]:
    return [
        session(),
        session(status="failed"),
        session(iteration(1, failures=("unusable answer",))),
        session(iteration(1, FAILED, failures=("x",)), status="failed"),
        session(iteration(1, EMPTY, chosen=selection(None, lacking=""))),
        session(iteration(1, FINE, chosen=selection("p404"))),
        session(iteration(1, report("p1", outcome="failed")), iteration(3), steps=(THIRD,)),
        session(iteration(1, PARTIAL, MENDED, chosen=selection("p6"), added=("s1",)), steps=(FIRST, SECOND, THIRD)),
    ]


@pytest.mark.parametrize("index", range(8))
def test_every_component_is_in_range_on_odd_sessions_and_feedback_never_breaks(index: int) -> None:
    odd = odd_sessions()[index]
    scored = Metric(dict.fromkeys(RULE_COMPONENTS, 1.0)).score(odd)
    assert all(0 <= value <= 1 for value in (*scored.parts.values(), scored.value))
    for role in ("proposer", "selector"):
        for number in range(5):
            findings = Metric().feedback(odd, role, number)
            assert findings
            assert not any("None" in finding.text for finding in findings)


def test_components_are_in_range_on_sessions_that_ran() -> None:
    async def main() -> list[Session]:
        return [await growing([notebook()], ScriptedModels(), index, iterations=4) for index in range(6)]

    for ran in asyncio.run(main()):
        scored = Metric(dict.fromkeys(RULE_COMPONENTS, 1.0)).score(ran)
        assert set(scored.parts) == {*RULE_COMPONENTS, "floor"}
        assert all(0 <= value <= 1 for value in (*scored.parts.values(), scored.value))


# Weights


def test_the_score_is_the_weighted_mean_of_the_components_it_names() -> None:
    judged = session(iteration(1, FINE, FAILED), steps=(FIRST,))
    scored = Metric({"executed": 3, "valid": 1}, floor=0).score(judged)
    assert scored.parts == {"executed": 0.5, "valid": 1}
    assert scored.value == pytest.approx((3 * 0.5 + 1 * 1) / 4)
    assert Metric({"executed": 0, "valid": 2}, floor=0).score(judged).value == 1


def test_the_default_weights_are_those_of_the_benchmarks() -> None:
    assert Metric().weights == WEIGHTS == {
        "dependent": 3, "useful_steps": 2, "distinct_tools": 1, "picks_determined": 1, "texts_at_once": 1, "valid": 2,
        "efficiency": 1, "executed": 1, "sound_selections": 1,
    }  # fmt: skip
    assert Metric().floor == FLOOR == 5


def test_a_misspelt_component_is_an_error_that_names_the_right_one() -> None:
    with pytest.raises(UsageError) as caught:
        Metric({"chaindepth": 1})
    assert caught.value.code == "unknown_component"
    assert "'chain_depth'" in str(caught.value)


def test_a_component_that_does_not_exist_is_an_error_that_lists_those_that_do() -> None:
    with pytest.raises(UsageError) as caught:
        Metric({"executed": 1, "beauty": 1})
    assert caught.value.code == "unknown_component"
    assert all(name in str(caught.value) for name in component_names())


@pytest.mark.parametrize(
    "weights", [{}, {"valid": 0}, {"valid": -1, "executed": 2}, {"valid": float("inf")}, {"valid": float("nan")}]
)
def test_weights_that_give_no_score_are_refused(weights: dict[str, float]) -> None:
    with pytest.raises(UsageError) as caught:
        Metric(weights)
    assert caught.value.code == "bad_weights"
