"""Which model plays which role: settings from the environment and ``.env``.

``TOOLGRAD_MODEL`` sets the model of all roles, ``TOOLGRAD_<ROLE>_MODEL`` that of one; likewise for every other field
of :class:`ModelSettings`. Model names are litellm's ``provider/model``. With nothing set, every role is played by
the embedded ``rehearsal`` model. The environment takes precedence over ``.env``.
"""

import os
import warnings
from collections.abc import Iterable, Mapping
from functools import cache
from pathlib import Path
from typing import Any, Literal, get_args

from pydantic import Field, JsonValue, SecretStr
from pydantic_settings import BaseSettings, PydanticBaseSettingsSource, SettingsConfigDict

from toolgrad_dspy.env_file import read_env
from toolgrad_dspy.errors import Mistakes, UsageError, nearest, one_line
from toolgrad_dspy.lm.credentials import public_base
from toolgrad_dspy.secrets import Secret, names_secret, secrets_in

Role = Literal["proposer", "executor", "selector", "updater", "judge", "reflection", "student"]
ROLES: tuple[Role, ...] = get_args(Role)
# The roles that every session of the loop uses.
LOOP_ROLES: tuple[Role, ...] = ("proposer", "executor", "selector", "updater")
REHEARSAL = "rehearsal"
PREFIX = "TOOLGRAD_"
# Variables with our prefix that are not model settings.
PRICES_VARIABLE = "TOOLGRAD_PRICES"
CAPABILITIES_VARIABLE = "TOOLGRAD_CAPABILITIES"
# Minutes that calls wait for an account that has stopped to answer.
WAIT_VARIABLE = "TOOLGRAD_WAIT"
# Hosts that the .env of the working folder may name for keys that were set elsewhere.
CONFIRMED_VARIABLE = "TOOLGRAD_ALLOW_ENV_FILE_BASE"
OTHER_VARIABLES = frozenset({PRICES_VARIABLE, CAPABILITIES_VARIABLE, WAIT_VARIABLE, CONFIRMED_VARIABLE})

# How fast and by which route a model is reached: a run may be resumed with other values.
_NOT_STORED = frozenset({"timeout", "retries", "rpm", "tpm", "max_parallel", "engine"})


# Of the variable TOOLGRAD_SCHEMA; the attribute is a method of pydantic's that is going away.
warnings.filterwarnings("ignore", 'Field name "schema" in "ModelSettings" shadows', UserWarning)


class ModelSettings(BaseSettings):
    """The settings of one role.

    ``timeout`` is in seconds per attempt, ``retries`` counts the attempts after the first, ``rpm`` and ``tpm`` are
    requests and tokens per minute, ``max_parallel`` is the largest number of requests at once. ``fallbacks`` are the
    models to use, in order, when all attempts have failed: names separated by commas. ``adapter`` is the format of
    prompts and answers; ``auto`` is JSON for a model whose answers can be held to a schema, else chat. ``schema`` is
    the schema that answers in JSON are held to: that of the ``call``, which knows the tools and choices at hand, the
    ``fixed`` one of the signature, none (``off``), or ``auto``: that of the call where sending it is cheap
    (``schemas/policy.py``).

    >>> settings = ModelSettings(model="openai/gpt-4.1-mini", rpm=500, fallbacks="groq/llama-3.3-70b-versatile")
    >>> settings.timeout, settings.fallback_models
    (120.0, ('groq/llama-3.3-70b-versatile',))
    >>> settings.public()  # what a run stores: no secrets, no limits
    {'model': 'openai/gpt-4.1-mini', 'fallbacks': 'groq/llama-3.3-70b-versatile'}
    """

    model_config = SettingsConfigDict(extra="forbid", frozen=True, hide_input_in_errors=True)

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,
        file_secret_settings: PydanticBaseSettingsSource,
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        """Construction reads no variables. ``sources.py`` reads each source by itself, to tell them apart."""
        return (init_settings,)

    model: str = REHEARSAL
    api_base: str | None = None
    api_key: SecretStr | None = None
    temperature: float | None = Field(default=None, ge=0, le=2)
    max_tokens: int | None = Field(default=None, ge=1)
    timeout: float = Field(default=120.0, gt=0)
    retries: int = Field(default=5, ge=0, le=100)
    rpm: float | None = Field(default=None, gt=0)
    tpm: float | None = Field(default=None, gt=0)
    max_parallel: int = Field(default=256, ge=1)
    fallbacks: str = ""
    engine: Literal["auto", "native", "litellm"] = "auto"
    adapter: Literal["auto", "chat", "json"] = "auto"
    schema: Literal["auto", "call", "fixed", "off"] = "auto"  # type: ignore[assignment]

    @property
    def fallback_models(self) -> tuple[str, ...]:
        return tuple(name.strip() for name in self.fallbacks.split(",") if name.strip())

    @property
    def is_rehearsal(self) -> bool:
        return self.model == REHEARSAL

    def public(self) -> dict[str, JsonValue]:
        """The settings that a run's configuration stores: those that are set, without secrets and limits."""
        shown = self.model_dump(mode="json", exclude={"api_key", *_NOT_STORED}, exclude_defaults=True)
        if self.api_base is not None:
            shown["api_base"] = public_base(self.api_base)
        return {"model": self.model, **shown}

    def __repr_args__(self) -> Iterable[tuple[str | None, Any]]:
        return self.public().items()


def environment() -> dict[str, str]:
    """The variables of ``.env`` with those of the process over them: where keys of providers are looked up.

    Raises UsageError for a ``.env`` that cannot be read.
    """
    return {**environment_file(), **os.environ}


def environment_secrets() -> frozenset[Secret]:
    """The values of all variables of the environment and of ``.env`` that are named like secrets.

    Not only those of the models in use: a tool that is a Python function sees all of them.
    """
    variables = (*environment_file().items(), *os.environ.items())
    return frozenset(
        secret for name, value in variables if names_secret(name) for secret in secrets_in(value, sure=True)
    )


def environment_file() -> dict[str, str]:
    """The variables of ``.env``, also those that the process sets otherwise. Raises UsageError."""
    path = Path(".env")
    return read_env(path) if path.is_file() else {}  # a folder of that name is somebody's virtual environment


def patience(default: float) -> float:
    """The seconds that calls wait for an account that has stopped to answer: ``TOOLGRAD_WAIT``, in minutes, or
    ``default``. Raises UsageError (``wrong_wait``).
    """
    minutes = environment().get(WAIT_VARIABLE, "").strip()
    if not minutes:
        return default
    try:
        seconds = float(minutes) * 60
    except ValueError:
        seconds = -1.0
    if not 0 <= seconds <= 10_000_000:  # NaN, too, is in no range
        raise UsageError(
            f"{WAIT_VARIABLE} is {one_line(minutes, 40)!r}; it has to be a number of minutes", code="wrong_wait"
        )
    return seconds


def check_variables(names: Mapping[str, str] | None = None) -> None:
    """Raise UsageError for the variables with our prefix that nothing reads: a typo would go unnoticed.

    ``names`` are the variables to check, by default those of :func:`environment`.
    """
    known = _known_variables()
    mistakes = Mistakes("")
    for name in sorted(environment() if names is None else names):
        if name.startswith(PREFIX) and name not in known:
            # Compared without the prefix, which would make any two of them similar.
            near = nearest(name.removeprefix(PREFIX), (variable.removeprefix(PREFIX) for variable in known))
            mistakes.add(
                f"unknown variable {name}" + (f"; did you mean {PREFIX}{near}?" if near else ""), "unknown_variable"
            )
    mistakes.check()


@cache
def _known_variables() -> frozenset[str]:
    fields = [field.upper() for field in ModelSettings.model_fields]
    roles = ["", *(f"{role.upper()}_" for role in ROLES)]
    return frozenset(f"{PREFIX}{role}{field}" for role in roles for field in fields) | OTHER_VARIABLES
