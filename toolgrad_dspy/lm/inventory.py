"""What ``toolgrad-dspy doctor`` finds out about the models."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Literal

from toolgrad_dspy.errors import ModelError, ToolGradError, UsageError
from toolgrad_dspy.lm import ROLES, Models, ModelSettings, Role
from toolgrad_dspy.lm.calls.gate import AsyncGate, Backend, Limits
from toolgrad_dspy.lm.capabilities.known import Capabilities, known
from toolgrad_dspy.lm.capabilities.probe import probe
from toolgrad_dspy.lm.capabilities.probe_cache import Probed, address, probed, remember
from toolgrad_dspy.lm.engines.remote import engine_pair
from toolgrad_dspy.lm.models import all_models
from toolgrad_dspy.lm.preflight import PATIENCE, check
from toolgrad_dspy.lm.providers import provider_key
from toolgrad_dspy.lm.settings import environment

Engine = Literal["embedded", "native", "litellm"]


@dataclass(frozen=True, slots=True)
class Subject:
    """A model as it is reached, and what is wrong with it, if something is.

    ``roles`` have it for their first choice, ``stands_in`` are those that fall back to it. ``place`` is one role with
    the position of the model among its choices.
    """

    settings: ModelSettings
    roles: tuple[Role, ...]
    stands_in: tuple[Role, ...]
    place: tuple[Role, int]
    problem: str | None = None

    @property
    def api_base(self) -> str | None:
        return None if self.settings.is_rehearsal else address(self.settings)

    @property
    def name(self) -> str:
        return f"{self.settings.model} at {self.api_base}" if self.api_base else self.settings.model


@dataclass(frozen=True, slots=True)
class Facts:
    """What is known of a model without asking it. ``adapters`` gives for each role its adapter, and whether it is set
    rather than chosen.
    """

    engine: Engine
    has_key: bool
    has_price: bool
    capabilities: Capabilities
    adapters: dict[Role, tuple[str, bool]]


def subjects(models: Models) -> list[Subject]:
    """The distinct models of all roles, fallbacks too: another address, key or engine makes another one.

    One whose name leads to no engine has that for a problem.
    """
    found: dict[object, list[tuple[Role, int]]] = {}
    for role in ROLES:
        for position, one in enumerate(all_models(models.settings[role])):
            reached = (one.model, address(one), one.api_key, one.engine)
            found.setdefault(one.model if one.is_rehearsal else reached, []).append((role, position))
    return [_subject(models, places) for places in found.values()]


def _subject(models: Models, places: list[tuple[Role, int]]) -> Subject:
    role, position = places[0]
    settings = all_models(models.settings[role])[position]
    firsts = tuple(role for role, position in places if position == 0)
    others = tuple(role for role, position in places if position > 0)
    try:
        if not settings.is_rehearsal:
            engine_pair(settings)
    except UsageError as error:
        return Subject(settings, firsts, others, places[0], str(error))
    return Subject(settings, firsts, others, places[0])


def facts(models: Models, subject: Subject) -> Facts:
    """The facts of ``subject``, whose name leads to an engine."""
    settings = subject.settings
    return Facts(
        engine=_engine(settings),
        has_key=bool(settings.api_key or provider_key(settings.model, environment())),
        has_price=_backend(models, subject).price is not None,
        capabilities=known(settings),
        adapters={
            role: (models.adapter_name(role), models.settings[role].adapter != "auto") for role in subject.roles
        },
    )


def _backend(models: Models, subject: Subject) -> Backend:
    """The model itself, without those before and after it."""
    role, position = subject.place
    backend: Backend = models.lm(role).engine.backends[position]
    return backend


def _engine(settings: ModelSettings) -> Engine:
    if settings.is_rehearsal:
        return "embedded"
    if settings.engine != "auto":
        return settings.engine
    try:
        engine_pair(settings.model_copy(update={"engine": "native"}))
    except UsageError:
        return "litellm"
    return "native"


async def examine(models: Models, found: Sequence[Subject]) -> tuple[list[Subject], str | None]:
    """Ask each of ``found`` that has no problem for a word, and for what it can do if that is not remembered.

    All at once, under the limits of their settings. What is found is remembered; the second result says why that
    failed, if it did.
    """
    outcomes = await asyncio.gather(*(_examine(models, subject) for subject in found))
    examined = [
        replace(subject, problem=str(outcome)) if isinstance(outcome, ToolGradError) else subject
        for subject, outcome in zip(found, outcomes, strict=True)
    ]
    entries = [outcome for outcome in outcomes if isinstance(outcome, Probed)]
    try:
        if entries:
            remember(entries)
    except ToolGradError as error:
        return examined, str(error)
    return examined, None


async def _examine(models: Models, subject: Subject) -> Probed | ToolGradError | None:
    settings = subject.settings
    if settings.is_rehearsal or subject.problem:
        return None
    try:
        before = known(settings)
        if before.source == "probe" and None not in before.found().values():
            gate = AsyncGate("check", [_backend(models, subject)], Limits(PATIENCE, retries=1), models.meter)
            await check({subject.name: gate})
            return None
        limits = Limits(settings.timeout, settings.retries, settings.max_parallel)
        gate = AsyncGate("probe", [_backend(models, subject)], limits, models.meter)
        found = (await probe(settings.model, gate)).found()
    except ToolGradError as error:
        return error
    if all(value is None for value in found.values()):
        return ModelError(f"{subject.name}: no request was answered, it is overloaded or too slow; try again later")
    # What was cut short this time may have been found out before.
    kept = before.found() if before.source == "probe" else {}
    return probed(settings, {name: kept.get(name) if value is None else value for name, value in found.items()})
