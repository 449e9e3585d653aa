"""A server with a hotel in memory that crashes during some of its calls: ``--rate 0.05``, at random, or the calls of
``--at NUMBER,...``, counted over all its processes in the file ``--count``; or those of one ``--tool`` each time.

It says why on standard error, in colour. The state of a process is lost with it, and with ``--differs`` another one
does not do the same.
"""

import argparse
import fcntl
import os
import random
import sys
from pathlib import Path
from typing import Any

sys.path[0] = str(Path(__file__).resolve().parents[3])  # run as a script, it finds its own package

from tests.support.servers.jsonrpc import Handler, serve, text, tool  # noqa: E402

ROOMS = {
    "rm-201": {"name": "Larch", "beds": 2, "floor": 1},
    "rm-305": {"name": "Maple", "beds": 1, "floor": 2},
    "rm-417": {"name": "Rowan", "beds": 4, "floor": 3},
}
DESK = 1
BOOKINGS: dict[str, dict[str, Any]] = {}
ROOM_ID = {"type": "string", "description": "The id of a room."}
BOOKING_ID = {"type": "string", "description": "The id of a booking."}
GUEST = {"type": "string", "description": "The name of the guest.", "examples": ["Ann Lee", "Bo Chen", "Cleo Diaz"]}
NIGHTS = {"type": "integer", "minimum": 1, "maximum": 9}


def given(value: dict[str, Any]) -> dict[str, Any]:
    return text(str(value), structured=value)


def find_rooms(arguments: dict[str, Any]) -> dict[str, Any]:
    rooms = [{"room_id": i, **room} for i, room in ROOMS.items() if room["beds"] >= arguments["beds"]]
    return given({"rooms": rooms})


def get_room(arguments: dict[str, Any]) -> dict[str, Any]:
    room = ROOMS.get(arguments["room_id"])
    if room is None:
        return text(f"there is no room {arguments['room_id']}", error=True)
    taken = sum(booking["nights"] for booking in BOOKINGS.values() if booking["room_id"] == arguments["room_id"])
    return given({"room_id": arguments["room_id"], **room, "nights_taken": taken})


def book_room(arguments: dict[str, Any]) -> dict[str, Any]:
    if arguments["room_id"] not in ROOMS:
        return text(f"there is no room {arguments['room_id']}", error=True)
    booking = {"booking_id": f"bk-{710 + len(BOOKINGS)}", **arguments, "desk": DESK}
    BOOKINGS[booking["booking_id"]] = booking
    return given(booking)


def get_booking(arguments: dict[str, Any]) -> dict[str, Any]:
    booking = BOOKINGS.get(arguments["booking_id"])
    return given(booking) if booking else text(f"there is no booking {arguments['booking_id']}", error=True)


def extend_booking(arguments: dict[str, Any]) -> dict[str, Any]:
    booking = BOOKINGS.get(arguments["booking_id"])
    if booking is None:
        return text(f"there is no booking {arguments['booking_id']}", error=True)
    booking["nights"] += arguments["more_nights"]
    return given(booking)


def crashing(name: str, handler: Handler, given: argparse.Namespace) -> Handler:
    """``handler``, which ends the process in some of its calls."""

    def handle(arguments: dict[str, Any]) -> dict[str, Any]:
        called = _counted(given.count) if given.count else 0
        if called in given.at or name == given.tool or random.random() < given.rate:
            sys.stderr.write(f"serving\n\x1b[31mfatal: {name} met a bad page\x1b[0m\n  token {given.token}\n")
            sys.stderr.flush()
            os._exit(3)
        return handler(arguments)

    return handle


def _counted(path: Path) -> int:
    """One more than the number in the file, which is there then."""
    with path.open("a+") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        file.seek(0)
        number = int(file.read() or "0") + 1
        file.truncate(0)
        file.write(str(number))
    return number


if __name__ == "__main__":
    parser = argparse.ArgumentParser()
    parser.add_argument("--rate", type=float, default=0.0)
    parser.add_argument("--at", type=lambda text: {int(part) for part in text.split(",")}, default=frozenset())
    parser.add_argument("--count", type=Path)
    parser.add_argument("--tool", default="")
    parser.add_argument("--token", default="")
    parser.add_argument("--differs", action="store_true")
    options = parser.parse_args()
    if options.differs:
        DESK = os.getpid()
    handlers = {
        handler.__name__: handler for handler in (find_rooms, get_room, book_room, get_booking, extend_booking)
    }
    serve(
        [
            tool(
                "find_rooms",
                {"beds": {"type": "integer", "minimum": 1, "maximum": 4}},
                reads=True,
                description="Find the rooms with at least so many beds.",
            ),
            tool(
                "get_room",
                {"room_id": ROOM_ID},
                reads=True,
                description="Show a room, and how many nights are taken.",
            ),
            tool(
                "book_room",
                {"room_id": ROOM_ID, "guest": GUEST, "nights": NIGHTS},
                description="Book a room for a guest.",
            ),
            tool("get_booking", {"booking_id": BOOKING_ID}, reads=True, description="Show a booking."),
            tool(
                "extend_booking",
                {"booking_id": BOOKING_ID, "more_nights": NIGHTS},
                description="Add nights to a booking.",
            ),
        ],
        {name: crashing(name, handler, options) for name, handler in handlers.items()},
    )
