"""The town library: books, copies in its branches, loans and reservations."""

from typing import Annotated, Literal

from pydantic import Field

from toolgrad_dspy.world.clock import TODAY, day, shift
from toolgrad_dspy.world.database import ME, World, words
from toolgrad_dspy.world.errors import Conflict, InvalidArgument, NotFound, NotPermitted
from toolgrad_dspy.world.names import Genre
from toolgrad_dspy.world.parameters import Limit, Result
from toolgrad_dspy.world.registry import Toolbox

library = Toolbox("library")

MAX_RESERVATIONS = 5

Language = Literal["english", "german", "french"]
CopyStatus = Literal["available", "on_loan", "on_hold", "reference"]


class Book(Result):
    book_id: str
    title: str
    author: str
    genre: Genre
    language: Language
    year: int


class BookPage(Result):
    books: list[Book]
    next_cursor: str | None


class Copy(Result):
    copy_id: str
    place_id: str
    branch: str
    status: CopyStatus
    due_date: str | None


class Copies(Result):
    book_id: str
    title: str
    copies: list[Copy]


class Reservation(Result):
    reservation_id: str
    copy_id: str
    book_id: str
    title: str
    place_id: str
    branch: str
    pickup_from: str
    status: Literal["ready", "waiting", "cancelled"]


class Reservations(Result):
    reservations: list[Reservation]


@library.reads
def search_books(
    world: World,
    text: Annotated[
        str | None,
        Field(
            description="Words of the title or of the author's name.", examples=["Frida Berg", "Comet", "The Silent"]
        ),
    ] = None,
    genre: Annotated[Genre | None, Field(description="Only books of this genre.")] = None,
    language: Annotated[Language | None, Field(description="Only books in this language.")] = None,
    limit: Limit = 10,
    cursor: Annotated[
        str | None, Field(description="The next_cursor of the previous page; null for the first page.")
    ] = None,
) -> BookPage:
    """Search the library's catalogue by title, author, genre and language."""
    named, needles = words(text, "title", "author")
    books = world.read(
        Book,
        "SELECT book_id, title, author, genre, language, year FROM book "
        f"WHERE {named} AND (? IS NULL OR genre = ?) AND (? IS NULL OR language = ?) "
        "AND title >= ? ORDER BY title LIMIT ?",
        *needles,
        genre,
        genre,
        language,
        language,
        _first_title(world, cursor),
        limit + 1,
    )
    following = books[limit].book_id.replace("bok-", "pg-") if len(books) > limit else None
    return BookPage(books=books[:limit], next_cursor=following)


@library.reads
def list_copies(
    world: World,
    book_id: Annotated[str, Field(description="Id of the book, as returned by search_books.")],
    status: Annotated[CopyStatus | None, Field(description="Only copies in this state; null means all.")] = None,
) -> Copies:
    """List the copies of a book: the branch that has each, and whether it can be borrowed."""
    book = world.get("book", book_id)
    copies = world.read(
        Copy,
        "SELECT copy_id, copy.place_id, place.name AS branch, status, "
        "(SELECT due_date FROM loan WHERE loan.copy_id = copy.copy_id AND NOT returned) AS due_date "
        "FROM copy JOIN place USING (place_id) WHERE book_id = ? AND (? IS NULL OR status = ?) ORDER BY copy_id",
        book_id,
        status,
        status,
    )
    return Copies(book_id=book_id, title=book["title"], copies=copies)


@library.writes()
def reserve_copy(
    world: World,
    copy_id: Annotated[str, Field(description="Id of the copy, as returned by list_copies.")],
    pickup_place_id: Annotated[
        str | None,
        Field(description="Id of the branch to collect it from, by search_places; null means the one that has it."),
    ] = None,
) -> Reservation:
    """Reserve a copy of a book for yourself; if it is on loan you get it after its return."""
    copy = world.get("copy", copy_id)
    if copy["status"] == "reference":
        raise NotPermitted(f"copy {copy_id} is for reading in the library only.")
    if world.row("SELECT 1 FROM loan WHERE copy_id = ? AND contact_id = ? AND NOT returned", copy_id, ME):
        raise Conflict(f"you already have copy {copy_id} on loan.")
    if world.row("SELECT 1 FROM reservation WHERE copy_id = ? AND status != 'cancelled'", copy_id):
        raise Conflict(f"copy {copy_id} is already reserved.")
    open_ones = "SELECT count(*) FROM reservation WHERE contact_id = ? AND status != 'cancelled'"
    if world.number(open_ones, ME) >= MAX_RESERVATIONS:
        raise NotPermitted(f"you have {MAX_RESERVATIONS} reservations already, which is the limit.")
    branch = world.get("place", pickup_place_id or copy["place_id"])
    if branch["category"] != "library":
        raise InvalidArgument(f"{branch['name']} is not a library branch.")
    loan = world.row("SELECT due_date FROM loan WHERE copy_id = ? AND NOT returned", copy_id)
    pickup_from = TODAY if loan is None else max(loan["due_date"], day(1))
    if branch["place_id"] != copy["place_id"]:
        pickup_from = shift(pickup_from, 2)  # the van between the branches takes two days
    reservation_id = world.new_id("reservation")
    world.add(
        "reservation",
        reservation_id=reservation_id,
        copy_id=copy_id,
        contact_id=ME,
        place_id=branch["place_id"],
        pickup_from=pickup_from,
        status="waiting" if pickup_from > TODAY else "ready",
    )
    if loan is None:
        world.run("UPDATE copy SET status = 'on_hold' WHERE copy_id = ?", copy_id)
    return _reservations(world, "AND reservation_id = ?", reservation_id)[0]


@library.reads
def list_reservations(world: World) -> Reservations:
    """List your own library reservations with the branch and the first day to collect each."""
    return Reservations(reservations=_reservations(world, "AND reservation.status != 'cancelled'"))


@library.writes(destructive=True, idempotent=True)
def cancel_reservation(
    world: World,
    reservation_id: Annotated[str, Field(description="Id of the reservation, as returned by list_reservations.")],
) -> Reservation:
    """Cancel one of your library reservations."""
    reservation = world.get("reservation", reservation_id)
    if reservation["contact_id"] != ME:
        raise NotPermitted(f"reservation {reservation_id} is somebody else's.")
    if reservation["status"] == "cancelled":
        raise Conflict(f"reservation {reservation_id} is already cancelled.")
    world.run("UPDATE reservation SET status = 'cancelled' WHERE reservation_id = ?", reservation_id)
    world.run("UPDATE copy SET status = 'available' WHERE copy_id = ? AND status = 'on_hold'", reservation["copy_id"])
    return _reservations(world, "AND reservation_id = ?", reservation_id)[0]


def _first_title(world: World, cursor: str | None) -> str:
    """The title at which the page of ``cursor`` starts."""
    if cursor is None:
        return ""
    try:
        return str(world.get("book", cursor.replace("pg-", "bok-", 1))["title"])
    except NotFound:
        raise InvalidArgument(f"{cursor!r} is not a next_cursor of search_books.") from None


def _reservations(world: World, condition: str, *values: str) -> list[Reservation]:
    return world.read(
        Reservation,
        "SELECT reservation_id, copy_id, book_id, title, reservation.place_id, place.name AS branch, pickup_from, "
        "reservation.status FROM reservation JOIN copy USING (copy_id) JOIN book USING (book_id) "
        "JOIN place ON place.place_id = reservation.place_id "
        f"WHERE contact_id = ? {condition} ORDER BY reservation_id",
        ME,
        *values,
    )
