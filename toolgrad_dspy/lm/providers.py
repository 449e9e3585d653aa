"""Names of models, and providers' own variables: keys and base URLs under the names that litellm and the providers'
clients use.

They are read here and passed on explicitly. DSPy's native client ignores base URLs in the environment, and DSPy
silently switches to another client when it sees one.
"""

from collections.abc import Mapping

from toolgrad_dspy.errors import UsageError, brief
from toolgrad_dspy.lm.credentials import checked_base, checked_key

# Providers whose variables do not begin with their prefix in model names.
_ALIASES: Mapping[str, tuple[str, ...]] = {
    "ollama_chat": ("OLLAMA",),
    "gemini": ("GEMINI", "GOOGLE"),
    "together_ai": ("TOGETHERAI", "TOGETHER_AI", "TOGETHER"),
    "fireworks_ai": ("FIREWORKS_AI", "FIREWORKS"),
    "azure": ("AZURE", "AZURE_OPENAI"),
    "cohere": ("COHERE", "CO"),
    "cohere_chat": ("COHERE", "CO"),
    "huggingface": ("HUGGINGFACE", "HF"),
    "openrouter": ("OPENROUTER", "OR"),
    "perplexity": ("PERPLEXITYAI", "PERPLEXITY"),
    "text-completion-openai": ("OPENAI",),
    "watsonx": ("WATSONX", "WX"),
}


# Longer names are of no model.
_LONGEST_NAME = 300


def checked_name(model: str, where: str = "") -> str:
    """``model`` without surrounding white space, if it can be the name of a model. ``where`` says what gave it.

    Raises UsageError ("unknown_model") for what is neither ``provider/model`` nor ``rehearsal``.
    """
    name = model.strip()
    fits = len(name) <= _LONGEST_NAME and name.isprintable() and " " not in name
    if name == "rehearsal" or (fits and all(name.partition("/"))):
        return name
    raise UsageError(
        f"{where}{': ' if where else ''}unknown model {brief(model)}: names are litellm's provider/model, for "
        "example openai/gpt-4.1-mini, or 'rehearsal' for the embedded one",
        code="unknown_model",
    )


def provider_key(model: str, environ: Mapping[str, str]) -> str | None:
    """The API key for ``model`` (``provider/name``) from its provider's own variable, if it is set.

    Raises UsageError as :func:`checked_key` does.
    """
    name = _first_set(model, ("API_KEY", "API_TOKEN", "TOKEN"), environ)
    return checked_key(environ[name], name) if name else None


def provider_base(model: str, environ: Mapping[str, str]) -> str | None:
    """The base URL for ``model`` from its provider's own variable, if it is set.

    Raises UsageError as :func:`checked_base` does.
    """
    name = base_variable(model, environ)
    return checked_base(environ[name], name) if name else None


def base_variable(model: str, environ: Mapping[str, str]) -> str | None:
    """The name of the variable that sets the base URL for ``model``, or None if none is set."""
    return _first_set(model, ("API_BASE", "BASE_URL"), environ)


def key_variable(model: str) -> str:
    """The name of the variable that usually holds the key for ``model``."""
    return f"{_prefixes(model)[0]}_API_KEY"


def _first_set(model: str, endings: tuple[str, ...], environ: Mapping[str, str]) -> str | None:
    names = (f"{prefix}_{ending}" for prefix in _prefixes(model) for ending in endings)
    return next((name for name in names if environ.get(name, "").strip()), None)


def _prefixes(model: str) -> tuple[str, ...]:
    provider = model.split("/", 1)[0]
    return _ALIASES.get(provider, (provider.upper().replace("-", "_"),))
