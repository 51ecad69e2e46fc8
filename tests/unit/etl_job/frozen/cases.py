# ruff: noqa: E501 - inputs as they are
"""Inputs whose outcomes were frozen: texts of every column type, and files of every format with their troubles.

``outcomes.json.gz`` holds what the job of commit 412c621 made of them, when Spark judged rows: the rules that each text
breaks and what it stands for, and each row of each file as it was staged.
"""

import gzip
import io
import json
import random
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from etl_job.contract.columns import Column
from etl_job.contract.model import Contract

UPLOADED = datetime(2025, 6, 30, 12, tzinfo=UTC).timestamp()  # of every file: no event after 2025-07-01


def _column(kind: str, *usual: str, required: bool = False, **options: object) -> tuple[dict[str, Any], list[str]]:
    return {"logicalType": kind, "logicalTypeOptions": options, "required": required}, list(usual)


_DESCRIBED = [
    _column("string", "a", "", "日本"),
    _column("string", "a1-b", "ABC", required=True, pattern="^[A-Za-z0-9-]+$", maxLength=6),
    _column("string", "x.y", "ab12", pattern=r"^(?:[a-z]{1,2}\d*|x\.y)$", minLength=2),
    _column("string", "abc", "a c", pattern="b.*c|^a.c$", minLength=1, maxLength=2**31 - 1),
    _column("string", "ns", enum=["ns", "Süd", 'q"', "true"]),
    _column("string", "23:59:59", "00:00:00", required=True, format="HH:mm:ss"),
    _column("string", "17:05", "07:05:09", "7h05", format="HH:mm", otherFormats=["H:mm", "HH:mm:ss.SSS", "H'h'mm"]),
    _column("integer", "0", "-5", "+7", "007", minimum=-5, maximum=10**17),
    _column("integer", "12", required=True, minimum="0.5", maximum="1e3", pattern="^[0-9]+$"),
    _column("number", "0.3", "0", "+0.1", "007.100000", minimum=0, maximum=100.5),
    _column("number", "1,5", "-3", decimalSeparator=",", minimum="-3.25"),
    _column("number", "0.000001", "1", minimum="0.0000005", maximum="999999999999999999.9999999"),
    _column("boolean", "true", "FALSE", "True", required=True),
    _column("boolean", "true", enum=["true", "false"]),
    _column("date", "2024-02-29", "2000-01-01", required=True, format="yyyy-MM-dd", minimum=date(2000, 1, 1)),
    _column("date", "29.02.2024", "20240131", format="dd.MM.yyyy", otherFormats=["d.M.yyyy", "yyyyMMdd"]),
    _column("date", "2/9/2024", "02/29/2024", format="M/d/yyyy", minimum=date(1970, 1, 1), maximum=date(2024, 12, 31)),
    _column("timestamp", "2024-02-29 23:59:59", format="yyyy-MM-dd HH:mm:ss", timeZone="UTC"),
    _column("timestamp", "2024-02-29T23:59:59Z", "1969-12-31T23:00:00-05:45", format="yyyy-MM-dd'T'HH:mm:ssXXX"),
    _column(
        "timestamp",
        "2024-02-29T10:00:00+0100",
        "29/02/2024 10:00",
        format="yyyy-MM-dd'T'HH:mm:ssXX",
        otherFormats=["dd/MM/yyyy HH:mm", "d/M/yyyy H:mm", "yyyy-MM-dd'T'HH:mm:ss.SSSXXX"],
        timeZone="UTC",
        minimum=date(1970, 1, 1),
        maximum=date(2024, 12, 31),
    ),
    *(
        _column(
            "timestamp",
            "31.3.2024 01:59",
            "31.3.2024 02:30",
            "27.10.2024 02:30",
            "1.1.1800 00:00",
            "10.3.2024 02:15",
            "3.11.2024 01:45",
            "7.4.2024 01:45",
            "6.10.2024 02:10",
            "26.10.2098 03:00",
            "29.3.9999 02:30",
            "1.1.1893 00:00",
            "6.4.2025 02:15",
            "30.12.2011 12:00",
            format="d.M.yyyy HH:mm",
            otherFormats=["yyyy-MM-dd HH:mm:ss.SSSSSS"],
            timeZone=zone,
            minimum=date(2000, 1, 1),
        )
        for zone in (
            "Europe/Berlin",
            "America/New_York",
            "Asia/Kathmandu",
            "Australia/Lord_Howe",
            "Pacific/Apia",
            "Africa/Casablanca",
        )
    ),
    _column("timestamp", "20240229235959", format="yyyyMMddHHmmss", timeZone="Europe/Berlin", required=True),
    _column("timestamp", "29.2.2024 1:00:00.5+01:00", format="d.M.yyyy H:mm:ss.SSSSSSSSSXXX"),
]
COLUMNS = tuple(
    Column.model_validate({"name": f"c{place}", **described}) for place, (described, _) in enumerate(_DESCRIBED)
)
_ODD = [
    *("7:05", "2024-02-30", "2023-02-29", "0000-01-01", "1900-02-29", "24:00:00", "9999-12-31", "30.02.2024", "1e3"),
    *("NaN", "999999999999999999.999999", "1000000000000000000", "-3,250001", "2024-02-29T10:00:00+15:00", "\u0661"),
    *("a\u2028", "2024-02-29T10:00:00+14:30", "2024-02-29T24:00:00Z", "true ", "tRUE", "fal\u017fe", "ns\x85", " 1"),
    *("1.", "+", "-", ".5", "5.", "0001-01-01", "0000-02-29 10:00:00", "0000-12-31T23:59:59Z", "1.1.0000 00:00"),
    *("2024-13-01", "2024-00-10", "2024-01-00", "-0.0", "+0", "00", "1.0000000", "999999999999999999", " ", "\t", "\0"),
    *("a\nb", "abc\n", "a c\r", "b\nc", "2024-02-29\n", "12\n", "true\n", "31.12.9999 23:59", "31.12.1999 23:30"),
    *("1.1.2000 00:30", "29.2.2024 1:00:00.123456789Z", "1e400", "-1", "0.5", "1000", "1001", "1000.000001", "100.5"),
]


def _texts() -> tuple[str, ...]:
    draw = random.Random("frozen")  # noqa: S311
    usual = list(dict.fromkeys(text for _, of in _DESCRIBED for text in of)) + _ODD
    found = dict.fromkeys(usual)
    while len(found) < 420:
        text = draw.choice(usual)
        place, width = draw.randint(0, len(text)), draw.randint(0, 1)
        found[text[:place] + draw.choice([*"0123459-+.,:/ TZah\n", "é", ""]) + text[place + width :]] = None
    return tuple(found)


TEXTS = _texts()


@dataclass(frozen=True)
class FileCase:
    """Files of one delivery, of a contract."""

    name: str
    contract: dict[str, Any]
    files: dict[str, bytes]
    rules: list[dict[str, Any]] = field(default_factory=list)


COLUMNS_OF_FILES: list[dict[str, Any]] = [
    {
        "name": "id",
        "required": True,
        "primaryKey": True,
        "logicalTypeOptions": {"maxLength": 8, "pattern": "^[a-z0-9]+$"},
    },
    {"name": "place", "required": True, "logicalTypeOptions": {"maxLength": 12}},
    {
        "name": "at",
        "logicalType": "timestamp",
        "required": True,
        "logicalTypeOptions": {
            "format": "yyyy-MM-dd HH:mm:ss",
            "otherFormats": ["d.M.yyyy HH:mm", "yyyy-MM-dd'T'HH:mm:ss.SSSXXX"],
            "timeZone": "Europe/Berlin",
        },
    },
    {"name": "amount", "logicalType": "number", "logicalTypeOptions": {"minimum": 0}},
    {"name": "note"},
]
_FEATURES = {
    "entity": ["place"],
    "eventTime": {"timestamp": "at"},
    "count": "events",
    "measures": [{"column": "amount", "aggregates": ["sum", "last"]}],
    "hourHistogram": True,
}
_IDS = ["k1", "k2", "k3", "k1", "toolong99", "K!", ""]
_PLACES = ["Nord", "Süd", "a b", "Nord", "far too long a name", ""]
_TIMES = [
    *("2024-03-31 01:59:59", "2024-03-31 02:30:00", "27.10.2024 02:30", "2024-06-01T10:00:00.5+02:00", "soon", ""),
    *(
        "2030-01-01 00:00:00",
        "1999-12-31 23:00:00",
        "2025-07-02 00:30:00",
        "2025-07-02 02:30:00",
        "2024-01-01 00:10:00",
    ),
]
_AMOUNTS = ["1", "2.5", "", "-1", "1,5", "007.10", "1e3", "999999999999999999.999999", "13"]
_NOTES = ["", "x", 'q"uote', "semi;colon, comma", 'say ""hi""', "back\\slash", "tab\t", " lead", "trail "]


def _rows(seed: str, count: int) -> list[list[str]]:
    draw = random.Random(seed)  # noqa: S311
    lists = (_IDS, _PLACES, _TIMES, _AMOUNTS, _NOTES)
    return [[draw.choice(of[: 4 if draw.random() < 0.7 else len(of)]) for of in lists] for _ in range(count)]


def _quoted(text: str, delimiter: str, quote: str, escape: str | None, always: bool) -> str:
    needs = any(mark in text for mark in (delimiter, quote, "\n", "\r"))
    if not needs and not always:
        return text
    if escape is not None:
        text = text.replace(escape, escape * 2)
    return quote + text.replace(quote, (escape or quote) + quote) + quote


def _csv(
    rows: list[list[str]],
    *,
    delimiter: str = ",",
    quote: str = '"',
    escape: str | None = None,
    end: str = "\n",
    always: bool = False,
    header: list[str] | None = None,
    encoding: str = "UTF-8",
) -> bytes:
    names = [column["name"] for column in COLUMNS_OF_FILES] if header is None else header
    lines = [delimiter.join(names)] if names else []
    lines += [delimiter.join(_quoted(cell, delimiter, quote, escape, always) for cell in row) for row in rows]
    return end.join([*lines, ""]).encode(encoding)


# Lines that no CSV writer writes.
ODD_LINES = [
    'k1,"Nord"x,2024-01-01 10:00:00,1,n',
    'k1,"Nord" x,2024-01-01 10:00:00,1,n',
    'k1,"Nord" ,2024-01-01 10:00:00,1,n',
    'k1, "Nord",2024-01-01 10:00:00,1,n',
    'k1,No"rd,2024-01-01 10:00:00,1,n',
    'k1,No""rd,2024-01-01 10:00:00,1,"n"',
    'k1,"No""rd",2024-01-01 10:00:00,1,n',
    'k1,"No"rd",2024-01-01 10:00:00,1,n',
    'k1,"No"rd,"x",2024-01-01 10:00:00,1',
    'k1,Nord,2024-01-01 10:00:00,1,"open',
    'k1,"Nord,2024-01-01 10:00:00,1,n',
    '"k1"",Nord,2024-01-01 10:00:00,1,n',
    'k1,"",2024-01-01 10:00:00,1,""',
    'k1,Nord,2024-01-01 10:00:00,1,""""',
    'k1,Nord,2024-01-01 10:00:00,1,"""',
    'k1,Nord,2024-01-01 10:00:00,1,"a""',
    'k1,Nord,2024-01-01 10:00:00,1,"" ""',
    'k1,Nord,2024-01-01 10:00:00,1,"a" "b"',
    'k1,Nord,2024-01-01 10:00:00,1,"n",',
    'k1,Nord,2024-01-01 10:00:00,1,"a,b","c"',
    "k1,Nord,2024-01-01 10:00:00",
    'k1,"Nord"',
    "k1,Nord,2024-01-01 10:00:00,1,a,b,c",
    ",,,,",
    '"',
    '""',
    '"""',
    ",",
    " ",
    "  k1,Nord,2024-01-01 10:00:00,1,n  ",
    "k1,Nord,2024-01-01 10:00:00,1,\\",
    'k1,Nord,2024-01-01 10:00:00,1,"a\\"b"',
    'k1,Nord,2024-01-01 10:00:00,1,"a\\\\"',
    'k1,Nord,2024-01-01 10:00:00,1,"a\\nb"',
    'k1,Nord,2024-01-01 10:00:00,1,"a\\"',
    'k1,Nord,2024-01-01 10:00:00,1,a\\"b',
    "id,place,at,amount,note",
    "k4,\ufffd,2024-01-01 10:00:00,1,n",
    "k5,Nord,2024-01-01 10:00:00,1,\u2028\u0085",
    'k6,"Nord\t"\t,2024-01-01 10:00:00,1,n',
    'k6,Nord,2024-01-01 10:00:00,1,"n"  ',
    '"k6" "x",Nord,2024-01-01 10:00:00,1,n',
    '"k7"x"y,Nord",Nord,2024-01-01 10:00:00,1,n',
]
_BAD_BYTES = [
    b"k1,S\xfcd,2024-01-01 10:00:00,1,n",
    b"k2,Nord,2024-01-01 10:00:00,1,\xff\xfe",
    b"k3,Nord,2024-01-01 10:00:00,1,\xe6\x9d",
    b"k4,\xed\xa0\x80,2024-01-01 10:00:00,1,\xf0\x9f\x98",
    b'k5,"S\xfcd",2024-01-01 10:00:00,1,"n"',
    b"k6,\xc0\xaf,2024-01-01 10:00:00,1,\xf5\x80\x80\x80",
]
_JSON_LINES = [
    '{"id": "k1", "place": "Nord", "at": "2024-01-01 10:00:00", "amount": 1.50, "note": null}',
    '{"id": 12, "place": "S\\u00fcd", "at": "2024-01-01 10:00:00", "amount": "1.5", "note": {"a": [1, 2.0], "b": true}}',
    '{"place": "Nord", "id": "k2", "id": "k3", "at": "1.2.2024 10:00", "amount": 1e3}',
    '{"id": "k4", "place": true, "at": "2024-01-01 10:00:00", "amount": -0, "note": "a \\"1\\" {2}: 3"}',
    '{"id": "k5", "place": "Nord", "at": "2024-01-01 10:00:00", "amount": 007}',
    '{"id": "k6", "place": "Nord"} {"id": "k7"}',
    '{"id": "k6", "place": "Nord"} x',
    '{"id": "k8"',
    "[]",
    "[1]",
    "1",
    "null",
    '"x"',
    "{}",
    ' {"id": "k9", "place": "Nord", "at": "2024-01-01 10:00:00"} ',
    '{"id": "ka", "place": "Nord", "at": "2024-01-01 10:00:00", "amount": NaN}',
    '{"id": "kb", "place": "Nord", "at": "2024-01-01 10:00:00", "amount": 12345678901234567890.1}',
    '{"id": "kc", "place": "", "at": "2024-01-01 10:00:00", "note": [true, null, "x", 1, {}]}',
    "{'id': 'kd'}",
    '{"ID": "ke", "place": "Nord", "at": "2024-01-01 10:00:00"}',
    '{"id": "kf", "place": "a\\/b\\t\\n", "at": "2024-01-01 10:00:00", "note": "tab\\u0009 \\ud83d\\ude00"}',
    '{"id": "kg", "place": "Nord", "at": "2024-01-01 10:00:00", "amount": 1.}',
    '{"id": "kh", "place": "Nord", "at": "2024-01-01 10:00:00", "amount": +1}',
    '{"id": "ki", "place": "Nord", "at": "2024-01-01 10:00:00",}',
    '{"id": "kj", "place": "Nord", "at": "2024-01-01 10:00:00"} // x',
    '{id: "kk"}',
    '{"id": "kl", "place": "Nord", "at": "2024-01-01 10:00:00", "amount": 1E-2, "note": 1.0}',
    '{"id": "km", "note": "raw\ttab", "place": "Nord", "at": "2024-01-01 10:00:00"}',
    '{"id": "kn", "place": {"id": 1}, "at": ["2024"], "amount": false}',
    " ",
]


def _contract(**parts: Any) -> dict[str, Any]:
    columns = parts.pop("columns", COLUMNS_OF_FILES)
    return {"version": "1", "dataset": "frozen", "columns": columns, "features": _FEATURES} | parts


def _without_zone() -> list[dict[str, Any]]:
    at = COLUMNS_OF_FILES[2]
    options = {"format": "yyyy-MM-dd HH:mm:ss", "timeZone": "UTC"}
    return [*COLUMNS_OF_FILES[:2], {**at, "logicalTypeOptions": options}, *COLUMNS_OF_FILES[3:]]


def _date_and_time(zone: str | None) -> dict[str, Any]:
    columns = [
        *COLUMNS_OF_FILES[:2],
        {"name": "day", "logicalType": "date", "required": True, "logicalTypeOptions": {"format": "yyyy-MM-dd", "otherFormats": ["d.M.yyyy"]}},
        {"name": "time", "required": True, "logicalTypeOptions": {"format": "HH:mm:ss", "otherFormats": ["H:mm"]}},
        COLUMNS_OF_FILES[3],
    ]  # fmt: skip
    event = {"date": "day", "time": "time"} | ({} if zone is None else {"timeZone": zone})
    return _contract(columns=columns, features=_FEATURES | {"eventTime": event})


def _parquet() -> dict[str, bytes]:
    moment = [datetime(2024, 3, 31, 0, 59, 59, 987_654, UTC), datetime(1969, 12, 31, 23, 59, 59, 1, UTC), None]
    moment += [datetime(2024, 1, 1, 10, tzinfo=UTC)] * 5
    ids = ["k1", "k2", "k3", "", None, 'q"\\\n', "ü", "k1"]
    places = ["Nord", "Süd", "Nord", "Nord", "Nord", "a\u2028b", "\x01", "Nord"]
    kinds = {
        "doubles": pa.array([1.0, 0.1, 1e-7, float("nan"), None, 123456789012.5, -0.0, 1e20], pa.float64()),
        "floats": pa.array([1.0, 0.1, 1e-7, 3.25, None, 16777216.0, -0.0, 1e10], pa.float32()),
        "decimals": pa.array([Decimal("1.50000"), Decimal("0.00001"), None, *[Decimal("7")] * 5], pa.decimal128(12, 5)),
        "wide decimals": pa.array(
            [Decimal("1.00000001"), Decimal("2.50000000"), *[Decimal(1)] * 6], pa.decimal128(20, 8)
        ),
        "int8": pa.array([1, -2, None, 0, 5, 6, 7, 100], pa.int8()),
        "uint64": pa.array([2**64 - 1, 10**18, 7, None, 1, 2, 3, 4], pa.uint64()),
        "texts": pa.array(["1", "1.50", "", None, "x", "1e3", "-1", "2"]),
    }
    found = {}
    for number, (name, amounts) in enumerate(kinds.items()):
        unit = ("ms", "us", "ns")[number % 3]
        table = pa.table(
            {
                "place": pa.array(places).dictionary_encode(),
                "ID": pa.array(ids),
                "at": pa.array(moment, pa.timestamp(unit, "UTC")),
                "unread": pa.array([[n] for n in range(8)]),
                "amount": amounts,
            }
        )
        content = io.BytesIO()
        pq.write_table(table, content, row_group_size=3)
        found[f"{name.replace(' ', '-')}.parquet"] = content.getvalue()
    return found


def _local_parquet() -> dict[str, bytes]:
    naive = [
        datetime(2024, 3, 31, 1, 59, 59, 987_654),
        datetime(2024, 3, 31, 2, 30),
        datetime(2024, 10, 27, 2, 30),
        None,
    ]
    table = pa.table({"id": ["a", "b", "c", "d"], "place": ["Nord"] * 4, "at": pa.array(naive, pa.timestamp("us"))})
    table = table.append_column("note", pa.array([True, False, None, True]))
    table = table.append_column("flag", pa.array([True, False, None, True]))
    table = table.append_column("day", pa.array([date(2024, 2, 3), date(1969, 12, 31), None, date(2024, 12, 31)]))
    content = io.BytesIO()
    pq.write_table(table, content)
    return {"a.parquet": content.getvalue()}


def file_cases() -> list[FileCase]:
    """Every case. Each file's content is made anew, and the same each time."""
    plain, more = _rows("plain", 60), _rows("more", 30)
    for row in plain:
        row[4] = row[4].replace('"', "").replace(",", "").replace("\\", "")
    broken_lines = [[*row[:4], row[4] + "\nnext, line"] for row in _rows("lines", 10)]
    odd = "\n".join(["id,place,at,amount,note", *ODD_LINES, ""]).encode()
    bad_bytes = b"\n".join([b"id,place,at,amount,note", *_BAD_BYTES, b"", b"k7,Nord,2024-01-01 10:00:00,1,n"])
    mark = "\ufeff".encode()
    json_lines = "\n".join(_JSON_LINES)
    no_key = [{**COLUMNS_OF_FILES[0], "primaryKey": False}, *COLUMNS_OF_FILES[1:]]
    shuffled = [[row[3], "more", row[0], row[2], row[1]] for row in plain]
    names = ["amount", "other", "id", "at", "place"]
    local = _without_zone()
    local_options = {"format": "yyyy-MM-dd HH:mm:ss.SSS", "timeZone": "Europe/Berlin"}
    flags = [
        {"name": "flag", "logicalType": "boolean"},
        {"name": "day", "logicalType": "date", "logicalTypeOptions": {"format": "d.M.yyyy"}},
    ]
    moments = {"format": "yyyy-MM-dd'T'HH:mm:ss.SSSSXXX"}
    of_moments = [*local[:2], {**local[2], "logicalTypeOptions": moments}, *local[3:]]
    dated = [[row[0], row[1], day, time, row[3]] for row, day, time in zip(
        plain,
        ["2024-03-31", "31.3.2024", "27.10.2024", "2024-02-30", "1999-12-31", "2025-07-02", ""] * 10,
        ["02:30:00", "2:30", "01:59:59", "24:00:00", "00:00:00", ""] * 10,
        strict=False,
    )]  # fmt: skip
    day_names = ["id", "place", "day", "time", "amount"]
    checks = [
        {"name": "no_13", "type": "sql", "query": "amount is null or amount <> 13"},
        {"name": "cheap", "type": "sql", "query": "amount < 2", "severity": "warning"},
        {"name": "early", "type": "sql", "query": "at < timestamp'2024-06-01 00:00:00' or place = 'Nord'"},
    ]
    return [
        FileCase("plain", _contract(columns=local), {"a.csv": _csv(plain), "b.csv": mark + _csv(more, end="\r\n")}),
        FileCase("zone", _contract(), {"a.csv": _csv(plain), "b.csv": _csv(more)}),
        FileCase("quoted always", _contract(), {"a.csv": _csv(plain, always=True), "b.csv": _csv(more, always=True)}),
        FileCase("line ends", _contract(), {"a.csv": _csv(plain, end="\r\n"), "b.csv": _csv(plain, end="\r"), "c.csv": _csv(plain, end="\r\r\n\n")}),
        FileCase("odd lines", _contract(), {"a.csv": odd}),
        FileCase("odd lines, escape", _contract(csv={"escape": "\\"}), {"a.csv": odd}),
        FileCase("odd lines, no zone", _contract(columns=local), {"a.csv": odd, "b.csv": odd.replace(b"\n", b"\r\n")}),
        FileCase("bad bytes", _contract(), {"a.csv": bad_bytes}),
        FileCase("latin", _contract(csv={"encoding": "ISO-8859-1"}), {"a.csv": _csv(plain, encoding="latin-1"), "b.csv": bad_bytes}),
        FileCase("other marks", _contract(csv={"delimiter": ";", "quoteSymbol": "'"}), {"a.csv": _csv(more, delimiter=";", quote="'"), "b.csv": _csv(more, delimiter=";", quote="'", always=True)}),
        FileCase("tabs", _contract(csv={"delimiter": "\t"}), {"a.csv": _csv(more, delimiter="\t")}),
        FileCase("bars", _contract(csv={"delimiter": "|"}), {"a.csv": _csv(more, delimiter="|")}),
        FileCase("escape", _contract(csv={"escape": "\\"}), {"a.csv": _csv(more, escape="\\"), "b.csv": _csv(more, escape="\\", always=True)}),
        FileCase("no header", _contract(csv={"header": False}), {"a.csv": _csv(plain, header=[]), "b.csv": mark + _csv(plain, header=[])}),
        FileCase("other columns", _contract(), {"a.csv": _csv(shuffled, header=names), "b.csv": _csv(more)}),
        FileCase("packed", _contract(), {"a.csv.gz": gzip.compress(_csv(plain), mtime=0), "b.csv.gz": gzip.compress(_csv(plain)[:700], mtime=0) + gzip.compress(_csv(plain)[700:], mtime=0)}),
        FileCase("no key", _contract(columns=no_key), {"a.csv": _csv(plain), "b.csv": _csv(more)}),
        FileCase("both", _contract(conflicts="quarantineBoth"), {"a.csv": _csv(plain), "b.csv": _csv(more)}),
        FileCase("multi-line", _contract(csv={"multiLine": True}), {"a.csv": _csv(broken_lines), "b.csv": _csv(broken_lines, end="\r\n"), "c.csv": mark + _csv(more, always=True)}),
        FileCase("multi-line, escape", _contract(csv={"multiLine": True, "escape": "\\"}), {"a.csv": _csv(broken_lines, escape="\\")}),
        FileCase("multi-line, latin", _contract(csv={"multiLine": True, "encoding": "ISO-8859-1"}), {"a.csv": _csv(broken_lines, encoding="latin-1")}),
        FileCase("date and time", _date_and_time(None), {"a.csv": _csv(dated, header=day_names)}),
        FileCase("date and time in a zone", _date_and_time("America/New_York"), {"a.csv": _csv(dated, header=day_names)}),
        FileCase("date and time in UTC", _date_and_time("UTC"), {"a.csv": _csv(dated, header=day_names)}),
        FileCase("json", _contract(files={"format": "jsonLines"}), {"a.jsonl": json_lines.encode(), "b.jsonl": mark + json_lines.replace("\n", "\r\n\r\n").encode()}),
        FileCase("json, bad bytes", _contract(files={"format": "jsonLines"}), {"a.jsonl": json_lines.encode().replace(b"Nord", b"N\xffrd"), "b.jsonl.gz": gzip.compress(json_lines.encode(), mtime=0)}),
        FileCase("parquet", _contract(files={"format": "parquet"}, columns=of_moments), _parquet()),
        FileCase("parquet without zone", _contract(files={"format": "parquet"}, columns=[*local[:2], {**local[2], "logicalTypeOptions": local_options}, *local[3:], *flags]), _local_parquet()),
        FileCase("sql", _contract(quality=checks), {"a.csv": _csv(plain), "b.csv": _csv(more), "c.csv": odd}),
        FileCase("sql, json", _contract(quality=checks, files={"format": "jsonLines"}), {"a.jsonl": json_lines.encode()}),
    ]  # fmt: skip


def build_contract(case: FileCase) -> Contract:
    """The contract of a case."""
    return Contract.model_validate(case.contract)


def shown(value: object) -> object:
    """A value as JSON holds it."""
    if isinstance(value, date | Decimal):
        return str(value)
    return value


def packed(outcomes: object) -> bytes:
    """Outcomes as they are kept."""
    return gzip.compress(
        json.dumps(outcomes, ensure_ascii=True, separators=(",", ":"), sort_keys=True).encode(), mtime=0
    )
