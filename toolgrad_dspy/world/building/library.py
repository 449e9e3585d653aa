"""Books and their copies, who borrowed them and who waits for them."""

import random

from toolgrad_dspy.world.clock import TODAY, day
from toolgrad_dspy.world.database import ME, World
from toolgrad_dspy.world.names import AUTHORS, GENRES, TITLE_FORMS, TITLE_SUBJECTS


def build(world: World, rng: random.Random) -> None:
    branches = [
        r["place_id"] for r in world.rows("SELECT place_id FROM place WHERE category = 'library' ORDER BY place_id")
    ]
    people = [r["contact_id"] for r in world.rows("SELECT contact_id FROM contact WHERE listed ORDER BY contact_id")]
    lent: list[str] = []
    titles = [
        (genre, form.format(subject)) for genre in GENRES for subject in TITLE_SUBJECTS[genre] for form in TITLE_FORMS
    ]
    for number, (genre, title) in enumerate(titles):
        book_id = world.new_id("book")
        world.add(
            "book",
            book_id=book_id,
            title=title,
            author=AUTHORS[(number * 3 + rng.randrange(3)) % len(AUTHORS)],
            genre=genre,
            language=rng.choice(("english", "english", "english", "german", "french")),
            year=rng.randint(1962, 2025),
            pages=rng.randint(90, 620),
        )
        for place_id in rng.sample(branches, rng.randint(1, 3)):
            status = rng.choices(("available", "on_loan", "reference"), (6, 3, 1))[0]
            copy_id = world.new_id("copy")
            world.add("copy", copy_id=copy_id, book_id=book_id, place_id=place_id, status=status)
            if status == "on_loan":
                lent.append(copy_id)
    _loans(world, rng, lent, people)


def _loans(world: World, rng: random.Random, lent: list[str], people: list[str]) -> None:
    rng.shuffle(lent)
    # The user's eight: due soon or later, some overdue, some at the limit of renewals, some awaited by others.
    mine = ((-3, 0), (-1, 1), (2, 0), (5, 2), (6, 0), (8, 0), (9, 1), (12, 0))
    for number, copy_id in enumerate(lent):
        due, renewals = mine[number] if number < len(mine) else (rng.randint(-5, 20), rng.randint(0, 2))
        borrower = ME if number < len(mine) else rng.choice(people)
        world.add(
            "loan", loan_id=world.new_id("loan"), copy_id=copy_id, contact_id=borrower, due_date=day(due),
            renewals=renewals, returned=False,
        )  # fmt: skip
    awaited = [(lent[2], rng.choice(people)), (lent[6], rng.choice(people))]
    awaited += [(copy_id, rng.choice(people)) for copy_id in lent[10:18]]
    awaited += [(lent[20], ME)]
    for copy_id, reader in awaited:
        copy = world.get("copy", copy_id)
        world.add(
            "reservation", reservation_id=world.new_id("reservation"), copy_id=copy_id, contact_id=reader,
            place_id=copy["place_id"], pickup_from=day(rng.randint(1, 14)), status="waiting",
        )  # fmt: skip
    ready = world.row("SELECT * FROM copy WHERE status = 'available' ORDER BY copy_id LIMIT 1")
    assert ready is not None
    world.run("UPDATE copy SET status = 'on_hold' WHERE copy_id = ?", ready["copy_id"])
    world.add(
        "reservation", reservation_id=world.new_id("reservation"), copy_id=ready["copy_id"], contact_id=ME,
        place_id=ready["place_id"], pickup_from=TODAY, status="ready",
    )  # fmt: skip
