"""What a model can do beyond plain text: probed once, else known from the model list, else not known."""

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
    """What can be asked of a model; None is: not known.

    ``json_schema``: its answers can be held to a JSON schema. ``json_object``: to JSON of any kind, "JSON mode".
    ``function_calling``: it takes tools, and can be made to call one. ``logprobs``: it tells the log-probabilities of
    the tokens it chose. ``source``: nowhere, litellm's model list and the providers' documents, a probe, or the
    embedded rehearsal model.
    """

    json_schema: bool | None = None
    json_object: bool | None = None
    function_calling: bool | None = None
    logprobs: bool | None = None
    source: Source = "unknown"

    def found(self) -> dict[str, bool | None]:
        """The capabilities by name, without the source."""
        return {name: getattr(self, name) for name in NAMES}


NAMES = ("json_schema", "json_object", "function_calling", "logprobs")
UNKNOWN = Capabilities()
EMBEDDED = Capabilities(
    json_schema=False, json_object=True, function_calling=False, logprobs=False, source="embedded"
)


@dataclass(frozen=True, slots=True)
class _Provider:
    """What a provider documents for all its models, where the list says nothing or errs.

    ``hosts`` are its own, or the ends of them. ``json_object`` None: models that take a schema take JSON mode too, of
    the others nothing is known. ``logprobs`` True does not hold for models that reason.
    """

    hosts: tuple[str, ...] = ()
    json_schema: bool | None = None
    json_object: bool | None = None
    logprobs: bool | None = None


_PROVIDERS: Mapping[str, _Provider] = {
    # platform.openai.com/docs/guides/structured-outputs; learn.microsoft.com, "Azure OpenAI reasoning models".
    "openai": _Provider(("api.openai.com",), logprobs=True),
    "azure": _Provider(
        (".openai.azure.com", ".cognitiveservices.azure.com", ".services.ai.azure.com"), logprobs=True
    ),
    # docs.claude.com/en/api/messages: there is no field for either.
    "anthropic": _Provider(("api.anthropic.com",), json_object=False, logprobs=False),
    # Log-probabilities are in the API, and "not enabled" for most of its models.
    "gemini": _Provider(("generativelanguage.googleapis.com",)),
    # api-docs.deepseek.com: only JSON mode; a schema is refused with status 400, whatever the list says.
    "deepseek": _Provider(("api.deepseek.com",), json_schema=False, json_object=True, logprobs=True),
    # console.groq.com/docs/openai, "Currently unsupported OpenAI features".
    "groq": _Provider(("api.groq.com",), json_object=True, logprobs=False),
    # docs.x.ai: log-probabilities are ignored by grok-4.20 and later, all that is served today.
    "xai": _Provider(("api.x.ai",), logprobs=False),
    # Accepts a schema and ignores it: dspy/_vendor/lm15/compat.py.
    "zai": _Provider(("api.z.ai",), json_schema=False),
    # docs.ollama.com/api/chat; log-probabilities depend on the server's version.
    "ollama": _Provider(json_object=True),
    "ollama_chat": _Provider(json_object=True),
}

_MODES = ("chat", "responses", "completion")


def known(settings: ModelSettings) -> Capabilities:
    """What is known of the model of ``settings`` without asking it. Raises UsageError for a broken file of probes.

    What was probed goes before the list. The list tells of models at their providers' own addresses: at another one,
    the same name may be anything.
    """
    if settings.is_rehearsal:
        return EMBEDDED
    before = probe_cache.recall(settings)
    if before is not None:
        return Capabilities(**{name: getattr(before, name) for name in NAMES}, source="probe")
    name = settings.model.partition("/")[0]
    provider = _PROVIDERS.get(name, _Provider())
    entry = next(catalog.entries(settings.model), None)
    if entry is None or entry.get("mode") not in _MODES or not _at_home(probe_cache.address(settings), provider):
        return UNKNOWN
    return _listed(name, provider, entry)


def _listed(name: str, provider: _Provider, entry: Entry) -> Capabilities:
    # For Anthropic's older models litellm makes a tool of the schema, which the native engine does not.
    key = "supports_native_structured_output" if name == "anthropic" else "supports_response_schema"
    json_schema = _first(provider.json_schema, entry.get(key))
    reasons = entry.get("supports_reasoning") is True
    return Capabilities(
        json_schema=json_schema,
        json_object=_first(provider.json_object, json_schema or None),
        function_calling=_first(entry.get("supports_function_calling")),
        logprobs=None if provider.logprobs and reasons else provider.logprobs,
        source="list",
    )


def _first(*values: object) -> bool | None:
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
