"""The settings of the metric, and the metric that they describe."""

from collections.abc import Callable, Iterable
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field, field_validator

from toolgrad_dspy.errors import hint
from toolgrad_dspy.judging.cache import CachedJudge
from toolgrad_dspy.judging.judge import Judge
from toolgrad_dspy.judging.prompts import SHOWN_CHARS
from toolgrad_dspy.lm import Models
from toolgrad_dspy.metrics.components import FLOOR, WEIGHTS, component_names, groups_of
from toolgrad_dspy.metrics.metric import Metric
from toolgrad_dspy.records import Tool


class MetricConfig(BaseModel):
    """What the metric weighs, and how the judge is asked.

    >>> MetricConfig(weights={"executed": 3, "minimality": 1}, votes=3).temperature is None
    True

    - ``weights``: the components that count, in place of the default ones.
    - ``floor``: useful steps that a session should have, a fifth of its score; 0 for none.
    - ``votes``: how often each question is put to the judge; odd.
    - ``temperature``: the judge's, 0 to 2; None for that of the role ``judge``.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    # Strict: YAML's yes is a bool, which would pass for 1.
    weights: dict[str, Annotated[float, Field(strict=True, ge=0, allow_inf_nan=False)]] = Field(
        default_factory=lambda: dict(WEIGHTS)
    )
    floor: Annotated[int, Field(strict=True, ge=0)] = FLOOR
    votes: Annotated[int, Field(strict=True, ge=1)] = 1
    temperature: Annotated[float, Field(strict=True, ge=0, le=2)] | None = None

    @field_validator("weights")
    @classmethod
    def _weighable(cls, weights: dict[str, float]) -> dict[str, float]:
        known = component_names()
        unknown = next((name for name in weights if name not in known), None)
        if unknown is not None:
            raise ValueError(f"unknown metric component {unknown!r}; {hint(unknown, known)}")
        if not any(weights.values()):
            raise ValueError("one weight has to be above 0")
        return weights

    @field_validator("votes")
    @classmethod
    def _odd(cls, votes: int) -> int:
        if votes % 2 == 0:
            raise ValueError("the number of votes has to be odd")
        return votes


def build_metric(
    config: MetricConfig,
    models: Models,
    tools: Callable[[], Iterable[Tool]],
    shown_chars: int = SHOWN_CHARS,
) -> Metric:
    """The metric of ``config``, with a judge if one of its components needs one.

    >>> config = MetricConfig(weights={"valid": 1, "qor": 2})
    >>> build_metric(config, Models.from_environment(), tools=lambda: []).groups
    ('quality',)

    ``tools`` is called when a sample is judged, and gives at least the tools that the sample calls:
    ``lambda: library.tools``. ``shown_chars`` is how much of each result the judge is shown, in characters. Raises
    UsageError like :class:`Metric` and :class:`Judge`.
    """
    if not groups_of(config.weights):
        return Metric(dict(config.weights), floor=config.floor)
    judge = Judge(models, config.votes, config.temperature, shown_chars)
    return Metric(dict(config.weights), CachedJudge(judge, tools), config.floor)
