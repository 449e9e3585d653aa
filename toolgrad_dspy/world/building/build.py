"""The parts of a town, each of which fills its own tables."""

from toolgrad_dspy.seeding import generator
from toolgrad_dspy.world.building import culture, dining, geography, library, people, transit, weather
from toolgrad_dspy.world.database import Town


def build(town: Town, seed: int) -> None:
    """Write everything that is there when a session starts. Each part draws from a generator of its own."""
    for part in (geography, transit, weather, people, library, dining, culture):
        part.build(town, generator(seed, part.__name__.rsplit(".", 1)[-1]))
