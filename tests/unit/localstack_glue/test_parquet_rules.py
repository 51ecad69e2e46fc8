"""Classifying Parquet by its footer (G14)."""

import io

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

pa = pytest.importorskip("pyarrow")
pq = pytest.importorskip("pyarrow.parquet")

from localstack_glue.crawlers.crawling.parquet_rules import classify, footer_bytes  # noqa: E402 - needs Arrow

SCHEMA = [
    ("Flag", pa.bool_(), "boolean"),
    ("tiny", pa.int8(), "tinyint"),
    ("small", pa.int16(), "smallint"),
    ("n", pa.int32(), "int"),
    ("big", pa.int64(), "bigint"),
    ("f", pa.float32(), "float"),
    ("d", pa.float64(), "double"),
    ("s", pa.string(), "string"),
    ("b", pa.binary(), "binary"),
    ("day", pa.date32(), "date"),
    ("at", pa.timestamp("us"), "timestamp"),
    ("price", pa.decimal128(10, 2), "decimal(10,2)"),
    ("tags", pa.list_(pa.string()), "array<string>"),
    ("point", pa.struct([("x", pa.int32()), ("y", pa.list_(pa.float64()))]), "struct<x:int,y:array<double>>"),
    ("map", pa.map_(pa.string(), pa.int64()), "map<string,bigint>"),
    ("kind", pa.dictionary(pa.int32(), pa.string()), "string"),
]


def parquet(schema: "pa.Schema", rows: int = 0) -> bytes:
    out = io.BytesIO()
    pq.write_table(pa.table({field.name: pa.nulls(rows, field.type) for field in schema}, schema=schema), out)
    return out.getvalue()


BODY = parquet(pa.schema([(name, kind) for name, kind, _ in SCHEMA]), rows=3)


def test_schema_and_rows_come_from_the_footer():
    found = classify(BODY, len(BODY))

    assert found is not None
    assert {column.name: column.type for column in found.columns} == {
        name.lower(): hive for name, _, hive in SCHEMA
    }  # G14
    assert (found.classification, found.record_count) == ("parquet", 3)


def test_footer_is_enough():
    needed = footer_bytes(BODY)

    assert needed is not None
    assert needed < len(BODY)
    assert classify(BODY[-needed:], len(BODY)) == classify(BODY, len(BODY))  # G14
    assert classify(BODY[-needed + 1 :], len(BODY)) is None


@settings(max_examples=300, deadline=None)
@given(st.data())
def test_broken_file_is_classified_or_refused(data):
    body = bytearray(BODY)
    for _ in range(data.draw(st.integers(1, 5))):
        body[data.draw(st.integers(len(body) // 2, len(body) - 1))] = data.draw(st.integers(0, 255))
    cut = data.draw(st.integers(0, 20))

    classify(bytes(body[: len(body) - cut] if cut else body), len(body))


@given(st.binary(max_size=60))
def test_any_bytes_between_the_magic_words_are_refused(data):
    assert classify(b"PAR1" + data + len(data).to_bytes(4, "little") + b"PAR1", len(data) + 12) is None
