"""Asking a model through a predictor: which model and adapter it uses, and what its failures mean.

A predictor is any DSPy module with the fields of one of our signatures: it is called as a module. Failures are sorted
in three: an answer that cannot be used, or a request that is refused (AnswerError, a failed step of the session); no
answer (UnansweredError and UnavailableError: the session is not counted); and what every later call would meet, too
(ModelError, the end of the run). An answer that cannot be used is asked for once more, by the adapter.
"""

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from functools import partial
from typing import Any

import dspy
from anyio import to_thread
from dspy.lm15 import LM15Error
from dspy.utils.exceptions import (
    AdapterParseError,
    ContextWindowExceededError,
    LMAuthError,
    LMBillingError,
    LMConfigurationError,
    LMError,
    LMInvalidRequestError,
    LMNotConfiguredError,
    LMRateLimitError,
    LMServerError,
    LMTimeoutError,
    LMTransportError,
    LMUnexpectedError,
    LMUnsupportedFeatureError,
    LMUnsupportedModelError,
)
from dspy.utils.usage_tracker import track_usage

from toolgrad_dspy.errors import ModelError, ToolGradError, UnansweredError, one_line
from toolgrad_dspy.lm.adapter import is_ours
from toolgrad_dspy.lm.answer_faults import note_fault, played_by
from toolgrad_dspy.lm.calls.allowance import take_call
from toolgrad_dspy.lm.calls.failures import failures_noted
from toolgrad_dspy.lm.models import Models
from toolgrad_dspy.lm.reading import Fault
from toolgrad_dspy.lm.reasking import UnusableAnswerError
from toolgrad_dspy.lm.schemas import held
from toolgrad_dspy.lm.settings import Role
from toolgrad_dspy.lm.user_models import count_usage, is_counted, uncounted

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
# Errors that say nothing about the request.
NO_ANSWER = (LMRateLimitError, LMServerError, LMTimeoutError, LMTransportError)

UNUSABLE = "unusable_answer"
# The code of an AnswerError for a prompt that the model has no room for.
TOO_LONG = ContextWindowExceededError.__name__


class AnswerError(Exception):
    """A model gave no usable answer: a failed step of the session, which is stored with this text. One line.

    ``code`` is ``unusable_answer`` when the model answered twice in a form that does not fit the signature. Otherwise
    the request was refused, and it is the name of DSPy's error class, such as ``LMInvalidRequestError``, with which
    the text begins.
    """

    def __init__(self, message: str, code: str) -> None:
        super().__init__(message)
        self.code = code

    def __reduce__(self) -> tuple[object, ...]:
        return AnswerError, (str(self), self.code)  # Exception's own way passes on the message only


async def ask(predict: dspy.Module, models: Models, role: Role, **inputs: object) -> dspy.Prediction:
    """The answer of the model that plays ``role`` to ``inputs``.

    ``predict`` is a ``dspy.Predict`` or any other module with the same inputs and outputs. A model that was set on it
    answers; else the one that the settings of ``role`` name; else, where they name none, the one that
    ``dspy.configure`` or ``dspy.context`` set; else the rehearsal model. Likewise an adapter that was set in DSPy is
    used unless the settings name one.

    Raises AnswerError when the model refused the request, or answered twice in a form that does not fit,
    UnansweredError when it did not answer, and another ModelError when no call can succeed.

    >>> import asyncio
    >>> from toolgrad_dspy.lm import Models, ask
    >>> from toolgrad_dspy.signatures import Repair
    >>> given = dict.fromkeys(Repair.input_fields, "")
    >>> asyncio.run(ask(dspy.Predict(Repair), Models.from_environment(), "executor", **given)).calls
    []
    """
    adapter = models.adapter(role)
    try:
        with failures_noted() as failures, _settings(predict, models, role):
            prediction: dspy.Prediction | None = await _called(predict, inputs)
    except UnusableAnswerError as error:
        twice = ", twice" if error.again else ""
        raise AnswerError(f"unusable answer{twice}: {error.fault.text}", UNUSABLE) from None
    except AdapterParseError as error:  # an adapter of the user's
        raise AnswerError(f"unusable answer: {one_line(error, 200)}", UNUSABLE) from None
    except FATAL as error:
        raise _fatal(error) from None
    except LMUnexpectedError as error:
        # DSPy wraps whatever it does not know. Ours is on its way out: the budget is spent, or nobody answers.
        if isinstance(error.__cause__, ToolGradError):
            raise error.__cause__ from error.__cause__.__cause__
        # Anything but an engine's own error is a bug, and must not be stored as an answer that failed.
        if not isinstance(error.__cause__, LM15Error):
            raise
        raise _refused(error) from None
    except LMInvalidRequestError as error:
        if not _was_schema(error, models, role, adapter):
            raise _refused(error) from None
        return await ask(predict, models, role, **inputs)
    except NO_ANSWER as error:  # of a model of the user's: ours say so themselves
        raise UnansweredError(f"{type(error).__name__}: {one_line(error, 200)}") from error
    except LMError as error:
        raise _refused(error) from None
    if prediction is None:  # dspy.BestOfN, when every attempt failed
        if failures:
            raise failures[-1]
        raise AnswerError("unusable answer: no attempt gave one", UNUSABLE)
    return prediction


async def _called(predict: dspy.Module, inputs: dict[str, Any]) -> Any:
    # BestOfN and Refine are synchronous: in a thread of their own they do not hold up the other sessions. It is a
    # thread of anyio's, since DSPy streams from no other.
    if hasattr(predict, "aforward"):
        return await predict.acall(**inputs)
    return await to_thread.run_sync(partial(predict, **inputs))


def default_lm(models: Models, role: Role) -> dspy.LM:
    """The model that answers as ``role`` where none is set on the predictor: see :func:`ask`."""
    configured = dspy.settings.lm
    # One of our models is configured by an optimizer, for the prompts that it writes itself.
    if configured is None or is_counted(configured) or "model" in models.settings[role].model_fields_set:
        return models.lm(role)
    return configured


@contextmanager
def _settings(predict: dspy.Module, models: Models, role: Role) -> Iterator[None]:
    """DSPy's settings for a call of ``predict`` as ``role``. The calls of a user's own model are counted, too."""
    lm = default_lm(models, role)
    adapter = dspy.settings.adapter
    if adapter is None or models.settings[role].adapter != "auto" or is_ours(adapter):
        adapter = models.adapter(role)
    with ExitStack() as stack:
        stack.enter_context(played_by(role))
        stack.enter_context(dspy.context(lm=lm, adapter=adapter))
        if own := uncounted(predict, lm):
            take_call()  # one at least; how many the module makes is known afterwards
            call = stack.enter_context(models.budget.model_call())
            stack.callback(count_usage, stack.enter_context(track_usage()), own, models, role, call)
        yield


def _was_schema(error: LMInvalidRequestError, models: Models, role: Role, adapter: dspy.Adapter) -> bool:
    """Whether ``adapter`` had sent a schema with the request that was refused; ``role`` then sends none any more.

    Providers do not say up to which complexity they take a schema, nor that it was the schema that they refused.
    """
    refused = held() is not None and not isinstance(error, ContextWindowExceededError)
    if not refused or not models.without_call_schemas(role, adapter):
        return False
    with played_by(role):
        note_fault(Fault("schema_refused", "the server refused the schema of the answer", one_line(error, 160)))
    return True


def _fatal(error: LMError) -> ModelError:
    code = next(code for kind, code in _FATAL_CODES if isinstance(error, kind))
    reason = one_line(str(error).split("To fix:")[0])  # what follows is advice for users of DSPy
    remedy = (
        "; set TOOLGRAD_API_KEY, or the provider's own variable" if code in ("key_refused", "missing_key") else ""
    )
    return ModelError(reason.rstrip(".") + remedy, code=code)


def _refused(error: LMError) -> AnswerError:
    kind = type(error).__name__
    return AnswerError(f"{kind}: {one_line(error, 200)}", kind)
