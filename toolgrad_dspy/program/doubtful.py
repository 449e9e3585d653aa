"""Results that the rules leave in doubt: the model of the role ``judge`` decides, where there is one."""

from functools import partial

import dspy

from toolgrad_dspy.concurrency import beside
from toolgrad_dspy.errors import one_line
from toolgrad_dspy.lm.ask import AnswerError, ask, default_lm
from toolgrad_dspy.lm.calls.allowance import CallLimitError
from toolgrad_dspy.lm.models import Models
from toolgrad_dspy.records import Observation, Tool, ToolCall, Verdict
from toolgrad_dspy.rendering import abridge, line, schema_line
from toolgrad_dspy.signatures import JudgeResult
from toolgrad_dspy.tools.verdict import Context, classify, doubt

JUDGED = "judge"
"""The rule of a verdict that a model has given."""

# The rehearsal model's name. It cannot read a result, and is not asked.
_REHEARSAL = "toolgrad/rehearsal"


class ResultJudge:
    """Verdicts on results: the rules', and a model's on what they leave in doubt.

    It is no ``dspy.Module``, so that optimizers do not tune what they are measured with.
    """

    def __init__(self, models: Models) -> None:
        self._models = models
        self._predict = dspy.Predict(JudgeResult)

    async def verdict(
        self, tool: Tool, call: ToolCall, observation: Observation, context: Context, shown: int
    ) -> Verdict:
        """Whether ``call`` succeeded. ``shown`` is how many characters of the result a model sees.

        The rules' verdict stands where nothing is in doubt, no model is configured, its answer cannot be used, or
        the session may make no more LM calls. Raises what ends the run.
        """
        verdict = await beside(observation.is_large, partial(classify, observation, context))
        # Nobody answered a simulated call, so there is nothing to be found out about it.
        if observation.simulated or doubt(observation, verdict, context) is None or not self._is_there:
            return verdict
        try:
            answer = await ask(
                self._predict,
                self._models,
                "judge",
                tool=schema_line(tool),
                call=line(call.arguments),
                result=line(abridge(observation.value, shown)),
            )
        except (AnswerError, CallLimitError):
            return verdict
        if not answer.failed:
            return Verdict(outcome="ok", rule=JUDGED)
        return Verdict(outcome="failed", rule=JUDGED, reason=one_line(f"{observation.text} ({answer.reason})"))

    @property
    def _is_there(self) -> bool:
        return str(default_lm(self._models, "judge").model) != _REHEARSAL
