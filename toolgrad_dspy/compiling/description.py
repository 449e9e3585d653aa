"""How a program came about: what its file says beside the prompts, after a compile and in a trial of a sweep."""

import re
import warnings
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any, TypeVar

from pydantic import ConfigDict, Field, JsonValue, NonNegativeInt, SerializerFunctionWrapHandler, ValidationError
from pydantic.functional_serializers import model_serializer

from toolgrad_dspy import __version__
from toolgrad_dspy.errors import UsageError, first_problem, one_line
from toolgrad_dspy.metrics.comparison import Difference
from toolgrad_dspy.program import ProgramConfig
from toolgrad_dspy.records.base import OutsideData, OutsideObject, OutsideText, Record

T = TypeVar("T")

# The settings of the loop that version 0.1.0 did not have.
_BEFORE: Mapping[str, JsonValue] = {"base": "plain", "mend": "all"}

# A key that the file leaves out when there is nothing to say.
Omitted = Annotated[T | None, Field(exclude_if=lambda value: value is None)]


class _Part(Record):
    # JSON has neither infinity nor NaN.
    model_config = ConfigDict(allow_inf_nan=False, serialize_by_alias=True)


class BudgetDescription(_Part):
    """What tuning was allowed to use: the fields of :class:`~toolgrad_dspy.tuning.TuningBudget` that were set."""

    metric_calls: NonNegativeInt
    threads: NonNegativeInt
    lm_calls: Omitted[NonNegativeInt] = None
    usd: Omitted[float] = None
    minutes: Omitted[float] = None


class OptimizerDescription(_Part):
    """The optimizer, and what it did. The first sweeps stored only the name and the budget.

    ``sessions`` counts scored sessions, ``candidates`` the different prompts among them. ``stopped`` says what ended
    the tuning early, empty if nothing did.
    """

    name: OutsideText
    settings: OutsideObject = Field(default_factory=dict)
    budget: BudgetDescription
    seed: NonNegativeInt | None = None
    sessions: NonNegativeInt | None = None
    candidates: NonNegativeInt | None = None
    stopped: OutsideText = ""


class MetricDescription(_Part):
    """:meth:`Metric.public`: all but ``weights`` and ``floor`` are those of a judge, ``prompts`` digests by group.

    Files of earlier versions have no ``floor``, and do not say how much of a result a judge was shown.
    """

    weights: dict[OutsideText, float]
    floor: Omitted[NonNegativeInt] = None
    votes: NonNegativeInt | None = None
    temperature: float | None = None
    shown_chars: Omitted[NonNegativeInt] = None
    prompts: dict[OutsideText, OutsideText] | None = None

    @model_serializer(mode="wrap")
    def _without_a_judge(self, handler: SerializerFunctionWrapHandler) -> dict[str, Any]:
        data: dict[str, Any] = handler(self)
        # A judge's temperature may be null, so that the judge as a whole is there or not.
        kept = data if self.votes is not None else data.keys() & {"weights", "floor"}
        return {name: value for name, value in data.items() if name in kept}


class TaskCounts(_Part):
    """How many tasks there are of each kind. ``test`` is 0 where a program was not compared on test tasks."""

    train: NonNegativeInt
    validation: NonNegativeInt
    test: NonNegativeInt


class ValidationScores(_Part):
    """Mean scores on the validation tasks; None for a program that was not scored on all of them.

    ``fresh_before`` and ``fresh_after`` are those on the ``fresh`` tasks, on which the finalists were scored again.
    """

    before: float | None = None
    after: float | None = None
    fresh: Omitted[NonNegativeInt] = None
    fresh_before: Omitted[float] = None
    fresh_after: Omitted[float] = None


class ProgramScores(_Part):
    """Mean scores of the base and the tuned program, in [0, 1].

    All but ``validation`` are on the test tasks, and None for a trial of a sweep: it tunes, but compares nothing on
    them. ``pairs`` counts the test tasks that both programs have run; ``difference`` and ``gain`` are None where
    those are too few.
    """

    before: float | None = None
    after: float | None = None
    difference: Difference | None = None
    gain: bool | None = None
    pairs: Omitted[NonNegativeInt] = None
    validation: ValidationScores


# The name of the setting; the attribute is a method of pydantic's that is going away.
warnings.filterwarnings("ignore", 'Field name "schema" in "ModelDescription" shadows', UserWarning)


class ModelDescription(_Part):
    """:meth:`ModelSettings.public`: one role's model, and its settings that are not the defaults."""

    model: OutsideText
    api_base: Omitted[OutsideText] = None
    temperature: Omitted[float] = None
    max_tokens: Omitted[NonNegativeInt] = None
    fallbacks: Omitted[OutsideText] = None
    adapter: Omitted[OutsideText] = None
    schema: Omitted[OutsideText] = None  # type: ignore[assignment]


class ToolsDescription(_Part):
    """``source`` is ``"world"`` for the bundled world, or the servers without secrets; ``digest`` is of all tools."""

    source: OutsideData
    digest: OutsideText


class ParentDescription(_Part):
    """What tuning started from: a program ``file``, None for the untuned program, and the digest of its prompts."""

    file: OutsideText | None
    prompts: OutsideText


class ProgramDescription(_Part):
    """How a program came about: the part ``compiled`` of its file.

    ``recorded`` is the recording that it was tuned on, ``trial`` its number in a sweep, ``version`` that of the
    package that wrote it. ``tools`` and ``parent`` are None where that version did not store them.
    """

    optimizer: OptimizerDescription
    metric: MetricDescription
    recorded: OutsideText | None = None
    tasks: TaskCounts
    scores: ProgramScores
    conclusion: OutsideText | None = Field(default=None, alias="verdict")
    program: ProgramConfig
    models: dict[OutsideText, ModelDescription]
    tools: ToolsDescription | None = None
    parent: ParentDescription | None = None
    trial: Omitted[NonNegativeInt] = None
    version: OutsideText

    def stored(self) -> dict[str, JsonValue]:
        """As JSON, for :func:`~toolgrad_dspy.program.save_program`."""
        return self.model_dump(mode="json")


def read_description(compiled: JsonValue, path: Path) -> ProgramDescription | None:
    """The description in a program file: what ``path`` holds under ``compiled``. None where that is empty.

    Raises UsageError (``damaged_description``, ``newer_description``). The program can be used all the same.
    """
    if compiled is None or compiled == {}:
        return None
    try:
        return ProgramDescription.model_validate(_current(compiled))
    except ValidationError as error:
        version = compiled.get("version") if isinstance(compiled, dict) else None
        if _release(version) > _release(__version__):
            raise UsageError(
                f"{path} has a description by toolgrad-dspy {one_line(version, 40)}, and this is {__version__}: "
                "upgrade to see how the program came about",
                code="newer_description",
            ) from None
        where, problem = first_problem(error)
        raise UsageError(
            f"{path} has a damaged description: {one_line(f'{where}: {problem}' if where else problem, 160)}",
            code="damaged_description",
        ) from None


def _current(compiled: JsonValue) -> JsonValue:
    """``compiled`` in today's layout.

    Where there was no choice of instructions and of what is mended, it was that of :data:`_BEFORE`. The first sweeps
    put the budget and the tasks beside the optimizer's name, and the validation scores where compile puts the test
    scores.
    """
    if isinstance(compiled, dict) and isinstance(program := compiled.get("program"), dict):
        compiled = {**compiled, "program": {**_BEFORE, **program}}
    if not isinstance(compiled, dict) or "trial" not in compiled:
        return compiled
    optimizer, scores = compiled.get("optimizer"), compiled.get("scores")
    if not isinstance(optimizer, dict) or "metric_calls" not in optimizer:
        return compiled  # a later version's trial, or damaged
    budget = {key: value for key, value in optimizer.items() if key in ("metric_calls", "threads")}
    tasks = {key: value for key, value in optimizer.items() if key in ("train", "validation")}
    rest = {key: value for key, value in optimizer.items() if key not in budget | tasks}
    return {
        **compiled,
        "optimizer": {**rest, "budget": budget},
        "tasks": {**tasks, "test": 0},
        "scores": {"validation": scores},
    }


def _release(version: object) -> tuple[int, ...]:
    """The numbers a version begins with: (1, 10, 0) of 1.10.0rc1. Empty, and so the oldest, for what is none."""
    numbers = re.match(r"\d{1,9}(\.\d{1,9})*", version) if isinstance(version, str) else None
    return tuple(int(number) for number in numbers[0].split(".")) if numbers else ()
