"""A moment in words: in UTC, and in a local time zone."""

from __future__ import annotations

from datetime import datetime
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError


def on_clocks(moment: datetime, zone: str | None) -> str:
    """Such as "2027-01-08 02:00 UTC, 03:00 Europe/Berlin"; only UTC if the zone is None or unknown on this machine."""
    utc = f"{moment:%Y-%m-%d %H:%M} UTC"
    if zone is None:
        return utc
    try:
        local = moment.astimezone(ZoneInfo(zone))
    except (ZoneInfoNotFoundError, ValueError):
        return utc
    days = (local.date() - moment.date()).days
    day = {-1: " of the day before", 0: "", 1: " of the next day"}[days]
    return f"{utc}, {local:%H:%M}{day} {zone}"
