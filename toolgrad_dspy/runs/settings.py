"""What ``generate()`` takes beside tools, model, number and folder, and whether it is all in order."""

import inspect
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import ConfigDict, Field, TypeAdapter, ValidationError
from typing_extensions import TypedDict

from toolgrad_dspy.errors import Mistakes, brief, hint, problems
from toolgrad_dspy.program.bases import BaseName
from toolgrad_dspy.runs.spec import MOST_SESSIONS

Count = Annotated[int, Field(ge=1)]
FilePath = str | Path


class LoopSettings(TypedDict, total=False):
    """The settings of the loop: see :class:`~toolgrad_dspy.program.ProgramConfig`, which has their limits."""

    mini_batch: int
    proposals: int
    iterations: int
    repairs: int
    mend: Literal["needed", "all"]
    chains: int
    update: Literal["each", "last"]
    base: BaseName
    max_calls: int | None
    shown_chars: int
    written_chars: int


class Settings(LoopSettings, total=False):
    """What else :func:`~toolgrad_dspy.generate` takes, all of it optional.

    - ``program``: a compiled program. ``config``: a configuration file (docs/models.md).
    - ``seed``: of everything random; 0.
    - ``max_usd``, ``max_tokens``, ``max_tool_calls``: what the whole run may use, over all its starts.
    - ``judge``: criteria by which judges decide over samples, ``""`` for the usual ones. ``judge_votes``: how many
      votes each takes, an odd number.
    - ``unique``: the share of the samples that may be like an earlier one.
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
    log_prompts: bool
    grace: Annotated[float, Field(ge=0)]
    progress: bool


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
