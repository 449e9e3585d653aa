"""Table bookings."""

from typing import Annotated, Any, Literal

from pydantic import Field

from toolgrad_dspy.world.building.dining import SEATINGS
from toolgrad_dspy.world.clock import TIME_NOW, TODAY, day, weekday
from toolgrad_dspy.world.database import ME, World
from toolgrad_dspy.world.errors import Conflict, InvalidArgument, NotPermitted
from toolgrad_dspy.world.parameters import SOME_DAYS, Arguments, Day, Result, Time
from toolgrad_dspy.world.registry import Toolbox
from toolgrad_dspy.world.tools.dining import PartySize, check_day, taken_tables

bookings = Toolbox("dining")

BookingId = Annotated[str, Field(description="Id of the booking, as returned by book_table or list_bookings.")]


class Booking(Result):
    booking_id: str
    restaurant_id: str
    restaurant: str
    place_id: str
    table_id: str
    date: str
    time: str
    party_size: int
    booked_by: str
    note: str | None
    status: Literal["confirmed", "cancelled"]


class Bookings(Result):
    bookings: list[Booking]


class BookingChanges(Arguments):
    """What to change about a booking; what is left out stays."""

    date: Annotated[Day | None, Field(description="New date, as YYYY-MM-DD.", examples=SOME_DAYS)] = None
    time: Annotated[Time | None, Field(description="New time, as HH:MM.", examples=["18:30", "20:00"])] = None
    party_size: Annotated[int | None, Field(description="New number of guests.", ge=1, le=12)] = None
    note: Annotated[str | None, Field(description="New note for the staff.", examples=["We bring a pram."])] = None


@bookings.writes()
def book_table(
    world: World,
    table_id: Annotated[str, Field(description="Id of the table, as returned by list_free_tables.")],
    date: Annotated[Day, Field(description="Day of the meal, as YYYY-MM-DD.", examples=SOME_DAYS)],
    time: Annotated[Time, Field(description="Time to sit down, as HH:MM.", examples=["12:30", "19:00"])],
    party_size: PartySize,
    note: Annotated[
        str | None, Field(description="A note for the staff; null for none.", examples=["It is a birthday."])
    ] = None,
) -> Booking:
    """Book a table of a restaurant for a date and time."""
    _check_table(world, table_id, date, time, party_size)
    booking_id = world.new_id("booking")
    world.add(
        "booking", booking_id=booking_id, table_id=table_id, contact_id=ME, date=date, time=time,
        party_size=party_size, note=note, status="confirmed",
    )  # fmt: skip
    return get_booking(world, booking_id)


@bookings.reads
def get_booking(world: World, booking_id: BookingId) -> Booking:
    """Get a table booking by its number: restaurant, date, time, party and status."""
    world.get("booking", booking_id)
    return _bookings(world, "booking_id = ?", booking_id)[0]


@bookings.reads
def list_bookings(
    world: World,
    from_date: Annotated[
        Day, Field(description="Only bookings on or after this day, as YYYY-MM-DD.", examples=[TODAY, day(1)])
    ] = TODAY,
    status: Annotated[
        Literal["confirmed", "cancelled"] | None, Field(description="Only this status; null means any.")
    ] = None,
) -> Bookings:
    """List your own table bookings from a date onwards."""
    mine = _bookings(
        world, "booking.contact_id = ? AND date >= ? AND (? IS NULL OR status = ?)", ME, from_date, status, status
    )
    return Bookings(bookings=mine)


@bookings.writes(destructive=True, idempotent=True)
def change_booking(
    world: World,
    booking_id: BookingId,
    changes: Annotated[BookingChanges, Field(description="The new values.")],
) -> Booking:
    """Change the date, time, party size or note of one of your table bookings, keeping the table."""
    booking = _my_booking(world, booking_id)
    wanted = changes.model_dump(exclude_none=True)
    if not wanted:
        raise InvalidArgument("changes names nothing to change.")
    new = {**booking, **wanted}
    _check_table(world, new["table_id"], new["date"], new["time"], new["party_size"], besides=booking_id)
    world.run(
        "UPDATE booking SET date = ?, time = ?, party_size = ?, note = ? WHERE booking_id = ?",
        new["date"],
        new["time"],
        new["party_size"],
        new["note"],
        booking_id,
    )
    return get_booking(world, booking_id)


@bookings.writes(destructive=True, idempotent=True)
def cancel_booking(world: World, booking_id: BookingId) -> Booking:
    """Cancel one of your table bookings."""
    _my_booking(world, booking_id)
    world.run("UPDATE booking SET status = 'cancelled' WHERE booking_id = ?", booking_id)
    return get_booking(world, booking_id)


def _check_table(
    world: World, table_id: str, date: str, time: str, party_size: int, besides: str | None = None
) -> None:
    """Raise unless the table can be had; the booking ``besides`` does not stand in the way."""
    table = world.get("dining_table", table_id)
    restaurant = world.get("restaurant", table["restaurant_id"])
    place = world.get("place", restaurant["place_id"])
    check_day(date)
    if (date, time) <= (TODAY, TIME_NOW):
        raise InvalidArgument(f"{date} {time} is in the past; it is {TODAY} {TIME_NOW}.")
    if time not in SEATINGS:
        raise InvalidArgument(f"tables are seated at {', '.join(SEATINGS)}, not at {time}.")
    if party_size > table["seats"]:
        raise InvalidArgument(f"table {table_id} seats {table['seats']}, not {party_size}.")
    if place["closed_on"] == weekday(date):
        raise Conflict(f"{place['name']} is closed on {date}.")
    if table_id in taken_tables(world, table["restaurant_id"], date, besides)[time]:
        raise Conflict(f"table {table_id} for {table['seats']} at {time} on {date} is taken.")


def _my_booking(world: World, booking_id: str) -> dict[str, Any]:
    """The booking, if the user may change it."""
    booking = world.get("booking", booking_id)
    if booking["contact_id"] != ME:
        holder = world.get("contact", booking["contact_id"])["name"]
        raise NotPermitted(f"booking {booking_id} is held by {holder}, who alone may change or cancel it.")
    if booking["status"] == "cancelled":
        raise Conflict(f"booking {booking_id} is cancelled already.")
    if booking["date"] < TODAY:
        raise Conflict(f"booking {booking_id} was for {booking['date']}, which is over.")
    return booking


def _bookings(world: World, condition: str, *values: str | None) -> list[Booking]:
    return world.read(
        Booking,
        "SELECT booking_id, restaurant_id, place.name AS restaurant, restaurant.place_id, table_id, date, time, "
        "party_size, contact.name AS booked_by, note, status FROM booking JOIN dining_table USING (table_id) "
        "JOIN restaurant USING (restaurant_id) JOIN place ON place.place_id = restaurant.place_id "
        f"JOIN contact ON contact.contact_id = booking.contact_id WHERE {condition} ORDER BY date, time, booking_id",
        *values,
    )
