"""The settings of a run as a user gives them, by the command line or in a call, and the run that they ask for."""

import inspect
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import ConfigDict, Field, TypeAdapter, ValidationError
from typing_extensions import TypedDict

from toolgrad_dspy.errors import Mistakes, brief, hint, problems
from toolgrad_dspy.lm import Caps
from toolgrad_dspy.program import ProgramConfig
from toolgrad_dspy.program.bases import BaseName
from toolgrad_dspy.runs.config_file import gate_config, load_config_file, program_config
from toolgrad_dspy.runs.spec import MOST_SESSIONS, ModelsSpec, RunSpec
from toolgrad_dspy.runs.tools_spec import ToolsSpec

Count = Annotated[int, Field(ge=1)]
FilePath = str | Path


class LoopSettings(TypedDict, total=False):
    """The settings of the loop: see :class:`~toolgrad_dspy.program.ProgramConfig`, which has their limits."""

    mini_batch: int | None
    proposals: int | None
    iterations: int | None
    repairs: int | None
    mend: Literal["needed", "all"] | None
    chains: int | None
    update: Literal["each", "last"] | None
    base: BaseName | None
    max_calls: int | None
    shown_chars: int | None
    written_chars: int | None


class Settings(LoopSettings, total=False):
    """What else :func:`~toolgrad_dspy.generate` takes, all of it optional; None is as if it were not given.

    - ``program``: a compiled program. ``config``: a configuration file (docs/models.md).
    - ``seed``: of everything random; 0.
    - ``max_usd``, ``max_tokens``, ``max_tool_calls``: what the whole run may use, over all its starts.
    - ``judge``: criteria by which judges decide over samples, ``""`` for the usual ones. ``judge_votes``: how many
      votes each takes, an odd number.
    - ``unique``: the share of the samples that may be like an earlier one; None: what the file says, else any.
    - ``max_failures``: how many sessions in a row may fail for one reason before the run ends; 20, 0: any.
    - ``retry_failed``: sessions that failed in an earlier start are played again; False.
    - ``max_concurrency``: sessions at once; 64. ``wait``: minutes to wait for a model that has stopped to answer.
    - ``max_servers``: processes of MCP servers at once; what the tools say, else what the machine can bear.
    - ``log_prompts``: keep what is sent and answered in each LM call, for ``show RUN ID --prompts``; False.
    - ``grace``: seconds that running sessions get to end after an interruption; 5.
    - ``progress``: lines about the run on standard error, or a bar on a terminal; True.
    """

    program: FilePath | None
    config: FilePath | None
    seed: Annotated[int, Field(ge=0, lt=2**32)]
    max_usd: Annotated[float, Field(gt=0)] | None
    max_tokens: Count | None
    max_tool_calls: Count | None
    judge: str | None
    judge_votes: Annotated[int, Field(ge=1, le=99)] | None
    unique: Annotated[float, Field(ge=0, le=1)] | None
    max_failures: Annotated[int, Field(ge=0)]
    retry_failed: bool
    max_concurrency: Annotated[int, Field(ge=1, le=10_000)]
    wait: Annotated[float, Field(ge=0, le=100_000)] | None
    max_servers: Count | None
    log_prompts: bool | None
    grace: Annotated[float, Field(ge=0)]
    progress: bool


def run_spec(tools: ToolsSpec, n: int, model: str | None, settings: Settings) -> RunSpec:
    """The run of ``n`` sessions on ``tools`` that ``settings`` ask for, with ``model`` in all roles if one is named.

    Raises UsageError for what is wrong in the environment, in the configuration file or with the settings together.
    """
    file = load_config_file(_path(settings.get("config")))
    loop = {name: value for name, value in settings.items() if name in ProgramConfig.model_fields}
    unique, log_prompts = settings.get("unique"), settings.get("log_prompts")
    return RunSpec(
        n=n,
        tools=tools.limited(settings.get("max_servers")),
        models=ModelsSpec.from_environment(file.models, file.source, model).waiting(settings.get("wait")),
        program=program_config(file, **loop),
        program_file=_path(settings.get("program")),
        seed=settings.get("seed", 0),
        caps=Caps(settings.get("max_usd"), settings.get("max_tokens"), settings.get("max_tool_calls")),
        gate=gate_config(file, settings.get("judge"), settings.get("judge_votes")),
        unique=file.unique if unique is None else unique,
        max_failures=settings.get("max_failures", 20),
        log_prompts=file.log_prompts if log_prompts is None else log_prompts,
    )


def _path(given: FilePath | None) -> Path | None:
    return None if given is None else Path(given)


class _Call(Settings, total=False):
    """All arguments but the tools."""

    __pydantic_config__ = ConfigDict(extra="forbid", strict=True, allow_inf_nan=False)  # type: ignore[misc]

    model: str | None
    n: Annotated[int, Field(ge=1, le=MOST_SESSIONS)]
    output: FilePath | None


def check_call(**given: Any) -> None:
    """Raise TypeError for a setting that does not exist, as Python does for an argument, and UsageError
    (``invalid_value``) about all that are wrong.
    """
    known = inspect.get_annotations(_Call) | Settings.__annotations__ | LoopSettings.__annotations__
    for name in given:
        if name not in known:
            raise TypeError(f"generate() has no setting {name!r}; {hint(name, known)}")
    try:
        _checker().validate_python(given)
    except ValidationError as error:
        found = problems(error)
    else:
        return
    mistakes = Mistakes("generate()")
    told: Mapping[str, str] = {place.partition(".")[0]: problem for place, problem in reversed(found)}
    for name, problem in told.items():
        mistakes.add(f"{name}: {problem}, got {brief(given[name])}", "invalid_value")
    raise mistakes.as_one()


@cache
def _checker() -> TypeAdapter[_Call]:
    return TypeAdapter(_Call)
