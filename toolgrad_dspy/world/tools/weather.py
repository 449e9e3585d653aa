"""Weather: forecasts by district, alerts, dry days."""

from typing import Annotated, Literal

from pydantic import Field

from toolgrad_dspy.world.clock import LAST_DAY, TODAY, shift
from toolgrad_dspy.world.database import World
from toolgrad_dspy.world.errors import InvalidArgument, NotFound
from toolgrad_dspy.world.names import District
from toolgrad_dspy.world.parameters import SOME_DAYS, DateRange, Day, Result
from toolgrad_dspy.world.registry import Toolbox

weather = Toolbox("weather")

Condition = Literal["sunny", "partly cloudy", "overcast", "windy", "showers", "heavy rain"]


class DayForecast(Result):
    date: str
    condition: Condition
    high_c: int
    low_c: int
    rain_mm: float
    wind_kmh: int


class Forecast(Result):
    district: District
    days: list[DayForecast]


class WeatherAlert(Result):
    alert_id: str
    district: District
    date: str
    kind: Literal["storm", "heat", "fog", "flood"]
    level: Literal["yellow", "orange"]
    advice: str


class WeatherAlerts(Result):
    alerts: list[WeatherAlert]


@weather.reads
def get_forecast(
    world: World,
    district: Annotated[District, Field(description="District of the town.")],
    date: Annotated[Day, Field(description="First day, as YYYY-MM-DD.", examples=SOME_DAYS)] = TODAY,
    days: Annotated[int, Field(description="Number of days.", ge=1, le=7)] = 1,
) -> Forecast:
    """Get the weather forecast of a district for one or more days, at most two weeks ahead."""
    if not TODAY <= date <= LAST_DAY:
        raise NotFound(f"there is no forecast for {date}; forecasts run from {TODAY} to {LAST_DAY}.")
    forecasts = world.read(
        DayForecast,
        "SELECT date, condition, high_c, low_c, rain_mm, wind_kmh FROM forecast "
        "WHERE district = ? AND date >= ? AND date < ? ORDER BY date",
        district,
        date,
        shift(date, days),
    )
    return Forecast(district=district, days=forecasts)


@weather.reads
def find_fair_days(
    world: World,
    district: Annotated[District, Field(description="District of the town.")],
    date_range: Annotated[
        DateRange | None, Field(description="Days to consider; null means the next two weeks.")
    ] = None,
    max_rain_mm: Annotated[float, Field(description="Most rain that is acceptable, in millimetres.", ge=0)] = 1.0,
    min_high_c: Annotated[
        int | None,
        Field(description="Lowest acceptable high, in degrees Celsius; null means any.", examples=[10, 12]),
    ] = None,
) -> Forecast:
    """Find the days on which a district stays dry and warm enough; the list is empty when there are none."""
    if date_range is not None and date_range.first > date_range.last:
        raise InvalidArgument(f"date_range ends on {date_range.last}, before it starts on {date_range.first}.")
    dry_days = world.read(
        DayForecast,
        "SELECT date, condition, high_c, low_c, rain_mm, wind_kmh FROM forecast "
        "WHERE district = ? AND date BETWEEN ? AND ? AND rain_mm <= ? ORDER BY date",
        district,
        TODAY if date_range is None else date_range.first,
        LAST_DAY if date_range is None else date_range.last,
        max_rain_mm,
    )
    # Not in the query: SQLite has no room for every whole number that a caller may give.
    return Forecast(district=district, days=[d for d in dry_days if min_high_c is None or d.high_c >= min_high_c])


@weather.reads
def list_weather_alerts(
    world: World,
    district: Annotated[District | None, Field(description="Only alerts for this district; null means all.")] = None,
) -> WeatherAlerts:
    """List the weather alerts in force in the next two weeks; the list is empty when there are none."""
    alerts = world.read(
        WeatherAlert,
        "SELECT * FROM weather_alert WHERE ? IS NULL OR district = ? ORDER BY date, alert_id",
        district,
        district,
    )
    return WeatherAlerts(alerts=alerts)
