"""The same rows in other spellings, with contracts that say so: what formats, zones and rules cost over plain CSV."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import yaml

from benchmarks.etl.feed import once
from benchmarks.etl.lake import DATASET

_DATE = re.compile(r"(\d{4})-(\d\d)-(\d\d)")
Rows = Iterator[list[str]]


@dataclass(frozen=True, slots=True)
class Spelling:
    """A way to write the feed.

    Attributes:
        name: of its ratio over plain CSV.
        write: writes the rows of a delivery, its header first, to a file.
        custom: custom properties that its contract has in place of others.
        change: what else its contract says.
    """

    name: str
    write: Callable[[Rows, Path], None]
    custom: Mapping[str, Any] = field(default_factory=dict)
    change: Callable[[dict[str, Any]], None] = lambda _: None

    def feed(self, plain: Path, announce: Callable[[str], None]) -> Path:
        """The feed in this spelling, made once."""

        def write(folder: Path) -> None:
            for file in sorted(plain.glob("delivery=*/*.csv")):
                target = folder / file.parent.name
                target.mkdir(parents=True)
                with file.open(encoding="utf-8", newline="") as lines:
                    self.write((line.rstrip("\n").split(",") for line in lines), target / file.stem)

        return once(plain.with_name(f"{plain.name}-{self.name}"), announce, write)

    def contract(self, source: Path, scratch: Path) -> Path:
        """The example's contract, for this spelling."""
        document = yaml.safe_load(source.read_text("utf-8"))
        schema = document["schema"][0]
        custom = {each["property"]: each["value"] for each in schema["customProperties"]} | dict(self.custom)
        schema["customProperties"] = [{"property": n, "value": v} for n, v in custom.items() if v is not None]
        self.change(schema)
        target = scratch / f"{DATASET}-{self.name}.yaml"
        target.write_text(yaml.safe_dump(document, allow_unicode=True), "utf-8")
        return target


def _csv(change: Callable[[list[str]], list[str]], encoding: str = "utf-8") -> Callable[[Rows, Path], None]:
    def write(rows: Rows, target: Path) -> None:
        with target.with_suffix(".csv").open("w", encoding=encoding, errors="replace", newline="") as file:
            file.write(f"{','.join(next(rows))}\n")
            file.writelines(f"{','.join(change(row))}\n" for row in rows)

    return write


def _as_it_is(row: list[str]) -> list[str]:
    return row


def _quoted(row: list[str]) -> list[str]:
    is_regular = len(row) == 4 and '"' not in "".join(row)
    return [row[0], f'"{row[1]}"', *row[2:]] if is_regular else row


def _german(row: list[str]) -> list[str]:
    found = _DATE.fullmatch(row[2]) if len(row) == 4 else None
    return [*row[:2], f"{int(found[3])}.{int(found[2])}.{found[1]}", row[3]] if found else row


def _json_lines(rows: Rows, target: Path) -> None:
    names = next(rows)
    with target.with_suffix(".jsonl").open("w", encoding="utf-8") as file:
        for row in rows:
            text = json.dumps(dict(zip(names, row, strict=False)), ensure_ascii=False)
            file.write(f"{text if len(row) == len(names) else text[:-1]}\n")


def _parquet(rows: Rows, target: Path) -> None:
    names = next(rows)
    columns = zip(*(row for row in rows if len(row) == len(names)), strict=True)
    table = pa.table({name: pa.array(values) for name, values in zip(names, columns, strict=True)})
    pq.write_table(table, target.with_suffix(".parquet"), row_group_size=250_000)


def _dates_as(form: str) -> Callable[[dict[str, Any]], None]:
    def change(schema: dict[str, Any]) -> None:
        date = next(column for column in schema["properties"] if column["name"] == "date")
        date["logicalTypeOptions"]["format"] = form

    return change


def _in_berlin(schema: dict[str, Any]) -> None:
    features = next(each["value"] for each in schema["customProperties"] if each["property"] == "features")
    features["eventTime"]["timeZone"] = "Europe/Berlin"


def _with_sql(schema: dict[str, Any]) -> None:
    schema["quality"] = [{"type": "sql", "name": "known", "query": "length(brand) < 100 or date > date'2000-01-01'"}]


PLAIN = Spelling("plain", _csv(_as_it_is))
SPELLINGS = (
    Spelling("quoted", _csv(_quoted)),
    Spelling("multi_line", _csv(_quoted), {"csv": {"multiLine": True}}),
    Spelling("iso_8859_1", _csv(_as_it_is, "latin-1"), {"csv": {"encoding": "ISO-8859-1"}}),
    Spelling("other_dates", _csv(_german), change=_dates_as("d.M.yyyy")),
    Spelling("time_zone", _csv(_as_it_is), change=_in_berlin),
    Spelling("sql_rule", _csv(_as_it_is), change=_with_sql),
    Spelling("json_lines", _json_lines, {"csv": None, "files": {"format": "jsonLines"}}),
    Spelling("parquet", _parquet, {"csv": None, "files": {"format": "parquet"}}),
)
