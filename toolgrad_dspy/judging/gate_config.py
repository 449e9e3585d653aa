"""The settings of the gate: by which criteria judges decide over a sample that the rules have accepted."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field, JsonValue, field_validator

from toolgrad_dspy.errors import UsageError, hint
from toolgrad_dspy.judging.judge import prompt_digest
from toolgrad_dspy.judging.prompts import CRITERIA, GROUPS
from toolgrad_dspy.records import Criterion, JudgeGroup, Judgement

ALL = "all"
"""Stands for the six criteria that are decided by yes or no."""

# Those of the query and its values first, as a person would read a sample.
SIX: tuple[Criterion, ...] = (
    "specificity",
    "alignment",
    "sufficiency",
    "minimality",
    "solvability",
    "coherence",
)
QOR = "qor"
_THRESHOLD = re.compile(r"qor\s*>=\s*(\d{1,3}(?:\.\d+)?)")


@dataclass(frozen=True, slots=True)
class Standard:
    """What a sample has to meet: that a criterion holds, or, with ``least``, that its QoR is at least that."""

    name: str
    least: float | None = None

    @property
    def group(self) -> JudgeGroup:
        """The judge's call that decides it."""
        return next((group for group in GROUPS if self.name in CRITERIA[group]), "quality")

    def met(self, judgement: Judgement) -> tuple[bool | None, str]:
        """Whether ``judgement`` meets it, None where that was not decided, and why."""
        if self.least is None:
            judged = judgement.on(self.name)
            return (None, "it was not judged") if judged is None else (judged.holds, judged.reason)
        quality = judgement.quality
        if quality is None or quality.score is None:
            return None, "it was not judged" if quality is None else quality.reason
        worst = min(quality.requests, key=lambda request: request.score, default=None)
        why = quality.reason if worst is None else f"{worst.request}: {worst.reason}"
        return quality.score >= self.least, f"it is {quality.score:.0f}; {why}"

    def __str__(self) -> str:
        return self.name if self.least is None else f"{self.name}>={self.least:g}"


def standards(given: str | Sequence[str]) -> tuple[Standard, ...]:
    """The standards that ``given`` names, a list or a text with commas, each once.

    >>> [str(standard) for standard in standards("minimality, qor>=80")]
    ['minimality', 'qor>=80']

    ``all`` is the six criteria. Raises UsageError for a name that is none of them (``unknown_criterion``).
    """
    names = given.split(",") if isinstance(given, str) else given
    named: dict[str, Standard] = {}
    for name in (str(name).strip().lower() for name in names):
        for standard in [Standard(one) for one in SIX] if name == ALL else [_standard(name)]:
            named[standard.name] = standard
    if not named:
        raise UsageError("no criterion to judge by is named", code="unknown_criterion")
    return tuple(named.values())


def _standard(name: str) -> Standard:
    threshold = _THRESHOLD.fullmatch(name)
    if threshold is not None and float(threshold[1]) <= 100:
        return Standard(QOR, float(threshold[1]))
    if name in SIX:
        return Standard(name)
    if name.startswith(QOR):
        raise UsageError(f"{name!r}: say which score is enough, from 0 to 100: qor>=80", code="unknown_criterion")
    raise UsageError(
        f"unknown criterion {name!r}; {hint(name, (*SIX, 'qor>=80', ALL))}",
        code="unknown_criterion",
    )


class GateConfig(BaseModel):
    """By what a sample is judged before it is accepted, and how the judge is asked.

    >>> GateConfig(criteria=("minimality", "qor>=80"), votes=3).criteria
    ('minimality', 'qor>=80')

    - ``criteria``: those that have to hold, and ``qor>=N`` for a score from 0 to 100; the six criteria by default.
    - ``votes``: how often each question is put to the judge; odd.
    - ``temperature``: the judge's, 0 to 2; None for that of the role ``judge``.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    criteria: tuple[str, ...] = SIX
    # Strict: YAML's yes is a bool, which would pass for 1.
    votes: Annotated[int, Field(strict=True, ge=1)] = 1
    temperature: Annotated[float, Field(strict=True, ge=0, le=2)] | None = None

    @field_validator("criteria", mode="before")
    @classmethod
    def _known(cls, given: object) -> object:
        if not isinstance(given, (str, list, tuple)):
            return given
        try:
            return tuple(str(standard) for standard in standards(given))
        except UsageError as error:  # the message gets its place in the file
            raise ValueError(str(error)) from None

    @field_validator("votes")
    @classmethod
    def _odd(cls, votes: int) -> int:
        if votes % 2 == 0:
            raise ValueError("the number of votes has to be odd")
        return votes

    @property
    def standards(self) -> tuple[Standard, ...]:
        return standards(self.criteria)

    @property
    def groups(self) -> tuple[JudgeGroup, ...]:
        """The calls of the judge that they take, in a fixed order."""
        wanted = {standard.group for standard in self.standards}
        return tuple(group for group in GROUPS if group in wanted)

    @property
    def calls(self) -> int:
        """LM calls for one sample, if no answer has to be asked for again."""
        return len(self.groups) * self.votes

    def public(self) -> dict[str, JsonValue]:
        """What a run stores of it and compares on resume: with the prompts that the judge gets."""
        prompts: dict[str, JsonValue] = {group: prompt_digest(group) for group in self.groups}
        return {**self.model_dump(mode="json"), "prompts": prompts}
