"""Stops, lines and their timetables, disruptions."""

import random

from toolgrad_dspy.world.building.geography import spot
from toolgrad_dspy.world.clock import day
from toolgrad_dspy.world.database import World
from toolgrad_dspy.world.names import DISTRICTS, STOPS

# Name, vehicle, minutes between two departures, and the stops as districts with positions in STOPS. All lines are
# connected, with at most two changes between any two stops.
_LINES: tuple[tuple[str, str, int, str], ...] = (
    ("Tram 1", "tram", 10, "Harbour 1, Harbour 0, Old Town 1, Old Town 0, Northgate 1, Northgate 0"),
    ("Tram 2", "tram", 12, "Millside 1, Millside 0, Old Town 2, Old Town 0, Riverside 1, Riverside 0"),
    ("Bus 5", "bus", 15, "Hillcrest 1, Hillcrest 0, Hillcrest 2, Riverside 2, Old Town 3, Old Town 0"),
    ("Bus 8", "bus", 20, "Millside 2, Millside 3, Millside 0, Northgate 2, Northgate 0, Hillcrest 3, Hillcrest 0"),
    (
        "Bus 11",
        "bus",
        20,
        "Millside 4, Millside 0, Harbour 3, Harbour 0, Old Town 4, Old Town 0, Northgate 3, Northgate 4",
    ),
    ("Ferry F", "ferry", 30, "Harbour 2, Harbour 4, Harbour 0, Riverside 3, Riverside 0, Riverside 4, Hillcrest 4"),
)

_DISRUPTIONS = (
    ("track works", "Vehicles pass the works slowly; allow ten minutes more."),
    ("street closed for a parade", "Vehicles make a detour; allow five minutes more."),
    ("vehicle shortage", "Vehicles are fuller than usual."),
)


def build(world: World, rng: random.Random) -> None:
    stops: dict[str, str] = {}
    for district in DISTRICTS:
        for number, name in enumerate(STOPS[district]):
            x, y = spot(rng, district)
            stops[f"{district} {number}"] = stop_id = world.new_id("stop")
            step_free = rng.random() < 0.75
            world.add("stop", stop_id=stop_id, name=name, district=district, x=x, y=y, step_free=step_free)
    routes = []
    for name, mode, headway, path in _LINES:
        routes.append(route_id := world.new_id("route"))
        first, last = 300 + 5 * rng.randint(0, 8), 1320 + 5 * rng.randint(0, 6)
        world.add("route", route_id=route_id, name=name, mode=mode, headway=headway, first=first, last=last)
        minutes = 0
        for position, stop in enumerate(stations := path.split(", ")):
            if position:
                minutes += rng.randint(2, 4) if stop[:-2] == stations[position - 1][:-2] else rng.randint(5, 9)
            world.add("route_stop", route_id=route_id, position=position, stop_id=stops[stop], minutes=minutes)
    for route_id, (reason, advice) in zip(rng.sample(routes, 2), rng.sample(_DISRUPTIONS, 2), strict=True):
        first_day = rng.randint(0, 6)
        world.add(
            "disruption",
            disruption_id=world.new_id("disruption"),
            route_id=route_id,
            first_day=day(first_day),
            last_day=day(first_day + rng.randint(1, 5)),
            reason=reason,
            advice=advice,
        )
