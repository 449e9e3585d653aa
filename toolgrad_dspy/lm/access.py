"""Where a model is and the key that is sent there, from its settings, the environment and ``.env``.

The ``.env`` of the working folder may have come with the folder. A key that was set elsewhere is not sent to an
address that this file names, unless the address is of this machine or the user has confirmed it.
"""

import ipaddress
import os
import re
from dataclasses import dataclass, field
from urllib.parse import urlsplit

from toolgrad_dspy.errors import UsageError
from toolgrad_dspy.lm.credentials import public_base
from toolgrad_dspy.lm.providers import provider_base, provider_key
from toolgrad_dspy.lm.settings import CONFIRMED_VARIABLE, ModelSettings, environment, environment_file
from toolgrad_dspy.secrets import Secret, masked_url

# Sent where there is none: a client without a key looks for one by itself, in variables and in files.
NO_KEY = "none"

# Providers whose clients send credentials that they find by themselves (of a cloud's command line, of a login), also
# where they are given a key; and the variables by which Azure's does. From litellm 1.110.
_OWN_CREDENTIALS = re.compile("bedrock.*|chatgpt|databricks|github_copilot|oci|sagemaker.*|vertex_ai.*|watsonx.*")
_AZURE_LOGIN = ("AZURE_AD_TOKEN", "AZURE_CLIENT_SECRET", "AZURE_PASSWORD")


@dataclass(frozen=True, slots=True)
class Access:
    """The ``base`` URL of a model, None for the provider's own, and the ``key`` that is sent, None for none."""

    base: str | None
    key: str | None = field(repr=False)

    @property
    def secrets(self) -> frozenset[str]:
        """What must not be told of it: the key, and a key in the address."""
        in_base = masked_url(self.base).secrets if self.base else ()
        return frozenset({secret.text for secret in in_base} | ({self.key} if self.key else set()))


def access(settings: ModelSettings) -> Access:
    """How the model of ``settings`` is reached.

    Raises UsageError for a key or a base that cannot be used (``lm/credentials.py``), and for one that would go where
    ``.env`` says although it was set elsewhere (``redirected_key``): ``TOOLGRAD_ALLOW_ENV_FILE_BASE`` names the hosts
    at which that is meant, with commas between them, and does not count in ``.env`` itself.
    """
    environ, file = environment(), environment_file()
    base = settings.api_base or provider_base(settings.model, environ)
    key = settings.api_key.get_secret_value() if settings.api_key else provider_key(settings.model, environ)
    provider, _, name = settings.model.partition("/")
    goes_to = name if "://" in name else base  # some providers take an address in place of a name
    if goes_to is None or not _names(file, goes_to) or _is_confirmed(goes_to):
        return Access(base, key)
    # Compared as a text, wherever it came from: a file passed with --config may take its key from .env.
    is_own = key is None or key in map(str.strip, file.values())
    if not is_own or _has_own_credentials(provider):
        raise UsageError(
            f"{provider}: .env has it at {public_base(goes_to)}, and its key was set elsewhere; if that is meant, "
            f"set {CONFIRMED_VARIABLE}={_host(goes_to)} in the environment (in .env it does not count), else take "
            "the address out of .env",
            code="redirected_key",
        )
    return Access(base, key or NO_KEY)


def known_secrets(settings: ModelSettings) -> set[Secret]:
    """What must not be told of the model of ``settings``, whether it can be reached or not."""
    found = Access(settings.api_base, settings.api_key.get_secret_value() if settings.api_key else None).secrets
    return {Secret(text, sure=True) for text in found}


def _names(file: dict[str, str], address: str) -> bool:
    """Whether ``address`` stands in ``.env`` and not in the environment of the process, which goes first."""
    return any(address in value for value in file.values()) and not any(address in v for v in os.environ.values())


def _has_own_credentials(provider: str) -> bool:
    if provider in ("azure", "azure_ai"):
        return any(map(os.environ.get, _AZURE_LOGIN))
    return _OWN_CREDENTIALS.fullmatch(provider) is not None


def _is_confirmed(base: str) -> bool:
    """Whether ``base`` is of this machine, or of a host that the user has named."""
    named = {name.strip().lower() for name in os.environ.get(CONFIRMED_VARIABLE, "").split(",")}
    host = urlsplit(base).hostname or ""
    if _host(base) in named or host in named:
        return True
    try:
        address = ipaddress.ip_address(host)
    except ValueError:
        return host == "localhost" or host.endswith(".localhost")
    return address.is_loopback or address.is_unspecified


def _host(base: str) -> str:
    """The host in ``base``, with its port if it has one."""
    parts = urlsplit(base)
    host = parts.hostname or ""
    shown = f"[{host}]" if ":" in host else host
    return f"{shown}:{parts.port}" if parts.port else shown
