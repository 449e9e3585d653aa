"""The language models of a run, by role."""

import threading
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Self

import dspy
from pydantic import JsonValue

from toolgrad_dspy.errors import UsageError
from toolgrad_dspy.lm.adapter import ADAPTERS, AdapterName
from toolgrad_dspy.lm.calls.budget import Budget
from toolgrad_dspy.lm.calls.gate import AsyncGate, Backend, Formats, Gate, Limits
from toolgrad_dspy.lm.calls.meter import Meter
from toolgrad_dspy.lm.calls.prices import Prices
from toolgrad_dspy.lm.calls.rate_limit import RateLimit
from toolgrad_dspy.lm.capabilities.known import Capabilities, known
from toolgrad_dspy.lm.capabilities.probe_cache import address
from toolgrad_dspy.lm.engines.remote import engine_pair
from toolgrad_dspy.lm.preflight import PATIENCE, check
from toolgrad_dspy.lm.rehearsal import AsyncRehearsalEngine, RehearsalEngine
from toolgrad_dspy.lm.settings import (
    PRICES_VARIABLE,
    ROLES,
    ModelSettings,
    Role,
    check_variables,
    environment,
)
from toolgrad_dspy.lm.sources import RoleValues, resolve


class Models:
    """Builds each role's ``dspy.LM`` when it is first asked for; ``meter`` counts all of them.

    Copies share the object: a program that an optimizer copies keeps its models.
    """

    def __init__(self, settings: dict[Role, ModelSettings], prices: Prices | None = None) -> None:
        self.settings = settings
        self.meter = Meter()
        self.budget = Budget()
        self.prices = prices or Prices()
        self._lms: dict[Role, dspy.LM] = {}
        self._gates: dict[Role, tuple[Gate, AsyncGate]] = {}
        self._paces: dict[object, RateLimit] = {}
        self._lock = threading.Lock()
        self._adapters = {role: ADAPTERS[self.adapter_name(role)] for role in settings}

    @classmethod
    def from_environment(cls, file: Mapping[str, RoleValues] | None = None, source: str = "the file") -> Self:
        """The models that the environment and ``.env`` name, over what ``file`` says (see ``sources.py``).

        Raises UsageError for a setting that is wrong.
        """
        check_variables()
        path = environment().get(PRICES_VARIABLE)
        settings = {role: found.settings for role, found in resolve(file, source).items()}
        return cls(settings, Prices.load(Path(path) if path else None))

    def __deepcopy__(self, memo: dict[int, object]) -> Self:
        return self

    def lm(self, role: Role) -> dspy.LM:
        """The model that plays ``role``. Raises UsageError for a model name nothing can route."""
        with self._lock:
            if role not in self._lms:
                self._lms[role] = self._build(role, self.settings[role])
            return self._lms[role]

    def capabilities(self, role: Role) -> Capabilities:
        """What the model that plays ``role`` can do, as far as is known without asking it."""
        return known(self.settings[role])

    def adapter_name(self, role: Role) -> AdapterName:
        """The format in which ``role`` is spoken to: as set, else JSON if all its models can be held to a schema."""
        chosen = self.settings[role].adapter
        if chosen != "auto":
            return chosen
        return "json" if all(known(one).json_schema for one in all_models(self.settings[role])) else "chat"

    def adapter(self, role: Role) -> dspy.Adapter:
        """The adapter called :meth:`adapter_name`."""
        return self._adapters[role]

    def _build(self, role: Role, settings: ModelSettings) -> dspy.LM:
        choices = all_models(settings)
        backends = [self._backend(one) for one in choices]
        limits = Limits(timeout=settings.timeout, retries=settings.retries, max_parallel=settings.max_parallel)
        can = [known(one) for one in choices]
        formats = Formats(schema=all(c.json_schema for c in can), json=all(c.json_object for c in can))
        gates = (
            Gate(role, backends, limits, self.meter, self.budget, formats),
            AsyncGate(role, backends, limits, self.meter, self.budget, formats),
        )
        self._gates[role] = gates
        return dspy.LM(
            backends[0].model,
            temperature=settings.temperature,
            max_tokens=settings.max_tokens,
            engine=gates[0],
            async_engine=gates[1],
            # A cached answer would make two sessions one; a cached unusable answer would stay unusable.
            cache=False,
            num_retries=0,
        )

    def _backend(self, settings: ModelSettings) -> Backend:
        """The model of ``settings`` with its engines; roles that share an account share its pace."""
        if settings.is_rehearsal:
            return Backend("toolgrad/rehearsal", RehearsalEngine(), AsyncRehearsalEngine(), RateLimit(None, None))
        if not all(settings.model.partition("/")):
            raise UsageError(
                f"unknown model {settings.model!r}: names are litellm's provider/model, for example "
                "openai/gpt-4.1-mini, or 'rehearsal' for the embedded one"
            )
        account = (settings.model, settings.api_base, settings.api_key, settings.rpm, settings.tpm)
        pace = self._paces.setdefault(account, RateLimit(settings.rpm, settings.tpm))
        return Backend(settings.model, *engine_pair(settings), pace, self.prices.of(settings.model))

    async def check(self, roles: Iterable[Role]) -> None:
        """Ask every model that plays one of ``roles``, the first choices only, for a word. Raises ModelError.

        See :func:`toolgrad_dspy.lm.preflight.check`. The rehearsal model is always there.
        """
        gates: dict[str, AsyncGate] = {}
        for role in roles:
            if not self.settings[role].is_rehearsal:
                self.lm(role)
                first = self._gates[role][1].backends[0]
                place = address(self.settings[role])
                name = f"{first.model} at {place}" if place else first.model
                gates.setdefault(name, AsyncGate("check", [first], Limits(PATIENCE, retries=1), self.meter))
        await check(gates)

    async def aclose(self) -> None:
        """Close the connections to model servers, on the event loop that used them, when no call is under way.

        A model that is asked for after that is built anew.
        """
        with self._lock:
            gates, self._gates = self._gates, {}
            self._lms.clear()
        for gate, async_gate in gates.values():
            gate.close()
            await async_gate.aclose()

    def public(self) -> dict[str, JsonValue]:
        """Every role's settings without secrets, as a run's configuration stores them."""
        return {role: self.settings[role].public() for role in ROLES}

    @property
    def all_rehearsal(self) -> bool:
        return all(settings.is_rehearsal for settings in self.settings.values())


def all_models(settings: ModelSettings) -> list[ModelSettings]:
    """``settings``, and what they come to for each fallback."""
    return [settings, *(_with_model(settings, name) for name in settings.fallback_models)]


def _with_model(settings: ModelSettings, model: str) -> ModelSettings:
    """``settings`` for a fallback: an address and a key given for one provider are of no use to another."""
    same = model.split("/", 1)[0] == settings.model.split("/", 1)[0]
    apart = {} if same else {"api_base": None, "api_key": None}
    return settings.model_copy(update={"model": model, "fallbacks": "", **apart})
