"""The optimization metric: one number per session, from named components, with feedback for each tuned predictor."""

from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from math import inf

from pydantic import JsonValue

from toolgrad_dspy.errors import UsageError
from toolgrad_dspy.judging.cache import CachedJudge
from toolgrad_dspy.judging.judge import prompt_digest
from toolgrad_dspy.metrics.components import (
    FLOOR,
    FLOOR_PART,
    FLOOR_SHARE,
    JUDGED_COMPONENTS,
    RULE_COMPONENTS,
    WEIGHTS,
    groups_of,
    in_range,
    require,
    rule_value,
)
from toolgrad_dspy.metrics.feedback import proposer_feedback, selector_feedback
from toolgrad_dspy.metrics.finding import Finding
from toolgrad_dspy.metrics.judged_feedback import judged_feedback
from toolgrad_dspy.metrics.worth import count_useful
from toolgrad_dspy.metrics.writing_feedback import executor_feedback, updater_feedback
from toolgrad_dspy.records import Iteration, Judgement, Session

# Sessions that are scored at once where a judge is asked.
AT_ONCE = 16


@dataclass(frozen=True, slots=True)
class Score:
    """A session's score in [0, 1], and ``parts``: the values of the components that it is the weighted mean of.

    Where the metric has a floor, ``parts["floor"]`` is the share of it that the useful steps reach. ``unjudged``
    names the components that a judge could not decide: they are not in ``parts``, and do not count.
    """

    value: float
    parts: dict[str, float]
    unjudged: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Metric:
    """The weighted mean of named components. ``weights`` names them; a component without a weight does not count.

    A fifth of the score (:data:`FLOOR_SHARE`) is the share of the ``floor`` that the session's useful steps reach; 0
    is no floor, and the mean alone counts.

    >>> session = Session(index=0, seed=0, status="accepted")
    >>> Metric({"valid": 1, "growth": 3}, floor=0).score(session)
    Score(value=0.25, parts={'valid': 1.0, 'growth': 0.0}, unjudged=())
    >>> Metric({"valid": 1, "growth": 3}).score(session)
    Score(value=0.2, parts={'valid': 1.0, 'growth': 0.0, 'floor': 0.0}, unjudged=())

    ``judge`` decides the components of :data:`JUDGED_COMPONENTS`, once per sample. Raises UsageError for a component
    that does not exist (``unknown_component``), for weights that give no score and a negative floor
    (``bad_weights``), and for a judged component without a judge (``no_judge``).
    """

    weights: Mapping[str, float] = field(default_factory=lambda: dict(WEIGHTS))
    judge: CachedJudge | None = None
    floor: int = FLOOR

    def __post_init__(self) -> None:
        for name in sorted(self.weights):
            require(name)
        # The comparison is false for nan, too.
        if any(not 0 <= weight < inf for weight in self.weights.values()) or not any(self.weights.values()):
            raise UsageError(
                "metric weights have to be finite and not negative, and one of them above 0", code="bad_weights"
            )
        if self.floor < 0:
            raise UsageError("the metric's floor has to be 0 or more useful steps", code="bad_weights")
        judged = next((name for name in self.weights if name in JUDGED_COMPONENTS), None)
        if judged is not None and self.judge is None:
            raise UsageError(
                f"the metric component {judged!r} needs a judge: make the metric with "
                "toolgrad_dspy.metrics.build_metric, or leave the component out",
                code="no_judge",
            )

    def score(self, session: Session) -> Score:
        """The score of one session. Where a judge is asked, not for callers on the background loop.

        A session without a query or a response has 0 in all judged components, and no model is asked. Raises like
        :meth:`Judge.judge`, and UsageError for a component that gives a value outside of [0, 1]
        (``component_out_of_range``).
        """
        parts: dict[str, float] = {}
        unjudged: list[str] = []
        judgement = self._judgement(session)
        for name in self.weights:
            if name in RULE_COMPONENTS:
                parts[name] = rule_value(name, session)
                continue
            judged = JUDGED_COMPONENTS[name]
            # Nothing to judge is the session's fault and counts 0; a judge that did not decide is not.
            judged_value = 0.0 if judgement is None else judged.value(judgement)
            if judged_value is None:
                unjudged.append(name)
            else:
                parts[name] = in_range(name, judged_value, session)
        return scored(parts, self, count_useful(session), tuple(unjudged))

    def scores(self, sessions: Sequence[Session]) -> list[Score]:
        """The scores of ``sessions``, in their order; a judge is asked about many of them at once."""
        if not self.groups:
            return [self.score(session) for session in sessions]
        with ThreadPoolExecutor(AT_ONCE, thread_name_prefix="toolgrad-metric") as pool:
            return list(pool.map(self.score, sessions))

    def feedback(self, session: Session, role: str, iteration: int) -> tuple[Finding, ...]:
        """What went well and wrong at the invocations of ``role`` in ``iteration``; of the updater, in the end.

        Facts of that invocation, one at least: an optimizer's reflection model reads their texts, one per line. Where
        a judge is asked, also the criteria that the sample fails because of calls or choices, with the judge's
        reasons. Raises like :meth:`Judge.judge`.
        """
        current = next((i for i in session.trace.iterations if i.number == iteration), None)
        if current is None:
            return (Finding("not_in_session", "This step is not part of the session."),)
        findings = _feedback(session, role, current)
        judgement = self._judgement(session)
        if judgement is not None:
            findings += judged_feedback(judgement, role, current)
        return tuple(findings)

    @property
    def part_names(self) -> tuple[str, ...]:
        """What a score's parts may tell: the components, and the floor if there is one."""
        return (*self.weights, FLOOR_PART) if self.floor else tuple(self.weights)

    @property
    def groups(self) -> tuple[str, ...]:
        """The calls of the judge that a session's score takes."""
        return groups_of(self.weights)

    def public(self) -> dict[str, JsonValue]:
        """The metric as a program file describes it: what has to be equal for two scores to be comparable."""
        described: dict[str, JsonValue] = {"weights": dict(self.weights), "floor": self.floor}
        if self.judge is not None:
            prompts: dict[str, JsonValue] = {group: prompt_digest(group) for group in groups_of(self.weights)}
            described |= {
                "votes": self.judge.judge.votes,
                "temperature": self.judge.judge.temperature,
                "shown_chars": self.judge.judge.shown_chars,
                "prompts": prompts,
            }
        return described

    def _judgement(self, session: Session) -> Judgement | None:
        """The judgement of the session's sample; None when there is nothing to judge, or nothing asked for."""
        sample, groups = session.sample, groups_of(self.weights)
        if self.judge is None or not groups or sample is None or not sample.query or not sample.response:
            return None
        return self.judge.of(sample, groups)


def scored(parts: Mapping[str, float], metric: Metric, useful: float, unjudged: tuple[str, ...] = ()) -> Score:
    """The score by ``metric`` of a session with these ``parts`` and so many ``useful`` steps."""
    total = sum(metric.weights[name] for name in parts)
    mean = sum(part * metric.weights[name] for name, part in parts.items()) / total if total else 0.0
    if not metric.floor:
        return Score(mean, dict(parts), unjudged)
    reached = min(1.0, useful / metric.floor)
    value = (1 - FLOOR_SHARE) * mean + FLOOR_SHARE * reached
    return Score(value, {**parts, FLOOR_PART: reached}, unjudged)


def _feedback(session: Session, role: str, iteration: Iteration) -> list[Finding]:
    if role == "updater":
        return updater_feedback(session)
    by_role = {"proposer": proposer_feedback, "selector": selector_feedback, "executor": executor_feedback}
    return by_role[role](session, iteration)
