"""Parameter types that several tools share, and the base of what tools return."""

from datetime import date as calendar_date
from typing import Annotated, Any, TypeVar

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field

from toolgrad_dspy.world.clock import LAST_DAY, TODAY, day

ItemT = TypeVar("ItemT")


def _in_the_calendar(value: str) -> str:
    calendar_date.fromisoformat(value)
    return value


Day = Annotated[
    str, Field(pattern=r"^\d{4}-\d{2}-\d{2}$", json_schema_extra={"format": "date"}), AfterValidator(_in_the_calendar)
]
"""A date such as 2026-05-12."""

Time = Annotated[str, Field(pattern=r"^([01]\d|2[0-3]):[0-5]\d$")]
"""A time of day such as 19:30. (JSON Schema's own ``time`` format demands seconds and a zone.)"""

Page = Annotated[int, Field(description="Page of results, from 1.", ge=1)]
Limit = Annotated[int, Field(description="Most results to return at once.", ge=1, le=50)]

SOME_DAYS = [day(1), day(3), day(8)]
"""Dates for schema examples: all of them lie within the forecast and the planned events."""


class Arguments(BaseModel):
    """A nested object in a tool's parameters."""

    model_config = ConfigDict(extra="forbid")


class Result(BaseModel):
    """What a tool returns, or a part of it."""

    model_config = ConfigDict(extra="forbid")


class DateRange(Arguments):
    """Days from first to last, both included."""

    first: Annotated[Day, Field(description="First day, as YYYY-MM-DD.", examples=[TODAY])]
    last: Annotated[Day, Field(description="Last day, as YYYY-MM-DD.", examples=[LAST_DAY])]


def _split(value: Any) -> Any:
    return [item for item in value.split(",") if item] if isinstance(value, str) else value


Listed = Annotated[list[ItemT], BeforeValidator(_split)]
"""A list that the database keeps as one comma-separated text."""


def pages(total: int, page: int, limit: int) -> tuple[int, int | None]:
    """The offset of ``page``, and the number of the next page or None. A page after the last one is empty."""
    offset = min((page - 1) * limit, total)  # SQLite has no room for every whole number that a caller may give
    return offset, page + 1 if offset + limit < total else None
