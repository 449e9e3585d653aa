"""Each rule metric on sessions put together by hand."""

import asyncio

import pytest
from scripted_model import ScriptedModels
from sessions import attempt, iteration, report, selection, session, step, taken
from toys import growing, notebook

from toolgrad_dspy.errors import UsageError
from toolgrad_dspy.judging import PARTS, WEIGHTS, Metric
from toolgrad_dspy.records import Origin, Session

FAILED = report("p9", attempt(outcome="failed"), outcome="failed", reason="find: it broke")
EMPTY = report("p8", attempt("find", {"word": "nothing"}, outcome="empty"), outcome="empty")
MENDED = report("p7", attempt(outcome="failed"), attempt("find", {"word": "b"}, turn=1, id="a2"))
PARTIAL = report("p6", attempt("find", {"word": "c"}), reason="find: the second call broke")
FINE = report("p1", attempt("find", {"word": "a"}))
FIRST = step("s1", "find", {"word": "a"}, {"id": "x1"}, Origin(pointer="/word", kind="user"))
SECOND = step("s2", "open", {"id": "x1"}, {"text": "t"}, taken("/id", "s1"))
THIRD = step("s3", "find", {"word": "z"}, {"id": "x2"}, Origin(pointer="/word", kind="unknown"))


def part(name: str, of: Session) -> float:
    return PARTS[name](of)


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
    reports: tuple, share: float
) -> None:
    assert part("executed", session(iteration(1, *reports))) == share


def test_known_origins_is_the_share_of_arguments_whose_origin_is_known() -> None:
    assert part("known_origins", session(steps=(FIRST, SECOND))) == 1
    assert part("known_origins", session(steps=(FIRST, SECOND, THIRD))) == pytest.approx(2 / 3)
    assert part("known_origins", session(steps=(step("s1"),))) == 1
    assert part("known_origins", session()) == 0


def test_dependent_is_the_share_of_later_steps_that_use_an_earlier_result() -> None:
    assert part("dependent", session(steps=(FIRST, SECOND))) == 1
    assert part("dependent", session(steps=(FIRST, SECOND, THIRD))) == 0.5
    assert part("dependent", session(steps=(FIRST,))) == 0
    assert part("dependent", session()) == 0


def test_distinct_tools_counts_tools_per_step() -> None:
    assert part("distinct_tools", session(steps=(FIRST, SECOND))) == 1
    assert part("distinct_tools", session(steps=(FIRST, SECOND, THIRD))) == pytest.approx(2 / 3)
    assert part("distinct_tools", session()) == 0


def test_growth_is_the_share_of_iterations_that_added_a_step() -> None:
    assert part("growth", session(iteration(1, added=("s1",)), iteration(2), steps=(FIRST,))) == 0.5
    assert part("growth", session()) == 0


@pytest.mark.parametrize(("status", "value"), [("accepted", 1), ("rejected", 0), ("failed", 0)])
def test_valid_is_whether_the_session_was_accepted(status: str, value: float) -> None:
    assert part("valid", session(status=status)) == value


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
    reports: tuple, chosen: str | None, sound: bool
) -> None:
    judged = session(iteration(1, *reports, chosen=selection(chosen)), steps=(FIRST, SECOND))
    # In the first iteration none of the steps is there yet.
    first = judged.model_copy(
        update={"trace": session(iteration(1, *reports, chosen=selection(chosen), added=("s1", "s2"))).trace}
    )
    assert part("sound_selections", first) == float(sound)


def test_a_repetition_of_a_step_is_not_worth_taking() -> None:
    first = iteration(1, FINE, chosen=selection("p1"), added=("s1",))
    again = session(first, iteration(2, REPEATED, chosen=selection("p5")), steps=(FIRST,))
    refused = session(first, iteration(2, REPEATED, chosen=selection(None)), steps=(FIRST,))
    assert (part("sound_selections", again), part("sound_selections", refused)) == (0.5, 1)


def test_a_selection_whose_chain_was_corrected_is_not_sound() -> None:
    noted = selection("p1", note="chain new corrected to c1: its arguments come from there")
    assert part("sound_selections", session(iteration(1, FINE, chosen=noted))) == 0
    assert part("sound_selections", session(iteration(1, FINE))) == 0


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
def test_every_part_is_between_nothing_and_all_on_odd_sessions_and_feedback_never_breaks(index: int) -> None:
    odd = odd_sessions()[index]
    scored = Metric().score(odd)
    assert all(0 <= value <= 1 for value in (*scored.parts.values(), scored.value))
    for role in ("proposer", "selector"):
        for number in range(5):
            said = Metric().feedback(odd, role, number)
            assert said
            assert "None" not in said


def test_parts_are_in_range_on_sessions_that_ran() -> None:
    async def main() -> list[Session]:
        return [await growing([notebook()], ScriptedModels(), index, iterations=4) for index in range(6)]

    for ran in asyncio.run(main()):
        scored = Metric().score(ran)
        assert set(scored.parts) == set(PARTS) == set(WEIGHTS)
        assert all(0 <= value <= 1 for value in (*scored.parts.values(), scored.value))


# Weights


def test_the_score_is_the_weighted_mean_of_the_parts_it_names() -> None:
    judged = session(iteration(1, FINE, FAILED), steps=(FIRST,))
    scored = Metric({"executed": 3, "valid": 1}).score(judged)
    assert scored.parts == {"executed": 0.5, "valid": 1}
    assert scored.value == pytest.approx((3 * 0.5 + 1 * 1) / 4)
    assert Metric({"executed": 0, "valid": 2}).score(judged).value == 1


def test_a_part_that_does_not_exist_is_an_error_that_lists_those_that_do() -> None:
    with pytest.raises(UsageError, match="no metric part is called 'beauty'; there are executed, "):
        Metric({"executed": 1, "beauty": 1})


@pytest.mark.parametrize(
    "weights", [{}, {"valid": 0}, {"valid": -1, "executed": 2}, {"valid": float("inf")}, {"valid": float("nan")}]
)
def test_weights_that_give_no_score_are_refused(weights: dict[str, float]) -> None:
    with pytest.raises(UsageError, match="metric weights must be finite and not negative"):
        Metric(weights)
