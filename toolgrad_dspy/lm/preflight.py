"""A short request to every model before a run, so that a wrong key, name or address is reported once, in one line."""

import re
from collections.abc import Mapping
from dataclasses import replace

from dspy.lm15 import (
    AuthError,
    BillingError,
    Config,
    ConfigurationError,
    LM15Error,
    NotConfiguredError,
    TransportError,
    UnsupportedModelError,
)
from dspy.lm15 import TimeoutError as LateError

from toolgrad_dspy.concurrency import gather_or_cancel
from toolgrad_dspy.errors import ModelError, one_line
from toolgrad_dspy.lm.calls.sender import READY
from toolgrad_dspy.lm.engines.base import AsyncEngine
from toolgrad_dspy.lm.providers import base_variable, key_variable
from toolgrad_dspy.lm.settings import environment

# Seconds. A server that has not answered by then can be reached, and is at work.
CHECK_SECONDS = 30.0


async def check(models: Mapping[str, AsyncEngine], temperature: float | None = None) -> None:
    """Ask each of ``models``, which are given by name, for one word at ``temperature``, all at once.

    Raises ModelError for the first problem that every later call would meet, too: no connection
    ("server_unreachable"), no key or a refused one ("missing_key", "key_refused"), an unknown model
    ("unknown_model"), an account that cannot pay ("account_refused"), a wrong setting ("model_configuration"). A
    server that answers with another error, or takes its time, can be reached; the run waits for it.
    """
    problems = await gather_or_cancel(_problem(name, engine, temperature) for name, engine in models.items())
    first = next((problem for problem in problems if problem), None)
    if first:
        raise first


async def _problem(model: str, engine: AsyncEngine, temperature: float | None) -> ModelError | None:
    request = replace(READY, model=model, config=Config(temperature=temperature))
    try:
        await engine.complete(request)
    except AuthError as error:
        reason = f"the key was refused ({_reason(error)}); set {key_variable(model)} or TOOLGRAD_API_KEY"
        return _model_error(model, reason, "key_refused")
    except NotConfiguredError:
        return _model_error(
            model, f"there is no API key; set {key_variable(model)} or TOOLGRAD_API_KEY", "missing_key"
        )
    except ConfigurationError as error:
        return _model_error(model, _reason(error), "model_configuration")
    except BillingError as error:
        return _model_error(model, f"the provider refuses the account ({_reason(error)})", "account_refused")
    except UnsupportedModelError as error:
        # A wrong path of the URL gives the same status as an unknown model.
        reason = (
            f"not found ({_reason(error)}); check the name in TOOLGRAD_MODEL, "
            f"and the path of the URL in {_base_variables(model)}"
        )
        return _model_error(model, reason, "unknown_model")
    except LateError:
        return None
    except TransportError as error:
        reason = f"cannot reach the server ({_reason(error)}); check {_base_variables(model)} and the network"
        return _model_error(model, reason, "server_unreachable")
    except LM15Error:
        return None
    return None


def _model_error(model: str, reason: str, code: str) -> ModelError:
    return ModelError(f"{model}: {reason}", code=code)


def _base_variables(model: str) -> str:
    """The variables that may hold the address of ``model``: ours, and the provider's own if it is set."""
    environ = environment()
    own = base_variable(model, environ)
    return f"TOOLGRAD_API_BASE or {own}" if own else "TOOLGRAD_API_BASE"


# What the engines add to a provider's words: litellm's class names in front, DSPy's advice on other variables behind.
_WRAPPING = re.compile(
    r"^(?:(?:litellm\.)?\w+(?:Error|Exception)(?: \w+Error)?(?:: | - ))+|\s+(?:credential came from|To fix:).*$", re.S
)
# The message in a provider's JSON.
_MESSAGE = re.compile(r'^\{.*?"message":\s?"([^"]+)"', re.S)


def _reason(error: Exception) -> str:
    """The provider's own words, or the whole text if they cannot be told from the rest."""
    text = _WRAPPING.sub("", str(error))
    message = _MESSAGE.match(text)
    return one_line(message[1] if message else text, 160)
