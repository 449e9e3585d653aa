"""The world's clock, which stands still. Nothing in the world reads the real one."""

from datetime import datetime, timedelta

NOW = datetime(2026, 5, 12, 9, 0)
"""A Tuesday morning. Every session starts here, and stays here."""

TODAY = NOW.date().isoformat()
TIME_NOW = NOW.strftime("%H:%M")
TIMESTAMP = NOW.isoformat(timespec="minutes")

HORIZON_DAYS = 14
"""Forecasts and planned events reach this many days, today included."""


def day(offset: int) -> str:
    """The date ``offset`` days from today, as ``2026-05-12``."""
    return (NOW.date() + timedelta(days=offset)).isoformat()


LAST_DAY = day(HORIZON_DAYS - 1)


def shift(date: str, days: int) -> str:
    """``date`` moved by ``days``."""
    return (datetime.fromisoformat(date) + timedelta(days=days)).date().isoformat()


def weekday(date: str) -> int:
    """0 for Monday to 6 for Sunday."""
    return datetime.fromisoformat(date).weekday()


def to_minutes(time: str) -> int:
    """``"19:30"`` as minutes after midnight."""
    hours, minutes = time.split(":")
    return int(hours) * 60 + int(minutes)


def to_time(minutes: int) -> str:
    """Minutes after midnight as ``"19:30"``; 24:00 and later count on (``"24:10"``), as timetables do."""
    return f"{minutes // 60:02d}:{minutes % 60:02d}"
