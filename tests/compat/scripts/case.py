"""A script in the manner of Glue Studio and of blog posts, with what is there before it and what it is to leave.

A case is a YAML file: `script`, or `scripts` one after the other; `files` by path, `tables` by name; `expected`, rows
by table or by folder; `runs`, how often all of it is run (files of `later` come before the second run); `arguments`.
`s3://lake/` stands for a folder of its own.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml

FOLDER = Path(__file__).parent / "cases"
LIBRARIES = {
    "csv": "org.apache.hadoop.hive.serde2.lazy.LazySimpleSerDe",
    "json": "org.openx.data.jsonserde.JsonSerDe",
    "orc": "org.apache.hadoop.hive.ql.io.orc.OrcSerde",
    "parquet": "org.apache.hadoop.hive.ql.io.parquet.serde.ParquetHiveSerDe",
}


@dataclass(frozen=True)
class Case:
    """A case, as its file has it."""

    name: str
    title: str
    scripts: tuple[str, ...]
    expected: Mapping[str, list[Any]]
    files: Mapping[str, str] = field(default_factory=dict)
    later: Mapping[str, str] = field(default_factory=dict)
    tables: Mapping[str, Any] = field(default_factory=dict)
    arguments: Mapping[str, str] = field(default_factory=dict)
    runs: int = 1
    data_catalog: bool = False
    refused: str = ""
    sample: bool = False


def load(file: Path) -> Case:
    """Read a case."""
    given = yaml.safe_load(file.read_text(encoding="utf-8"))
    scripts = given.pop("scripts", None) or [given.pop("script")]
    return Case(name=file.stem, scripts=tuple(scripts), expected=given.pop("expected", {}), **given)


def cases() -> list[Case]:
    """All cases."""
    return [load(file) for file in sorted(FOLDER.glob("*.yaml"))]


def table_input(name: str, given: Mapping[str, Any], place: str) -> dict[str, Any]:
    """A table as a crawler makes it, of `columns` and `keys` in Hive's notation and a `format`."""
    kind = given["format"]
    serde = {"field.delim": ",", "serialization.format": ","} if kind == "csv" else {}
    parameters = {"classification": kind, **given.get("parameters", {})}
    return {
        "Name": name,
        "TableType": "EXTERNAL_TABLE",
        "Parameters": parameters,
        "PartitionKeys": _columns(given.get("keys", {})),
        "StorageDescriptor": {
            "Columns": _columns(given["columns"]),
            "Location": given["location"].replace("s3://lake/", place),
            "SerdeInfo": {"SerializationLibrary": LIBRARIES[kind], "Parameters": {**serde, **given.get("serde", {})}},
        },
    }


def _columns(columns: Mapping[str, str]) -> list[dict[str, str]]:
    return [{"Name": name, "Type": kind} for name, kind in columns.items()]


def plain(value: Any) -> str:
    """A row as one text, whatever its order of keys: rows have no order."""
    return json.dumps(value, sort_keys=True, default=str)
