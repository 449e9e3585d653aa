"""Events with tickets, and parcels on their way."""

import random

from toolgrad_dspy.world.clock import HORIZON_DAYS, day, to_time
from toolgrad_dspy.world.database import World
from toolgrad_dspy.world.names import DISTRICTS, EVENT_KINDS, EVENT_TITLES, EVENT_VENUES, SENDERS

_STARTS = {"concert": 19, "exhibition": 10, "film": 20, "market": 8, "sport": 10, "talk": 18}
_ABOUT = {
    "concert": "Doors open thirty minutes before.",
    "exhibition": "With an introduction by the artists.",
    "film": "Original version with subtitles.",
    "market": "Bring a bag and small change.",
    "sport": "Register at the desk on the day.",
    "talk": "Questions welcome afterwards.",
}
_JOURNEY = (
    "accepted from sender",
    "left the sorting centre",
    "arrived in Alderbrook",
    "out with the courier",
    "delivered",
)
_STATUSES = ("in_transit", "in_transit", "ready_for_pickup", "out_for_delivery", "delivered")
_SCANS = {"in_transit": 2, "ready_for_pickup": 3, "out_for_delivery": 4, "delivered": 5}


def build(world: World, rng: random.Random) -> None:
    for round_number in range(2):
        for kind_number, kind in enumerate(EVENT_KINDS):
            for number, district in enumerate(DISTRICTS):
                venue = world.row(
                    "SELECT place_id FROM place WHERE category = ? AND district = ? ORDER BY place_id",
                    EVENT_VENUES[kind],
                    district,
                )
                assert venue is not None
                start = 60 * _STARTS[kind] + rng.choice((0, 30))
                offset = (36 * round_number + 6 * kind_number + number * 5 + rng.randrange(2)) % HORIZON_DAYS
                world.add(
                    "event",
                    event_id=world.new_id("event"),
                    title=EVENT_TITLES[kind][(number + 3 * round_number) % len(EVENT_TITLES[kind])],
                    kind=kind,
                    place_id=venue["place_id"],
                    date=day(offset),
                    start=to_time(start),
                    end=to_time(start + rng.choice((90, 120, 150))),
                    price=rng.choice((0.0, 0.0, 6.5, 12.0, 18.0)),
                    seats_left=rng.choice((0, 1, 4, 12, 30, 60)),
                    about=_ABOUT[kind],
                )
    _tickets(world)
    _parcels(world, rng)


def _tickets(world: World) -> None:
    """The user holds tickets for one event of today and one of later on: the first can no longer be given back."""
    today = world.row("SELECT event_id FROM event ORDER BY date, start, event_id LIMIT 1")
    later = world.row("SELECT event_id FROM event WHERE date > ? ORDER BY date, start, event_id LIMIT 1", day(3))
    for event in (today, later):
        assert event is not None
        world.add("ticket", ticket_id=world.new_id("ticket"), event_id=event["event_id"], seats=2, status="valid")


def _parcels(world: World, rng: random.Random) -> None:
    offices = world.rows("SELECT place_id FROM place WHERE category = 'post_office' ORDER BY place_id")
    for number in range(10):
        parcel_id = world.new_id("parcel")
        status = _STATUSES[number % len(_STATUSES)]
        scans = _SCANS[status]
        expected = {"in_transit": rng.randint(1, 5), "out_for_delivery": 0}.get(status, -rng.randint(1, 3))
        world.add(
            "parcel",
            parcel_id=parcel_id,
            sender=SENDERS[number % len(SENDERS)],
            status=status,
            expected_date=day(expected),
            place_id=rng.choice(offices)["place_id"] if status == "ready_for_pickup" else None,
            weight_kg=round(rng.uniform(0.2, 9.0), 1),
        )
        journey = (*_JOURNEY[:3], "ready at the counter") if status == "ready_for_pickup" else _JOURNEY
        for position, what in enumerate(journey[: scans + (status == "ready_for_pickup")]):
            at = f"{day(min(0, expected) - scans + position)}T{6 + rng.randrange(3):02d}:{rng.randrange(60):02d}"
            world.add("scan", parcel_id=parcel_id, position=position, at=at, what=what)
