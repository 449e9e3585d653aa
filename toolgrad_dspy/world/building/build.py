"""The parts of a world, each of which fills its own tables."""

from toolgrad_dspy.seeding import generator
from toolgrad_dspy.world.building import culture, dining, geography, library, people, transit, weather
from toolgrad_dspy.world.database import World


def build(world: World, seed: int) -> None:
    """Write everything that is there when a session starts. Each part draws from a generator of its own."""
    for part in (geography, transit, weather, people, library, dining, culture):
        part.build(world, generator(seed, part.__name__.rsplit(".", 1)[-1]))
