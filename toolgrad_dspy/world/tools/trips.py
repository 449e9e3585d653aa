"""Journeys by public transport."""

from typing import Annotated

from pydantic import Field

from toolgrad_dspy.world.clock import TIME_NOW, TODAY, to_minutes, to_time
from toolgrad_dspy.world.database import World, marks
from toolgrad_dspy.world.errors import InvalidArgument, NotFound
from toolgrad_dspy.world.parameters import SOME_DAYS, Arguments, Day, Result, Time
from toolgrad_dspy.world.registry import Toolbox
from toolgrad_dspy.world.timetable import Ride, earliest, latest, lines
from toolgrad_dspy.world.tools.transit import Mode, as_mode, stop_names

trips = Toolbox("transit")


class Leg(Result):
    route_id: str
    route: str
    mode: Mode
    from_stop_id: str
    from_stop: str
    to_stop_id: str
    to_stop: str
    departs: str
    arrives: str


class Trip(Result):
    date: str
    departs: str
    arrives: str
    duration_minutes: int
    changes: int
    legs: list[Leg]
    disruption_ids: list[str]


class DepartAfter(Arguments):
    """Leave at this time or later."""

    depart_after: Annotated[Time, Field(description="Earliest departure, as HH:MM.", examples=["09:30", "18:00"])]


class ArriveBy(Arguments):
    """Be there at this time or earlier."""

    arrive_by: Annotated[Time, Field(description="Latest arrival, as HH:MM.", examples=["10:30", "19:00"])]


@trips.reads
def plan_trip(
    world: World,
    from_stop_id: Annotated[str, Field(description="Id of the stop to start at, as returned by find_nearest_stops.")],
    to_stop_id: Annotated[str, Field(description="Id of the stop to go to, as returned by find_nearest_stops.")],
    date: Annotated[Day, Field(description="Day of travel, as YYYY-MM-DD.", examples=SOME_DAYS)] = TODAY,
    when: Annotated[
        DepartAfter | ArriveBy | None,
        Field(description="Earliest departure or latest arrival; null means to leave at 09:00."),
    ] = None,
) -> Trip:
    """Plan a journey between two stops: which lines to take, where to change, when to leave and arrive."""
    world.get("stop", from_stop_id)
    world.get("stop", to_stop_id)
    if from_stop_id == to_stop_id:
        raise InvalidArgument("from_stop_id and to_stop_id are the same stop.")
    if date < TODAY:
        raise InvalidArgument(f"{date} is in the past; today is {TODAY}.")
    network = lines(world, date)
    if isinstance(when, ArriveBy):
        rides = latest(network, from_stop_id, to_stop_id, to_minutes(when.arrive_by))
    else:
        after = TIME_NOW if when is None else when.depart_after
        rides = earliest(network, from_stop_id, to_stop_id, to_minutes(after))
    if not rides:
        raise NotFound("no connection at that time; services run from about 05:30 to 22:30.")
    routes = [ride.route_id for ride in rides]
    disruptions = world.rows(
        f"SELECT disruption_id FROM disruption WHERE route_id IN ({marks(routes)}) "
        "AND ? BETWEEN first_day AND last_day ORDER BY disruption_id",
        *routes,
        date,
    )
    names = stop_names(world)
    return Trip(
        date=date,
        departs=to_time(rides[0].depart),
        arrives=to_time(rides[-1].arrive),
        duration_minutes=rides[-1].arrive - rides[0].depart,
        changes=len(rides) - 1,
        legs=[_leg(ride, names) for ride in rides],
        disruption_ids=[row["disruption_id"] for row in disruptions],
    )


def _leg(ride: Ride, names: dict[str, str]) -> Leg:
    return Leg(
        route_id=ride.route_id,
        route=ride.route,
        mode=as_mode(ride.mode),
        from_stop_id=ride.from_stop_id,
        from_stop=names[ride.from_stop_id],
        to_stop_id=ride.to_stop_id,
        to_stop=names[ride.to_stop_id],
        departs=to_time(ride.depart),
        arrives=to_time(ride.arrive),
    )
