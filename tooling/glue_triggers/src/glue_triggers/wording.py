"""What will run, in words and as plain data, for plan reviews and accounts."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any

from glue_triggers.cron_words import in_words
from glue_triggers.finding import Finding
from glue_triggers.simulation import Source, Year

_SHOWN = 3


def moment(value: datetime) -> str:
    """A date and time in UTC."""
    return f"{value:%Y-%m-%d %H:%M}"


def when(source: Source) -> str:
    """When a source starts: how often in the year, and the next dates."""
    if source.how == "hand":
        return "when started by hand"
    if source.how == "event":
        return "when an event arrives"
    if not source.dates:
        return f"{source.expression}: no date within a year"
    times = "once" if source.dates == 1 else f"{source.dates:,} times"
    more = ", ..." if source.dates > _SHOWN else ""
    dates = ", ".join(moment(date) for date in source.next_dates[:_SHOWN])
    words = in_words(source.expression)
    by = f"{source.expression} ({words})" if words else source.expression
    return f"{times} in a year by {by}, next {dates}{more}"


def chain(source: Source) -> str:
    """What a source starts when everything succeeds, in order."""
    return ", then ".join(map(str, source.starts)) or "nothing"


def as_data(years: Sequence[Year], findings: Iterable[Finding]) -> dict[str, Any]:
    """The year, of one account and region or of each, and its findings as plain JSON values."""
    return {
        "from": years[0].since.isoformat(),
        "until": years[0].until.isoformat(),
        "starts": [
            {
                "address": source.address,
                "by": source.how,
                "schedule": source.expression,
                "dates_in_a_year": source.dates,
                "next": [date.isoformat() for date in source.next_dates],
                "starts": [{"kind": node.kind.value.lower(), "name": node.name} for node in source.starts],
            }
            for year in years
            for source in year.sources
        ],
        "findings": [
            {
                "rule": finding.rule,
                "level": finding.level.value,
                "address": finding.address,
                "sentence": finding.sentence,
                "remedy": finding.remedy,
            }
            for finding in findings
        ],
    }
