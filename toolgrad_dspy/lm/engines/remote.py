"""The engines that carry a request to a model.

DSPy's extension point is an engine pair, one synchronous and one asynchronous (``dspy.clients.engines``). The native
client serves the providers it knows; every other litellm name goes through litellm.
"""

from collections.abc import Collection, Mapping
from dataclasses import replace
from typing import Any
from urllib.parse import urlsplit
from urllib.request import getproxies

from dspy.lm15 import LM15Error, Request, Response, ServerError, UnknownModelError, UnsupportedFeatureError

from toolgrad_dspy.errors import UsageError, one_line
from toolgrad_dspy.lm.engines.anthropic_cache import AsyncCached, Cached, CacheMarks
from toolgrad_dspy.lm.engines.base import AsyncEngine, SyncEngine
from toolgrad_dspy.lm.engines.errors import corrected
from toolgrad_dspy.lm.providers import provider_base, provider_key
from toolgrad_dspy.lm.settings import ModelSettings, environment


def engine_pair(settings: ModelSettings) -> tuple[SyncEngine, AsyncEngine]:
    """The bare engines for a model that is not the rehearsal one. Raises UsageError for a name nothing can route."""
    if settings.engine != "litellm":
        pair = _native_pair(settings)
        if pair is not None:
            return pair
        if settings.engine == "native":
            raise UsageError(f"{settings.model}: the native engine has no such provider; use TOOLGRAD_ENGINE=litellm")
    return _litellm_pair(settings)


# Providers whose address is written without a version: their clients and litellm add it, the native engine does not.
_VERSIONED = frozenset({"anthropic", "ollama"})

# What an engine raises on an answer that is none: an error page, half a document, another structure. The server
# answered, but not in its own format, so it is taken as the server's error, which another try may mend.
_UNREADABLE = (ValueError, LookupError, TypeError, AttributeError)


class Remote:
    """A synchronous engine over a network, whose failures are what the provider meant (``errors.py``).

    What is ``hidden``, the key, is taken out of their texts: a server may repeat it.
    """

    def __init__(self, inner: SyncEngine, hidden: Collection[str] = ()) -> None:
        self._inner = inner
        self._hidden = hidden

    def complete(self, request: Request) -> Response:
        try:
            return self._inner.complete(_plain(request))
        except LM15Error as error:
            found = corrected(error, self._hidden)
            # An error must not become its own cause: whoever follows the causes would never end.
            raise found from (None if found is error else error)
        except _UNREADABLE as error:
            raise corrected(_server_error(error), self._hidden) from error

    def close(self) -> None:
        close: Any = getattr(self._inner, "close", None)
        if close is not None:
            close()


class AsyncRemote:
    """An asynchronous engine over a network, as :class:`Remote`."""

    def __init__(self, inner: AsyncEngine, hidden: Collection[str] = ()) -> None:
        self._inner = inner
        self._hidden = hidden

    async def complete(self, request: Request) -> Response:
        try:
            return await self._inner.complete(_plain(request))
        except LM15Error as error:
            found = corrected(error, self._hidden)
            # An error must not become its own cause: whoever follows the causes would never end.
            raise found from (None if found is error else error)
        except _UNREADABLE as error:
            raise corrected(_server_error(error), self._hidden) from error

    async def aclose(self) -> None:
        close: Any = getattr(self._inner, "aclose", None)
        if close is not None:
            await close()


def _plain(request: Request) -> Request:
    """``request`` without its seed, which numbers samples for the rehearsal model: not every provider takes one."""
    return request if request.config.seed is None else replace(request, config=replace(request.config, seed=None))


def _server_error(error: Exception) -> LM15Error:
    unreadable: LM15Error = ServerError(f"the answer cannot be read: {type(error).__name__}: {one_line(error, 200)}")
    return unreadable


def _native_pair(settings: ModelSettings) -> tuple[SyncEngine, AsyncEngine] | None:
    from dspy.clients.engines import AsyncLM15Engine, LM15Engine
    from dspy.lm15 import RouterConfig, Timeouts

    class ProxiesOnce(RouterConfig):
        """Looks for proxies in the environment now, and not, as the transport does, at every request."""

        def transport_kwargs(self) -> dict[str, Any]:
            proxied = any(getproxies().get(scheme) for scheme in ("http", "https", "all"))
            return {**super().transport_kwargs(), "trust_env": proxied}

    if settings.model.startswith(("azure/", "azure_ai/")):
        return None  # deployments and API versions are litellm's to put together
    try:
        provider = LM15Engine(RouterConfig(env={})).resolve(settings.model).provider
    except (UnknownModelError, UnsupportedFeatureError):
        return None
    environ = environment()
    base, key = _base(settings, environ), _key(settings, environ)
    if base and provider in _VERSIONED and not urlsplit(base).path.strip("/"):
        base = f"{base.rstrip('/')}/v1"
    config = ProxiesOnce(
        env=environ,
        base_urls={provider: base} if base else None,
        api_keys={provider: key} if key else None,
        max_connections=settings.max_parallel,
        timeouts=Timeouts(read=settings.timeout),
    )
    pair = LM15Engine(config), AsyncLM15Engine(config)
    if provider == "anthropic":
        marks = CacheMarks()
        pair = Cached(pair[0], marks), AsyncCached(pair[1], marks)
    hidden = (key,) if key else ()
    return Remote(pair[0], hidden), AsyncRemote(pair[1], hidden)


def _litellm_pair(settings: ModelSettings) -> tuple[SyncEngine, AsyncEngine]:
    import litellm
    from dspy.clients.engines import AsyncLiteLLMEngine, LiteLLMEngine

    litellm.suppress_debug_info = True  # else it prints a list of providers beside its error
    try:
        litellm.get_llm_provider(settings.model)
    except litellm.exceptions.BadRequestError:
        raise UsageError(
            f"unknown model {one_line(settings.model, 80)!r}: there is no such provider; "
            "names are litellm's provider/model, for example openai/gpt-4.1-mini or ollama_chat/llama3.2"
        ) from None
    environ = environment()
    base = _base(settings, environ)
    if base and settings.model.startswith(("anthropic/", "ollama/", "ollama_chat/")):
        base = base.rstrip("/").removesuffix("/v1")
    key = _key(settings, environ)
    options = {
        "timeout": settings.timeout,
        "api_base": base,
        "api_key": key,
        "api_version": environ.get("AZURE_API_VERSION") if settings.model.startswith("azure") else None,
    }
    given = {name: value for name, value in options.items() if value is not None}
    hidden = (key,) if key else ()
    return Remote(LiteLLMEngine(**given), hidden), AsyncRemote(AsyncLiteLLMEngine(**given), hidden)


def _base(settings: ModelSettings, environ: Mapping[str, str]) -> str | None:
    return settings.api_base or provider_base(settings.model, environ)


def _key(settings: ModelSettings, environ: Mapping[str, str]) -> str | None:
    return settings.api_key.get_secret_value() if settings.api_key else provider_key(settings.model, environ)
