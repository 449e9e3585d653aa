"""What is on, and tickets for it."""

from typing import Annotated, Literal

from pydantic import Field

from toolgrad_dspy.world.clock import LAST_DAY, TODAY, day
from toolgrad_dspy.world.database import World
from toolgrad_dspy.world.errors import Conflict, InvalidArgument, NotPermitted
from toolgrad_dspy.world.names import District, EventKind
from toolgrad_dspy.world.parameters import DateRange, Limit, Page, Result, pages
from toolgrad_dspy.world.registry import Toolbox

events = Toolbox("events")

EventId = Annotated[str, Field(description="Id of the event, as returned by search_events.")]


class EventSummary(Result):
    event_id: str
    title: str
    kind: EventKind
    place_id: str
    place: str
    district: District
    date: str
    start: str


class EventPage(Result):
    events: list[EventSummary]
    total: int
    next_page: int | None


class Event(EventSummary):
    end: str
    price: float
    seats_left: int
    about: str


class Ticket(Result):
    ticket_id: str
    event_id: str
    title: str
    place_id: str
    date: str
    start: str
    seats: int
    total_price: float
    status: Literal["valid", "returned"]


class Tickets(Result):
    tickets: list[Ticket]


@events.reads
def search_events(
    world: World,
    kind: Annotated[EventKind | None, Field(description="Only this kind; null means any.")] = None,
    date_range: Annotated[
        DateRange | None, Field(description="Days of interest; null means the next two weeks.")
    ] = None,
    district: Annotated[District | None, Field(description="Only this district; null means any.")] = None,
    free_only: Annotated[bool, Field(description="Only events without an admission price.")] = False,
    page: Page = 1,
    limit: Limit = 10,
) -> EventPage:
    """Search events (concerts, talks, films, markets, ...) by kind, days and district; may find none."""
    first, last = (TODAY, LAST_DAY) if date_range is None else (date_range.first, date_range.last)
    if first > last:
        raise InvalidArgument(f"date_range ends on {last}, before it starts on {first}.")
    source = (
        "FROM event JOIN place USING (place_id) WHERE (? IS NULL OR kind = ?) AND date BETWEEN ? AND ? "
        "AND (? IS NULL OR district = ?) AND (NOT ? OR price = 0)"
    )
    values = (kind, kind, first, last, district, district, int(free_only))
    total = world.number(f"SELECT count(*) {source}", *values)
    offset, next_page = pages(total, page, limit)
    summaries = world.read(
        EventSummary,
        f"SELECT event_id, title, kind, place_id, name AS place, district, date, start {source} "
        "ORDER BY date, start, event_id LIMIT ? OFFSET ?",
        *values,
        limit,
        offset,
    )
    return EventPage(events=summaries, total=total, next_page=next_page)


@events.reads
def get_event(world: World, event_id: EventId) -> Event:
    """Get the details of one event: where and when it is, what it costs, how many seats are left."""
    world.get("event", event_id)
    return world.read(
        Event,
        "SELECT event_id, title, kind, place_id, name AS place, district, date, start, end, price, seats_left, "
        "event.about FROM event JOIN place USING (place_id) WHERE event_id = ?",
        event_id,
    )[0]


@events.writes()
def buy_tickets(
    world: World,
    event_id: EventId,
    seats: Annotated[int, Field(description="Number of tickets.", ge=1, le=8, examples=[1, 2])] = 1,
) -> Ticket:
    """Buy tickets for an event."""
    event = world.get("event", event_id)
    if event["seats_left"] == 0:
        raise Conflict(f"{event['title']} on {event['date']} is sold out.")
    if event["seats_left"] < seats:
        raise Conflict(f"only {event['seats_left']} seats are left for {event['title']} on {event['date']}.")
    ticket_id = world.new_id("ticket")
    world.run("UPDATE event SET seats_left = seats_left - ? WHERE event_id = ?", seats, event_id)
    world.add("ticket", ticket_id=ticket_id, event_id=event_id, seats=seats, status="valid")
    return _tickets(world, "ticket_id = ?", ticket_id)[0]


@events.reads
def list_tickets(world: World) -> Tickets:
    """List the tickets you hold, with the event, its date and its place."""
    return Tickets(tickets=_tickets(world, "status = ?", "valid"))


@events.writes(destructive=True, idempotent=True)
def return_tickets(
    world: World,
    ticket_id: Annotated[str, Field(description="Id of the ticket, as returned by list_tickets or buy_tickets.")],
) -> Ticket:
    """Give tickets back for a refund, at the latest two days before the event."""
    ticket = world.get("ticket", ticket_id)
    if ticket["status"] == "returned":
        raise Conflict(f"ticket {ticket_id} was returned already.")
    event = world.get("event", ticket["event_id"])
    if event["date"] < day(2):
        raise NotPermitted(f"{event['title']} is on {event['date']}; tickets go back until two days before.")
    world.run("UPDATE ticket SET status = 'returned' WHERE ticket_id = ?", ticket_id)
    world.run("UPDATE event SET seats_left = seats_left + ? WHERE event_id = ?", ticket["seats"], ticket["event_id"])
    return _tickets(world, "ticket_id = ?", ticket_id)[0]


def _tickets(world: World, condition: str, *values: str) -> list[Ticket]:
    return world.read(
        Ticket,
        "SELECT ticket_id, event_id, title, place_id, date, start, seats, seats * price AS total_price, status "
        f"FROM ticket JOIN event USING (event_id) WHERE {condition} ORDER BY date, start, ticket_id",
        *values,
    )
