"""A run as data: any process can build the program on its tools from it, also one on another machine."""

import hashlib
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path

from pydantic import JsonValue

from toolgrad_dspy.errors import UsageError
from toolgrad_dspy.judging import Gate, GateConfig
from toolgrad_dspy.lm import LOOP_ROLES, Budget, Caps, Models, ModelSettings, Role
from toolgrad_dspy.lm.calls import PATIENCE, Prices
from toolgrad_dspy.program import ProgramConfig, ToolGrad, load_program, prompts_digest, run_session
from toolgrad_dspy.records import Session
from toolgrad_dspy.runs.tools_spec import ToolsSpec, WorldTools
from toolgrad_dspy.tools import Library

# LM calls without which no sample can be made: what ``ProgramConfig.max_calls`` asks for at least.
FEWEST_CALLS = 4
MOST_SESSIONS = 1_000_000_000
"""More sessions than that a run cannot have."""

REHEARSAL_NOTE = (
    "model: rehearsal, a scripted stand-in and no language model. What is measured on it proves the machinery, "
    "not a language model's gain. Set TOOLGRAD_MODEL=provider/model to use a real one."
)
"""Said before anything that only the scripted model plays."""


@dataclass(frozen=True, slots=True)
class ModelsSpec:
    """The models of a run, as data: every role's settings, secrets included, the user's own prices, and how many
    seconds to ``wait`` for a model that has stopped to answer.

    ``ModelsSpec.from_environment()`` reads the environment, ``.env`` and, if given, a configuration file.
    """

    settings: Mapping[Role, ModelSettings]
    prices: Prices = field(default_factory=Prices)
    wait: float = PATIENCE

    @classmethod
    def from_environment(
        cls,
        file: Mapping[str, Mapping[str, JsonValue]] | None = None,
        source: str = "the file",
        model: str | None = None,
    ) -> "ModelsSpec":
        """As :meth:`Models.from_environment`. Raises UsageError for a setting that is wrong."""
        models = Models.from_environment(file, source, model)
        return cls(models.settings, models.prices, models.wait)

    def build(self, caps: Caps | None = None) -> Models:
        """The models with a fresh budget under these ``caps``."""
        models = Models(dict(self.settings), self.prices, self.wait)
        models.budget = Budget(caps)
        return models

    def waiting(self, minutes: float | None) -> "ModelsSpec":
        """The same with another time to wait; None changes nothing."""
        return self if minutes is None else replace(self, wait=minutes * 60)

    @property
    def all_rehearsal(self) -> bool:
        """Whether every role is played by the rehearsal model, so that no language model is asked."""
        return all(settings.is_rehearsal for settings in self.settings.values())

    def public(self) -> dict[str, JsonValue]:
        """Every role's settings without secrets."""
        return {role: settings.public() for role, settings in self.settings.items()}


@dataclass(frozen=True, slots=True)
class RunSpec:
    """Everything that determines a run's samples, and what it may use.

    >>> spec = RunSpec(n=20, program=ProgramConfig(iterations=6), seed=1)
    >>> spec.tools.name
    'the bundled world'

    With servers of your own and a compiled program:

        RunSpec(n=20, tools=tools_spec(Path("servers.json")), program_file=Path("programs/files.json"))

    - ``n``: sessions, one sample each, a thousand million at most. A resumed run may ask for more.
    - ``tools``, ``models``: what the program works with.
    - ``program``: the settings of the loop. ``program_file``: a compiled program, None for the base program.
    - ``seed``: of everything random.
    - ``caps``: what the whole run may use, over all its starts.
    - ``gate``: how judges decide over samples that the rules have accepted; None: they do not.
    - ``max_failures``: how many sessions in a row may give no sample for one reason before the run ends; 0: any.
    - ``log_prompts``: whether what is sent and answered in each LM call is kept beside the samples (``prompt_log``).
    - ``unique``: the share of the samples that may be like an earlier one, in calls or query; None: any.
    """

    n: int
    tools: ToolsSpec = field(default_factory=WorldTools)
    models: ModelsSpec = field(default_factory=ModelsSpec.from_environment)
    program: ProgramConfig = field(default_factory=ProgramConfig)
    program_file: Path | None = None
    seed: int = 0
    caps: Caps = field(default_factory=Caps)
    gate: GateConfig | None = None
    unique: float | None = None
    max_failures: int = 20
    log_prompts: bool = False

    def __post_init__(self) -> None:
        if not 1 <= self.n <= MOST_SESSIONS:
            raise ValueError(f"n is {self.n}; a run has 1 to {MOST_SESSIONS} sessions")
        if self.unique is not None and not 0 <= self.unique <= 1:
            raise ValueError(f"unique is {self.unique}; it is a share, from 0 to 1")

    def public(self) -> dict[str, JsonValue]:
        """The configuration that a run folder stores: without secrets, and without what a resumed run may change
        (``n``, ``caps``, ``max_failures``, ``log_prompts``, and how fast models are called).
        """
        digest = None if self.program_file is None else hashlib.sha256(self.program_file.read_bytes()).hexdigest()
        public: dict[str, JsonValue] = {
            "seed": self.seed,
            "program": {**self.program.model_dump(mode="json"), "file": digest, "prompts": prompts_digest()},
            "models": self.models.public(),
            "tools": self.tools.public(),
        }
        if self.gate is not None:
            public["judge"] = self.gate.public()
        if self.unique is not None:
            public["unique"] = self.unique
        return public

    @asynccontextmanager
    async def open(self, say: Callable[[str], None] = lambda line: None) -> AsyncIterator["OpenSpec"]:
        """Build the program, open its library, and check every model with a short call; all is closed at the end.

        ``say`` gets what the user should know while models are asked, a line each.

        Raises UsageError for a program file or too few calls, ToolSourceError for tools and ModelError for models
        that cannot be used.
        """
        library, models = self.tools.library(), self.models.build(self.caps)
        models.listen(say)
        library.listen(say)
        program = ToolGrad(library, models, self._growing())
        gate = self._gate(library, models)
        if self.program_file is not None:
            load_program(self.program_file, program)
        async with library:
            try:
                await models.check(LOOP_ROLES if gate is None else (*LOOP_ROLES, "judge"))
                yield OpenSpec(program, models, gate)
            finally:
                await models.aclose()

    def _growing(self) -> ProgramConfig:
        """The settings of the loop: of a session's LM calls, those of the judges are kept back."""
        most = self.program.max_calls
        if most is None or self.gate is None:
            return self.program
        left, least = most - self.gate.calls, FEWEST_CALLS
        if left < least:
            raise UsageError(
                f"of {most} LM calls per session the judges take {self.gate.calls}, which leaves {max(0, left)} for "
                f"a sample: allow at least {self.gate.calls + least}, or judge by fewer criteria",
                code="too_few_calls",
            )
        return self.program.model_copy(update={"max_calls": left})

    def _gate(self, library: Library, models: Models) -> Gate | None:
        if self.gate is None:
            return None
        shown, most = self.program.written_chars, self.program.max_calls
        return Gate(self.gate, models, lambda: library.tools, shown, most)


@dataclass(frozen=True, slots=True)
class OpenSpec:
    """A program on its open library, the models that play its roles, and the gate its samples have to pass."""

    program: ToolGrad
    models: Models
    gate: Gate | None = None

    async def play(self, seed: int, index: int) -> Session:
        """The session ``index`` of the run seeded by ``seed``, judged if there is a gate."""
        session = await run_session(self.program, seed, index)
        return session if self.gate is None else await self.gate.judged(session)
