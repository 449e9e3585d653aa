"""Copies of the world: one template for each seed, and one copy of it for each session."""

import sqlite3
from collections import OrderedDict
from functools import lru_cache

from toolgrad_dspy.seeding import derive
from toolgrad_dspy.world.building import build
from toolgrad_dspy.world.database import ID_NUMBERS, PREFIXES, World
from toolgrad_dspy.world.errors import SessionClosed
from toolgrad_dspy.world.schema import SCHEMA


@lru_cache(maxsize=8)
def template(seed: int) -> bytes:
    """The world of ``seed``, built once and kept as the image of its database file."""
    connection = sqlite3.connect(":memory:")
    # Many small tables: a session's copy is a quarter smaller than with SQLite's default page of 4096 bytes.
    connection.execute("PRAGMA page_size = 1024")
    world = World(connection)
    with world.transaction():
        for statement in SCHEMA.split(";"):
            world.run(statement)
        for kind in PREFIXES:
            world.add("counter", kind=kind, start=derive(seed, "ids", kind) % ID_NUMBERS, used=0)
        build(world, seed)
    image = world.serialize()
    world.close()
    return image


def fresh(seed: int) -> World:
    """A new copy of the world of ``seed``, in memory, tied to no other copy."""
    connection = sqlite3.connect(":memory:")
    connection.deserialize(template(seed))
    return World(connection)


class Worlds:
    """The copies that the sessions of one server work on, by session key.

    With a ``capacity``, a new key gets a copy of its own, and the least recently used copy is dropped when there are
    too many; its session, if it comes back, gets a fresh world. With None, copies live from ``open`` to ``close``,
    and any other key raises :class:`SessionClosed`.
    """

    def __init__(self, seed: int = 0, capacity: int | None = 256) -> None:
        self.seed = seed
        self._capacity = capacity
        self._worlds: OrderedDict[str, World] = OrderedDict()

    def __len__(self) -> int:
        return len(self._worlds)

    def __contains__(self, key: str) -> bool:
        return key in self._worlds

    def get(self, key: str) -> World:
        """The copy of the session ``key``."""
        world = self._worlds.get(key)
        if world is None:
            if self._capacity is None:
                raise SessionClosed("the session is over.")
            world = self.open(key)
            if len(self._worlds) > self._capacity:
                self._worlds.popitem(last=False)[1].close()
        self._worlds.move_to_end(key)
        return world

    def open(self, key: str) -> World:
        """A fresh copy for the session ``key``; it replaces the copy that the session may have."""
        self.close(key)
        world = self._worlds[key] = fresh(self.seed)
        return world

    def close(self, key: str) -> None:
        """Drop the copy of ``key``, if there is one."""
        world = self._worlds.pop(key, None)
        if world is not None:
            world.close()

    def clear(self) -> None:
        """Drop every copy."""
        for key in list(self._worlds):
            self.close(key)
