"""Asking a model through a predictor: one re-ask when its answer cannot be parsed, errors sorted.

DSPy's adapters raise when an answer does not fit the signature, and nothing tells the model what was wrong. Here it
is asked once more, with the error text in an extra input field; then it is a failed step of the session.
"""

import re

import dspy
from dspy.lm15 import LM15Error
from dspy.utils.exceptions import (
    AdapterParseError,
    LMAuthError,
    LMBillingError,
    LMConfigurationError,
    LMError,
    LMNotConfiguredError,
    LMUnexpectedError,
    LMUnsupportedFeatureError,
    LMUnsupportedModelError,
)

from toolgrad_dspy.errors import ModelError, ToolGradError, one_line
from toolgrad_dspy.lm.adapter import described_as, spoken
from toolgrad_dspy.lm.models import Models
from toolgrad_dspy.lm.settings import Role

Signature = type[dspy.Signature]

# What no later call can mend: the run ends.
FATAL = (
    LMAuthError,
    LMBillingError,
    LMNotConfiguredError,
    LMConfigurationError,
    LMUnsupportedModelError,
    LMUnsupportedFeatureError,
)

# What a key would mend.
KEYLESS = (LMAuthError, LMNotConfiguredError)

# How the chat and the JSON adapter word it.
_UNREADABLE = re.compile(r"Failed to parse field (\w+)(?:: | with value .*Error message: )(.*)", re.DOTALL)


class AnswerError(Exception):
    """A model gave no usable answer: a failed step. The text is the reason, one line."""


class _UnusableAnswerError(Exception):
    """An answer that does not fit the signature; the text tells the model why."""


async def ask(
    predict: dspy.Predict, signature: Signature, models: Models, role: Role, **inputs: object
) -> dspy.Prediction:
    """The answer of the model that plays ``role`` to ``inputs`` under ``signature``.

    ``signature`` is the predictor's own or one derived from it. A predictor with a model of its own keeps to that.
    Raises AnswerError when the model failed twice to answer in form or did not answer, and ModelError when no call
    can succeed.
    """
    try:
        return await _call(predict, signature, models, role, inputs)
    except _UnusableAnswerError as error:
        problem = str(error)
    again = signature
    if "problem" not in signature.input_fields:
        field = dspy.InputField(desc="what was wrong with your last answer")
        again = described_as(signature.append("problem", field, str), signature)
    elif inputs.get("problem"):
        problem = f"{inputs['problem']}; {problem}"
    try:
        return await _call(predict, again, models, role, {**inputs, "problem": problem})
    except _UnusableAnswerError as error:
        raise AnswerError(f"unusable answer, twice: {error}") from None


async def _call(
    predict: dspy.Predict, signature: Signature, models: Models, role: Role, inputs: dict[str, object]
) -> dspy.Prediction:
    chosen = {} if predict.lm is not None else {"lm": models.lm(role)}
    try:
        with spoken(models.adapter(role)):
            prediction: dspy.Prediction = await predict.acall(signature=signature, **chosen, **inputs)
    except AdapterParseError as error:
        raise _UnusableAnswerError(_complaint(error)) from None
    except RecursionError:  # a model that repeats itself opens brackets without end
        raise _UnusableAnswerError("The answer is nested too deeply.") from None
    except FATAL as error:
        # Up to the advice, which is for users of DSPy.
        said = one_line(str(error).split("To fix:")[0])
        hint = "; set TOOLGRAD_API_KEY, or the provider's own variable" if isinstance(error, KEYLESS) else ""
        raise ModelError(said.rstrip(".") + hint) from None
    except LMUnexpectedError as error:
        if isinstance(error.__cause__, ToolGradError):
            raise error.__cause__ from None  # ours, on its way out: the budget is used up
        if not isinstance(error.__cause__, LM15Error):
            raise  # an engine broke: a bug, not an answer
        raise AnswerError(f"{type(error).__name__}: {one_line(error, 200)}") from None
    except LMError as error:
        raise AnswerError(f"{type(error).__name__}: {one_line(error, 200)}") from None
    return prediction


def _complaint(error: AdapterParseError) -> str:
    """What was wrong, for the model: the adapter's message without the answer and the prompt parts it repeats."""
    message = str(error).split(f"Adapter {error.adapter_name} failed to parse the LM response.", 1)[0].strip()
    field = _UNREADABLE.match(message)
    if field:
        return one_line(f"The field {field[1]} cannot be read: {field[2]}", 600)
    present = error.parsed_result if isinstance(error.parsed_result, dict) else {}
    absent = [name for name in error.signature.output_fields if name not in present]
    return f"The answer lacks the fields: {', '.join(absent)}." if absent else one_line(message, 600)
