"""A date as a text gives it."""

from dataclasses import dataclass
from typing import NamedTuple


class Day(NamedTuple):
    """A reading of a date: ``year`` is None if the text leaves it out, ``day`` if it names a whole month."""

    year: int | None
    month: int
    day: int | None


@dataclass(frozen=True, slots=True)
class Dated:
    """A date at ``start:end`` of a text, with every reading it has: 4/5/2026 is in April or in May."""

    start: int
    end: int
    values: tuple[Day, ...]
