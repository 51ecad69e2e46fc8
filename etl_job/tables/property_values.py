"""Reads the job's records in the properties of tables and snapshots, which other programs can change.

Each reader takes the properties, the name of one, and the name of the table or snapshot for messages. It raises
TableRecordError if the property is not what the job wrote.
"""

from collections.abc import Callable, Mapping
from datetime import date
from typing import Any, TypeVar

from pydantic import ConfigDict, TypeAdapter

from etl_job.errors import TableRecordError

_Value = TypeVar("_Value")
Reader = Callable[[Mapping[str, str], str, str], _Value]


def reader_of(parse: Callable[[str], _Value], missing: _Value) -> Reader[_Value]:
    """A reader of properties whose text ``parse`` reads, or refuses with a ValueError; ``missing`` if there is none."""

    def read(properties: Mapping[str, str], name: str, table: str) -> _Value:
        text = properties.get(name)
        if text is None:
            return missing
        try:
            return parse(text)
        except ValueError as error:
            raise TableRecordError(table, name, text) from error

    return read


def _snapshot_id(text: str) -> int:
    if not (text.isascii() and text.isdecimal()):
        raise ValueError("not the id of a snapshot")
    return int(text)


def _json(kind: Any) -> Callable[[str], Any]:
    return TypeAdapter(kind, config=ConfigDict(strict=True)).validate_json


read_texts: Reader[Mapping[str, str]] = reader_of(_json(dict[str, str]), {})  # by name
read_numbers: Reader[Mapping[str, int]] = reader_of(_json(dict[str, int]), {})  # by name
read_list: Reader[tuple[str, ...]] = reader_of(_json(tuple[str, ...]), ())
read_day: Reader[date | None] = reader_of(date.fromisoformat, None)
read_snapshot_id: Reader[int | None] = reader_of(_snapshot_id, None)
