"""What a model can do beyond plain text: as a probe found, else as the model list says, else unknown."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal
from urllib.parse import urlsplit

from toolgrad_dspy.lm.capabilities import catalog, probe_cache
from toolgrad_dspy.lm.capabilities.catalog import Entry
from toolgrad_dspy.lm.settings import ModelSettings

Source = Literal["unknown", "list", "probe", "embedded"]


@dataclass(frozen=True, slots=True)
class Capabilities:
    """What a model can do; None is unknown.

    ``json_schema``: its answers can be held to a JSON schema. ``call_schema``: also to one of alternatives that are
    told apart by a constant, as the schema of a tool call is. ``json_object``: to JSON of any kind ("JSON mode").
    ``function_calling``: it takes tools, and can be made to call one. ``logprobs``: it returns the log-probabilities
    of the tokens it chose. ``source`` says where this is known from: litellm's model list and the providers'
    documents ("list"), a probe, or the code of the rehearsal model ("embedded").
    """

    json_schema: bool | None = None
    call_schema: bool | None = None
    json_object: bool | None = None
    function_calling: bool | None = None
    logprobs: bool | None = None
    source: Source = "unknown"

    def by_name(self) -> dict[str, bool | None]:
        """The capabilities by name, without the source."""
        return {name: getattr(self, name) for name in NAMES}


NAMES = ("json_schema", "call_schema", "json_object", "function_calling", "logprobs")
UNKNOWN = Capabilities()
EMBEDDED = Capabilities(
    json_schema=False, call_schema=False, json_object=True, function_calling=False, logprobs=False, source="embedded"
)


@dataclass(frozen=True, slots=True)
class _Provider:
    """What a provider documents for all its models, where the list is silent or wrong.

    ``hosts`` are its own, or the ends of them (with a dot in front). A ``call_schema`` of True holds for models that
    take a schema. With a ``json_object`` of None, models that take
    a schema take JSON mode too, and of the others it is unknown. ``logprobs`` True does not hold for models that
    reason.
    """

    hosts: tuple[str, ...] = ()
    json_schema: bool | None = None
    call_schema: bool | None = None
    json_object: bool | None = None
    logprobs: bool | None = None


_PROVIDERS: Mapping[str, _Provider] = {
    # platform.openai.com/docs/guides/structured-outputs; learn.microsoft.com, "Azure OpenAI reasoning models".
    "openai": _Provider(("api.openai.com",), call_schema=True, logprobs=True),
    "azure": _Provider(
        (".openai.azure.com", ".cognitiveservices.azure.com", ".services.ai.azure.com"), logprobs=True
    ),
    # docs.claude.com/en/api/messages: there is no field for either.
    "anthropic": _Provider(("api.anthropic.com",), call_schema=True, json_object=False, logprobs=False),
    # The API has log-probabilities, but they are "not enabled" for most of its models.
    "gemini": _Provider(("generativelanguage.googleapis.com",), call_schema=True),
    # api-docs.deepseek.com: only JSON mode; a schema is refused with status 400, whatever the list says.
    "deepseek": _Provider(("api.deepseek.com",), json_schema=False, json_object=True, logprobs=True),
    # console.groq.com/docs/openai, "Currently unsupported OpenAI features".
    "groq": _Provider(("api.groq.com",), json_object=True, logprobs=False),
    # docs.x.ai: grok-4.20 and later ignore log-probabilities, and nothing older is served.
    "xai": _Provider(("api.x.ai",), logprobs=False),
    # Accepts a schema and ignores it: dspy/_vendor/lm15/compat.py.
    "zai": _Provider(("api.z.ai",), json_schema=False),
    # docs.ollama.com/api/chat; log-probabilities depend on the server's version.
    "ollama": _Provider(json_object=True),
    "ollama_chat": _Provider(json_object=True),
}

_MODES = ("chat", "responses", "completion")


def known(settings: ModelSettings) -> Capabilities:
    """What is known about the model of ``settings`` without asking it.

    The result of a probe takes precedence over the list. The list describes models at their providers' own addresses:
    at another address the same name may be anything, and nothing is known. Raises UsageError for a broken file of
    probe results.
    """
    if settings.is_rehearsal:
        return EMBEDDED
    remembered = probe_cache.recall(settings)
    if remembered is not None:
        return Capabilities(**{name: getattr(remembered, name) for name in NAMES}, source="probe")
    provider_name = settings.model.partition("/")[0]
    provider = _PROVIDERS.get(provider_name, _Provider())
    entry = next(catalog.entries(settings.model), None)
    if entry is None or entry.get("mode") not in _MODES or not _at_home(probe_cache.address(settings), provider):
        return UNKNOWN
    return _from_list(provider_name, provider, entry)


def _from_list(provider_name: str, provider: _Provider, entry: Entry) -> Capabilities:
    # litellm counts Anthropic's older models, too: it turns the schema into a tool, which the native engine does not.
    key = "supports_native_structured_output" if provider_name == "anthropic" else "supports_response_schema"
    json_schema = _first_known(provider.json_schema, entry.get(key))
    reasons = entry.get("supports_reasoning") is True
    return Capabilities(
        json_schema=json_schema,
        call_schema=provider.call_schema if json_schema else json_schema,
        json_object=_first_known(provider.json_object, json_schema or None),
        function_calling=_first_known(entry.get("supports_function_calling")),
        logprobs=None if provider.logprobs and reasons else provider.logprobs,
        source="list",
    )


def _first_known(*values: object) -> bool | None:
    return next((value for value in values if isinstance(value, bool)), None)


def _at_home(base: str | None, provider: _Provider) -> bool:
    """Whether ``base`` is the provider's own address."""
    if base is None:
        return True
    try:
        host = urlsplit(base if "//" in base else f"//{base}").hostname or ""
    except ValueError:
        return False
    return any(host.endswith(own) if own.startswith(".") else host == own for own in provider.hosts)
