"""Asking every model for a word before a run: what no session could mend is told once, in one line."""

import asyncio
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
from toolgrad_dspy.lm.gate import AsyncEngine
from toolgrad_dspy.lm.providers import key_variable

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
            "and the path of the URL in TOOLGRAD_API_BASE"
        )
    except LateError:
        return None
    except TransportError as error:
        return f"{model}: the server cannot be reached ({_said(error)}); check TOOLGRAD_API_BASE and the network"
    except LM15Error:
        return None
    return None


def _said(error: Exception) -> str:
    return one_line(error, 160)
