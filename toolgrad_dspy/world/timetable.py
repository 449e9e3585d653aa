"""Departures and connections, worked out from headways and running times."""

from dataclasses import dataclass
from typing import Any

from toolgrad_dspy.world.clock import weekday
from toolgrad_dspy.world.database import World

CHANGE_MINUTES = 2
"""Time needed to change from one vehicle to another at a stop."""

NEVER = 2 * 24 * 60
"""Later than any arrival."""

_SUNDAY = 6


@dataclass(frozen=True, slots=True)
class Ride:
    """One vehicle from one stop to another. Times in minutes after midnight."""

    route_id: str
    route: str
    mode: str
    from_stop_id: str
    to_stop_id: str
    depart: int
    arrive: int


@dataclass(frozen=True, slots=True)
class Line:
    """One direction of a route: its stops in order, each with the minutes from the first one."""

    route_id: str
    name: str
    mode: str
    headway: int
    first: int
    last: int
    stops: tuple[tuple[str, int], ...]

    def next_departure(self, minutes: int, not_before: int) -> int | None:
        """When a vehicle next leaves the stop that lies ``minutes`` behind the first one, or None: no more today."""
        wait = max(0, -(-(not_before - minutes - self.first) // self.headway))
        start = self.first + wait * self.headway
        return start + minutes if start <= self.last else None


def lines(world: World, date: str) -> list[Line]:
    """Both directions of every route, as they run on ``date``: half as often on Sundays."""
    stretch = 2 if weekday(date) == _SUNDAY else 1
    stops: dict[str, list[tuple[str, int]]] = {}
    for row in world.rows("SELECT route_id, stop_id, minutes FROM route_stop ORDER BY route_id, position"):
        stops.setdefault(row["route_id"], []).append((row["stop_id"], row["minutes"]))
    directions = []
    for route in world.rows("SELECT * FROM route ORDER BY name"):
        there = tuple(stops[route["route_id"]])
        back = tuple((stop, there[-1][1] - minutes) for stop, minutes in reversed(there))
        directions += [_line(route, there, stretch), _line(route, back, stretch)]
    return directions


def _line(route: dict[str, Any], stops: tuple[tuple[str, int], ...], stretch: int) -> Line:
    headway = route["headway"] * stretch
    return Line(route["route_id"], route["name"], route["mode"], headway, route["first"], route["last"], stops)


def earliest(network: list[Line], start: str, goal: str, not_before: int) -> list[Ride] | None:
    """The rides that arrive first, leaving not before the given minute; None when the day's last one has gone.

    Rounds of one ride each (RAPTOR: Delling, Pajor, Werneck, "Round-based public transit routing", 2012): after
    round k every stop knows its earliest arrival with k rides, so of equally early ways the fewest changes win.
    """
    best: dict[str, int] = {start: not_before}
    ways: dict[str, list[Ride]] = {start: []}
    fresh = {start}
    while fresh:
        reached: set[str] = set()
        before, paths = dict(best), dict(ways)  # a round builds on the round before, never on itself
        for line in network:
            for position, (stop, minutes) in enumerate(line.stops):
                if stop not in fresh:
                    continue
                # Only who already rode changes; the first ride may be boarded at once.
                ready = before[stop] + (CHANGE_MINUTES if paths[stop] else 0)
                depart = line.next_departure(minutes, ready)
                if depart is None:
                    continue
                for later, further in line.stops[position + 1 :]:
                    arrive = depart + further - minutes
                    # Further along this ride it only gets later, so nothing here can improve on the goal any more.
                    if arrive >= best.get(goal, NEVER):
                        break
                    if arrive < best.get(later, NEVER):
                        best[later] = arrive
                        ride = Ride(line.route_id, line.name, line.mode, stop, later, depart, arrive)
                        ways[later] = [*paths[stop], ride]
                        reached.add(later)
        fresh = reached
    return ways.get(goal)


def latest(network: list[Line], start: str, goal: str, arrive_by: int) -> list[Ride] | None:
    """The rides that leave last and still arrive by the given minute; None when there are none that day."""
    departures = {
        line.first + wait * line.headway + minutes
        for line in network
        for stop, minutes in line.stops
        if stop == start
        for wait in range((min(line.last, arrive_by) - line.first) // line.headway + 1)
    }
    # Back from the latest departure: leaving later never means arriving earlier, so the first in time is the one.
    for depart in sorted((d for d in departures if d <= arrive_by), reverse=True):
        rides = earliest(network, start, goal, depart)
        if rides is not None and rides[-1].arrive <= arrive_by:
            return rides
    return None
