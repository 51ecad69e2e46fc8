"""Recognises Iceberg tables by their metadata files: they are complete tables, not data to classify."""

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from localstack_glue.crawlers.crawling.hive_types import MAX_DEPTH, STRING
from localstack_glue.crawlers.crawling.listing import S3Object
from localstack_glue.crawlers.crawling.schema import Column, as_columns

FOLDER, SUFFIX = "metadata", ".metadata.json"
MAX_METADATA_BYTES = 10 * 1024 * 1024
_VERSION = re.compile(r"v?([0-9]{1,18})")
_NAMES = {
    "long": "bigint",
    "timestamptz": "timestamp",
    "timestamp_ns": "timestamp",
    "timestamptz_ns": "timestamp",
    "time": STRING,
    "uuid": STRING,
}
_KEPT = frozenset({"boolean", "int", "float", "double", "date", "timestamp", "string", "binary"})


@dataclass(frozen=True, slots=True)
class IcebergTable:
    """An Iceberg table as a crawl sees it."""

    name: str
    location: str
    columns: tuple[Column, ...]
    metadata_location: str


def newest_metadata(objects: Sequence[S3Object]) -> dict[tuple[str, ...], S3Object]:
    """Map each Iceberg table's folder to its newest metadata file."""
    found: dict[tuple[str, ...], S3Object] = {}
    for item in objects:
        if len(item.path) >= 2 and item.path[-2] == FOLDER and item.path[-1].endswith(SUFFIX):
            root = item.path[:-2]
            if root not in found or _age(found[root]) < _age(item):
                found[root] = item
    return found


def _age(item: S3Object) -> tuple[int, float]:
    version = _VERSION.match(item.path[-1])
    return (int(version[1]) if version else -1, item.modified_s)


def read_columns(metadata: bytes) -> tuple[Column, ...]:
    """Read the current schema's columns.

    Raises:
        ValueError: the file has no schema.
    """
    try:
        table = json.loads(metadata)
        fields = _current_schema(table)["fields"]
        return as_columns((field["name"], hive_name(field["type"])) for field in fields)
    except (AttributeError, KeyError, TypeError, RecursionError) as error:
        raise ValueError(f"no Iceberg metadata: {error!r}") from error


def _current_schema(table: Mapping[str, Any]) -> Any:
    for schema in table.get("schemas") or ():
        if schema.get("schema-id") == table.get("current-schema-id"):
            return schema
    return table["schema"]


def hive_name(kind: Any, depth: int = 0) -> str:
    """Write an Iceberg type in Hive's notation."""
    if depth > MAX_DEPTH:
        return STRING
    if isinstance(kind, str):
        if kind in _KEPT or kind.startswith("decimal("):
            return kind.replace(" ", "")
        return "binary" if kind.startswith("fixed") else _NAMES.get(kind, STRING)
    if kind["type"] == "list":
        return f"array<{hive_name(kind['element'], depth + 1)}>"
    if kind["type"] == "map":
        return f"map<{hive_name(kind['key'], depth + 1)},{hive_name(kind['value'], depth + 1)}>"
    members = ",".join(f"{field['name']}:{hive_name(field['type'], depth + 1)}" for field in kind["fields"])
    return f"struct<{members}>"
