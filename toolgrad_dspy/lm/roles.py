"""The language models of a run, by role."""

import threading
from typing import Self

import dspy
from pydantic import JsonValue

from toolgrad_dspy.errors import UsageError
from toolgrad_dspy.lm.engines import AsyncEngine, AsyncMeteredEngine, MeteredEngine, SyncEngine, engine_pair
from toolgrad_dspy.lm.meter import Meter
from toolgrad_dspy.lm.rehearsal import AsyncRehearsalEngine, RehearsalEngine
from toolgrad_dspy.lm.settings import ROLES, ModelSettings, Role, check_variables, role_settings


class Models:
    """Builds each role's ``dspy.LM`` when it is first asked for; ``meter`` counts all of them.

    Copies share the object: a program that an optimizer copies keeps its models.
    """

    def __init__(self, settings: dict[Role, ModelSettings]) -> None:
        self.settings = settings
        self.meter = Meter()
        self._lms: dict[Role, dspy.LM] = {}
        self._engines: list[tuple[MeteredEngine, AsyncMeteredEngine]] = []
        self._lock = threading.Lock()

    @classmethod
    def from_environment(cls) -> Self:
        """The models that the environment and ``.env`` name. Raises UsageError for a setting that is wrong."""
        check_variables()
        return cls({role: role_settings(role) for role in ROLES})

    def __deepcopy__(self, memo: dict[int, object]) -> Self:
        return self

    def lm(self, role: Role) -> dspy.LM:
        """The model that plays ``role``. Raises UsageError for a model name nothing can route."""
        with self._lock:
            if role not in self._lms:
                self._lms[role] = self._build(role, self.settings[role])
            return self._lms[role]

    def _build(self, role: Role, settings: ModelSettings) -> dspy.LM:
        if settings.is_rehearsal:
            name = "toolgrad/rehearsal"
            pair: tuple[SyncEngine, AsyncEngine] = RehearsalEngine(), AsyncRehearsalEngine()
        elif not all(settings.model.partition("/")):
            raise UsageError(
                f"unknown model {settings.model!r}: names are litellm's provider/model, for example "
                "openai/gpt-4.1-mini, or 'rehearsal' for the embedded one"
            )
        else:
            name = settings.model
            pair = engine_pair(settings)
        engine = MeteredEngine(pair[0], role, self.meter)
        async_engine = AsyncMeteredEngine(pair[1], role, self.meter, settings.max_parallel)
        self._engines.append((engine, async_engine))
        return dspy.LM(
            name,
            temperature=settings.temperature,
            max_tokens=settings.max_tokens,
            engine=engine,
            async_engine=async_engine,
            # A cached answer would make two sessions one; a cached unusable answer would stay unusable.
            cache=False,
            num_retries=0 if settings.is_rehearsal else 3,
        )

    async def aclose(self) -> None:
        """Close the connections to model servers, on the event loop that used them, when no call is under way.

        A model that is asked for after that is built anew.
        """
        with self._lock:
            engines, self._engines = self._engines, []
            self._lms.clear()
        for engine, async_engine in engines:
            engine.close()
            await async_engine.aclose()

    def public(self) -> dict[str, JsonValue]:
        """Every role's settings without secrets, as a run's configuration stores them."""
        return {role: self.settings[role].public() for role in ROLES}

    @property
    def all_rehearsal(self) -> bool:
        return all(settings.is_rehearsal for settings in self.settings.values())
