"""Places: finding them, what is near them, when they are open."""

import math
from typing import Annotated

from pydantic import Field

from toolgrad_dspy.world.clock import weekday
from toolgrad_dspy.world.database import World, marks, words
from toolgrad_dspy.world.names import District, PlaceCategory
from toolgrad_dspy.world.parameters import SOME_DAYS, Day, Limit, Page, Result, pages
from toolgrad_dspy.world.registry import Toolbox

places = Toolbox("places")

PlaceId = Annotated[str, Field(description="Id of the place, as returned by search_places and other tools.")]


class PlaceSummary(Result):
    place_id: str
    name: str
    category: PlaceCategory
    district: District
    address: str


class PlacePage(Result):
    places: list[PlaceSummary]
    total: int
    next_page: int | None


class Place(PlaceSummary):
    phone: str
    step_free: bool
    about: str


class NearbyPlace(PlaceSummary):
    distance_m: int


class NearbyPlaces(Result):
    place_id: str
    places: list[NearbyPlace]


class OpeningHours(Result):
    place_id: str
    name: str
    date: str
    open: bool
    opens: str | None
    closes: str | None


@places.reads
def search_places(
    world: World,
    text: Annotated[
        str | None,
        Field(description="Words of the name.", examples=["Maritime Museum", "Castle Green", "Library"]),
    ] = None,
    category: Annotated[PlaceCategory | None, Field(description="Only places of this category.")] = None,
    district: Annotated[District | None, Field(description="Only places in this district.")] = None,
    step_free: Annotated[bool, Field(description="Only places with step-free access.")] = False,
    page: Page = 1,
    limit: Limit = 10,
) -> PlacePage:
    """Search the town's places (museums, cafes, parks, libraries, ...) by name, category and district."""
    named, needles = words(text, "name")
    where = f"{named} AND (? IS NULL OR category = ?) AND (? IS NULL OR district = ?) AND step_free >= ?"
    values = (*needles, category, category, district, district, int(step_free))
    total = world.number(f"SELECT count(*) FROM place WHERE {where}", *values)
    offset, next_page = pages(total, page, limit)
    summaries = world.read(
        PlaceSummary,
        f"SELECT place_id, name, category, district, address FROM place WHERE {where} "
        "ORDER BY name, place_id LIMIT ? OFFSET ?",
        *values,
        limit,
        offset,
    )
    return PlacePage(places=summaries, total=total, next_page=next_page)


@places.reads
def get_place(world: World, place_id: PlaceId) -> Place:
    """Get the details of one place: address, phone number, accessibility and a description."""
    row = world.get("place", place_id)
    return Place(**{name: row[name] for name in Place.model_fields})


@places.reads
def find_nearby_places(
    world: World,
    place_id: Annotated[str, Field(description="Id of the place to look around, as returned by search_places.")],
    categories: Annotated[
        list[PlaceCategory], Field(description="Categories of interest; an empty list means all of them.")
    ] = [],  # noqa: B006 - never changed; a schema default
    radius_m: Annotated[int, Field(description="How far to look, in metres.", ge=50, le=3000)] = 600,
    limit: Limit = 10,
) -> NearbyPlaces:
    """List other places around a given place, nearest first, optionally only of some categories."""
    here = world.get("place", place_id)
    wanted = f"AND category IN ({marks(categories)})" if categories else ""
    rows = world.rows(
        f"SELECT place_id, name, category, district, address, x, y FROM place WHERE place_id != ? {wanted} "
        "ORDER BY place_id",
        place_id,
        *categories,
    )
    near = []
    for row in rows:
        distance = distance_m(here, row)
        if distance <= radius_m:
            near.append(NearbyPlace(**{k: v for k, v in row.items() if k not in "xy"}, distance_m=distance))
    near.sort(key=lambda place: (place.distance_m, place.place_id))
    return NearbyPlaces(place_id=place_id, places=near[:limit])


@places.reads
def get_opening_hours(
    world: World,
    place_id: PlaceId,
    date: Annotated[Day, Field(description="The day in question, as YYYY-MM-DD.", examples=SOME_DAYS)],
) -> OpeningHours:
    """Tell whether a place is open on a given date, and from when to when."""
    row = world.get("place", place_id)
    is_open = row["closed_on"] != weekday(date)
    return OpeningHours(
        place_id=place_id,
        name=row["name"],
        date=date,
        open=is_open,
        opens=row["opens"] if is_open else None,
        closes=row["closes"] if is_open else None,
    )


def distance_m(here: dict[str, int], there: dict[str, int]) -> int:
    """The straight distance between two rows with ``x`` and ``y``, in whole metres."""
    return round(math.dist((here["x"], here["y"]), (there["x"], there["y"])))
