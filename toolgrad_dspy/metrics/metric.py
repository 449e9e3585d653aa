"""The optimization metric: one number per session, from named parts, with feedback for each tuned predictor."""

from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from math import inf

from pydantic import JsonValue

from toolgrad_dspy.errors import UsageError, hint
from toolgrad_dspy.judging.cache import SessionJudge
from toolgrad_dspy.judging.judge import prompt_digest
from toolgrad_dspy.metrics.components import ALL_PARTS, JUDGED_PARTS, PARTS, WEIGHTS, groups_of
from toolgrad_dspy.metrics.feedback import judged_feedback, proposer_feedback, selector_feedback
from toolgrad_dspy.metrics.finding import Finding
from toolgrad_dspy.records import Judgement, Session

# Sessions that are scored at once where a judge is asked.
AT_ONCE = 16


@dataclass(frozen=True, slots=True)
class Score:
    """A session's score in [0, 1] and the parts it is the weighted mean of.

    ``unjudged`` names the parts that a judge could not decide: they are not in ``parts``, and do not count. The value
    is 0 when no part with a weight is left.
    """

    value: float
    parts: dict[str, float]
    unjudged: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Metric:
    """The weighted mean of named parts. ``weights`` names them; a part without a weight does not count.

    ``judge`` decides the parts of :data:`JUDGED_PARTS`, once per sample. Raises UsageError for a part that does not
    exist, for weights that give no score, and for a judged part without a judge.
    """

    weights: Mapping[str, float] = field(default_factory=lambda: dict(WEIGHTS))
    judge: SessionJudge | None = None

    def __post_init__(self) -> None:
        unknown = next(iter(sorted(set(self.weights) - set(ALL_PARTS))), None)
        if unknown is not None:
            raise UsageError(f"unknown metric part {unknown!r}; {hint(unknown, ALL_PARTS)}", code="unknown_part")
        if any(not 0 <= weight < inf for weight in self.weights.values()) or not any(self.weights.values()):
            raise UsageError("metric weights must be finite and not negative, and one of them must be above 0")
        judged = next((name for name in self.weights if name in JUDGED_PARTS), None)
        if judged is not None and self.judge is None:
            raise UsageError(
                f"the metric part {judged!r} needs a judge: make the metric with toolgrad_dspy.judging.build_metric, "
                "or leave the part out"
            )

    def score(self, session: Session) -> Score:
        """The score of one session. Not for callers on the background loop where a judge is asked; raises as it does.

        A session without a query or a response has 0 in all judged parts, and no model is asked.
        """
        parts: dict[str, float] = {}
        unjudged: list[str] = []
        judgement = self._judgement(session)
        for name in self.weights:
            if name in PARTS:
                parts[name] = PARTS[name](session)
            elif judgement is None:
                parts[name] = 0.0
            elif (value := judged_part(judgement, name)) is not None:
                parts[name] = value
            else:
                unjudged.append(name)
        total = sum(self.weights[name] for name in parts)
        value = sum(part * self.weights[name] for name, part in parts.items()) / total if total else 0.0
        return Score(value, parts, tuple(unjudged))

    def scores(self, sessions: Sequence[Session]) -> list[Score]:
        """The scores of ``sessions``, in their order; a judge is asked about many of them at once."""
        if not self.groups:
            return [self.score(session) for session in sessions]
        with ThreadPoolExecutor(AT_ONCE, thread_name_prefix="toolgrad-metric") as pool:
            return list(pool.map(self.score, sessions))

    def feedback(self, session: Session, role: str, iteration: int) -> tuple[Finding, ...]:
        """What went well and wrong at the invocation of ``role`` (proposer or selector) in ``iteration``.

        Facts of that invocation, one at least: an optimizer's reflection model reads their texts, one per line. Where
        a judge is asked, also the criteria that the sample fails because of calls or choices, with the judge's
        reasons. Raises as :meth:`score`.
        """
        current = next((i for i in session.trace.iterations if i.number == iteration), None)
        if current is None:
            return (Finding("not_in_session", "This step is not part of the session."),)
        findings = proposer_feedback(session, current) if role == "proposer" else selector_feedback(session, current)
        judgement = self._judgement(session)
        if judgement is not None:
            findings += judged_feedback(judgement, role, current)
        return tuple(findings)

    @property
    def groups(self) -> tuple[str, ...]:
        """The calls of the judge that a session's score takes."""
        return groups_of(self.weights)

    def public(self) -> dict[str, JsonValue]:
        """The metric as a program file describes it: what has to be equal for two scores to be comparable."""
        described: dict[str, JsonValue] = {"weights": dict(self.weights)}
        if self.judge is not None:
            prompts: dict[str, JsonValue] = {group: prompt_digest(group) for group in groups_of(self.weights)}
            described |= {
                "votes": self.judge.judge.votes,
                "temperature": self.judge.judge.temperature,
                "prompts": prompts,
            }
        return described

    def _judgement(self, session: Session) -> Judgement | None:
        """The judgement of the session's sample; None when there is nothing to judge, or nothing asked for."""
        sample, groups = session.sample, groups_of(self.weights)
        if self.judge is None or not groups or sample is None or not sample.query or not sample.response:
            return None
        return self.judge.of(sample, groups)


def judged_part(judgement: Judgement, name: str) -> float | None:
    """One of :data:`JUDGED_PARTS` in [0, 1]; None when it was not judged."""
    if name == "qor":
        quality = judgement.quality
        return None if quality is None or quality.score is None else quality.score / 100
    judged = judgement.on(name)
    return None if judged is None else judged.score
