"""Public transport: stops, lines, departures, disruptions."""

from typing import Annotated, Literal

from pydantic import Field

from toolgrad_dspy.world.clock import TIME_NOW, TODAY, to_minutes, to_time
from toolgrad_dspy.world.database import World, words
from toolgrad_dspy.world.names import District
from toolgrad_dspy.world.parameters import SOME_DAYS, Day, Limit, Result, Time
from toolgrad_dspy.world.registry import Toolbox
from toolgrad_dspy.world.timetable import lines
from toolgrad_dspy.world.tools.places import distance_m

transit = Toolbox("transit")

METRES_PER_MINUTE = 75
"""How fast people walk to a stop."""

WINDOW_MINUTES = 120
"""How far ahead list_departures looks."""

Mode = Literal["tram", "bus", "ferry"]
StopId = Annotated[str, Field(description="Id of the stop, as returned by search_stops or find_nearest_stops.")]


class Stop(Result):
    stop_id: str
    name: str
    district: District
    step_free: bool


class StopList(Result):
    stops: list[Stop]


class NearStop(Stop):
    distance_m: int
    walk_minutes: int


class NearStops(Result):
    place_id: str
    stops: list[NearStop]


class RouteStop(Result):
    stop_id: str
    name: str
    minutes_from_start: int


class Route(Result):
    route_id: str
    name: str
    mode: Mode
    headway_minutes: int
    first_departure: str
    last_departure: str
    stops: list[RouteStop]


class Departure(Result):
    route_id: str
    route: str
    mode: Mode
    towards: str
    time: str


class Departures(Result):
    stop_id: str
    date: str
    departures: list[Departure]


class Disruption(Result):
    disruption_id: str
    route_id: str
    route: str
    first_day: str
    last_day: str
    reason: str
    advice: str


class Disruptions(Result):
    disruptions: list[Disruption]


@transit.reads
def search_stops(
    world: World,
    text: Annotated[
        str | None,
        Field(
            description="Words of the stop's name.", examples=["Market Square", "Harbour Quay", "Northgate Station"]
        ),
    ] = None,
    district: Annotated[District | None, Field(description="Only stops in this district.")] = None,
) -> StopList:
    """Search the stops of trams, buses and ferries by name and district."""
    named, needles = words(text, "name")
    stops = world.read(
        Stop,
        "SELECT stop_id, name, district, step_free FROM stop "
        f"WHERE {named} AND (? IS NULL OR district = ?) ORDER BY name",
        *needles,
        district,
        district,
    )
    return StopList(stops=stops)


@transit.reads
def find_nearest_stops(
    world: World,
    place_id: Annotated[str, Field(description="Id of the place to walk from or to, as returned by search_places.")],
    limit: Annotated[int, Field(description="How many stops to return.", ge=1, le=10)] = 3,
) -> NearStops:
    """Find the stops that are nearest to a place, with the walking time to each."""
    here = world.get("place", place_id)
    rows = world.rows("SELECT stop_id, name, district, step_free, x, y FROM stop ORDER BY stop_id")
    rows.sort(key=lambda row: distance_m(here, row))
    near = []
    for row in rows[:limit]:
        distance = distance_m(here, {"x": row.pop("x"), "y": row.pop("y")})
        near.append(NearStop(**row, distance_m=distance, walk_minutes=-(-distance // METRES_PER_MINUTE)))
    return NearStops(place_id=place_id, stops=near)


@transit.reads
def get_route(
    world: World,
    route_id: Annotated[str, Field(description="Id of the line, as returned by list_departures or plan_trip.")],
) -> Route:
    """Get one line: its stops in order, how often it runs, its first and last departure."""
    row = world.get("route", route_id)
    stops = world.read(
        RouteStop,
        "SELECT stop_id, name, minutes AS minutes_from_start FROM route_stop JOIN stop USING (stop_id) "
        "WHERE route_id = ? ORDER BY position",
        route_id,
    )
    return Route(
        route_id=route_id,
        name=row["name"],
        mode=row["mode"],
        headway_minutes=row["headway"],
        first_departure=to_time(row["first"]),
        last_departure=to_time(row["last"]),
        stops=stops,
    )


@transit.reads
def list_departures(
    world: World,
    stop_id: StopId,
    date: Annotated[Day, Field(description="Day of travel, as YYYY-MM-DD.", examples=SOME_DAYS)] = TODAY,
    after: Annotated[
        Time, Field(description="Earliest departure, as HH:MM.", examples=["08:00", "17:30"])
    ] = TIME_NOW,
    mode: Annotated[Mode | None, Field(description="Only this kind of vehicle; null means all.")] = None,
    limit: Limit = 10,
) -> Departures:
    """List the departures from a stop within two hours of a time, soonest first; there are none late at night."""
    world.get("stop", stop_id)
    names = stop_names(world)
    departing = []
    for line in lines(world, date):
        if mode is not None and line.mode != mode:
            continue
        for stop, minutes in line.stops[:-1]:
            depart = line.next_departure(minutes, to_minutes(after)) if stop == stop_id else None
            while (
                depart is not None and depart - minutes <= line.last and depart < to_minutes(after) + WINDOW_MINUTES
            ):
                departing.append((depart, line.name, line.stops[-1][0], line))
                depart += line.headway
    departing.sort(key=lambda item: item[:3])
    departures = [
        Departure(
            route_id=line.route_id, route=line.name, mode=as_mode(line.mode), towards=names[end], time=to_time(depart)
        )
        for depart, _, end, line in departing[:limit]
    ]
    return Departures(stop_id=stop_id, date=date, departures=departures)


@transit.reads
def list_disruptions(
    world: World,
    date: Annotated[
        Day | None,
        Field(description="Only disruptions on this day, as YYYY-MM-DD; null means all.", examples=SOME_DAYS),
    ] = None,
    route_id: Annotated[
        str | None,
        Field(description="Only disruptions of this line, by the id from list_departures; null means all."),
    ] = None,
) -> Disruptions:
    """List known disruptions of lines; the list is empty when everything runs."""
    if route_id is not None:
        world.get("route", route_id)
    disruptions = world.read(
        Disruption,
        "SELECT disruption_id, route_id, name AS route, first_day, last_day, reason, advice "
        "FROM disruption JOIN route USING (route_id) "
        "WHERE (? IS NULL OR ? BETWEEN first_day AND last_day) AND (? IS NULL OR route_id = ?) "
        "ORDER BY first_day, disruption_id",
        date,
        date,
        route_id,
        route_id,
    )
    return Disruptions(disruptions=disruptions)


def stop_names(world: World) -> dict[str, str]:
    """The name of each stop by its id."""
    return {row["stop_id"]: row["name"] for row in world.rows("SELECT stop_id, name FROM stop ORDER BY stop_id")}


def as_mode(mode: str) -> Mode:
    """The kind of vehicle that a route's row names."""
    return "tram" if mode == "tram" else "bus" if mode == "bus" else "ferry"
