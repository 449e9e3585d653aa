"""What is left of a text when its secrets are masked, and which secrets those are."""

from collections.abc import Iterator
from dataclasses import dataclass, field

MASK = "***"


@dataclass(frozen=True, slots=True)
class Secret:
    """A text that must not be shown. ``sure``: its place says that it is a secret, also where it is a plain word."""

    text: str = field(repr=False)
    sure: bool = False


@dataclass(frozen=True, slots=True)
class Masked:
    """``shown`` is the text as it may be shown and stored; ``secrets`` are what stood where it says :data:`MASK`."""

    shown: str
    secrets: tuple[Secret, ...] = field(default=(), repr=False)

    def __iter__(self) -> Iterator[Secret]:
        return iter(self.secrets)
