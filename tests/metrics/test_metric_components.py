"""The registry of metric components: what can be added, what is refused, and what every component promises."""

import random
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from pydantic import ValidationError

from tests.support.judged import QUERY, RESPONSE, SAMPLE, STEPS, TOOLS, calls, instruction, scripted
from tests.support.sessions import attempt, iteration, report, selection, session
from toolgrad_dspy.errors import UsageError
from toolgrad_dspy.metrics import (
    JUDGED_COMPONENTS,
    RULE_COMPONENTS,
    Judged,
    Metric,
    MetricConfig,
    Score,
    build_metric,
    component_names,
    of_sample,
    register,
    unregister,
)
from toolgrad_dspy.metrics.components import BUILTIN, ITERATION_COMPONENTS
from toolgrad_dspy.metrics.conformance import CHECKS, Case, Check, check_component
from toolgrad_dspy.metrics.iteration_metric import IterationMetric
from toolgrad_dspy.metrics.iteration_rules import Amount, IterationOutcome
from toolgrad_dspy.records import Sample, Session
from toolgrad_dspy.runs import load_config_file

SESSION = session(
    iteration(1, report("p1", attempt("find_place", {"kind": "cafe"})), chosen=selection("p1"), added=("s1",)),
    steps=STEPS,
    query=QUERY,
    response=RESPONSE,
)


def brief(sample: Sample) -> float:
    return float(len(sample.response) <= 300)


def calm(of: Session) -> float:
    """One minus the share of iterations in which something failed."""
    iterations = of.trace.iterations
    return 1 - sum(bool(i.failures) for i in iterations) / len(iterations) if iterations else 0.0


def calm_step(outcome: IterationOutcome) -> Amount:
    return float(not outcome.iteration.failures), 1


def whole(share: float) -> float:
    return float(share == 1)


@pytest.fixture(autouse=True)
def _only_the_built_in_ones_afterwards() -> Iterator[None]:
    yield
    for name in set(component_names()) - BUILTIN:
        unregister(name)


# Adding


def test_a_rule_of_ones_own_is_weighed_like_a_built_in_one() -> None:
    register("calm", calm)
    register("brief", of_sample(brief))
    scored = Metric({"calm": 1, "brief": 1, "valid": 2}, floor=0).score(SESSION)
    assert scored.parts == {"calm": 1, "brief": 1, "valid": 1}
    assert Metric({"brief": 1}, floor=0).score(session()).parts == {"brief": 0}, "without a sample"
    assert {"calm", "brief"} <= set(component_names()) & RULE_COMPONENTS.keys()


def test_a_judged_component_of_ones_own_asks_its_group_alone() -> None:
    register("all_aligned", Judged("instruction", "alignment", curve=whole))
    models = scripted(instruction=[instruction("cafe", "6", "2026-05-14")])
    metric = build_metric(MetricConfig(weights={"all_aligned": 1, "alignment": 1}, floor=0), models, lambda: TOOLS)
    assert metric.groups == ("instruction",)
    assert metric.score(SESSION).parts == {"all_aligned": 0, "alignment": pytest.approx(2 / 3)}
    assert models.meter.calls == 1


def test_a_judged_component_of_ones_own_that_was_not_judged_drops_out() -> None:
    register("all_needed", Judged("calls", "minimality", curve=whole))
    config = MetricConfig(weights={"all_needed": 1, "valid": 1}, floor=0)
    lost = build_metric(config, scripted(calls=["no"] * 2), lambda: TOOLS).score(SESSION)
    assert (lost.parts, lost.unjudged) == ({"valid": 1}, ("all_needed",))
    assert build_metric(config, scripted(calls=[calls(minimal=False)]), lambda: TOOLS).score(SESSION).value == 0.5


def test_a_component_with_an_iteration_rule_counts_on_recorded_iterations() -> None:
    register("calm", calm, iteration_rule=calm_step)
    register("brief", of_sample(brief))
    metric = IterationMetric(Metric({"calm": 1, "brief": 3, "executed": 1}, floor=0))
    assert metric.weights == {"calm": 1, "executed": 1}
    failing = SESSION.model_copy(update={"trace": session(iteration(1, failures=("it broke",))).trace})
    assert metric.score(SESSION, SESSION, {1}).parts == {"calm": 1, "executed": 1}
    assert metric.score(SESSION, failing, {1}).parts == {"calm": 0, "executed": 0}


def test_a_configuration_file_may_weigh_what_is_registered_when_it_is_read(tmp_path: Path) -> None:
    path = tmp_path / "c.yaml"
    path.write_text("metric: {weights: {brief: 2}}\n")
    with pytest.raises(UsageError) as caught:
        load_config_file(path)
    assert caught.value.code == "unknown_key"
    register("brief", of_sample(brief))
    assert load_config_file(path).metric.weights == {"brief": 2}


# Refusals


@pytest.mark.parametrize("name", ["executed", "qor", "brief"])
def test_nothing_is_overwritten(name: str) -> None:
    register("brief", of_sample(brief))
    before = dict(RULE_COMPONENTS), dict(JUDGED_COMPONENTS), dict(ITERATION_COMPONENTS)
    for rule in (calm, Judged("quality", "qor")):
        with pytest.raises(UsageError) as caught:
            register(name, rule)
        assert caught.value.code == "duplicate_component"
        assert name in str(caught.value)
    assert (dict(RULE_COMPONENTS), dict(JUDGED_COMPONENTS), dict(ITERATION_COMPONENTS)) == before


@pytest.mark.parametrize(
    ("act", "code"),
    [
        (lambda: register("Brief query", calm), "component_name"),
        (lambda: register("", calm), "component_name"),
        (lambda: register("x", Judged("calls", "minimality"), iteration_rule=calm_step), "judged_iteration_rule"),
        (lambda: Judged("calls", "coherence"), "unknown_criterion"),
        (lambda: Judged("quality", "minimality"), "unknown_criterion"),
        (lambda: Judged("calls", "qor"), "unknown_criterion"),
        (lambda: Judged("looks", "qor"), "unknown_criterion"),  # type: ignore[arg-type]  # as from untyped code
        (lambda: unregister("brief"), "unknown_component"),
        (lambda: unregister("executed"), "builtin_component"),
        (lambda: Metric({"brief": 1}), "unknown_component"),
        (lambda: Metric({"minimality": 1}), "no_judge"),
    ],
)
def test_what_cannot_be_is_refused_and_nothing_is_changed(act: Callable[[], object], code: str) -> None:
    with pytest.raises(UsageError) as caught:
        act()
    assert caught.value.code == code
    assert set(component_names()) == BUILTIN


def test_the_settings_refuse_a_component_that_is_not_registered() -> None:
    with pytest.raises(ValidationError) as caught:
        MetricConfig(weights={"brief": 1})
    assert [error["loc"] for error in caught.value.errors()] == [("weights",)]


@pytest.mark.parametrize("value", [-0.1, 1.5, float("nan"), float("inf")])
def test_a_value_out_of_range_is_an_error_that_names_the_component(value: float) -> None:
    register("loud", lambda of: value, iteration_rule=calm_step)
    register("loud_judge", Judged("calls", "minimality", curve=lambda share: value))
    judged = build_metric(MetricConfig(weights={"loud_judge": 1}), scripted(), lambda: TOOLS)
    metric = Metric({"loud": 1, "valid": 1})
    scores: tuple[Callable[[], Score], ...] = (
        lambda: metric.score(SESSION),
        lambda: judged.score(SESSION),
        lambda: IterationMetric(metric).score(SESSION, SESSION, {1}),
    )
    for score in scores:
        with pytest.raises(UsageError) as caught:
            score()
        assert caught.value.code == "component_out_of_range"
        assert "loud" in str(caught.value)


# The contract


def built_in() -> dict[str, Case]:
    rules = {
        name: Case(rule, ITERATION_COMPONENTS.get(name), (SESSION,))
        for name, rule in RULE_COMPONENTS.items()
        if name in BUILTIN
    }
    return rules | {name: Case(judged) for name, judged in JUDGED_COMPONENTS.items()}


OWN = {
    "brief": Case(of_sample(brief)),
    "calm": Case(calm, calm_step, (SESSION,)),
    "all_aligned": Case(Judged("instruction", "alignment", curve=whole)),
}


@pytest.mark.parametrize("check", CHECKS, ids=lambda check: check.__name__)
@pytest.mark.parametrize("case", [pytest.param(case, id=name) for name, case in (built_in() | OWN).items()])
def test_every_component_keeps_the_contract(case: Case, check: Check) -> None:
    check(case)


def emptied(of: Session) -> float:
    for step in of.sample.workflow.steps if of.sample else ():
        step.call.arguments.clear()
    return 0.0


def of_response(of: Session) -> float:
    assert of.sample is not None
    return 1.0


BROKEN = [
    (Case(of_response), {"gives_a_value_for_every_session"}),
    (Case(lambda of: None), {"gives_a_value_for_every_session"}),  # type: ignore[arg-type,return-value]  # untyped code
    (Case(lambda of: "1"), {"gives_a_value_for_every_session"}),  # type: ignore[arg-type,return-value]  # untyped code
    (Case(lambda of: float(len(of.trace.iterations))), {"stays_in_range"}),
    (Case(lambda of: float("nan")), {"stays_in_range"}),
    (Case(lambda of: random.random()), {"repeats_itself"}),
    (Case(emptied), {"changes_nothing"}),
    (Case(calm, lambda outcome: (2, 1)), {"stays_in_range"}),
    (Case(calm, lambda outcome: (1 / len(outcome.adds), 1)), {"gives_a_value_for_every_session"}),
    (Case(calm, lambda outcome: 1.0), {"gives_a_value_for_every_session"}),  # type: ignore[arg-type,return-value]  # untyped code
    (Case(Judged("quality", "qor", curve=lambda share: 100 * share)), {"stays_in_range"}),
    (
        Case(Judged("calls", "minimality", curve=lambda share: 1 / share)),
        {"gives_a_value_for_every_session", "stays_in_range"},
    ),
]


@pytest.mark.parametrize(("case", "broken"), BROKEN)
def test_a_component_that_breaks_a_promise_is_told_which(case: Case, broken: set[str]) -> None:
    findings = check_component(case)
    assert {finding.check for finding in findings} == broken
    assert all(finding.problem and "\n" not in finding.problem for finding in findings)


def test_a_component_is_checked_on_sessions_of_ones_own_too() -> None:
    def never_two_steps(of: Session) -> float:
        steps = of.sample.workflow.steps if of.sample else ()
        return 2.0 if [step.id for step in steps] == [step.id for step in SAMPLE.workflow.steps] and of.seed else 1.0

    assert not check_component(Case(never_two_steps))
    assert check_component(Case(never_two_steps, sessions=(SESSION.model_copy(update={"seed": 1}),)))
