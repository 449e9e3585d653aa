"""Asking a model through a predictor, with one re-ask when its answer cannot be parsed.

DSPy's adapters raise when an answer does not fit the signature, and nothing tells the model what was wrong. Here the
model is asked once more, with the error text in an extra input field. Failures are sorted in two: those of this call
(AnswerError, a failed step of the session) and those of every later call too (ModelError, the end of the run).
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
from toolgrad_dspy.lm.adapter import described_as, using_adapter
from toolgrad_dspy.lm.models import Models
from toolgrad_dspy.lm.settings import Role

Signature = type[dspy.Signature]

# Errors that every later call would meet again, with the code of the ModelError each becomes. The first class that
# matches counts: a missing configuration is a configuration error, too.
_FATAL_CODES: tuple[tuple[type[LMError], str], ...] = (
    (LMAuthError, "key_refused"),
    (LMBillingError, "account_refused"),
    (LMNotConfiguredError, "missing_key"),
    (LMConfigurationError, "model_configuration"),
    (LMUnsupportedModelError, "unknown_model"),
    (LMUnsupportedFeatureError, "unsupported_feature"),
)
FATAL = tuple(kind for kind, _ in _FATAL_CODES)

UNUSABLE = "unusable_answer"

# The wording of the chat adapter, and that of the JSON adapter.
_UNREADABLE = re.compile(r"Failed to parse field (\w+)(?:: | with value .*Error message: )(.*)", re.DOTALL)


class AnswerError(Exception):
    """A model gave no usable answer: a failed step of the session, which is stored with this text. One line.

    ``code`` is ``unusable_answer`` when the model answered twice in a form that does not fit the signature. Otherwise
    there was no answer, and it is the name of DSPy's error class, such as ``LMRateLimitError``, with which the text
    begins.
    """

    def __init__(self, message: str, code: str) -> None:
        super().__init__(message)
        self.code = code

    def __reduce__(self) -> tuple[object, ...]:
        return AnswerError, (str(self), self.code)  # Exception's own way passes on the message only


class _UnusableAnswerError(Exception):
    """An answer that does not fit the signature. The text says what is wrong, to the model."""


async def ask(
    predict: dspy.Predict, signature: Signature, models: Models, role: Role, **inputs: object
) -> dspy.Prediction:
    """The answer of the model that plays ``role`` to ``inputs`` under ``signature``.

    ``signature`` is the predictor's own or one derived from it. A predictor that has a model uses that one instead.
    Raises AnswerError when the model did not answer, or twice in a form that does not fit, and ModelError when no
    call can succeed.

    >>> import asyncio
    >>> from toolgrad_dspy.lm import Models, ask
    >>> from toolgrad_dspy.signatures import Repair
    >>> given = dict.fromkeys(Repair.input_fields, "")
    >>> asyncio.run(ask(dspy.Predict(Repair), Repair, Models.from_environment(), "executor", **given)).calls
    []
    """
    try:
        return await _call(predict, signature, models, role, inputs)
    except _UnusableAnswerError as error:
        problem = str(error)
    again = signature
    if "problem" not in signature.input_fields:
        field = dspy.InputField(desc="what was wrong with your last answer")
        again = described_as(signature.append("problem", field, str), signature)
    elif inputs.get("problem"):  # the caller has a complaint of its own, which still holds
        problem = f"{inputs['problem']}; {problem}"
    try:
        return await _call(predict, again, models, role, {**inputs, "problem": problem})
    except _UnusableAnswerError as error:
        raise AnswerError(f"unusable answer, twice: {error}", UNUSABLE) from None


async def _call(
    predict: dspy.Predict, signature: Signature, models: Models, role: Role, inputs: dict[str, object]
) -> dspy.Prediction:
    # Some optimizers give a predictor a model of its own, at another temperature for instance.
    chosen = {} if predict.lm is not None else {"lm": models.lm(role)}
    try:
        with using_adapter(models.adapter(role)):
            prediction: dspy.Prediction = await predict.acall(signature=signature, **chosen, **inputs)
    except AdapterParseError as error:
        raise _UnusableAnswerError(_complaint(error)) from None
    except RecursionError:  # the JSON parser's: a model that repeats itself opens brackets without end
        raise _UnusableAnswerError("The answer is nested too deeply.") from None
    except FATAL as error:
        raise _fatal(error) from None
    except LMUnexpectedError as error:
        # DSPy wraps whatever it does not know. Ours is on its way out: the budget is spent, or the server is gone.
        if isinstance(error.__cause__, ToolGradError):
            raise error.__cause__ from None
        # Anything but an engine's own error is a bug, and must not be stored as an answer that failed.
        if not isinstance(error.__cause__, LM15Error):
            raise
        raise _unanswered(error) from None
    except LMError as error:
        raise _unanswered(error) from None
    return prediction


def _fatal(error: LMError) -> ModelError:
    code = next(code for kind, code in _FATAL_CODES if isinstance(error, kind))
    reason = one_line(str(error).split("To fix:")[0])  # what follows is advice for users of DSPy
    remedy = (
        "; set TOOLGRAD_API_KEY, or the provider's own variable" if code in ("key_refused", "missing_key") else ""
    )
    return ModelError(reason.rstrip(".") + remedy, code=code)


def _unanswered(error: LMError) -> AnswerError:
    kind = type(error).__name__
    return AnswerError(f"{kind}: {one_line(error, 200)}", kind)


def _complaint(error: AdapterParseError) -> str:
    """What was wrong, for the model: the adapter's message without the answer and the parts of the prompt in it."""
    message = str(error).split(f"Adapter {error.adapter_name} failed to parse the LM response.", 1)[0].strip()
    field = _UNREADABLE.match(message)
    if field:
        return one_line(f"The field {field[1]} cannot be read: {field[2]}", 600)
    present = error.parsed_result if isinstance(error.parsed_result, dict) else {}
    absent = [name for name in error.signature.output_fields if name not in present]
    return f"The answer lacks the fields: {', '.join(absent)}." if absent else one_line(message, 600)
