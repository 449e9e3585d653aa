"""The language models of a run, by role."""

import threading
from collections.abc import Iterable, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Self

import dspy
from dspy.utils.exceptions import LMConfigurationError
from pydantic import JsonValue

from toolgrad_dspy.concurrency import gather_or_cancel
from toolgrad_dspy.errors import UsageError
from toolgrad_dspy.lm.access import access, known_secrets
from toolgrad_dspy.lm.adapter import ADAPTERS, AdapterName, FixedJsonAdapter
from toolgrad_dspy.lm.calls.availability import PATIENCE, Availability, Say
from toolgrad_dspy.lm.calls.budget import Budget
from toolgrad_dspy.lm.calls.door import Door
from toolgrad_dspy.lm.calls.gate import AnswerFormats, AsyncGate, Gate
from toolgrad_dspy.lm.calls.meter import Meter
from toolgrad_dspy.lm.calls.prices import Prices
from toolgrad_dspy.lm.calls.rate_limit import RateLimit
from toolgrad_dspy.lm.calls.sender import Backend, Limits, Retrying, Sender
from toolgrad_dspy.lm.capabilities.known import Capabilities, known
from toolgrad_dspy.lm.capabilities.probe_cache import address
from toolgrad_dspy.lm.engines.base import AsyncConnection
from toolgrad_dspy.lm.engines.remote import remote_engine
from toolgrad_dspy.lm.preflight import CHECK_SECONDS, check
from toolgrad_dspy.lm.rehearsal import RehearsalEngine
from toolgrad_dspy.lm.schemas import SchemaPolicy, schema_policy
from toolgrad_dspy.lm.settings import (
    PRICES_VARIABLE,
    ROLES,
    ModelSettings,
    Role,
    check_variables,
    environment,
    environment_secrets,
    patience,
)
from toolgrad_dspy.lm.sources import RoleValues, resolve
from toolgrad_dspy.secrets import Secret

# Of a check. A server that asks to wait for longer than that can be reached, too.
CHECK_LIMITS = Limits(CHECK_SECONDS, retries=1, longest_pause=CHECK_SECONDS)
# The code of an error: a model is known to take no such temperature or token limit.
REFUSED = "refused_by_model"


class Models:
    """The models of all roles. Each role's ``dspy.LM`` is built when it is first used; ``meter`` counts all calls.

    ``wait`` is how many seconds calls wait for an account that has stopped to answer, before UnavailableError.
    A deep copy is the object itself, so a program that an optimizer copies keeps its models. Call :meth:`aclose` at
    the end.

    >>> from toolgrad_dspy.lm import Models, ModelSettings
    >>> models = Models.from_environment()  # TOOLGRAD_MODEL and its like; here nothing is set
    >>> models.settings["judge"].model, models.adapter_name("judge")
    ('rehearsal', 'chat')
    >>> own = Models({"judge": ModelSettings(model="openai/gpt-4.1-mini", api_key="...", rpm=500)})
    >>> own.lm("judge").model
    'openai/gpt-4.1-mini'
    """

    def __init__(
        self, settings: dict[Role, ModelSettings], prices: Prices | None = None, wait: float = PATIENCE
    ) -> None:
        self.settings = settings
        self.wait = wait
        self.meter = Meter()
        self.budget = Budget()
        self.prices = prices or Prices()
        self._lms: dict[Role, dspy.LM] = {}
        self._backends: dict[tuple[Role, int], Backend] = {}
        self._connections: list[AsyncConnection] = []
        self._accounts: dict[object, Availability] = {}
        self._doors: dict[object, Door] = {}
        self._listeners: list[Say] = []
        self._told: set[str] = set()
        self._lock = threading.RLock()
        json_adapters: dict[SchemaPolicy, dspy.Adapter] = {}
        self._adapters: dict[Role, dspy.Adapter] = {}
        for role in settings:
            policy = self.schema_policy(role)
            adapter = json_adapters.setdefault(policy, FixedJsonAdapter(policy))
            self._adapters[role] = adapter if self.adapter_name(role) == "json" else ADAPTERS["chat"]

    @classmethod
    def from_environment(
        cls, file: Mapping[str, RoleValues] | None = None, source: str = "the file", model: str | None = None
    ) -> Self:
        """The models that the environment and ``.env`` name, over those of a configuration file (``sources.py``).

        ``file`` maps a role's name, or ``all``, to settings; ``source`` is its name in messages; ``model`` goes
        before both, for all roles. Raises UsageError
        for a wrong setting, and for a variable that begins with
        ``TOOLGRAD_`` and does not exist.

        >>> models = Models.from_environment({"all": {"model": "openai/gpt-4.1-mini", "temperature": 0.7}})
        >>> models.settings["selector"].temperature
        0.7
        """
        check_variables()
        path = environment().get(PRICES_VARIABLE)
        settings = {role: resolved.settings for role, resolved in resolve(file, source, model).items()}
        return cls(settings, Prices.load(Path(path) if path else None), patience(PATIENCE))

    def __deepcopy__(self, memo: dict[int, object]) -> Self:
        return self

    def lm(self, role: Role) -> dspy.LM:
        """The model that plays ``role``.

        Raises UsageError for a model name nothing can route, and for a temperature or a token limit that the model is
        known to refuse (``REFUSED``).
        """
        with self._lock:
            if role not in self._lms:
                self._lms[role] = self._build(role, self.settings[role])
            return self._lms[role]

    def backend(self, role: Role, position: int = 0) -> Backend:
        """One of the models that ``role`` may use, by itself: the first one, or at ``position`` a fallback.

        Raises UsageError for a model name nothing can route.
        """
        with self._lock:
            if (role, position) not in self._backends:
                self._backends[role, position] = self._connected(all_models(self.settings[role])[position])
            return self._backends[role, position]

    def capabilities(self, role: Role) -> Capabilities:
        """What the model that plays ``role`` can do, as far as it is known without asking the model."""
        return known(self.settings[role])

    def adapter_name(self, role: Role) -> AdapterName:
        """The format of prompts and answers for ``role``: as set, else JSON if a schema holds for all its models."""
        name = self.settings[role].adapter
        if name != "auto":
            return name
        if self.settings[role].schema == "call":  # the user knows that it can be
            return "json"
        # A fallback gets the same prompt, so one model without schemas decides for all of the role.
        return "json" if all(known(model).json_schema for model in all_models(self.settings[role])) else "chat"

    def schema_policy(self, role: Role) -> SchemaPolicy:
        """Which schema the answers of ``role`` are held to, where they are in JSON."""
        return schema_policy(all_models(self.settings[role]))

    def adapter(self, role: Role) -> dspy.Adapter:
        """The adapter with the name :meth:`adapter_name`."""
        return self._adapters[role]

    def without_call_schemas(self, role: Role, adapter: dspy.Adapter) -> bool:
        """Send no schemas of calls for ``role`` any more; False if ``adapter``, which it has used, sends none."""
        if not isinstance(adapter, FixedJsonAdapter) or adapter.policy.calls == "never":
            return False
        with self._lock:
            if self._adapters[role] is adapter:  # else another call has found out before
                self._adapters[role] = FixedJsonAdapter(replace(adapter.policy, calls="never"))
        return True

    def _build(self, role: Role, settings: ModelSettings) -> dspy.LM:
        choices = all_models(settings)
        limits = Limits(timeout=settings.timeout, retries=settings.retries)
        senders = [
            Sender(role, self.backend(role, position), limits, self.meter, self.budget, self._say_once)
            for position in range(len(choices))
        ]
        capabilities = [known(choice) for choice in choices]
        formats = AnswerFormats(
            schema=settings.schema == "call" or all(able.json_schema for able in capabilities),
            json=all(able.json_object for able in capabilities),
        )
        gate = AsyncGate(senders, formats)
        try:
            return dspy.LM(
                senders[0].backend.model,
                temperature=settings.temperature,
                max_tokens=settings.max_tokens,
                engine=Gate(gate, formats),
                async_engine=gate,
                # With a cache two sessions with equal prompts would become one, and an unusable answer would come
                # again.
                cache=False,
                num_retries=0,
            )
        except LMConfigurationError:
            # DSPy knows OpenAI's reasoning models, and what they refuse.
            raise UsageError(
                f"{settings.model} takes no temperature but 1, and no token limit below 16000; unset "
                f"TOOLGRAD_TEMPERATURE and TOOLGRAD_MAX_TOKENS, or those of the role ({role})",
                code=REFUSED,
            ) from None

    def _connected(self, settings: ModelSettings) -> Backend:
        """The model of ``settings`` with its engine, its account, and the door that it shares with others there."""
        if settings.is_rehearsal:
            return Backend("toolgrad/rehearsal", RehearsalEngine())
        engine = remote_engine(settings)
        self._connections.append(engine)
        provider, base = settings.model.split("/", 1)[0], address(settings)
        owner = (provider, base, access(settings).key)
        account = self._accounts.get(owner)
        if account is None:
            name = f"{provider} at {base}" if base else provider
            account = self._accounts[owner] = Availability(name, self.wait, say=self.say)
        limits = (owner, settings.max_parallel, settings.rpm, settings.tpm)
        door = self._doors.setdefault(limits, Door(settings.max_parallel, RateLimit(settings.rpm, settings.tpm)))
        return Backend(settings.model, engine, self.prices.of(settings.model), door, account)

    def listen(self, listener: Say) -> None:
        """Have ``listener`` told what a user should know while calls are made: that a run waits, for example."""
        self._listeners.append(listener)

    def say(self, line: str) -> None:
        """Tell the listeners."""
        for listener in self._listeners:
            listener(line)

    def _say_once(self, line: str) -> None:
        with self._lock:
            new = line not in self._told
            self._told.add(line)
        if new:
            self.say(line)

    async def check(self, roles: Iterable[Role]) -> None:
        """Send a short request to each model that plays one of ``roles``, without the fallbacks. Raises ModelError.

        See :func:`toolgrad_dspy.lm.preflight.check`. The rehearsal model needs no check.
        """
        engines: dict[float | None, dict[str, Retrying]] = {}  # by the temperature of their requests
        for role in roles:
            if not self.settings[role].is_rehearsal:
                self.lm(role)  # a fallback that nothing can route is an error before the run, too
                first = self.backend(role)
                base = address(self.settings[role])
                name = f"{first.model} at {base}" if base else first.model
                alike = engines.setdefault(self.settings[role].temperature, {})
                alike.setdefault(name, Retrying(Sender("check", first, CHECK_LIMITS, self.meter)))
        await gather_or_cancel(check(alike, temperature) for temperature, alike in engines.items())

    async def aclose(self) -> None:
        """Close the connections to model servers. Await it on the event loop that used them, with no call under way.

        A model that is used after that is built again.
        """
        with self._lock:
            connections, self._connections = self._connections, []
            self._backends.clear()
            self._lms.clear()
        for engine in connections:
            await engine.aclose()

    def public(self) -> dict[str, JsonValue]:
        """Every role's settings without secrets, as a run's configuration stores them."""
        return {role: self.settings[role].public() for role in ROLES}

    @property
    def secrets(self) -> frozenset[Secret]:
        """What must not be told by tools: the keys of the models, and all that the environment and ``.env`` hold."""
        models = (model for settings in self.settings.values() for model in all_models(settings))
        return frozenset(secret for model in models for secret in known_secrets(model)) | environment_secrets()

    @property
    def all_rehearsal(self) -> bool:
        return all(settings.is_rehearsal for settings in self.settings.values())


def all_models(settings: ModelSettings) -> list[ModelSettings]:
    """The settings of every model of a role: ``settings`` itself, then those of each fallback."""
    return [settings, *(_with_model(settings, name) for name in settings.fallback_models)]


def _with_model(settings: ModelSettings, model: str) -> ModelSettings:
    """``settings`` for a fallback, without the address and the key if they belong to another provider."""
    same_provider = model.split("/", 1)[0] == settings.model.split("/", 1)[0]
    access: dict[str, None] = {} if same_provider else {"api_base": None, "api_key": None}
    return settings.model_copy(update={"model": model, "fallbacks": "", **access})
