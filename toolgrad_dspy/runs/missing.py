"""The sessions of a run that are still to be played."""

from bisect import bisect_right
from collections.abc import Iterable, Sequence
from typing import overload


class Missing(Sequence[int]):
    """The numbers below ``n`` that are not in ``done``, in order, in the room that ``done`` takes.

    >>> list(Missing(6, {0, 2, 3, 9}))
    [1, 4, 5]
    """

    def __init__(self, n: int, done: Iterable[int]) -> None:
        below = sorted(index for index in done if 0 <= index < n)
        self._length = n - len(below)
        # How many missing ones stand before each that is done: the k-th comes after all those with at most k before
        # themselves.
        self._before = [index - position for position, index in enumerate(below)]

    def __len__(self) -> int:
        return self._length

    @overload
    def __getitem__(self, position: int) -> int: ...

    @overload
    def __getitem__(self, position: slice) -> list[int]: ...

    def __getitem__(self, position: int | slice) -> int | list[int]:
        if isinstance(position, slice):
            return [self[place] for place in range(*position.indices(self._length))]
        place = position + self._length if position < 0 else position
        if not 0 <= place < self._length:
            raise IndexError(f"there are {self._length} sessions, and none at {position}")
        return place + bisect_right(self._before, place)
