"""Restaurants: search, menus, free tables."""

from typing import Annotated, Literal

from pydantic import Field

from toolgrad_dspy.world.building.dining import SEATINGS
from toolgrad_dspy.world.clock import TIME_NOW, TODAY, day, to_minutes, weekday
from toolgrad_dspy.world.database import World
from toolgrad_dspy.world.errors import InvalidArgument
from toolgrad_dspy.world.names import Cuisine, Diet, District
from toolgrad_dspy.world.parameters import SOME_DAYS, Arguments, Day, Limit, Listed, Page, Result, Time, pages
from toolgrad_dspy.world.registry import Toolbox

dining = Toolbox("dining")

STAY_MINUTES = 120
"""How long a booking holds its table."""

BOOKING_DAYS = 60
"""How far ahead tables can be booked."""

Area = Literal["window", "main room", "terrace"]
PartOfDay = Literal["lunch", "early_dinner", "late_dinner"]
_PARTS_OF_DAY: dict[PartOfDay, tuple[str, str]] = {
    "lunch": ("12:00", "13:30"),
    "early_dinner": ("18:00", "19:00"),
    "late_dinner": ("19:30", "21:00"),
}
RestaurantId = Annotated[str, Field(description="Id of the restaurant, as returned by search_restaurants.")]
PartySize = Annotated[int, Field(description="Number of guests.", ge=1, le=12, examples=[2, 4])]


class Restaurant(Result):
    restaurant_id: str
    place_id: str
    name: str
    cuisine: Cuisine
    district: District
    address: str
    price_level: int
    rating: float
    diets: Listed[Diet]


class RestaurantPage(Result):
    restaurants: list[Restaurant]
    total: int
    next_page: int | None


class Dish(Result):
    course: Literal["starter", "main", "dessert"]
    name: str
    price: float
    diets: Listed[Diet]


class Menu(Result):
    restaurant_id: str
    name: str
    dishes: list[Dish]


class FreeTable(Result):
    table_id: str
    date: str
    time: str
    seats: int
    area: Area


class FreeTables(Result):
    restaurant_id: str
    party_size: int
    tables: list[FreeTable]


class TimeWindow(Arguments):
    """A stretch of the day."""

    earliest: Annotated[Time, Field(description="Earliest time to sit down, as HH:MM.", examples=["18:30"])]
    latest: Annotated[Time, Field(description="Latest time to sit down, as HH:MM.", examples=["20:30"])]


@dining.reads
def search_restaurants(
    world: World,
    cuisine: Annotated[Cuisine | None, Field(description="Only this cuisine; null means any.")] = None,
    district: Annotated[District | None, Field(description="Only this district; null means any.")] = None,
    diets: Annotated[list[Diet], Field(description="Diets the kitchen has to cater for, all of them.")] = [],  # noqa: B006
    max_price_level: Annotated[int, Field(description="Highest price level, 1 (cheap) to 4.", ge=1, le=4)] = 4,
    sort_by: Annotated[Literal["rating", "price", "name"], Field(description="Order of the results.")] = "rating",
    page: Page = 1,
    limit: Limit = 10,
) -> RestaurantPage:
    """Search restaurants by cuisine, district, diets and price."""
    where = "(? IS NULL OR cuisine = ?) AND (? IS NULL OR district = ?) AND price_level <= ?"
    where += " AND instr(',' || diets || ',', ',' || ? || ',')" * len(diets)
    values = (cuisine, cuisine, district, district, max_price_level, *diets)
    source = f"FROM restaurant JOIN place USING (place_id) WHERE {where}"
    order = {"rating": "rating DESC", "price": "price_level", "name": "name"}[sort_by]
    total = world.number(f"SELECT count(*) {source}", *values)
    offset, next_page = pages(total, page, limit)
    restaurants = world.read(
        Restaurant,
        "SELECT restaurant_id, place_id, name, cuisine, district, address, price_level, rating, diets "
        f"{source} ORDER BY {order}, restaurant_id LIMIT ? OFFSET ?",
        *values,
        limit,
        offset,
    )
    return RestaurantPage(restaurants=restaurants, total=total, next_page=next_page)


@dining.reads
def get_menu(
    world: World,
    restaurant_id: RestaurantId,
    diet: Annotated[Diet | None, Field(description="Only dishes for this diet; null means the whole menu.")] = None,
) -> Menu:
    """Get the menu of a restaurant with prices; the list is empty when no dish suits the diet."""
    restaurant = world.get("restaurant", restaurant_id)
    dishes = world.read(
        Dish,
        "SELECT course, name, price, diets FROM dish WHERE restaurant_id = ? "
        "AND (? IS NULL OR instr(',' || diets || ',', ',' || ? || ',')) ORDER BY position",
        restaurant_id,
        diet,
        diet,
    )
    return Menu(restaurant_id=restaurant_id, name=world.get("place", restaurant["place_id"])["name"], dishes=dishes)


@dining.reads
def list_free_tables(
    world: World,
    restaurant_id: RestaurantId,
    date: Annotated[Day, Field(description="Day of the meal, as YYYY-MM-DD.", examples=SOME_DAYS)],
    party_size: PartySize,
    when: Annotated[
        TimeWindow | PartOfDay, Field(description="The part of the day by name, or an earliest and a latest time.")
    ] = "early_dinner",
    limit: Limit = 10,
) -> FreeTables:
    """List tables of a restaurant that are free for a party on a date; empty when it is full or closed that day."""
    restaurant = world.get("restaurant", restaurant_id)
    check_day(date)
    earliest, latest = (when.earliest, when.latest) if isinstance(when, TimeWindow) else _PARTS_OF_DAY[when]
    if earliest > latest:
        raise InvalidArgument(f"the time window ends at {latest}, before it starts at {earliest}.")
    free: list[FreeTable] = []
    if world.get("place", restaurant["place_id"])["closed_on"] != weekday(date):
        tables = world.rows(
            "SELECT table_id, seats, area FROM dining_table WHERE restaurant_id = ? AND seats >= ? "
            "ORDER BY seats, table_id",
            restaurant_id,
            party_size,
        )
        taken = taken_tables(world, restaurant_id, date)
        for time in SEATINGS:
            if earliest <= time <= latest and (date > TODAY or time > TIME_NOW):
                free += [FreeTable(**t, date=date, time=time) for t in tables if t["table_id"] not in taken[time]]
    return FreeTables(restaurant_id=restaurant_id, party_size=party_size, tables=free[:limit])


def check_day(date: str) -> None:
    """Raise unless tables can be booked for that day."""
    if date < TODAY:
        raise InvalidArgument(f"{date} is in the past; today is {TODAY}.")
    if date > day(BOOKING_DAYS):
        raise InvalidArgument(f"{date} is too far ahead; tables can be booked until {day(BOOKING_DAYS)}.")


def taken_tables(world: World, restaurant_id: str, date: str, besides: str | None = None) -> dict[str, set[str]]:
    """For each time of :data:`SEATINGS` the tables that a party cannot have from then on.

    The booking ``besides`` is left out of account.
    """
    bookings = world.rows(
        "SELECT table_id, time FROM booking JOIN dining_table USING (table_id) WHERE restaurant_id = ? "
        "AND date = ? AND status = 'confirmed' AND booking_id IS NOT ? ORDER BY booking_id",
        restaurant_id,
        date,
        besides,
    )
    return {
        time: {b["table_id"] for b in bookings if abs(to_minutes(b["time"]) - to_minutes(time)) < STAY_MINUTES}
        for time in SEATINGS
    }
