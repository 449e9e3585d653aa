"""Asking every model for a word before a run: what no session could mend is told once, in one line."""

import asyncio
import re
from collections.abc import Mapping

from dspy.lm15 import (
    AuthError,
    BillingError,
    ConfigurationError,
    LM15Error,
    Message,
    NotConfiguredError,
    Request,
    TransportError,
    UnsupportedModelError,
)
from dspy.lm15 import TimeoutError as LateError

from toolgrad_dspy.errors import ModelError, one_line
from toolgrad_dspy.lm.engines.base import AsyncEngine
from toolgrad_dspy.lm.providers import base_variable, key_variable
from toolgrad_dspy.lm.settings import environment

# Seconds in which a server that can be reached has answered, or is at least at work.
PATIENCE = 30.0


async def check(models: Mapping[str, AsyncEngine]) -> None:
    """Ask each of ``models``, by name, for a word, all at once. Raises ModelError.

    It does so for what no later call can mend: no connection, no or a refused key, no such model. A server that
    answers with another error, or takes its time, is there: that is for the run to wait out.
    """
    problems = await asyncio.gather(*(_problem(name, engine) for name, engine in models.items()))
    found = next((problem for problem in problems if problem), None)
    if found:
        raise ModelError(found)


async def _problem(model: str, engine: AsyncEngine) -> str | None:
    request = Request(model=model, messages=(Message.user("Reply with the word: ready"),))
    try:
        await engine.complete(request)
    except AuthError as error:
        return f"{model}: the key was refused ({_said(error)}); set {key_variable(model)} or TOOLGRAD_API_KEY"
    except NotConfiguredError:
        return f"{model}: there is no API key; set {key_variable(model)} or TOOLGRAD_API_KEY"
    except ConfigurationError as error:
        return f"{model}: {_said(error)}"
    except BillingError as error:
        return f"{model}: the account cannot pay ({_said(error)})"
    except UnsupportedModelError as error:
        return (
            f"{model}: not found ({_said(error)}); check the name in TOOLGRAD_MODEL, "
            f"and the path of the URL in {_base_name(model)}"
        )
    except LateError:
        return None
    except TransportError as error:
        return f"{model}: the server cannot be reached ({_said(error)}); check {_base_name(model)} and the network"
    except LM15Error:
        return None
    return None


def _base_name(model: str) -> str:
    """The variable that the address of ``model`` is in: a provider's own, where only that is set."""
    environ = environment()
    own = base_variable(model, environ)
    return f"TOOLGRAD_API_BASE or {own}" if own else "TOOLGRAD_API_BASE"


# What the engines wrap around a provider's words: litellm's class names, and DSPy's advice on other variables.
_WRAPPING = re.compile(
    r"^(?:(?:litellm\.)?\w+(?:Error|Exception)(?: \w+Error)?(?:: | - ))+|\s+(?:credential came from|To fix:).*$", re.S
)
# The message in a provider's JSON.
_MESSAGE = re.compile(r'^\{.*?"message":\s?"([^"]+)"', re.S)


def _said(error: Exception) -> str:
    text = _WRAPPING.sub("", str(error))
    found = _MESSAGE.match(text)
    return one_line(found[1] if found else text, 160)
