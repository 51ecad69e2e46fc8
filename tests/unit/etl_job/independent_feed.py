"""A feed of random_feed.yaml as docs/reference/etl-job.md describes it, in plain Python, without the job's code."""

import csv
import json
import re
from collections import Counter, defaultdict
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from zoneinfo import ZoneInfo

COLUMNS = ("id", "place", "at", "amount", "note")
BERLIN = ZoneInfo("Europe/Berlin")
csv.field_size_limit(50_000_000)
Feed = dict[str, list[list[bytes]]]  # deliveries, files, lines


@dataclass
class Row:
    """A line of a file, and what is found out about it. ``place`` orders the rows."""

    delivery: str
    place: tuple[str, int, int]
    raw: str
    reasons: set[str] = field(default_factory=set)
    values: dict[str, str | None] = field(default_factory=dict)
    moment: datetime | None = None
    amount: Decimal | None = None


@dataclass
class Expected:
    """The kept rows; the bad ones as raw text with reasons; counts by delivery."""

    kept: list[Row]
    quarantined: Counter[tuple[str, tuple[str, ...]]]
    counts: dict[str, dict[str, int]]


def written(line: bytes, form: str) -> str | None:
    """The raw text of a row in a format, bytes that are no text as surrogates; None where it has no such row."""
    text = line.decode("utf-8", "surrogateescape")
    if not line or form == "csv":
        return text or None
    cells = next(csv.reader([text], delimiter=";"))
    if len(cells) != len(COLUMNS):
        return None if form == "parquet" else json.dumps(cells, ensure_ascii=False)
    named = dict(zip(COLUMNS, (cell or None for cell in cells), strict=True))
    return json.dumps(named, ensure_ascii=False, separators=(",", ":"))


def classify_duplicates(feed: Feed, policy: str, form: str = "csv") -> Expected:
    """Judge each row, then let those that share a key meet."""
    rows = [
        judged(delivery, (delivery, file, place), raw, form)
        for delivery in sorted(feed)
        for file, lines in enumerate(feed[delivery])
        for place, line in enumerate(lines)
        if (raw := written(line, form)) is not None
    ]
    by_key: dict[str | None, list[Row]] = defaultdict(list)
    for row in rows:
        if not row.reasons:
            by_key[row.values["id"]].append(row)
    kept: list[Row] = []
    counts = {name: Counter[str]() for name in feed}
    for same in by_key.values():
        if policy == "quarantineBoth" and len({row.raw for row in same}) > 1:
            for row in same:
                row.reasons.add("row.conflict")
            continue
        chosen = (max if policy == "keepLast" else min)(same, key=lambda row: row.place)
        kept.append(chosen)
        for row in same:
            if row is not chosen:
                counts[row.delivery].update(duplicates=1, conflicts=int(row.raw != chosen.raw))
    for row in kept:
        counts[row.delivery].update(kept=1, warned=int(row.amount is not None and row.amount >= 100))
    bad = [row for row in rows if row.reasons]
    for row in rows:
        counts[row.delivery].update(rows_in=1, quarantined=int(row in bad))
    quarantined = Counter((row.raw, tuple(sorted(row.reasons))) for row in bad)
    return Expected(kept, quarantined, {name: dict(+found) for name, found in counts.items()})


def judged(delivery: str, place: tuple[str, int, int], raw: str, form: str) -> Row:
    """A row with all rules that it breaks."""
    row = Row(delivery, place, raw.encode("utf-8", "surrogateescape").decode("utf-8", errors="replace"))
    if row.raw != raw:
        row.reasons.add("row.encoding")
    if form == "csv":
        cells = next(csv.reader([row.raw], delimiter=";"))
    else:
        found = json.loads(row.raw)
        cells = [cell or "" for cell in found.values()] if isinstance(found, dict) else []
    if len(cells) != len(COLUMNS):
        row.reasons.add("row.field_count")
    row.values = {name: (cells[n] or None) if n < len(cells) else None for n, name in enumerate(COLUMNS)}
    row.reasons.update(f"{name}.required" for name in COLUMNS[:3] if row.values[name] is None)
    if (key := row.values["id"]) is not None:
        row.reasons.update({"id.maxLength"} if len(key) > 4 else ())
        row.reasons.update({"id.pattern"} if not re.fullmatch("[a-z0-9]+", key) else ())
    if len(row.values["place"] or "") > 8:
        row.reasons.add("place.maxLength")
    if row.values["at"] is not None:
        row.moment = parse_moment(row.values["at"])
        if row.moment is None:
            row.reasons.add("at.format")
        elif row.moment.date() < date(2000, 1, 1):
            row.reasons.add("at.minimum")
        elif row.moment.date() > datetime.now(UTC).date() + timedelta(days=1):
            row.reasons.add("at.future")
    if row.values["amount"] is not None:
        if not re.fullmatch(r"[+-]?[0-9]{1,18}(,[0-9]{1,6})?", row.values["amount"], re.ASCII):
            row.reasons.add("amount.format")
        else:
            row.amount = Decimal(row.values["amount"].replace(",", "."))
            row.reasons.update({"amount.minimum"} if row.amount < 0 else ())
            row.reasons.update({"row.no_13"} if row.amount == 13 else ())
    return row


def parse_moment(text: str) -> datetime | None:
    """Berlin's time in two formats, the first of two; none where clocks skip it. Or a moment with its offset."""
    offset = re.fullmatch(r"(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d)\.\d{1,3}(Z|[+-]\d\d:\d\d)", text, re.ASCII)
    german = re.fullmatch(r"(\d\d?)\.(\d\d?)\.(\d{4}) (\d\d:\d\d)", text, re.ASCII)
    if german:
        day, month, year, time = german.groups()
        text = f"{year}-{month:0>2}-{day:0>2} {time}:00"
    elif not offset and not re.fullmatch(r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d", text, re.ASCII):
        return None
    try:
        if offset:
            return datetime.fromisoformat(offset[1] + offset[2]).astimezone(UTC)
        local = datetime.fromisoformat(text).replace(tzinfo=BERLIN, fold=0)
        moment = local.astimezone(UTC)
    except OverflowError:  # in UTC it is in the year 0, which Python does not have
        return datetime.min.replace(tzinfo=UTC)
    except ValueError:
        return None
    return moment if moment.astimezone(BERLIN).replace(tzinfo=None) == local.replace(tzinfo=None) else None


def features(kept: list[Row]) -> dict[tuple[str, date], dict[str, object]]:
    """The published features by place and day."""
    of_day: dict[tuple[str, date], list[Row]] = defaultdict(list)
    for row in kept:
        of_day[row.values["place"], row.moment.date()].append(row)
    totals = Counter(row.moment.date() for row in kept)
    last = max(totals, default=None)
    found = {}
    for place in {place for place, _ in of_day}:
        first = min(day for other, day in of_day if other == place)
        days = [first + timedelta(days=n) for n in range((last - first).days + 1)]
        events = [len(of_day.get((place, day), ())) for day in days]
        for n, day in enumerate(days):
            quarter = f"{day.year}Q{(day.month + 2) // 3}"
            to_date = [e for d, e in zip(days[: n + 1], events, strict=False) if (d.year, (d.month + 2) // 3)
                       == (day.year, (day.month + 2) // 3)]  # fmt: skip
            hours = Counter(row.moment.hour for row in of_day.get((place, day), ()))
            found[place, day] = {
                "quarter": quarter,
                "events": events[n],
                "share": events[n] / totals[day] if totals[day] else None,
                **{f"hour_{hour:02d}": hours[hour] for hour in range(24)},
                **{f"events_mean_{d}d": sum(events[max(0, n + 1 - d) : n + 1]) / min(d, n + 1) for d in (2, 7)},
                **{f"events_lag_{d}d": events[n - d] if n >= d else None for d in (1, 3)},
                "events_quarter_to_date": sum(to_date),
                **measured(of_day.get((place, day), [])),
            }
    return found


def measured(rows: list[Row]) -> dict[str, float | None]:
    """The aggregates of the amounts of a day."""
    known = [row for row in rows if row.amount is not None]
    total = float(sum((row.amount for row in known), Decimal(0)))
    latest = max(known, key=lambda row: (row.moment, row.place), default=None)
    amounts = [row.amount for row in known]
    return {
        "amount_sum": total,
        "amount_mean": total / len(known) if known else None,
        "amount_min": float(min(amounts)) if known else None,
        "amount_max": float(max(amounts)) if known else None,
        "amount_last": float(latest.amount) if latest else None,
    }
