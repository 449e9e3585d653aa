"""Which schema a role's answers are held to, by its settings and by what its models can do."""

import ipaddress
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal
from urllib.parse import urlsplit

from toolgrad_dspy.json_schema import Dialect
from toolgrad_dspy.lm.capabilities.known import known
from toolgrad_dspy.lm.capabilities.probe_cache import address
from toolgrad_dspy.lm.schemas.holding import Held, MakeSchemas
from toolgrad_dspy.lm.settings import ModelSettings

# Servers that write a grammar from a schema within a call, whatever their address.
GRAMMAR_PROVIDERS = frozenset({"ollama", "ollama_chat", "hosted_vllm"})

_BY_PROVIDER: dict[str, Dialect] = {"gemini": "gemini", "anthropic": "anthropic"}


@dataclass(frozen=True, slots=True)
class SchemaPolicy:
    """``calls`` says when the schema of the call at hand is sent, in ``dialect``: always, only when there is one that
    is the same in every call (``stable``), or never. ``fixed``: whether the signature's own is sent otherwise.
    """

    calls: Literal["always", "stable", "never"] = "never"
    fixed: bool = True
    dialect: Dialect = "openai"

    def chosen(self, held: Held | None) -> MakeSchemas | None:
        """What of ``held`` an answer is held to, None if it is not.

        A grammar is written within a call, and can say all that is known. Everywhere else what stays the same is
        better.
        """
        if held is None or self.calls == "never":
            return None
        if self.calls == "always" and (self.dialect == "grammar" or held.stable is None):
            return held.make
        return held.stable


FIXED = SchemaPolicy()


def schema_policy(models: Sequence[ModelSettings]) -> SchemaPolicy:
    """The policy of a role whose first choice and fallbacks are ``models``, by the first one's ``schema`` setting.

    ``auto`` sends the schemas of calls to local servers that a probe found to keep them, and to others that keep them
    where the schema is stable: providers take seconds to compile a new one. Models that need different dialects are
    held to the fixed schema.
    """
    mode = models[0].schema
    dialects = {dialect_of(settings) for settings in models}
    dialect = dialect_of(models[0])
    if mode == "off":
        return SchemaPolicy("never", fixed=False, dialect=dialect)
    if mode == "fixed" or len(dialects) > 1:
        return SchemaPolicy("never", dialect=dialect)
    if mode == "call":
        return SchemaPolicy("always", dialect=dialect)
    if not all(known(settings).call_schema for settings in models):
        return SchemaPolicy("never", dialect=dialect)
    return SchemaPolicy("always" if all(map(is_local, models)) else "stable", dialect=dialect)


def dialect_of(settings: ModelSettings) -> Dialect:
    """What the model's server takes; a server with OpenAI's protocol at another address takes no more than OpenAI."""
    if is_local(settings):
        return "grammar"
    return _BY_PROVIDER.get(settings.model.partition("/")[0], "openai")


def is_local(settings: ModelSettings) -> bool:
    """Whether the model's server writes grammars, by its provider or its address: of this machine or this network.

    >>> is_local(ModelSettings(model="openai/qwen", api_base="http://192.168.0.7:8000/v1"))
    True
    """
    if settings.model.partition("/")[0] in GRAMMAR_PROVIDERS:
        return True
    base = address(settings)
    if base is None:
        return False
    try:
        host = urlsplit(base if "//" in base else f"//{base}").hostname or ""
    except ValueError:
        return False
    try:
        return ipaddress.ip_address(host).is_private
    except ValueError:
        # A name without a dot is one of the own network.
        return bool(host) and ("." not in host or host.endswith((".localhost", ".local", ".internal")))
