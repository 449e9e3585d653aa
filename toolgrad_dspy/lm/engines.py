"""The engines that carry a request to a model, each wrapped in a meter.

DSPy's extension point is an engine pair, one synchronous and one asynchronous (``dspy.clients.engines``). The native
client serves the providers it knows; every other litellm name goes through litellm.
"""

import asyncio
from typing import Any, Protocol, Self
from weakref import WeakKeyDictionary

from dspy.lm15 import Request, Response, UnknownModelError, UnsupportedFeatureError

from toolgrad_dspy.errors import UsageError, one_line
from toolgrad_dspy.lm.meter import Meter, session_meter
from toolgrad_dspy.lm.settings import ModelSettings, environment


class SyncEngine(Protocol):
    """What DSPy calls from a thread."""

    def complete(self, request: Request) -> Response: ...


class AsyncEngine(Protocol):
    """What DSPy awaits."""

    async def complete(self, request: Request) -> Response: ...


class _Metered:
    # Read by DSPy when it chooses how to format a request. Both are asked for nothing but text here.
    supports_function_calling = False
    supports_response_schema = False
    supports_reasoning = False
    supported_params = frozenset({"temperature", "max_tokens", "stop", "seed"})

    def __init__(self, inner: Any, role: str, total: Meter) -> None:
        self._inner = inner
        self._role = role
        self._total = total

    def __deepcopy__(self, memo: dict[int, object]) -> Self:
        return self  # optimizers copy programs; the connection and the count stay one

    def close(self) -> None:
        """Close the connections, if the engine holds any."""
        if hasattr(self._inner, "close"):
            self._inner.close()

    def _count(self, response: Response) -> Response:
        usage = response.usage
        given, answered = usage.input_tokens or 0, usage.output_tokens or 0
        self._total.add(self._role, given, answered)
        session = session_meter()
        if session is not None:
            session.add(self._role, given, answered)
        return response


class MeteredEngine(_Metered):
    """A synchronous engine that counts."""

    def complete(self, request: Request) -> Response:
        response: Response = self._inner.complete(request)
        return self._count(response)


class AsyncMeteredEngine(_Metered):
    """An asynchronous engine that counts, with at most ``max_parallel`` requests under way per event loop."""

    def __init__(self, inner: Any, role: str, total: Meter, max_parallel: int) -> None:
        super().__init__(inner, role, total)
        self._max_parallel = max_parallel
        # Weak: a loop that is gone must not leave its semaphore to a new one at the same address.
        self._gates: WeakKeyDictionary[asyncio.AbstractEventLoop, asyncio.Semaphore] = WeakKeyDictionary()

    async def complete(self, request: Request) -> Response:
        loop = asyncio.get_running_loop()
        if loop not in self._gates:
            self._gates[loop] = asyncio.Semaphore(self._max_parallel)
        async with self._gates[loop]:
            response: Response = await self._inner.complete(request)
        return self._count(response)

    async def aclose(self) -> None:
        """Close the connections that were opened on this event loop, if the engine holds any."""
        if hasattr(self._inner, "aclose"):
            await self._inner.aclose()


def engine_pair(settings: ModelSettings) -> tuple[SyncEngine, AsyncEngine]:
    """The bare engines for a model that is not the rehearsal one. Raises UsageError for a name nothing can route."""
    if settings.engine != "litellm":
        pair = _native_pair(settings)
        if pair is not None:
            return pair
        if settings.engine == "native":
            raise UsageError(f"{settings.model}: the native engine has no such provider; use TOOLGRAD_ENGINE=litellm")
    return _litellm_pair(settings)


def _native_pair(settings: ModelSettings) -> tuple[SyncEngine, AsyncEngine] | None:
    from dspy.clients.engines import AsyncLM15Engine, LM15Engine
    from dspy.lm15 import RouterConfig, Timeouts

    try:
        provider = LM15Engine(RouterConfig(env={})).resolve(settings.model).provider
    except (UnknownModelError, UnsupportedFeatureError):
        return None
    config = RouterConfig(
        env=environment(),
        base_urls={provider: settings.api_base} if settings.api_base else None,
        api_keys={provider: settings.api_key.get_secret_value()} if settings.api_key else None,
        max_connections=settings.max_parallel,
        timeouts=Timeouts(read=settings.timeout),
    )
    return LM15Engine(config), AsyncLM15Engine(config)


def _litellm_pair(settings: ModelSettings) -> tuple[SyncEngine, AsyncEngine]:
    import litellm
    from dspy.clients.engines import AsyncLiteLLMEngine, LiteLLMEngine

    litellm.suppress_debug_info = True  # else it prints a list of providers beside its error
    try:
        provider = litellm.get_llm_provider(settings.model)[1]
    except litellm.exceptions.BadRequestError:
        raise UsageError(
            f"unknown model {one_line(settings.model, 80)!r}: there is no such provider; "
            "names are litellm's provider/model, for example openai/gpt-4.1-mini or ollama_chat/llama3.2"
        ) from None
    key = (
        settings.api_key.get_secret_value() if settings.api_key else environment().get(f"{provider.upper()}_API_KEY")
    )
    options = {"timeout": settings.timeout, "api_base": settings.api_base, "api_key": key}
    given = {name: value for name, value in options.items() if value is not None}
    return LiteLLMEngine(**given), AsyncLiteLLMEngine(**given)
