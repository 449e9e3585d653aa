"""Restaurants, one of each cuisine in each district, with tables, menus and bookings."""

import random

from toolgrad_dspy.world.building.geography import add_place
from toolgrad_dspy.world.clock import HORIZON_DAYS, day, weekday
from toolgrad_dspy.world.database import ME, World
from toolgrad_dspy.world.names import CUISINES, DIETS, DISHES, DISTRICTS, RESTAURANTS, Cuisine

SEATINGS = ("12:00", "12:30", "13:00", "13:30", "18:00", "18:30", "19:00", "19:30", "20:00", "20:30", "21:00")
"""When a table can be booked from."""

_MY_DAYS = (0, 2, 4, 7, 10)
_AREAS = ("window", "main room", "terrace")
_MEATLESS = (0, 2, 3, 5)  # by position in DISHES
_COURSES = ("starter", "starter", "main", "main", "main", "dessert")


def build(world: World, rng: random.Random) -> None:
    for cuisine in CUISINES:
        for district, name in zip(DISTRICTS, RESTAURANTS[cuisine], strict=True):
            restaurant_id = _restaurant(world, rng, cuisine, add_place(world, rng, "restaurant", district, name))
            for seats in (2, 2, 4, 4, rng.choice((6, 8))):
                world.add(
                    "dining_table",
                    table_id=world.new_id("dining_table"),
                    restaurant_id=restaurant_id,
                    seats=seats,
                    area=rng.choice(_AREAS),
                )
    _bookings(world, rng)
    _friends_booking(world)


def _restaurant(world: World, rng: random.Random, cuisine: Cuisine, place_id: str) -> str:
    restaurant_id = world.new_id("restaurant")
    diets = ["vegetarian", *(diet for diet in DIETS[1:] if rng.random() < 0.5)]
    price_level = rng.randint(1, 4)
    world.add(
        "restaurant", restaurant_id=restaurant_id, place_id=place_id, cuisine=cuisine, price_level=price_level,
        rating=round(rng.uniform(3.2, 4.9), 1), diets=",".join(diets),
    )  # fmt: skip
    for position, (course, name) in enumerate(zip(_COURSES, DISHES[cuisine], strict=True)):
        meatless = position in _MEATLESS or cuisine == "vegetarian"
        world.add(
            "dish",
            restaurant_id=restaurant_id,
            position=position,
            course=course,
            name=name,
            price=rng.randint(8, 14) * price_level / 2 + (4 if course == "main" else 0),
            diets=",".join(diet for diet in diets if meatless and (diet == "vegetarian" or rng.random() < 0.6)),
        )
    return restaurant_id


def _bookings(world: World, rng: random.Random) -> None:
    people = [r["contact_id"] for r in world.rows("SELECT contact_id FROM contact WHERE listed ORDER BY contact_id")]
    tables = world.rows(
        "SELECT table_id, seats, closed_on FROM dining_table JOIN restaurant USING (restaurant_id) "
        "JOIN place USING (place_id) ORDER BY table_id"
    )
    for offset in range(HORIZON_DAYS):
        date = day(offset)
        # A table is booked at most once a day here, so that no two of these overlap.
        open_tables = [table for table in tables if table["closed_on"] != weekday(date)]
        for number, table in enumerate(rng.sample(open_tables, 24)):
            world.add(
                "booking",
                booking_id=world.new_id("booking"),
                table_id=table["table_id"],
                contact_id=ME if number == 0 and offset in _MY_DAYS else rng.choice(people),
                date=date,
                time=rng.choice(SEATINGS),
                party_size=rng.randint(1, table["seats"]),
                status="cancelled" if number == 0 and offset == _MY_DAYS[-1] else "confirmed",
            )


def _friends_booking(world: World) -> None:
    """A friend booked and wrote the number to the user, who may look the booking up but not cancel it."""
    booking = world.row("SELECT * FROM booking WHERE contact_id != ? AND date = ? ORDER BY booking_id", ME, day(2))
    friend = world.row("SELECT contact_id FROM contact WHERE listed AND accepts_messages ORDER BY contact_id")
    assert booking is not None
    assert friend is not None
    world.run("UPDATE booking SET contact_id = ? WHERE booking_id = ?", friend["contact_id"], booking["booking_id"])
    world.add(
        "message",
        message_id=world.new_id("message"),
        contact_id=friend["contact_id"],
        direction="received",
        sent_at=f"{day(-1)}T20:15",
        text=f"I booked us a table, the number is {booking['booking_id']}. See you there!",
        unread=True,
    )
