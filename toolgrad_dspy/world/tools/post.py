"""Parcels on their way to the user."""

from typing import Annotated, Literal

from pydantic import Field

from toolgrad_dspy.world.clock import TIMESTAMP, TODAY, day, shift
from toolgrad_dspy.world.database import World
from toolgrad_dspy.world.errors import Conflict, InvalidArgument
from toolgrad_dspy.world.parameters import Day, Result
from toolgrad_dspy.world.registry import Toolbox

post = Toolbox("post")

ParcelStatus = Literal["in_transit", "out_for_delivery", "ready_for_pickup", "delivered", "redirected"]
ParcelId = Annotated[str, Field(description="Id of the parcel, as returned by list_parcels.")]
_LATEST = 14


class ParcelSummary(Result):
    parcel_id: str
    sender: str
    status: ParcelStatus
    expected_date: str
    place_id: str | None


class Parcels(Result):
    parcels: list[ParcelSummary]


class Scan(Result):
    at: str
    what: str


class Parcel(ParcelSummary):
    place: str | None
    weight_kg: float
    scans: list[Scan]


@post.reads
def list_parcels(
    world: World,
    status: Annotated[ParcelStatus | None, Field(description="Only parcels in this state; null means all.")] = None,
) -> Parcels:
    """List the parcels addressed to you, with their state and the post office that holds them."""
    parcels = world.read(
        ParcelSummary,
        "SELECT parcel_id, sender, status, expected_date, place_id FROM parcel WHERE ? IS NULL OR status = ? "
        "ORDER BY expected_date, parcel_id",
        status,
        status,
    )
    return Parcels(parcels=parcels)


@post.reads
def track_parcel(world: World, parcel_id: ParcelId) -> Parcel:
    """Track a parcel: where it is now and every scan on its way."""
    world.get("parcel", parcel_id)
    return _parcel(world, parcel_id)


@post.writes(destructive=True)
def redirect_parcel(
    world: World,
    parcel_id: ParcelId,
    place_id: Annotated[
        str,
        Field(
            description="Id of the post office that should hold it: a search_places result of category post_office."
        ),
    ],
) -> Parcel:
    """Have a parcel that is still in transit held at a post office for you to collect."""
    parcel = world.get("parcel", parcel_id)
    if parcel["status"] not in ("in_transit", "redirected"):
        raise Conflict(f"parcel {parcel_id} is {parcel['status'].replace('_', ' ')} and can no longer be redirected.")
    office = world.get("place", place_id)
    if office["category"] != "post_office":
        raise InvalidArgument(f"{office['name']} is not a post office.")
    world.run(
        "UPDATE parcel SET status = 'redirected', place_id = ?, expected_date = ? WHERE parcel_id = ?",
        place_id,
        max(parcel["expected_date"], day(1)),
        parcel_id,
    )
    _scan(world, parcel_id, f"redirected to {office['name']}")
    return _parcel(world, parcel_id)


@post.writes(destructive=True)
def schedule_delivery(
    world: World,
    parcel_id: ParcelId,
    date: Annotated[Day, Field(description="New day of delivery, as YYYY-MM-DD.", examples=[day(6), day(7), day(9)])],
    time_of_day: Annotated[
        Literal["morning", "afternoon", "evening"], Field(description="Part of the day.")
    ] = "morning",
) -> Parcel:
    """Choose a later day and a part of the day on which a parcel that is still in transit is delivered."""
    parcel = world.get("parcel", parcel_id)
    if parcel["status"] != "in_transit":
        raise Conflict(f"parcel {parcel_id} is {parcel['status'].replace('_', ' ')}; its delivery cannot be moved.")
    if not parcel["expected_date"] <= date <= shift(TODAY, _LATEST):
        raise InvalidArgument(
            f"delivery is possible from {parcel['expected_date']} to {shift(TODAY, _LATEST)}, not on {date}."
        )
    world.run("UPDATE parcel SET expected_date = ? WHERE parcel_id = ?", date, parcel_id)
    _scan(world, parcel_id, f"delivery set to {date}, {time_of_day}")
    return _parcel(world, parcel_id)


def _scan(world: World, parcel_id: str, what: str) -> None:
    position = world.number("SELECT count(*) FROM scan WHERE parcel_id = ?", parcel_id)
    world.add("scan", parcel_id=parcel_id, position=position, at=TIMESTAMP, what=what)


def _parcel(world: World, parcel_id: str) -> Parcel:
    row = world.rows(
        "SELECT parcel_id, sender, status, expected_date, parcel.place_id, name AS place, weight_kg "
        "FROM parcel LEFT JOIN place USING (place_id) WHERE parcel_id = ?",
        parcel_id,
    )[0]
    scans = world.read(Scan, "SELECT at, what FROM scan WHERE parcel_id = ? ORDER BY position", parcel_id)
    return Parcel(**row, scans=scans)
