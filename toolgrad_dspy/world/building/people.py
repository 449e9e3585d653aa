"""The people of the world: the user's contacts, their messages and everybody's calendar."""

import random

from toolgrad_dspy.world.building.geography import address, phone
from toolgrad_dspy.world.clock import HORIZON_DAYS, day, to_time
from toolgrad_dspy.world.database import ME, World
from toolgrad_dspy.world.names import DISTRICTS, FIRST_NAMES, RELATIONS, SURNAMES

_PEOPLE = 60
_MESSAGES = (
    "Are you free for lunch on {date}?",
    "Thanks for the lift yesterday!",
    "The choir rehearsal moves to {time} on {date}.",
    "Could you return my copy of the atlas when you pass by?",
    "I found a cafe you will like, let us go there soon.",
    "Please send me the address of the clinic.",
    "We need two more people for the rowing team on {date}.",
    "My new e-mail address works, write to me there.",
)
_MY_TITLES = (
    "Dentist",
    "Team meeting",
    "Guitar lesson",
    "Haircut",
    "Budget review",
    "Run by the river",
    "Parents' evening",
)
_THEIR_TITLES = ("Choir rehearsal", "Project kick-off", "Book club", "Allotment meeting", "Board game night")


def build(world: World, rng: random.Random) -> None:
    world.add(
        "contact", contact_id=ME, name="Robin Vale", email="robin.vale@alderbrook.example", phone=phone(rng),
        relation="self", district="Old Town", address="Mint Yard 4", accepts_messages=True, listed=False,
    )  # fmt: skip
    people = _contacts(world, rng)
    _messages(world, rng, people)
    _calendar(world, rng, people)


def _contacts(world: World, rng: random.Random) -> list[str]:
    everyone = [(first, last) for last in SURNAMES for first in FIRST_NAMES]
    # One person of each surname and one of each first name first: the schemas' examples name them.
    chosen = [(FIRST_NAMES[i], SURNAMES[i % len(SURNAMES)]) for i in range(len(FIRST_NAMES))]
    rest = [pair for pair in everyone if pair not in chosen]
    chosen += rng.sample(rest, _PEOPLE - len(chosen))
    silent = set(rng.sample(range(_PEOPLE), 6))
    ids = []
    for number, (first, last) in enumerate(chosen):
        ids.append(contact_id := world.new_id("contact"))
        district = DISTRICTS[number % len(DISTRICTS)]
        world.add(
            "contact",
            contact_id=contact_id,
            name=f"{first} {last}",
            email=f"{first}.{last}@alderbrook.example".lower(),
            phone=phone(rng) if rng.random() < 0.8 else None,
            relation=RELATIONS[number % len(RELATIONS)],
            district=district,
            address=address(rng, district),
            accepts_messages=number not in silent,
            listed=True,
        )
    return ids


def _messages(world: World, rng: random.Random, people: list[str]) -> None:
    for number in range(48):
        date, hour = day(-12 + number // 4), 8 + rng.randrange(12)
        text = rng.choice(_MESSAGES).format(date=day(rng.randrange(1, HORIZON_DAYS)), time=to_time(60 * hour))
        received = rng.random() < 0.7
        world.add(
            "message",
            message_id=world.new_id("message"),
            contact_id=people[rng.randrange(20)],
            direction="received" if received else "sent",
            sent_at=f"{date}T{hour:02d}:{rng.randrange(60):02d}",
            text=text,
            unread=received and number >= 38,
        )


def _calendar(world: World, rng: random.Random, people: list[str]) -> None:
    places = [row["place_id"] for row in world.rows("SELECT place_id FROM place ORDER BY place_id")]
    for offset in range(HORIZON_DAYS):
        # Mine stand at different hours of a day, so that they never overlap.
        for hour in rng.sample((9, 11, 14, 16), rng.choice((1, 2, 2))):
            title = rng.choice(_MY_TITLES)
            _entry(world, rng, title, day(offset), hour, ME, [], rng.choice([None, *rng.sample(places, 2)]))
    for offset in rng.sample(range(1, HORIZON_DAYS), 6):
        organiser = rng.choice(people)
        _entry(world, rng, rng.choice(_THEIR_TITLES), day(offset), 18, organiser, [ME], rng.choice(places))
    for organiser in people:
        for offset in rng.sample(range(HORIZON_DAYS), 2):
            hour = rng.choice((9, 10, 13, 15, 17))
            _entry(world, rng, "Appointment", day(offset), hour, organiser, [], None)


def _entry(
    world: World, rng: random.Random, title: str, date: str, hour: int, organiser: str, guests: list[str],
    place: str | None,
) -> None:  # fmt: skip
    entry_id = world.new_id("entry")
    world.add(
        "entry",
        entry_id=entry_id,
        title=title,
        date=date,
        start=to_time(60 * hour),
        end=to_time(60 * hour + rng.choice((30, 45, 60, 90))),
        organiser_id=organiser,
        place_id=place,
    )
    for guest in guests:
        world.add("attendee", entry_id=entry_id, contact_id=guest)
