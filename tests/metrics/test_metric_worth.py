"""What a sample is worth, its price, and the floor of useful steps."""

import pytest
from pydantic import ValidationError

from tests.support.sessions import attempt, iteration, report, sample, selection, session, step, taken
from toolgrad_dspy.errors import UsageError
from toolgrad_dspy.metrics import RULE_COMPONENTS, Metric, MetricConfig
from toolgrad_dspy.metrics.components import ITERATION_COMPONENTS
from toolgrad_dspy.metrics.iteration_metric import IterationMetric
from toolgrad_dspy.metrics.iteration_rules import iteration_outcome
from toolgrad_dspy.metrics.worth import TOKENS_PER_STEP
from toolgrad_dspy.records import Attempt, Check, Iteration, Origin, RoleUsage, Session, Source, Step, Trace, Usage

WORD = Origin(pointer="/word", kind="user")


def found(number: int) -> Step:
    """A step that tells something new."""
    return step(f"s{number}", "find", {"word": f"w{number}"}, {"id": f"place_{number}"}, WORD)


def found_by(number: int, outcome: str = "ok") -> Attempt:
    """The attempt that became :func:`found` of this number."""
    return attempt("find", {"word": f"w{number}"}, WORD, outcome=outcome, id=f"a{number}")


def grown(steps: int, *empty: int) -> Session:
    """A session of so many steps, one in each iteration; the results of those in ``empty`` are empty."""
    return session(
        *(
            iteration(
                number,
                report("p1", found_by(number, "empty" if number in empty else "ok")),
                chosen=selection("p1"),
                added=(f"s{number}",),
            )
            for number in range(1, steps + 1)
        ),
        steps=tuple(found(number) for number in range(1, steps + 1)),
    )


def value_of(name: str, of: Session) -> float:
    return RULE_COMPONENTS[name](of)


# Useful steps


def test_a_step_is_useful_if_it_repeats_nothing_and_its_result_is_not_empty() -> None:
    again = found(1).model_copy(update={"id": "s5"})
    whole = grown(4, 2)
    with_repeat = whole.model_copy(update={"sample": sample(*(found(n) for n in range(1, 5)), again)})
    assert value_of("useful_steps", grown(4)) == 1
    assert value_of("useful_steps", whole) == 0.75
    assert value_of("useful_steps", with_repeat) == 0.6
    assert value_of("useful_steps", session()) == 0


def test_a_write_that_answers_nothing_is_useful_if_its_verdict_was_a_success() -> None:
    for outcome, value in (("ok", 1), ("empty", 0)):
        written = step("s1", "delete", {"id": 1}, {})
        by = report("p1", attempt("delete", {"id": 1}, outcome=outcome))
        of = session(iteration(1, by, chosen=selection("p1"), added=("s1",)), steps=(written,))
        assert value_of("useful_steps", of) == value


def test_a_step_that_was_taken_out_of_the_sample_counts_for_nothing() -> None:
    salvaged = grown(4, 2)
    kept = salvaged.model_copy(update={"sample": sample(found(1), found(3))})
    assert value_of("useful_steps", kept) == 1
    assert Metric({"valid": 1}, floor=4).score(kept).parts["floor"] == 0.5


def test_single_iterations_tell_which_of_their_steps_are_useful() -> None:
    of = grown(3, 2)
    amounts = [ITERATION_COMPONENTS["useful_steps"](iteration_outcome(of, i)) for i in of.trace.iterations]
    assert amounts == [(1, 1), (0, 1), (1, 1)]


def test_iterations_keep_the_order_that_state_asks_for_where_the_call_is_the_recorded_one() -> None:
    made, moved = step("s1", "make", {"name": "a"}, {"ok": True}), step("s2", "enter", {"name": "a"}, {"ok": True})
    of = session(
        iteration(1, report("p1", attempt("make", {"name": "a"})), chosen=selection("p1"), added=("s1",)),
        iteration(2, report("p1", attempt("enter", {"name": "a"})), chosen=selection("p1"), added=("s2",)),
        steps=(made, moved.model_copy(update={"after": ("s1",)})),
    )
    other = of.trace.iterations[1].model_copy(update={"reports": (report("p1", attempt("enter", {"name": "b"})),)})
    amounts = [ITERATION_COMPONENTS["dependent"](iteration_outcome(of, i)) for i in (of.trace.iterations[1], other)]
    assert value_of("dependent", of) == 1
    assert amounts == [(1, 1), (0, 1)]


def test_a_value_that_a_result_only_echoes_makes_no_step_dependent() -> None:
    echoed = Origin(pointer="/word", kind="user", echo=Source(step="s1", path="/word"))
    second = step("s2", "open", {"word": "w1"}, {"text": "t"}, echoed)
    assert value_of("dependent", session(steps=(found(1), second))) == 0
    by_state = second.model_copy(update={"after": ("s1",)})
    assert value_of("dependent", session(steps=(found(1), by_state))) == 1
    by_value = step("s2", "open", {"id": "place_1"}, {"text": "t"}, taken("/id", "s1"))
    assert value_of("dependent", session(steps=(found(1), by_value))) == 1


# Texts


def pick(holds: bool, by: str = "rule") -> Check:
    return Check(about="pick", text="place_id", holds=holds, by=by, step="s1", pointer="/id")  # type: ignore[arg-type]


def examined(*checks: Check, status: str = "accepted", reason: str = "", rewritten: bool = False) -> Session:
    of = session(steps=(found(1),), status=status)
    trace = Trace(checks=checks, rewritten=rewritten)
    return of.model_copy(update={"trace": trace, "reason": reason})


def test_picks_are_determined_by_the_share_that_holds_whoever_decided_it() -> None:
    value = Check(about="value", text="word", holds=False, by="rule")
    of = examined(pick(True), pick(True, "model"), pick(False), value)
    assert value_of("picks_determined", of) == pytest.approx(2 / 3)
    assert value_of("picks_determined", examined(pick(False, "nobody"))) == 0


def test_without_picks_all_are_determined_but_not_without_a_query() -> None:
    assert value_of("picks_determined", examined()) == 1
    assert value_of("picks_determined", session(steps=(found(1),), query="")) == 0
    assert value_of("picks_determined", session()) == 0


@pytest.mark.parametrize(
    ("of", "value"),
    [
        (examined(), 1),
        (examined(rewritten=True), 0),
        (examined(reason="salvaged: chain c2 was dropped"), 0),
        (examined(status="rejected", reason="pick: not told"), 0),
        (session(status="failed"), 0),
    ],
)
def test_texts_pass_at_once_if_they_were_accepted_as_they_were_first_written(of: Session, value: float) -> None:
    assert value_of("texts_at_once", of) == value


# The price


def paid(of: Session, tokens: int) -> Session:
    roles = {"proposer": RoleUsage(calls=1, input_tokens=tokens - 1), "updater": RoleUsage(calls=1, output_tokens=1)}
    return of.model_copy(update={"usage": Usage(roles=roles)})


def test_efficiency_is_what_a_useful_step_costs_in_tokens_of_all_roles() -> None:
    four = grown(4)
    assert value_of("efficiency", paid(four, 4 * TOKENS_PER_STEP)) == 0.5
    assert value_of("efficiency", paid(four, 8 * TOKENS_PER_STEP)) == pytest.approx(1 / 3)
    assert value_of("efficiency", four) == 1
    assert value_of("efficiency", paid(session(), 5)) == 0


def test_empty_steps_make_a_sample_dearer() -> None:
    prices = [value_of("efficiency", paid(of, 9000)) for of in (grown(4), grown(4, 2), grown(4, 1, 2, 3, 4))]
    assert prices == sorted(prices, reverse=True)
    assert prices[-1] == 0


# The floor


@pytest.mark.parametrize(("steps", "reached"), [(1, 0.25), (3, 0.75), (4, 1), (9, 1)])
def test_reaching_the_floor_is_a_fifth_of_the_score_whatever_the_weights(steps: int, reached: float) -> None:
    for weights in ({"valid": 1.0}, {"valid": 1.0, "useful_steps": 9.0}):
        scored = Metric(weights, floor=4).score(grown(steps))
        assert scored.parts == {**dict.fromkeys(weights, 1), "floor": reached}
        assert scored.value == pytest.approx(0.8 + 0.2 * reached)


def test_only_useful_steps_reach_the_floor() -> None:
    assert Metric({"valid": 1}, floor=4).score(grown(4, 2, 3)).parts["floor"] == 0.5


def test_without_a_floor_nothing_but_the_mean_counts_and_nothing_is_told_of_it() -> None:
    scored = Metric({"valid": 1}, floor=0).score(session())
    assert (scored.value, scored.parts) == (1, {"valid": 1})


def test_a_negative_floor_is_refused() -> None:
    with pytest.raises(UsageError) as caught:
        Metric({"valid": 1}, floor=-1)
    assert caught.value.code == "bad_weights"
    with pytest.raises(ValidationError):
        MetricConfig(floor=-1)


def test_on_recorded_iterations_a_program_reaches_as_much_of_the_floor_as_its_own_steps_would() -> None:
    metric = IterationMetric(Metric({"useful_steps": 1}, floor=8))
    recorded = grown(4)

    def answered(*nothing: int) -> Session:
        """The session of a program that takes no report in these iterations."""
        iterations: list[Iteration] = [
            i.model_copy(update={"selection": selection(None)}) if i.number in nothing else i
            for i in recorded.trace.iterations
        ]
        return recorded.model_copy(update={"trace": Trace(iterations=tuple(iterations))})

    assert metric.score(recorded, answered(), {1, 2}).parts["floor"] == 0.5
    assert metric.score(recorded, answered(2, 3), {1, 2, 3, 4}).parts["floor"] == 0.25
    # Asked about half of the iterations: what is missing there is missing in the other half, too.
    assert metric.score(recorded, answered(2), {1, 2}).parts["floor"] == 0.25
    assert metric.score(recorded, answered(1, 2), {1, 2}).parts["floor"] == 0
