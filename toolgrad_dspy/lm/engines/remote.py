"""The engines that carry a request to a model over the network.

DSPy's native client serves the providers it knows; every other name goes through litellm.
"""

import json
from collections.abc import Collection, Iterator
from contextlib import contextmanager
from dataclasses import replace
from typing import Any
from urllib.parse import urlsplit
from urllib.request import getproxies

from dspy.lm15 import LM15Error, Request, Response, ServerError, UnknownModelError, UnsupportedFeatureError

from toolgrad_dspy.errors import UsageError, one_line
from toolgrad_dspy.lm.access import access
from toolgrad_dspy.lm.engines.anthropic_cache import CacheMarks, with_cached_input
from toolgrad_dspy.lm.engines.base import AsyncConnection
from toolgrad_dspy.lm.engines.errors import corrected, no_answer
from toolgrad_dspy.lm.engines.per_loop import PerLoop
from toolgrad_dspy.lm.providers import checked_name
from toolgrad_dspy.lm.settings import ModelSettings, environment
from toolgrad_dspy.secrets import Redactor


def remote_engine(settings: ModelSettings) -> AsyncConnection:
    """The engine for any model but the rehearsal one, without the gate around it.

    Raises UsageError for a name that is not ``provider/model`` or whose provider nothing knows ("unknown_model"), and
    for a provider that the engine in the settings does not know ("unsupported_provider").
    """
    checked_name(settings.model)
    if settings.engine != "litellm":
        engine = _native(settings)
        if engine is not None:
            return engine
        if settings.engine == "native":
            raise UsageError(
                f"{settings.model}: the native engine does not know this provider; use TOOLGRAD_ENGINE=litellm",
                code="unsupported_provider",
            )
    return _litellm(settings)


# Providers whose address is usually given without a version, which their clients and litellm add to it. The native
# engine does not.
_VERSION_ADDED = frozenset({"anthropic", "ollama"})

# What an engine raises on an answer in another format: an error page, half a document, another structure. It counts
# as an error of the server, which another attempt may not meet.
_UNREADABLE = (ValueError, LookupError, TypeError, AttributeError)


class Remote:
    """An engine over a network, whose failures say what the provider meant (``errors.py``).

    The texts in ``hidden``, which is the key, are masked in the failures: a server may repeat them. With ``marks``
    the requests are marked for Anthropic's prompt cache. ``foreign`` are exceptions of the engine's own library that
    it lets through when it cannot read an answer.
    """

    def __init__(
        self,
        inner: AsyncConnection,
        hidden: Collection[str] = (),
        marks: CacheMarks | None = None,
        foreign: tuple[type[Exception], ...] = (),
    ) -> None:
        self._inner = inner
        self._hidden = hidden
        self._redactor = Redactor(hidden)
        self._marks = marks
        self._unreadable: tuple[type[Exception], ...] = (*_UNREADABLE, *foreign)

    async def complete(self, request: Request) -> Response:
        plain = _without_seed(request)
        prepared = self._marks.marked(plain) if self._marks else plain
        with self._failures():
            response = await self._inner.complete(prepared)
        if no_answer(response):
            raise self._no_answer_error(response)
        return with_cached_input(response) if self._marks else response

    async def aclose(self) -> None:
        await self._inner.aclose()

    @contextmanager
    def _failures(self) -> Iterator[None]:
        """Wraps the engine's attempt and nothing of ours: a bug of ours must not look like one of the server's."""
        try:
            yield
        except LM15Error as error:
            meant = corrected(error, self._hidden)
            # An error must not become its own cause: code that follows the causes would never end.
            raise meant from (None if meant is error else error)
        except self._unreadable as error:
            raise corrected(self._server_error(error), self._hidden) from error

    def _no_answer_error(self, response: Response) -> LM15Error:
        body = self._redactor.text(json.dumps(response.provider_data, default=str))
        error: LM15Error = ServerError(f"there is no answer in the body, which is {one_line(body, 200)}", status=200)
        return error

    def _server_error(self, error: Exception) -> LM15Error:
        # Masked before it is cut: half a key is not recognised.
        said = f"{type(error).__name__}: {one_line(self._redactor.text(str(error)), 200)}"
        unreadable: LM15Error = ServerError(f"the answer cannot be read: {said}")
        return unreadable


def _without_seed(request: Request) -> Request:
    """``request`` without its seed, which is for the rehearsal model: not every provider accepts one."""
    return request if request.config.seed is None else replace(request, config=replace(request.config, seed=None))


def _native(settings: ModelSettings) -> Remote | None:
    from dspy.clients.engines import AsyncLM15Engine, LM15Engine
    from dspy.lm15 import RouterConfig, Timeouts

    class ProxiesOnce(RouterConfig):
        """Looks for proxies in the environment once. The transport would do so at every request, which is slow."""

        def transport_kwargs(self) -> dict[str, Any]:
            proxied = any(getproxies().get(scheme) for scheme in ("http", "https", "all"))
            return {**super().transport_kwargs(), "trust_env": proxied}

    if settings.model.startswith(("azure/", "azure_ai/")):
        return None  # litellm knows how deployments and API versions make up Azure's addresses
    try:
        provider = LM15Engine(RouterConfig(env={})).resolve(settings.model).provider
    except (UnknownModelError, UnsupportedFeatureError):
        return None
    reached = access(settings)
    base, key = reached.base, reached.key
    if base and provider in _VERSION_ADDED and not urlsplit(base).path.strip("/"):
        base = f"{base.rstrip('/')}/v1"
    config = ProxiesOnce(
        env=environment(),
        base_urls={provider: base} if base else None,
        api_keys={provider: key} if key else None,
        max_connections=settings.max_parallel,
        timeouts=Timeouts(read=settings.timeout),
    )
    hidden = reached.secrets
    marks = CacheMarks() if provider == "anthropic" else None
    return Remote(PerLoop(lambda: AsyncLM15Engine(config)), hidden, marks)


def _litellm(settings: ModelSettings) -> Remote:
    import litellm
    from dspy.clients.engines import AsyncLiteLLMEngine

    litellm.suppress_debug_info = True  # otherwise it prints a list of providers
    try:
        litellm.get_llm_provider(settings.model)
    except litellm.exceptions.BadRequestError:
        raise UsageError(
            f"unknown model {one_line(settings.model, 80)!r}: there is no such provider; "
            "names are litellm's provider/model, for example openai/gpt-4.1-mini or ollama_chat/llama3.2",
            code="unknown_model",
        ) from None
    reached = access(settings)
    base = reached.base
    if base and settings.model.startswith(("anthropic/", "ollama/", "ollama_chat/")):
        base = base.rstrip("/").removesuffix("/v1")  # litellm adds the version itself
    options = {
        "timeout": settings.timeout,
        "api_base": base,
        "api_key": reached.key,
        "api_version": environment().get("AZURE_API_VERSION") if settings.model.startswith("azure") else None,
    }
    given = {name: value for name, value in options.items() if value is not None}
    hidden = reached.secrets
    # For a body that holds an error with a status of its own making.
    foreign = (litellm.exceptions.APIError,)
    return Remote(PerLoop(lambda: AsyncLiteLLMEngine(**given)), hidden, foreign=foreign)
