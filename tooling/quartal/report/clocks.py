"""A moment as people say it: in UTC, and on the clocks of a place, whose changes the time zone database knows."""

from __future__ import annotations

from datetime import datetime
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError


def on_clocks(moment: datetime, zone: str | None) -> str:
    """Such as "2027-01-08 02:00 UTC, 03:00 Europe/Berlin"; UTC alone where no zone is named, or is known here."""
    told = f"{moment:%Y-%m-%d %H:%M} UTC"
    if zone is None:
        return told
    try:
        there = moment.astimezone(ZoneInfo(zone))
    except (ZoneInfoNotFoundError, ValueError):
        return told
    days = (there.date() - moment.date()).days
    day = {-1: " of the day before", 0: "", 1: " of the next day"}[days]
    return f"{told}, {there:%H:%M}{day} {zone}"
