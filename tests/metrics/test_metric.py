"""The metric with judged components: what it asks, what it does without an answer, and what feedback it gives."""

import copy
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import dspy
import pytest
from dspy.utils.exceptions import LMAuthError

from tests.support.judged import QUERY, RESPONSE, STEPS, TOOLS, calls, instruction, quality, scripted
from tests.support.scripted_model import ScriptedModels
from tests.support.sessions import attempt, iteration, report, selection, session
from toolgrad_dspy.errors import ModelError, UsageError
from toolgrad_dspy.judging import CachedJudge, Judge
from toolgrad_dspy.metrics import (
    FLOOR,
    JUDGED_COMPONENTS,
    WEIGHTS,
    Finding,
    Metric,
    MetricConfig,
    build_metric,
    component_names,
)
from toolgrad_dspy.records import Session
from toolgrad_dspy.runs import load_config_file

FIRST = iteration(1, report("p1", attempt("find_place", {"kind": "cafe"})), chosen=selection("p1"), added=("s1",))
SECOND = iteration(2, report("p1", attempt("book_table")), chosen=selection("p1"), added=("s2",))
SESSION: Session = session(FIRST, SECOND, steps=STEPS, query=QUERY, response=RESPONSE)


def metric(models: ScriptedModels, **weights: float) -> Metric:
    return build_metric(MetricConfig(weights=weights, floor=0), models, lambda: TOOLS)


# Scores


def test_judged_components_count_by_their_weight() -> None:
    models = scripted(quality=[quality(50, 100)], calls=[calls(minimal=False)])
    scored = metric(models, valid=1, qor=2, minimality=1).score(SESSION)
    assert scored.parts == {"valid": 1, "qor": 0.75, "minimality": 0}
    assert scored.value == pytest.approx((1 + 2 * 0.75 + 0) / 4)
    assert scored.unjudged == ()


def test_all_components_can_be_weighed_together() -> None:
    scored = metric(scripted(), **dict.fromkeys(component_names(), 1.0)).score(SESSION)
    assert set(scored.parts) == set(component_names())
    assert all(scored.parts[name] == 1 for name in JUDGED_COMPONENTS)


def test_rules_alone_ask_no_model() -> None:
    models = scripted()
    weighed = build_metric(MetricConfig(floor=3), models, lambda: TOOLS)
    assert weighed.judge is None
    assert weighed.weights == WEIGHTS
    assert weighed.score(SESSION) == Metric(floor=3).score(SESSION)
    assert models.meter.calls == 0


def test_only_the_groups_that_the_components_need_are_asked() -> None:
    models = scripted()
    metric(models, alignment=1, coherence=1).score(SESSION)
    assert models.meter.calls == 1


def test_a_component_that_was_not_judged_drops_out_and_is_counted() -> None:
    models = scripted(quality=["no"] * 2, instruction=[instruction("cafe", "4")])
    weighed = metric(models, valid=1, qor=5, alignment=3, coherence=1)
    scored = weighed.score(SESSION)
    assert scored.parts == {"valid": 1, "coherence": 1}
    assert scored.value == 1
    assert scored.unjudged == ("qor", "alignment")
    assert weighed.judge is not None
    assert weighed.judge.unjudged == {"qor": 1, "specificity": 1, "alignment": 1}
    assert weighed.score(SESSION) == scored
    assert weighed.judge.judged == 1


def test_a_score_of_nothing_judged_is_0_and_says_so() -> None:
    scored = metric(scripted(quality=["no"] * 2), qor=1).score(SESSION)
    assert (scored.value, scored.parts, scored.unjudged) == (0, {}, ("qor",))


@pytest.mark.parametrize(
    "empty",
    [session(), session(steps=STEPS, query="", response=""), session(steps=STEPS, query="q", response="")],
    ids=["no sample", "no query", "no response"],
)
def test_a_session_without_texts_has_0_in_the_judged_components_and_asks_no_model(empty: Session) -> None:
    models = scripted()
    assert metric(models, qor=1, sufficiency=1).score(empty).parts == {"qor": 0, "sufficiency": 0}
    assert models.meter.calls == 0


# Asking once


def test_a_sample_is_judged_once_for_its_score_and_its_feedback_and_in_copies() -> None:
    models = scripted()
    weighed = metric(models, qor=1)
    again = SESSION.model_copy(update={"index": 7, "seconds": 3.0})
    for each in (weighed, copy.deepcopy(weighed)):
        each.score(SESSION)
        each.score(again)
        each.feedback(SESSION, "proposer", 1)
    assert models.meter.calls == 1
    weighed.score(session(steps=STEPS, query=QUERY, response="Another."))
    assert models.meter.calls == 2


def test_many_threads_share_one_judgement() -> None:
    models = scripted()
    weighed = metric(models, **dict.fromkeys(JUDGED_COMPONENTS, 1.0))
    with ThreadPoolExecutor(8) as pool:
        scores = list(pool.map(weighed.score, [SESSION] * 32))
    assert len({score.value for score in scores}) == 1
    assert models.meter.calls == 3


def test_judgements_that_were_not_used_for_long_are_forgotten() -> None:
    models = scripted()
    judge = CachedJudge(Judge(models), lambda: TOOLS, kept=2)
    for response in ("a", "b", "c", "c", "b", "a"):
        Metric({"qor": 1}, judge).score(session(steps=STEPS, query=QUERY, response=response))
    assert models.meter.calls == 4


def test_many_sessions_are_scored_in_their_order() -> None:
    weighed = metric(scripted(), qor=1)
    sessions = [session(steps=STEPS, query=QUERY, response=text) for text in (RESPONSE, "Nothing.", "confirmed")] * 3
    assert [score.value for score in weighed.scores(sessions)] == [1, 0, 0.5] * 3
    assert Metric().scores(sessions) == [Metric().score(session) for session in sessions]


def test_a_judge_that_cannot_be_asked_is_an_error_for_everyone_and_seen_by_callbacks() -> None:
    """DSPy's optimizers count what a metric raises as a poor score; their callbacks tell ours to stop."""

    class Seen(dspy.utils.callback.BaseCallback):
        def __init__(self) -> None:
            self.errors: list[Exception] = []

        def on_module_end(self, call_id: str, outputs: object, exception: Exception | None = None) -> None:
            if exception is not None:
                self.errors.append(exception)

    weighed = metric(ScriptedModels(judge=lambda prompt: LMAuthError("no such key")), qor=1)
    seen = Seen()
    for _ in range(2):
        with dspy.context(callbacks=[seen]), pytest.raises(ModelError):
            weighed.score(SESSION)
    assert any(isinstance(error, ModelError) for error in seen.errors)


def test_judging_leaves_nothing_in_an_optimizers_trace() -> None:
    weighed = metric(scripted(), qor=1)
    with dspy.context(trace=[]):
        weighed.score(SESSION)
        assert dspy.settings.trace == []


# Feedback


def added(models: ScriptedModels, role: str, number: int) -> list[Finding]:
    """What a judge adds to the feedback."""
    weighed = metric(models, **dict.fromkeys(JUDGED_COMPONENTS, 1.0))
    by_rules = Metric().feedback(SESSION, role, number)
    findings = weighed.feedback(SESSION, role, number)
    assert findings[: len(by_rules)] == by_rules
    return list(findings[len(by_rules) :])


BROKEN: dict[str, Callable[[], ScriptedModels]] = {
    "alignment": lambda: scripted(instruction=[instruction("cafe", "6", "2026-05-14")]),
    "coherence": lambda: scripted(instruction=[instruction("cafe", "4", "2026-05-14", follows=(True, False))]),
    "calls": lambda: scripted(calls=[calls(False, False)]),
}


def test_nothing_is_added_where_all_criteria_hold() -> None:
    for role in ("proposer", "selector"):
        assert added(scripted(), role, 1) == added(scripted(), role, 2) == []


def test_an_argument_that_is_not_the_querys_is_told_to_the_proposer_of_its_step() -> None:
    (finding,) = added(BROKEN["alignment"](), "proposer", 2)
    assert (finding.code, finding.praise) == ("alignment", False)
    assert all(part in finding.text for part in ("party_size of book_table (s2)", "4", "'6'"))
    assert added(BROKEN["alignment"](), "proposer", 1) == added(BROKEN["alignment"](), "selector", 2) == []


def test_what_is_wrong_with_the_calls_is_told_to_the_proposer_with_the_judges_reason() -> None:
    sufficiency, minimality = added(BROKEN["calls"](), "proposer", 1)
    assert (sufficiency.code, minimality.code) == ("sufficiency", "minimality")
    assert "nobody books" in sufficiency.text
    assert "s1 is not needed" in minimality.text
    assert added(BROKEN["calls"](), "selector", 1) == []


def test_steps_that_do_not_hang_together_are_told_to_both() -> None:
    for role in ("proposer", "selector"):
        (finding,) = added(BROKEN["coherence"](), role, 1)
        assert finding.code == "coherence"
        assert "as people talk" in finding.text


def test_a_reason_of_many_lines_is_one_finding_on_one_line() -> None:
    answer = calls(minimal=False)
    answer["minimality"]["reason"] = "first\n\nsecond.\n"
    (finding,) = added(scripted(calls=[answer]), "proposer", 1)
    assert finding.text.endswith(": first second.")


def test_a_criterion_that_was_not_judged_is_no_complaint() -> None:
    assert added(scripted(calls=["no"] * 2), "proposer", 1) == []


# Configuration


def test_a_judged_component_without_a_judge_says_how_to_have_one() -> None:
    with pytest.raises(UsageError) as caught:
        Metric({"valid": 1, "qor": 1})
    assert caught.value.code == "no_judge"
    assert build_metric.__name__ in str(caught.value)
    assert "'qor'" in str(caught.value)


def test_the_metric_describes_what_has_to_be_equal_for_scores_to_compare() -> None:
    described = build_metric(MetricConfig(weights={"qor": 1}, votes=3), scripted(), lambda: TOOLS).public()
    assert (described["weights"], described["floor"]) == ({"qor": 1}, FLOOR)
    assert (described["votes"], described["temperature"], described["shown_chars"]) == (3, None, 2400)
    assert set(described["prompts"]) == {"quality"}  # type: ignore[arg-type]
    assert Metric({"valid": 1}, floor=2).public() == {"weights": {"valid": 1}, "floor": 2}


def test_a_configuration_file_sets_weights_floor_votes_and_temperature(tmp_path: Path) -> None:
    path = tmp_path / "c.yaml"
    path.write_text("metric: {weights: {executed: 1, qor: 2.5}, floor: 3, votes: 3, temperature: 0}\n")
    config = load_config_file(path).metric
    assert config == MetricConfig(weights={"executed": 1, "qor": 2.5}, floor=3, votes=3, temperature=0)
    weighed = build_metric(config, scripted(), lambda: TOOLS)
    assert weighed.floor == 3
    assert weighed.judge is not None
    assert weighed.judge.judge.votes == 3
    path.write_text("metric: {votes: 5}\n")
    assert load_config_file(path).metric == MetricConfig(votes=5)
    assert load_config_file(None).metric == MetricConfig(weights=dict(WEIGHTS))


# The settings, and the key that is wrong; of a misspelt key, also the one that was meant.
WRONG: list[tuple[str, str, str]] = [
    ("{weigths: {}}", "'weigths'", "'weights'"),
    ("{weights: {allignment: 1}}", "'allignment'", "'alignment'"),
    ("{weights: {beauty: 1}}", "'beauty'", "executed"),
    ("{weights: {qor: 0, valid: 0}}", "metric.weights", ""),
    ("{weights: {}}", "metric.weights", ""),
    ("{weights: {qor: -1}}", "metric.weights.qor", ""),
    ("{weights: {qor: .inf}}", "metric.weights.qor", ""),
    ("{weights: {qor: yes}}", "metric.weights.qor", ""),
    ("{weights: [qor]}", "metric.weights", ""),
    ("{floor: -1}", "metric.floor", ""),
    ("{floor: 1.5}", "metric.floor", ""),
    ("{floor: yes}", "metric.floor", ""),
    ("{votes: 2}", "metric.votes", ""),
    ("{votes: 0}", "metric.votes", ""),
    ("{temperature: hot}", "metric.temperature", ""),
    ("{temperature: 3}", "metric.temperature", ""),
    ("3", "metric", ""),
]


@pytest.mark.parametrize(("text", "key", "meant"), WRONG)
def test_settings_that_are_wrong_are_one_line_with_file_and_key(
    text: str, key: str, meant: str, tmp_path: Path
) -> None:
    path = tmp_path / "c.yaml"
    path.write_text(f"metric: {text}\n")
    with pytest.raises(UsageError) as caught:
        load_config_file(path)
    message = str(caught.value)
    assert message.startswith(f"{path}: metric")
    assert "\n" not in message
    assert key in message
    assert meant in message
    assert (caught.value.code == "unknown_key") == bool(meant)
