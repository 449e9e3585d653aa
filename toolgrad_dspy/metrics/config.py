"""The settings of the metric, and the metric that they come to."""

from collections.abc import Callable, Iterable
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field, field_validator

from toolgrad_dspy.judging.cache import SessionJudge
from toolgrad_dspy.judging.judge import Judge
from toolgrad_dspy.lm import Models
from toolgrad_dspy.metrics.components import WEIGHTS, groups_of
from toolgrad_dspy.metrics.metric import Metric
from toolgrad_dspy.records import Tool


class MetricConfig(BaseModel):
    """What the metric weighs, and how the judge is asked.

    - ``weights``: the parts that count, in place of the default ones.
    - ``votes``: how often each question is put to the judge; odd.
    - ``temperature``: the judge's, 0 to 2; None is what the role ``judge`` is set to.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    # Strict: YAML's yes is a bool, which would pass for 1.
    weights: dict[str, Annotated[float, Field(strict=True, ge=0, allow_inf_nan=False)]] = Field(
        default_factory=lambda: dict(WEIGHTS)
    )
    votes: Annotated[int, Field(strict=True, ge=1)] = 1
    temperature: Annotated[float, Field(strict=True, ge=0, le=2)] | None = None

    @field_validator("weights")
    @classmethod
    def _some_weight(cls, weights: dict[str, float]) -> dict[str, float]:
        if not any(weights.values()):
            raise ValueError("one weight has to be above 0")
        return weights

    @field_validator("votes")
    @classmethod
    def _decided(cls, votes: int) -> int:
        if votes % 2 == 0:
            raise ValueError("the number of votes has to be odd")
        return votes


def build_metric(config: MetricConfig, models: Models, tools: Callable[[], Iterable[Tool]]) -> Metric:
    """The metric of ``config``, with a judge if one of its parts needs one.

    ``tools`` gives the tools of the samples when one is judged: ``lambda: library.tools``. Raises UsageError.
    """
    if not groups_of(config.weights):
        return Metric(dict(config.weights))
    judge = Judge(models, config.votes, config.temperature)
    return Metric(dict(config.weights), SessionJudge(judge, tools))
