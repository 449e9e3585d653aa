"""The user's calendar."""

from typing import Annotated, Any, Literal

from pydantic import Field

from toolgrad_dspy.world.clock import TODAY, day, to_minutes, to_time
from toolgrad_dspy.world.database import ME, World, marks
from toolgrad_dspy.world.errors import Conflict, InvalidArgument, NotPermitted
from toolgrad_dspy.world.parameters import SOME_DAYS, Arguments, DateRange, Day, Result, Time
from toolgrad_dspy.world.registry import Toolbox
from toolgrad_dspy.world.tools.contacts import listed

calendar = Toolbox("calendar")

_DAY_START, _DAY_END = 9 * 60, 18 * 60

EntryId = Annotated[str, Field(description="Id of the calendar entry, as returned by list_calendar.")]
Start = Annotated[Time, Field(description="Start, as HH:MM.", examples=["12:30", "19:00"])]
ContactIds = Annotated[
    list[str], Field(description="Ids of people to include, as returned by find_contacts; empty for only yourself.")
]
Channel = Literal["push", "email"]


class Reminder(Arguments):
    """When and how to be reminded."""

    minutes_before: Annotated[int, Field(description="Minutes before the start.", ge=0, le=10080)] = 30
    channel: Annotated[Channel, Field(description="How to remind.")] = "push"


class Attendee(Result):
    contact_id: str
    name: str


class Entry(Result):
    entry_id: str
    title: str
    date: str
    start: str
    end: str
    organiser: str
    place_id: str | None
    place: str | None
    notes: str | None
    reminder: Reminder | None
    attendees: list[Attendee]


class Entries(Result):
    entries: list[Entry]


class DeletedEntry(Result):
    entry_id: str
    title: str
    deleted: Literal[True]


class FreeSlot(Result):
    date: str
    start: str
    end: str


class FreeSlots(Result):
    duration_minutes: int
    slots: list[FreeSlot]


@calendar.reads
def list_calendar(
    world: World,
    date_range: Annotated[DateRange | None, Field(description="Days to list; null means the coming week.")] = None,
) -> Entries:
    """List the entries of your calendar in a range of days, with place and attendees."""
    first, last = (TODAY, day(6)) if date_range is None else (date_range.first, date_range.last)
    if first > last:
        raise InvalidArgument(f"date_range ends on {last}, before it starts on {first}.")
    mine = "(organiser_id = ? OR entry_id IN (SELECT entry_id FROM attendee WHERE contact_id = ?))"
    return Entries(entries=_entries(world, f"date BETWEEN ? AND ? AND {mine}", first, last, ME, ME))


@calendar.reads
def find_free_time(
    world: World,
    date: Annotated[Day, Field(description="Day to look at, as YYYY-MM-DD.", examples=SOME_DAYS)],
    duration_minutes: Annotated[int, Field(description="How long it takes.", ge=15, le=480, examples=[30, 60])] = 60,
    contact_ids: ContactIds = [],  # noqa: B006
) -> FreeSlots:
    """Find times between 09:00 and 18:00 at which you, and the given people, have nothing in the calendar."""
    for contact_id in contact_ids:
        listed(world, contact_id)
    busy = _busy(world, date, [ME, *contact_ids])
    slots, free_from = [], _DAY_START
    for start, end in [*busy, (_DAY_END, _DAY_END)]:
        if min(start, _DAY_END) - free_from >= duration_minutes:
            slots.append(FreeSlot(date=date, start=to_time(free_from), end=to_time(min(start, _DAY_END))))
        free_from = max(free_from, end)
    return FreeSlots(duration_minutes=duration_minutes, slots=slots)


@calendar.writes()
def create_entry(
    world: World,
    title: Annotated[
        str, Field(description="What it is.", min_length=1, examples=["Dinner with Ada", "Bike repair"])
    ],
    date: Annotated[Day, Field(description="Day, as YYYY-MM-DD.", examples=SOME_DAYS)],
    start: Start,
    duration_minutes: Annotated[int, Field(description="How long it takes.", ge=5, le=720)] = 60,
    place_id: Annotated[
        str | None, Field(description="Id of the place, as returned by search_places; null for no place.")
    ] = None,
    attendee_ids: ContactIds = [],  # noqa: B006
    reminder: Annotated[Reminder | None, Field(description="A reminder; null for none.")] = None,
    notes: Annotated[
        str | None, Field(description="Free text; null for none.", examples=["Bring the tickets."])
    ] = None,
) -> Entry:
    """Create an entry in your calendar, optionally with a place, attendees and a reminder."""
    if place_id is not None:
        world.get("place", place_id)
    end = _free_until(world, date, start, duration_minutes)
    entry_id = world.new_id("entry")
    world.add(
        "entry",
        entry_id=entry_id,
        title=title,
        date=date,
        start=start,
        end=end,
        organiser_id=ME,
        place_id=place_id,
        notes=notes,
        reminder_minutes=None if reminder is None else reminder.minutes_before,
        reminder_channel=None if reminder is None else reminder.channel,
    )
    for contact_id in dict.fromkeys(attendee_ids):
        listed(world, contact_id)
        world.add("attendee", entry_id=entry_id, contact_id=contact_id)
    return _entries(world, "entry_id = ?", entry_id)[0]


@calendar.writes(destructive=True, idempotent=True)
def move_entry(
    world: World,
    entry_id: EntryId,
    date: Annotated[Day, Field(description="New day, as YYYY-MM-DD.", examples=SOME_DAYS)],
    start: Start,
) -> Entry:
    """Move one of your calendar entries to another day or time; its duration stays."""
    entry = _my_entry(world, entry_id)
    duration = to_minutes(entry["end"]) - to_minutes(entry["start"])
    end = _free_until(world, date, start, duration, besides=entry_id)
    world.run("UPDATE entry SET date = ?, start = ?, end = ? WHERE entry_id = ?", date, start, end, entry_id)
    return _entries(world, "entry_id = ?", entry_id)[0]


@calendar.writes(destructive=True, idempotent=True)
def delete_entry(world: World, entry_id: EntryId) -> DeletedEntry:
    """Delete one of your calendar entries."""
    entry = _my_entry(world, entry_id)
    world.run("DELETE FROM entry WHERE entry_id = ?", entry_id)
    return DeletedEntry(entry_id=entry_id, title=entry["title"], deleted=True)


def _busy(world: World, date: str, people: list[str], besides: str | None = None) -> list[tuple[int, int]]:
    """When one of ``people`` is busy, in minutes after midnight, by start."""
    rows = world.rows(
        f"SELECT start, end FROM entry WHERE date = ? AND entry_id IS NOT ? AND (organiser_id IN ({marks(people)}) "
        f"OR entry_id IN (SELECT entry_id FROM attendee WHERE contact_id IN ({marks(people)}))) ORDER BY start, end",
        date,
        besides,
        *people,
        *people,
    )
    return [(to_minutes(row["start"]), to_minutes(row["end"])) for row in rows]


def _free_until(world: World, date: str, start: str, minutes: int, besides: str | None = None) -> str:
    """When something of that length ends; raises when it would be in the past or overlap."""
    if date < TODAY:
        raise InvalidArgument(f"{date} is in the past; today is {TODAY}.")
    first = to_minutes(start)
    last = first + minutes
    if last >= 24 * 60:
        raise InvalidArgument("an entry has to end before midnight.")
    for busy_from, busy_until in _busy(world, date, [ME], besides):
        if busy_from < last and first < busy_until:
            raise Conflict(f"you have another entry on {date} from {to_time(busy_from)} to {to_time(busy_until)}.")
    return to_time(last)


def _my_entry(world: World, entry_id: str) -> dict[str, Any]:
    entry = world.get("entry", entry_id)
    if entry["organiser_id"] != ME:
        organiser = world.get("contact", entry["organiser_id"])["name"]
        raise NotPermitted(f"only the organiser, {organiser}, may move or delete entry {entry_id}.")
    return entry


def _entries(world: World, condition: str, *values: str) -> list[Entry]:
    rows = world.rows(
        "SELECT entry_id, title, date, start, end, contact.name AS organiser, entry.place_id, place.name AS place, "
        "notes, reminder_minutes, reminder_channel FROM entry JOIN contact ON contact_id = organiser_id "
        f"LEFT JOIN place ON place.place_id = entry.place_id WHERE {condition} ORDER BY date, start, entry_id",
        *values,
    )
    ids = [row["entry_id"] for row in rows]
    attendees: dict[str, list[Attendee]] = {entry_id: [] for entry_id in ids}
    for row in world.rows(
        "SELECT entry_id, contact_id, name FROM attendee JOIN contact USING (contact_id) "
        f"WHERE entry_id IN ({marks(ids)}) AND contact_id != ? ORDER BY name, contact_id",
        *ids,
        ME,
    ):
        attendees[row.pop("entry_id")].append(Attendee(**row))
    entries = []
    for row in rows:
        minutes, channel = row.pop("reminder_minutes"), row.pop("reminder_channel")
        reminder = None if minutes is None else Reminder(minutes_before=minutes, channel=channel)
        entries.append(Entry(**row, reminder=reminder, attendees=attendees[row["entry_id"]]))
    return entries
