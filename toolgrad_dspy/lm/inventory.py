"""The inventory of a configuration: its distinct models, what is known about each, and whether they work.

``doctor`` takes it in three steps:

    inventory = distinct_models(models)
    facts = {model.name: known_facts(models, model) for model in inventory if model.has_engine}
    inventory, unwritten = await probe_models(models, inventory)
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Literal

from toolgrad_dspy.concurrency import gather_or_cancel
from toolgrad_dspy.errors import ModelError, ToolGradError, UsageError
from toolgrad_dspy.lm.calls.sender import Limits, Retrying, Sender
from toolgrad_dspy.lm.capabilities.known import Capabilities, known
from toolgrad_dspy.lm.capabilities.probe import probe
from toolgrad_dspy.lm.capabilities.probe_cache import Probed, address, probed, remember
from toolgrad_dspy.lm.engines.remote import remote_engine
from toolgrad_dspy.lm.models import CHECK_LIMITS, REFUSED, Models, all_models
from toolgrad_dspy.lm.preflight import CHECK_SECONDS, check
from toolgrad_dspy.lm.providers import provider_key
from toolgrad_dspy.lm.schemas import dialect_of
from toolgrad_dspy.lm.settings import ROLES, ModelSettings, Role, environment

EngineName = Literal["embedded", "native", "litellm"]


@dataclass(frozen=True, slots=True)
class DistinctModel:
    """One model of a configuration, as it is reached: another address, key or engine makes another one.

    ``roles`` use it first; ``fallback_of`` are the roles that fall back to it. ``choice`` is one of these roles with
    the position of the model among its choices, 0 for the first one. ``problem`` says why it does not work, or None.
    """

    settings: ModelSettings
    roles: tuple[Role, ...]
    fallback_of: tuple[Role, ...]
    choice: tuple[Role, int]
    problem: ToolGradError | None = None

    @property
    def api_base(self) -> str | None:
        return None if self.settings.is_rehearsal else address(self.settings)

    @property
    def has_engine(self) -> bool:
        """Whether its name leads to an engine; asked before the models are, whose answers may be problems, too."""
        return self.problem is None or self.problem.code == REFUSED

    @property
    def name(self) -> str:
        return f"{self.settings.model} at {self.api_base}" if self.api_base else self.settings.model


@dataclass(frozen=True, slots=True)
class ModelFacts:
    """What is known about a model without asking it. ``adapters`` gives for each role the name of its adapter, and
    whether that was set by the user.
    """

    engine: EngineName
    has_key: bool
    has_price: bool
    capabilities: Capabilities
    adapters: dict[Role, tuple[str, bool]]


def distinct_models(models: Models) -> list[DistinctModel]:
    """The distinct models of all roles, including the fallbacks, in the order of the roles.

    A model whose name leads to no engine, or that is known to refuse its settings, has that error as its ``problem``.
    """
    choices: dict[object, list[tuple[Role, int]]] = {}
    for role in ROLES:
        for position, settings in enumerate(all_models(models.settings[role])):
            # The rehearsal model is one, whatever address is set beside it.
            access = (address(settings), settings.api_key, settings.engine)
            key = settings.model if settings.is_rehearsal else (settings.model, *access)
            choices.setdefault(key, []).append((role, position))
    return [_distinct_model(models, chosen_by) for chosen_by in choices.values()]


def _distinct_model(models: Models, chosen_by: list[tuple[Role, int]]) -> DistinctModel:
    first_role, first_position = chosen_by[0]
    settings = all_models(models.settings[first_role])[first_position]
    roles = tuple(role for role, position in chosen_by if position == 0)
    fallback_of = tuple(role for role, position in chosen_by if position > 0)
    return DistinctModel(settings, roles, fallback_of, chosen_by[0], _problem(models, chosen_by[0], roles))


def _problem(models: Models, choice: tuple[Role, int], roles: Sequence[Role]) -> UsageError | None:
    try:
        models.backend(*choice)
    except UsageError as error:
        return error
    for role in roles:
        try:
            models.lm(role)
        except UsageError as error:
            if error.code == REFUSED:  # else it is a fallback that does not work, which has the error itself
                return error
    return None


def known_facts(models: Models, model: DistinctModel) -> ModelFacts:
    """The facts about ``model``, whose name has to lead to an engine (:attr:`DistinctModel.has_engine`)."""
    settings = model.settings
    return ModelFacts(
        engine=_engine_name(settings),
        has_key=bool(settings.api_key or provider_key(settings.model, environment())),
        has_price=models.backend(*model.choice).price is not None,
        capabilities=known(settings),
        adapters={role: (models.adapter_name(role), models.settings[role].adapter != "auto") for role in model.roles},
    )


def _engine_name(settings: ModelSettings) -> EngineName:
    if settings.is_rehearsal:
        return "embedded"
    if settings.engine != "auto":
        return settings.engine
    try:
        remote_engine(settings.model_copy(update={"engine": "native"}))
    except UsageError:
        return "litellm"
    return "native"


async def probe_models(
    models: Models, inventory: Sequence[DistinctModel]
) -> tuple[list[DistinctModel], ToolGradError | None]:
    """Probe each model of ``inventory`` that has no problem, and remember the results.

    A model whose capabilities are all remembered is only asked for one word. All models are asked at once, under the
    limits of their settings. Returns the inventory with the problems that came up, and why the results could not be
    written, if so.
    """
    outcomes = await gather_or_cancel(_outcome(models, model) for model in inventory)
    asked = [
        replace(model, problem=outcome) if isinstance(outcome, ToolGradError) else model
        for model, outcome in zip(inventory, outcomes, strict=True)
    ]
    results = [outcome for outcome in outcomes if isinstance(outcome, Probed)]
    try:
        if results:
            remember(results)
    except ToolGradError as error:
        return asked, error
    return asked, None


async def _outcome(models: Models, model: DistinctModel) -> Probed | ToolGradError | None:
    """What to remember about ``model``, or what is wrong with it; None if there is neither."""
    settings = model.settings
    if settings.is_rehearsal or model.problem:
        return None
    try:
        before, backend = known(settings), models.backend(*model.choice)
        if before.source == "probe" and None not in before.by_name().values():
            engine = Retrying(Sender("check", backend, CHECK_LIMITS, models.meter))
            await check({model.name: engine}, settings.temperature)
            return None
        limits = Limits(settings.timeout, settings.retries, longest_pause=CHECK_SECONDS)
        engine = Retrying(Sender("probe", backend, limits, models.meter))
        values = (await probe(settings.model, engine, dialect_of(settings))).by_name()
    except ToolGradError as error:
        return error
    if all(value is None for value in values.values()):
        return ModelError(
            f"{model.name}: no request was answered; the model is overloaded or too slow, try again later",
            code="no_answer",
        )
    # A request that failed this time may have succeeded in an earlier probe.
    earlier = before.by_name() if before.source == "probe" else {}
    return probed(settings, {name: earlier.get(name) if value is None else value for name, value in values.items()})
