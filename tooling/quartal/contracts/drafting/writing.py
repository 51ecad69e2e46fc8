"""Write a drafted contract: the guesses as comments at the top, then the contract."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from itertools import filterfalse
from typing import Any

import yaml

from etl_job.findings.wording import count as count_of
from quartal.contracts.drafting import words
from quartal.contracts.drafting.acceptance import Verdict
from quartal.contracts.drafting.column_names import outside_reserved, published_names, shown_name, split_words
from quartal.contracts.drafting.roles import Column, EventTime, counts_rows_of_file
from quartal.contracts.drafting.sample import Sample
from quartal.contracts.model import EARLIEST_DAY, EARLIEST_EVENT, FileFormat
from quartal.contracts.yaml_quotes import with_quotes

_MOST_TYPED = 55  # the job distinguishes 63 rules, including its own
_WIDTH = 118


@dataclass(frozen=True, slots=True)
class Roles:
    """The role of each column."""

    when: EventTime
    entity: tuple[Column, ...]
    key: tuple[Column, ...]
    measures: tuple[Column, ...]


def build_document(sample: Sample, columns: Sequence[Column], roles: Roles, dataset: str) -> dict[str, Any]:
    """The document of a contract."""
    names = map_names(columns, roles)
    typed = _typed(columns, roles)
    custom: list[dict[str, Any]] = []
    if sample.format is FileFormat.CSV:
        custom.append({"property": "csv", "value": dict(sample.csv)})
    else:
        custom.append({"property": "files", "value": {"format": sample.format.value}})
    custom.append({"property": "features", "value": _features(roles, names, typed)})
    return {
        "apiVersion": "v3.2.0",
        "kind": "DataContract",
        "id": dataset.replace("_", "-"),
        "name": dataset.replace("_", " ").capitalize(),
        "version": "0.1.0",
        "status": "draft",
        "schema": [
            {
                "name": dataset,
                "logicalType": "object",
                "properties": [
                    _property(column, names[column.name], roles, is_typed=column.name in typed)
                    for column in columns
                    if column.name in names
                ],
                "customProperties": custom,
            }
        ],
    }


def map_names(columns: Sequence[Column], roles: Roles) -> Mapping[str, str]:
    """Names in files to published names, for the columns that a contract can describe."""
    described = [column.name for column in columns if column.name and column.sampled.unread is None]
    found = dict(published_names(described))
    for column in (*roles.entity, *roles.measures):
        found[column.name] = outside_reserved(found[column.name], found.values())
    return found


def _typed(columns: Sequence[Column], roles: Roles) -> frozenset[str]:
    """The columns that get a type. Each type is a rule, and the job supports at most 63 rules."""
    first = [*roles.when.columns, *roles.entity, *roles.key, *roles.measures]
    names = dict.fromkeys(
        column.name for column in (*first, *columns) if column.kind.logical_type != "string" or column.kind.options
    )
    return frozenset(list(names)[:_MOST_TYPED])


def _property(column: Column, name: str, roles: Roles, *, is_typed: bool) -> dict[str, Any]:
    kind, drafted = column.kind, {"name": name}
    if name != column.name:
        drafted["physicalName"] = column.name
    found: dict[str, Any] = {**drafted, "logicalType": "string"}
    if column in (*roles.when.columns, *roles.entity, *roles.key):
        found["required"] = True
    if column in roles.key:
        found |= {"unique": True, "primaryKey": True} if len(roles.key) == 1 else {"primaryKey": True}
    if not is_typed or (column in roles.key and kind.logical_type == "integer"):
        return found
    options = dict(kind.options)
    if column is roles.when.day:
        options |= _bounds(column)
    found["logicalType"] = kind.logical_type
    if options:
        found["logicalTypeOptions"] = options
    if kind.custom:
        found["customProperties"] = [{"property": each, "value": value} for each, value in kind.custom.items()]
    return found


def _bounds(column: Column) -> dict[str, str]:
    """The bounds for the days of events, wider than the job's defaults if the sample needs it."""
    days = column.kind.reading.days if column.kind.reading else None
    if days is None:
        return {"minimum": EARLIEST_DAY.isoformat()}
    first = EARLIEST_DAY if days[0] >= EARLIEST_DAY else max(date(days[0].year, 1, 1), EARLIEST_EVENT)
    is_ahead = days[1] > date.today()
    return {"minimum": first.isoformat()} | ({"maximum": f"{min(days[1].year, 2200)}-12-31"} if is_ahead else {})


def _features(roles: Roles, names: Mapping[str, str], typed: frozenset[str]) -> dict[str, Any]:
    day = roles.when.day
    part = "timestamp" if day.kind.logical_type == "timestamp" else "date"
    when = {part: names[day.name]} | ({"time": names[roles.when.clock.name]} if roles.when.clock else {})
    measures = [
        {"column": names[column.name], "aggregates": ["sum", "mean", "min", "max"]}
        for column in roles.measures
        if column.name in typed
    ]
    taken = {name for name in names.values() if name.startswith("events")}
    return {
        "entity": [names[column.name] for column in roles.entity],
        "eventTime": when,
        "grain": "day",
        "count": "rows_of_day" if taken else "events",
        **({"measures": measures} if measures else {}),
        "hourHistogram": when.keys() != {"date"},
        "share": bool(roles.entity),
        "rollingMeanDays": [7, 28],
        "lagDays": [1, 7, 28],
        "toDate": "quarter",
    }


def comments(
    sample: Sample,
    columns: Sequence[Column],
    roles: Roles,
    others: Mapping[str, Sequence[Column]],
    warned: Sequence[str] = (),
) -> list[str]:
    """The guesses, one per line; ``warned`` are those of `warnings`."""
    names = map_names(columns, roles)
    lines = [
        _key_line(roles, others),
        *warned,
        _entity_line(roles, others),
        _time_line(roles, others),
        _bounds_line(roles),
    ]
    lines += [note for note in sample.notes if not _is_warning(note)]
    lines += [f"measures: without {_listed(left)} (not quantities)"] if (left := others["numbers"]) else []
    plain = [column.name for column in columns if column.name and column.name not in names]
    lines += [
        f"{shown_name(column.name)} is left out: {column.sampled.unread}" for column in columns if column.name in plain
    ]
    lines += ["the column without a name is left out"] * any(not column.name for column in columns)
    for column in columns:
        if column.name not in names:
            continue
        is_warned = column is roles.when.day or column in roles.measures
        own_notes = filterfalse(_is_warning, column.kind.notes) if is_warned else column.kind.notes
        lines += [f"{names[column.name]}: {note}" for note in own_notes]
        nothing = column.kind.custom.get("missingValues")
        lines += [f"{names[column.name]}: read as missing: {', '.join(map(repr, nothing))}"] if nothing else []
    typed = _typed(columns, roles)
    beyond = [
        column.name for column in columns if column.name in names and _has_type(column) and column.name not in typed
    ]
    lines += [f"{', '.join(beyond)}: left as text, because the job supports at most 63 rules"] if beyond else []
    lines += [f"{name}: present only in some files" for name in sorted(sample.optional)]
    return lines


def _has_type(column: Column) -> bool:
    return column.kind.logical_type != "string" or bool(column.kind.options)


def _key_line(roles: Roles, others: Mapping[str, Sequence[Column]]) -> str:
    if roles.key:
        values = list(zip(*(column.sampled.texts for column in roles.key), strict=True))
        again = len(values) - len(set(values))
        several = f"{again:,} rows repeat the key of another row and are duplicates"
        one = "1 row repeats the key of another row and is a duplicate"
        evidence = (several if again > 1 else one) if again else "unique in all rows"
        return f"primaryKey: {_listed(roles.key)} ({evidence})"
    unique = others["keys"]
    question = f"; each row has another value in {_listed(unique)}: is that the key?" if unique else ""
    return f"primaryKey: none, so no row counts as a duplicate{question}"


def warnings(sample: Sample, roles: Roles) -> list[str]:
    """The guesses that would lose rows, count some twice, or sum wrong numbers, if they are wrong."""
    of_values = [
        f"{column.name}: {note}"
        for column in (roles.when.day, *roles.measures)
        for note in column.kind.notes
        if _is_warning(note)
    ]
    return [*_counting_lines(sample, roles), *filter(_is_warning, sample.notes), *_total_lines(roles), *of_values]


def _is_warning(note: str) -> bool:
    return note.startswith("check ")


def _counting_lines(sample: Sample, roles: Roles) -> list[str]:
    """The comment on a key that may restart in each file."""
    if len(roles.key) != 1 or not counts_rows_of_file(roles.key[0], sample):
        return []
    name, first = roles.key[0].name, roles.key[0].sampled.texts[0]
    return [
        f"check primaryKey: {name} numbers the rows of this file from {first!r}. It is a key only if the next file "
        "continues the numbers. If each file starts again, the job would drop its rows as duplicates: then draft with "
        "--key none. `quartal contract try` with two files shows which is the case",
    ]


def _entity_line(roles: Roles, others: Mapping[str, Sequence[Column]]) -> str:
    also = f"; other candidates: {_listed(others['entities'][:4])}" if others["entities"] else ""
    if not roles.entity:
        return f"entity: none, a single series{also}"
    chosen = ", ".join(
        f"{column.name} ({count_of(column.different, 'different value')} in the sample)" for column in roles.entity
    )
    return f"entity: {chosen}{also}"


def _total_lines(roles: Roles) -> list[str]:
    """Entities that may be sums over the others."""
    return [
        f"check entity: {text!r} in {column.name} may be the sum of the others, and then counts as one more of them"
        for column in roles.entity
        for text in column.sampled.counts
        if "".join(split_words(text)) in words.TOTAL
    ]


def _time_line(roles: Roles, others: Mapping[str, Sequence[Column]]) -> str:
    also = f"; other dates: {_listed(others['dates'])}" if others["dates"] else ""
    born = "; a date of birth: is that the time of an event?" if roles.when.day.words & words.BIRTH else ""
    clock = "; clocks are read as UTC, unless eventTime has a timeZone" if roles.when.clock else ""
    return f"eventTime: {' and '.join(column.name for column in roles.when.columns)}{clock}{also}{born}"


def _bounds_line(roles: Roles) -> str:
    bounds = _bounds(roles.when.day)
    until = bounds.get("maximum", "the day after a file's upload")
    return f"days of events: from {bounds['minimum']} to {until}; change this with minimum and maximum"


def _listed(columns: Sequence[Column]) -> str:
    return ", ".join(column.name for column in columns)


def verdict_lines(verdict: Verdict) -> list[str]:
    """The comment on what the job would do with the sampled rows."""
    summary = f"{verdict.kept:,} of {count_of(verdict.rows, 'row')} would be kept"
    if verdict.duplicates:
        summary += f", {verdict.duplicates:,} dropped as {'a duplicate' if verdict.duplicates == 1 else 'duplicates'}"
    if not verdict.quarantined:
        return [f"{summary}, none quarantined"]
    lines = [f"{summary}, {verdict.quarantined:,} quarantined:"]
    for rule, count in sorted(verdict.broken.items(), key=lambda each: -each[1]):
        example = f", such as {verdict.examples[rule][:60]!r}" if verdict.examples.get(rule) else ""
        lines.append(f"  {rule}: {count:,}{example}")
    return lines


def render_document(document: Mapping[str, Any], comment: Sequence[str]) -> str:
    """The contract with its comments, as text."""
    head = {name: content for name, content in document.items() if name != "schema"}
    lines = "".join(f"# {shown_name(line)}\n" for line in comment)
    return with_quotes(f"{lines}\n{_yaml(head, False)}\n{_yaml({'schema': document['schema']}, None)}")


def _yaml(content: Mapping[str, Any], flow: bool | None) -> str:
    return yaml.safe_dump(content, sort_keys=False, allow_unicode=True, width=_WIDTH, default_flow_style=flow)


def is_wide(roles: Roles) -> int:
    """An upper bound on the rows of the calendar of all entities."""
    days = roles.when.day.kind.reading.days if roles.when.day.kind.reading else None
    entities = 1
    for column in roles.entity:
        entities *= max(column.different, 1)
    return entities * ((days[1] - days[0]) // timedelta(days=1) + 1) if days else 0
