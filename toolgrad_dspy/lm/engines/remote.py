"""The engines that carry a request to a model over the network.

DSPy's extension point is a pair of engines, a synchronous and an asynchronous one (``dspy.clients.engines``). DSPy's
native client serves the providers it knows; every other name goes through litellm.
"""

from collections.abc import Collection, Mapping
from dataclasses import replace
from typing import Any
from urllib.parse import urlsplit
from urllib.request import getproxies

from dspy.lm15 import LM15Error, Request, Response, ServerError, UnknownModelError, UnsupportedFeatureError

from toolgrad_dspy.errors import UsageError, one_line
from toolgrad_dspy.lm.engines.anthropic_cache import AsyncCachingEngine, CacheMarks, CachingEngine
from toolgrad_dspy.lm.engines.base import AsyncEngine, SyncEngine
from toolgrad_dspy.lm.engines.errors import corrected
from toolgrad_dspy.lm.providers import provider_base, provider_key
from toolgrad_dspy.lm.settings import ModelSettings, environment


def engine_pair(settings: ModelSettings) -> tuple[SyncEngine, AsyncEngine]:
    """The engines for any model but the rehearsal one, without the gate around them.

    Raises UsageError for a provider that nothing knows ("unknown_model"), or that the engine in the settings does not
    know ("unsupported_provider").
    """
    if settings.engine != "litellm":
        pair = _native_pair(settings)
        if pair is not None:
            return pair
        if settings.engine == "native":
            raise UsageError(
                f"{settings.model}: the native engine does not know this provider; use TOOLGRAD_ENGINE=litellm",
                code="unsupported_provider",
            )
    return _litellm_pair(settings)


# Providers whose address is usually given without a version, which their clients and litellm add to it. The native
# engine does not.
_VERSION_ADDED = frozenset({"anthropic", "ollama"})

# What an engine raises on an answer in another format: an error page, half a document, another structure. It counts
# as an error of the server, which another attempt may not meet.
_UNREADABLE = (ValueError, LookupError, TypeError, AttributeError)


class Remote:
    """A synchronous engine over a network, whose failures say what the provider meant (``errors.py``).

    The texts in ``hidden``, which is the key, are masked in the failures: a server may repeat them.
    """

    def __init__(self, inner: SyncEngine, hidden: Collection[str] = ()) -> None:
        self._inner = inner
        self._hidden = hidden

    def complete(self, request: Request) -> Response:
        try:
            return self._inner.complete(_without_seed(request))
        except LM15Error as error:
            meant = corrected(error, self._hidden)
            # An error must not become its own cause: code that follows the causes would never end.
            raise meant from (None if meant is error else error)
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
            return await self._inner.complete(_without_seed(request))
        except LM15Error as error:
            meant = corrected(error, self._hidden)
            # An error must not become its own cause: code that follows the causes would never end.
            raise meant from (None if meant is error else error)
        except _UNREADABLE as error:
            raise corrected(_server_error(error), self._hidden) from error

    async def aclose(self) -> None:
        close: Any = getattr(self._inner, "aclose", None)
        if close is not None:
            await close()


def _without_seed(request: Request) -> Request:
    """``request`` without its seed, which is for the rehearsal model: not every provider accepts one."""
    return request if request.config.seed is None else replace(request, config=replace(request.config, seed=None))


def _server_error(error: Exception) -> LM15Error:
    unreadable: LM15Error = ServerError(f"the answer cannot be read: {type(error).__name__}: {one_line(error, 200)}")
    return unreadable


def _native_pair(settings: ModelSettings) -> tuple[SyncEngine, AsyncEngine] | None:
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
    environ = environment()
    base, key = _base(settings, environ), _key(settings, environ)
    if base and provider in _VERSION_ADDED and not urlsplit(base).path.strip("/"):
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
        pair = CachingEngine(pair[0], marks), AsyncCachingEngine(pair[1], marks)
    hidden = (key,) if key else ()
    return Remote(pair[0], hidden), AsyncRemote(pair[1], hidden)


def _litellm_pair(settings: ModelSettings) -> tuple[SyncEngine, AsyncEngine]:
    import litellm
    from dspy.clients.engines import AsyncLiteLLMEngine, LiteLLMEngine

    litellm.suppress_debug_info = True  # otherwise it prints a list of providers
    try:
        litellm.get_llm_provider(settings.model)
    except litellm.exceptions.BadRequestError:
        raise UsageError(
            f"unknown model {one_line(settings.model, 80)!r}: there is no such provider; "
            "names are litellm's provider/model, for example openai/gpt-4.1-mini or ollama_chat/llama3.2",
            code="unknown_model",
        ) from None
    environ = environment()
    base = _base(settings, environ)
    if base and settings.model.startswith(("anthropic/", "ollama/", "ollama_chat/")):
        base = base.rstrip("/").removesuffix("/v1")  # litellm adds the version itself
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
