"""Places: at least one of each category in each district."""

import random

from toolgrad_dspy.world.database import World
from toolgrad_dspy.world.names import (
    CENTRES,
    DISTRICTS,
    HOURS,
    PLACE_ABOUT,
    PLACE_NAMES,
    STREETS,
    District,
    PlaceCategory,
)

_SPREAD = 450  # metres from the centre of a district to its edge
_EXTRA = 54


def build(world: World, rng: random.Random) -> None:
    for number, district in enumerate(DISTRICTS):
        for category, names in PLACE_NAMES.items():
            if names:
                add_place(world, rng, category, district, _local_name(names, number, district, category))
    extras = [c for c, names in PLACE_NAMES.items() if len(names) > 1]
    for number in range(_EXTRA):
        category = rng.choice(extras)
        district = DISTRICTS[number % len(DISTRICTS)]
        taken = {row["name"] for row in world.rows("SELECT name FROM place")}
        candidates = [name for n in PLACE_NAMES[category] if (name := f"{district} {n}") not in taken]
        if candidates:
            add_place(world, rng, category, district, rng.choice(candidates))


def _local_name(names: tuple[str, ...], number: int, district: District, category: PlaceCategory) -> str:
    if len(names) == 1 or category in ("clinic", "school", "shop"):
        return f"{district} {names[number % len(names)]}"
    return names[number]


def add_place(world: World, rng: random.Random, category: PlaceCategory, district: District, name: str) -> str:
    """Put a place somewhere in ``district`` and return its id."""
    place_id = world.new_id("place")
    opens, closes = HOURS[category]
    x, y = spot(rng, district)
    world.add(
        "place",
        place_id=place_id,
        name=name,
        category=category,
        district=district,
        address=address(rng, district),
        x=x,
        y=y,
        step_free=rng.random() < 0.7,
        phone=phone(rng),
        opens=opens,
        closes=closes,
        closed_on=None if category in ("hotel", "park", "pharmacy") else rng.choice((None, 0, 6)),
        about=PLACE_ABOUT[category],
    )
    return place_id


def spot(rng: random.Random, district: District) -> tuple[int, int]:
    """A point in ``district``, in metres east and north."""
    x, y = CENTRES[district]
    return x + rng.randint(-_SPREAD, _SPREAD), y + rng.randint(-_SPREAD, _SPREAD)


def address(rng: random.Random, district: District) -> str:
    """A street and house number in ``district``."""
    return f"{rng.choice(STREETS[district])} {rng.randint(1, 98)}"


def phone(rng: random.Random) -> str:
    """A number of the range that is kept free for fiction (Ofcom, "Numbers for drama", 01632 960000-960999)."""
    return f"+44 1632 960{rng.randint(0, 999):03d}"
