"""Reads the job's records in the properties of tables and snapshots, which other programs can change."""

import json
from collections.abc import Callable, Mapping
from datetime import date
from typing import Any

from etl_job.errors import TableRecordError


def read_texts(properties: Mapping[str, str], name: str, table: str) -> dict[str, str]:
    """A property that maps names to texts; empty if the table lacks it.

    Raises:
        TableRecordError: the property is anything else.
    """
    return dict(_read(properties, name, table, "{}", lambda found: _maps_to(found, str)))


def read_numbers(properties: Mapping[str, str], name: str, table: str) -> dict[str, int]:
    """A property that maps names to whole numbers; empty if the table lacks it.

    Raises:
        TableRecordError: the property is anything else.
    """
    return dict(_read(properties, name, table, "{}", lambda found: _maps_to(found, int)))


def read_list(properties: Mapping[str, str], name: str, table: str) -> tuple[str, ...]:
    """A property that lists texts; empty if the snapshot lacks it.

    Raises:
        TableRecordError: the property is anything else.
    """
    return tuple(_read(properties, name, table, "[]", is_list_of_texts))


def read_record(
    properties: Mapping[str, str], name: str, table: str, is_valid: Callable[[dict[str, Any]], bool]
) -> dict[str, Any]:
    """A property that is an object; empty if the table lacks it.

    Raises:
        TableRecordError: the property is no object, or not a valid one.
    """
    return dict(_read(properties, name, table, "{}", lambda found: isinstance(found, dict) and is_valid(found)))


def read_day(properties: Mapping[str, str], name: str, table: str) -> date | None:
    """A property that is a day such as 2024-03-31; None if the snapshot lacks it.

    Raises:
        TableRecordError: the property is anything else.
    """
    text = properties.get(name)
    try:
        return date.fromisoformat(text) if text is not None else None
    except ValueError as error:
        raise TableRecordError(table, name, str(text)) from error


def read_snapshot_id(properties: Mapping[str, str], name: str, table: str) -> int | None:
    """A property that is the id of a snapshot; None if the snapshot lacks it.

    Raises:
        TableRecordError: the property is anything else.
    """
    text = properties.get(name)
    if text is not None and not (text.isascii() and text.isdecimal()):
        raise TableRecordError(table, name, text)
    return int(text) if text is not None else None


def is_list_of_texts(found: object) -> bool:
    """Whether a JSON value is a list of texts."""
    return isinstance(found, list) and all(isinstance(each, str) for each in found)


def _maps_to(found: object, kind: type) -> bool:
    return isinstance(found, dict) and all(type(value) is kind for value in found.values())


def _read(
    properties: Mapping[str, str], name: str, table: str, default: str, is_valid: Callable[[object], bool]
) -> Any:
    text = properties.get(name, default)
    try:
        found = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise TableRecordError(table, name, text) from error
    if not is_valid(found):
        raise TableRecordError(table, name, text)
    return found
