"""Which copy of the town a call works on: one template for each seed, one copy of it for each session."""

import sqlite3
from collections import OrderedDict
from functools import lru_cache

from toolgrad_dspy.seeding import derive
from toolgrad_dspy.world.building import build
from toolgrad_dspy.world.database import ID_NUMBERS, PREFIXES, Town
from toolgrad_dspy.world.errors import TownError
from toolgrad_dspy.world.schema import SCHEMA


@lru_cache(maxsize=8)
def template(seed: int) -> bytes:
    """The town of ``seed``, built once and kept as the image of its database file."""
    connection = sqlite3.connect(":memory:")
    # Many small tables: a quarter less for every session than with SQLite's own page of 4096 bytes.
    connection.execute("PRAGMA page_size = 1024")
    town = Town(connection)
    with town.transaction():
        for statement in SCHEMA.split(";"):
            town.run(statement)
        for kind in PREFIXES:
            town.add("counter", kind=kind, start=derive(seed, "ids", kind) % ID_NUMBERS, used=0)
        build(town, seed)
    image = town.serialize()
    town.close()
    return image


def fresh(seed: int) -> Town:
    """A new copy of the town of ``seed``, in memory, tied to no other copy."""
    connection = sqlite3.connect(":memory:")
    connection.deserialize(template(seed))
    return Town(connection)


class SessionClosed(TownError):  # noqa: N818 - named like the other refusals
    """The session was closed before the call reached its town."""

    label = "Closed"


class Towns:
    """The copies that the sessions of one server work on, by session key.

    With a ``capacity`` a key that is met for the first time gets a copy of its own, and the copy that was left
    unused for longest makes room; a session that comes back after that finds a fresh town. With None, copies
    live from ``open`` to ``close``, and any other key raises :class:`SessionClosed`.
    """

    def __init__(self, seed: int = 0, capacity: int | None = 256) -> None:
        self.seed = seed
        self._capacity = capacity
        self._towns: OrderedDict[str, Town] = OrderedDict()

    def __len__(self) -> int:
        return len(self._towns)

    def __contains__(self, key: str) -> bool:
        return key in self._towns

    def get(self, key: str) -> Town:
        """The copy of the session ``key``."""
        town = self._towns.get(key)
        if town is None:
            if self._capacity is None:
                raise SessionClosed("the session is over.")
            town = self.open(key)
            if len(self._towns) > self._capacity:
                self._towns.popitem(last=False)[1].close()
        self._towns.move_to_end(key)
        return town

    def open(self, key: str) -> Town:
        """A fresh copy for the session ``key``, in place of the one it may have."""
        self.close(key)
        town = self._towns[key] = fresh(self.seed)
        return town

    def close(self, key: str) -> None:
        """Drop the copy of ``key``, if there is one."""
        town = self._towns.pop(key, None)
        if town is not None:
            town.close()

    def clear(self) -> None:
        """Drop every copy."""
        for key in list(self._towns):
            self.close(key)
