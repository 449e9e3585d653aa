"""Two weeks of weather: one course for the world, a little different in each district."""

import random

from toolgrad_dspy.world.clock import HORIZON_DAYS, day
from toolgrad_dspy.world.database import World
from toolgrad_dspy.world.names import DISTRICTS

_ALERTS = {
    "storm": "Stay away from the quay and from trees.",
    "heat": "Drink water and avoid the midday sun.",
    "fog": "Ferries may be late.",
    "flood": "Riverside paths may be closed.",
}


def build(world: World, rng: random.Random) -> None:
    warmth = rng.randint(14, 19)
    for offset in range(HORIZON_DAYS):
        warmth = min(27, max(10, warmth + rng.randint(-3, 3)))
        wetness = rng.choice((0.0, 0.0, 0.0, 1.0, 4.0, 9.0))
        for district in DISTRICTS:
            rain = round(wetness * rng.uniform(0.5, 1.5), 1)
            wind = rng.randint(4, 26) + (12 if district in ("Harbour", "Hillcrest") else 0)
            world.add(
                "forecast",
                district=district,
                date=day(offset),
                condition=_condition(rng, rain, wind),
                high_c=warmth + rng.randint(-1, 2),
                low_c=warmth - rng.randint(5, 9),
                rain_mm=rain,
                wind_kmh=wind,
            )
    for kind in rng.sample(sorted(_ALERTS), 3):
        world.add(
            "weather_alert",
            alert_id=world.new_id("alert"),
            district=rng.choice(DISTRICTS),
            date=day(rng.randrange(HORIZON_DAYS)),
            kind=kind,
            level=rng.choice(("yellow", "orange")),
            advice=_ALERTS[kind],
        )


def _condition(rng: random.Random, rain: float, wind: int) -> str:
    if rain > 6:
        return "heavy rain"
    if rain > 0:
        return "showers"
    return "windy" if wind > 30 else rng.choice(("sunny", "partly cloudy", "overcast"))
