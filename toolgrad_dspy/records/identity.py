"""Values without a hash as keys of a cache."""

from dataclasses import dataclass
from typing import Generic, TypeVar

T = TypeVar("T")


@dataclass(frozen=True, slots=True, eq=False)
class ByIdentity(Generic[T]):
    """A value that a cache tells apart by identity, and keeps alive: a record that holds a schema has no hash.

    >>> tools = [{"name": "a"}, {"name": "a"}]
    >>> ByIdentity(tools[0]) == ByIdentity(tools[0]), ByIdentity(tools[0]) == ByIdentity(tools[1])
    (True, False)
    """

    value: T

    def __hash__(self) -> int:
        return id(self.value)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, ByIdentity) and self.value is other.value
