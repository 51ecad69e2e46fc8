"""Text files as Hive's SerDes read them (facts: the Hive project and Trino's `trino-hive-formats`)."""

import bz2
import gzip
import io
from datetime import date, datetime
from decimal import Decimal

import pyarrow
import pytest

from localstack_glue.serdes.errors import BadDataError, MalformedRowError, UnsupportedSerdeError
from localstack_glue.serdes.files import open_table, partition_value
from localstack_glue.serdes.types import parse_type

LAZY = "org.apache.hadoop.hive.serde2.lazy.LazySimpleSerDe"
OPEN_CSV = "org.apache.hadoop.hive.serde2.OpenCSVSerde"
OPENX = "org.openx.data.jsonserde.JsonSerDe"
HIVE_JSON = "org.apache.hive.hcatalog.data.JsonSerDe"


def read(serde, columns: str, content: bytes | str, serde_parameters=None, parameters=None, name="a") -> list[tuple]:
    """Rows of a file; maps are lists of pairs."""
    pairs = [tuple(column.strip().split(" ", 1)) for column in columns.split(";")]
    table = open_table(serde, pairs, parameters or {}, serde_parameters or {})
    body = content.encode() if isinstance(content, str) else content
    found = pyarrow.Table.from_batches(list(table.batches(io.BytesIO(body), name)), table.schema)
    return list(zip(*(column.to_pylist() for column in found.columns), strict=True))


# ---------------------------------------------------------------------------- LazySimpleSerDe

COMMA = {"field.delim": ","}


@pytest.mark.parametrize(
    ("kind", "texts", "values"),
    [
        ("bigint", ["7", "-7", "+7", "007", "1.9", ".5", "1_000", "0x1F", "1e3", " 1", "", "9223372036854775808"],
         [7, -7, 7, 7, None, None, None, None, None, None, None, None]),
        ("tinyint", ["127", "128", "-128"], [127, None, -128]),
        ("boolean", ["true", "FALSE", "yes", "1", "t", "0"], [True, False, None, None, None, None]),
        ("double", ["1.5", "1e3", ".5", "NaN", "-Infinity", "1_0", "0x1F", "inf"],
         [1.5, 1000.0, 0.5, pytest.approx(float("nan"), nan_ok=True), float("-inf"), None, None, None]),
        ("decimal(4,1)", ["1.25", "-1.25", "999.9", "1000", "x", "1e2"],
         [Decimal("1.3"), Decimal("-1.3"), Decimal("999.9"), None, None, Decimal("100.0")]),
        ("date", ["2024-01-05", "2024-1-5", "2024/01/05", "2024-01-05 10:00:00", "2024-13-01", "20240105"],
         [date(2024, 1, 5), date(2024, 1, 5), None, date(2024, 1, 5), None, None]),
        ("timestamp", ["2024-01-05 10:00:00", "2024-01-05T10:00:00.1234567", "2024-01-05", "2024-01-05 24:00:00",
                       "2024-01-05 10:00", "1704448800"],
         [datetime(2024, 1, 5, 10), datetime(2024, 1, 5, 10, 0, 0, 123457), datetime(2024, 1, 5), None, None, None]),
        ("varchar(2)", ["abc", "a"], ["ab", "a"]),
        ("string", ["a", "", " b "], ["a", "", " b "]),
        ("binary", ["YWI=", "x!"], [b"ab", b"x!"]),
    ],
)  # fmt: skip
def test_text_is_its_columns_type_or_null(kind: str, texts: list[str], values: list):
    lines = "".join(f"{text}|end\n" for text in texts)
    assert [row[0] for row in read(LAZY, f"a {kind}; b string", lines, {"field.delim": "|"})] == values


def test_escape_takes_delimiters_quotes_and_line_ends_into_the_value():
    text = 'a\\,b,1\n\\"q\\",2\nx\\\ny,3\nback\\\\,4\nn\\nl,5\n'
    rows = read(LAZY, "a string; b int", text, {"field.delim": ",", "escape.delim": "\\"})
    assert rows == [("a,b", 1), ('"q"', 2), ("x\ny", 3), ("back\\", 4), ("n\nl", 5)]


def test_without_escape_a_backslash_is_a_character():
    assert read(LAZY, "a string; b string", "a\\,b\n", COMMA) == [("a\\", "b")]


def test_nested_types_take_the_delimiters_of_their_level():
    delimiters = {"field.delim": "|", "collection.delim": ";", "mapkey.delim": ":"}
    columns = "t array<string>; m map<string,int>; s struct<x:int,Y:string>"
    rows = read(LAZY, columns, "a;b|k:1;j:2|7;z\n|\\N|x\n\\N||\n", delimiters)
    assert rows == [
        (["a", "b"], [("k", 1), ("j", 2)], {"x": 7, "Y": "z"}),
        ([], None, {"x": None, "Y": None}),
        (None, [], {"x": None, "Y": None}),
    ]


def test_deeper_levels_have_delimiters_of_hives():
    assert read(LAZY, "m map<string,array<int>>", "k\x031\x042\x02j\x03\n") == [([("k", [1, 2]), ("j", [])],)]
    assert read(LAZY, "m array<array<int>>", "1;2\x023\n", {"collection.delim": "\x02", "mapkey.delim": ";"}) == [
        ([[1, 2], [3]],)
    ]


def test_first_of_a_maps_entries_with_one_key_counts():
    delimiters = {"collection.delim": ";", "mapkey.delim": ":"}
    assert read(LAZY, "m map<string,int>", "k:1;j:2;k:3\n", delimiters) == [([("k", 1), ("j", 2)],)]


def test_escape_counts_in_nested_values():
    delimiters = {"field.delim": "|", "colelction.delim": ";", "escape.delim": "\\"}
    assert read(LAZY, "t array<string>", "a\\;b;c\\|d\n", delimiters) == [(["a;b", "c|d"],)]


@pytest.mark.parametrize(
    ("given", "delimiter"), [("1", "\x01"), ("9", "\t"), ("\t", "\t"), ("||", "|"), ("", "\x01"), (None, "\x01")]
)
def test_delimiter_is_a_code_or_the_first_character(given, delimiter):
    parameters = {} if given is None else {"field.delim": given}
    assert read(LAZY, "a string; b string", f"x{delimiter}y\n", parameters)[0][0] == "x"


def test_line_delimiter_encoding_header_footer_and_null():
    assert read(LAZY, "a string; b int", "x,1;y,2", {**COMMA, "line.delim": ";"}) == [("x", 1), ("y", 2)]
    assert read(LAZY, "a string", "größe\n".encode("latin-1"), {"serialization.encoding": "ISO-8859-1"}) == [("größe",)]
    assert read(LAZY, "a string", "ä\n".encode("utf-16"), {"serialization.encoding": "UTF-16"}) == [("ä",)]
    counts = {"skip.header.line.count": "2", "skip.footer.line.count": "1"}
    assert read(LAZY, "a int", "h\nh\n1\n2\nf\n", COMMA, counts) == [(1,), (2,)]
    assert read(LAZY, "a string", "NA\n\\N\n", {"serialization.null.format": "NA"}) == [(None,), ("\\N",)]


def test_line_ends_of_all_systems_and_short_and_long_lines():
    rows = read(LAZY, "a string; b string", "x,1\r\ny\rz,2,3\n\n", COMMA)
    assert rows == [("x", "1"), ("y", None), ("z", "2"), ("", None)]
    assert read(LAZY, "a string", "a\u2028b\x0bc\n") == [("a\u2028b\x0bc",)]  # no ends of lines for Hive
    rest = {**COMMA, "serialization.last.column.takes.rest": "true"}
    assert read(LAZY, "a string; b string", "x,1,2\n", rest) == [("x", "1,2")]


# ---------------------------------------------------------------------------- OpenCSVSerde


@pytest.mark.parametrize(
    ("line", "row"),
    [
        ('"a","b"', ("a", "b")),
        ('"a,""b""",c', ('a,"b"', "c")),
        ('"a\\"b","c\\\\d"', ('a"b', "c\\d")),
        ('"a\\tb",c', ("atb", "c")),
        ('"",""', ("", "")),
        ("a", ("a", None)),
        ("a,b,c", ("a", "b")),
        (",", ("", "")),
        ("", (None, None)),
        ('"a","unfinished', ("a", None)),
        ('a"b"c,x', ('ab"c', "x")),  # a quote among a line's first three characters is none of the value
        ('abc"d"e,f', ('abc"d"e', "f")),
    ],
)
def test_quoted_line(line: str, row: tuple):
    assert read(OPEN_CSV, "a string; b string", f"{line}\n") == [row]


def test_other_separator_quote_and_escape():
    parameters = {"separatorChar": ";", "quoteChar": "'", "escapeChar": "^"}
    assert read(OPEN_CSV, "a string; b string", "'x;^'y';z\n", parameters) == [("x;'y", "z")]
    with pytest.raises(UnsupportedSerdeError, match="must be three characters"):
        read(OPEN_CSV, "a string", "x\n", {"separatorChar": "|", "quoteChar": "|"})


def test_dates_are_days_and_timestamps_are_milliseconds():
    rows = read(OPEN_CSV, "d date; t timestamp; n int; x double", '"20000","1579059880000","7","1e3"\n')
    assert rows == [(date(2024, 10, 4), datetime(2020, 1, 15, 3, 44, 40), 7, 1000.0)]


@pytest.mark.parametrize(
    ("kind", "text"),
    [
        ("date", "2024-10-04"),
        ("timestamp", "2024-10-04 00:00:00"),
        ("int", "1.9"),
        ("int", ""),
        ("bigint", "1_000"),
        ("bigint", "1e3"),
        ("boolean", "yes"),
        ("boolean", "1"),
        ("double", "x"),
    ],
)
def test_bad_value_is_an_error_or_null_by_the_table_properties(kind: str, text: str):
    with pytest.raises(BadDataError, match=r"^Error parsing field value '.*' for field 0"):
        read(OPEN_CSV, f"a {kind}", f'"{text}"\n')
    nulls = {"use.null.for.invalid.data": "true"}
    assert read(OPEN_CSV, f"a {kind}; b string", f'"{text}",""\n', {}, nulls) == [(None, "")]


def test_missing_value_of_a_line_is_null_for_every_type():
    assert read(OPEN_CSV, "a string; b int", "x\n") == [("x", None)]


# ---------------------------------------------------------------------------- JSON


@pytest.mark.parametrize("serde", [OPENX, HIVE_JSON])
def test_keys_match_in_any_case_at_any_depth(serde: str):  # G37
    line = '{"userId": 1, "Items": [{"Sku": "a", "Size": {"inMm": 2}}]}\n'
    rows = read(serde, "userid int; items array<struct<sku:string,size:struct<inmm:int>>>; lost string", line)
    assert rows == [(1, [{"sku": "a", "size": {"inmm": 2}}], None)]


def test_column_names_can_be_case_sensitive():  # G37
    sensitive = {"case.insensitive": "false", "mapping.upper": "A"}
    assert read(OPENX, "a int; upper int", '{"A": 1, "a": 2}\n', sensitive) == [(2, 1)]
    with pytest.raises(MalformedRowError, match='Duplicate key "a"'):
        read(OPENX, "a int", '{"A": 1, "a": 2}\n')


def test_mapping_and_dots_rename_keys():  # G37
    assert read(
        OPENX, "uid int; s struct<uid:int>", '{"userId": 1, "s": {"UserID": 2}}\n', {"mapping.uid": "userId"}
    ) == [(1, {"uid": 2})]
    assert read(OPENX, "a_b int; c int", '{"a.b": 5, "c": 6}\n', {"dots.in.keys": "true"}) == [(5, 6)]
    assert read(OPENX, "a_b int", '{"a.b": 5}\n') == [(None,)]


def test_malformed_line_is_an_error_or_a_row_of_nulls():
    text = '{"a": 1}\n{"a": \n{"a": 3}\n'
    with pytest.raises(MalformedRowError, match="not a valid JSON Object"):
        read(OPENX, "a int", text)
    assert read(OPENX, "a int", text, {"ignore.malformed.json": "true"}) == [(1,), (None,), (3,)]
    with pytest.raises(MalformedRowError):
        read(HIVE_JSON, "a int", text, {"ignore.malformed.json": "true"})  # it has no such parameter


def test_top_level_array():
    assert read(OPENX, "array array<struct<userid:int>>", '[{"userId": 1}, {"userId": 2}]\n') == [
        ([{"userid": 1}, {"userid": 2}],)
    ]
    assert read(OPENX, "a int; b string", '[1, "x"]\n') == [(1, "x")]


@pytest.mark.parametrize(
    ("kind", "text", "value"),
    [
        ("string", "1.50", "1.5"),
        ("string", "12", "12"),
        ("string", "true", "true"),
        ("string", '{"a": [1, null]}', '{"a":[1,null]}'),
        ("int", '"7"', 7),
        ("int", "1.9", 1),
        ("boolean", '"TRUE"', True),
        ("boolean", "1", False),
        ("array<int>", "3", [3]),
        ("date", '"2024-01-05"', date(2024, 1, 5)),
        ("timestamp", '"2024-01-05T10:00:00Z"', datetime(2024, 1, 5, 10)),
        ("timestamp", '"2024-01-05T10:00:00+02:00"', datetime(2024, 1, 5, 8)),
        ("timestamp", "1704448800", datetime(2024, 1, 5, 10)),
        ("timestamp", "1704448800123", datetime(2024, 1, 5, 10, 0, 0, 123000)),
        ("timestamp", "170444880012", datetime(7371, 3, 8, 16, 0, 12)),  # milliseconds have thirteen digits
        ("map<string,int>", '{"Ab": 1}', [("Ab", 1)]),
        ("map<int,string>", '{"1": "x"}', [(1, "x")]),
        ("decimal(5,2)", "1.005", Decimal("1.01")),
    ],
)
def test_openx_bends_values_to_their_types(kind: str, text: str, value):
    assert read(OPENX, f"a {kind}", f'{{"a": {text}}}\n') == [(value,)]


@pytest.mark.parametrize(
    ("serde", "kind", "text"),
    [
        (OPENX, "int", '"x"'),
        (OPENX, "int", "true"),
        (OPENX, "int", "{}"),
        (OPENX, "int", "2147483648"),
        (OPENX, "struct<a:int>", "1"),
        (HIVE_JSON, "int", '"7"'),
        (HIVE_JSON, "string", "{}"),
        (HIVE_JSON, "array<int>", "3"),
    ],
)
def test_json_value_that_cannot_be_bent_is_an_error(serde: str, kind: str, text: str):
    with pytest.raises(BadDataError):
        read(serde, f"a {kind}", f'{{"a": {text}}}\n')


# ---------------------------------------------------------------------------- files, types, partitions


def test_compressed_files_are_unpacked_by_their_suffix():
    for suffix, content in ((".gz", gzip.compress(b"1\n2\n")), (".bz2", bz2.compress(b"1\n") + bz2.compress(b"2\n"))):
        assert read(LAZY, "a int", content, name=f"x.csv{suffix}") == [(1,), (2,)]
    content = pyarrow.compress(b"1\n2\n", "zstd", asbytes=True)
    assert read(LAZY, "a int", content, name="x.csv.zst") == [(1,), (2,)]


@pytest.mark.parametrize("name", ["x.snappy", "x.lz4", "x.csv.Z", "x.xz"])
def test_compression_that_is_not_read_is_named(name: str):
    with pytest.raises(UnsupportedSerdeError, match=name):
        read(LAZY, "a int", b"1\n", name=name)


@pytest.mark.parametrize("name", ["x.gz", "x.bz2", "x.zst"])
def test_damaged_file_is_bad_data(name: str):
    with pytest.raises(BadDataError, match="cannot be unpacked"):
        read(LAZY, "a int", b"1\n2\n", name=name)


@pytest.mark.parametrize("kind", ["interval", "array<int", "struct<a>", "decimal(39,1)", "map<int>", "int>", ""])
def test_type_that_is_not_read_is_named(kind: str):
    with pytest.raises(UnsupportedSerdeError, match="is not supported here"):
        parse_type(kind)


def test_nested_types_are_read_from_hives_notation():
    kind = parse_type("struct<a:array<map<string,decimal(10,2)>>,`b c`:varchar(3)>")
    assert (kind.names, str(kind.arrow())) == (
        ("a", "b c"),
        "struct<a: list<item: map<string, decimal128(10, 2)>>, b c: string>",
    )


def test_partition_values():
    assert partition_value("__HIVE_DEFAULT_PARTITION__", "int") is None
    assert partition_value("7", "int") == 7
    assert partition_value("2024-01-05", "date") == date(2024, 1, 5)
    with pytest.raises(BadDataError, match="'x' is not of type int"):
        partition_value("x", "int")
